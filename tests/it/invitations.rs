//! Invitations: codes that bring one user into one team with one role.

use chrono::TimeDelta;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    a_code_brings_one_user_into_the_team_with_the_role,
    a_code_is_shown_once_and_stored_as_a_keyed_hash,
    a_code_is_mailed_when_asked_for,
    no_code_makes_an_administrator,
    who_does_not_manage_members_invites_nobody,
    a_code_expires_after_24_hours,
    a_revoked_code_is_void,
    every_bad_code_is_the_same_error,
    a_member_of_the_team_keeps_the_code_for_another,
    staff_cannot_join,
    an_invitation_code_registers_straight_into_the_team,
    a_bad_invitation_code_fails_the_whole_registration,
    a_code_is_void_when_its_issuer_may_not_issue_it_any_more,
    ten_wrong_codes_lock_out_of_joining_for_an_hour,
    the_lock_lasts_an_hour_from_the_tenth_wrong_code,
    right_codes_do_not_count,
    a_team_has_at_most_200_live_invitations,
    a_team_mails_at_most_50_invitations_a_day,
    invitations_are_listed_by_status,
);

const JOINED: &str = "membership { id role { name } team { name } }";

async fn create(by: &Actor, team: &Team, role: &str, email: Option<&str>) -> Answer {
    let input = json!({ "teamId": team.id, "roleId": team.role(role), "email": email });
    by.mutate(
        "createInvitation",
        input,
        "code invitation { id status createdAt expiresAt role { name } team { name } createdBy { account } usedBy { account } }",
    )
    .await
}

async fn revoke(by: &Actor, id: &str) -> Answer {
    by.mutate(
        "revokeInvitation",
        json!({ "invitationId": id }),
        "invitation { status }",
    )
    .await
}

async fn join(by: &Actor, code: &str) -> Answer {
    by.mutate("joinTeam", json!({ "code": code }), JOINED).await
}

/// A code of 8 digits that is not this one.
fn other_than(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:08}", (number + 1) % 100_000_000)
}

async fn status_of(team: &Team, id: &str) -> String {
    let query = format!("{{ node(id: \"{id}\") {{ ... on Invitation {{ status }} }} }}");
    team.admin.ask(&query).await.ok().text("node.status")
}

async fn log_in(world: &World, account: &str) -> Actor {
    Actor::log_in(world, account, &format!("{PASSWORD}2")).await
}

async fn a_code_brings_one_user_into_the_team_with_the_role(world: World) {
    let team = world.superapp_team("Blue").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let mia = world.registered("mia", None).await;
    let ben = world.member("ben").await;
    let made = create(&mara, &team, "Operator", None).await.ok();
    let invitation = made.at("createInvitation.invitation");
    assert_eq!(invitation["status"], "ACTIVE");
    assert_eq!(invitation["role"]["name"], "Operator");
    assert_eq!(invitation["team"]["name"], "Blue");
    assert_eq!(invitation["createdBy"]["account"], "mara");
    assert_eq!(invitation["usedBy"], Value::Null);
    let code = made.text("createInvitation.code");
    assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()));
    // People type blanks around it.
    let joined = join(&mia, &format!(" {code}\n")).await.ok();
    assert_eq!(joined.text("joinTeam.membership.role.name"), "Operator");
    assert_eq!(joined.text("joinTeam.membership.team.name"), "Blue");
    assert_eq!(
        mia.menus().await,
        ["ACCOUNT", "SUPERAPP_MANAGEMENT", "OPERATIONS_MANAGEMENT"]
    );
    let letter = world.mail.to("mia@example.com").await;
    assert_eq!(letter.subject, "You are now a member of a team");
    assert!(letter.text.contains("Blue") && letter.text.contains("Operator"));
    let again = world.unchanged_by(join(&ben, &code)).await;
    again.failed(&["INVALID_INVITATION code"]);
    let query = format!(
        "{{ node(id: \"{}\") {{ ... on Invitation {{ status usedBy {{ account }} }} }} }}",
        made.text("createInvitation.invitation.id")
    );
    let used = team.admin.ask(&query).await.ok();
    assert_eq!(used.text("node.status"), "USED");
    assert_eq!(used.text("node.usedBy.account"), "mia");
}

