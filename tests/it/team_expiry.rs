//! Notices of expiry: who is told, when, and how often.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use rollcall::teams::expiry::notify_due;

use crate::support::actor::PASSWORD;
use crate::support::*;

on_each_database!(
    each_notice_comes_once_and_in_its_time,
    who_has_no_address_or_is_disabled_is_not_told,
    the_most_pressing_notice_alone_comes_late,
    what_was_past_when_the_expiry_was_set_is_not_told,
    a_changed_expiry_starts_anew,
    a_team_is_made_to_never_expire,
    an_expiry_that_is_sent_again_changes_nothing,
    a_disabled_team_is_told_of_when_it_is_enabled,
    the_admins_of_a_superapp_team_that_is_not_active_are_not_told,
    no_notice_is_noted_without_its_letters,
    of_many_who_look_at_once_one_writes,
    a_team_with_notices_is_deleted,
);

/// A superapp team and a mini program team that is bound to it, and a super admin, whom letters reach.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) superapp: String,
    pub(crate) team: String,
    /// The letters that were looked at.
    seen: HashSet<String>,
}

async fn bind_email(world: &World, who: &Actor, email: &str) {
    let input = json!({ "email": email, "purpose": "BIND_EMAIL" });
    who.mutate("sendVerificationCode", input, "").await.ok();
    let code = world.mail.to(email).await.code(6);
    let input = json!({ "email": email, "verificationCode": code, "password": PASSWORD });
    who.mutate("bindEmail", input, "").await.ok();
}

pub(crate) async fn make(root: &Actor, input: Value) -> String {
    let made = root.mutate("createTeam", input, "team { id }").await.ok();
    made.text("createTeam.team.id")
}

/// `superapp` has the admins ada and bob; `team` has ada and mia, and the member nia, who is told nothing.
pub(crate) async fn set(world: World) -> Stage {
    let root = world.super_admin().await;
    bind_email(&world, &root, "root@example.com").await;
    let (ada, bob) = (
        world.registered("ada", None).await,
        world.registered("bob", None).await,
    );
    let (mia, nia) = (
        world.registered("mia", None).await,
        world.registered("nia", None).await,
    );
    let input = json!({ "name": "Blue", "type": "SUPERAPP", "adminIds": [ada.id, bob.id] });
    let superapp = make(&root, input).await;
    let input = json!({ "name": "Mini", "type": "MINI_PROGRAM", "superappTeamId": superapp, "adminIds": [ada.id, mia.id] });
    let team = make(&root, input).await;
    let roles = format!("{{ team(id: \"{team}\") {{ roles {{ id name }} }} }}");
    let roles = mia.ask(&roles).await.ok();
    let developer = roles
        .texts("team.roles.*.name")
        .iter()
        .position(|name| name == "Developer")
        .unwrap();
    let developer = &roles.texts("team.roles.*.id")[developer];
    let input = json!({ "teamId": team, "members": [{ "userId": nia.id, "roleId": developer }] });
    mia.mutate("addTeamMembers", input, "").await.ok();
    let mut stage = Stage {
        world,
        superapp,
        team,
        seen: HashSet::new(),
    };
    assert_eq!(stage.notices().await, [""; 0]);
    stage
}

pub(crate) const EVERYBODY: [&str; 4] = ["ada", "bob", "mia", "root"];

/// One letter of the team to each of these, whose subject begins with "A team" and ends with this.
fn to(accounts: &[&str], subject: &str) -> Vec<String> {
    accounts
        .iter()
        .map(|account| format!("{account}@example.com: Mini: A team {subject}"))
        .collect()
}

impl Stage {
    fn now(&self) -> DateTime<Utc> {
        self.world.app.now()
    }

    /// The notices that came since the last look, in order.
    async fn notices(&mut self) -> Vec<String> {
        // Whoever writes them: when this has ended, those that are due are written.
        notify_due(&self.world.app).await.unwrap();
        self.world.all_letters_arrive().await;
        let mut new: Vec<String> = self
            .world
            .mail
            .all()
            .into_iter()
            .filter(|mail| self.seen.insert(mail.message_id.clone()))
            .filter(|mail| mail.subject.contains("expire"))
            .map(|mail| format!("{}: {}: {}", mail.to, mail.fact("Team"), mail.subject))
            .collect();
        new.sort();
        new
    }

