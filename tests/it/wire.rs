//! What goes over the wire, beside the data: statuses, content types, the codes of all errors, the other paths.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};

use crate::support::*;

on_each_database!(
    a_document_that_cannot_be_executed_has_a_code,
    a_document_that_asks_for_too_much_has_a_code,
    fragments_that_multiply_are_refused_at_once,
    a_wrong_argument_has_a_code,
    a_request_that_is_none_has_a_code,
    queries_come_by_get_and_mutations_do_not,
    no_secret_comes_by_get,
    the_media_type_of_the_answer_is_the_one_that_was_asked_for,
    a_refused_field_costs_itself_and_not_the_answer,
    other_paths_answer,
    a_third_party_verifies_an_access_token_by_the_jwks,
    introspection_can_be_switched_off,
    each_answer_names_its_request,
);

const MODERN: &str = "application/graphql-response+json";
const LEGACY: &str = "application/json";

/// What came back.
struct Sent {
    status: StatusCode,
    headers: BTreeMap<String, String>,
    text: String,
}

impl Sent {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    /// The codes of the errors; an error without one is `none`.
    #[track_caller]
    fn codes(&self) -> Vec<String> {
        let body = self.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|error| error["extensions"]["code"].as_str().unwrap_or("none").to_owned())
            .collect()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

async fn send(request: reqwest::RequestBuilder) -> Sent {
    let response = request.send().await.expect("the server answers");
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    Sent {
        status: response.status(),
        headers: headers.collect(),
        text: response.text().await.unwrap(),
    }
}

fn request(world: &World, method: Method, path: &str) -> reqwest::RequestBuilder {
    world
        .nobody()
        .client
        .request(method, format!("{}{path}", world.url))
}

fn post(world: &World, body: &Value) -> reqwest::RequestBuilder {
    request(world, Method::POST, "/graphql").json(body)
}

fn get(world: &World, query: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let mut url: reqwest::Url = format!("{}/graphql", world.url).parse().unwrap();
    url.query_pairs_mut().extend_pairs(query);
    world.nobody().client.get(url)
}

/// The first error of this document, as code and message; all have one code, and nothing was executed.
async fn error_of(world: &World, body: &Value) -> (String, String) {
    let sent = send(post(world, body).header("accept", MODERN)).await;
    assert_eq!(sent.status, 400, "{}", sent.text);
    let answer = sent.json();
    assert!(answer.get("data").is_none(), "{answer}");
    let errors = answer["errors"].as_array().unwrap();
    // A client of the old kind learns the same with status 200.
    let legacy = send(post(world, body)).await;
    assert!([200, 400].contains(&legacy.status.as_u16()), "{}", legacy.text);
    assert_eq!(legacy.json(), answer);
    let codes = sent.codes();
    assert!(codes.iter().all(|code| *code == codes[0]), "{answer}");
    (
        codes[0].clone(),
        errors[0]["message"].as_str().unwrap().to_owned(),
    )
}

async fn a_document_that_cannot_be_executed_has_a_code(world: World) {
    // The library's own errors have no code: each kind is here with its text, so that a new version of the library
    // that words one differently is noticed.
    let cases = [
        (
            json!({ "query": "{" }),
            "GRAPHQL_PARSE_FAILED",
            "line 1, column 2: expected selection",
        ),
        (
            json!({ "query": "" }),
            "GRAPHQL_PARSE_FAILED",
            "line 1, column 1: expected",
        ),
        (
            json!({ "query": "{ nothing }" }),
            "GRAPHQL_VALIDATION_FAILED",
            "Unknown field \"nothing\" on type \"Query\".",
        ),
        (
            json!({ "query": "{ registrationSettings }" }),
            "GRAPHQL_VALIDATION_FAILED",
            "Field \"registrationSettings\" of type \"RegistrationSettings\" must have a selection of subfields",
        ),
        (
            json!({ "query": "query($id: ID!) { user(id: $id) { id } team(id: $other) { id } }", "variables": { "id": "x" } }),
            "GRAPHQL_VALIDATION_FAILED",
            "Variable \"$other\" is not defined",
        ),
        (
            json!({ "query": "query a { permissions { permission } } query b { viewer { menus } }", "operationName": "c" }),
            "GRAPHQL_VALIDATION_FAILED",
            "The document has no operation of this name.",
        ),
        (
            json!({ "query": "query a { permissions { permission } } query b { viewer { menus } }" }),
            "GRAPHQL_VALIDATION_FAILED",
            "Operation name required in request.",
        ),
        (
            json!({ "query": "{ presetRoles(teamType: NONE) { id } }" }),
            "GRAPHQL_VALIDATION_FAILED",
            "Invalid value for argument \"teamType\", enumeration type \"TeamType\" does not contain this value",
        ),
    ];
    let mut wrong = Vec::new();
    for (body, code, message) in cases {
        let found = error_of(&world, &body).await;
        if found.0 != code || !found.1.contains(message) {
            wrong.push(format!("{body}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn a_document_that_asks_for_too_much_has_a_code(world: World) {
    let deep = format!(
        "{{ team(id: \"x\") {{ {}name{} }} }}",
        "superappTeam { ".repeat(16),
        " }".repeat(16)
    );
    let deeper = format!(
        "{{ {}{} }}",
        "... { ".repeat(60) + "permissions { permission }",
        " }".repeat(60)
    );
    let wide = "{ users(first: 100) { nodes { memberships(first: 100) { nodes { team { admins { id name } } } } } } }";
    let directives = format!(
        "{{ permissions {} {{ permission }} }}",
        "@include(if: true) ".repeat(21)
    );
    for (query, message) in [
        (deep, "Query is nested too deep."),
        (
            deeper,
            "The recursion depth of the query cannot be greater than `32`",
        ),
        (wide.to_owned(), "Query is too complex."),
        (
            directives,
            "The number of directives on the field `permissions` cannot be greater than `20`",
        ),
    ] {
        let found = error_of(&world, &json!({ "query": query })).await;
        assert_eq!(
            found,
            ("QUERY_TOO_COMPLEX".to_owned(), message.to_owned()),
            "{query}"
        );
    }
}

async fn fragments_that_multiply_are_refused_at_once(world: World) {
    // Each fragment spreads the next one ten times: written out, more fields than there are atoms.
    let fragment = |n: usize, times: usize| {
        let spreads = format!("...F{} ", n + 1).repeat(times);
        format!("fragment F{n} on Query {{ {spreads} }} ")
    };
    let fragments: Vec<String> = (0..30).map(|n| fragment(n, 10)).collect();
    let fragments = fragments.concat();
    let query = format!("{{ ...F0 }} {fragments} fragment F30 on Query {{ __typename }}");
    let found = error_of(&world, &json!({ "query": query })).await;
    assert_eq!(found.0, "QUERY_TOO_COMPLEX", "{found:?}");
    // So is one that hides it below a field.
    let query = query.replacen(
        "{ ...F0 }",
        "query { permissions { permission } ... on Query { ...F3 } }",
        1,
    );
    assert_eq!(
        error_of(&world, &json!({ "query": query })).await.0,
        "QUERY_TOO_COMPLEX"
    );
    // A circle and a long chain are none of this, but too deep.
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    let found = error_of(&world, &json!({ "query": circle })).await;
    assert_eq!(found.0, "QUERY_TOO_COMPLEX", "{found:?}");
    let chain: Vec<String> = (0..5000).map(|n| fragment(n, 1)).collect();
    let chain = chain.concat();
    let query = format!("{{ ...F0 }} {chain} fragment F5000 on Query {{ __typename }}");
    assert_eq!(
        error_of(&world, &json!({ "query": query })).await.0,
        "QUERY_TOO_COMPLEX"
    );
    let many = format!("{{ {} }}", "...A ".repeat(100));
    let fragment = "fragment A on Query { permissions { permission } }";
    world.nobody().ask(&format!("{many} {fragment}")).await.ok();
}

async fn a_wrong_argument_has_a_code(world: World) {
    let root = world.super_admin().await;
    for (document, codes) in [
        ("{ users(first: 101) { nodes { id } } }", ["BAD_USER_INPUT"]),
        ("{ users(first: -1) { nodes { id } } }", ["BAD_USER_INPUT"]),
        (
            "{ users(after: \"nonsense\") { nodes { id } } }",
            ["BAD_USER_INPUT"],
        ),
        (
            "{ users(filter: { teamId: \"nonsense\" }) { nodes { id } } }",
            ["NOT_FOUND"],
        ),
        (
            "{ teams(first: 1, last: 1) { nodes { id } } }",
            ["BAD_USER_INPUT"],
        ),
        (
            "mutation { deleteUser(input: { userId: \"nonsense\" }) { deletedUserId } }",
            ["NOT_FOUND"],
        ),
    ] {
        let answer = root.ask(document).await;
        assert_eq!(answer.codes(), codes, "{document}: {}", answer.body);
        assert_eq!(answer.status, 200);
    }
    // The library looks at the values of variables when it comes to the field.
    for (document, variables) in [
        (
            "query($n: Int) { users(first: $n) { nodes { id } } }",
            json!({ "n": 99_999_999_999_i64 }),
        ),
        (
            "query($n: Int) { users(first: $n) { nodes { id } } }",
            json!({ "n": "one" }),
        ),
        ("query($id: ID!) { user(id: $id) { id } }", json!({})),
        ("query($id: ID!) { user(id: $id) { id } }", json!({ "id": null })),
    ] {
        let answer = root.ask_with(document, variables).await;
        let known = |code: &String| ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code.as_str());
        let codes = answer.codes();
        assert!(
            !codes.is_empty() && codes.iter().all(known),
            "{document}: {}",
            answer.body
        );
    }
}

async fn a_request_that_is_none_has_a_code(world: World) {
    let graphql = |body: &str, content_type: &str| {
        request(&world, Method::POST, "/graphql")
            .header("content-type", content_type)
            .body(body.to_owned())
    };
    let query = r#"{ "query": "{ permissions { permission } }" }"#;
    for (body, content_type, status) in [
        (query, "text/plain", 415),
        (query, "application/x-www-form-urlencoded", 415),
        ("--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 415),
        (query, "", 415),
        ("{", LEGACY, 400),
        ("[1]", LEGACY, 400),
        ("", LEGACY, 400),
        (r#"{ "query": 1 }"#, LEGACY, 400),
        (query, "application/json; charset=utf-8", 200),
        (query, "Application/JSON", 200),
    ] {
        let sent = send(graphql(body, content_type)).await;
        assert_eq!(sent.status, status, "{content_type} {body}: {}", sent.text);
        let codes: &[&str] = if status == 200 { &[] } else { &["BAD_USER_INPUT"] };
        assert_eq!(sent.codes(), codes, "{content_type} {body}: {}", sent.text);
    }
    let large =
        json!({ "query": format!("{{ permissions {{ permission }} }} # {}", "x".repeat(256 * 1024)) });
    let sent = send(post(&world, &large)).await;
    assert_eq!(sent.status, 413);
    assert_eq!(sent.codes(), ["BAD_USER_INPUT"], "{}", sent.text);
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(send(request(&world, method, "/graphql")).await.status, 405);
    }
}

async fn queries_come_by_get_and_mutations_do_not(world: World) {
    let sent = send(get(&world, &[("query", "{ registrationSettings { open } }")])).await;
    assert_eq!(sent.status, 200);
    assert_eq!(
        sent.json(),
        json!({ "data": { "registrationSettings": { "open": true } } })
    );
    let mia = world.member("mia").await;
    let token = mia.token.clone().unwrap();
    let variables = [
        (
            "query",
            "query($type: TeamType!) { presetRoles(teamType: $type) { name } }",
        ),
        ("variables", r#"{ "type": "SUPERAPP" }"#),
    ];
    let sent = send(get(&world, &variables).bearer_auth(&token)).await;
    assert_eq!(sent.json()["data"]["presetRoles"].as_array().unwrap().len(), 6);

    let logout = "mutation { logout { userErrors { code } } }";
    let both = "query a { permissions { permission } } mutation b { logout { userErrors { code } } }";
    for query in [
        &[("query", logout)][..],
        &[("query", both), ("operationName", "b")],
    ] {
        let sent = send(get(&world, query).bearer_auth(&token)).await;
        assert_eq!(sent.status, 405);
        assert_eq!(sent.header("allow"), "POST");
        assert_eq!(sent.codes(), ["BAD_USER_INPUT"]);
    }
    assert!(mia.is_signed_in().await, "a mutation by GET did something");
    let sent = send(get(&world, &[("query", both), ("operationName", "a")])).await;
    assert_eq!((sent.status.as_u16(), sent.codes().len()), (200, 0));
    assert!(sent.json()["data"]["permissions"].is_array(), "{}", sent.text);
    // With neither a query nor a name that tells which one, nothing is done.
    for query in [
        &[][..],
        &[("query", both)],
        &[("query", both), ("operationName", "c")],
    ] {
        let sent = send(get(&world, query).header("accept", MODERN).bearer_auth(&token)).await;
        assert_eq!(
            (sent.status.as_u16(), sent.codes().len()),
            (400, 1),
            "{}",
            sent.text
        );
    }
    assert!(mia.is_signed_in().await);
}

async fn no_secret_comes_by_get(world: World) {
    let long = "a".repeat(43);
    for query in [
        "{ passwordStrength(password: \"Blue-Whale-42\") { score } }".to_owned(),
        "query($p: String = \"Blue-Whale-42\") { s: passwordStrength(password: $p) { score } }".to_owned(),
        "{ ...f } fragment f on Query { ... { passwordStrength(password: \"Blue-Whale-42\") { score } } }"
            .to_owned(),
        format!(
            "{{ permissions {{ permission }} teamRegistration(token: \"{long}\") {{ superappTeamName }} }}"
        ),
    ] {
        let sent = send(get(&world, &[("query", &query)])).await;
        assert_eq!(
            (sent.status.as_u16(), sent.header("allow")),
            (405, "POST"),
            "{query}"
        );
        assert_eq!(sent.codes(), ["BAD_USER_INPUT"]);
        let sent = send(post(&world, &json!({ "query": query }))).await;
        assert_eq!(sent.status, 200, "{}", sent.text);
    }
}

async fn the_media_type_of_the_answer_is_the_one_that_was_asked_for(world: World) {
    let good = json!({ "query": "{ permissions { permission } }" });
    let refused = json!({ "query": "{ users { totalCount } }" });
    let invalid = json!({ "query": "{ nothing }" });
    let unparsed = json!({ "query": "{" });
    for (accept, media_type, statuses) in [
        (MODERN, MODERN, [200, 200, 400, 400]),
        (
            "application/graphql-response+json; charset=utf-8, application/json;q=0.9",
            MODERN,
            [200, 200, 400, 400],
        ),
        (LEGACY, LEGACY, [200, 200, 200, 200]),
        ("*/*", LEGACY, [200, 200, 200, 200]),
    ] {
        for (body, status) in [&good, &refused, &invalid, &unparsed].into_iter().zip(statuses) {
            let sent = send(post(&world, body).header("accept", accept)).await;
            assert_eq!(
                sent.header("content-type"),
                format!("{media_type}; charset=utf-8"),
                "{accept}"
            );
            assert_eq!(sent.status, status, "{accept} {body}: {}", sent.text);
            assert_eq!(sent.header("cache-control"), "no-store");
            // What was not executed has no data; what was has.
            assert_eq!(
                sent.json().get("data").is_some(),
                *body == good || *body == refused,
                "{}",
                sent.text
            );
        }
    }
    // A bad token is 401, whatever is accepted.
    for accept in [MODERN, LEGACY] {
        let sent = send(
            post(&world, &good)
                .header("accept", accept)
                .bearer_auth("nonsense"),
        )
        .await;
        assert_eq!(sent.status, 401);
        assert_eq!(sent.header("content-type"), format!("{accept}; charset=utf-8"));
        assert_eq!(sent.codes(), ["UNAUTHENTICATED"]);
    }
}

async fn a_refused_field_costs_itself_and_not_the_answer(world: World) {
    let superapp = world.superapp_team("alpha").await;
    let bound = world.mini_program_team("beta", &superapp).await;
    let nobody = world.nobody();
    let answer = nobody.ask("query Named { before: registrationSettings { open } users { totalCount } teams { totalCount } after: registrationSettings { open } }").await;
    assert_eq!(answer.codes(), ["UNAUTHENTICATED", "UNAUTHENTICATED"]);
    let open = json!({ "open": true });
    assert_eq!(
        answer.body["data"],
        json!({ "before": open, "users": null, "teams": null, "after": open })
    );
    // Of two mutations the one that is refused is null, and the other is done.
    let answer = bound
        .admin
        .ask("mutation { deleteUser(input: { userId: \"x\" }) { deletedUserId } updateProfile(input: { name: \"Renamed\" }) { user { name } } }")
        .await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(
        answer.body["data"],
        json!({ "deleteUser": null, "updateProfile": { "user": { "name": "Renamed" } } })
    );
    // A field that cannot be null takes the nearest object with it that can be.
    let document = "query($id: ID!) { whole: team(id: $id) { name } part: team(id: $id) { id memberCount } }";
    let answer = bound.admin.ask_with(document, json!({ "id": superapp.id })).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
    assert_eq!(
        answer.body["data"],
        json!({ "whole": { "name": "alpha" }, "part": null })
    );
    assert_eq!(answer.body["errors"][0]["path"], json!(["part", "memberCount"]));
}

async fn other_paths_answer(world: World) {
    let get = async |path: &str| send(request(&world, Method::GET, path)).await;
    let schema = get("/schema.graphql").await;
    assert_eq!(
        (schema.status.as_u16(), schema.text),
        (200, rollcall::graphql::sdl().to_owned())
    );
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(path).await.status, 200, "{path}");
    }
    let landing = get("/").await;
    assert_eq!(landing.status, 200);
    assert!(landing.header("content-type").starts_with("text/html"));
    assert!(landing.text.contains("/schema.graphql"));
    let unknown = get("/nothing").await;
    assert_eq!(unknown.status, 404);
    for sent in [landing, unknown] {
        assert_eq!(sent.header("x-content-type-options"), "nosniff");
        assert_eq!(sent.header("x-frame-options"), "DENY");
        assert!(
            sent.header("content-security-policy")
                .contains("default-src 'none'")
        );
    }
}

async fn a_third_party_verifies_an_access_token_by_the_jwks(world: World) {
    #[derive(serde::Deserialize)]
    struct Claims {
        iss: String,
        sub: String,
        exp: i64,
        iat: i64,
    }

    let mia = world.member("mia").await;
    let token = mia.token.clone().unwrap();
    let jwks = send(request(&world, Method::GET, "/.well-known/jwks.json")).await;
    assert_eq!(jwks.status, 200);
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_str(&jwks.text).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    let key = keys
        .find(&header.kid.unwrap())
        .expect("the key of the token is published");
    let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_issuer(&[&world.url]);
    validation.set_audience(&["rollcall"]);
    let claims = jsonwebtoken::decode::<Claims>(&token, &key, &validation)
        .unwrap()
        .claims;
    assert_eq!(claims.iss, world.url);
    assert_eq!(claims.sub, mia.id);
    assert_eq!(claims.exp - claims.iat, 15 * 60);
    // No private half is published.
    assert!(
        jwks.json()["keys"]
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key.get("d").is_none())
    );
    // A token that somebody else signed does not verify.
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", signature.chars().rev().collect::<String>());
    assert!(jsonwebtoken::decode::<Claims>(&forged, &key, &validation).is_err());
}

async fn introspection_can_be_switched_off(world: World) {
    let closed = World::with(world.store, &["--introspection", "off"]).await;
    for document in [
        "{ __schema { types { name } } }",
        "{ __type(name: \"User\") { fields { name } } }",
    ] {
        let open = world.nobody().ask(document).await.ok();
        assert!(
            !open.body["data"]
                .as_object()
                .unwrap()
                .values()
                .any(Value::is_null)
        );
        let answer = closed.nobody().ask(document).await;
        assert_eq!(answer.codes(), ["GRAPHQL_VALIDATION_FAILED"], "{}", answer.body);
        assert!(
            !answer.raw.contains("fields") && !answer.raw.contains("\"name\""),
            "{}",
            answer.raw
        );
    }
    for (world, status) in [(&world, 200), (&closed, 404)] {
        let schema = send(request(world, Method::GET, "/schema.graphql")).await;
        assert_eq!(schema.status, status);
        let landing = send(request(world, Method::GET, "/")).await;
        assert_eq!(landing.text.contains("/schema.graphql"), status == 200);
    }
    // The names of types are no secret to who knows the schema.
    let answer = closed
        .nobody()
        .ask("{ __typename registrationSettings { __typename open } }")
        .await
        .ok();
    assert_eq!(
        answer.text("registrationSettings.__typename"),
        "RegistrationSettings"
    );
}

async fn each_answer_names_its_request(world: World) {
    let mut seen = std::collections::BTreeSet::new();
    for body in [
        json!({ "query": "{ permissions { permission } }" }),
        json!({ "query": "{" }),
    ] {
        // A client's own id is not taken: it could be anything.
        let sent = send(post(&world, &body).header("x-request-id", "mine")).await;
        let id = sent.header("x-request-id");
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id:?}"
        );
        assert!(seen.insert(id.to_owned()));
    }
    for path in ["/healthz", "/nothing"] {
        let sent = send(request(&world, Method::GET, path)).await;
        assert!(seen.insert(sent.header("x-request-id").to_owned()));
    }
    assert!(!seen.contains(""));
}
