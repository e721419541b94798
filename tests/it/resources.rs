//! Superapps and mini programs of teams: made, changed, deleted, and who manages them.

use chrono::TimeDelta;

use crate::support::*;

on_each_database!(
    a_resource_is_made_changed_and_deleted,
    a_resource_is_of_its_teams_kind,
    a_resource_name_is_held_to_its_rule_and_is_not_unique,
    all_mistakes_of_a_resource_are_told_at_once,
    the_manager_is_a_member_of_the_team,
    what_is_left_out_of_a_change_stays,
    nobody_manages_what_the_manager_has_left,
    a_deleted_team_takes_its_resources_along,
    resources_are_listed_and_paged_both_ways,
    a_team_has_at_most_1000_resources,
    who_has_no_right_to_resources_changes_none,
    resources_are_seen_by_the_team_and_by_staff,
    an_inactive_team_takes_no_resources,
    a_custom_role_can_give_the_right,
);

const FIELDS: &str = "resource { id kind name team { id } manager { account } createdAt }";

async fn create(by: &Actor, team: &Team, kind: &str, name: &str, manager: Option<&str>) -> Answer {
    let input = json!({ "teamId": team.id, "kind": kind, "name": name, "managerId": manager });
    by.mutate("createResource", input, FIELDS).await
}

async fn change(by: &Actor, resource: &str, change: Value) -> Answer {
    let mut input = json!({ "resourceId": resource });
    let more = change.as_object().unwrap().clone();
    input.as_object_mut().unwrap().extend(more);
    by.mutate("updateResource", input, FIELDS).await
}

async fn delete(by: &Actor, resource: &str) -> Answer {
    let input = json!({ "resourceId": resource });
    by.mutate("deleteResource", input, "deletedResourceId").await
}

/// A superapp of the team, managed by this user.
async fn superapp(team: &Team, name: &str, manager: Option<&Actor>) -> String {
    let manager = manager.map(|manager| manager.id.as_str());
    let made = create(&team.admin, team, "SUPERAPP", name, manager).await.ok();
    made.text("createResource.resource.id")
}

fn resources_of(team: &Team, arguments: &str) -> String {
    format!(
        "{{ team(id: \"{}\") {{ resources({arguments}) {{ totalCount nodes {{ id name manager {{ account }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}",
        team.id
    )
}

/// The team's resources with their managers, as its admin sees them.
async fn managers(by: &Actor, team: &Team) -> Vec<(String, Value)> {
    let answer = by.ask(&resources_of(team, "first: 100")).await.ok();
    let nodes = answer.at("team.resources.nodes").as_array().unwrap().clone();
    let mut managers: Vec<(String, Value)> = nodes
        .iter()
        .map(|node| {
            (
                node["name"].as_str().unwrap().to_owned(),
                node["manager"]["account"].clone(),
            )
        })
        .collect();
    managers.sort_by(|one, other| one.0.cmp(&other.0));
    managers
}

async fn event(world: &World, action: &str) -> (Value, Value) {
    let rows = world
        .rows(&format!(
            "SELECT target_id, changes FROM audit_event WHERE action = '{action}' AND outcome = 'SUCCEEDED' ORDER BY id DESC"
        ))
        .await;
    let changes = serde_json::from_str(rows[0]["changes"].as_str().unwrap()).unwrap();
    (rows[0]["target_id"].clone(), changes)
}

