//! The teams, each with all that is in it (`inside`) and the invitations that lead into it.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::draw::{Draw, Subject, micros, place};
use super::inside::{custom_roles, resources, scope_of_preset, seats};
use super::names;
use super::people::person;
use super::plan::Plan;
use crate::access::role::{PresetRole, presets};
use crate::base::id::{Id, InvitationId, TeamId};
use crate::base::text::fold;
use crate::entity::team::TeamType;
use crate::entity::{invitation, membership, resource, role, team, team_notice, user};
use crate::secret::{Keys, code, link};

/// Of each four teams the first makes superapps; the others are bound to one that came before.
const TYPES: u64 = 4;
/// How long an invitation works.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// What later rows and events tell of a team.
#[derive(Clone, Debug)]
pub(super) struct Brief {
    pub(super) id: TeamId,
    pub(super) name: String,
    pub(super) team_type: TeamType,
    pub(super) created_at: DateTime<Utc>,
    /// The number of its first administrator among the users.
    pub(super) admin: u64,
}

/// A team with all that is in it.
#[derive(Debug)]
pub(super) struct Crew {
    pub(super) team: team::Model,
    pub(super) roles: Vec<role::Model>,
    pub(super) seats: Vec<membership::Model>,
    pub(super) resources: Vec<resource::Model>,
    pub(super) invitations: Vec<invitation::Model>,
    pub(super) notices: Vec<team_notice::Model>,
    pub(super) brief: Brief,
}

/// Makes one crew after the other.
pub(super) struct Crews<'p> {
    plan: &'p Plan,
    keys: &'p Keys,
    /// The superapp teams so far.
    superapp_teams: Vec<TeamId>,
    /// Codes that work, each of which is unique.
    codes: HashSet<String>,
    /// No team is older than the staff that made it.
    since: DateTime<Utc>,
}

impl<'p> Crews<'p> {
    pub(super) fn new(plan: &'p Plan, keys: &'p Keys) -> Self {
        Self {
            plan,
            keys,
            superapp_teams: Vec::new(),
            codes: HashSet::new(),
            since: person(plan, plan.staff - 1).created_at,
        }
    }

    /// The crew with this number, of so many members; the numbers come in their order.
    pub(super) fn next(&mut self, number: u64, size: u64) -> Crew {
        let plan = self.plan;
        let mut draw = plan.draw(Subject::Team, number);
        let team = self.team(&mut draw, number);
        let members = members(plan, &mut draw, size);
        let roles = custom_roles(&mut draw, &team, number, plan.until);
        let seats = seats(&mut draw, &team, &roles, &members, plan.until);
        let resources = resources(&mut draw, &team, &seats, plan.until);
        let invitations = self.invitations(&mut draw, &team, &seats);
        let notices = notices(&team, plan.until);
        let brief = Brief {
            id: team.id,
            name: team.name.clone(),
            team_type: team.team_type,
            created_at: team.created_at,
            admin: members.first().map_or(0, |(number, _)| *number),
        };
        Crew {
            team,
            roles,
            seats,
            resources,
            invitations,
            notices,
            brief,
        }
    }

    fn team(&mut self, draw: &mut Draw, number: u64) -> team::Model {
        let (plan, until) = (self.plan, self.plan.until);
        let created_at = plan
            .came(draw, number, plan.teams)
            .max(self.since + micros(number * 1000));
        let id = TeamId::drawn(created_at, draw.tail());
        let superapp_team_id = if number.is_multiple_of(TYPES) {
            self.superapp_teams.push(id);
            None
        } else {
            Some(*draw.pick(&self.superapp_teams))
        };
        let is_bound = superapp_team_id.is_some();
        let name = names::team(number);
        let expires_at = match draw.below(100) {
            _ if !is_bound => None,
            0..6 => Some(draw.moment(created_at, until)),
            6..45 => Some(draw.moment(until, until + TimeDelta::days(730))),
            _ => None,
        };
        let (link_hash, link_sealed) = (!is_bound).then(|| link::make(self.keys, id)).unzip();
        team::Model {
            id,
            name_folded: fold(&name),
            remark: draw
                .permille(300)
                .then(|| format!("{name}, {}", created_at.format("%Y-%m"))),
            name,
            team_type: if is_bound {
                TeamType::MiniProgram
            } else {
                TeamType::Superapp
            },
            scope: id.uuid().to_string(),
            expires_at,
            disabled_at: draw.permille(20).then(|| draw.moment(created_at, until)),
            superapp_team_id,
            created_by: Some(person(plan, draw.below(plan.staff)).id),
            created_at,
            link_hash,
            link_sealed,
            registered_by: None,
        }
    }

