//! Two that cross each other: what is given while it is taken away, on two nodes. Each time one of them comes first, and
//! what the other one then says and does fits to that.

use chrono::TimeDelta;
use futures::future::BoxFuture;
use rollcall::base::id::{Id, InvitationId, ResourceId, RoleId};
use rollcall::entity::user::AccountType;
use rollcall::entity::{invitation, resource, role};
use sea_orm::{EntityTrait, IntoActiveModel, QueryOrder};

use crate::races::until_waiting;
use crate::support::arena::{Arena, Meeting, ask, rounds, went_or_failed, went_through};
use crate::support::*;

on_each_server!(
    a_role_is_deleted_or_given,
    one_role_name_is_given_once,
    the_last_place_is_taken_once,
    a_manager_who_goes_manages_nothing,
    a_team_that_is_disabled_takes_no_more_writes,
    a_team_that_is_deleted_leaves_nothing,
    a_user_who_is_struck_meanwhile_is_nobodys_admin,
    a_team_whose_maker_is_struck_is_made_or_not,
    a_link_is_replaced_or_used,
    a_code_is_revoked_or_used,
    who_may_invite_no_more_has_no_codes,
);

/// How many rounds of each crossing: half of them with both at one row.
const ROUNDS: usize = 4;

fn row_of(team: &Team) -> String {
    format!("SELECT id FROM team WHERE name = '{}'", team.name)
}

fn row_of_user(user: &Actor) -> String {
    format!("SELECT id FROM \"user\" WHERE account = '{}'", user.account)
}

/// Goes on only when the rows that this would select are none.
async fn assert_none(arena: &Arena, sql: &str, told: &str) {
    let found = arena
        .world
        .count(&format!("SELECT COUNT(*) AS n FROM {sql}"))
        .await;
    assert_eq!(found, 0, "{told}: {sql}");
}

async fn a_role_is_deleted_or_given(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let team = arena.team(std::slice::from_ref(&admin)).await;
    let there = arena.roots[1].url.clone();
    let admins = [admin.at(&arena.world.url), admin.at(&there)];
    let row = row_of(&team);
    // Each way to give a role, and how it says that the role is gone.
    let ways = [
        ("updateTeamMember", "NOT_FOUND"),
        ("addTeamMembers", "NOT_FOUND members.0.roleId"),
        ("createTeamMember", "NOT_FOUND"),
        ("joinTeam", "INVALID_INVITATION code"),
        ("createInvitation", "NOT_FOUND"),
    ];
    for (way, gone) in ways {
        for (round, meeting) in rounds(ROUNDS, &row).enumerate() {
            let name = format!("Painter {}", arena.number());
            let role = team.make_role(&name, &["DATA_DASHBOARD"]).await;
            let mia = arena.member().await;
            let given = match way {
                "updateTeamMember" => {
                    let seat = team.add(&mia, "Developer").await;
                    ask(
                        &admins[round / 2 % 2],
                        way,
                        json!({ "membershipId": seat, "roleId": role }),
                    )
                }
                "addTeamMembers" => {
                    let members = json!([{ "userId": mia.id, "roleId": role }]);
                    ask(
                        &admins[round / 2 % 2],
                        way,
                        json!({ "teamId": team.id, "members": members }),
                    )
                }
                "createTeamMember" => {
                    let account = format!("new-{}", arena.number());
                    let input = json!({
                        "teamId": team.id, "roleId": role, "name": account, "account": account,
                        "generatePassword": true,
                    });
                    ask(&admins[round / 2 % 2], way, input)
                }
                "joinTeam" => {
                    let (_, code) = team.invite_as(&role).await;
                    ask(&mia, way, json!({ "code": code }))
                }
                _ => ask(
                    &admins[round / 2 % 2],
                    way,
                    json!({ "teamId": team.id, "roleId": role }),
                ),
            };
            let deleted = ask(&admins[1], "deleteRole", json!({ "roleId": role }));
            let answers = arena.meet(meeting, vec![given, deleted]).await;
            let told = format!("{way}, {meeting:?}: {} {}", answers[0].body, answers[1].body);
            let given = went_or_failed(&answers[0], &[gone], &told);
            let deleted = went_or_failed(&answers[1], &["IN_USE roleId"], &told);
            if way == "createInvitation" {
                // A code holds no role: it goes with it.
                assert!(deleted, "{told}");
            } else {
                assert!(given != deleted, "{told}");
            }
            for table in ["membership", "invitation"] {
                let alive = if table == "membership" {
                    ""
                } else {
                    "AND code_hash IS NOT NULL"
                };
                let sql = format!(
                    "{table} JOIN role ON role.id = role_id WHERE role.deleted_at IS NOT NULL {alive}"
                );
                assert_none(&arena, &sql, &told).await;
            }
            let sql = format!(
                "membership JOIN role ON role.id = role_id WHERE role.name = '{name}' AND role.deleted_at IS NULL"
            );
            let held = arena
                .world
                .count(&format!("SELECT COUNT(*) AS n FROM {sql}"))
                .await;
            assert_eq!(held == 1, !deleted, "{told}");
        }
    }
}

