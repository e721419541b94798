//! The fields of an answer come in the order of the query, however long each takes to find.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::support::*;

on_each_database!(
    root_fields_keep_their_order,
    nested_fields_keep_their_order,
    fragments_keep_their_place,
    fields_of_any_node_keep_their_order,
    fields_that_are_left_out_leave_the_others_in_order,
    refused_fields_keep_their_place,
    mutations_keep_their_order,
);

/// The keys of a JSON text, in their order: `a b{c d}`. All items of a list have the same keys, or it says so.
struct Keys(String);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Keys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, Keys(below))) = map.next_entry::<String, Keys>()? {
                    keys.push(key + &below);
                }
                Ok(Keys(format!("{{{}}}", keys.join(" "))))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Keys, A::Error> {
                let mut items: Vec<String> = Vec::new();
                while let Some(Keys(item)) = list.next_element()? {
                    if items.last() != Some(&item) {
                        items.push(item);
                    }
                }
                Ok(Keys(items.join("|")))
            }

            fn visit_unit<E>(self) -> Result<Keys, E> {
                Ok(Keys("=null".to_owned()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Keys, E> {
                Ok(Keys(String::new()))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Keys, E> {
                Ok(Keys(String::new()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Keys, E> {
                Ok(Keys(String::new()))
            }

            fn visit_str<E>(self, _: &str) -> Result<Keys, E> {
                Ok(Keys(String::new()))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

/// The keys below `data`.
#[track_caller]
fn keys(answer: &Answer) -> String {
    let Keys(keys) = serde_json::from_str(&answer.raw).unwrap();
    keys.strip_prefix("{data{")
        .and_then(|keys| {
            keys.split_once("} errors")
                .map(|(keys, _)| keys)
                .or_else(|| keys.strip_suffix("}}"))
        })
        .unwrap_or_else(|| panic!("{}", answer.raw))
        .to_owned()
}

/// Asks some times over: what is slower is not always slower.
async fn ask(actor: &Actor, document: &str, variables: Value) -> String {
    let mut found = Vec::new();
    for _ in 0..5 {
        found.push(keys(&actor.ask_with(document, variables.clone()).await.ok()));
    }
    found.dedup();
    found.join("\n")
}

async fn root_fields_keep_their_order(world: World) {
    let team = world.superapp_team("alpha").await;
    let root = world.super_admin().await;
    let document = "query Named($id: ID!) {
        users { totalCount }
        permissions { permission }
        slow: team(id: $id) { members { totalCount } }
        __typename
        viewer { menus }
        team(id: $id) { id }
        registrationSettings { open }
        teams { totalCount }
        again: permissions { description }
    }";
    assert_eq!(
        ask(&root, document, json!({ "id": team.id })).await,
        "users{totalCount} permissions{permission} slow{members{totalCount}} __typename viewer{menus} team{id} \
         registrationSettings{open} teams{totalCount} again{description}"
    );
}

async fn nested_fields_keep_their_order(world: World) {
    let team = world.superapp_team("alpha").await;
    world.mini_program_team("beta", &team).await;
    team.with(&world, "mia", "Developer").await;
    team.invite("Developer").await;
    let root = world.super_admin().await;
    let document = "query($id: ID!) {
        team(id: $id) {
            memberCount
            id
            miniProgramTeams { nodes { superappTeam { name id } type admins { account id } status } totalCount pageInfo { endCursor hasNextPage } }
            name
            admins { memberships { edges { node { role { name id } team { memberCount name } joinedAt } cursor } } name id }
            createdBy { account id }
            kind: type
            invitations { edges { cursor node { createdBy { name } status role { permissions name } } } nodes { id } }
            members { pageInfo { startCursor } nodes { user { lastLoginAt name } id role { kind } } }
            type
        }
    }";
    assert_eq!(
        ask(&root, document, json!({ "id": team.id })).await,
        "team{memberCount id \
         miniProgramTeams{nodes{superappTeam{name id} type admins{account id} status} totalCount pageInfo{endCursor hasNextPage}} \
         name \
         admins{memberships{edges{node{role{name id} team{memberCount name} joinedAt} cursor}} name id} \
         createdBy{account id} kind \
         invitations{edges{cursor node{createdBy{name} status role{permissions name}}} nodes{id}} \
         members{pageInfo{startCursor} nodes{user{lastLoginAt name} id role{kind}}} \
         type}"
    );
}

async fn fragments_keep_their_place(world: World) {
    let team = world.superapp_team("alpha").await;
    let root = world.super_admin().await;
    let document = "query($id: ID!) {
        team(id: $id) {
            ...Slow
            name
            ... on Team { id admins { id } }
            ... { type }
            memberCount
        }
        ...Root
        team(id: $id) { status }
    }
    fragment Slow on Team { admins { name } members { totalCount } }
    fragment Root on Query { users { nodes { id } } team(id: $id) { createdAt } permissions { permission } }";
    // What is asked for twice stands where it was asked for first.
    assert_eq!(
        ask(&root, document, json!({ "id": team.id })).await,
        "team{admins{name id} members{totalCount} name id type memberCount createdAt status} users{nodes{id}} permissions{permission}"
    );
}

async fn fields_of_any_node_keep_their_order(world: World) {
    let team = world.superapp_team("alpha").await;
    let root = world.super_admin().await;
    let document = "query($team: ID!, $user: ID!) {
        node(id: $team) { ... on Team { memberCount admins { name id } name } id __typename ... on User { account } }
        nodes(ids: [$team, $user]) {
            ... on User { memberships { totalCount nodes { id } } name }
            ... on Team { members { totalCount } type }
            id
        }
    }";
    assert_eq!(
        ask(&root, document, json!({ "team": team.id, "user": team.admin.id })).await,
        "node{memberCount admins{name id} name id __typename} \
         nodes{members{totalCount} type id}|{memberships{totalCount nodes{id}} name id}"
    );
}

async fn fields_that_are_left_out_leave_the_others_in_order(world: World) {
    let team = world.superapp_team("alpha").await;
    let root = world.super_admin().await;
    let document = "query($id: ID!, $yes: Boolean!) {
        users @skip(if: $yes) { totalCount }
        team(id: $id) { memberCount @include(if: $yes) name @skip(if: $yes) admins { id @skip(if: false) name } id }
        permissions @include(if: $yes) { permission }
    }";
    assert_eq!(
        ask(&root, document, json!({ "id": team.id, "yes": true })).await,
        "team{memberCount admins{id name} id} permissions{permission}"
    );
    assert_eq!(
        ask(&root, document, json!({ "id": team.id, "yes": false })).await,
        "users{totalCount} team{name admins{id name} id}"
    );
}

async fn refused_fields_keep_their_place(world: World) {
    let team = world.superapp_team("alpha").await;
    let mia = team.with(&world, "mia", "Developer").await;
    let document = "query($id: ID!) {
        teams { totalCount }
        users { totalCount }
        permissions { permission }
        team(id: $id) { memberCount invitations { totalCount } name admins { account email name } createdBy { id } id }
    }";
    let answer = mia.ask_with(document, json!({ "id": team.id })).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"; 4]);
    assert_eq!(
        keys(&answer),
        "teams{totalCount} users=null permissions{permission} \
         team{memberCount invitations=null name admins{account email=null name} createdBy=null id}"
    );
}

async fn mutations_keep_their_order(world: World) {
    let mia = world.member("mia").await;
    let document = "mutation {
        wrong: joinTeam(input: { code: \"00000000\" }) { membership { id } userErrors { message code } }
        updateProfile(input: { name: \"MiaTwo\" }) { userErrors { code } user { name id } }
        refused: deleteUser(input: { userId: \"x\" }) { deletedUserId }
        last: updateProfile(input: { locale: EN }) { user { locale } }
    }";
    assert_eq!(
        keys(&mia.ask(document).await),
        "wrong{membership=null userErrors{message code}} updateProfile{userErrors user{name id}} refused=null last{user{locale}}"
    );
}
