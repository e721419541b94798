//! What is always true of the data: each of the invariants is broken once, and found.
//!
//! That they hold after whatever a test did, each test asks at its end: its world (`support/world.rs`), or the keeper of the
//! processes that it started (`support/process.rs`).

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rollcall::base::id::{Id, InvitationId, MembershipId, RoleId, TeamId};
use rollcall::entity::database::Transaction;
use rollcall::entity::role::RoleKind;
use rollcall::entity::team::TeamType;
use rollcall::entity::{invitation, membership, role, team};
use rollcall::platform::invariants;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use crate::support::actor::PASSWORD;
use crate::support::process::{Node, run};
use crate::support::*;
use crate::totp::enrol;

on_each_database!(
    platform_staff_are_told_that_all_hold,
    each_is_found_violated_and_its_violations_named,
    the_database_refuses_what_its_keys_can_say,
    many_violations_are_counted_and_named,
    the_command_tells_the_same_beside_a_running_server,
);

const ASKED: &str = "{ invariants { name description holds count violations } }";

async fn platform_staff_are_told_that_all_hold(world: World) {
    let team = world.superapp_team("Blue").await;
    world.mini_program_team("Mini", &team).await;
    team.invite("Developer").await;
    let (root, pia) = (world.super_admin().await, world.platform_admin("pia").await);
    let names: Vec<&str> = invariants::all().map(|invariant| invariant.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    for staff in [&root, &pia] {
        let answer = staff.ask(ASKED).await.ok();
        assert_eq!(answer.texts("invariants.*.name"), names);
        for invariant in answer.at("invariants").as_array().unwrap() {
            let expected = json!({
                "name": invariant["name"], "description": invariant["description"],
                "holds": true, "count": 0, "violations": [],
            });
            assert_eq!(*invariant, expected);
        }
    }
    team.admin.ask(ASKED).await.refused("FORBIDDEN");
}

/// The rows of what stands in the world of these tests, for statements and for what is expected.
struct Scene {
    blue: Team,
    green: Team,
    mini: Team,
    mara: Actor,
    mara_seat: String,
    green_seat: String,
    mia: Actor,
    invitation: String,
    resource: String,
    custom_role: String,
}

async fn set_up(world: &World) -> Scene {
    let blue = world.superapp_team("Blue").await;
    let green = world.mini_program_team("Green", &blue).await;
    let mini = world.mini_program_team("Mini", &blue).await;
    let mara = blue.with(world, "mara", "Member manager").await;
    let mia = world.registered("mia", None).await;
    let input = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    let answer = mara
        .mutate("createInvitation", input, "invitation { id }")
        .await
        .ok();
    let input = json!({ "teamId": blue.id, "kind": "SUPERAPP", "name": "Blue app", "managerId": mara.id });
    let made = blue
        .admin
        .mutate("createResource", input, "resource { id }")
        .await
        .ok();
    let custom = RoleId::new(world.app.now());
    insert_role(world, custom, &blue, "USER_FEEDBACK").await;
    Scene {
        mara_seat: blue.membership_of(&mara).await,
        green_seat: green.membership_of(&green.admin).await,
        invitation: answer.text("createInvitation.invitation.id"),
        resource: made.text("createResource.resource.id"),
        custom_role: custom.to_string(),
        blue,
        green,
        mini,
        mara,
        mia,
    }
}

async fn insert_role(world: &World, id: RoleId, team: &Team, permissions: &str) {
    let team_id = TeamId::parse(&team.id).unwrap();
    let row = role::ActiveModel {
        id: Set(id),
        team_id: Set(Some(team_id)),
        team_type: Set(TeamType::Superapp),
        scope: Set(team_id.uuid().to_string()),
        kind: Set(RoleKind::Custom),
        name: Set("Listener".to_owned()),
        name_folded: Set("listener".to_owned()),
        permissions: Set(Some(permissions.to_owned())),
        created_at: Set(world.app.now()),
        deleted_at: Set(None),
    };
    let writer = world.app.database.writer();
    role::Entity::insert(row)
        .exec_without_returning(writer)
        .await
        .unwrap();
}

/// Begins a transaction in which the database does not look at its foreign keys.
async fn begin_unchecked(world: &World) -> Transaction {
    let txn = world.app.database.begin().await.unwrap();
    let unchecked = match world.store {
        // They are looked at in the end, which does not come.
        Store::Sqlite => "PRAGMA defer_foreign_keys = ON",
        Store::Postgres => "SET LOCAL session_replication_role = replica",
        Store::MariaDb => "SET foreign_key_checks = 0",
    };
    txn.execute_unprepared(unchecked).await.unwrap();
    txn
}

async fn roll_back_unchecked(world: &World, txn: Transaction) {
    if world.store == Store::MariaDb {
        // It is the connection's, which goes back into the pool.
        txn.execute_unprepared("SET foreign_key_checks = 1")
            .await
            .unwrap();
    }
    txn.rollback().await.unwrap();
}

/// What is violated once this was done, by names; it is taken back.
async fn violated(
    world: &World,
    breaking: impl AsyncFnOnce(&Transaction),
) -> Vec<(&'static str, Vec<String>)> {
    let txn = begin_unchecked(world).await;
    breaking(&txn).await;
    let findings = invariants::check(&txn, world.app.now()).await.unwrap();
    roll_back_unchecked(world, txn).await;
    findings
        .into_iter()
        .filter(|finding| !finding.holds())
        .inspect(|finding| assert_eq!(finding.count, finding.violations.len(), "{finding}"))
        .map(|finding| (finding.invariant.name, finding.violations))
        .collect()
}

async fn execute(txn: &Transaction, sql: &str) {
    let done = txn.execute_unprepared(&dialect(txn, sql)).await.unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
}

async fn give_role(txn: &Transaction, seat: &str, role: &str) {
    let changed = membership::Entity::update_many()
        .col_expr(
            membership::Column::RoleId,
            Expr::value(RoleId::parse(role).unwrap()),
        )
        .filter(membership::Column::Id.eq(MembershipId::parse(seat).unwrap()))
        .exec(txn)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected, 1);
}

