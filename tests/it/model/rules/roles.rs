//! What is done to custom roles.

use std::collections::BTreeSet;

use super::super::state::{CustomRole, Handle, MEMBER_MANAGEMENT, Model, PRESETS, Role};
use super::super::step::{Actor, Outcome};
use super::{Errors, Need, folded, forbidden, not_found};

impl Model {
    pub(super) fn take_role_name(
        &self,
        errors: &mut Errors,
        team: Handle,
        name: &str,
        except: Option<Handle>,
    ) {
        let taken = self.roles.iter().any(|(handle, role)| {
            role.team == team && Some(*handle) != except && folded(&role.name) == folded(name)
        });
        let reserved = PRESETS.iter().any(|preset| folded(preset) == folded(name));
        if errors.name("name", name, true) {
            errors.require(!taken && !reserved, "TAKEN", "name");
        }
    }

    pub(super) fn take_permissions(
        &self,
        errors: &mut Errors,
        team: Handle,
        permissions: &[&'static str],
    ) -> BTreeSet<&'static str> {
        let known = self.teams[&team].team_type.table();
        for (place, permission) in permissions.iter().enumerate() {
            let is_known = known.iter().any(|(name, _)| name == permission);
            errors.require(is_known, "INVALID", &format!("permissions.{place}"));
        }
        permissions.iter().copied().collect()
    }

    pub(super) fn create_role(
        &mut self,
        actor: Actor,
        new: Handle,
        team: Handle,
        name: &str,
        permissions: &[&'static str],
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Holder(MEMBER_MANAGEMENT)])?;
        self.enter(me, team, MEMBER_MANAGEMENT)?;
        let mut errors = Errors::default();
        self.take_role_name(&mut errors, team, name, None);
        let permissions = self.take_permissions(&mut errors, team, permissions);
        errors.done()?;
        let name = name.to_owned();
        self.roles.insert(
            new,
            CustomRole {
                team,
                name,
                permissions,
            },
        );
        Ok(())
    }

    /// The way to a custom role: seen by the members of its team. Preset ones are nobody's to change.
    pub(super) fn enter_to_role(
        &self,
        actor: Actor,
        role: Role,
    ) -> Result<(Handle, Handle, Handle), Outcome> {
        let me = self.guard(actor, &[Need::Holder(MEMBER_MANAGEMENT)])?;
        let Role::Custom(handle) = role else {
            return forbidden();
        };
        let Some(team) = self.roles.get(&handle).map(|role| role.team) else {
            return not_found();
        };
        if !self.teams[&team].members.contains_key(&me) {
            return not_found();
        }
        self.enter(me, team, MEMBER_MANAGEMENT)?;
        Ok((me, handle, team))
    }

    pub(super) fn update_role(
        &mut self,
        actor: Actor,
        role: Role,
        name: Option<&str>,
        permissions: Option<&[&'static str]>,
    ) -> Result<(), Outcome> {
        let (me, handle, team) = self.enter_to_role(actor, role)?;
        let mut errors = Errors::default();
        errors.require(self.teams[&team].members[&me] != role, "OWN_ROLE", "roleId");
        if let Some(name) = name {
            self.take_role_name(&mut errors, team, name, Some(handle));
        }
        let permissions =
            permissions.map(|permissions| self.take_permissions(&mut errors, team, permissions));
        errors.done()?;
        let row = self.roles.get_mut(&handle).unwrap();
        if let Some(name) = name {
            name.clone_into(&mut row.name);
        }
        if let Some(permissions) = permissions {
            row.permissions = permissions;
        }
        self.void_codes_of_the_unentitled(team);
        Ok(())
    }

    pub(super) fn delete_role(&mut self, actor: Actor, role: Role) -> Result<(), Outcome> {
        let (_, handle, team) = self.enter_to_role(actor, role)?;
        if self.teams[&team].members.values().any(|held| *held == role) {
            return Err(Outcome::error("IN_USE", "roleId"));
        }
        self.void_codes(|code| code.role == role);
        self.roles.remove(&handle);
        Ok(())
    }
}
