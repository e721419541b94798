//! What is done to accounts.

use super::super::state::{AccountType, Handle, Model, User};
use super::super::step::{Actor, Choice, Outcome};
use super::{Errors, Need, forbidden, may_make};

impl Model {
    pub(super) fn create_user(
        &mut self,
        actor: Actor,
        new: Handle,
        name: &str,
        account: &str,
        account_type: AccountType,
        password: Choice,
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Staff])?;
        if !may_make(me, account_type) {
            return forbidden();
        }
        let mut errors = Errors::default();
        errors.name("name", name, false);
        self.take_account(&mut errors, "account", account);
        errors.password("password", password);
        errors.done()?;
        self.users.insert(new, User::new(name, account, account_type));
        Ok(())
    }

    pub(super) fn update_user(
        &mut self,
        actor: Actor,
        user: Handle,
        name: Option<&str>,
        account_type: Option<AccountType>,
    ) -> Result<(), Outcome> {
        let me = self.govern(actor, user, true)?;
        let row = self.users[&user].clone();
        let retyped = account_type.filter(|account_type| *account_type != row.account_type);
        let mut errors = Errors::default();
        if let Some(name) = name {
            errors.name("name", name, false);
        }
        errors.done()?;
        if let Some(account_type) = retyped {
            if !(may_make(me, account_type) && may_make(me, row.account_type)) {
                return forbidden();
            }
            let in_a_team = self.teams.values().any(|team| team.members.contains_key(&user));
            if account_type.is_staff() && in_a_team {
                return Err(Outcome::error("HAS_MEMBERSHIPS", "accountType"));
            }
            self.users.get_mut(&user).unwrap().account_type = account_type;
            self.end_sessions(user);
        }
        if let Some(name) = name {
            name.clone_into(&mut self.users.get_mut(&user).unwrap().name);
        }
        Ok(())
    }

    pub(super) fn delete_user(&mut self, actor: Actor, user: Handle) -> Result<(), Outcome> {
        self.govern(actor, user, false)?;
        self.spare(user, &self.teams_of_admin(user), "userId")?;
        self.end_sessions(user);
        self.void_codes(|code| code.issuer == Some(user));
        let teams: Vec<Handle> = self.teams.keys().copied().collect();
        for team in teams {
            self.take_out(team, user);
        }
        for team in self.teams.values_mut() {
            team.registered_by = team.registered_by.filter(|by| *by != user);
        }
        for code in self.invitations.values_mut() {
            code.issuer = code.issuer.filter(|issuer| *issuer != user);
            code.used_by = code.used_by.filter(|used_by| *used_by != user);
        }
        self.users.remove(&user);
        Ok(())
    }

    pub(super) fn reset_password(
        &mut self,
        actor: Actor,
        user: Handle,
        password: Choice,
    ) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::Staff])?;
        if me == user {
            return Err(Outcome::error("USE_OWN_ACCOUNT", "userId"));
        }
        self.govern(actor, user, false)?;
        let mut errors = Errors::default();
        errors.password("password", password);
        errors.done()?;
        self.end_sessions(user);
        let row = self.users.get_mut(&user).unwrap();
        row.must_change = true;
        row.failures.count = 0;
        Ok(())
    }
}
