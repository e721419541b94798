//! Who reads what of the audit log.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use rollcall::access::{Action, Origin, Viewer};
use rollcall::audit::filter::Filter;
use rollcall::audit::scope::Scope;
use rollcall::audit::{Change, Event};
use rollcall::base::id::{Id, TeamId, UserId};
use rollcall::entity::audit_event::{self, AuditOutcome};
use rollcall::entity::{team, user};
use rollcall::sessions::identify::identify;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    an_event_tells_who_did_what_to_whom_from_where_and_how_it_ended,
    platform_staff_read_all,
    a_team_admin_reads_the_teams_events_without_address_and_agent,
    a_team_admin_reads_what_its_members_tried_in_vain,
    a_user_reads_what_they_did_themselves,
    an_admin_of_a_team_that_is_not_active_reads_none_of_it,
    an_address_of_mail_is_shown_to_its_owner_and_to_staff,
    of_a_deleted_user_the_id_and_the_account_are_left,
    each_filter_narrows_the_list,
    filters_join,
    ids_out_of_sight_lead_to_no_events,
    what_is_out_of_sight_is_nowhere_to_be_found,
    a_filter_has_its_bounds,
    pages_go_both_ways_also_among_events_of_one_moment,
    the_two_forms_of_scope_and_filter_agree,
    a_page_is_read_in_one_statement,
);

const ALL_FIELDS: &str = "id action outcome actor { id } actorAccount targetId targetName team { id name }
    changes { field before after } address userAgent requestId createdAt";

