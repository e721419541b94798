//! The search for users and teams: through an index of bigrams, which nobody should notice.

use crate::support::*;

on_each_database!(
    two_characters_are_found_anywhere_in_a_text,
    what_is_found_follows_the_texts,
    what_is_found_in_a_team_follows_the_texts,
    a_text_is_found_and_not_only_its_bigrams,
    what_is_in_many_rows_is_found_too,
    teams_are_found_by_their_present_name,
);

async fn create(root: &Actor, name: &str, account: &str) -> String {
    let input =
        json!({ "name": name, "account": account, "accountType": "MEMBER", "generatePassword": true });
    let made = root.mutate("createUser", input, "user { id }").await.ok();
    made.text("createUser.user.id")
}

/// The accounts of those that the search finds, in their order, and as many as it says.
async fn found(root: &Actor, search: &str) -> Vec<String> {
    let document = "query($search: String) { users(filter: { search: $search }, orderBy: { field: ACCOUNT, direction: ASC },
        first: 100) { totalCount nodes { account } } }";
    let answer = root.ask_with(document, json!({ "search": search })).await.ok();
    let nodes = answer.at("users.nodes").as_array().unwrap().clone();
    let total = answer.at("users.totalCount").as_u64().unwrap();
    assert_eq!(total, nodes.len() as u64, "{search}");
    let account = |node: &Value| node["account"].as_str().unwrap().to_owned();
    nodes.iter().map(account).collect()
}

async fn two_characters_are_found_anywhere_in_a_text(world: World) {
    let root = world.super_admin().await;
    create(&root, "欧阳修文", "ouyang").await;
    create(&root, "南阳修", "yang").await;
    create(&root, "Xiu.Wen", "xiu.wen-100").await;
    for (search, expected) in [
        ("阳修", vec!["ouyang", "yang"]),
        ("欧阳", vec!["ouyang"]),
        ("修文", vec!["ouyang"]),
        ("欧修", vec![]),
        ("修", vec!["ouyang", "yang"]),
        ("u.w", vec!["xiu.wen-100"]),
        ("U.W", vec!["xiu.wen-100"]),
        ("x", vec!["xiu.wen-100"]),
        // No pair runs from the name into the account.
        ("文o", vec![]),
    ] {
        assert_eq!(found(&root, search).await, expected, "{search}");
    }
}

async fn what_is_found_follows_the_texts(world: World) {
    let root = world.super_admin().await;
    let mia = world.registered("mia", None).await;
    let id = create(&root, "Before", "lia").await;
    assert_eq!(found(&root, "mia@ex").await, ["mia"]);
    assert_eq!(found(&root, "efor").await, ["lia"]);
    let input = json!({ "userId": id, "name": "Later" });
    root.mutate("updateUser", input, "user { id }").await.ok();
    assert_eq!(found(&root, "efor").await, [""; 0]);
    assert_eq!(found(&root, "ater").await, ["lia"]);
    mia.mutate("updateProfile", json!({ "name": "苏东坡" }), "user { id }")
        .await
        .ok();
    assert_eq!(found(&root, "东坡").await, ["mia"]);
    let input = json!({ "userId": mia.id });
    root.mutate("unbindUserEmail", input, "user { id }").await.ok();
    assert_eq!(found(&root, "mia@ex").await, [""; 0]);
    root.mutate("deleteUser", json!({ "userId": id }), "").await.ok();
    assert_eq!(found(&root, "ater").await, [""; 0]);
    assert_eq!(found(&root, "lia").await, [""; 0]);
}

async fn what_is_found_in_a_team_follows_the_texts(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Night Market").await;
    let other = world.superapp_team("Harbour").await;
    let mia = team.with(&world, "mia", "Developer").await;
    let lia = team.with(&world, "lia", "Developer").await;
    let in_team = async |team: &Team, search: &str| {
        let document = "query($filter: UserFilter) { users(filter: $filter, first: 100,
            orderBy: { field: ACCOUNT, direction: ASC }) { totalCount nodes { account } } }";
        let filter = json!({ "teamId": team.id, "search": search, "accountType": "MEMBER" });
        let answer = root.ask_with(document, json!({ "filter": filter })).await.ok();
        let nodes = answer.at("users.nodes").as_array().unwrap().clone();
        assert_eq!(*answer.at("users.totalCount"), nodes.len(), "{search}");
        let account = |node: &Value| node["account"].as_str().unwrap().to_owned();
        nodes.iter().map(account).collect::<Vec<_>>()
    };
    assert_eq!(in_team(&team, "ia").await, ["lia", "mia"]);
    assert_eq!(in_team(&other, "ia").await, [""; 0]);
    let renamed = json!({ "name": "100_Su" });
    lia.mutate("updateProfile", renamed, "user { id }").await.ok();
    let input = json!({ "userId": mia.id, "name": "苏东坡" });
    root.mutate("updateUser", input, "user { id }").await.ok();
    assert_eq!(in_team(&team, "东坡").await, ["mia"]);
    // The signs of patterns mean themselves.
    for sign in ["_", "0_", "_su", "100_S"] {
        assert_eq!(in_team(&team, sign).await, ["lia"], "{sign}");
    }
    for nothing in ["%", "__", "\\", "!", "\\_", "!_", "0%u", "a\nm", "mia\nmia"] {
        assert_eq!(in_team(&team, nothing).await, [""; 0], "{nothing}");
    }
    // Who joins later is found there, too, by the name of now.
    other.add(&mia, "Developer").await;
    assert_eq!(in_team(&other, "东坡").await, ["mia"]);
    let input = json!({ "userId": mia.id, "name": "Mia" });
    root.mutate("updateUser", input, "user { id }").await.ok();
    for team in [&team, &other] {
        assert_eq!(in_team(team, "东坡").await, [""; 0]);
        assert_eq!(in_team(team, "MIA").await, ["mia"]);
    }
    root.mutate("deleteUser", json!({ "userId": lia.id }), "")
        .await
        .ok();
    assert_eq!(in_team(&team, "lia").await, [""; 0]);
}

