//! What is done to teams, and by links.

use super::super::state::{AccountType, Handle, MEMBER_MANAGEMENT, Model, Password, Role, Team, TeamType};
use super::super::step::{Actor, Deed, Outcome};
use super::{Errors, Need, TEAMS_BY_LINK, folded, forbidden, not_found};

impl Model {
    /// Looks at users who are to be a team's admins; those who can be, each once.
    pub(super) fn take_admins(&self, errors: &mut Errors, admins: &[Handle]) -> Vec<Handle> {
        let mut chosen: Vec<Handle> = Vec::new();
        for (place, admin) in admins.iter().enumerate() {
            if admins[..place].contains(admin) {
                continue;
            }
            let field = format!("adminIds.{place}");
            match self.users.get(admin) {
                None => errors.require(false, "NOT_FOUND", &field),
                Some(user) if user.account_type.is_staff() => {
                    errors.require(false, "STAFF_CANNOT_JOIN", &field);
                }
                Some(_) => chosen.push(*admin),
            }
        }
        chosen
    }

    pub(super) fn has_active(&self, users: &[Handle]) -> bool {
        users.iter().any(|user| !self.users[user].is_disabled)
    }

    pub(super) fn take_team_name(&self, errors: &mut Errors, name: &str, except: Option<Handle>) {
        let taken = self
            .teams
            .iter()
            .any(|(handle, team)| Some(*handle) != except && folded(&team.name) == folded(name));
        if errors.name("name", name, true) {
            errors.require(!taken, "TAKEN", "name");
        }
    }

    /// What a team can be bound to.
    pub(super) fn take_superapp_team(&self, errors: &mut Errors, to: Handle) -> Result<(), Outcome> {
        let Some(team) = self.teams.get(&to) else {
            return not_found();
        };
        errors.require(team.team_type == TeamType::Superapp, "INVALID", "superappTeamId");
        errors.require(self.is_active(team), "TEAM_NOT_ACTIVE", "superappTeamId");
        Ok(())
    }

    pub(super) fn create_team(&mut self, actor: Actor, new: Handle, deed: &Deed) -> Result<(), Outcome> {
        let Deed::CreateTeam {
            name,
            team_type,
            admins,
            new_admin,
            superapp_team,
            expires,
        } = deed
        else {
            unreachable!()
        };
        self.guard(actor, &[Need::Staff])?;
        let mut errors = Errors::default();
        self.take_team_name(&mut errors, name, None);
        errors.require(!admins.is_empty() || new_admin.is_some(), "REQUIRED", "adminIds");
        let chosen = self.take_admins(&mut errors, admins);
        if let Some((name, account)) = new_admin {
            errors.name("newAdmin.name", name, false);
            self.take_account(&mut errors, "newAdmin.account", account);
        } else if !chosen.is_empty() {
            errors.require(self.has_active(&chosen), "LAST_TEAM_ADMIN", "adminIds");
        }
        match (team_type, superapp_team) {
            (TeamType::Superapp, bound_to) => {
                errors.require(bound_to.is_none(), "INVALID", "superappTeamId");
                errors.require(expires.is_none(), "INVALID", "expiresAt");
            }
            (TeamType::MiniProgram, bound_to) => {
                match bound_to {
                    None => errors.require(false, "REQUIRED", "superappTeamId"),
                    Some(bound_to) => self.take_superapp_team(&mut errors, *bound_to)?,
                }
                errors.require(expires.is_none_or(|expires| expires > 0), "INVALID", "expiresAt");
            }
        }
        errors.done()?;
        let administrator = Role::administrator(*team_type);
        let mut members: std::collections::BTreeMap<Handle, Role> =
            chosen.into_iter().map(|user| (user, administrator)).collect();
        if let Some((name, account)) = new_admin {
            let password = Password::Generated(new);
            self.make_user(new, (name, account), AccountType::Member, password);
            members.insert(new, administrator);
        }
        let team = Team {
            name: name.clone(),
            team_type: *team_type,
            remark: None,
            is_disabled: false,
            expires: expires.map(|expires| self.now + expires),
            superapp_team: *superapp_team,
            link: (*team_type == TeamType::Superapp).then_some(new),
            registered_by: None,
            members,
        };
        self.teams.insert(new, team);
        Ok(())
    }