async fn one_role_name_is_given_once(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let team = arena.team(std::slice::from_ref(&admin)).await;
    let there = admin.at(&arena.roots[1].url);
    let row = row_of(&team);
    // Roles that are to be renamed beside those that are made.
    let mut old = Vec::new();
    for number in 0..3 {
        old.push(team.make_role(&format!("Old {number}"), &[]).await);
    }
    for renamed in [0, 1, 3] {
        for meeting in rounds(ROUNDS, &row) {
            let number = arena.number();
            let make = |place: usize| {
                let name = [format!("Painter {number}"), format!("PAINTER {number}")][place / 2 % 2].clone();
                let input = json!({ "teamId": team.id, "name": name, "permissions": [] });
                ask([&admin, &there][place % 2], "createRole", input)
            };
            let rename = |role: &String| {
                let input = json!({ "roleId": role, "name": format!("painter {number}") });
                ask(&there, "updateRole", input)
            };
            let asked = (renamed..4).map(make).chain(old[..renamed].iter().map(rename));
            let answers = arena.meet(meeting, asked.collect()).await;
            let told = format!("{renamed} renamed, {meeting:?}");
            let went = answers
                .iter()
                .filter(|answer| went_or_failed(answer, &["TAKEN name"], &told))
                .count();
            assert_eq!(went, 1, "{told}");
            let found = format!("SELECT COUNT(*) AS n FROM role WHERE name_folded = 'painter {number}'");
            assert_eq!(arena.world.count(&found).await, 1, "{told}");
        }
    }
}

/// Fills a table up with copies of the row that came last, as `again` makes them; `most` rows in all, less one.
macro_rules! fill_up {
    ($arena:expr, $table:ident, $most:expr, |$row:ident, $number:ident| $again:expr) => {{
        let database = $arena.world.app.database.writer();
        let $row = $table::Entity::find()
            .order_by_desc($table::Column::CreatedAt)
            .one(database)
            .await
            .unwrap()
            .unwrap();
        let rows = (0..$most - 2).map(|$number| $again.into_active_model());
        $table::Entity::insert_many(rows)
            .exec_without_returning(database)
            .await
            .unwrap();
    }};
}

async fn the_last_place_is_taken_once(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let there = admin.at(&arena.roots[1].url);
    let team = arena.team(std::slice::from_ref(&admin)).await;
    let row = row_of(&team);
    let now = arena.world.app.now();

    team.make_role("Role", &[]).await;
    fill_up!(arena, role, 50, |row, number| {
        assert_eq!(row.name, "Role");
        let name = format!("Role {number}");
        role::Model {
            id: RoleId::new(now),
            name_folded: name.to_lowercase(),
            name,
            ..row.clone()
        }
    });
    let input = json!({ "teamId": team.id, "kind": "SUPERAPP", "name": "App" });
    admin.mutate("createResource", input, "").await.ok();
    fill_up!(arena, resource, 1_000, |row, number| {
        let name = format!("App {number}");
        resource::Model {
            id: ResourceId::new(now),
            name_folded: name.to_lowercase(),
            name,
            ..row.clone()
        }
    });
    team.invite("Developer").await;
    fill_up!(arena, invitation, 200, |row, number| {
        invitation::Model {
            id: InvitationId::new(now),
            code_hash: Some(format!("hash {number}")),
            expires_at: row.expires_at + TimeDelta::seconds(number),
            ..row.clone()
        }
    });

    let makes = [
        ("createRole", "role { id }", "deleteRole", "roleId"),
        (
            "createResource",
            "resource { id }",
            "deleteResource",
            "resourceId",
        ),
        (
            "createInvitation",
            "invitation { id }",
            "revokeInvitation",
            "invitationId",
        ),
    ];
    for (make, selection, give_back, id) in makes {
        for meeting in rounds(ROUNDS, &row) {
            let asked = (0..6).map(|place| -> BoxFuture<'_, Answer> {
                let by = [&admin, &there][place % 2];
                let name = format!("Last {}", arena.number());
                let input = match make {
                    "createRole" => json!({ "teamId": team.id, "name": name, "permissions": [] }),
                    "createResource" => json!({ "teamId": team.id, "kind": "SUPERAPP", "name": name }),
                    _ => json!({ "teamId": team.id, "roleId": team.role("Developer") }),
                };
                Box::pin(async move { by.mutate(make, input, selection).await })
            });
            let answers = arena.meet(meeting, asked.collect()).await;
            let told = format!("{make}, {meeting:?}");
            let went: Vec<&Answer> = answers
                .iter()
                .filter(|answer| went_or_failed(answer, &["LIMIT_REACHED teamId"], &told))
                .collect();
            assert_eq!(went.len(), 1, "{told}");
            let (thing, _) = selection.split_once(' ').unwrap();
            let made = went[0].text(&format!("{make}.{thing}.id"));
            admin.mutate(give_back, json!({ id: made }), "").await.ok();
        }
    }
}

