//! The console's menus, held against `domain.md`, "Menus", in a random world.

use crate::support::crowd::{Crowd, Dice};
use crate::support::*;

on_each_database!(everybody_has_the_menus_of_their_account_type_and_permissions);

/// What the viewer is: the account type, and of each team the type, whether it is active, and the role's permissions.
const SELF: &str = "{ viewer { menus user { accountType } memberships(first: 100) { nodes {
    role { permissions } team { type status } } } } }";

/// The menus, in the words of `domain.md`.
fn wanted(viewer: &Value) -> Vec<&'static str> {
    let is_staff = viewer["user"]["accountType"] != "MEMBER";
    let seats = viewer["memberships"]["nodes"].as_array().unwrap();
    let member_of = |team_type: &str| seats.iter().any(|seat| seat["team"]["type"] == team_type);
    let holds = |wanted: &[&str]| {
        seats.iter().any(|seat| {
            let held = seat["role"]["permissions"].as_array().unwrap();
            // "A disabled or expired team gives no permissions to anyone."
            seat["team"]["status"] == "ACTIVE" && wanted.iter().any(|name| held.contains(&json!(name)))
        })
    };
    let rows = [
        ("ACCOUNT", true),
        ("USER_MANAGEMENT", is_staff),
        ("TEAM_MANAGEMENT", is_staff || holds(&["TEAM_MEMBER_MANAGEMENT"])),
        ("SUPERAPP_MANAGEMENT", is_staff || member_of("SUPERAPP")),
        ("MINI_PROGRAM_MANAGEMENT", is_staff || member_of("MINI_PROGRAM")),
        (
            "OPERATIONS_MANAGEMENT",
            is_staff || holds(&["DATA_DASHBOARD", "USER_FEEDBACK", "USER_COMPLAINTS"]),
        ),
        ("PLATFORM_MANAGEMENT", is_staff),
        ("SECURITY_CENTER", is_staff),
    ];
    rows.into_iter()
        .filter(|(_, shown)| *shown)
        .map(|(menu, _)| menu)
        .collect()
}

async fn everybody_has_the_menus_of_their_account_type_and_permissions(world: World) {
    let mut dice = Dice::roll();
    let crowd = Crowd::gather(&world, &mut dice).await;
    for person in crowd.people.iter().filter(|person| !person.is_disabled) {
        let answer = person.actor.ask(SELF).await.ok();
        let viewer = answer.at("viewer");
        assert_eq!(
            viewer["menus"],
            json!(wanted(viewer)),
            "SEED={}: {viewer}",
            dice.seed
        );
    }
}
