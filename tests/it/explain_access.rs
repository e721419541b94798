//! Why somebody has a permission, or has not: the explanation and the fact are never two things.

use std::collections::BTreeSet;
use std::fmt::Write;

use rollcall::access::Permission;
use rollcall::entity::team;

use crate::support::crowd::{Crowd, Dice, set_team};
use crate::support::*;

on_each_database!(
    what_is_explained_is_what_is,
    everything_that_is_in_the_way_is_told,
    the_roles_that_would_be_enough_are_told,
    nothing_is_explained_that_is_out_of_sight,
);

const FIELDS: &str = "allowed reason missing explanation permission accountType user { account } team { name } \
    membership { id } role { name } rolesThatGrant { name permissions }";

async fn explain(by: &Actor, user: &str, permission: &str, team: &str) -> Answer {
    let document = format!(
        "query($user: ID!, $team: ID!) {{ explainAccess(userId: $user, permission: {permission}, teamId: $team) {{ {FIELDS} }} }}"
    );
    by.ask_with(&document, json!({ "user": user, "team": team }))
        .await
}

/// For each team and permission, whether the user has it, asked by that very user.
async fn facts(user: &Actor, teams: &[Team]) -> Vec<bool> {
    let mut document = "{ viewer {".to_owned();
    for (place, team) in teams.iter().enumerate() {
        for permission in Permission::ALL {
            let name = permission.name();
            write!(
                document,
                " {name}_{place}: can(permission: {name}, teamId: \"{}\")",
                team.id
            )
            .unwrap();
        }
    }
    let answer = user.ask(&format!("{document} }} }}")).await;
    let all = teams.len() * Permission::ALL.len();
    if answer.status == 401 {
        return vec![false; all];
    }
    let answer = answer.ok();
    let facts = answer.at("viewer").as_object().unwrap();
    assert_eq!(facts.len(), all);
    let fact =
        |place: usize, permission: &Permission| facts[&format!("{}_{place}", permission.name())] == true;
    (0..teams.len())
        .flat_map(|place| Permission::ALL.iter().map(move |permission| (place, permission)))
        .map(|(place, permission)| fact(place, permission))
        .collect()
}

/// The same, as it is explained to somebody else; nothing where the explanation is kept from them.
async fn explanations(by: &Actor, user: &str, teams: &[Team]) -> Vec<Option<Value>> {
    let mut document = "{".to_owned();
    for (place, team) in teams.iter().enumerate() {
        for permission in Permission::ALL {
            let name = permission.name();
            write!(
                document,
                " {name}_{place}: explainAccess(userId: \"{user}\", permission: {name}, teamId: \"{}\") \
                 {{ allowed reason missing explanation role {{ name }} rolesThatGrant {{ name }} }}",
                team.id
            )
            .unwrap();
        }
    }
    let answer = by.ask(&format!("{document} }}")).await;
    assert!(
        answer.codes().iter().all(|code| code == "FORBIDDEN"),
        "{}",
        answer.body
    );
    let explained = answer.body["data"].as_object().unwrap();
    (0..teams.len())
        .flat_map(|place| Permission::ALL.iter().map(move |permission| (place, permission)))
        .map(|(place, permission)| explained[&format!("{}_{place}", permission.name())].clone())
        .map(|explained| Some(explained).filter(Value::is_object))
        .collect()
}

