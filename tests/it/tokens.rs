//! Tokens that nobody gave: forged ones, and good ones in the place of others.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rollcall::secret::Keys;
use rollcall::secret::keys::new_secret;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_forged_access_token_is_refused,
    a_token_is_good_for_its_own_use_alone
);

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn a_forged_access_token_is_refused(world: World) {
    let mia = world.member("mia").await;
    let root = world.super_admin().await;
    let token = mia.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (decode(parts[0]), decode(parts[1]), parts[2]);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("EdDSA"), &json!("at+jwt"))
    );
    assert_eq!(claims["aud"], "rollcall");
    let with = |part: &Value, more: Value| {
        let mut part = part.clone();
        part.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        part
    };
    let join = |header: &Value, claims: &Value, signature: &str| {
        format!("{}.{}.{signature}", encode(header), encode(claims))
    };
    let keys = world.app.keys.signing.jwks();
    let public = keys["keys"][0]["x"].as_str().unwrap();
    // Somebody else's key, signed with as ours is, and offered in the header.
    let others = Keys::derive(&new_secret()).unwrap();
    let stranger = {
        let ids = (world.app.keys.signing.verify(&token, world.app.now())).unwrap();
        others
            .signing
            .sign(&world.url, ids.0, ids.1, world.app.now())
            .unwrap()
            .0
    };
    let mut by_public_key = Header::new(Algorithm::HS256);
    by_public_key.typ = Some("at+jwt".to_owned());
    by_public_key.kid = header["kid"].as_str().map(ToOwned::to_owned);
    let secrets = [
        public.as_bytes().to_vec(),
        URL_SAFE_NO_PAD.decode(public).unwrap(),
    ];
    let confused = secrets.map(|secret| {
        jsonwebtoken::encode(&by_public_key, &claims, &EncodingKey::from_secret(&secret)).unwrap()
    });
    let stranger_parts: Vec<&str> = stranger.split('.').collect();
    let jwk = others.signing.jwks()["keys"][0].clone();
    let mut forged = vec![
        join(&with(&header, json!({ "alg": "none" })), &claims, ""),
        join(&with(&header, json!({ "alg": "none" })), &claims, signature),
        join(&with(&header, json!({ "alg": "NONE" })), &claims, ""),
        join(&with(&header, json!({ "alg": "HS256" })), &claims, signature),
        join(&with(&header, json!({ "alg": "ES256" })), &claims, signature),
        join(
            &with(&header, json!({ "kid": "0000000000000000" })),
            &claims,
            signature,
        ),
        join(&with(&header, json!({ "kid": null })), &claims, signature),
        join(&header, &with(&claims, json!({ "sub": root.id })), signature),
        join(&header, &with(&claims, json!({ "exp": i64::MAX })), signature),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        stranger.clone(),
        // Our key's id over a stranger's signature, and a stranger's key in the header.
        format!("{}.{}.{}", parts[0], stranger_parts[1], stranger_parts[2]),
    ];
    for of_its_own in ["jwk", "jku", "x5u"] {
        let more = match of_its_own {
            "jwk" => json!({ "jwk": jwk }),
            name => json!({ name: "https://example.com/keys" }),
        };
        let header = with(&decode(stranger_parts[0]), more);
        forged.push(format!(
            "{}.{}.{}",
            encode(&header),
            stranger_parts[1],
            stranger_parts[2]
        ));
    }
    forged.extend(confused);
    for token in forged {
        let forger = Actor {
            token: Some(token.clone()),
            ..mia.clone()
        };
        assert!(!forger.is_signed_in().await, "{token}");
    }
    assert!(mia.is_signed_in().await);
}

async fn a_token_is_good_for_its_own_use_alone(world: World) {
    let root = world.super_admin().await;
    let input = json!({ "name": "mia", "account": "mia", "accountType": "MEMBER", "generatePassword": true });
    let made = root.mutate("createUser", input, "generatedPassword").await.ok();
    let login = json!({ "login": "mia", "password": made.text("createUser.generatedPassword") });
    let nobody = world.nobody();
    let waits = nobody.mutate("login", login, "challenge").await.ok();
    let login = json!({ "login": "root", "password": PASSWORD });
    let done = nobody
        .mutate("login", login, "deviceToken tokens { accessToken refreshToken }")
        .await
        .ok();
    let access = done.text("login.tokens.accessToken");
    let refresh = done.text("login.tokens.refreshToken");
    let others = [
        refresh.clone(),
        done.text("login.deviceToken"),
        waits.text("login.challenge"),
    ];
    for token in others.clone() {
        let wrong = Actor {
            token: Some(token),
            ..nobody.clone()
        };
        assert!(!wrong.is_signed_in().await);
    }
    for token in others.iter().chain([&access]).filter(|token| **token != refresh) {
        nobody
            .mutate("refreshSession", json!({ "refreshToken": token }), "")
            .await
            .failed(&["INVALID_CREDENTIALS refreshToken"]);
    }
    let changed = format!("{PASSWORD}3");
    for token in [&access, &refresh, &others[1]] {
        let input = json!({ "challenge": token, "newPassword": changed, "newPasswordConfirmation": changed });
        nobody
            .mutate("completeLogin", input, "")
            .await
            .failed(&["INVALID_CREDENTIALS challenge"]);
    }
    // Each is good where it belongs.
    let challenge = &others[2];
    let input = json!({ "challenge": challenge, "newPassword": changed, "newPasswordConfirmation": changed });
    nobody.mutate("completeLogin", input, "step").await.ok();
    nobody
        .mutate(
            "refreshSession",
            json!({ "refreshToken": refresh }),
            "tokens { accessToken }",
        )
        .await
        .ok();
}
