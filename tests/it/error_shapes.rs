//! The shape of every kind of error, as a snapshot: clients are written against it.

use crate::support::*;

on_each_database!(every_kind_of_error_has_its_shape);

async fn every_kind_of_error_has_its_shape(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let nobody = world.nobody();
    let mail = json!({ "email": "nia@example.com", "purpose": "REGISTER" });
    nobody.mutate("sendVerificationCode", mail.clone(), "").await.ok();
    let deep = format!(
        "{{ viewer {{ user {{ {} id {} }} }} }}",
        "memberships { nodes { user { ".repeat(6),
        "} } }".repeat(6)
    );
    let remove = json!({ "membershipId": "membership_01h455vb4pex5vsknk084sn02q" });
    let mut answers = vec![
        (
            "nobody is signed in",
            nobody.ask("{ teams { totalCount } }").await,
        ),
        ("not for the viewer", mia.ask("{ users { totalCount } }").await),
        (
            "no such object",
            blue.admin.mutate("removeTeamMember", remove, "").await,
        ),
        (
            "the client's mistake",
            mia.ask("{ teams(first: 101) { totalCount } }").await,
        ),
        ("too much at once", mia.ask(&deep).await),
        ("too often", nobody.mutate("sendVerificationCode", mail, "").await),
        ("no GraphQL", mia.ask("{ viewer").await),
        ("not of the schema", mia.ask("{ nothing }").await),
        (
            "what a user can mend",
            nobody
                .mutate("login", json!({ "login": "mia", "password": "x" }), "step")
                .await,
        ),
    ];
    // Our own fault: a table is gone.
    world.execute("ALTER TABLE password_policy RENAME TO gone").await;
    answers.push((
        "our fault",
        nobody
            .ask("{ registrationSettings { passwordPolicy { minimumLength } } }")
            .await,
    ));
    let mut shapes = serde_json::Map::new();
    for (name, mut answer) in answers {
        let errors = answer.body.get_mut("errors").and_then(Value::as_array_mut);
        for error in errors.into_iter().flatten() {
            if error["message"]
                .as_str()
                .unwrap()
                .starts_with("Too many requests.")
            {
                error["message"] = json!("Too many requests. Try again in … seconds.");
            }
            let extensions = error["extensions"].as_object_mut().unwrap();
            for (field, kept) in [
                ("retryAfter", "a number of seconds"),
                ("requestId", "the x-request-id"),
            ] {
                if extensions.contains_key(field) {
                    extensions.insert(field.to_owned(), json!(kept));
                }
            }
        }
        shapes.insert(name.to_owned(), answer.body);
    }
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("error_shapes", Value::Object(shapes));
    });
}
