//! What is done to members.

use super::super::state::{AccountType, Handle, MEMBER_MANAGEMENT, Model, Password, Role};
use super::super::step::{Actor, Outcome};
use super::{Errors, Need, forbidden, not_found};

impl Model {
    pub(super) fn add_members(
        &mut self,
        actor: Actor,
        team: Handle,
        members: &[(Handle, Role)],
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Holder(MEMBER_MANAGEMENT)])?;
        self.enter(me, team, MEMBER_MANAGEMENT)?;
        let mut errors = Errors::default();
        errors.require(!members.is_empty(), "REQUIRED", "members");
        let mut added: std::collections::BTreeMap<Handle, Role> = std::collections::BTreeMap::new();
        for (place, (user, role)) in members.iter().enumerate() {
            let (user_field, role_field) = (
                format!("members.{place}.userId"),
                format!("members.{place}.roleId"),
            );
            let has_role = self.has_role(team, *role);
            errors.require(has_role, "NOT_FOUND", &role_field);
            if has_role && role.is_administrator() && !self.is_admin(me, team) {
                return forbidden();
            }
            match self.users.get(user).filter(|user| !user.is_disabled) {
                None => errors.require(false, "NOT_FOUND", &user_field),
                Some(row) if row.account_type.is_staff() => {
                    errors.require(false, "STAFF_CANNOT_JOIN", &user_field);
                }
                Some(_) if self.teams[&team].members.contains_key(user) || added.contains_key(user) => {
                    errors.require(false, "ALREADY_MEMBER", &user_field);
                }
                Some(_) if has_role => drop(added.insert(*user, *role)),
                Some(_) => {}
            }
        }
        errors.done()?;
        self.teams.get_mut(&team).unwrap().members.extend(added);
        Ok(())
    }

    pub(super) fn create_member(
        &mut self,
        actor: Actor,
        new: Handle,
        team: Handle,
        role: Role,
        name: &str,
        account: &str,
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Holder(MEMBER_MANAGEMENT)])?;
        self.enter(me, team, MEMBER_MANAGEMENT)?;
        if !self.has_role(team, role) {
            return not_found();
        }
        if role.is_administrator() && !self.is_admin(me, team) {
            return forbidden();
        }
        let mut errors = Errors::default();
        errors.name("name", name, false);
        self.take_account(&mut errors, "account", account);
        errors.done()?;
        let password = Password::Generated(new);
        self.make_user(new, (name, account), AccountType::Member, password);
        self.teams.get_mut(&team).unwrap().members.insert(new, role);
        Ok(())
    }

    /// The way to a member: seen by the members of the team alone.
    pub(super) fn enter_to(
        &self,
        actor: Actor,
        team: Handle,
        user: Handle,
    ) -> Result<(Handle, Role), Outcome> {
        let me = self.guard(actor, &[Need::Holder(MEMBER_MANAGEMENT)])?;
        let Some(row) = self.teams.get(&team).filter(|row| row.members.contains_key(&me)) else {
            return not_found();
        };
        let Some(role) = row.members.get(&user) else {
            return not_found();
        };
        self.enter(me, team, MEMBER_MANAGEMENT)?;
        Ok((me, *role))
    }

    pub(super) fn update_member(
        &mut self,
        actor: Actor,
        team: Handle,
        user: Handle,
        role: Role,
    ) -> Result<(), Outcome> {
        let (me, before) = self.enter_to(actor, team, user)?;
        if !self.has_role(team, role) {
            return not_found();
        }
        if me == user {
            return Err(Outcome::error("OWN_ROLE", "membershipId"));
        }
        if (before.is_administrator() || role.is_administrator()) && !self.is_admin(me, team) {
            return forbidden();
        }
        if before.is_administrator() && !role.is_administrator() {
            self.spare(user, &[team], "membershipId")?;
        }
        self.teams.get_mut(&team).unwrap().members.insert(user, role);
        self.void_codes_of_the_unentitled(team);
        Ok(())
    }

    pub(super) fn remove_member(&mut self, actor: Actor, team: Handle, user: Handle) -> Result<(), Outcome> {
        let (me, role) = self.enter_to(actor, team, user)?;
        if role.is_administrator() {
            if !self.is_admin(me, team) {
                return forbidden();
            }
            self.spare(user, &[team], "membershipId")?;
        }
        self.take_out(team, user);
        Ok(())
    }

    pub(super) fn leave(&mut self, actor: Actor, team: Handle) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Member])?;
        if !self.sees(me, team) {
            return not_found();
        }
        let Some(role) = self.teams[&team].members.get(&me) else {
            return forbidden();
        };
        if role.is_administrator() {
            self.spare(me, &[team], "teamId")?;
        }
        self.take_out(team, me);
        Ok(())
    }
}