async fn a_manager_who_goes_manages_nothing(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let there = admin.at(&arena.roots[1].url);
    let team = arena.team(std::slice::from_ref(&admin)).await;
    let input = json!({ "teamId": team.id, "kind": "SUPERAPP", "name": "Shop" });
    let made = admin
        .mutate("createResource", input, "resource { id }")
        .await
        .ok();
    let shop = made.text("createResource.resource.id");
    let row = row_of(&team);
    for goes in ["removeTeamMember", "leaveTeam", "deleteUser"] {
        for given in ["createResource", "updateResource"] {
            for meeting in rounds(ROUNDS, &row) {
                let mia = arena.member().await;
                let seat = team.add(&mia, "Developer").await;
                let going = match goes {
                    "removeTeamMember" => ask(&admin, goes, json!({ "membershipId": seat })),
                    "leaveTeam" => ask(&mia, goes, json!({ "teamId": team.id })),
                    _ => ask(&arena.roots[0], goes, json!({ "userId": mia.id })),
                };
                let name = format!("App {}", arena.number());
                let input = match given {
                    "createResource" => {
                        json!({ "teamId": team.id, "kind": "SUPERAPP", "name": name, "managerId": mia.id })
                    }
                    _ => json!({ "resourceId": shop, "managerId": mia.id }),
                };
                let answers = arena.meet(meeting, vec![going, ask(&there, given, input)]).await;
                let told = format!("{goes} and {given}, {meeting:?}");
                assert!(went_through(&answers[0]), "{told}: {}", answers[0].body);
                went_or_failed(&answers[1], &["NOT_A_MEMBER managerId"], &told);
                assert_none(&arena, "resource WHERE manager_id IS NOT NULL", &told).await;
            }
        }
    }
}

/// What is written into a team, or bound to it, by whom and how it fails when the team is not active, or gone.
const WRITES: [(&str, &[&str]); 10] = [
    ("joinTeam", &["INVALID_INVITATION code"]),
    ("addTeamMembers", &["FORBIDDEN", "NOT_FOUND"]),
    ("createTeamMember", &["FORBIDDEN", "NOT_FOUND"]),
    ("updateTeamMember", &["FORBIDDEN", "NOT_FOUND"]),
    ("createInvitation", &["FORBIDDEN", "NOT_FOUND"]),
    ("createRole", &["FORBIDDEN", "NOT_FOUND"]),
    ("createResource", &["FORBIDDEN", "NOT_FOUND"]),
    ("registerTeam", &["INVALID_CODE token"]),
    ("createTeam", &["TEAM_NOT_ACTIVE superappTeamId", "NOT_FOUND"]),
    ("updateTeam", &["TEAM_NOT_ACTIVE superappTeamId", "NOT_FOUND"]),
];

/// Each of the writes, all at once, each by somebody of its own.
struct Writes {
    team: Team,
    asked: Vec<(Actor, Value)>,
}

impl Writes {
    async fn prepare(arena: &Arena, other: &Team) -> Self {
        let admin = arena.member().await;
        let team = arena.team(std::slice::from_ref(&admin)).await;
        let [joiner, added, registrar, maker] = <[Actor; 4]>::try_from(arena.members(4).await).unwrap();
        let developer = team.role("Developer");
        let seat = team.add(&arena.member().await, "Developer").await;
        let code = team.invite("Developer").await;
        let token = team.token(&arena.roots[0]).await;
        let bound = json!({ "type": "MINI_PROGRAM", "superappTeamId": other.id });
        let mini = arena.team_with(std::slice::from_ref(&maker), bound).await;
        let name = format!("New {}", arena.number());
        let account = format!("new-{}", arena.number());
        let (id, there) = (&team.id, admin.at(&arena.roots[1].url));
        let asked = WRITES.map(|(write, _)| match write {
            "joinTeam" => (joiner.clone(), json!({ "code": code })),
            "addTeamMembers" => {
                let members = json!([{ "userId": added.id, "roleId": developer }]);
                (there.clone(), json!({ "teamId": id, "members": members }))
            }
            "createTeamMember" => {
                let input = json!({
                    "teamId": id, "roleId": developer, "name": account, "account": account, "generatePassword": true,
                });
                (admin.clone(), input)
            }
            "updateTeamMember" => {
                let role = team.role("Operator");
                (there.clone(), json!({ "membershipId": seat, "roleId": role }))
            }
            "createInvitation" => (admin.clone(), json!({ "teamId": id, "roleId": developer })),
            "createRole" => {
                (there.clone(), json!({ "teamId": id, "name": "Painter", "permissions": [] }))
            }
            "createResource" => {
                (admin.clone(), json!({ "teamId": id, "kind": "SUPERAPP", "name": "Shop" }))
            }
            "registerTeam" => (registrar.clone(), json!({ "token": token, "name": format!("{name} A") })),
            "createTeam" => {
                let input = json!({
                    "name": format!("{name} B"), "type": "MINI_PROGRAM", "superappTeamId": id,
                    "adminIds": [maker.id],
                });
                (arena.roots[1].clone(), input)
            }
            _ => (arena.roots[0].clone(), json!({ "teamId": mini.id, "superappTeamId": id })),
        });
        Self {
            team,
            asked: asked.into(),
        }
    }
}

