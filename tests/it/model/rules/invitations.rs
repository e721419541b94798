//! What is done with invitation codes.

use super::super::state::{CodeState, Count, DAY, Handle, Invitation, MEMBER_MANAGEMENT, Model, Role};
use super::super::step::{Actor, Outcome};
use super::counts::WRONG_INVITATIONS;
use super::{Need, not_found};

impl Model {
    pub(super) fn invite(
        &mut self,
        actor: Actor,
        new: Handle,
        team: Handle,
        role: Role,
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Holder(MEMBER_MANAGEMENT)])?;
        self.enter(me, team, MEMBER_MANAGEMENT)?;
        if !self.has_role(team, role) {
            return not_found();
        }
        if role.is_administrator() {
            return Err(Outcome::error("INVALID", "roleId"));
        }
        let invitation = Invitation {
            team,
            role,
            state: CodeState::Open,
            issuer: Some(me),
            used_by: None,
            expires: self.now + DAY,
        };
        self.invitations.insert(new, invitation);
        Ok(())
    }

    pub(super) fn revoke(&mut self, actor: Actor, invitation: Handle) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Holder(MEMBER_MANAGEMENT)])?;
        // Who does not manage the team's members does not see its invitations.
        let team = self.invitations.get(&invitation).map(|code| code.team);
        if !team.is_some_and(|team| self.holds(me, team, MEMBER_MANAGEMENT)) {
            return not_found();
        }
        let now = self.now;
        let code = self.invitations.get_mut(&invitation).unwrap();
        if code.state == CodeState::Open && now < code.expires {
            code.state = CodeState::Revoked;
        }
        Ok(())
    }

    pub(super) fn join(&mut self, actor: Actor, code: Handle) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::SignedIn])?;
        if self.users[&me].account_type.is_staff() {
            return Err(Outcome::error("STAFF_CANNOT_JOIN", "code"));
        }
        let tries = Count::Invitations(me);
        if self.count(tries.clone(), WRONG_INVITATIONS).is_none() {
            return Err(Outcome::fails("RATE_LIMITED"));
        }
        let Some(code) = self.usable(code) else {
            return Err(Outcome::error("INVALID_INVITATION", "code"));
        };
        // It was right, and so is not counted.
        self.give_back(&tries, WRONG_INVITATIONS);
        let team = self.invitations[&code].team;
        if self.teams[&team].members.contains_key(&me) {
            return Err(Outcome::error("ALREADY_MEMBER", "code"));
        }
        self.redeem(me, code);
        Ok(())
    }

    /// A code that works: neither used, revoked nor expired, of an active team, of an issuer who may issue it.
    pub fn usable(&self, code: Handle) -> Option<Handle> {
        let row = self.invitations.get(&code)?;
        let works = row.state == CodeState::Open
            && self.now < row.expires
            && self.is_active(&self.teams[&row.team])
            && row.issuer.is_some_and(|issuer| {
                !self.users[&issuer].is_disabled && self.holds(issuer, row.team, MEMBER_MANAGEMENT)
            });
        works.then_some(code)
    }
}
