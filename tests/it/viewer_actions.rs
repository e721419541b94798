//! What is listed for the viewer is what works: an action stands in `viewerActions` exactly when its mutation is not
//! refused.

use std::collections::BTreeSet;

use async_graphql::resolver_utils::EnumType;
use rollcall::access::viewer_actions::UserAction;

use crate::support::actor::PASSWORD;
use crate::support::crowd::{Crowd, Dice, Person, session};
use crate::support::*;

on_each_database!(
    a_user_action_is_listed_exactly_when_it_is_not_refused,
    what_one_may_do_to_users_by_rank,
    listed_actions_cost_no_query,
);

/// How many pairs of viewer and object are tried.
const PAIRS: usize = 30;

/// Whether the answer says "never for this pair".
fn is_refusal(answer: &Answer) -> bool {
    let codes = answer.codes();
    for code in &codes {
        assert!(
            ["FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"].contains(&code.as_str()),
            "{}",
            answer.body
        );
    }
    // `REQUIRED` without a field: an email that is kept for ever.
    let never = |error: &String| error.starts_with("USE_OWN_ACCOUNT") || error == "REQUIRED";
    !codes.is_empty() || answer.user_errors().iter().any(never)
}

/// The mutations that do the action to the user, in a way that changes as little as can be.
fn attempts(action: UserAction, by: &Person, target: &Person, session: &str) -> Vec<(&'static str, Value)> {
    let id = &target.actor.id;
    let own = by.actor.id == *id;
    let of_user = || json!({ "userId": id });
    let mut attempts = match action {
        UserAction::EditName => vec![(
            "updateUser",
            json!({ "userId": id, "name": target.actor.account }),
        )],
        // To each other type: one that can be had is enough.
        UserAction::EditAccountType => ["SUPER_ADMIN", "PLATFORM_ADMIN", "MEMBER"]
            .into_iter()
            .filter(|account_type| *account_type != target.account_type)
            .map(|account_type| {
                (
                    "updateUser",
                    json!({ "userId": id, "accountType": account_type, "preview": true }),
                )
            })
            .collect(),
        UserAction::EditEmail => {
            vec![(
                "updateUser",
                json!({ "userId": id, "email": "some@example.com", "preview": true }),
            )]
        }
        // Without a password: that is asked for after the right.
        UserAction::ResetPassword => vec![("resetUserPassword", of_user())],
        UserAction::UnbindEmail => vec![("unbindUserEmail", of_user())],
        UserAction::Unlock => vec![("unlockUser", of_user())],
        UserAction::Disable => vec![("disableUser", json!({ "userId": id, "preview": true }))],
        UserAction::Enable => vec![("enableUser", of_user())],
        UserAction::Delete => vec![("deleteUser", json!({ "userId": id, "preview": true }))],
        UserAction::EndSessions => vec![("revokeSession", json!({ "sessionId": session }))],
        // There is no such mutation yet.
        UserAction::UnbindTotp => Vec::new(),
    };
    if own {
        attempts.extend(match action {
            UserAction::EditName => Some(("updateProfile", json!({ "name": target.actor.account }))),
            UserAction::EditEmail => Some((
                "bindEmail",
                json!({ "email": "no address", "verificationCode": "000000", "password": "Not-This-One-7" }),
            )),
            UserAction::UnbindEmail => Some(("unbindEmail", json!({ "password": "" }))),
            _ => None,
        });
    }
    attempts
}

fn name(action: UserAction) -> String {
    let item = UserAction::items().iter().find(|item| item.value == action);
    item.unwrap().name.to_owned()
}

async fn listed(by: &Actor, id: &str) -> BTreeSet<String> {
    let document = "query($id: ID!) { user(id: $id) { viewerActions } }";
    let answer = by.ask_with(document, json!({ "id": id })).await.ok();
    let actions = answer.at("user");
    if actions.is_null() {
        return BTreeSet::new();
    }
    let actions: Vec<String> = serde_json::from_value(actions["viewerActions"].clone()).unwrap();
    let set: BTreeSet<String> = actions.iter().cloned().collect();
    assert_eq!(set.len(), actions.len(), "none is listed twice");
    set
}