/// Each write alone with the deed, and all of them around it: at the end of them or in their midst. What they may say is
/// told by `WRITES`, what the deed may say here. Calls `check` after each.
async fn cross(arena: &Arena, deed: &str, failures: &[&str], check: impl AsyncFn(&Crossed<'_>)) {
    let admin = arena.member().await;
    let other = arena.team(&[admin]).await;
    let everything: Vec<usize> = (0..WRITES.len()).collect();
    let alone = everything.iter().map(|place| vec![*place]);
    for chosen in alone.chain([everything.clone()]) {
        let count = if chosen.len() == 1 { 2 } else { ROUNDS };
        for round in 0..count {
            let writes = Writes::prepare(arena, &other).await;
            let row = row_of(&writes.team);
            let meeting = rounds(count, &row).nth(round).unwrap();
            let mut asked: Vec<_> = chosen
                .iter()
                .map(|place| {
                    let (by, input) = &writes.asked[*place];
                    ask(by, WRITES[*place].0, input.clone())
                })
                .collect();
            let input = match deed {
                "deleteTeam" => json!({ "teamId": writes.team.id, "confirmName": writes.team.name }),
                _ => json!({ "teamId": writes.team.id }),
            };
            let place = if round / 2 % 2 == 0 {
                asked.len()
            } else {
                asked.len() / 2
            };
            asked.insert(place, ask(&arena.roots[0], deed, input));
            let mut answers = arena.meet(meeting, asked).await;
            let told = format!("{deed} with {chosen:?}, {meeting:?}");
            let deed = went_or_failed(&answers.remove(place), failures, &told);
            let went = chosen
                .iter()
                .zip(&answers)
                .filter(|(place, answer)| went_or_failed(answer, WRITES[**place].1, &told))
                .map(|(place, _)| WRITES[*place].0)
                .collect();
            let team = &writes.team;
            check(&Crossed {
                team,
                deed,
                went,
                told,
            })
            .await;
        }
    }
}

/// How a crossing went.
struct Crossed<'a> {
    team: &'a Team,
    /// Whether the deed went through.
    deed: bool,
    /// The writes that did.
    went: Vec<&'static str>,
    told: String,
}

async fn a_team_that_is_disabled_takes_no_more_writes(store: Store) {
    // What was done after the team was disabled: to it, or to a team that is bound to it.
    const LATE: &str = "audit_event JOIN team ON team.id = audit_event.team_id \
        LEFT JOIN team AS superapp ON superapp.id = team.superapp_team_id \
        WHERE audit_event.outcome = 'SUCCEEDED' AND audit_event.action <> 'disableTeam' \
        AND (audit_event.created_at > team.disabled_at OR audit_event.created_at > superapp.disabled_at)";
    let arena = Arena::open(store).await;
    cross(&arena, "disableTeam", &[], async |crossed| {
        assert_none(&arena, LATE, &crossed.told).await;
    })
    .await;
}

async fn a_team_that_is_deleted_leaves_nothing(store: Store) {
    let arena = Arena::open(store).await;
    cross(
        &arena,
        "deleteTeam",
        &["HAS_BOUND_TEAMS teamId"],
        async |crossed| {
            // Either it has bound teams, or it is gone; and what is left of it would name a team that is not there.
            let bound = ["registerTeam", "createTeam", "updateTeam"];
            let is_bound = crossed.went.iter().any(|went| bound.contains(went));
            assert_eq!(crossed.deed, !is_bound, "{}", crossed.told);
            let there = format!(
                "SELECT COUNT(*) AS n FROM team WHERE name = '{}'",
                crossed.team.name
            );
            assert_eq!(arena.world.count(&there).await == 1, is_bound, "{}", crossed.told);
        },
    )
    .await;
}