async fn what_is_explained_is_what_is(world: World) {
    let mut dice = Dice::roll();
    let crowd = Crowd::gather(&world, &mut dice).await;
    let seed = dice.seed;
    let (mut reasons, mut granted) = (BTreeSet::new(), 0);
    for person in &crowd.people {
        let facts = facts(&person.actor, &crowd.teams).await;
        let told = explanations(&crowd.root, &person.actor.id, &crowd.teams).await;
        assert_eq!(told.len(), facts.len());
        for (fact, told) in facts.iter().zip(&told) {
            let told = told.as_ref().expect("staff see everything");
            let place = format!("SEED={seed}: {}: {told}", person.actor.account);
            assert_eq!(told["allowed"], json!(fact), "{place}");
            let missing = told["missing"].as_array().unwrap();
            assert_eq!(missing.is_empty(), *fact, "{place}");
            let reason = if *fact {
                &json!("GRANTED_BY_ROLE")
            } else {
                &missing[0]
            };
            assert_eq!(told["reason"], *reason, "{place}");
            // One sentence a reason.
            let sentences = told["explanation"].as_str().unwrap().split_inclusive('.').count();
            assert_eq!(sentences, missing.len().max(1), "{place}");
            if *fact {
                granted += 1;
                let enough = told["rolesThatGrant"].as_array().unwrap();
                assert!(enough.contains(&told["role"]), "{place}");
            }
            reasons.extend(missing.iter().map(|reason| reason.as_str().unwrap().to_owned()));
        }
    }
    // The world was one in which there is something to explain.
    assert!(granted > 0, "SEED={seed}");
    for reason in [
        "STAFF_READ_ONLY",
        "NOT_A_MEMBER",
        "PERMISSION_OF_OTHER_TEAM_TYPE",
        "ROLE_LACKS_PERMISSION",
    ] {
        assert!(reasons.contains(reason), "SEED={seed}: {reason}");
    }
    // The admin of a team is told the same of its members as staff are, and nothing of other teams.
    let admins = crowd
        .people
        .iter()
        .filter(|person| person.account_type == "MEMBER" && !person.is_disabled);
    for admin in admins {
        let answer = admin.actor.ask("{ viewer { memberships(first: 100) { nodes { role { isAdministrator } team { id status } } } } }");
        let answer = answer.await.ok();
        let seats = answer.at("viewer.memberships.nodes").as_array().unwrap().clone();
        let administers = |team: &Team| {
            seats.iter().any(|seat| {
                seat["team"]["id"] == json!(team.id)
                    && seat["team"]["status"] == "ACTIVE"
                    && seat["role"]["isAdministrator"] == true
            })
        };
        if !crowd.teams.iter().any(administers) {
            continue;
        }
        let subject = dice.pick(&crowd.people);
        let to_staff = explanations(&crowd.root, &subject.actor.id, &crowd.teams).await;
        let to_admin = explanations(&admin.actor, &subject.actor.id, &crowd.teams).await;
        for (place, (to_admin, to_staff)) in to_admin.iter().zip(&to_staff).enumerate() {
            let team = &crowd.teams[place / Permission::ALL.len()];
            let case = format!(
                "SEED={seed}: {} asks about {} in {}: {to_admin:?}",
                admin.actor.account, subject.actor.account, team.name
            );
            match (to_admin, to_staff) {
                (Some(_), _) if !administers(team) => panic!("{case}"),
                (Some(told), Some(known)) => {
                    assert_eq!(told["allowed"], known["allowed"], "{case}");
                    assert_eq!(told["role"], known["role"], "{case}");
                    if !told["role"].is_null() {
                        assert_eq!(told, known, "{case}");
                    }
                }
                // Of a member of the team there is always an answer.
                (None, Some(known)) => assert!(!administers(team) || known["role"].is_null(), "{case}"),
                (_, None) => unreachable!("staff see everything"),
            }
        }
    }
}