async fn a_resource_is_made_changed_and_deleted(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    for (team, kind) in [(&blue, "SUPERAPP"), (&mini, "MINI_PROGRAM")] {
        let sen = team
            .with(&world, &format!("sen-{}", team.name), "Senior developer")
            .await;
        let dan = team
            .with(&world, &format!("dan-{}", team.name), "Developer")
            .await;
        let made = create(&sen, team, kind, "支付 App", Some(&dan.id)).await.ok();
        let resource = made.at("createResource.resource");
        let id = made.text("createResource.resource.id");
        assert!(id.starts_with("resource_"));
        assert_eq!(
            *resource,
            json!({
                "id": id, "kind": kind, "name": "支付 App", "team": { "id": team.id },
                "manager": { "account": dan.account }, "createdAt": resource["createdAt"],
            })
        );
        let (target, changes) = event(&world, "createResource").await;
        assert_eq!(target, json!(id));
        assert_eq!(
            changes,
            json!([{ "field": "name", "after": "支付 App" }, { "field": "managerId", "after": dan.id }])
        );
        let node = "query($id: ID!) { node(id: $id) { ... on Resource { name kind manager { account } } } }";
        let found = dan.ask_with(node, json!({ "id": id })).await.ok();
        assert_eq!(found.text("node.name"), "支付 App");
        assert_eq!(found.text("node.manager.account"), dan.account);

        let changed = change(&sen, &id, json!({ "name": "Wallet", "managerId": sen.id }))
            .await
            .ok();
        assert_eq!(changed.text("updateResource.resource.name"), "Wallet");
        assert_eq!(
            changed.text("updateResource.resource.manager.account"),
            sen.account
        );
        let (target, changes) = event(&world, "updateResource").await;
        assert_eq!(target, json!(id));
        assert_eq!(
            changes,
            json!([
                { "field": "name", "before": "支付 App", "after": "Wallet" },
                { "field": "managerId", "before": dan.id, "after": sen.id },
            ])
        );
        let deleted = delete(&sen, &id).await.ok();
        assert_eq!(deleted.text("deleteResource.deletedResourceId"), id);
        let (target, changes) = event(&world, "deleteResource").await;
        assert_eq!(target, json!(id));
        assert_eq!(
            changes,
            json!([{ "field": "name", "before": "Wallet" }, { "field": "managerId", "before": sen.id }])
        );
        let found = dan.ask_with(node, json!({ "id": id })).await.ok();
        assert!(found.at("node").is_null());
        world.unchanged_by(delete(&sen, &id)).await.refused("NOT_FOUND");
        assert!(managers(&sen, team).await.is_empty());
    }
}

async fn a_resource_is_of_its_teams_kind(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &blue).await;
    for (team, kind) in [(&blue, "MINI_PROGRAM"), (&mini, "SUPERAPP")] {
        let refused = world.unchanged_by(create(&team.admin, team, kind, "Wallet", None));
        refused.await.failed(&["INVALID kind"]);
    }
}

async fn a_resource_name_is_held_to_its_rule_and_is_not_unique(world: World) {
    let team = world.superapp_team("Blue").await;
    let wallet = superapp(&team, "Wallet", None).await;
    superapp(&team, "Wallet", None).await;
    for (bad, code) in [
        ("", "REQUIRED"),
        ("Wa", "TOO_SHORT"),
        (&"x".repeat(65), "TOO_LONG"),
        ("Wal  let", "INVALID"),
        ("Wallet ", "INVALID"),
        ("Wal\nlet", "INVALID"),
        ("<b>Wallet", "INVALID"),
        ("Ｗallet", "INVALID"),
    ] {
        let refused = world.unchanged_by(create(&team.admin, &team, "SUPERAPP", bad, None));
        refused.await.failed(&[&format!("{code} name")]);
        let refused = world.unchanged_by(change(&team.admin, &wallet, json!({ "name": bad })));
        refused.await.failed(&[&format!("{code} name")]);
    }
}

async fn all_mistakes_of_a_resource_are_told_at_once(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let refused = world.unchanged_by(create(&team.admin, &team, "MINI_PROGRAM", "x", Some(&mia.id)));
    refused
        .await
        .failed(&["TOO_SHORT name", "INVALID kind", "NOT_A_MEMBER managerId"]);
    let wallet = superapp(&team, "Wallet", None).await;
    let input = json!({ "name": "x", "managerId": mia.id, "noManager": true });
    let refused = world.unchanged_by(change(&team.admin, &wallet, input));
    refused
        .await
        .failed(&["TOO_SHORT name", "INVALID noManager", "NOT_A_MEMBER managerId"]);
}

async fn the_manager_is_a_member_of_the_team(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let wallet = superapp(&team, "Wallet", None).await;
    let root = world.super_admin().await;
    // Who is out of sight and who is not there are told in the same way.
    let mia = world.member("mia").await;
    let outsiders = [&mia, &other.admin, &mini.admin, &root].map(|outsider| outsider.id.as_str());
    for id in outsiders.into_iter().chain(["user_01h455vb4pex5vsknk084sn02q"]) {
        let refused = world.unchanged_by(create(&team.admin, &team, "SUPERAPP", "App", Some(id)));
        refused.await.failed(&["NOT_A_MEMBER managerId"]);
        let refused = world.unchanged_by(change(&team.admin, &wallet, json!({ "managerId": id })));
        refused.await.failed(&["NOT_A_MEMBER managerId"]);
    }
    for id in ["nonsense", team.id.as_str()] {
        let refused = world.unchanged_by(create(&team.admin, &team, "SUPERAPP", "App", Some(id)));
        refused.await.refused("NOT_FOUND");
        let refused = world.unchanged_by(change(&team.admin, &wallet, json!({ "managerId": id })));
        refused.await.refused("NOT_FOUND");
    }
    assert_eq!(
        managers(&team.admin, &team).await,
        [("Wallet".to_owned(), Value::Null)]
    );
}

