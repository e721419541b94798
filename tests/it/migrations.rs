//! The tables: they come and go, and hold by themselves what `domain.md` says that the database holds.

use migration::{Migrator, MigratorTrait};
use rollcall::entity::user;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::support::*;

on_each_database!(
    every_migration_goes_down_and_up_again,
    a_migration_that_was_cut_off_is_run_again,
    text_compares_byte_by_byte,
    who_registered_before_is_found_in_the_audit_log,
    the_database_holds_its_rules_without_the_program
);

async fn every_migration_goes_down_and_up_again(world: World) {
    // What a start puts into the tables goes with them. All else holds of empty ones.
    world.breaks(&["one-super-admin", "preset-roles-are-there"]);
    let connection = world.app.database.writer();
    let all = Migrator::migrations().len();
    for _ in 0..all {
        Migrator::down(connection, Some(1)).await.unwrap();
    }
    assert_eq!(
        Migrator::get_applied_migrations(connection).await.unwrap().len(),
        0
    );
    Migrator::up(connection, None).await.unwrap();
    assert_eq!(
        Migrator::get_applied_migrations(connection).await.unwrap().len(),
        all
    );
}

async fn a_migration_that_was_cut_off_is_run_again(world: World) {
    let connection = world.app.database.writer();
    // PostgreSQL and SQLite take all of it back. MySQL keeps what was done, at the most all but the note of it.
    if world.store == Store::MariaDb {
        world.execute("DELETE FROM seaql_migrations").await;
    }
    rollcall::platform::start::migrate(connection).await.unwrap();
    assert_eq!(
        Migrator::get_applied_migrations(connection).await.unwrap().len(),
        Migrator::migrations().len()
    );
}

async fn text_compares_byte_by_byte(world: World) {
    let same = |one: &str, other: &str| {
        let of = |text: &str| format!("(SELECT name FROM \"user\" WHERE account = '{text}')");
        format!(
            "SELECT COUNT(*) AS n FROM \"user\" WHERE account = 'mia' AND {} = {}",
            of(one),
            of(other)
        )
    };
    for (account, name) in [
        ("mia", "Mia"),
        ("nia", "mia"),
        ("pia", "M\u{ed}a"),
        ("lia", "Mia "),
    ] {
        world.member(account).await;
        world
            .execute(&format!(
                "UPDATE \"user\" SET name = '{name}' WHERE account = '{account}'"
            ))
            .await;
    }
    assert_eq!(world.count(&same("mia", "mia")).await, 1);
    for other in ["nia", "pia", "lia"] {
        assert_eq!(world.count(&same("mia", other)).await, 0, "{other}");
    }
    for typed in ["MIA", "m\u{ed}a", "mia "] {
        let found = format!("SELECT COUNT(*) AS n FROM login_name WHERE login = '{typed}'");
        assert_eq!(world.count(&found).await, 0, "{typed:?}");
    }
    if world.store == Store::MariaDb {
        // Each column of each table, also of those to come.
        let other = "SELECT COUNT(*) AS n FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
                     AND COLLATION_NAME NOT IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin')";
        assert_eq!(world.count(other).await, 0);
    }
    // The others have her name, or nearly, and are still folded to their own.
    world.breaks(&["user-is-folded"]);
}

async fn who_registered_before_is_found_in_the_audit_log(world: World) {
    world.registered("mia", None).await;
    world.member("nia").await;
    let connection = world.app.database.writer();
    let is_there = async || {
        let applied = Migrator::get_applied_migrations(connection).await.unwrap();
        applied
            .iter()
            .any(|migration| migration.name() == "m0013_registered")
    };
    while is_there().await {
        Migrator::down(connection, Some(1)).await.unwrap();
    }
    Migrator::up(connection, None).await.unwrap();
    let registered = user::Entity::find()
        .filter(user::Column::RegisteredAt.is_not_null())
        .all(connection)
        .await
        .unwrap();
    assert_eq!(registered.len(), 1);
    assert_eq!(registered[0].account, "mia");
    assert_eq!(registered[0].registered_at, Some(registered[0].created_at));
}

/// A role of the team's own, which no mutation makes yet.
async fn custom_role(world: &World, team: &Team, name: &str) -> Result<(), sea_orm::DbErr> {
    use rollcall::base::id::{Id, RoleId, TeamId};
    use rollcall::entity::role::{ActiveModel, RoleKind};
    use rollcall::entity::team::TeamType;
    let id = TeamId::parse(&team.id).unwrap();
    let row = ActiveModel {
        id: Set(RoleId::new(world.app.now())),
        team_id: Set(Some(id)),
        team_type: Set(TeamType::Superapp),
        scope: Set(id.uuid().to_string()),
        kind: Set(RoleKind::Custom),
        name: Set(name.to_owned()),
        name_folded: Set(name.to_lowercase()),
        permissions: Set(Some("TEAM_MEMBER_MANAGEMENT".to_owned())),
        created_at: Set(world.app.now()),
        deleted_at: Set(None),
    };
    row.insert(world.app.database.writer()).await.map(drop)
}

