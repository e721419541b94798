//! What an answer looks like when a part of it failed: the rest is there, and everything is in its place.

use crate::support::*;

on_each_database!(
    a_refused_field_is_null_in_its_place,
    a_failed_field_that_cannot_be_null_takes_its_object_with_it,
    a_refused_root_field_is_null_beside_the_others,
);

/// The answer's data as it came, byte for byte: its order counts.
#[track_caller]
fn data(answer: &Answer) -> String {
    let start = answer.raw.find("\"data\":").expect("there is data") + "\"data\":".len();
    let end = answer.raw.find(",\"errors\":").unwrap_or(answer.raw.len() - 1);
    let (data, end) = (&answer.raw[start..], end - start.min(end));
    data[..end].trim_end_matches(",\"extensions\":{}").to_owned()
}

async fn a_refused_field_is_null_in_its_place(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let document = "query($id: ID!) {
        user(id: $id) { account status first: email name ...More memberships { nodes { id } } }
    }
    fragment More on User { locale again: account }";
    let answer = mia.ask_with(document, json!({ "id": blue.admin.id })).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"; 4]);
    assert_eq!(
        data(&answer),
        r#"{"user":{"account":"Blue-admin","status":null,"first":null,"name":"Blue-admin","locale":null,"again":"Blue-admin","memberships":null}}"#
    );
    // All of an object's fields refused leave an object of nulls, through an interface too.
    let answer = mia.ask_with(
        "query($id: ID!) { node(id: $id) { ... on User { status email } } }",
        json!({ "id": blue.admin.id }),
    );
    assert_eq!(data(&answer.await), r#"{"node":{"status":null,"email":null}}"#);
    // In a list each item keeps its own.
    let document = "query($id: ID!) { team(id: $id) { members { nodes { user { email account } } } } }";
    let answer = mia.ask_with(document, json!({ "id": blue.id })).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(
        data(&answer),
        r#"{"team":{"members":{"nodes":[{"user":{"email":null,"account":"Blue-admin"}},{"user":{"email":null,"account":"mia"}}]}}}"#
    );
}

async fn a_failed_field_that_cannot_be_null_takes_its_object_with_it(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    // A mini program team's member does not see how many members the superapp team has.
    let document = "query($id: ID!) { team(id: $id) { name superappTeam { name memberCount } memberCount } }";
    let answer = red.admin.ask_with(document, json!({ "id": red.id })).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(
        data(&answer),
        r#"{"team":{"name":"Red","superappTeam":null,"memberCount":1}}"#
    );
    let answer = red
        .admin
        .ask_with(
            "query($id: ID!) { team(id: $id) { memberCount } }",
            json!({ "id": blue.id }),
        )
        .await;
    assert_eq!(data(&answer), r#"{"team":null}"#);
}

async fn a_refused_root_field_is_null_beside_the_others(world: World) {
    let mia = world.member("mia").await;
    let answer = mia
        .ask("{ users { nodes { id } } viewer { user { account } } more: users { totalCount } }")
        .await;
    assert_eq!(answer.codes(), ["FORBIDDEN", "FORBIDDEN"]);
    assert_eq!(answer.status, 200);
    assert_eq!(
        data(&answer),
        r#"{"users":null,"viewer":{"user":{"account":"mia"}},"more":null}"#
    );
    let answer = world.nobody().ask("{ users { nodes { id } } }").await;
    assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(data(&answer), r#"{"users":null}"#);
    // A mutation that must answer something and cannot leaves no data at all.
    let answer = world.nobody().ask("mutation { sendVerificationCode(input: { email: \"a@b.de\", purpose: BIND_EMAIL }) { resendAfter } }").await;
    assert_eq!(answer.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(data(&answer), "null");
}