async fn a_user_action_is_listed_exactly_when_it_is_not_refused(world: World) {
    let mut dice = Dice::roll();
    let crowd = Crowd::gather(&world, &mut dice).await;
    let seed = dice.seed;
    let viewers: Vec<&Person> = crowd.people.iter().filter(|person| !person.is_disabled).collect();
    let mut pairs: Vec<(&Person, &Person)> = Vec::new();
    // Everybody about themselves, and then whoever about whomever.
    pairs.extend(viewers.iter().map(|viewer| (*viewer, *viewer)));
    while pairs.len() < PAIRS {
        pairs.push((*dice.pick(&viewers), dice.pick(&crowd.people)));
    }
    let (mut open, mut shut) = (0, 0);
    for (by, target) in pairs {
        let listed = listed(&by.actor, &target.actor.id).await;
        let (session, _) = session(&world, &target.actor.id).await;
        for action in UserAction::ALL {
            let mut refused = true;
            for (field, input) in attempts(action, by, target, &session) {
                let answer = by.actor.mutate(field, input, "").await;
                refused &= is_refusal(&answer);
            }
            let action = name(action);
            assert_eq!(
                listed.contains(&action),
                !refused,
                "SEED={seed}: {action}: {} {} on {} {}; listed are {listed:?}",
                by.account_type,
                by.actor.account,
                target.account_type,
                target.actor.account,
            );
            if refused { shut += 1 } else { open += 1 }
        }
        // One who is disabled has no session; where it was not ended, it ends now.
        let input = json!({ "sessionId": session });
        crowd.root.mutate("revokeSession", input, "").await;
    }
    assert!(open > 20 && shut > 20, "SEED={seed}: {open} {shut}");
}

async fn what_one_may_do_to_users_by_rank(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let nia = world.registered("nia", None).await;
    let pam = world.platform_admin("pam").await;
    let pia = world.platform_admin("pia").await;
    let root = world.super_admin().await;
    let all = "DELETE DISABLE EDIT_ACCOUNT_TYPE EDIT_EMAIL EDIT_NAME ENABLE END_SESSIONS RESET_PASSWORD UNBIND_EMAIL UNLOCK";
    let own = "EDIT_EMAIL EDIT_NAME END_SESSIONS UNBIND_EMAIL";
    let but_its_type = all.replace("EDIT_ACCOUNT_TYPE ", "");
    let cases = [
        (&root, &root, own),
        (&root, &pam, all),
        (&root, &mia, all),
        (&pam, &root, ""),
        (&pam, &pam, own),
        (&pam, &pia, ""),
        (&pam, &mia, but_its_type.as_str()),
        (&mia, &mia, own),
        // Who registered with an email keeps one.
        (&nia, &nia, "EDIT_EMAIL EDIT_NAME END_SESSIONS"),
        (&root, &nia, all),
        (&mia, &blue.admin, ""),
        (&blue.admin, &mia, ""),
    ];
    for (by, of, wanted) in cases {
        let found = listed(by, &of.id).await;
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found.join(" "), wanted, "{} on {}", by.account, of.account);
    }
    // Who logs in is told what they may do as who they are from now on.
    let input = json!({ "login": "nia", "password": PASSWORD });
    let answer = world
        .nobody()
        .mutate("login", input, "user { viewerActions }")
        .await
        .ok();
    assert_eq!(
        *answer.at("login.user.viewerActions"),
        json!(["EDIT_NAME", "EDIT_EMAIL", "END_SESSIONS"])
    );
}

async fn listed_actions_cost_no_query(world: World) {
    let blue = world.superapp_team("Blue").await;
    for account in ["mia", "nia", "lia"] {
        blue.with(&world, account, "Developer").await;
    }
    let root = world.super_admin().await;
    let asked = root.ask("{ users { nodes { viewerActions } } }");
    assert_eq!(world.statements_of(asked).await.len(), 2);
}