    fn invitations(
        &mut self,
        draw: &mut Draw,
        team: &team::Model,
        seats: &[membership::Model],
    ) -> Vec<invitation::Model> {
        let until = self.plan.until;
        let issuer = &seats[0];
        let roles: Vec<&PresetRole> = presets(team.team_type).skip(1).collect();
        let mut made = Vec::new();
        for _ in 0..draw.below(4) {
            let mut row = invitation::Model {
                id: InvitationId::new(until),
                team_id: team.id,
                team_type: team.team_type,
                team_scope: team.scope.clone(),
                role_id: draw.pick(&roles).id,
                role_scope: scope_of_preset(team.team_type),
                code_hash: None,
                created_by: Some(issuer.user_id),
                used_by: None,
                created_at: draw.moment(issuer.joined_at, until - LIFE),
                expires_at: until,
                used_at: None,
                revoked_at: None,
            };
            match draw.below(10) {
                // Open: of the last hours.
                0..3 if issuer.joined_at < until - LIFE => {
                    row.created_at = draw.moment(until - LIFE / 2, until);
                    row.code_hash = Some(self.code());
                }
                // Used, by somebody who has joined.
                3..7 if seats.len() > 1 => {
                    let seat = draw.pick(&seats[1..]);
                    let used_at = seat.joined_at;
                    row.created_at = draw.moment((used_at - LIFE).max(issuer.joined_at), used_at);
                    (row.used_at, row.used_by) = (Some(used_at), Some(seat.user_id));
                }
                7 => row.revoked_at = Some(row.created_at + TimeDelta::minutes(50)),
                // Expired.
                _ => {}
            }
            row.expires_at = row.created_at + LIFE;
            // Of one who joined within the last day some would be open again, by nothing but their time.
            if row.used_at.is_none() && row.code_hash.is_none() && row.expires_at > until {
                row.revoked_at = Some(row.created_at);
            }
            row.id = InvitationId::drawn(row.created_at, draw.tail());
            made.push(row);
        }
        made
    }

    /// The hash of a new code.
    fn code(&mut self) -> String {
        loop {
            let hash = code::invitation_hash(self.keys, &code::new_invitation());
            if self.codes.insert(hash.clone()) {
                return hash;
            }
        }
    }
}

/// So many members of the platform, none of them twice; the first is active, as the first administrator is.
fn members(plan: &Plan, draw: &mut Draw, size: u64) -> Vec<(u64, user::Model)> {
    let pool = plan.users - plan.staff;
    let (mut taken, mut members) = (HashSet::new(), Vec::with_capacity(place(size)));
    while (members.len() as u64) < size.min(pool) {
        let number = plan.staff + draw.below(pool);
        if !taken.insert(number) {
            continue;
        }
        let user = person(plan, number);
        if members.is_empty() && user.disabled_at.is_some() {
            taken.remove(&number);
            continue;
        }
        members.push((number, user));
    }
    members
}

/// The notices of expiry that were written by now, so that a server that starts writes none of years ago.
fn notices(team: &team::Model, until: DateTime<Utc>) -> Vec<team_notice::Model> {
    let Some(expires_at) = team.expires_at else {
        return Vec::new();
    };
    [30, 7, 1, 0]
        .map(|days| (days, expires_at - TimeDelta::days(i64::from(days))))
        .into_iter()
        .filter(|(_, due)| *due <= until)
        .map(|(days, due)| team_notice::Model {
            team_id: team.id,
            expires_at,
            days,
            created_at: due,
        })
        .collect()
}