async fn a_code_is_shown_once_and_stored_as_a_keyed_hash(world: World) {
    use sha2::{Digest, Sha256};

    let team = world.superapp_team("Blue").await;
    let made = create(&team.admin, &team, "Developer", Some("guest@example.com"))
        .await
        .ok();
    let code = made.text("createInvitation.code");
    assert_eq!(made.raw.matches(&code).count(), 1);
    let rows = world.rows("SELECT code_hash FROM invitation").await;
    let hash = rows[0]["code_hash"].as_str().unwrap().to_owned();
    // Whoever has the database alone cannot try the hundred million codes.
    let plain = Sha256::digest(code.as_bytes());
    let plain = rollcall::secret::keys::hex(&plain);
    assert!(hash.len() >= 32 && hash != plain && !hash.contains(&code));
    for table in ["invitation", "audit_event", "audit_personal", "letter", "counter"] {
        for row in world.rows(&format!("SELECT * FROM {table}")).await {
            assert!(!row.to_string().contains(&code), "{table}: {row}");
        }
    }
    // Once used, nothing of it is left.
    let mia = world.member("mia").await;
    join(&mia, &code).await.ok();
    let left = world.count("SELECT COUNT(code_hash) AS n FROM invitation").await;
    assert_eq!(left, 0);
}

async fn a_code_is_mailed_when_asked_for(world: World) {
    let team = world.superapp_team("Blue").await;
    let bad = world
        .unchanged_by(create(&team.admin, &team, "Developer", Some("nowhere")))
        .await;
    bad.failed(&["INVALID email"]);
    let made = create(&team.admin, &team, "Developer", Some("guest@example.com"))
        .await
        .ok();
    let letter = world.mail.to("guest@example.com").await;
    assert_eq!(letter.subject, "You are invited to a team");
    assert!(letter.text.contains("Blue") && letter.text.contains("Developer"));
    assert_eq!(letter.code(8), made.text("createInvitation.code"));
    // Without an address nobody gets a letter.
    create(&team.admin, &team, "Developer", None).await.ok();
    world.all_letters_arrive().await;
    assert_eq!(world.mail.all().len(), 1);
}

async fn no_code_makes_an_administrator(world: World) {
    let team = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let refused = world
        .unchanged_by(create(&team.admin, &team, "Administrator", Some("nowhere")))
        .await;
    refused.failed(&["INVALID email", "INVALID roleId"]);
    for role in [
        mini.role("Developer"),
        "role_01h455vb4pex5vsknk084sn02q".into(),
        "nonsense".into(),
    ] {
        let input = json!({ "teamId": team.id, "roleId": role });
        let refused = world
            .unchanged_by(team.admin.mutate("createInvitation", input, "code"))
            .await;
        refused.refused("NOT_FOUND");
    }
}