/// A page of events: the arguments as they stand in the document, with their parentheses.
async fn read(who: &Actor, arguments: &str, fields: &str) -> Answer {
    let document = format!(
        "{{ auditEvents{arguments} {{ totalCount nodes {{ {fields} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    who.ask(&document).await
}

/// The events of a filter, the newest first, each as `action by actor outcome`; all of them, as the total says.
async fn told(who: &Actor, filter: &str) -> Vec<String> {
    let arguments = format!("(first: 100, filter: {{ {filter} }})");
    let answer = read(who, &arguments, "action actorAccount outcome").await.ok();
    let nodes = answer.at("auditEvents.nodes").as_array().unwrap().clone();
    assert_eq!(*answer.at("auditEvents.totalCount"), nodes.len(), "{filter}");
    nodes
        .iter()
        .map(|node| {
            let text = |name: &str| node[name].as_str().unwrap_or("-").to_owned();
            let ended = match text("outcome").as_str() {
                "SUCCEEDED" => String::new(),
                other => format!(" {other}"),
            };
            format!("{} by {}{ended}", text("action"), text("actorAccount"))
        })
        .collect()
}

/// The newest event of a filter, with all its fields.
async fn newest(who: &Actor, filter: &str) -> Value {
    let answer = read(who, &format!("(first: 1, filter: {{ {filter} }})"), ALL_FIELDS)
        .await
        .ok();
    answer.at("auditEvents.nodes.0").clone()
}

/// The ids of all that somebody reads.
async fn ids(who: &Actor) -> BTreeSet<String> {
    let answer = read(who, "(first: 100)", "id").await.ok();
    assert_eq!(*answer.at("auditEvents.pageInfo.hasNextPage"), false);
    let ids: BTreeSet<String> = answer.texts("auditEvents.nodes.*.id").into_iter().collect();
    assert_eq!(*answer.at("auditEvents.totalCount"), ids.len());
    ids
}

async fn viewer(world: &World, who: &Actor) -> Viewer {
    identify(&world.app, Origin::default(), who.token.as_deref())
        .await
        .unwrap()
}

/// Writes an event that no verb writes in just this way.
async fn record(world: &World, by: &Actor, event: Event) {
    let txn = world.app.begin().await.unwrap();
    let mut viewer = viewer(world, by).await;
    viewer.origin.address = Some("192.0.2.9".to_owned());
    world.app.record_in(&txn, &viewer, event).await.unwrap();
    world.app.commit(txn).await.unwrap();
}

async fn row_of(world: &World, who: &Actor) -> user::Model {
    let row = user::Entity::find_by_id(UserId::parse(&who.id).unwrap()).one(world.app.database.reader());
    row.await.unwrap().unwrap()
}

async fn an_event_tells_who_did_what_to_whom_from_where_and_how_it_ended(world: World) {
    let root = world.super_admin().await;
    let mia = world.member("mia").await;
    let before = world.app.now();
    let input = json!({ "userId": mia.id, "name": "Mirabel", "accountType": "PLATFORM_ADMIN" });
    root.mutate("updateUser", input, "").await.ok();
    let event = newest(&root, "").await;
    let at: DateTime<Utc> = event["createdAt"].as_str().unwrap().parse().unwrap();
    assert!(before <= at && at <= world.app.now());
    let id = event["id"].as_str().unwrap();
    assert!(id.starts_with("event_"), "{id}");
    assert_eq!(event["requestId"].as_str().unwrap().len(), 32);
    assert_eq!(
        event,
        json!({
            "id": id, "action": "updateUser", "outcome": "SUCCEEDED",
            "actor": { "id": root.id }, "actorAccount": "root",
            "targetId": mia.id, "targetName": "mia", "team": null,
            "changes": [
                { "field": "accountType", "before": "MEMBER", "after": "PLATFORM_ADMIN" },
                { "field": "name", "before": "mia", "after": "Mirabel" },
            ],
            "address": "127.0.0.1", "userAgent": "tests",
            "requestId": event["requestId"], "createdAt": event["createdAt"],
        })
    );
    // By its id it is the same.
    let document = format!("query($id: ID!) {{ node(id: $id) {{ ... on AuditEvent {{ {ALL_FIELDS} }} }} }}");
    let answer = root.ask_with(&document, json!({ "id": id })).await.ok();
    assert_eq!(*answer.at("node"), event);
    // A failure and a refusal tell so, and a login that failed is nobody's, about somebody.
    root.mutate("updateUser", json!({ "userId": mia.id, "name": "M" }), "")
        .await
        .failed(&["TOO_SHORT name"]);
    assert_eq!(told(&root, "").await[0], "updateUser by root FAILED");
    let input = json!({ "login": "mia", "password": "Wrong-Whale-42" });
    world
        .nobody()
        .mutate("login", input, "")
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    let event = newest(&root, "").await;
    assert_eq!(event["outcome"], "FAILED");
    assert_eq!(
        (&event["actor"], &event["actorAccount"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&event["targetId"], &event["targetName"]),
        (&json!(mia.id), &json!("Mirabel"))
    );
    assert_eq!(
        (&event["address"], &event["userAgent"]),
        (&json!("127.0.0.1"), &json!("tests"))
    );
}

async fn platform_staff_read_all(world: World) {
    let blue = world.superapp_team("Blue").await;
    let pia = world.platform_admin("pia").await;
    let nia = world.member("nia").await;
    nia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    blue.invite("Developer").await;
    let root = world.super_admin().await;
    let all = world.count("SELECT COUNT(*) AS n FROM audit_event").await;
    for staff in [&root, &pia] {
        assert_eq!(i64::try_from(ids(staff).await.len()).unwrap(), all);
        assert_eq!(
            told(staff, "").await[..2],
            ["login by root", "createInvitation by Blue-admin"]
        );
        let event = newest(staff, &format!("actorId: \"{}\"", nia.id)).await;
        assert_eq!(
            (&event["action"], &event["outcome"]),
            (&json!("users"), &json!("REFUSED"))
        );
        assert_eq!(
            (&event["address"], &event["userAgent"]),
            (&json!("127.0.0.1"), &json!("tests"))
        );
    }
    world
        .nobody()
        .ask("{ auditEvents { totalCount } }")
        .await
        .refused("UNAUTHENTICATED");
}

async fn a_team_admin_reads_the_teams_events_without_address_and_agent(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    let invite = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    mia.mutate("createInvitation", invite, "").await.ok();
    red.invite("Developer").await;
    let root = world.super_admin().await;
    let input = json!({ "teamId": blue.id, "remark": "ours" });
    root.mutate("updateTeam", input, "").await.ok();

    // What happened in the team, whoever did it; of the bound team and of logins of others nothing.
    let seen = told(&blue.admin, "").await;
    assert_eq!(
        seen,
        [
            "updateTeam by root",
            "createInvitation by mia",
            "addTeamMembers by Blue-admin",
            "completeLogin by Blue-admin",
            "login by Blue-admin",
            "createTeam by root",
        ]
    );
    let of_team = format!("teamId: \"{}\"", blue.id);
    let by_others = newest(&blue.admin, &format!("{of_team}, actorId: \"{}\"", mia.id)).await;
    assert_eq!(by_others["actor"], json!({ "id": mia.id }));
    assert_eq!(by_others["team"], json!({ "id": blue.id, "name": "Blue" }));
    let of_the_team_itself = newest(&blue.admin, &format!("targetId: \"{}\"", blue.id)).await;
    assert_eq!(of_the_team_itself["targetName"], "Blue");
    assert_eq!(
        (&by_others["address"], &by_others["userAgent"]),
        (&Value::Null, &Value::Null)
    );
    // Whom they do not see they know by the account alone.
    let by_staff = newest(&blue.admin, &of_team).await;
    assert_eq!(
        (&by_staff["actor"], &by_staff["actorAccount"]),
        (&Value::Null, &json!("root"))
    );
    assert_eq!(
        (&by_staff["address"], &by_staff["userAgent"]),
        (&Value::Null, &Value::Null)
    );
    // Their own come with both.
    let own = newest(&blue.admin, "actions: [\"addTeamMembers\"]").await;
    assert_eq!(
        (&own["address"], &own["userAgent"]),
        (&json!("127.0.0.1"), &json!("tests"))
    );
    // No other role is enough, however much it manages.
    assert_eq!(
        told(&mia, "").await,
        ["createInvitation by mia", "completeLogin by mia", "login by mia"]
    );
    // Who becomes an admin reads what was before; who is one no more reads nothing.
    let input =
        json!({ "membershipId": blue.membership_of(&mia).await, "roleId": blue.role("Administrator") });
    blue.admin.mutate("updateTeamMember", input, "").await.ok();
    assert!(told(&mia, "").await.contains(&"createTeam by root".to_owned()));
    let input = json!({ "membershipId": blue.membership_of(&mia).await, "roleId": blue.role("Developer") });
    blue.admin.mutate("updateTeamMember", input, "").await.ok();
    assert_eq!(told(&mia, "").await.len(), 3);
}

async fn a_team_admin_reads_what_its_members_tried_in_vain(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let lia = world.member("lia").await;
    let custom = blue.make_role("Tester", &["DATA_DASHBOARD"]).await;
    let (invitation, _) = blue.invite_as(&custom).await;
    let input = json!({ "teamId": blue.id, "kind": "SUPERAPP", "name": "App" });
    let resource = blue
        .admin
        .mutate("createResource", input, "resource { id }")
        .await
        .ok();
    let resource = resource.text("createResource.resource.id");
    let admins = blue.membership_of(&blue.admin).await;
    let (_, passkey) =
        crate::support::passkey::add(&world, &blue.admin, &format!("{PASSWORD}2"), "Phone").await;
    let session = blue.admin.session().await;
    let before = ids(&blue.admin).await;

    // Whatever it was about, it happened in the team that this belongs to.
    for (field, input) in [
        ("updateTeam", json!({ "teamId": blue.id, "remark": "ours" })),
        ("removeTeamMember", json!({ "membershipId": admins })),
        ("updateRole", json!({ "roleId": custom, "name": "Testers" })),
        ("revokeInvitation", json!({ "invitationId": invitation })),
        ("deleteResource", json!({ "resourceId": resource })),
    ] {
        mia.mutate(field, input, "").await.refused("FORBIDDEN");
    }
    blue.admin
        .mutate("removeTeamMember", json!({ "membershipId": admins }), "")
        .await
        .failed(&["LAST_TEAM_ADMIN membershipId"]);
    let root = world.super_admin().await;
    root.mutate("updateTeam", json!({ "teamId": blue.id, "name": "B" }), "")
        .await
        .failed(&["TOO_SHORT name"]);
    let tried = [
        "updateTeam by root FAILED",
        "removeTeamMember by Blue-admin FAILED",
        "deleteResource by mia REFUSED",
        "revokeInvitation by mia REFUSED",
        "updateRole by mia REFUSED",
        "removeTeamMember by mia REFUSED",
        "updateTeam by mia REFUSED",
    ];
    let of_team = format!("teamId: \"{}\"", blue.id);
    assert_eq!(told(&blue.admin, &of_team).await[..tried.len()], tried);
    let of_mia = newest(&blue.admin, &format!("{of_team}, actorId: \"{}\"", mia.id)).await;
    assert_eq!(of_mia["team"], json!({ "id": blue.id, "name": "Blue" }));
    assert_eq!(
        (&of_mia["targetId"], &of_mia["targetName"]),
        (&json!(resource), &json!("App"))
    );
    // A member is told as who it is, as if it had been done.
    let of_member = newest(
        &blue.admin,
        &format!("{of_team}, targetId: \"{}\"", blue.admin.id),
    )
    .await;
    assert_eq!(
        (
            &of_member["action"],
            &of_member["outcome"],
            &of_member["targetName"]
        ),
        (&json!("removeTeamMember"), &json!("FAILED"), &json!("Blue-admin"))
    );
    assert_eq!(
        (&of_mia["address"], &of_mia["userAgent"]),
        (&Value::Null, &Value::Null)
    );

    // A stranger writes nothing into the team's log: their tries are theirs, and the staff's to read. Nor does who was
    // of the team once.
    blue.admin
        .mutate(
            "removeTeamMember",
            json!({ "membershipId": blue.membership_of(&mia).await }),
            "",
        )
        .await
        .ok();
    for stranger in [&lia, &red.admin, &mia] {
        // Nor are they told of what stands behind the id.
        for (field, name, id) in [
            ("leaveTeam", "teamId", &blue.id),
            ("updateTeam", "teamId", &blue.id),
            ("removeTeamMember", "membershipId", &admins),
            ("deleteRole", "roleId", &custom),
            ("revokeInvitation", "invitationId", &invitation),
            ("deleteResource", "resourceId", &resource),
            ("unlockUser", "userId", &blue.admin.id),
            ("revokeSession", "sessionId", &session),
            ("removePasskey", "passkeyId", &passkey),
        ] {
            let mut input = json!({ name: id });
            if field == "removePasskey" {
                input["password"] = json!(PASSWORD);
            }
            let answer = stranger.mutate(field, input, "").await;
            let errors = [answer.codes(), answer.user_errors()].concat();
            assert_eq!(errors.len(), 1, "{}", answer.body);
            let own = newest(stranger, &format!("actions: [\"{field}\"]")).await;
            assert_eq!(own["targetId"], json!(id), "{field}");
            assert_eq!(
                (&own["team"], &own["targetName"]),
                (&Value::Null, &Value::Null),
                "{field}"
            );
        }
        let of_stranger = format!("targetId: \"{}\", actorId: \"{}\"", blue.id, stranger.id);
        let seen_by_staff = told(&root, &of_stranger).await;
        let strangers = [
            format!("updateTeam by {} REFUSED", stranger.account),
            format!("leaveTeam by {} REFUSED", stranger.account),
        ];
        assert_eq!(seen_by_staff[..2], strangers);
    }
    let after = ids(&blue.admin).await;
    assert_eq!(after.difference(&before).count(), tried.len() + 1);
    // Of oneself one is told, and staff of everybody.
    let input = json!({ "passkeyId": passkey, "password": "Wrong-Whale-42" });
    blue.admin
        .mutate("removePasskey", input, "")
        .await
        .failed(&["INCORRECT_PASSWORD password"]);
    let pia = world.platform_admin("pia").await;
    let input = json!({ "sessionId": root.session().await });
    pia.mutate("revokeSession", input, "").await.refused("FORBIDDEN");
    for (who, field, of) in [
        (&blue.admin, "removePasskey", &blue.admin),
        (&pia, "revokeSession", &root),
    ] {
        let own = newest(who, &format!("actions: [\"{field}\"]")).await;
        assert_eq!(
            (&own["targetId"], &own["targetName"]),
            (&json!(of.id), &json!(of.account)),
            "{field}"
        );
    }
}

async fn a_user_reads_what_they_did_themselves(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    mia.mutate("updateProfile", json!({ "name": "Mirabel" }), "")
        .await
        .ok();
    mia.mutate("updateProfile", json!({ "name": "M" }), "")
        .await
        .failed(&["TOO_SHORT name"]);
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    // What is done to them, and tried in their name, is not what they did.
    let root = world.super_admin().await;
    root.mutate("updateUser", json!({ "userId": mia.id, "name": "Mira" }), "")
        .await
        .ok();
    let wrong = json!({ "login": "mia", "password": "Wrong-Whale-42" });
    world
        .nobody()
        .mutate("login", wrong, "")
        .await
        .failed(&["INVALID_CREDENTIALS"]);
    assert_eq!(
        told(&mia, "").await,
        [
            "users by mia REFUSED",
            "updateProfile by mia FAILED",
            "updateProfile by mia",
            "completeLogin by mia",
            "login by mia",
        ]
    );
    let event = newest(&mia, "actions: [\"updateProfile\"], outcome: SUCCEEDED").await;
    assert_eq!(
        (&event["address"], &event["userAgent"]),
        (&json!("127.0.0.1"), &json!("tests"))
    );
    assert_eq!(event["actor"], json!({ "id": mia.id }));
    assert_eq!(
        event["changes"],
        json!([{ "field": "name", "before": "mia", "after": "Mirabel" }])
    );
    // They keep it when they are out of the team that it happened in.
    let input = json!({ "teamId": blue.id });
    mia.mutate("leaveTeam", input, "").await.ok();
    let event = newest(&mia, "").await;
    assert_eq!(
        (&event["action"], &event["team"]),
        (&json!("leaveTeam"), &Value::Null)
    );
}

async fn an_admin_of_a_team_that_is_not_active_reads_none_of_it(world: World) {
    let blue = world.superapp_team("Blue").await;
    let expiry = (world.app.now() + TimeDelta::days(2)).to_rfc3339();
    let more = json!({ "type": "MINI_PROGRAM", "superappTeamId": blue.id, "expiresAt": expiry });
    let red = world.team("Red", more).await;
    let made = "createTeam by root".to_owned();
    let reads = async |who: &Actor| told(who, "").await.contains(&made);
    assert!(reads(&blue.admin).await && reads(&red.admin).await);
    let set_disabled = async |at: Option<DateTime<Utc>>| {
        team::Entity::update_many()
            .col_expr(team::Column::DisabledAt, Expr::value(at))
            .filter(team::Column::Id.eq(TeamId::parse(&blue.id).unwrap()))
            .exec(world.app.database.writer())
            .await
            .unwrap();
    };
    set_disabled(Some(world.app.now())).await;
    assert!(!reads(&blue.admin).await && reads(&red.admin).await);
    // What they did themselves is theirs all the same.
    assert_eq!(
        told(&blue.admin, "").await,
        ["completeLogin by Blue-admin", "login by Blue-admin"]
    );
    set_disabled(None).await;
    assert!(reads(&blue.admin).await);
    world.pass(TimeDelta::days(2));
    let again = Actor::log_in(&world, "Red-admin", &format!("{PASSWORD}2")).await;
    assert!(!reads(&again).await);
}

async fn an_address_of_mail_is_shown_to_its_owner_and_to_staff(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let team_id = TeamId::parse(&blue.id).unwrap();
    let root = world.super_admin().await;
    let event = || async {
        Event::done(Action::TeamMemberUpdate)
            .on(&row_of(&world, &mia).await)
            .in_team(team_id)
            .changing([Change::new("role", Some("Developer"), Some("Operator"))])
            .changing_personal([
                Change::new("email", Some("old@example.com"), Some("new@example.com")),
                Change::new("name", Some("Mia"), Some("Mirabel")),
            ])
    };
    let role = json!({ "field": "role", "before": "Developer", "after": "Operator" });
    let email = json!({ "field": "email", "before": "old@example.com", "after": "new@example.com" });
    let told_only = json!({ "field": "email", "before": null, "after": null });
    let name = json!({ "field": "name", "before": "Mia", "after": "Mirabel" });
    // Also of what the admin did themselves: the address before was not for them.
    record(&world, &blue.admin, event().await).await;
    for (who, second) in [(&root, &email), (&blue.admin, &told_only)] {
        let event = newest(who, "").await;
        assert_eq!(event["changes"], json!([role, second, name]), "{}", who.account);
        assert_eq!(
            (&event["targetName"], &event["targetId"]),
            (&json!("mia"), &json!(mia.id))
        );
    }
    record(&world, &mia, event().await).await;
    for (who, second) in [(&root, &email), (&blue.admin, &told_only), (&mia, &email)] {
        let event = newest(who, "").await;
        assert_eq!(event["changes"], json!([role, second, name]), "{}", who.account);
        let address = if who.account == "Blue-admin" {
            Value::Null
        } else {
            json!("192.0.2.9")
        };
        assert_eq!(event["address"], address, "{}", who.account);
    }
    let id = newest(&blue.admin, "").await["id"].clone();
    let document =
        "query($id: ID!) { node(id: $id) { ... on AuditEvent { changes { field before after } address } } }";
    let answer = blue.admin.ask_with(document, json!({ "id": id })).await.ok();
    assert_eq!(
        *answer.at("node"),
        json!({ "changes": [role, told_only, name], "address": null })
    );
}

async fn of_a_deleted_user_the_id_and_the_account_are_left(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    let invite = json!({ "teamId": blue.id, "roleId": blue.role("Developer") });
    mia.mutate("createInvitation", invite, "").await.ok();
    let root = world.super_admin().await;
    root.mutate("updateUser", json!({ "userId": mia.id, "name": "Mirabel" }), "")
        .await
        .ok();
    root.mutate("deleteUser", json!({ "userId": mia.id }), "")
        .await
        .ok();
    let by_her = newest(&root, &format!("actorId: \"{}\"", mia.id)).await;
    assert_eq!(by_her["action"], "createInvitation");
    assert_eq!(
        (&by_her["actor"], &by_her["actorAccount"]),
        (&Value::Null, &json!("mia"))
    );
    assert_eq!(
        (&by_her["address"], &by_her["userAgent"]),
        (&Value::Null, &Value::Null)
    );
    let on_her = newest(
        &root,
        &format!("targetId: \"{}\", actions: [\"updateUser\"]", mia.id),
    )
    .await;
    assert_eq!(
        (&on_her["targetId"], &on_her["targetName"]),
        (&json!(mia.id), &Value::Null)
    );
    assert_eq!(on_her["changes"], json!([]));
    // Who acted on her is left with the address.
    assert_eq!(
        (&on_her["actorAccount"], &on_her["address"]),
        (&json!("root"), &json!("127.0.0.1"))
    );
    let of_team = newest(&blue.admin, &format!("actorId: \"{}\"", mia.id)).await;
    assert_eq!(
        (&of_team["actor"], &of_team["actorAccount"]),
        (&Value::Null, &json!("mia"))
    );
}

async fn each_filter_narrows_the_list(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    blue.add(&mia, "Developer").await;
    mia.mutate("updateProfile", json!({ "name": "M" }), "")
        .await
        .failed(&["TOO_SHORT name"]);
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    let root = world.super_admin().await;
    world.pass(TimeDelta::hours(1));
    let middle = world.app.now();
    let root = Actor {
        token: Actor::log_in(&world, "root", PASSWORD).await.token,
        ..root
    };
    let input = json!({ "userId": mia.id, "name": "Mirabel" });
    root.mutate("updateUser", input, "").await.ok();

    let everything = told(&root, "").await;
    let only = async |filter: &str| told(&root, filter).await;
    assert_eq!(
        only("actions: [\"addTeamMembers\", \"createTeam\"]").await,
        ["addTeamMembers by Blue-admin", "createTeam by root"]
    );
    assert_eq!(only("actions: [\"noSuchField\"]").await, [""; 0]);
    assert_eq!(only("actions: []").await, [""; 0]);
    assert_eq!(
        only(&format!("actorId: \"{}\"", mia.id)).await,
        [
            "users by mia REFUSED",
            "updateProfile by mia FAILED",
            "completeLogin by mia",
            "login by mia"
        ]
    );
    assert_eq!(
        only(&format!(
            "targetId: \"{}\", actions: [\"updateUser\", \"createUser\"]",
            mia.id
        ))
        .await,
        ["updateUser by root", "createUser by root"]
    );
    assert_eq!(
        only(&format!("targetId: \"{}\"", blue.id)).await,
        ["createTeam by root"]
    );
    assert_eq!(
        only(&format!("teamId: \"{}\"", blue.id)).await,
        ["addTeamMembers by Blue-admin", "createTeam by root"]
    );
    assert_eq!(only("outcome: REFUSED").await, ["users by mia REFUSED"]);
    assert_eq!(only("outcome: FAILED").await, ["updateProfile by mia FAILED"]);
    assert_eq!(only("outcome: SUCCEEDED").await.len(), everything.len() - 2);
    let middle = middle.to_rfc3339();
    assert_eq!(
        only(&format!("from: \"{middle}\"")).await,
        ["updateUser by root", "login by root"]
    );
    assert_eq!(only(&format!("to: \"{middle}\"")).await, everything[2..]);
    // An explicit null narrows nothing.
    let nulls =
        "actions: null, actorId: null, targetId: null, teamId: null, outcome: null, from: null, to: null";
    assert_eq!(only(nulls).await, everything);
    // From this moment on, and before that one: a moment belongs to what begins with it.
    let at = newest(&root, "").await["createdAt"].clone();
    assert_eq!(only(&format!("from: {at}")).await, everything[..1]);
    assert_eq!(only(&format!("to: {at}")).await, everything[1..]);
}

async fn filters_join(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    mia.mutate(
        "createInvitation",
        json!({ "teamId": blue.id, "roleId": blue.role("Developer") }),
        "",
    )
    .await
    .ok();
    mia.mutate(
        "createInvitation",
        json!({ "teamId": blue.id, "roleId": blue.role("Developer"), "email": "none" }),
        "",
    )
    .await
    .failed(&["INVALID email"]);
    let root = world.super_admin().await;
    let soon = (world.app.now() + TimeDelta::hours(1)).to_rfc3339();
    let by_mia = format!(
        "actorId: \"{}\", actions: [\"createInvitation\", \"login\"]",
        mia.id
    );
    assert_eq!(
        told(&root, &format!("{by_mia}, to: \"{soon}\"")).await,
        [
            "createInvitation by mia FAILED",
            "createInvitation by mia",
            "login by mia"
        ]
    );
    assert_eq!(
        told(&root, &format!("{by_mia}, teamId: \"{}\"", blue.id)).await,
        ["createInvitation by mia FAILED", "createInvitation by mia"]
    );
    assert_eq!(
        told(&root, &format!("{by_mia}, outcome: SUCCEEDED")).await,
        ["createInvitation by mia", "login by mia"]
    );
    assert_eq!(told(&root, &format!("{by_mia}, from: \"{soon}\"")).await, [""; 0]);
}

async fn ids_out_of_sight_lead_to_no_events(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    red.invite("Developer").await;
    let mia = world.member("mia").await;
    for who in [&mia, &blue.admin] {
        for filter in [
            format!("teamId: \"{}\"", red.id),
            format!("targetId: \"{}\"", red.id),
            format!("actorId: \"{}\"", red.admin.id),
            "teamId: \"team_01h455vb4pex5vsknk084sn02q\"".to_owned(),
            "targetId: \"user_01h455vb4pex5vsknk084sn02q\"".to_owned(),
            "actorId: \"user_01h455vb4pex5vsknk084sn02q\"".to_owned(),
        ] {
            assert_eq!(told(who, &filter).await, [""; 0], "{filter} by {}", who.account);
        }
    }
}

async fn what_is_out_of_sight_is_nowhere_to_be_found(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    let green = world.superapp_team("Green").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let pia = world.platform_admin("pia").await;
    for team in [&blue, &red, &green] {
        team.invite("Developer").await;
    }
    let all: Vec<String> = ids(&pia).await.into_iter().collect();
    let mut seen = BTreeSet::new();
    for who in [&blue.admin, &red.admin, &green.admin, &mia, &pia] {
        let own = ids(who).await;
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on AuditEvent { action } } }";
        let mut by_id = BTreeSet::new();
        for some in all.chunks(100) {
            let answer = who.ask_with(document, json!({ "ids": some })).await.ok();
            let nodes = answer.at("nodes").as_array().unwrap();
            assert_eq!(nodes.len(), some.len());
            for (id, node) in some.iter().zip(nodes) {
                if node.is_object() {
                    assert_eq!(node["id"], json!(id));
                    by_id.insert(id.clone());
                }
            }
        }
        assert_eq!(by_id, own, "{}", who.account);
        // One by one it is the same.
        let hidden = all.iter().find(|id| !own.contains(*id));
        for (id, is_seen) in [(hidden, false), (own.first(), true)] {
            let Some(id) = id else { continue };
            let answer = who.ask_with("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id }));
            assert_eq!(
                answer.await.ok().at("node").is_object(),
                is_seen,
                "{}",
                who.account
            );
        }
        // A cursor of an event that one does not see shows no more than what one sees.
        let answer = pia
            .ask("{ auditEvents(first: 1) { pageInfo { endCursor } } }")
            .await
            .ok();
        let after = answer.text("auditEvents.pageInfo.endCursor");
        let rest = read(who, &format!("(first: 100, after: \"{after}\")"), "id")
            .await
            .ok();
        let rest: BTreeSet<String> = rest.texts("auditEvents.nodes.*.id").into_iter().collect();
        assert!(rest.is_subset(&own), "{}", who.account);
        seen.insert(own);
    }
    assert_eq!(seen.len(), 5, "each sees something else");
    let document = "query($id: ID!) { node(id: $id) { id } }";
    let answer = world
        .nobody()
        .ask_with(document, json!({ "id": all[0] }))
        .await
        .ok();
    assert!(answer.at("node").is_null());
}

async fn a_filter_has_its_bounds(world: World) {
    let root = world.super_admin().await;
    let document = "query($filter: AuditFilter) { auditEvents(filter: $filter) { totalCount nodes { id } } }";
    let ask = async |filter: Value| root.ask_with(document, json!({ "filter": filter })).await;
    let many = |count: usize| json!({ "actions": vec!["login"; count] });
    let events = ask(many(100)).await.ok().at("auditEvents.totalCount").clone();
    assert_eq!(events, 1);
    ask(many(101)).await.refused("BAD_USER_INPUT");
    // What no action is called finds nothing, whatever is in it.
    for action in [
        "",
        "\u{0}",
        "login\u{0}",
        "LOGIN'--",
        &"x".repeat(100_000),
        "登录",
    ] {
        let answer = ask(json!({ "actions": [action] })).await.ok();
        assert_eq!(*answer.at("auditEvents.totalCount"), 0, "{action:.20}");
    }
    for (name, value) in [
        ("actorId", "team_01h455vb4pex5vsknk084sn02q"),
        ("actorId", "mia"),
        ("teamId", "user_01h455vb4pex5vsknk084sn02q"),
        ("targetId", "login"),
        ("targetId", "\u{0}"),
    ] {
        ask(json!({ name: value })).await.refused("NOT_FOUND");
    }
    for time in [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "2026-02-28T12:00:00+08:00",
    ] {
        for name in ["from", "to"] {
            ask(json!({ name: time })).await.ok();
        }
    }
    for time in ["+12345-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "today", ""] {
        for name in ["from", "to"] {
            let answer = ask(json!({ name: time })).await;
            let codes = answer.codes();
            assert_eq!(codes.len(), 1, "{time}: {}", answer.body);
            assert!(
                ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&codes[0].as_str()),
                "{time}: {}",
                answer.body
            );
        }
    }
    for arguments in [
        "(first: 101)",
        "(first: -1)",
        "(first: 1, last: 1)",
        "(after: \"x\")",
        "(after: \"WyJ4IiwiMDE4OTBhNWQtYWM5Ni03NzRiLWJjY2UtYjMwMjA5OWE4MDU3Il0\")",
    ] {
        read(&root, arguments, "id").await.refused("BAD_USER_INPUT");
    }
}