    /// Moves the clock to this time.
    fn pass_to(&self, time: DateTime<Utc>) {
        self.world.pass(time - self.now());
    }

    async fn update(&self, input: Value) -> Answer {
        let root = self.world.super_admin().await;
        self.update_by(&root, input).await
    }

    async fn update_by(&self, who: &Actor, input: Value) -> Answer {
        let mut all = json!({ "teamId": self.team });
        all.as_object_mut()
            .unwrap()
            .extend(input.as_object().unwrap().clone());
        who.mutate("updateTeam", all, "team { status expiresAt }").await
    }

    /// Lets the team expire after this time; answers when that is.
    async fn expires_in(&self, time: TimeDelta) -> DateTime<Utc> {
        let expiry = self.now() + time;
        let input = json!({ "expiresAt": expiry.to_rfc3339() });
        self.update(input).await.ok();
        expiry
    }
}

pub(crate) fn days(count: i64) -> TimeDelta {
    TimeDelta::days(count)
}

async fn each_notice_comes_once_and_in_its_time(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(40)).await;
    assert_eq!(stage.notices().await, [""; 0]);
    for (before, subject) in [
        (30, "expires in 30 days"),
        (7, "expires in 7 days"),
        (1, "expires in 1 day"),
        (0, "has expired"),
    ] {
        // A minute before, nothing; nothing again after.
        stage.pass_to(expiry - days(before) - TimeDelta::minutes(1));
        assert_eq!(stage.notices().await, [""; 0], "{subject}");
        stage.pass_to(expiry - days(before));
        assert_eq!(stage.notices().await, to(&EVERYBODY, subject));
        assert_eq!(stage.notices().await, [""; 0], "{subject}");
        stage.world.pass(TimeDelta::hours(1));
        assert_eq!(stage.notices().await, [""; 0], "{subject}");
    }
    stage.world.pass(days(400));
    assert_eq!(stage.notices().await, [""; 0]);
    let mails = stage.world.mail.all();
    let letter = |subject: &str| {
        let found = mails.iter().find(|mail| mail.subject.ends_with(subject));
        found.unwrap().text.clone()
    };
    let when = expiry.format("%-d %B %Y, %H:%M UTC").to_string();
    assert!(letter("in 7 days").contains(&when), "{}", letter("in 7 days"));
    assert!(letter("has expired").contains(&when));
}

async fn who_has_no_address_or_is_disabled_is_not_told(world: World) {
    let mut stage = set(world).await;
    let root = stage.world.super_admin().await;
    let lia = stage.world.member("lia").await;
    let input = json!({ "userId": lia.id, "email": "lia@example.com" });
    root.mutate("updateUser", input, "").await.ok();
    stage.world.mail.to("lia@example.com").await;
    let id = async |account: &str| {
        let users = format!("{{ users(filter: {{ search: \"{account}\" }}) {{ nodes {{ id }} }} }}");
        root.ask(&users).await.ok().text("users.nodes.0.id")
    };
    let (ada, bob, mia) = (id("ada").await, id("bob").await, id("mia").await);
    stage.update(json!({ "adminIds": [ada, mia, lia.id] })).await.ok();
    root.mutate("disableUser", json!({ "userId": bob }), "")
        .await
        .ok();
    let expiry = stage.expires_in(days(8)).await;
    stage.pass_to(expiry - days(7));
    assert_eq!(
        stage.notices().await,
        to(&["ada", "mia", "root"], "expires in 7 days")
    );
}

async fn the_most_pressing_notice_alone_comes_late(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(40)).await;
    // Nobody looked for five weeks: of two that were missed, one comes, and tells the truth.
    stage.pass_to(expiry - days(3));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 3 days"));
    stage.pass_to(expiry + days(2));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "has expired"));
    // So late that it tells nobody anything.
    let expiry = stage.expires_in(days(40)).await;
    stage.pass_to(expiry + days(31));
    assert_eq!(stage.notices().await, [""; 0]);
}