async fn who_does_not_manage_members_invites_nobody(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    let mini = world.mini_program_team("Mini", &team).await;
    let dan = team.with(&world, "dan", "Senior developer").await;
    let mia = world.member("mia").await;
    let made = create(&team.admin, &team, "Developer", None).await.ok();
    let id = made.text("createInvitation.invitation.id");
    let list = format!(
        "{{ team(id: \"{}\") {{ invitations {{ nodes {{ id }} }} }} }}",
        team.id
    );
    for (who, code) in [
        (&world.nobody(), "UNAUTHENTICATED"),
        (&world.super_admin().await, "FORBIDDEN"),
        (&world.platform_admin("pia").await, "FORBIDDEN"),
        (&mia, "FORBIDDEN"),
        (&dan, "FORBIDDEN"),
        (&mini.admin, "FORBIDDEN"),
        (&other.admin, "NOT_FOUND"),
    ] {
        world
            .unchanged_by(create(who, &team, "Developer", None))
            .await
            .refused(code);
        // Of a bound team's invitations nobody outside knows.
        let code = if who.id == mini.admin.id {
            "NOT_FOUND"
        } else {
            code
        };
        world.unchanged_by(revoke(who, &id)).await.refused(code);
    }
    for who in [&dan, &mini.admin] {
        assert_eq!(who.ask(&list).await.codes(), ["FORBIDDEN"]);
        let node = who.ask(&format!("{{ node(id: \"{id}\") {{ id }} }}")).await.ok();
        assert!(node.at("node").is_null());
    }
    let read = world.super_admin().await.ask(&list).await.ok();
    assert_eq!(read.texts("team.invitations.nodes.*.id"), [id]);
}

async fn a_code_expires_after_24_hours(world: World) {
    let team = world.superapp_team("Blue").await;
    world.member("mia").await;
    world.member("ben").await;
    let made = create(&team.admin, &team, "Developer", None).await.ok();
    let second = team.invite("Developer").await;
    let time = |field: &str| {
        let text = made.text(&format!("createInvitation.invitation.{field}"));
        text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    };
    assert_eq!(time("expiresAt") - time("createdAt"), TimeDelta::hours(24));
    world.pass(TimeDelta::hours(24) - TimeDelta::minutes(2));
    let (mia, ben) = (log_in(&world, "mia").await, log_in(&world, "ben").await);
    join(&mia, &made.text("createInvitation.code")).await.ok();
    world.pass(TimeDelta::minutes(2));
    let late = world.unchanged_by(join(&ben, &second)).await;
    late.failed(&["INVALID_INVITATION code"]);
}

async fn a_revoked_code_is_void(world: World) {
    let team = world.superapp_team("Blue").await;
    let mara = team.with(&world, "mara", "Member manager").await;
    let (mia, ben) = (world.member("mia").await, world.member("ben").await);
    let made = create(&team.admin, &team, "Developer", None).await.ok();
    let id = made.text("createInvitation.invitation.id");
    // Not by its issuer alone.
    let answer = revoke(&mara, &id).await.ok();
    assert_eq!(answer.text("revokeInvitation.invitation.status"), "REVOKED");
    let void = world
        .unchanged_by(join(&mia, &made.text("createInvitation.code")))
        .await;
    void.failed(&["INVALID_INVITATION code"]);
    world.unchanged_by(revoke(&mara, &id)).await.ok();
    // One that was used stays used.
    let used = create(&team.admin, &team, "Developer", None).await.ok();
    join(&ben, &used.text("createInvitation.code")).await.ok();
    let id = used.text("createInvitation.invitation.id");
    let answer = world.unchanged_by(revoke(&mara, &id)).await.ok();
    assert_eq!(answer.text("revokeInvitation.invitation.status"), "USED");
    for id in ["nonsense", "invitation_01h455vb4pex5vsknk084sn02q"] {
        world.unchanged_by(revoke(&mara, id)).await.refused("NOT_FOUND");
    }
}

async fn every_bad_code_is_the_same_error(world: World) {
    let team = world.superapp_team("Blue").await;
    let (mia, ben) = (world.member("mia").await, world.member("ben").await);
    let used = team.invite("Developer").await;
    join(&ben, &used).await.ok();
    let revoked = create(&team.admin, &team, "Developer", None).await.ok();
    revoke(&team.admin, &revoked.text("createInvitation.invitation.id"))
        .await
        .ok();
    let wrong = world.unchanged_by(join(&mia, &other_than(&used))).await;
    let wrong = wrong.failed(&["INVALID_INVITATION code"]);
    for code in [
        used,
        revoked.text("createInvitation.code"),
        String::new(),
        "1234567".to_owned(),
        "123456789".to_owned(),
        "１２３４５６７８".to_owned(),
        "' OR 1=1".to_owned(),
    ] {
        let answer = world.unchanged_by(join(&mia, &code)).await;
        assert_eq!(answer.body, wrong.body, "{code}");
    }
    world
        .nobody()
        .mutate("joinTeam", json!({ "code": "12345678" }), "")
        .await
        .refused("UNAUTHENTICATED");
}

