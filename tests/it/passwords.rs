//! Passwords as people have them: long ones, in any script, taken as they are typed.

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_long_password_in_any_script_is_taken_as_it_is_typed,
    every_password_is_stored_by_argon2id,
);

async fn log_in(world: &World, password: &str) -> Answer {
    let input = json!({ "login": "mia", "password": password });
    world.nobody().mutate("login", input, "step").await
}

async fn a_long_password_in_any_script_is_taken_as_it_is_typed(world: World) {
    let mut mia = world.registered("mia", None).await;
    let mut current = PASSWORD.to_owned();
    let longest = format!("Ab1{}", "-correct horse battery staple".repeat(5))[..128].to_owned();
    for password in [
        "a Quiet Morning on the 4th floor, with tea and two slices of bread".to_owned(),
        "  Blanks around 42, and a	tab  ".to_owned(),
        "正确的马电池订书钉 Aa1 ñandú Ωμέγα 🐴🔋".to_owned(),
        "\u{200b}Zero-width-7\u{200b}".to_owned(),
        longest.clone(),
    ] {
        let input = json!({
            "currentPassword": current, "newPassword": password, "newPasswordConfirmation": password,
        });
        mia.mutate("changePassword", input, "").await.ok();
        log_in(&world, &password).await.ok();
        // Nothing of it is cut off, folded or trimmed.
        let shorter: String = password.chars().take(password.chars().count() - 1).collect();
        for other in [shorter, password.to_lowercase(), password.trim().to_owned()] {
            if other != password {
                log_in(&world, &other).await.failed(&["INVALID_CREDENTIALS"]);
            }
        }
        // A right one forgets the wrong ones.
        let input = json!({ "login": "mia", "password": password });
        let answer = world
            .nobody()
            .mutate("login", input, "tokens { accessToken refreshToken }")
            .await
            .ok();
        mia = mia.with_tokens(&answer, "login.tokens");
        current = password;
    }
    assert_eq!(longest.len(), 128);
    // One keyboard writes é as one character, another as two: both are the same password.
    let composed = "Café-au-lait-42";
    let input = json!({
        "currentPassword": current, "newPassword": composed, "newPasswordConfirmation": composed,
    });
    mia.mutate("changePassword", input, "").await.ok();
    log_in(&world, "Cafe\u{301}-au-lait-42").await.ok();
    log_in(&world, "Cafe-au-lait-42")
        .await
        .failed(&["INVALID_CREDENTIALS"]);
}

/// With the first of the parameters that OWASP's Password Storage Cheat Sheet advises.
async fn every_password_is_stored_by_argon2id(world: World) {
    let mia = world.registered("mia", None).await;
    world.member("nia").await;
    let input = json!({
        "currentPassword": PASSWORD, "newPassword": "Pink-Finch-42", "newPasswordConfirmation": "Pink-Finch-42",
    });
    mia.mutate("changePassword", input, "").await.ok();
    let hashes =
        "SELECT password_hash AS hash FROM credential UNION ALL SELECT password_hash FROM password_history";
    let rows = world.rows(hashes).await;
    // The super admin's, and two of each of the others.
    assert_eq!(rows.len(), 5);
    let mut salts = std::collections::BTreeSet::new();
    for row in &rows {
        let hash = row["hash"].as_str().unwrap();
        let rest = hash.strip_prefix("$argon2id$v=19$m=19456,t=2,p=1$").expect(hash);
        let (salt, hash) = rest.split_once('$').unwrap();
        // 16 and 32 bytes, in base 64.
        assert_eq!((salt.len(), hash.len()), (22, 43));
        salts.insert(salt);
    }
    assert_eq!(salts.len(), 5, "each has a salt of its own");
}

#[test]
fn nothing_is_asked_for_or_shown_that_hints_at_a_password() {
    let schema = rollcall::graphql::sdl().to_lowercase();
    let names = schema
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with(['"', '#']) && line.contains(':'))
        .filter_map(|line| line.split([':', '(']).next());
    let mut seen = 0;
    for name in names {
        for hint in ["hint", "question", "reminder", "securityanswer"] {
            assert!(!name.contains(hint), "{name}");
        }
        seen += usize::from(name.contains("password"));
    }
    assert!(seen > 10, "the schema is read: {seen}");
}