async fn a_user_who_is_struck_meanwhile_is_nobodys_admin(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let there = admin.at(&arena.roots[1].url);
    let team = arena.team(std::slice::from_ref(&admin)).await;
    let token = team.token(&arena.roots[0]).await;
    let strikes: [(&str, &[&str]); 3] = [
        ("disableUser", &["LAST_TEAM_ADMIN userId"]),
        ("deleteUser", &["LAST_TEAM_ADMIN userId"]),
        ("updateUser", &["HAS_MEMBERSHIPS accountType"]),
    ];
    // What the user is drawn into, and how it fails.
    let draws: [(&str, &[&str]); 6] = [
        (
            "addTeamMembers",
            &["NOT_FOUND members.0.userId", "STAFF_CANNOT_JOIN members.0.userId"],
        ),
        (
            "updateTeam",
            &["NOT_FOUND adminIds.1", "STAFF_CANNOT_JOIN adminIds.1"],
        ),
        (
            "createTeam",
            &[
                "NOT_FOUND adminIds.0",
                "STAFF_CANNOT_JOIN adminIds.0",
                "LAST_TEAM_ADMIN adminIds",
            ],
        ),
        ("updateTeamMember", &["NOT_FOUND"]),
        ("joinTeam", &["UNAUTHENTICATED", "STAFF_CANNOT_JOIN code"]),
        ("registerTeam", &["UNAUTHENTICATED", "STAFF_CANNOT_JOIN token"]),
    ];
    for (strike, too_late) in strikes {
        for (draw, failures) in draws {
            for round in 0..ROUNDS {
                let mia = arena.member().await;
                let name = format!("Drawn {}", arena.number());
                let drawn = match draw {
                    "addTeamMembers" => {
                        let members = json!([{ "userId": mia.id, "roleId": team.role("Developer") }]);
                        ask(&there, draw, json!({ "teamId": team.id, "members": members }))
                    }
                    "updateTeam" => {
                        let input = json!({ "teamId": team.id, "adminIds": [admin.id, mia.id] });
                        ask(&arena.roots[1], draw, input)
                    }
                    "createTeam" => {
                        let input = json!({ "name": name, "type": "SUPERAPP", "adminIds": [mia.id] });
                        ask(&arena.roots[1], draw, input)
                    }
                    "updateTeamMember" => {
                        let seat = team.add(&mia, "Developer").await;
                        let role = team.role("Administrator");
                        ask(&there, draw, json!({ "membershipId": seat, "roleId": role }))
                    }
                    "joinTeam" => ask(&mia, draw, json!({ "code": team.invite("Developer").await })),
                    _ => ask(&mia, draw, json!({ "token": token, "name": name })),
                };
                let input = match strike {
                    "updateUser" => json!({ "userId": mia.id, "accountType": "PLATFORM_ADMIN" }),
                    _ => json!({ "userId": mia.id }),
                };
                let row = row_of_user(&mia);
                let meeting = rounds(ROUNDS, &row).nth(round).unwrap();
                let mut asked = vec![drawn, ask(&arena.roots[0], strike, input)];
                if round / 2 % 2 == 1 {
                    asked.swap(0, 1);
                }
                let mut answers = arena.meet(meeting, asked).await;
                if round / 2 % 2 == 1 {
                    answers.swap(0, 1);
                }
                let told = format!(
                    "{strike} and {draw}, {meeting:?}: {} {}",
                    answers[1].body, answers[0].body
                );
                let drawn = went_or_failed(&answers[0], failures, &told);
                let struck = went_or_failed(&answers[1], too_late, &told);
                assert!(drawn || struck, "{told}");
                // Who is deleted or of the staff is in no team, which is always looked at in the end. A disabled user comes
                // into none but by staff, who may well choose them beside others.
                if !matches!(draw, "updateTeam" | "createTeam") {
                    let late = "membership JOIN \"user\" ON \"user\".id = membership.user_id \
                        WHERE membership.joined_at > \"user\".disabled_at";
                    assert_none(&arena, late, &told).await;
                }
                if strike != "deleteUser" && draw != "updateTeamMember" {
                    let seats = format!(
                        "SELECT COUNT(*) AS n FROM membership JOIN \"user\" ON \"user\".id = membership.user_id \
                         WHERE \"user\".account = '{}'",
                        mia.account
                    );
                    assert_eq!(arena.world.count(&seats).await == 1, drawn, "{told}");
                }
                let own_team = matches!(draw, "createTeam" | "registerTeam");
                if own_team || strike == "updateUser" {
                    assert!(drawn != struck, "{told}");
                }
                if draw == "updateTeam" && drawn {
                    // Out again: the next round looks at its own.
                    let input = json!({ "teamId": team.id, "adminIds": [admin.id] });
                    arena.roots[0].mutate("updateTeam", input, "").await.ok();
                }
            }
        }
    }
}