async fn everything_that_is_in_the_way_is_told(world: World) {
    let blue = world.superapp_team("Blue").await;
    let red = world.mini_program_team("Red", &blue).await;
    let mia = blue.with(&world, "mia", "Developer").await;
    let pam = world.platform_admin("pam").await;
    let root = world.super_admin().await;
    let past = Some(world.app.now() - chrono::TimeDelta::seconds(1));

    let told = explain(&root, &mia.id, "USER_FEEDBACK", &blue.id).await.ok();
    assert_eq!(*told.at("explainAccess.allowed"), true);
    assert_eq!(told.text("explainAccess.reason"), "GRANTED_BY_ROLE");
    assert_eq!(*told.at("explainAccess.missing"), json!([]));
    assert_eq!(
        told.text("explainAccess.explanation"),
        "mia is a member of Blue with the role Developer, which grants USER_FEEDBACK."
    );
    assert_eq!(told.text("explainAccess.role.name"), "Developer");
    assert_eq!(
        told.text("explainAccess.membership.id"),
        blue.membership_of(&mia).await
    );
    assert_eq!(told.text("explainAccess.accountType"), "MEMBER");
    assert_eq!(told.text("explainAccess.user.account"), "mia");
    assert_eq!(told.text("explainAccess.team.name"), "Blue");
    assert_eq!(told.text("explainAccess.permission"), "USER_FEEDBACK");

    let missing = async |user: &Actor, permission: &str, team: &Team| {
        let told = explain(&root, &user.id, permission, &team.id).await.ok();
        assert_eq!(*told.at("explainAccess.allowed"), false, "{}", told.body);
        told.at("explainAccess.missing").clone()
    };
    assert_eq!(
        missing(&mia, "DATA_DASHBOARD", &blue).await,
        json!(["ROLE_LACKS_PERMISSION"])
    );
    assert_eq!(
        missing(&mia, "REALTIME_LOGS", &blue).await,
        json!(["PERMISSION_OF_OTHER_TEAM_TYPE"])
    );
    assert_eq!(
        missing(&mia, "REALTIME_LOGS", &red).await,
        json!(["NOT_A_MEMBER"])
    );
    assert_eq!(
        missing(&pam, "USER_FEEDBACK", &blue).await,
        json!(["STAFF_READ_ONLY"])
    );
    set_team(&world, &blue.id, team::Column::DisabledAt, past).await;
    set_team(&world, &red.id, team::Column::ExpiresAt, past).await;
    assert_eq!(
        missing(&mia, "USER_FEEDBACK", &blue).await,
        json!(["TEAM_DISABLED"])
    );
    assert_eq!(
        missing(&mia, "DATA_DASHBOARD", &blue).await,
        json!(["ROLE_LACKS_PERMISSION", "TEAM_DISABLED"])
    );
    assert_eq!(
        missing(&mia, "USER_FEEDBACK", &red).await,
        json!(["NOT_A_MEMBER", "TEAM_EXPIRED"])
    );
    set_team(&world, &red.id, team::Column::DisabledAt, past).await;
    let input = json!({ "userId": mia.id });
    root.mutate("disableUser", input, "").await.ok();
    // Disabled counts for more than expired, as it does in the team's status.
    assert_eq!(
        missing(&mia, "SUPERAPP_INTEGRATION", &red).await,
        json!([
            "USER_DISABLED",
            "NOT_A_MEMBER",
            "PERMISSION_OF_OTHER_TEAM_TYPE",
            "TEAM_DISABLED"
        ])
    );
    let told = explain(&root, &mia.id, "DATA_DASHBOARD", &blue.id).await.ok();
    assert_eq!(told.text("explainAccess.reason"), "USER_DISABLED");
    assert_eq!(
        told.text("explainAccess.explanation"),
        "mia is disabled and cannot sign in. mia holds the role Developer in Blue, which does not grant \
         DATA_DASHBOARD. Blue is disabled, and gives no permissions until it is enabled."
    );
}

async fn the_roles_that_would_be_enough_are_told(world: World) {
    let blue = world.superapp_team("Blue").await;
    let mia = blue.with(&world, "mia", "Reviewer").await;
    let root = world.super_admin().await;
    for asker in [&root, &blue.admin] {
        let told = explain(asker, &mia.id, "USER_FEEDBACK", &blue.id).await.ok();
        assert_eq!(
            told.texts("explainAccess.rolesThatGrant.*.name"),
            ["Administrator", "Senior developer", "Developer", "Operator"]
        );
        let told = explain(asker, &mia.id, "MINI_PROGRAM_RELEASE", &blue.id)
            .await
            .ok();
        assert_eq!(*told.at("explainAccess.rolesThatGrant"), json!([]));
    }
}

