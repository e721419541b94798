//! What somebody sees who looks around: the menus, their own teams, and of each team as much as is in their sight.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{Handle, MEMBER_MANAGEMENT, Model, Role, Seconds, TeamType};

/// All that one sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub menus: Vec<String>,
    /// One's own roles by team, with what they permit.
    pub memberships: BTreeMap<Handle, (Role, BTreeSet<String>)>,
    pub listed: BTreeSet<Handle>,
    pub teams: BTreeMap<Handle, SeenTeam>,
}

/// What one sees of a team; what is out of one's sight is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTeam {
    pub name: String,
    pub team_type: String,
    pub status: String,
    pub permissions: BTreeSet<String>,
    pub remark: Option<String>,
    pub expires: Option<Seconds>,
    pub has_link: bool,
    pub superapp_team: Option<Handle>,
    pub admins: Option<BTreeSet<Handle>>,
    pub member_count: Option<usize>,
    pub members: Option<BTreeMap<Handle, Role>>,
    pub roles: Option<BTreeSet<Role>>,
    pub invitations: Option<BTreeSet<Handle>>,
    pub resources: Option<BTreeSet<Handle>>,
    pub bound_teams: Option<BTreeSet<Handle>>,
}

impl Model {
    /// What this user sees.
    pub(super) fn seen_by(&self, me: Handle) -> Seen {
        let mine = self
            .teams
            .iter()
            .filter_map(|(team, row)| Some((*team, *row.members.get(&me)?)));
        let memberships = mine
            .map(|(team, role)| {
                let team_type = self.teams[&team].team_type;
                let permissions = team_type.table().iter().map(|(name, _)| *name);
                let given = permissions
                    .filter(|name| self.gives(role, name))
                    .map(str::to_owned);
                (team, (role, given.collect()))
            })
            .collect();
        let in_sight: Vec<Handle> = self
            .teams
            .keys()
            .copied()
            .filter(|team| self.sees(me, *team))
            .collect();
        Seen {
            menus: self.menus(me),
            memberships,
            listed: self.listed(me),
            teams: in_sight
                .into_iter()
                .map(|team| (team, self.team_seen_by(me, team)))
                .collect(),
        }
    }

    /// All teams for platform staff, their own for the others.
    fn listed(&self, me: Handle) -> BTreeSet<Handle> {
        let is_staff = self.users[&me].account_type.is_staff();
        let teams = self.teams.iter();
        let listed = teams.filter(|(_, team)| is_staff || team.members.contains_key(&me));
        listed.map(|(team, _)| *team).collect()
    }

    fn menus(&self, me: Handle) -> Vec<String> {
        let is_staff = self.users[&me].account_type.is_staff();
        let in_a_team_of = |team_type: TeamType| {
            self.teams
                .values()
                .any(|team| team.team_type == team_type && team.members.contains_key(&me))
        };
        let holds = |permissions: &[&str]| {
            permissions
                .iter()
                .any(|permission| self.teams.keys().any(|team| self.holds(me, *team, permission)))
        };
        let menus = [
            ("ACCOUNT", true),
            ("USER_MANAGEMENT", is_staff),
            ("TEAM_MANAGEMENT", is_staff || holds(&[MEMBER_MANAGEMENT])),
            (
                "SUPERAPP_MANAGEMENT",
                is_staff || in_a_team_of(TeamType::Superapp),
            ),
            (
                "MINI_PROGRAM_MANAGEMENT",
                is_staff || in_a_team_of(TeamType::MiniProgram),
            ),
            (
                "OPERATIONS_MANAGEMENT",
                is_staff || holds(&["DATA_DASHBOARD", "USER_FEEDBACK", "USER_COMPLAINTS"]),
            ),
            ("PLATFORM_MANAGEMENT", is_staff),
            ("SECURITY_CENTER", is_staff),
        ];
        let shown = menus.into_iter().filter(|(_, is_shown)| *is_shown);
        shown.map(|(name, _)| name.to_owned()).collect()
    }

    fn team_seen_by(&self, me: Handle, handle: Handle) -> SeenTeam {
        let team = &self.teams[&handle];
        let is_staff = self.users[&me].account_type.is_staff();
        let is_inside = is_staff || team.members.contains_key(&me);
        let is_bound = team
            .superapp_team
            .is_some_and(|superapp| self.is_admin(me, superapp));
        let governs = is_staff || self.is_admin(me, handle);
        let invites = is_staff || self.holds(me, handle, MEMBER_MANAGEMENT);
        let admins = || {
            let seats = team.members.iter();
            let admins = seats.filter(|(_, role)| role.is_administrator());
            admins.map(|(user, _)| *user).collect()
        };
        let permissions = team.team_type.table().iter().map(|(name, _)| *name);
        let own_roles = self.roles.iter().filter(|(_, role)| role.team == handle);
        let own_roles = own_roles.map(|(role, _)| Role::Custom(*role));
        let preset_roles =
            (0..super::state::PRESETS.len()).map(|column| Role::Preset(team.team_type, column));
        let invitations = self.invitations.iter().filter(|(_, code)| code.team == handle);
        let resources = self.resources.iter().filter(|(_, it)| it.team == handle);
        let bound_teams = self
            .teams
            .iter()
            .filter(|(_, bound)| bound.superapp_team == Some(handle));
        SeenTeam {
            name: team.name.clone(),
            team_type: team.team_type.name().to_owned(),
            status: self.status(team).to_owned(),
            permissions: permissions
                .filter(|name| self.holds(me, handle, name))
                .map(str::to_owned)
                .collect(),
            remark: team.remark.clone().filter(|_| is_inside),
            expires: team.expires.filter(|_| is_inside || is_bound),
            has_link: governs && team.link.is_some(),
            superapp_team: team.superapp_team.filter(|_| is_inside),
            admins: (is_inside || is_bound).then(admins),
            member_count: (is_inside || is_bound).then_some(team.members.len()),
            members: is_inside.then(|| team.members.clone()),
            roles: is_inside.then(|| preset_roles.chain(own_roles).collect()),
            invitations: invites.then(|| invitations.map(|(code, _)| *code).collect()),
            resources: is_inside.then(|| resources.map(|(resource, _)| *resource).collect()),
            bound_teams: governs.then(|| bound_teams.map(|(bound, _)| *bound).collect()),
        }
    }
}