async fn a_member_of_the_team_keeps_the_code_for_another(world: World) {
    let team = world.superapp_team("Blue").await;
    let dan = team.with(&world, "dan", "Developer").await;
    let mia = world.member("mia").await;
    let code = team.invite("Operator").await;
    let refused = world.unchanged_by(join(&dan, &code)).await;
    refused.failed(&["ALREADY_MEMBER code"]);
    join(&mia, &code).await.ok();
}

async fn staff_cannot_join(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let code = team.invite("Developer").await;
    for staff in [world.super_admin().await, world.platform_admin("pia").await] {
        // Neither is told whether the code is right.
        for code in [&code, &other_than(&code)] {
            let refused = world.unchanged_by(join(&staff, code)).await;
            refused.failed(&["STAFF_CANNOT_JOIN code"]);
        }
    }
    join(&mia, &code).await.ok();
}

async fn register(world: &World, account: &str, mailed: &str, invitation: &str) -> Answer {
    let input = json!({
        "name": account, "account": account, "email": format!("{account}@example.com"), "verificationCode": mailed,
        "password": PASSWORD, "passwordConfirmation": PASSWORD, "invitationCode": invitation,
    });
    world
        .nobody()
        .mutate(
            "register",
            input,
            "user { account } tokens { accessToken refreshToken }",
        )
        .await
}

/// The code that is mailed to `account@example.com` for a registration.
async fn mailed_code(world: &World, account: &str) -> String {
    let email = format!("{account}@example.com");
    let input = json!({ "email": email, "purpose": "REGISTER" });
    world
        .nobody()
        .mutate("sendVerificationCode", input, "")
        .await
        .ok();
    world.mail.to(&email).await.code(6)
}

async fn an_invitation_code_registers_straight_into_the_team(world: World) {
    let superapp = world.superapp_team("Blue").await;
    let mini = world.mini_program_team("Mini", &superapp).await;
    let code = mini.invite("Reviewer").await;
    let mia = world.registered("mia", Some(&code)).await;
    assert_eq!(mia.menus().await, ["ACCOUNT", "MINI_PROGRAM_MANAGEMENT"]);
    let own = mia
        .ask("{ viewer { memberships { nodes { role { name } team { name } } } } }")
        .await
        .ok();
    assert_eq!(
        *own.at("viewer.memberships.nodes"),
        json!([{ "role": { "name": "Reviewer" }, "team": { "name": "Mini" } }])
    );
    let ben = world.member("ben").await;
    let used = world.unchanged_by(join(&ben, &code)).await;
    used.failed(&["INVALID_INVITATION code"]);
}

