//! What is done to superapps and mini programs.

use super::super::state::{Handle, Model, Resource, TeamType};
use super::super::step::{Actor, Outcome};
use super::{Errors, Need, not_found};

impl Model {
    const RESOURCES: [Need; 2] = [
        Need::Holder("SUPERAPP_MANAGEMENT"),
        Need::Holder("MINI_PROGRAM_MANAGEMENT"),
    ];

    pub(super) fn take_manager(&self, errors: &mut Errors, team: Handle, manager: Option<Handle>) {
        let is_member = manager.is_none_or(|manager| self.teams[&team].members.contains_key(&manager));
        errors.require(is_member, "NOT_A_MEMBER", "managerId");
    }

    pub(super) fn create_resource(
        &mut self,
        actor: Actor,
        new: Handle,
        team: Handle,
        kind: TeamType,
        name: &str,
        manager: Option<Handle>,
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &Self::RESOURCES)?;
        if !self.sees(me, team) {
            return not_found();
        }
        let team_type = self.teams[&team].team_type;
        self.enter(me, team, team_type.resource_permission())?;
        let mut errors = Errors::default();
        errors.require(kind == team_type, "INVALID", "kind");
        errors.name("name", name, true);
        self.take_manager(&mut errors, team, manager);
        errors.done()?;
        let name = name.to_owned();
        self.resources.insert(new, Resource { team, name, manager });
        Ok(())
    }

    /// The way to a resource: seen by the members of its team.
    pub(super) fn manage_resource(&self, actor: Actor, resource: Handle) -> Result<Handle, Outcome> {
        let me = self.guard(actor, &Self::RESOURCES)?;
        let Some(row) = self.resources.get(&resource) else {
            return not_found();
        };
        if !self.teams[&row.team].members.contains_key(&me) {
            return not_found();
        }
        self.enter(
            me,
            row.team,
            self.teams[&row.team].team_type.resource_permission(),
        )?;
        Ok(row.team)
    }

    pub(super) fn update_resource(
        &mut self,
        actor: Actor,
        resource: Handle,
        name: Option<&str>,
        manager: Option<Handle>,
        no_manager: bool,
    ) -> Result<(), Outcome> {
        let team = self.manage_resource(actor, resource)?;
        let mut errors = Errors::default();
        if let Some(name) = name {
            errors.name("name", name, true);
        }
        errors.require(!(no_manager && manager.is_some()), "INVALID", "noManager");
        self.take_manager(&mut errors, team, manager);
        errors.done()?;
        let row = self.resources.get_mut(&resource).unwrap();
        if let Some(name) = name {
            name.clone_into(&mut row.name);
        }
        row.manager = manager.or(row.manager.filter(|_| !no_manager));
        Ok(())
    }
}