async fn what_was_past_when_the_expiry_was_set_is_not_told(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(20)).await;
    assert_eq!(stage.notices().await, [""; 0]);
    stage.pass_to(expiry - days(7));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 7 days"));
    // The same when a team is made with it.
    let root = stage.world.super_admin().await;
    let users = root
        .ask("{ users(filter: { search: \"mia\" }) { nodes { id } } }")
        .await
        .ok();
    let soon = stage.now() + TimeDelta::hours(12);
    let input = json!({
        "name": "Soon", "type": "MINI_PROGRAM", "superappTeamId": stage.superapp,
        "adminIds": [users.text("users.nodes.0.id")], "expiresAt": soon.to_rfc3339(),
    });
    make(&root, input).await;
    assert_eq!(stage.notices().await, [""; 0]);
    stage.pass_to(soon);
    let told = stage.notices().await;
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told.iter()
            .all(|told| told.ends_with(": Soon: A team has expired")),
        "{told:?}"
    );
}

async fn a_changed_expiry_starts_anew(world: World) {
    let mut stage = set(world).await;
    let first = stage.expires_in(days(8)).await;
    stage.pass_to(first - days(7));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 7 days"));
    let second = stage.expires_in(days(60)).await;
    assert_eq!(stage.notices().await, [""; 0]);
    stage.pass_to(second - days(30));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 30 days"));
    // Nearer, and then as it was: what was told is not told again.
    stage.expires_in(days(5)).await;
    assert_eq!(stage.notices().await, [""; 0]);
    let input = json!({ "expiresAt": second.to_rfc3339() });
    stage.update(input).await.ok();
    assert_eq!(stage.notices().await, [""; 0]);
    stage.pass_to(second - days(7));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 7 days"));
}

async fn a_team_is_made_to_never_expire(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(2)).await;
    // One or the other.
    let both = json!({ "neverExpires": true, "expiresAt": expiry.to_rfc3339() });
    let root = stage.world.super_admin().await;
    let refused = stage.world.unchanged_by(stage.update_by(&root, both)).await;
    refused.failed(&["INVALID neverExpires"]);
    for nothing in [json!({ "neverExpires": false }), json!({ "neverExpires": null })] {
        let kept = stage.update(nothing).await.ok();
        assert!(kept.at("updateTeam.team.expiresAt").is_string());
    }
    stage.pass_to(expiry);
    assert_eq!(stage.notices().await, to(&EVERYBODY, "has expired"));
    let freed = stage.update(json!({ "neverExpires": true })).await.ok();
    assert_eq!(
        *freed.at("updateTeam.team"),
        json!({ "status": "ACTIVE", "expiresAt": null })
    );
    let event = "SELECT changes FROM audit_event WHERE action = 'updateTeam' ORDER BY created_at DESC, id DESC LIMIT 1";
    let changes = stage.world.rows(event).await[0]["changes"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        changes.contains("\"field\":\"expiresAt\",\"before\"") && !changes.contains("after"),
        "{changes}"
    );
    stage.world.pass(days(1_000));
    assert_eq!(stage.notices().await, [""; 0]);
    // Once more changes nothing, and neither does it where nothing ever expires.
    stage.update(json!({ "neverExpires": true })).await.ok();
    assert_eq!(stage.world.rows(event).await[0]["changes"], json!("[]"));
    let root = stage.world.super_admin().await;
    let input = json!({ "teamId": stage.superapp, "neverExpires": true });
    root.mutate("updateTeam", input, "").await.ok();
    // It is the staff's, as the expiry is.
    let mia = Actor::log_in(&stage.world, "mia", PASSWORD).await;
    let input = json!({ "teamId": stage.team, "neverExpires": true });
    let refused = stage.world.unchanged_by(mia.mutate("updateTeam", input, ""));
    refused.await.refused("FORBIDDEN");
}

