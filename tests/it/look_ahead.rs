//! A list and all that hangs on it is read in one statement, beside the one that tells who asks.

use crate::support::*;

on_each_database!(
    users_come_with_their_teams_and_roles_in_one_statement,
    teams_come_with_admins_counts_and_superapp_teams_in_one_statement,
    members_and_invitations_come_with_users_and_roles_in_one_statement,
    what_cannot_be_told_beforehand_costs_one_statement_for_all,
);

async fn a_world_of_teams(world: &World) -> Team {
    let blue = world.superapp_team("Blue").await;
    world.mini_program_team("Red", &blue).await;
    for account in ["mia", "nia", "lia"] {
        blue.with(world, account, "Developer").await;
    }
    blue.invite("Operator").await;
    blue
}

async fn users_come_with_their_teams_and_roles_in_one_statement(world: World) {
    a_world_of_teams(&world).await;
    let root = world.super_admin().await;
    let document = "{ users(first: 5) { edges { cursor node { name status
        memberships(first: 3) { nodes { joinedAt role { name permissions } team { name status } } } } }
        pageInfo { hasNextPage } } }";
    assert_eq!(world.statements_of(root.ask(document)).await.len(), 2);
    // Asked for through fragments and under other names, it is the same one question.
    let document = "query($some: Boolean = true) { users(first: 5) { nodes { ...More } } }
        fragment More on User { seats: memberships(first: 3) @include(if: $some) { nodes { role { name } } }
        again: memberships(first: 3) { nodes { team { name } } } }";
    assert_eq!(world.statements_of(root.ask(document)).await.len(), 2);
    // The size of the whole list is one statement more, and only when it is asked for.
    assert_eq!(
        world
            .statements_of(root.ask("{ users { totalCount nodes { name } } }"))
            .await
            .len(),
        3
    );
}

async fn teams_come_with_admins_counts_and_superapp_teams_in_one_statement(world: World) {
    let blue = a_world_of_teams(&world).await;
    let fields = "nodes { name status memberCount admins { account } superappTeam { name } }";
    let document = format!("{{ teams {{ {fields} }} }}");
    assert_eq!(world.statements_of(blue.admin.ask(&document)).await.len(), 2);
    let root = world.super_admin().await;
    let document = format!("{{ teams(first: 10) {{ {fields} }} }}");
    assert_eq!(world.statements_of(root.ask(&document)).await.len(), 2);
    // Who asks, the team, and the teams that are bound to it.
    let document = format!("query($id: ID!) {{ team(id: $id) {{ miniProgramTeams {{ {fields} }} }} }}");
    let asked = root.ask_with(&document, json!({ "id": blue.id }));
    assert_eq!(world.statements_of(asked).await.len(), 3);
}

async fn members_and_invitations_come_with_users_and_roles_in_one_statement(world: World) {
    let blue = a_world_of_teams(&world).await;
    // Who asks, the team, and the list; on the fast path the last two are one.
    let document =
        "query($id: ID!) { team(id: $id) { members { nodes { role { name } user { name account } } } } }";
    let asked = blue.admin.ask_with(document, json!({ "id": blue.id }));
    let most = if world.store == Store::MariaDb { 3 } else { 2 };
    assert_eq!(world.statements_of(asked).await.len(), most);
    let document = "query($id: ID!) { team(id: $id) { invitations { nodes { status role { name } } } } }";
    let asked = blue.admin.ask_with(document, json!({ "id": blue.id }));
    assert_eq!(world.statements_of(asked).await.len(), 3);
}

async fn what_cannot_be_told_beforehand_costs_one_statement_for_all(world: World) {
    a_world_of_teams(&world).await;
    let root = world.super_admin().await;
    // Two pages of one connection: the list, and one statement for each page, however many users there are.
    let document = "{ users { nodes { a: memberships(first: 1) { nodes { id } } b: memberships(last: 1) { nodes { id } } } } }";
    let statements = world.statements_of(root.ask(document)).await;
    assert!(statements.len() <= 4, "{statements:#?}");
    // The members of a team's own roles: who asks, the team, its roles, and the counts of all.
    let blue = world.superapp_team("Green").await;
    for number in 0..5 {
        blue.make_role(&format!("Role {number}"), &[]).await;
    }
    let document = "query($id: ID!) { team(id: $id) { roles { name permissions memberCount } } }";
    let asked = blue.admin.ask_with(document, json!({ "id": blue.id }));
    assert_eq!(world.statements_of(asked).await.len(), 4);
}