async fn what_is_left_out_of_a_change_stays(world: World) {
    let team = world.superapp_team("Blue").await;
    let dan = team.with(&world, "dan", "Developer").await;
    let wallet = superapp(&team, "Wallet", Some(&dan)).await;
    for input in [
        json!({}),
        json!({ "name": null, "managerId": null, "noManager": null }),
        json!({ "name": "Wallet", "noManager": false }),
        json!({ "managerId": dan.id }),
    ] {
        let answer = world.unchanged_by(change(&team.admin, &wallet, input)).await.ok();
        assert_eq!(answer.text("updateResource.resource.name"), "Wallet");
        assert_eq!(answer.text("updateResource.resource.manager.account"), "dan");
        assert_eq!(event(&world, "updateResource").await, (json!(wallet), json!([])));
    }
    let renamed = change(&team.admin, &wallet, json!({ "name": "Purse" }))
        .await
        .ok();
    assert_eq!(renamed.text("updateResource.resource.manager.account"), "dan");
    let given_up = change(&team.admin, &wallet, json!({ "noManager": true }))
        .await
        .ok();
    assert!(given_up.at("updateResource.resource.manager").is_null());
    assert_eq!(given_up.text("updateResource.resource.name"), "Purse");
    let (_, changes) = event(&world, "updateResource").await;
    assert_eq!(changes, json!([{ "field": "managerId", "before": dan.id }]));
}

async fn nobody_manages_what_the_manager_has_left(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mut people = Vec::new();
    for account in ["removed", "leaving", "deleted", "replaced", "demoted", "disabled"] {
        let role = if account == "replaced" {
            "Administrator"
        } else {
            "Developer"
        };
        let user = team.with(&world, account, role).await;
        superapp(&team, account, Some(&user)).await;
        people.push(user);
    }
    // What they manage in another team stays theirs.
    other.add(&people[0], "Developer").await;
    superapp(&other, "elsewhere", Some(&people[0])).await;
    let seat = team.membership_of(&people[0]).await;
    team.admin
        .mutate("removeTeamMember", json!({ "membershipId": seat }), "")
        .await
        .ok();
    people[1]
        .mutate("leaveTeam", json!({ "teamId": team.id }), "")
        .await
        .ok();
    root.mutate("deleteUser", json!({ "userId": people[2].id }), "")
        .await
        .ok();
    let input = json!({ "teamId": team.id, "adminIds": [team.admin.id] });
    root.mutate("updateTeam", input, "").await.ok();
    // Another role, or a disabled account, takes nobody's resources.
    let seat = team.membership_of(&people[4]).await;
    let input = json!({ "membershipId": seat, "roleId": team.role("Reviewer") });
    team.admin.mutate("updateTeamMember", input, "").await.ok();
    root.mutate("disableUser", json!({ "userId": people[5].id }), "")
        .await
        .ok();
    assert_eq!(
        managers(&team.admin, &team).await,
        [
            ("deleted", Value::Null),
            ("demoted", json!("demoted")),
            ("disabled", json!("disabled")),
            ("leaving", Value::Null),
            ("removed", Value::Null),
            ("replaced", Value::Null),
        ]
        .map(|(name, manager)| (name.to_owned(), manager))
    );
    assert_eq!(
        managers(&other.admin, &other).await,
        [("elsewhere".to_owned(), json!("removed"))]
    );
    // Who comes back does not get them back.
    team.add(&people[0], "Developer").await;
    let managed = managers(&team.admin, &team).await;
    assert!(managed.contains(&("removed".to_owned(), Value::Null)));
}

async fn a_deleted_team_takes_its_resources_along(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let dan = team.with(&world, "dan", "Developer").await;
    superapp(&team, "Wallet", Some(&dan)).await;
    superapp(&team, "Purse", None).await;
    superapp(&other, "Elsewhere", None).await;
    let input = json!({ "teamId": team.id, "confirmName": "Blue" });
    root.mutate("deleteTeam", input, "deletedTeamId").await.ok();
    let left = world.rows("SELECT name FROM resource").await;
    assert_eq!(left, [json!({ "name": "Elsewhere" })]);
}