async fn a_text_is_found_and_not_only_its_bigrams(world: World) {
    let root = world.super_admin().await;
    // All pairs of `abcabd`: ab, bc, ca, bd.
    create(&root, "bcab-abd", "other").await;
    create(&root, "x-abcabd-x", "this").await;
    assert_eq!(found(&root, "abcabd").await, ["this"]);
    // In a text of one and a half, the rest is compared too.
    let long = "abcdefghijklmnopqrstuvwxyz0123456789";
    create(&root, long, "long").await;
    assert_eq!(found(&root, long).await, ["long"]);
    assert_eq!(found(&root, &format!("{long}0")).await, [""; 0]);
    assert_eq!(found(&root, &"a1b2".repeat(256)).await, [""; 0]);
}

async fn what_is_in_many_rows_is_found_too(world: World) {
    let root = world.super_admin().await;
    // More than the index is asked for where a database cannot tell from its statistics (`entity::search`).
    copies(&world, 600).await;
    let id = create(&root, "copyist", "zzz").await;
    let document = "query($after: String) { users(filter: { search: \"copy\" }, orderBy: { field: ACCOUNT, direction: ASC },
        first: 100, after: $after) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }";
    let (mut after, mut all) = (Value::Null, Vec::new());
    loop {
        let answer = root.ask_with(document, json!({ "after": after })).await.ok();
        assert_eq!(answer.at("users.totalCount"), &json!(601));
        let nodes = answer.at("users.nodes").as_array().unwrap();
        all.extend(nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()));
        if answer.at("users.pageInfo.hasNextPage") == &json!(false) {
            break;
        }
        after = answer.at("users.pageInfo.endCursor").clone();
    }
    assert_eq!(all.len(), 601);
    assert_eq!(all.last(), Some(&id));
}

/// Puts users with names and bigrams there that no mutation makes as fast.
async fn copies(world: &World, count: usize) {
    use rollcall::base::id::{Id, UserId};
    use rollcall::entity::{user, user_search};
    use sea_orm::{EntityTrait, IntoActiveModel};
    // They have nothing to log in with.
    world.breaks(&["user-has-password", "account-logs-in"]);
    let connection = world.app.database.writer();
    let model = user::Entity::find().one(connection).await.unwrap().unwrap();
    let copies: Vec<user::Model> = (0..count)
        .map(|number| user::Model {
            id: UserId::new(world.app.now()),
            name: format!("copy{number}"),
            name_folded: format!("copy{number}"),
            account: format!("copy{number}"),
            account_folded: format!("copy{number}"),
            account_type: user::AccountType::Member,
            super_admin_slot: None,
            ..model.clone()
        })
        .collect();
    let bigrams: Vec<user_search::ActiveModel> = copies
        .iter()
        .map(|user| user_search::Model::from(user).into_active_model())
        .collect();
    let rows = copies.into_iter().map(IntoActiveModel::into_active_model);
    user::Entity::insert_many::<user::ActiveModel, _>(rows)
        .exec_without_returning(connection)
        .await
        .unwrap();
    user_search::Entity::insert_many(bigrams)
        .exec_without_returning(connection)
        .await
        .unwrap();
}

async fn teams_are_found_by_their_present_name(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Before").await;
    let input = json!({ "teamId": team.id, "name": "星河 Team" });
    team.admin.mutate("updateTeam", input, "team { id }").await.ok();
    let found = async |search: &str| {
        let document =
            format!("{{ teams(filter: {{ search: \"{search}\" }}) {{ totalCount nodes {{ name }} }} }}");
        let answer = root.ask(&document).await.ok();
        let nodes = answer.at("teams.nodes").as_array().unwrap().clone();
        assert_eq!(answer.at("teams.totalCount"), &json!(nodes.len()));
        nodes.len()
    };
    for (search, expected) in [("星河", 1), ("河 t", 1), ("河", 1), ("星t", 0), ("TEAM", 1)] {
        assert_eq!(found(search).await, expected, "{search}");
    }
    let input = json!({ "teamId": team.id, "name": "Ocean" });
    team.admin.mutate("updateTeam", input, "team { id }").await.ok();
    assert_eq!(found("星河").await, 0);
    assert_eq!(found("cea").await, 1);
    let input = json!({ "teamId": team.id, "confirmName": "Ocean" });
    root.mutate("deleteTeam", input, "").await.ok();
    assert_eq!(found("cea").await, 0);
}