async fn pages_go_both_ways_also_among_events_of_one_moment(world: World) {
    let blue = world.superapp_team("Blue").await;
    for _ in 0..4 {
        blue.invite("Developer").await;
    }
    // The first half of all events happened at one moment.
    let half = world.app.now();
    world.pass(TimeDelta::seconds(1));
    for _ in 0..4 {
        blue.invite("Operator").await;
    }
    audit_event::Entity::update_many()
        .col_expr(audit_event::Column::CreatedAt, Expr::value(half))
        .filter(audit_event::Column::CreatedAt.lte(half))
        .exec(world.app.database.writer())
        .await
        .unwrap();
    let red = world.mini_program_team("Red", &blue).await;
    red.add(&blue.admin, "Administrator").await;
    red.invite("Developer").await;
    let root = world.super_admin().await;
    for (who, filter) in [
        (&root, String::new()),
        // What is in sight for several reasons, each with an index of its own.
        (&blue.admin, String::new()),
        (
            &root,
            "filter: { actions: [\"createInvitation\", \"createUser\", \"login\", \"login\"] }".to_owned(),
        ),
        (&blue.admin, format!("filter: {{ teamId: \"{}\" }}", blue.id)),
    ] {
        let whole = read(who, &format!("(first: 100, {filter})"), "id createdAt")
            .await
            .ok();
        let all = whole.texts("auditEvents.nodes.*.id");
        assert!(all.len() > 8);
        let times = whole.texts("auditEvents.nodes.*.createdAt");
        assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
        for (size, forward) in [(3, true), (4, true), (3, false), (5, false)] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let (count, from) = if forward {
                    ("first", "after")
                } else {
                    ("last", "before")
                };
                let from = if cursor.is_empty() {
                    String::new()
                } else {
                    format!("{from}: \"{cursor}\"")
                };
                let answer = read(who, &format!("({count}: {size}, {from} {filter})"), "id")
                    .await
                    .ok();
                assert_eq!(*answer.at("auditEvents.totalCount"), all.len());
                let page = answer.texts("auditEvents.nodes.*.id");
                assert!(page.len() <= size);
                if forward {
                    seen.extend(page);
                } else {
                    seen.splice(0..0, page);
                }
                let (more, next) = if forward {
                    ("hasNextPage", "endCursor")
                } else {
                    ("hasPreviousPage", "startCursor")
                };
                if *answer.at(&format!("auditEvents.pageInfo.{more}")) == false {
                    break;
                }
                cursor = answer.text(&format!("auditEvents.pageInfo.{next}"));
            }
            assert_eq!(seen, all, "{size} {forward}");
        }
    }
}