async fn an_expiry_that_is_sent_again_changes_nothing(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(2)).await;
    stage.pass_to(expiry + days(1));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "has expired"));
    // A form sends all that it shows, what lies in the past too.
    let input = json!({ "expiresAt": expiry.to_rfc3339(), "remark": "Late." });
    let sent = stage.update(input).await.ok();
    assert_eq!(sent.text("updateTeam.team.status"), "EXPIRED");
    let other = json!({ "expiresAt": (expiry + TimeDelta::seconds(1)).to_rfc3339() });
    let root = stage.world.super_admin().await;
    let refused = stage.world.unchanged_by(stage.update_by(&root, other)).await;
    refused.failed(&["INVALID expiresAt"]);
    assert_eq!(stage.notices().await, [""; 0]);
}

async fn a_disabled_team_is_told_of_when_it_is_enabled(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(40)).await;
    let input = json!({ "teamId": stage.team });
    let root = stage.world.super_admin().await;
    root.mutate("disableTeam", input.clone(), "").await.ok();
    stage.pass_to(expiry - days(30));
    assert_eq!(stage.notices().await, [""; 0]);
    stage.pass_to(expiry - days(5));
    assert_eq!(stage.notices().await, [""; 0]);
    let root = stage.world.super_admin().await;
    root.mutate("enableTeam", input, "").await.ok();
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 5 days"));
}

async fn the_admins_of_a_superapp_team_that_is_not_active_are_not_told(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(8)).await;
    let root = stage.world.super_admin().await;
    let input = json!({ "teamId": stage.superapp });
    root.mutate("disableTeam", input, "").await.ok();
    stage.pass_to(expiry - days(7));
    // Ada is an admin of the team itself too.
    assert_eq!(
        stage.notices().await,
        to(&["ada", "mia", "root"], "expires in 7 days")
    );
}

async fn no_notice_is_noted_without_its_letters(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(8)).await;
    stage
        .world
        .execute("ALTER TABLE letter RENAME TO letter_away")
        .await;
    let noted = "SELECT COUNT(*) AS n FROM team_notice WHERE days = 7";
    stage.pass_to(expiry - days(7));
    assert_eq!(notify_due(&stage.world.app).await.unwrap(), 0);
    assert_eq!(stage.world.count(noted).await, 0);
    stage
        .world
        .execute("ALTER TABLE letter_away RENAME TO letter")
        .await;
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 7 days"));
    assert_eq!(stage.world.count(noted).await, 1);
}

async fn of_many_who_look_at_once_one_writes(world: World) {
    let mut stage = set(world).await;
    let root = stage.world.super_admin().await;
    let users = root
        .ask("{ users(filter: { search: \"mia\" }) { nodes { id } } }")
        .await
        .ok();
    let expiry = stage.now() + days(8);
    for number in 0..12 {
        let input = json!({
            "name": format!("Mini {number}"), "type": "MINI_PROGRAM", "superappTeamId": stage.superapp,
            "adminIds": [users.text("users.nodes.0.id")], "expiresAt": expiry.to_rfc3339(),
        });
        make(&root, input).await;
    }
    stage.pass_to(expiry - days(7));
    let looks = (0..8).map(|_| notify_due(&stage.world.app));
    let written: usize = join_all(looks).await.into_iter().map(Result::unwrap).sum();
    assert!(written <= 12, "{written}");
    let told = stage.notices().await;
    let distinct: HashSet<&String> = told.iter().collect();
    // Ada and bob, mia and root, of each team once.
    assert_eq!((told.len(), distinct.len()), (48, 48), "{told:?}");
}

async fn a_team_with_notices_is_deleted(world: World) {
    let mut stage = set(world).await;
    let expiry = stage.expires_in(days(8)).await;
    stage.pass_to(expiry - days(7));
    assert_eq!(stage.notices().await, to(&EVERYBODY, "expires in 7 days"));
    let root = stage.world.super_admin().await;
    let input = json!({ "teamId": stage.team, "confirmName": "Mini" });
    root.mutate("deleteTeam", input, "").await.ok();
    let left = "SELECT COUNT(*) AS n FROM team_notice";
    assert_eq!(stage.world.count(left).await, 0);
    stage.pass_to(expiry);
    assert_eq!(stage.notices().await, [""; 0]);
}