async fn a_team_whose_maker_is_struck_is_made_or_not(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    for strike in ["disableUser", "deleteUser", "updateUser"] {
        for round in 0..ROUNDS {
            let pia = arena.user(AccountType::PlatformAdmin).await;
            let (name, row) = (format!("Made {}", arena.number()), row_of_user(&pia));
            let meeting = rounds(ROUNDS, &row).nth(round).unwrap();
            let input = match strike {
                "updateUser" => json!({ "userId": pia.id, "accountType": "MEMBER" }),
                _ => json!({ "userId": pia.id }),
            };
            let team = json!({ "name": name, "type": "SUPERAPP", "adminIds": [admin.id] });
            let mut asked = vec![
                ask(&pia, "createTeam", team),
                ask(&arena.roots[round % 2], strike, input),
            ];
            if round / 2 % 2 == 1 {
                asked.swap(0, 1);
            }
            let mut answers = arena.meet(meeting, asked).await;
            if round / 2 % 2 == 1 {
                answers.swap(0, 1);
            }
            let told = format!("{strike}, {meeting:?}: {}", answers[0].body);
            let made = went_or_failed(&answers[0], &["UNAUTHENTICATED"], &told);
            assert!(went_through(&answers[1]), "{told}: {}", answers[1].body);
            let found = format!("SELECT COUNT(*) AS n FROM team WHERE name = '{name}'");
            assert_eq!(arena.world.count(&found).await == 1, made, "{told}");
        }
    }
}

/// A mutation that waits to be asked, of whose payload this is selected.
fn ask_for<'a>(by: &'a Actor, field: &'a str, input: Value, selection: &'a str) -> BoxFuture<'a, Answer> {
    Box::pin(async move { by.mutate(field, input, selection).await })
}

/// How a deed comes to the row that it and the others want: whoever is there first goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ahead,
    Behind,
}

impl Place {
    /// Each for one meeting at the row and a free one, by turns.
    fn of(round: usize) -> Self {
        if (round / 2).is_multiple_of(2) {
            Self::Behind
        } else {
            Self::Ahead
        }
    }
}

/// The others, and the deed at their end. Where they meet at a row, it is asked when all of them wait there, or they are
/// when it does; else all come as they come.
fn in_line<'a>(
    arena: &'a Arena,
    meeting: Meeting<'_>,
    place: Place,
    others: Vec<BoxFuture<'a, Answer>>,
    deed: BoxFuture<'a, Answer>,
) -> Vec<BoxFuture<'a, Answer>> {
    let is_held = meeting != Meeting::Free;
    let after = |count: i64, asked: BoxFuture<'a, Answer>| -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            if is_held {
                until_waiting(&arena.world, count).await;
            }
            asked.await
        })
    };
    let (others_wait_for, deed_waits_for) = match place {
        Place::Ahead => (1, 0),
        Place::Behind => (0, i64::try_from(others.len()).unwrap()),
    };
    let mut asked: Vec<_> = others
        .into_iter()
        .map(|other| after(others_wait_for, other))
        .collect();
    asked.push(after(deed_waits_for, deed));
    asked
}

/// The name of the team to which the token leads, or null.
async fn leads_to(by: &Actor, token: &str) -> Value {
    let document = "query($token: String!) { teamRegistration(token: $token) { superappTeamName } }";
    let answer = by.ask_with(document, json!({ "token": token })).await.ok();
    match answer.at("teamRegistration") {
        Value::Null => Value::Null,
        found => found["superappTeamName"].clone(),
    }
}

/// Somebody new who registers a team by this token, at this node.
async fn register_at(arena: &Arena, url: &str, token: &str) -> Answer {
    let name = format!("Mini {}", arena.number());
    let input = json!({ "token": token, "name": name });
    arena
        .member()
        .await
        .at(url)
        .mutate("registerTeam", input, "")
        .await
}

/// Goes on only when no node lets somebody new in by this code.
async fn assert_dead(arena: &Arena, code: &str, told: &str) {
    for root in &arena.roots {
        let late = arena.member().await.at(&root.url);
        let joined = late.mutate("joinTeam", json!({ "code": code }), "").await;
        let failure = joined.user_errors();
        assert_eq!(failure, ["INVALID_INVITATION code"], "{told}: {}", joined.body);
    }
}

