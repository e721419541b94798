//! Reads what is there, in the words of the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::DateTime;
use futures::future::join_all;

use super::super::draw::NOTHING;
use super::super::state::{Handle, Policy, Role, Seconds, Tokens};
use super::Api;
use crate::support::Value;

/// How many teams, and how many users, one document asks for.
const TEAMS: usize = 8;
const USERS: usize = 20;

/// What the API tells, each in the words of the model.
pub struct Told {
    pub teams: Vec<String>,
    pub users: Vec<String>,
    /// Of which session each of the tokens is accepted.
    pub accepted: Vec<Option<Tokens>>,
    /// What is violated of all that is always true of the data.
    pub violated: Option<String>,
}

impl Api<'_> {
    /// Reads these teams and users, tries these access tokens and asks for what is violated, all of it at the same time:
    /// nothing of it writes.
    pub async fn tell(&mut self, teams: &[Handle], users: &[Handle], tokens: &[Tokens]) -> Told {
        let reader = self.reader().await;
        let ask = async |documents: Vec<String>| {
            let asked = documents.iter().map(|document| reader.ask(document));
            join_all(asked).await
        };
        let team_documents = teams.chunks(TEAMS).map(|teams| self.ask_for_teams(teams));
        let user_documents = users.chunks(USERS).map(|users| self.ask_for_users(users));
        let (of_teams, of_users, accepted, violated) = tokio::join!(
            ask(team_documents.collect()),
            ask(user_documents.collect()),
            self.accepted(tokens),
            self.violations(),
        );
        let mut told = Told {
            teams: Vec::new(),
            users: Vec::new(),
            accepted,
            violated,
        };
        for (teams, answer) in teams.chunks(TEAMS).zip(of_teams) {
            let answer = answer.ok();
            for (place, team) in teams.iter().enumerate() {
                let text = self.team_as_told(*team, answer.at(&format!("t{place}")));
                told.teams.push(text);
            }
        }
        for (users, answer) in users.chunks(USERS).zip(of_users) {
            let answer = answer.ok();
            for place in 0..users.len() {
                let text = self.user_as_told(answer.at(&format!("u{place}")));
                told.users.push(text);
            }
        }
        told
    }

    fn ask_for_teams(&self, teams: &[Handle]) -> String {
        let mut document = String::new();
        for (place, team) in teams.iter().enumerate() {
            let id = self.team(*team);
            write!(
                document,
                "t{place}: team(id: \"{id}\") {{ name type status remark expiresAt superappTeam {{ id }} registrationLink admins {{ id }} \
                 members(first: 100) {{ nodes {{ id user {{ id }} role {{ id }} }} }} \
                 roles {{ id name kind permissions memberCount }} \
                 invitations(first: 100) {{ nodes {{ id status role {{ id }} createdBy {{ id }} usedBy {{ id }} }} }} \
                 resources(first: 100) {{ nodes {{ id kind name manager {{ id }} }} }} }} "
            )
            .unwrap();
        }
        format!("{{ {document} }}")
    }

    fn ask_for_users(&self, users: &[Handle]) -> String {
        let mut document = String::new();
        for (place, user) in users.iter().enumerate() {
            let id = self.user(*user);
            write!(
                document,
                "u{place}: user(id: \"{id}\") {{ name account accountType status email proposedEmail mustChangePassword \
                 totpEnabled lastLoginAt sessions {{ id }} \
                 memberships(first: 100) {{ nodes {{ team {{ id }} role {{ id }} }} }} }} "
            )
            .unwrap();
        }
        format!("{{ {document} }}")
    }

    pub(super) fn known(&self, value: &Value) -> Option<Handle> {
        let id = value["id"].as_str()?;
        Some(self.handles.get(id).copied().unwrap_or(NOTHING))
    }

    pub(super) fn role_told(&self, value: &Value) -> Role {
        let id = value["id"].as_str().expect("a role has its id");
        self.roles.get(id).copied().unwrap_or(Role::Custom(NOTHING))
    }

    /// The seconds of a time, since the beginning.
    pub(super) fn seconds(&self, time: &Value) -> Option<Seconds> {
        let time = DateTime::parse_from_rfc3339(time.as_str()?).unwrap().to_utc();
        Some((time - self.beginning).num_seconds())
    }

    /// The password policy, in the words of the model.
    pub async fn policy(&self) -> Policy {
        let document = "{ registrationSettings { passwordPolicy { minimumLength refusesPrevious expiresAfterDays \
                        changeAfterReset lockAfterFailures failureWindowMinutes lockMinutes } } }";
        let answer = self.nobody.ask(document).await.ok();
        let policy = answer.at("registrationSettings.passwordPolicy");
        let number = |name: &str| policy[name].as_i64().expect("it is a number");
        let count = |name: &str| usize::try_from(number(name)).unwrap();
        Policy {
            minimum_length: count("minimumLength"),
            refuses_previous: count("refusesPrevious"),
            expires_after_days: number("expiresAfterDays"),
            change_after_reset: policy["changeAfterReset"].as_bool().unwrap(),
            lock_after_failures: count("lockAfterFailures"),
            failure_window_minutes: number("failureWindowMinutes"),
            lock_minutes: number("lockMinutes"),
        }
    }

    pub(super) fn team_as_told(&mut self, handle: Handle, team: &Value) -> String {
        if team.is_null() {
            return String::new();
        }
        let expires = self.seconds(&team["expiresAt"]);
        let mut text = format!(
            "{} {:?} {}, remark {:?}, expires at {expires:?}, bound to {:?}, a link: {}\n",
            team["type"].as_str().unwrap(),
            team["name"].as_str().unwrap(),
            team["status"].as_str().unwrap(),
            team["remark"].as_str(),
            self.known(&team["superappTeam"]),
            team["registrationLink"].is_string(),
        );
        let nodes = |value: &Value| value["nodes"].as_array().cloned().unwrap_or_default();
        let admins: BTreeSet<Option<Handle>> = team["admins"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| self.known(user))
            .collect();
        let admins: BTreeSet<Handle> = admins.into_iter().flatten().collect();
        writeln!(text, "admins {admins:?}").unwrap();
        let mut members = BTreeMap::new();
        for seat in nodes(&team["members"]) {
            let user = self.known(&seat["user"]).unwrap_or(NOTHING);
            self.seats
                .insert((handle, user), seat["id"].as_str().unwrap().to_owned());
            members.insert(user, self.role_told(&seat["role"]));
        }
        for (user, role) in members {
            writeln!(text, "member {user} {role:?}").unwrap();
        }
        let mut lines = BTreeMap::new();
        for role in team["roles"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|role| role["kind"] == "CUSTOM")
        {
            let permissions: BTreeSet<&str> = role["permissions"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let number = self.known(role).unwrap_or(NOTHING);
            let name = role["name"].as_str().unwrap();
            let line = format!(
                "role {number} {name:?} {permissions:?} held by {}",
                role["memberCount"]
            );
            lines.insert(number, line);
        }
        let mut codes = BTreeMap::new();
        for code in nodes(&team["invitations"]) {
            let number = self.known(&code).unwrap_or(NOTHING);
            let line = format!(
                "invitation {number} {} {:?} by {:?} used by {:?}",
                code["status"].as_str().unwrap(),
                self.role_told(&code["role"]),
                self.known(&code["createdBy"]),
                self.known(&code["usedBy"]),
            );
            codes.insert(number, line);
        }
        let mut resources = BTreeMap::new();
        for resource in nodes(&team["resources"]) {
            let number = self.known(&resource).unwrap_or(NOTHING);
            let (kind, name) = (
                resource["kind"].as_str().unwrap(),
                resource["name"].as_str().unwrap(),
            );
            let manager = self.known(&resource["manager"]);
            resources.insert(
                number,
                format!("resource {number} {kind} {name:?} managed by {manager:?}"),
            );
        }
        for line in lines.values().chain(codes.values()).chain(resources.values()) {
            writeln!(text, "{line}").unwrap();
        }
        text
    }

    pub(super) fn user_as_told(&self, user: &Value) -> String {
        if user.is_null() {
            return String::new();
        }
        let seats = user["memberships"]["nodes"].as_array().unwrap();
        let teams: BTreeMap<Handle, Role> = seats
            .iter()
            .map(|seat| {
                (
                    self.known(&seat["team"]).unwrap_or(NOTHING),
                    self.role_told(&seat["role"]),
                )
            })
            .collect();
        let sessions = user["sessions"].as_array().unwrap().iter();
        let sessions: BTreeSet<Tokens> = sessions
            .map(|session| self.session_names[session["id"].as_str().unwrap()])
            .collect();
        format!(
            "{} {:?} {} {}, email {:?}, proposed {:?}, must change: {}, TOTP: {}, last login at {:?}, \
             sessions {sessions:?}, in {teams:?}\n",
            user["accountType"].as_str().unwrap(),
            user["name"].as_str().unwrap(),
            user["account"].as_str().unwrap(),
            user["status"].as_str().unwrap(),
            user["email"].as_str(),
            user["proposedEmail"].as_str(),
            user["mustChangePassword"],
            user["totpEnabled"],
            self.seconds(&user["lastLoginAt"]),
        )
    }
}
