//! What is done to accounts.

use super::super::state::{AccountType, Handle, Model, Purpose};
use super::super::step::{Actor, Choice, Outcome};
use super::{Errors, Need, folded, forbidden, may_make};

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
        errors.choice(&self.policy, "password", password);
        errors.done()?;
        let password = password.chosen(new).expect("one was chosen");
        self.make_user(new, (name, account), account_type, password);
        Ok(())
    }

    pub(super) fn update_user(
        &mut self,
        actor: Actor,
        new: Handle,
        user: Handle,
        name: Option<&str>,
        account_type: Option<AccountType>,
        email: Option<&str>,
    ) -> Result<(), Outcome> {
        let me = self.govern(actor, user, true)?;
        let row = self.users[&user].clone();
        let retyped = account_type.filter(|account_type| *account_type != row.account_type);
        let mut errors = Errors::default();
        if let Some(name) = name {
            errors.name("name", name, false);
        }
        if let Some(email) = email {
            errors.email("email", email);
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
            self.end_sessions(user, None);
        }
        let row = self.users.get_mut(&user).unwrap();
        if let Some(name) = name {
            name.clone_into(&mut row.name);
        }
        if let Some(email) = email {
            let address = folded(email);
            if row.guarded.email.as_deref().map(folded).as_ref() == Some(&address) {
                return Err(Outcome::error("ALREADY_BOUND", "email"));
            }
            row.guarded.proposed_email = Some(email.to_owned());
            self.issue_code(new, Purpose::Bind(user), address, true);
        }
        Ok(())
    }

    pub(super) fn delete_user(&mut self, actor: Actor, user: Handle) -> Result<(), Outcome> {
        self.govern(actor, user, false)?;
        self.spare(user, &self.teams_of_admin(user), "userId")?;
        self.end_sessions(user, None);
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
        new: Handle,
        user: Handle,
        choice: Choice,
    ) -> Result<(), Outcome> {
        self.govern_another(actor, user)?;
        let mut errors = Errors::default();
        errors.choice(&self.policy, "password", choice);
        errors.done()?;
        let password = choice.chosen(new).expect("one was chosen");
        self.refuse_used(user, password, "password")?;
        self.set_password(user, password, self.policy.change_after_reset);
        self.end_sessions(user, None);
        Ok(())
    }
}