async fn a_link_is_replaced_or_used(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let nodes = [arena.world.url.clone(), arena.roots[1].url.clone()];
    let admins = [admin.at(&nodes[0]), admin.at(&nodes[1])];
    let (mut came, mut refused) = (0, 0);
    for (resetters, who) in [(&arena.roots, "staff"), (&admins, "its admin")] {
        for revoke in [false, true] {
            for round in 0..ROUNDS {
                let team = arena.team(std::slice::from_ref(&admin)).await;
                let old = team.token(&arena.roots[0]).await;
                let (row, place) = (row_of(&team), Place::of(round));
                let meeting = rounds(ROUNDS, &row).nth(round).unwrap();
                let registrars = arena.members(4).await;
                let registrations = registrars.iter().map(|registrar| {
                    let name = format!("Mini {}", arena.number());
                    ask(registrar, "registerTeam", json!({ "token": old, "name": name }))
                });
                let input = json!({ "teamId": team.id, "revoke": revoke });
                let resetter = &resetters[(round / 2 + usize::from(revoke)) % 2];
                let reset = ask(resetter, "resetTeamRegistrationLink", input);
                let asked = in_line(&arena, meeting, place, registrations.collect(), reset);
                let mut answers = arena.meet(meeting, asked).await;
                let told = format!("by {who}, revoke: {revoke}, {meeting:?}, {place:?}");
                let reset = answers.pop().unwrap();
                assert!(went_through(&reset), "{told}: {}", reset.body);
                let went = answers
                    .iter()
                    .filter(|answer| went_or_failed(answer, &["INVALID_CODE token"], &told))
                    .count();
                came += went;
                refused += answers.len() - went;

                // Those who came did so before: nobody came by a link after what replaced it.
                let by_link = format!(
                    "team AS mini JOIN team AS superapp ON superapp.id = mini.superapp_team_id \
                     JOIN audit_event ON audit_event.team_id = superapp.id \
                     WHERE superapp.name = '{}' AND audit_event.action = 'resetTeamRegistrationLink' \
                     AND audit_event.outcome = 'SUCCEEDED'",
                    team.name
                );
                let found = format!("SELECT COUNT(*) AS n FROM {by_link}");
                let found = arena.world.count(&found).await;
                assert_eq!(found, i64::try_from(went).unwrap(), "{told}");
                let late = format!("{by_link} AND mini.created_at >= audit_event.created_at");
                assert_none(&arena, &late, &told).await;

                // On each node the old link is dead, and the new one works, where there is one.
                for root in &arena.roots {
                    assert_eq!(leads_to(root, &old).await, Value::Null, "{told}");
                    let late = register_at(&arena, &root.url, &old).await;
                    assert_eq!(late.user_errors(), ["INVALID_CODE token"], "{told}");
                    if revoke {
                        let link = format!("{{ team(id: \"{}\") {{ registrationLink }} }}", team.id);
                        let link = root.ask(&link).await.ok();
                        assert!(link.at("team.registrationLink").is_null(), "{told}");
                    } else {
                        let new = team.token(root).await;
                        assert_ne!(new, old, "{told}");
                        assert_eq!(leads_to(root, &new).await, json!(team.name), "{told}");
                        register_at(&arena, &root.url, &new).await.ok();
                    }
                }
            }
        }
    }
    // Both were seen, or the race was none.
    assert!(came > 0 && refused > 0, "{came} came, {refused} were refused");
}

async fn a_code_is_revoked_or_used(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let team = arena.team(std::slice::from_ref(&admin)).await;
    let admins = [admin.at(&arena.world.url), admin.at(&arena.roots[1].url)];
    let row = row_of(&team);
    let (mut used, mut revoked) = (0, 0);
    for (round, meeting) in rounds(2 * ROUNDS, &row).enumerate() {
        let place = Place::of(round);
        let (id, code) = team.invite_as(&team.role("Developer")).await;
        let joiners = arena.members(2).await;
        let joins = joiners
            .iter()
            .map(|joiner| ask(joiner, "joinTeam", json!({ "code": code })));
        let input = json!({ "invitationId": id });
        let revoke = ask_for(
            &admins[round / 4 % 2],
            "revokeInvitation",
            input,
            "invitation { status }",
        );
        let asked = in_line(&arena, meeting, place, joins.collect(), revoke);
        let mut answers = arena.meet(meeting, asked).await;
        let told = format!("{meeting:?}, {place:?}");
        let revoke = answers.pop().unwrap().ok();
        let went: Vec<bool> = answers
            .iter()
            .map(|answer| went_or_failed(answer, &["INVALID_INVITATION code"], &told))
            .collect();
        // One that was used stays used; one that was revoked lets nobody in.
        let is_used = went.contains(&true);
        let status = if is_used { "USED" } else { "REVOKED" };
        assert_eq!(
            revoke.text("revokeInvitation.invitation.status"),
            status,
            "{told}"
        );
        used += usize::from(is_used);
        revoked += usize::from(!is_used);
        // Whoever it let in is in the team, and nobody else: one at the most.
        assert_ne!(went, [true, true], "{told}");
        for (joiner, went) in joiners.iter().zip(went) {
            let seats = format!(
                "SELECT COUNT(*) AS n FROM membership JOIN \"user\" ON \"user\".id = membership.user_id \
                 WHERE \"user\".account = '{}'",
                joiner.account
            );
            assert_eq!(arena.world.count(&seats).await == 1, went, "{told}");
        }
        assert_dead(&arena, &code, &told).await;
    }
    assert!(used > 0 && revoked > 0, "{used} were used, {revoked} revoked");
}