async fn a_bad_invitation_code_fails_the_whole_registration(world: World) {
    let team = world.superapp_team("Blue").await;
    let code = team.invite("Developer").await;
    let mailed = mailed_code(&world, "mia").await;
    let tries = "SELECT CAST(tries AS BIGINT) AS n FROM verification_code";
    for (number, bad) in [
        other_than(&code),
        String::new(),
        "nonsense".to_owned(),
        other_than(&code),
    ]
    .iter()
    .enumerate()
    {
        let refused = world.unchanged_by(register(&world, "mia", &mailed, bad)).await;
        refused.failed(&["INVALID_INVITATION invitationCode"]);
        assert_eq!(world.count(tries).await, i64::try_from(number).unwrap() + 1);
    }
    // The fifth and last try is still a good one: neither account nor address was taken by those before.
    register(&world, "mia", &mailed, &code).await.ok();

    // Who has spent all five has to ask for another code, whatever the invitation.
    let code = team.invite("Developer").await;
    let mailed = mailed_code(&world, "ben").await;
    for _ in 0..5 {
        let refused = world
            .unchanged_by(register(&world, "ben", &mailed, &other_than(&code)))
            .await;
        refused.failed(&["INVALID_INVITATION invitationCode"]);
    }
    let refused = world.unchanged_by(register(&world, "ben", &mailed, &code)).await;
    refused.failed(&["CODE_EXPIRED verificationCode"]);
    // And a wrong mailed code tells nothing of the invitation's.
    let mailed = mailed_code(&world, "cam").await;
    let wrong = if mailed == "000000" { "000001" } else { "000000" };
    for invitation in [&code, &other_than(&code)] {
        let refused = world
            .unchanged_by(register(&world, "cam", wrong, invitation))
            .await;
        refused.failed(&["INVALID_CODE verificationCode"]);
    }
    register(&world, "cam", &mailed, &code).await.ok();
}

async fn statuses(team: &Team) -> Vec<String> {
    let document = format!(
        "{{ team(id: \"{}\") {{ invitations {{ nodes {{ status }} }} }} }}",
        team.id
    );
    let answer = team.admin.ask(&document).await.ok();
    answer.texts("team.invitations.nodes.*.status")
}

async fn a_code_is_void_when_its_issuer_may_not_issue_it_any_more(world: World) {
    let root = world.super_admin().await;
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    for (account, how) in [
        ("removed", "removeTeamMember"),
        ("leaves", "leaveTeam"),
        ("demoted", "updateTeamMember"),
        ("disabled", "disableUser"),
        ("deleted", "deleteUser"),
    ] {
        let mara = team.with(&world, account, "Member manager").await;
        let seat = team.membership_of(&mara).await;
        let code = Team {
            admin: mara.clone(),
            ..team.clone()
        }
        .invite("Developer")
        .await;
        let user = json!({ "userId": mara.id });
        let done = match how {
            "removeTeamMember" => team.admin.mutate(how, json!({ "membershipId": seat }), "").await,
            "leaveTeam" => mara.mutate(how, json!({ "teamId": team.id }), "").await,
            "updateTeamMember" => {
                let input = json!({ "membershipId": seat, "roleId": team.role("Developer") });
                team.admin.mutate(how, input, "").await
            }
            _ => root.mutate(how, user.clone(), "").await,
        };
        done.ok();
        let void = world.unchanged_by(join(&mia, &code)).await;
        void.failed(&["INVALID_INVITATION code"]);
        // Revoked and not only asleep: with the right the codes do not come back.
        let restored = match how {
            "disableUser" => root.mutate("enableUser", user, "").await,
            "updateTeamMember" => {
                let input = json!({ "membershipId": seat, "roleId": team.role("Member manager") });
                team.admin.mutate(how, input, "").await
            }
            _ => continue,
        };
        restored.ok();
        let void = world.unchanged_by(join(&mia, &code)).await;
        void.failed(&["INVALID_INVITATION code"]);
    }
    assert_eq!(statuses(&team).await, ["REVOKED"; 5]);
    // Another role that may issue it is enough.
    let mara = team.with(&world, "mara", "Member manager").await;
    let code = Team {
        admin: mara.clone(),
        ..team.clone()
    }
    .invite("Developer")
    .await;
    let input =
        json!({ "membershipId": team.membership_of(&mara).await, "roleId": team.role("Administrator") });
    team.admin.mutate("updateTeamMember", input, "").await.ok();
    join(&mia, &code).await.ok();
}