async fn carry_role(txn: &Transaction, invitation: &str, role: &str) {
    let changed = invitation::Entity::update_many()
        .col_expr(
            invitation::Column::RoleId,
            Expr::value(RoleId::parse(role).unwrap()),
        )
        .filter(invitation::Column::Id.eq(InvitationId::parse(invitation).unwrap()))
        .exec(txn)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected, 1);
}

async fn bind(txn: &Transaction, mini_program_team: &str, to: &str) {
    let changed = team::Entity::update_many()
        .col_expr(
            team::Column::SuperappTeamId,
            Expr::value(TeamId::parse(to).unwrap()),
        )
        .filter(team::Column::Id.eq(TeamId::parse(mini_program_team).unwrap()))
        .exec(txn)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected, 1);
}

async fn each_is_found_violated_and_its_violations_named(world: World) {
    let set = set_up(&world).await;
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut expect = |violated: Vec<(&'static str, Vec<String>)>, expected: &[(&str, &[&str])]| {
        let violated: Vec<(&str, Vec<&str>)> = violated
            .iter()
            .map(|(name, ids)| (*name, ids.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(&str, Vec<&str>)> =
            expected.iter().map(|(name, ids)| (*name, ids.to_vec())).collect();
        assert_eq!(violated, expected);
        if let [(name, _)] = expected[..] {
            found.extend(invariants::all().map(|it| it.name).find(|it| *it == name));
        }
    };
    let sql = async |text: &str| violated(&world, async |txn: &Transaction| execute(txn, text).await).await;
    let of_user = |account: &str| format!("(SELECT id FROM \"user\" WHERE account = '{account}')");

    // Mara has dynamic codes on from here on.
    enrol(&world, &set.mara, &format!("{PASSWORD}2")).await;
    for text in ["UPDATE totp SET confirmed_at = NULL", "DELETE FROM totp"] {
        expect(sql(text).await, &[("recovery-code-stands-in", &[&set.mara.id])]);
    }

    // Users. The super admin of this world is signed in nowhere once these sessions are gone.
    world.execute("DELETE FROM session").await;
    let disabled = sql("UPDATE \"user\" SET disabled_at = created_at WHERE account = 'root'").await;
    expect(disabled, &[("one-super-admin", &["1 missing"])]);
    let staff = sql("UPDATE \"user\" SET account_type = 'PLATFORM_ADMIN' WHERE account = 'mara'").await;
    expect(staff, &[("staff-in-no-team", &[&set.mara.id])]);
    let text = format!("DELETE FROM credential WHERE user_id = {}", of_user("mia"));
    expect(sql(&text).await, &[("user-has-password", &[&set.mia.id])]);
    let account = sql("DELETE FROM login_name WHERE login = 'mia'").await;
    expect(account, &[("account-logs-in", &[&set.mia.id])]);
    let email = sql("DELETE FROM login_name WHERE login = 'mia@example.com'").await;
    expect(email, &[("email-logs-in", &[&set.mia.id])]);
    let text = format!(
        "INSERT INTO login_name (login, user_id) SELECT 'stray', id FROM \"user\" WHERE id = {}",
        of_user("mia")
    );
    expect(sql(&text).await, &[("no-stray-login-name", &[&set.mia.id])]);
    for (column, text) in [
        ("name", "MIA"),
        ("account", "mia2"),
        ("email", "mia2@example.com"),
    ] {
        let update =
            format!("UPDATE \"user\" SET {column} = '{text}', {column}_folded = 'mia' WHERE account = 'mia'");
        let broken = sql(&update).await;
        match column {
            // The fold of the name is the same: nothing is wrong.
            "name" => expect(broken, &[]),
            // Its login name still is the folded one.
            "account" => expect(broken, &[("user-is-folded", &[&set.mia.id])]),
            _ => expect(
                broken,
                &[
                    ("no-stray-login-name", &[&set.mia.id]),
                    ("user-is-folded", &[&set.mia.id]),
                    ("user-is-found", &[&set.mia.id]),
                ],
            ),
        }
    }
    let text = format!("DELETE FROM user_search WHERE user_id = {}", of_user("mia"));
    expect(sql(&text).await, &[("user-is-found", &[&set.mia.id])]);

    // Sessions, and logins that wait.
    let mia = Actor::log_in(&world, "mia", PASSWORD).await;
    let session = mia.session().await;
    let disable_mia = "UPDATE \"user\" SET disabled_at = created_at WHERE account = 'mia'";
    expect(sql(disable_mia).await, &[("session-of-active-user", &[&session])]);
    world.execute("DELETE FROM session").await;
    world
        .execute("UPDATE \"user\" SET must_change_password = TRUE WHERE account = 'mia'")
        .await;
    let input = json!({ "login": "mia", "password": PASSWORD });
    world.nobody().mutate("login", input, "step").await.ok();
    let waiting = rollcall::entity::login_challenge::Entity::find();
    let waiting = waiting.one(world.app.database.reader()).await.unwrap().unwrap();
    let waiting = waiting.id.to_string();
    expect(sql(disable_mia).await, &[("login-of-active-user", &[&waiting])]);

    // Teams.
    let admin_off = sql("UPDATE \"user\" SET disabled_at = created_at WHERE account = 'Green-admin'").await;
    expect(admin_off, &[("team-has-admin", &[&set.green.id])]);
    let no_superapp = violated(&world, async |txn| bind(txn, &set.green.id, &set.mini.id).await).await;
    expect(no_superapp, &[("mini-program-team-is-bound", &[&set.green.id])]);
    let nowhere = "team_01h455vb4pex5vsknk084sn02q";
    let no_team = violated(&world, async |txn| bind(txn, &set.green.id, nowhere).await).await;
    expect(no_team, &[("mini-program-team-is-bound", &[&set.green.id])]);
    let renamed = sql("UPDATE team SET name = 'Grey' WHERE name = 'Green'").await;
    expect(renamed, &[("team-is-folded", &[&set.green.id])]);
    let lost =
        "UPDATE team_search SET bigrams = '' WHERE team_id = (SELECT id FROM team WHERE name = 'Green')";
    expect(sql(lost).await, &[("team-is-found", &[&set.green.id])]);

    // Roles.
    let strange = "role_01h455vb4pex5vsknk084sn02q";
    let of_type = set.mini.role("Member manager");
    let other_type = violated(&world, async |txn| give_role(txn, &set.mara_seat, &of_type).await).await;
    expect(other_type, &[("member-has-role-of-team", &[&set.mara_seat])]);
    let other_team = violated(&world, async |txn| {
        give_role(txn, &set.green_seat, &set.custom_role).await;
    })
    .await;
    expect(
        other_team,
        &[
            ("team-has-admin", &[&set.green.id]),
            ("member-has-role-of-team", &[&set.green_seat]),
        ],
    );
    let gone = violated(&world, async |txn| give_role(txn, &set.mara_seat, strange).await).await;
    expect(
        gone,
        &[
            ("member-has-role-of-team", &[&set.mara_seat]),
            ("live-code-is-good", &[&set.invitation]),
        ],
    );
    let presets = sql("DELETE FROM role WHERE name = 'Reviewer' AND kind = 'PRESET'").await;
    expect(presets, &[("preset-roles-are-there", &["2 missing"])]);
    for update in [
        "permissions = 'REALTIME_LOGS'",
        "permissions = 'USER_FEEDBACK USER_FEEDBACK'",
        "permissions = 'USER_FEEDBACK,'",
        "name_folded = 'hearer'",
    ] {
        let unfit = sql(&format!("UPDATE role SET {update} WHERE kind = 'CUSTOM'")).await;
        expect(unfit, &[("custom-role-fits-team", &[&set.custom_role])]);
    }
    let buried = "UPDATE role SET deleted_at = created_at, permissions = '' WHERE kind = 'CUSTOM'";
    expect(sql(buried).await, &[]);
    let powerful = sql("UPDATE role SET deleted_at = created_at WHERE kind = 'CUSTOM'").await;
    expect(powerful, &[("deleted-role-is-out-of-use", &[&set.custom_role])]);
    let held = violated(&world, async |txn| {
        execute(txn, buried).await;
        give_role(txn, &set.mara_seat, &set.custom_role).await;
    })
    .await;
    expect(
        held,
        &[
            ("live-code-is-good", &[&set.invitation]),
            ("deleted-role-is-out-of-use", &[&set.custom_role]),
        ],
    );
    let given = violated(&world, async |txn| {
        execute(txn, buried).await;
        carry_role(txn, &set.invitation, &set.custom_role).await;
    })
    .await;
    expect(given, &[("deleted-role-is-out-of-use", &[&set.custom_role])]);

    // Codes.
    let developer = set.mini.role("Developer");
    let strange = violated(&world, async |txn| {
        carry_role(txn, &set.invitation, &developer).await;
    })
    .await;
    expect(strange, &[("code-has-role-of-team", &[&set.invitation])]);
    let administrator = set.blue.role("Administrator");
    let admin = violated(&world, async |txn| {
        carry_role(txn, &set.invitation, &administrator).await;
    })
    .await;
    expect(admin, &[("live-code-is-good", &[&set.invitation])]);
    let developer = set.blue.role("Developer");
    let demoted = violated(&world, async |txn| {
        give_role(txn, &set.mara_seat, &developer).await;
    })
    .await;
    expect(demoted, &[("live-code-is-good", &[&set.invitation])]);
    let custom = violated(&world, async |txn| {
        give_role(txn, &set.mara_seat, &set.custom_role).await;
        let scope = "UPDATE membership SET role_scope = team_scope WHERE role_id IN (SELECT id FROM role WHERE kind = 'CUSTOM')";
        execute(txn, scope).await;
    })
    .await;
    expect(custom, &[("live-code-is-good", &[&set.invitation])]);
    for text in [
        "UPDATE invitation SET created_by = NULL".to_owned(),
        "UPDATE invitation SET code_hash = NULL".to_owned(),
        "UPDATE \"user\" SET disabled_at = created_at WHERE account = 'mara'".to_owned(),
    ] {
        expect(sql(&text).await, &[("live-code-is-good", &[&set.invitation])]);
    }
    // Who is gone manages nothing either.
    let text = format!("DELETE FROM membership WHERE user_id = {}", of_user("mara"));
    expect(
        sql(&text).await,
        &[
            ("live-code-is-good", &[&set.invitation]),
            ("manager-is-member", &[&set.resource]),
        ],
    );
    // One that nobody can use any more may have been issued by whomever.
    world.pass(chrono::TimeDelta::hours(24));
    expect(sql("UPDATE invitation SET created_by = NULL").await, &[]);

    // Resources.
    for (text, name) in [
        (
            "UPDATE resource SET kind = 'MINI_PROGRAM', team_type = 'MINI_PROGRAM'".to_owned(),
            "resource-fits-team",
        ),
        (
            format!("UPDATE resource SET manager_id = {}", of_user("mia")),
            "manager-is-member",
        ),
        (
            "UPDATE resource SET name_folded = 'other'".to_owned(),
            "resource-is-folded",
        ),
    ] {
        expect(sql(&text).await, &[(name, &[&set.resource])]);
    }

    let all: BTreeSet<&str> = invariants::all().map(|invariant| invariant.name).collect();
    assert_eq!(found, all, "each was found violated");
}

async fn the_database_refuses_what_its_keys_can_say(world: World) {
    let set = set_up(&world).await;
    let refuses = async |breaking: &dyn Fn() -> String| {
        let text = breaking();
        let done = world.try_execute(&text).await;
        assert!(done.is_err(), "{text}");
    };
    for text in [
        "UPDATE \"user\" SET account_type = 'SUPER_ADMIN' WHERE account = 'mia'",
        "UPDATE \"user\" SET account_type = 'SUPER_ADMIN', super_admin_slot = 1 WHERE account = 'mia'",
        "UPDATE \"user\" SET account_type = 'SUPER_ADMIN', super_admin_slot = 2 WHERE account = 'mia'",
        "INSERT INTO login_name (login, user_id) SELECT 'mia', id FROM \"user\" WHERE account = 'mara'",
        "DELETE FROM \"user\" WHERE account = 'mia'",
        "UPDATE team SET superapp_team_id = NULL WHERE name = 'Green'",
        "UPDATE team SET superapp_team_id = id WHERE name = 'Blue'",
        "DELETE FROM team WHERE name = 'Blue'",
        "DELETE FROM role WHERE name = 'Member manager'",
        "UPDATE membership SET team_type = 'MINI_PROGRAM' WHERE team_type = 'SUPERAPP'",
        "UPDATE role SET kind = 'PRESET' WHERE kind = 'CUSTOM'",
        "UPDATE invitation SET used_at = created_at",
        "INSERT INTO membership (id, user_id, team_id, team_type, team_scope, role_id, role_scope, joined_at) \
         SELECT user_id, user_id, team_id, team_type, team_scope, role_id, role_scope, joined_at FROM membership",
    ] {
        refuses(&|| text.to_owned()).await;
    }
    // Nothing is nobody's.
    enrol(&world, &set.mara, &format!("{PASSWORD}2")).await;
    let input = json!({ "login": "mara", "password": format!("{PASSWORD}2") });
    world.nobody().mutate("login", input, "step").await.ok();
    for table in [
        "login_name",
        "credential",
        "password_history",
        "session",
        "login_challenge",
        "totp",
        "recovery_code",
    ] {
        let of_mara = "user_id = (SELECT id FROM \"user\" WHERE account = 'mara')";
        let rows = format!("SELECT COUNT(*) AS n FROM {table} WHERE {of_mara}");
        assert!(world.count(&rows).await > 0, "{table}");
        let nobodys = "user_id = (SELECT id FROM team WHERE name = 'Blue')";
        refuses(&|| format!("UPDATE {table} SET {nobodys} WHERE {of_mara}")).await;
    }
    // A role of the other type, and one of another team.
    for (seat, role) in [
        (&set.mara_seat, set.mini.role("Developer")),
        (&set.green_seat, set.custom_role.clone()),
    ] {
        let changed = membership::Entity::update_many()
            .col_expr(
                membership::Column::RoleId,
                Expr::value(RoleId::parse(&role).unwrap()),
            )
            .filter(membership::Column::Id.eq(MembershipId::parse(seat).unwrap()))
            .exec(world.app.database.writer())
            .await;
        assert!(changed.is_err(), "{role}");
    }
    assert!(world.violations().await.is_empty());
}

async fn many_violations_are_counted_and_named(world: World) {
    use rollcall::base::id::UserId;
    use rollcall::entity::user;
    use sea_orm::IntoActiveModel;

    world.breaks(&["user-has-password", "account-logs-in", "user-is-found"]);
    let mia = world.member("mia").await;
    let writer = world.app.database.writer();
    let model = user::Entity::find_by_id(UserId::parse(&mia.id).unwrap());
    let model = model.one(writer).await.unwrap().unwrap();
    let fillers = (0..25).map(|number| user::Model {
        id: UserId::new(world.app.now()),
        account: format!("filler-{number}"),
        account_folded: format!("filler-{number}"),
        ..model.clone()
    });
    user::Entity::insert_many(fillers.map(IntoActiveModel::into_active_model))
        .exec_without_returning(writer)
        .await
        .unwrap();
    let answer = world.super_admin().await.ask(ASKED).await.ok();
    let invariants = answer.at("invariants").as_array().unwrap();
    for name in ["user-has-password", "account-logs-in", "user-is-found"] {
        let invariant = invariants.iter().find(|it| it["name"] == json!(name)).unwrap();
        assert_eq!(
            (&invariant["holds"], &invariant["count"]),
            (&json!(false), &json!(25))
        );
        assert_eq!(invariant["violations"].as_array().unwrap().len(), 20);
    }
    // The command names each.
    let violations = world.violations().await;
    assert_eq!(violations.len(), 3);
    assert!(violations.iter().all(|it| it.violations.len() == 25));
}

async fn the_command_tells_the_same_beside_a_running_server(world: World) {
    let team = world.superapp_team("Blue").await;
    // A folder that is not there: the command needs the database alone, and makes nothing.
    let missing = world.folder.path().join("missing");
    let folder = missing.display().to_string();
    let arguments = [
        "invariants",
        "check",
        "--data-dir",
        &folder,
        "--database-url",
        &world.database_url,
    ];
    let output = run(&arguments, &[]).await;
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), invariants::all().count());
    assert!(!missing.exists());
    for (line, invariant) in lines.iter().zip(invariants::all()) {
        assert_eq!(
            *line,
            format!("ok        {}: {}", invariant.name, invariant.description)
        );
    }

    world.breaks(&["team-has-admin", "session-of-active-user"]);
    world
        .execute("UPDATE \"user\" SET disabled_at = created_at WHERE account = 'Blue-admin'")
        .await;
    let output = run(&arguments, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = format!(
        "violated  team-has-admin: Every team has an admin who is not disabled.\n            {}\n",
        team.id
    );
    assert!(printed.contains(&expected), "{printed}");
    // The admin's session is the other thing that is wrong.
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!("error: 2 of {} invariants are violated\n", lines.len());
    assert!(said.ends_with(&expected), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_makes_no_database_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let output = run(&["invariants", "check", "--data-dir", &path], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("there is no database here"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Nothing would be asked at the end of a test if it were not heard there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_that_leaves_its_data_broken_fails() {
    fn fails<T>(end_of: T) -> bool {
        catch_unwind(AssertUnwindSafe(|| drop(end_of))).is_err()
    }
    let disable = "UPDATE \"user\" SET disabled_at = created_at";
    let world = World::new(Store::Sqlite).await;
    world.execute(disable).await;
    assert!(fails(world));
    // What it says that it breaks may be broken, and has to be.
    let world = World::new(Store::Sqlite).await;
    world.execute(disable).await;
    world.breaks(&["one-super-admin"]);
    assert!(!fails(world));
    let world = World::new(Store::Sqlite).await;
    world.breaks(&["one-super-admin"]);
    assert!(fails(world));
    // The same where there is no world, but a process alone.
    let folder = tempfile::tempdir().unwrap();
    let node = Node::start(folder.path(), &[]).await;
    let url = format!("sqlite://{}", folder.path().join("rollcall.db").display());
    let connection = sea_orm::Database::connect(url).await.unwrap();
    connection.execute_unprepared(disable).await.unwrap();
    connection.close().await.unwrap();
    assert!(fails(node));
}