async fn who_may_invite_no_more_has_no_codes(store: Store) {
    let arena = Arena::open(store).await;
    let admin = arena.member().await;
    let team = arena.team(std::slice::from_ref(&admin)).await;
    let admins = [admin.at(&arena.world.url), admin.at(&arena.roots[1].url)];
    let row = row_of(&team);
    let developer = team.role("Developer");
    // What was made and who joined before the right was gone, and what was refused after.
    let (mut done, mut refused) = ([0, 0], [0, 0]);
    for (round, meeting) in rounds(2 * ROUNDS, &row).enumerate() {
        let place = Place::of(round);
        let name = format!("Inviter {}", arena.number());
        let role = team.make_role(&name, &["TEAM_MEMBER_MANAGEMENT"]).await;
        let (lia, mia) = (arena.member().await, arena.member().await);
        team.add_with(&lia, &role).await;
        let invite = json!({ "teamId": team.id, "roleId": developer });
        let made = lia.mutate("createInvitation", invite.clone(), "code").await.ok();
        let code = made.text("createInvitation.code");
        let others = vec![
            ask_for(&lia, "createInvitation", invite.clone(), "code"),
            ask(&mia, "joinTeam", json!({ "code": code })),
        ];
        let input = json!({ "roleId": role, "permissions": ["DATA_DASHBOARD"] });
        let update = ask(&admins[round / 4 % 2], "updateRole", input);
        let asked = in_line(&arena, meeting, place, others, update);
        let answers = arena.meet(meeting, asked).await;
        let told = format!("{meeting:?}, {place:?}");
        assert!(went_through(&answers[2]), "{told}: {}", answers[2].body);
        let invited = went_or_failed(&answers[0], &["FORBIDDEN"], &told);
        let joined = went_or_failed(&answers[1], &["INVALID_INVITATION code"], &told);
        for (which, went) in [invited, joined].into_iter().enumerate() {
            done[which] += usize::from(went);
            refused[which] += usize::from(!went);
        }

        // What went through did so before the role was changed.
        let changed = format!(
            "JOIN audit_event ON audit_event.team_id = team.id AND audit_event.target_id = '{role}' \
             AND audit_event.action = 'updateRole' AND audit_event.outcome = 'SUCCEEDED'"
        );
        let joins = format!(
            "membership JOIN team ON team.id = membership.team_id {changed} \
             JOIN \"user\" ON \"user\".id = membership.user_id WHERE \"user\".account = '{}'",
            mia.account
        );
        let found = format!("SELECT COUNT(*) AS n FROM {joins}");
        assert_eq!(arena.world.count(&found).await == 1, joined, "{told}");
        let late = format!("{joins} AND membership.joined_at >= audit_event.created_at");
        assert_none(&arena, &late, &told).await;
        let codes = format!(
            "invitation JOIN team ON team.id = invitation.team_id {changed} \
             JOIN \"user\" ON \"user\".id = invitation.created_by WHERE \"user\".account = '{}'",
            lia.account
        );
        let found = format!("SELECT COUNT(*) AS n FROM {codes}");
        let found = arena.world.count(&found).await;
        assert_eq!(found, 1 + i64::from(invited), "{told}");
        let late = format!("{codes} AND invitation.created_at >= audit_event.created_at");
        assert_none(&arena, &late, &told).await;

        // None of their codes is alive, that of the last moment neither, and they make no more.
        let alive = format!("{codes} AND invitation.code_hash IS NOT NULL");
        assert_none(&arena, &alive, &told).await;
        assert_dead(&arena, &code, &told).await;
        if invited {
            let last = answers[0].text("createInvitation.code");
            assert_dead(&arena, &last, &told).await;
        }
        for root in &arena.roots {
            let again = lia
                .at(&root.url)
                .mutate("createInvitation", invite.clone(), "")
                .await;
            assert_eq!(again.codes(), ["FORBIDDEN"], "{told}: {}", again.body);
        }
    }
    let both = done.into_iter().chain(refused).all(|count| count > 0);
    assert!(both, "{done:?} went through, {refused:?} were refused");
}