async fn resources_are_listed_and_paged_both_ways(world: World) {
    let team = world.superapp_team("Blue").await;
    let dan = team.with(&world, "dan", "Developer").await;
    let mut expected = Vec::new();
    for number in 0..6 {
        let name = format!("App {number}");
        superapp(&team, &name, (number % 2 == 0).then_some(&dan)).await;
        expected.insert(0, name);
    }
    for who in [&team.admin, &dan, &world.super_admin().await] {
        let answer = who.ask(&resources_of(&team, "first: 20")).await.ok();
        assert_eq!(answer.texts("team.resources.nodes.*.name"), expected);
        assert_eq!(*answer.at("team.resources.totalCount"), json!(6));
    }
    for (size, from, end, ahead, behind) in [
        ("first", "after", "endCursor", "hasNextPage", "hasPreviousPage"),
        ("last", "before", "startCursor", "hasPreviousPage", "hasNextPage"),
    ] {
        let mut cursor = String::new();
        let mut pages = Vec::new();
        for page in 0..3 {
            let answer = dan
                .ask(&resources_of(&team, &format!("{size}: 2{cursor}")))
                .await
                .ok();
            let info = answer.at("team.resources.pageInfo");
            assert_eq!(info[ahead], json!(page < 2), "{}", answer.body);
            assert_eq!(info[behind], json!(page > 0), "{}", answer.body);
            cursor = format!(", {from}: {}", info[end]);
            pages.push(answer.texts("team.resources.nodes.*.name"));
        }
        if size == "last" {
            pages.reverse();
        }
        assert_eq!(pages.concat(), expected);
    }
    for bad in ["first: 101", "first: 1, last: 1", "before: \"nonsense\""] {
        dan.ask(&resources_of(&team, bad)).await.refused("BAD_USER_INPUT");
    }
    // With their managers, in one statement: who asks, the team, and the list.
    let document =
        "query($id: ID!) { team(id: $id) { resources { nodes { name manager { name account } } } } }";
    let asked = dan.ask_with(document, json!({ "id": team.id }));
    assert_eq!(world.statements_of(asked).await.len(), 3);
}

/// Fills the team up by the database: through the API it would take minutes.
pub async fn fill(world: &World, team: &Team, count: usize) {
    use rollcall::base::id::{Id, ResourceId, TeamId};
    use rollcall::entity::resource::{ActiveModel, Entity, ResourceKind};
    use rollcall::entity::team::TeamType;
    use sea_orm::{EntityTrait, Set};

    let team_id = TeamId::parse(&team.id).unwrap();
    let now = world.app.now();
    let rows = (0..count).map(|number| ActiveModel {
        id: Set(ResourceId::new(now)),
        team_id: Set(team_id),
        team_type: Set(TeamType::Superapp),
        team_scope: Set(team_id.uuid().to_string()),
        kind: Set(ResourceKind::Superapp),
        name: Set(format!("app-{number}")),
        name_folded: Set(format!("app-{number}")),
        manager_id: Set(None),
        created_at: Set(now),
    });
    Entity::insert_many(rows)
        .exec_without_returning(world.app.database.writer())
        .await
        .unwrap();
}

async fn a_team_has_at_most_1000_resources(world: World) {
    let team = world.superapp_team("Blue").await;
    fill(&world, &team, 999).await;
    let last = superapp(&team, "The last one", None).await;
    let refused = world.unchanged_by(create(&team.admin, &team, "SUPERAPP", "One more", None));
    refused.await.failed(&["LIMIT_REACHED teamId"]);
    delete(&team.admin, &last).await.ok();
    superapp(&team, "One more", None).await;
}