async fn ten_wrong_codes_lock_out_of_joining_for_an_hour(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let ben = world.member("ben").await;
    let code = team.invite("Developer").await;
    for _ in 0..10 {
        let wrong = world.unchanged_by(join(&mia, &other_than(&code))).await;
        wrong.failed(&["INVALID_INVITATION code"]);
    }
    // Now the right one does not help either, and does not lengthen the lock.
    for _ in 0..2 {
        let locked = world.unchanged_by(join(&mia, &code)).await;
        let locked = locked.refused("RATE_LIMITED");
        let wait = locked.body["errors"][0]["extensions"]["retryAfter"]
            .as_i64()
            .unwrap();
        assert!((3_500..=3_601).contains(&wait), "{wait}");
    }
    // Nobody else is locked out.
    join(&ben, &code).await.ok();
    let code = team.invite("Developer").await;
    world.pass(TimeDelta::minutes(58));
    let mia = log_in(&world, "mia").await;
    let locked = world.unchanged_by(join(&mia, &code)).await;
    locked.refused("RATE_LIMITED");
    world.pass(TimeDelta::minutes(3));
    join(&mia, &code).await.ok();
}

async fn the_lock_lasts_an_hour_from_the_tenth_wrong_code(world: World) {
    let team = world.superapp_team("Blue").await;
    let mia = world.member("mia").await;
    let code = team.invite("Developer").await;
    for _ in 0..9 {
        join(&mia, &other_than(&code))
            .await
            .failed(&["INVALID_INVITATION code"]);
    }
    world.pass(TimeDelta::minutes(55));
    let mia = log_in(&world, "mia").await;
    join(&mia, &other_than(&code))
        .await
        .failed(&["INVALID_INVITATION code"]);
    for _ in 0..2 {
        world.pass(TimeDelta::minutes(29));
        let mia = log_in(&world, "mia").await;
        let locked = world.unchanged_by(join(&mia, &code)).await;
        locked.refused("RATE_LIMITED");
    }
    world.pass(TimeDelta::minutes(3));
    join(&log_in(&world, "mia").await, &code).await.ok();
}

async fn right_codes_do_not_count(world: World) {
    let team = world.superapp_team("Blue").await;
    let dan = team.with(&world, "dan", "Developer").await;
    let mia = world.member("mia").await;
    let code = team.invite("Developer").await;
    for _ in 0..11 {
        join(&dan, &code).await.failed(&["ALREADY_MEMBER code"]);
    }
    // Nine wrong ones and a right one lock nobody out; the tenth wrong one does.
    for _ in 0..9 {
        join(&mia, &other_than(&code))
            .await
            .failed(&["INVALID_INVITATION code"]);
    }
    join(&mia, &code).await.ok();
    let other = world.superapp_team("Red").await;
    let code = other.invite("Developer").await;
    join(&mia, &other_than(&code))
        .await
        .failed(&["INVALID_INVITATION code"]);
    world
        .unchanged_by(join(&mia, &code))
        .await
        .refused("RATE_LIMITED");
}

async fn a_team_has_at_most_200_live_invitations(world: World) {
    let team = world.superapp_team("Blue").await;
    let first = create(&team.admin, &team, "Developer", None).await.ok();
    for _ in 1..200 {
        team.invite("Developer").await;
    }
    let full = world
        .unchanged_by(create(&team.admin, &team, "Developer", None))
        .await;
    full.failed(&["LIMIT_REACHED teamId"]);
    let full = create(&team.admin, &team, "Developer", Some("guest@example.com")).await;
    full.failed(&["LIMIT_REACHED teamId"]);
    // One that is void makes room.
    revoke(&team.admin, &first.text("createInvitation.invitation.id"))
        .await
        .ok();
    team.invite("Developer").await;
    let full = world
        .unchanged_by(create(&team.admin, &team, "Developer", None))
        .await;
    full.failed(&["LIMIT_REACHED teamId"]);
    world.pass(TimeDelta::hours(24));
    let admin = log_in(&world, &team.admin.account).await;
    create(&admin, &team, "Developer", None).await.ok();
}