async fn the_database_holds_its_rules_without_the_program(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.superapp_team("Red").await;
    world.mini_program_team("Mini", &blue).await;
    blue.with(&world, "mia", "Developer").await;
    blue.invite("Developer").await;
    blue.invite("Reviewer").await;
    custom_role(&world, &blue, "Painter").await.unwrap();
    custom_role(&world, &red, "Painter").await.unwrap();
    assert!(
        custom_role(&world, &blue, "PAINTER").await.is_err(),
        "a role name twice in a team"
    );
    let of_blue = "(SELECT id FROM team WHERE name = 'Blue')";
    let of_red = "(SELECT id FROM team WHERE name = 'Red')";
    let painter = |team: &str| format!("SELECT id FROM role WHERE name = 'Painter' AND team_id = {team}");
    let scope = |team: &str| format!("SELECT scope FROM team WHERE id = {team}");
    let mia = "(SELECT id FROM \"user\" WHERE account = 'mia')";
    let refused: Vec<(&str, String)> = vec![
        (
            "a second super admin",
            "UPDATE \"user\" SET account_type = 'SUPER_ADMIN', super_admin_slot = 1 WHERE account = 'mia'"
                .into(),
        ),
        (
            "a super admin outside of the slot",
            "UPDATE \"user\" SET account_type = 'SUPER_ADMIN' WHERE account = 'mia'".into(),
        ),
        (
            "a demoted super admin in the slot",
            "UPDATE \"user\" SET account_type = 'MEMBER' WHERE account = 'root'".into(),
        ),
        (
            "a login name twice",
            "UPDATE login_name SET login = 'root' WHERE login = 'mia'".into(),
        ),
        (
            "a team name twice",
            "UPDATE team SET name_folded = 'blue' WHERE name = 'Red'".into(),
        ),
        (
            "a superapp team that is bound",
            "UPDATE team SET superapp_team_id = id WHERE name = 'Blue'".into(),
        ),
        (
            "a superapp team that expires",
            "UPDATE team SET expires_at = created_at WHERE name = 'Blue'".into(),
        ),
        (
            "a mini program team that is not bound",
            "UPDATE team SET superapp_team_id = NULL WHERE name = 'Mini'".into(),
        ),
        (
            "a membership twice",
            format!(
                "INSERT INTO membership SELECT {of_red}, user_id, team_id, team_type, team_scope, role_id, role_scope, joined_at \
                 FROM membership WHERE user_id = {mia}"
            ),
        ),
        (
            "a role of another team",
            format!(
                "UPDATE membership SET role_id = ({}), role_scope = ({}) WHERE user_id = {mia}",
                painter(of_red),
                scope(of_red)
            ),
        ),
        (
            "a role of another team under its own team's scope",
            format!(
                "UPDATE membership SET role_id = ({}), role_scope = ({}) WHERE user_id = {mia}",
                painter(of_red),
                scope(of_blue)
            ),
        ),
        (
            "a role of another team under that team's scope for both",
            format!(
                "UPDATE membership SET role_id = ({}), role_scope = ({1}), team_scope = ({1}) WHERE user_id = {mia}",
                painter(of_red),
                scope(of_red)
            ),
        ),
        (
            "a preset role of the other type",
            format!(
                "UPDATE membership SET role_scope = 'MINI_PROGRAM', \
                 role_id = (SELECT id FROM role WHERE scope = 'MINI_PROGRAM' AND name = 'Developer') WHERE user_id = {mia}"
            ),
        ),
        (
            "a live code twice",
            "UPDATE invitation SET code_hash = (SELECT MAX(code_hash) FROM invitation)".into(),
        ),
        (
            "a used code that still works",
            "UPDATE invitation SET used_at = created_at".into(),
        ),
        (
            "a member who does not exist",
            format!("UPDATE membership SET user_id = {of_blue} WHERE user_id = {mia}"),
        ),
        (
            "a deleted user who is still a member",
            "DELETE FROM \"user\" WHERE account = 'mia'".into(),
        ),
        (
            "a deleted team that still has members",
            "DELETE FROM team WHERE name = 'Red'".into(),
        ),
    ];
    for (what, statement) in refused {
        let done = world.try_execute(&statement).await;
        assert!(done.is_err(), "the database took {what}: {statement}");
    }
    // The right role of the right team goes in.
    let right = format!(
        "UPDATE membership SET role_id = ({}), role_scope = ({}) WHERE user_id = {mia}",
        painter(of_blue),
        scope(of_blue)
    );
    world.execute(&right).await;
}