async fn who_has_no_right_to_resources_changes_none(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let wallet = superapp(&team, "Wallet", None).await;
    let dan = team.with(&world, "dan", "Developer").await;
    // The manager of a resource has no right to it from that alone.
    change(&team.admin, &wallet, json!({ "managerId": dan.id }))
        .await
        .ok();
    let mara = team.with(&world, "mara", "Member manager").await;
    for (who, on_team, on_resource) in [
        (world.nobody(), "UNAUTHENTICATED", "UNAUTHENTICATED"),
        (world.super_admin().await, "FORBIDDEN", "FORBIDDEN"),
        (world.platform_admin("pia").await, "FORBIDDEN", "FORBIDDEN"),
        (world.member("mia").await, "FORBIDDEN", "FORBIDDEN"),
        (dan, "FORBIDDEN", "FORBIDDEN"),
        (mara, "FORBIDDEN", "FORBIDDEN"),
        // Of its superapp team one sees the name, but nothing inside.
        (mini.admin.clone(), "FORBIDDEN", "NOT_FOUND"),
        (other.admin.clone(), "NOT_FOUND", "NOT_FOUND"),
    ] {
        let refused = world
            .unchanged_by(create(&who, &team, "SUPERAPP", "App", None))
            .await;
        refused.refused(on_team);
        let refused = world
            .unchanged_by(change(&who, &wallet, json!({ "name": "App" })))
            .await;
        refused.refused(on_resource);
        world
            .unchanged_by(delete(&who, &wallet))
            .await
            .refused(on_resource);
    }
    for id in [
        "nonsense",
        "resource_01h455vb4pex5vsknk084sn02q",
        team.id.as_str(),
    ] {
        let refused = world.unchanged_by(change(&team.admin, id, json!({ "name": "App" })));
        refused.await.refused("NOT_FOUND");
        let refused = world.unchanged_by(delete(&team.admin, id)).await;
        refused.refused("NOT_FOUND");
    }
}

async fn resources_are_seen_by_the_team_and_by_staff(world: World) {
    let team = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let made = create(&mini.admin, &mini, "MINI_PROGRAM", "Quiz", None)
        .await
        .ok();
    let id = made.text("createResource.resource.id");
    let rev = mini.with(&world, "rev", "Reviewer").await;
    let list = "query($id: ID!) { team(id: $id) { resources { totalCount nodes { name team { name } } } } }";
    let node = "query($id: ID!) { node(id: $id) { ... on Resource { name } } }";
    for who in [
        &rev,
        &mini.admin,
        &world.super_admin().await,
        &world.platform_admin("pia").await,
    ] {
        let listed = who.ask_with(list, json!({ "id": mini.id })).await.ok();
        assert_eq!(listed.texts("team.resources.nodes.*.name"), ["Quiz"]);
        assert_eq!(listed.texts("team.resources.nodes.*.team.name"), ["Mini"]);
        let found = who.ask_with(node, json!({ "id": id })).await.ok();
        assert_eq!(found.text("node.name"), "Quiz");
    }
    // The superapp team's admin sees the team, and not what is inside.
    let listed = team.admin.ask_with(list, json!({ "id": mini.id })).await;
    assert!(listed.refused("FORBIDDEN").at("team.resources").is_null());
    for who in [team.admin, world.member("mia").await, world.nobody()] {
        let found = who.ask_with(node, json!({ "id": id })).await.ok();
        assert!(found.at("node").is_null());
    }
}

async fn an_inactive_team_takes_no_resources(world: World) {
    let blue = world.superapp_team("Blue").await;
    let expiry = world.app.now() + TimeDelta::minutes(5);
    let mini = world
        .team(
            "Mini",
            json!({ "type": "MINI_PROGRAM", "superappTeamId": blue.id, "expiresAt": expiry }),
        )
        .await;
    let made = create(&mini.admin, &mini, "MINI_PROGRAM", "Quiz", Some(&mini.admin.id))
        .await
        .ok();
    let id = made.text("createResource.resource.id");
    world.pass(TimeDelta::minutes(6));
    for refused in [
        world
            .unchanged_by(create(&mini.admin, &mini, "MINI_PROGRAM", "Game", None))
            .await,
        world
            .unchanged_by(change(&mini.admin, &id, json!({ "noManager": true })))
            .await,
        world.unchanged_by(delete(&mini.admin, &id)).await,
    ] {
        refused.refused("FORBIDDEN");
    }
    // It can still be read.
    assert_eq!(managers(&mini.admin, &mini).await.len(), 1);
}

async fn a_custom_role_can_give_the_right(world: World) {
    let team = world.superapp_team("Blue").await;
    let role = team.make_role("Owner", &["SUPERAPP_MANAGEMENT"]).await;
    let mia = world.member("mia").await;
    team.add_with(&mia, &role).await;
    let made = create(&mia, &team, "SUPERAPP", "Wallet", Some(&mia.id))
        .await
        .ok();
    let id = made.text("createResource.resource.id");
    let input = json!({ "roleId": role, "permissions": ["DATA_DASHBOARD"] });
    team.admin.mutate("updateRole", input, "").await.ok();
    let refused = world
        .unchanged_by(change(&mia, &id, json!({ "name": "Purse" })))
        .await;
    refused.refused("FORBIDDEN");
    // She manages it still.
    assert_eq!(
        managers(&team.admin, &team).await,
        [("Wallet".to_owned(), json!("mia"))]
    );
}