async fn a_team_mails_at_most_50_invitations_a_day(world: World) {
    let team = world.superapp_team("Blue").await;
    let other = world.superapp_team("Red").await;
    for number in 0..50 {
        let email = format!("guest-{number}@example.com");
        create(&team.admin, &team, "Developer", Some(&email)).await.ok();
    }
    let email = Some("guest@example.com");
    let refused = world
        .unchanged_by(create(&team.admin, &team, "Developer", email))
        .await;
    refused.failed(&["LIMIT_REACHED email"]);
    // Codes without a mail go on, and so do other teams.
    create(&team.admin, &team, "Developer", None).await.ok();
    create(&other.admin, &other, "Developer", email).await.ok();
    world.pass(TimeDelta::days(1));
    let admin = log_in(&world, &team.admin.account).await;
    create(&admin, &team, "Developer", email).await.ok();
}

async fn invitations_are_listed_by_status(world: World) {
    let team = world.superapp_team("Blue").await;
    world.member("mia").await;
    let other = world.superapp_team("Red").await;
    other.invite("Developer").await;
    let expired = create(&team.admin, &team, "Developer", None).await.ok();
    world.pass(TimeDelta::hours(25));
    let team = Team {
        admin: log_in(&world, &team.admin.account).await,
        ..team
    };
    let mia = log_in(&world, "mia").await;
    let id = |made: &Answer| made.text("createInvitation.invitation.id");
    let used = create(&team.admin, &team, "Developer", None).await.ok();
    join(&mia, &used.text("createInvitation.code")).await.ok();
    let revoked = create(&team.admin, &team, "Operator", None).await.ok();
    revoke(&team.admin, &id(&revoked)).await.ok();
    let active = create(&team.admin, &team, "Developer", None).await.ok();
    let [expired, used, revoked, active] = [expired, used, revoked, active].map(|made| id(&made));
    for (of, status) in [
        (&expired, "EXPIRED"),
        (&used, "USED"),
        (&revoked, "REVOKED"),
        (&active, "ACTIVE"),
    ] {
        assert_eq!(status_of(&team, of).await, status);
    }
    let list = |arguments: &str| {
        let query = format!(
            "{{ team(id: \"{}\") {{ invitations{arguments} {{ totalCount nodes {{ id status role {{ name }} }} pageInfo {{ endCursor startCursor hasNextPage hasPreviousPage }} }} }} }}",
            team.id
        );
        let admin = team.admin.clone();
        async move { admin.ask(&query).await.ok() }
    };
    let everything = vec![active.clone(), revoked.clone(), used.clone(), expired.clone()];
    for (arguments, expected) in [
        ("", everything.clone()),
        ("(status: ACTIVE)", vec![active]),
        ("(status: REVOKED)", vec![revoked]),
        ("(status: USED)", vec![used]),
        ("(status: EXPIRED)", vec![expired]),
    ] {
        let answer = list(arguments).await;
        assert_eq!(
            answer.texts("team.invitations.nodes.*.id"),
            expected,
            "{arguments}"
        );
        assert_eq!(*answer.at("team.invitations.totalCount"), json!(expected.len()));
    }
    let first = list("(first: 3)").await;
    let end = first.text("team.invitations.pageInfo.endCursor");
    let rest = list(&format!("(first: 3, after: \"{end}\")")).await;
    let read = [first, rest].map(|page| page.texts("team.invitations.nodes.*.id"));
    assert_eq!(read.concat(), everything);
    let tail = list("(last: 3)").await;
    let start = tail.text("team.invitations.pageInfo.startCursor");
    let rest = list(&format!("(last: 3, before: \"{start}\")")).await;
    assert_eq!(rest.at("team.invitations.pageInfo.hasPreviousPage"), false);
    let read = [rest, tail].map(|page| page.texts("team.invitations.nodes.*.id"));
    assert_eq!(read.concat(), everything);
}