    pub(super) fn update_team(&mut self, actor: Actor, deed: &Deed) -> Result<(), Outcome> {
        let Deed::UpdateTeam {
            team,
            name,
            remark,
            admins,
            superapp_team,
            expires,
            never_expires,
        } = deed
        else {
            unreachable!()
        };
        let me = self.guard(actor, &[Need::Staff, Need::Holder(MEMBER_MANAGEMENT)])?;
        if self.users[&me].account_type.is_staff() {
            if !self.teams.contains_key(team) {
                return not_found();
            }
        } else {
            self.enter(me, *team, MEMBER_MANAGEMENT)?;
            // Its admins, expiry and binding are for staff.
            if admins.is_some() || superapp_team.is_some() || expires.is_some() || *never_expires {
                return forbidden();
            }
        }
        let row = self.teams[team].clone();
        let mut errors = Errors::default();
        if let Some(name) = name {
            self.take_team_name(&mut errors, name, Some(*team));
        }
        let chosen = admins.as_ref().map(|admins| {
            errors.require(!admins.is_empty(), "REQUIRED", "adminIds");
            self.take_admins(&mut errors, admins)
        });
        if let Some(chosen) = chosen.as_ref().filter(|chosen| !chosen.is_empty()) {
            errors.require(self.has_active(chosen), "LAST_TEAM_ADMIN", "adminIds");
        }
        if row.team_type == TeamType::Superapp {
            errors.require(superapp_team.is_none(), "INVALID", "superappTeamId");
            errors.require(expires.is_none(), "INVALID", "expiresAt");
        } else {
            if let Some(to) = superapp_team.filter(|to| Some(*to) != row.superapp_team) {
                self.take_superapp_team(&mut errors, to)?;
            }
            let both = *never_expires && expires.is_some();
            errors.require(!both, "INVALID", "neverExpires");
            errors.require(expires.is_none_or(|expires| expires > 0), "INVALID", "expiresAt");
        }
        errors.done()?;

        let now = self.now;
        let row = self.teams.get_mut(team).unwrap();
        if let Some(name) = name {
            row.name.clone_from(name);
        }
        if let Some(remark) = remark {
            row.remark = Some(remark.clone()).filter(|remark| !remark.is_empty());
        }
        row.superapp_team = superapp_team.or(row.superapp_team);
        row.expires = expires.map(|expires| now + expires).or(row.expires);
        if *never_expires {
            row.expires = None;
        }
        if let Some(chosen) = chosen {
            let administrator = Role::administrator(row.team_type);
            let left_out: Vec<Handle> = row
                .members
                .iter()
                .filter(|(user, role)| role.is_administrator() && !chosen.contains(user))
                .map(|(user, _)| *user)
                .collect();
            for user in chosen {
                row.members.insert(user, administrator);
            }
            for user in left_out {
                self.take_out(*team, user);
            }
        }
        Ok(())
    }

    pub(super) fn delete_team(&mut self, actor: Actor, team: Handle, confirmed: bool) -> Result<(), Outcome> {
        self.guard(actor, &[Need::Staff])?;
        if !self.teams.contains_key(&team) {
            return not_found();
        }
        let mut errors = Errors::default();
        errors.require(confirmed, "MISMATCH", "confirmName");
        let is_bound_to = self.teams.values().any(|other| other.superapp_team == Some(team));
        errors.require(!is_bound_to, "HAS_BOUND_TEAMS", "teamId");
        errors.done()?;
        self.teams.remove(&team);
        self.roles.retain(|_, role| role.team != team);
        self.invitations.retain(|_, code| code.team != team);
        self.resources.retain(|_, resource| resource.team != team);
        Ok(())
    }

    pub(super) fn reset_link(
        &mut self,
        actor: Actor,
        new: Handle,
        team: Handle,
        revoke: bool,
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Staff, Need::TeamAdmin])?;
        if !self.sees(me, team) {
            return not_found();
        }
        if !self.users[&me].account_type.is_staff() && !self.is_admin(me, team) {
            return forbidden();
        }
        let row = self.teams.get_mut(&team).unwrap();
        if row.team_type != TeamType::Superapp {
            return Err(Outcome::error("INVALID", "teamId"));
        }
        row.link = (!revoke).then_some(new);
        Ok(())
    }

    pub(super) fn register_team(
        &mut self,
        actor: Actor,
        new: Handle,
        link: Handle,
        name: &str,
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::SignedIn])?;
        if self.users[&me].account_type.is_staff() {
            return Err(Outcome::error("STAFF_CANNOT_JOIN", "token"));
        }
        // One of a team that is not active does not work.
        let superapp_team = self
            .teams
            .iter()
            .find(|(_, team)| team.link == Some(link) && self.is_active(team))
            .map(|(handle, _)| *handle);
        let mut errors = Errors::default();
        if superapp_team.is_some() {
            self.take_team_name(&mut errors, name, None);
            let registered = self.registered_by(me);
            errors.require(registered < TEAMS_BY_LINK, "LIMIT_REACHED", "token");
        } else {
            // Nothing is told of who is there to somebody without a link.
            errors.name("name", name, true);
            errors.require(false, "INVALID_CODE", "token");
        }
        errors.done()?;
        let team = Team {
            name: name.to_owned(),
            team_type: TeamType::MiniProgram,
            remark: None,
            is_disabled: false,
            expires: None,
            superapp_team,
            link: None,
            registered_by: Some(me),
            members: [(me, Role::administrator(TeamType::MiniProgram))].into(),
        };
        self.teams.insert(new, team);
        Ok(())
    }

    /// How many teams that still exist the user made by links.
    pub fn registered_by(&self, user: Handle) -> usize {
        let teams = self.teams.values();
        teams.filter(|team| team.registered_by == Some(user)).count()
    }
}
