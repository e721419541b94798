//! What somebody sees by the API.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::super::draw::NOTHING;
use super::super::seen::{Seen, SeenTeam};
use super::super::state::{Handle, Model};
use super::super::step::Outcome;
use super::Api;
use crate::support::{Actor, Value};

const VIEWER: &str = "{ viewer { menus memberships(first: 100) { nodes { team { id } role { id permissions } } } } \
                      teams(first: 100) { nodes { id } } }";
const TEAM: &str = "id name type status viewerPermissions remark expiresAt registrationLink superappTeam { id } \
                    members(first: 100) { nodes { user { id } role { id } } } roles { id } \
                    invitations(first: 100) { nodes { id } } resources(first: 100) { nodes { id } } \
                    miniProgramTeams(first: 100) { nodes { id } }";

impl Api<'_> {
    /// Looks around as this actor, at all teams that there are.
    pub(super) async fn look(&self, actor: &Actor, model: &Model) -> Outcome {
        let answer = actor.ask(VIEWER).await;
        if let [code, ..] = answer.codes().as_slice() {
            return Outcome::fails(code);
        }
        let viewer = answer.at("viewer");
        let own = viewer["memberships"]["nodes"].as_array().unwrap();
        let own = own.iter().map(|seat| {
            let team = self.known(&seat["team"]).unwrap_or(NOTHING);
            (
                team,
                (self.role_told(&seat["role"]), words(&seat["role"]["permissions"])),
            )
        });
        let mut seen = Seen {
            menus: words_in_order(&viewer["menus"]),
            memberships: own.collect(),
            listed: self.all_known(answer.at("teams")).unwrap(),
            teams: BTreeMap::new(),
        };
        let all: Vec<Handle> = model.teams.keys().copied().collect();
        for teams in all.chunks(8) {
            let mut document = String::new();
            for (place, team) in teams.iter().enumerate() {
                let id = self.team(*team);
                // What cannot be null costs the team where it is out of sight: hence twice.
                write!(
                    document,
                    "t{place}: team(id: \"{id}\") {{ {TEAM} }} a{place}: team(id: \"{id}\") {{ admins {{ id }} memberCount }} "
                )
                .unwrap();
            }
            let answer = actor.ask(&format!("{{ {document} }}")).await;
            for (place, team) in teams.iter().enumerate() {
                let (told, outside) = (answer.at(&format!("t{place}")), answer.at(&format!("a{place}")));
                if told.is_object() {
                    seen.teams.insert(*team, self.team_seen(told, outside));
                }
            }
        }
        Outcome::Seen(Box::new(seen))
    }

    /// The handles of what stands in a list or a connection; none where it is null.
    fn all_known(&self, list: &Value) -> Option<BTreeSet<Handle>> {
        let list = list.as_array().or_else(|| list["nodes"].as_array())?;
        Some(
            list.iter()
                .map(|item| self.known(item).unwrap_or(NOTHING))
                .collect(),
        )
    }

    fn team_seen(&self, team: &Value, outside: &Value) -> SeenTeam {
        let text = |field: &str| team[field].as_str().map(str::to_owned);
        let members = team["members"]["nodes"].as_array().map(|seats| {
            let seat = |seat: &Value| {
                (
                    self.known(&seat["user"]).unwrap_or(NOTHING),
                    self.role_told(&seat["role"]),
                )
            };
            seats.iter().map(seat).collect()
        });
        let roles = team["roles"].as_array();
        SeenTeam {
            name: text("name").unwrap(),
            team_type: text("type").unwrap(),
            status: text("status").unwrap(),
            permissions: words(&team["viewerPermissions"]),
            remark: text("remark"),
            expires: self.seconds(&team["expiresAt"]),
            has_link: team["registrationLink"].is_string(),
            superapp_team: self.known(&team["superappTeam"]),
            admins: self.all_known(&outside["admins"]),
            member_count: outside["memberCount"]
                .as_u64()
                .map(|count| usize::try_from(count).unwrap()),
            members,
            roles: roles.map(|roles| roles.iter().map(|role| self.role_told(role)).collect()),
            invitations: self.all_known(&team["invitations"]),
            resources: self.all_known(&team["resources"]),
            bound_teams: self.all_known(&team["miniProgramTeams"]),
        }
    }
}

fn words_in_order(list: &Value) -> Vec<String> {
    let words = list.as_array().unwrap().iter();
    words.map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn words(list: &Value) -> BTreeSet<String> {
    words_in_order(list).into_iter().collect()
}