async fn nothing_is_explained_that_is_out_of_sight(world: World) {
    let blue = world.superapp_team("Blue").await;
    let bound = world.mini_program_team("Bound", &blue).await;
    let other = world.superapp_team("Other").await;
    let mia = blue.with(&world, "mia", "Member manager").await;
    let nia = bound.with(&world, "nia", "Developer").await;
    let zoe = other.with(&world, "zoe", "Developer").await;
    let pam = world.platform_admin("pam").await;
    let past = Some(world.app.now() - chrono::TimeDelta::seconds(1));

    let nothing = async |by: &Actor, user: &str, team: &str| {
        let answer = explain(by, user, "USER_FEEDBACK", team).await.ok();
        assert!(answer.at("explainAccess").is_null(), "{}", answer.body);
    };
    // Users and teams that a team's admin does not see are as good as not there.
    let unknown = "user_01h455vb4pex5vsknk084sn02q";
    for user in [&zoe.id, &pam.id, &nia.id, unknown, "nonsense"] {
        nothing(&blue.admin, user, &blue.id).await;
    }
    for team in [&other.id, "team_01h455vb4pex5vsknk084sn02q", "nonsense"] {
        nothing(&blue.admin, &mia.id, team).await;
    }
    nothing(&pam, unknown, &blue.id).await;
    // A bound team is in sight, and its roles are not; its admins are people in sight.
    explain(&blue.admin, &bound.admin.id, "USER_FEEDBACK", &bound.id)
        .await
        .refused("FORBIDDEN");
    let told = explain(&blue.admin, &bound.admin.id, "USER_FEEDBACK", &blue.id)
        .await
        .ok();
    assert_eq!(*told.at("explainAccess.missing"), json!(["NOT_A_MEMBER"]));
    explain(&bound.admin, &nia.id, "USER_FEEDBACK", &blue.id)
        .await
        .refused("FORBIDDEN");
    // It is for admins: not for who manages members, nor for somebody about themselves.
    for (by, about) in [(&mia, &mia), (&mia, &blue.admin), (&zoe, &zoe)] {
        let answer = explain(by, &about.id, "USER_FEEDBACK", &blue.id).await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
    }
    explain(&world.nobody(), &mia.id, "USER_FEEDBACK", &blue.id)
        .await
        .refused("UNAUTHENTICATED");

    // An admin learns that a member of theirs is disabled, as it decides, and of others not even that.
    bound.with(&world, "kia", "Administrator").await;
    let disable = async |id: &str| {
        let input = json!({ "userId": id });
        pam.mutate("disableUser", input, "").await.ok();
    };
    disable(&bound.admin.id).await;
    let told = explain(&blue.admin, &bound.admin.id, "USER_FEEDBACK", &blue.id)
        .await
        .ok();
    assert_eq!(*told.at("explainAccess.missing"), json!(["NOT_A_MEMBER"]));
    let told = explain(&pam, &bound.admin.id, "USER_FEEDBACK", &blue.id)
        .await
        .ok();
    assert_eq!(
        *told.at("explainAccess.missing"),
        json!(["USER_DISABLED", "NOT_A_MEMBER"])
    );
    disable(&mia.id).await;
    let told = explain(&blue.admin, &mia.id, "TEAM_MEMBER_MANAGEMENT", &blue.id)
        .await
        .ok();
    assert_eq!(*told.at("explainAccess.missing"), json!(["USER_DISABLED"]));
    // An admin is one while the team is active.
    set_team(&world, &blue.id, team::Column::DisabledAt, past).await;
    explain(&blue.admin, &mia.id, "USER_FEEDBACK", &blue.id)
        .await
        .refused("FORBIDDEN");
}