async fn the_two_forms_of_scope_and_filter_agree(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    let mia = blue.with(&world, "mia", "Developer").await;
    red.add(&mia, "Administrator").await;
    mia.ask("{ users { totalCount } }").await.refused("FORBIDDEN");
    mia.mutate("updateProfile", json!({ "name": "M" }), "").await;
    blue.invite("Developer").await;
    let pia = world.platform_admin("pia").await;
    let rows = audit_event::Entity::find()
        .all(world.app.database.reader())
        .await
        .unwrap();
    let (first, last) = (rows[1].created_at, rows[rows.len() - 2].created_at);
    let id = |text: &str| UserId::parse(text).unwrap();
    let mut filters = vec![Filter::default()];
    for change in [
        |filter: &mut Filter| filter.actions = Some(vec!["login".to_owned(), "createTeam".to_owned()]),
        |filter: &mut Filter| filter.actions = Some(Vec::new()),
        |filter: &mut Filter| filter.outcome = Some(AuditOutcome::Succeeded),
        |filter: &mut Filter| filter.outcome = Some(AuditOutcome::Refused),
    ] {
        let mut filter = Filter::default();
        change(&mut filter);
        filters.push(filter);
    }
    filters.extend([
        Filter {
            actor_id: Some(id(&mia.id)),
            ..Filter::default()
        },
        Filter {
            target_id: Some(mia.id.clone()),
            ..Filter::default()
        },
        Filter {
            team_id: Some(TeamId::parse(&red.id).unwrap()),
            ..Filter::default()
        },
        Filter {
            from: Some(first),
            ..Filter::default()
        },
        Filter {
            to: Some(last),
            from: Some(first),
            actor_id: Some(id(&blue.admin.id)),
            ..Filter::default()
        },
    ]);
    let mut counts = BTreeSet::new();
    for who in [&mia, &pia, &blue.admin, &red.admin] {
        let viewer = viewer(&world, who).await;
        let grant = viewer.grant(Action::AuditEvents).unwrap();
        let scope = Scope::of(grant.user);
        for filter in &filters {
            let list = rollcall::audit::find::List {
                filter: filter.clone(),
                page: rollcall::base::page::Page::first(100),
                with_total: true,
            };
            let slice = rollcall::audit::find::page(world.app.database.reader(), &grant, &list)
                .await
                .unwrap();
            let by_sql: BTreeSet<_> = slice.rows.iter().map(|shown| shown.event.id).collect();
            let by_row: BTreeSet<_> = rows
                .iter()
                .filter(|row| scope.holds(row) && filter.holds(row))
                .map(|row| row.id)
                .collect();
            assert_eq!(by_sql, by_row, "{filter:?} by {}", who.account);
            assert_eq!(slice.total, Some(by_row.len() as u64));
            counts.insert(by_row.len());
        }
    }
    assert!(counts.len() > 8, "{counts:?}");
}

async fn a_page_is_read_in_one_statement(world: World) {
    let blue = world.superapp_team("Blue").await;
    blue.invite("Developer").await;
    let root = world.super_admin().await;
    let fields = "id action targetName changes { field } address userAgent";
    for who in [&root, &blue.admin] {
        // Beside the one that tells who asks.
        let document = format!("{{ auditEvents {{ nodes {{ {fields} }} }} }}");
        assert_eq!(world.statements_of(who.ask(&document)).await.len(), 2);
        // The actors of all, and the teams of all, are one more each.
        let document = format!(
            "{{ auditEvents {{ totalCount nodes {{ {fields} actor {{ name }} team {{ name }} }} }} }}"
        );
        assert_eq!(world.statements_of(who.ask(&document)).await.len(), 5);
    }
}
