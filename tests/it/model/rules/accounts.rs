//! What people do to their own account, and what is done with passwords and addresses.

use super::super::state::{
    AccountType, CodeState, Count, Handle, Model, Password, Purpose, Role, Tokens, User,
};
use super::super::step::{Actor, NewPassword, Outcome, Setting};
use super::{Errors, Need, folded};

/// What a bad address looks like here.
pub const NO_ADDRESS: &str = "no address";

impl Errors {
    pub(super) fn email(&mut self, field: &str, email: &str) {
        self.require(email != NO_ADDRESS, "INVALID", field);
    }
}

impl Model {
    // Passwords.

    /// A new user, with a password that somebody else chose.
    pub(super) fn make_user(
        &mut self,
        new: Handle,
        (name, account): (&str, &str),
        account_type: AccountType,
        password: Password,
    ) {
        let mut user = User::new(name, account, account_type, password, self.now);
        user.guarded.must_change = self.policy.change_after_reset;
        self.users.insert(new, user);
    }

    /// Checks the current password; the try stays counted.
    pub(super) fn try_password(
        &mut self,
        me: Handle,
        session: Tokens,
        password: Password,
        field: &str,
    ) -> Result<(), Outcome> {
        self.try_current(session)?;
        if self.users[&me].guarded.password == password {
            Ok(())
        } else {
            Err(Outcome::error("INCORRECT_PASSWORD", field))
        }
    }

    pub(super) fn forget_current(&mut self, session: Tokens) {
        self.counters.remove(&Count::Session(session));
    }

    /// Checks the current password, where it is all that is asked for.
    pub(super) fn check_current(
        &mut self,
        me: Handle,
        session: Tokens,
        password: Password,
        field: &str,
    ) -> Result<(), Outcome> {
        self.try_password(me, session, password, field)?;
        self.forget_current(session);
        Ok(())
    }

    /// Refuses one of the last passwords, the current one among them.
    pub(super) fn refuse_used(&self, user: Handle, password: Password, field: &str) -> Result<(), Outcome> {
        let guarded = &self.users[&user].guarded;
        let mut last = std::iter::once(&guarded.password)
            .chain(&guarded.former)
            .take(self.policy.refuses_previous);
        if last.any(|used| *used == password) {
            Err(Outcome::error("PASSWORD_REUSED", field))
        } else {
            Ok(())
        }
    }

    /// Sets another password: a lock is lifted, and a login that waits is over.
    pub(super) fn set_password(&mut self, user: Handle, password: Password, must_change: bool) {
        let (now, kept) = (self.now, self.policy.refuses_previous);
        let guarded = &mut self.users.get_mut(&user).unwrap().guarded;
        guarded.former.push_front(guarded.password);
        // No more are kept than are refused.
        guarded.former.truncate(kept);
        guarded.password = password;
        guarded.password_set = now;
        guarded.must_change = must_change;
        guarded.waiting = None;
        self.lift_locks(user);
    }

    pub(super) fn change_password(
        &mut self,
        actor: Actor,
        current: Password,
        new: NewPassword,
    ) -> Result<(), Outcome> {
        let (me, session) = self.guard_session(actor)?;
        let mut errors = Errors::default();
        errors.new_password(&self.policy, "newPassword", new);
        errors.done()?;
        self.check_current(me, session, current, "currentPassword")?;
        self.refuse_used(me, new.password, "newPassword")?;
        self.set_password(me, new.password, false);
        self.end_sessions(me, Some(session));
        Ok(())
    }

    pub(super) fn request_reset(&mut self, actor: Actor, new: Handle, email: &str) -> Result<(), Outcome> {
        self.come(actor)?;
        let mut errors = Errors::default();
        errors.email("email", email);
        errors.done()?;
        let address = folded(email);
        self.admit_code(&address)?;
        let owner = self.bound_to(&address);
        let is_told = owner.is_some_and(|owner| !self.users[&owner].is_disabled);
        self.issue_code(new, Purpose::Reset, address, is_told);
        Ok(())
    }

    /// To whom the address is bound.
    fn bound_to(&self, address: &str) -> Option<Handle> {
        let mut users = self.users.iter();
        let found =
            users.find(|(_, user)| user.guarded.email.as_deref().map(folded).as_deref() == Some(address));
        found.map(|(handle, _)| *handle)
    }

    pub(super) fn reset_forgotten(
        &mut self,
        actor: Actor,
        email: &str,
        code: Handle,
        new: NewPassword,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let mut errors = Errors::default();
        errors.email("email", email);
        errors.new_password(&self.policy, "newPassword", new);
        errors.done()?;
        let address = folded(email);
        self.try_code(Purpose::Reset, &address, code, "code")?;
        let Some(owner) = self.bound_to(&address) else {
            return Err(Outcome::error("INVALID_CODE", "code"));
        };
        self.refuse_used(owner, new.password, "newPassword")?;
        if self.users[&owner].is_disabled {
            return Err(Outcome::error("INVALID_CODE", "code"));
        }
        self.codes.remove(&(Purpose::Reset, address));
        self.set_password(owner, new.password, false);
        self.end_sessions(owner, None);
        Ok(())
    }

    pub(super) fn update_policy(&mut self, actor: Actor, settings: &[Setting]) -> Result<(), Outcome> {
        self.guard(actor, &[Need::Staff])?;
        let mut errors = Errors::default();
        for setting in settings {
            let (field, is_in_range) = match *setting {
                Setting::MinimumLength(length) => ("minimumLength", (8..=64).contains(&length)),
                Setting::RefusesPrevious(count) => ("refusesPrevious", (0..=24).contains(&count)),
                Setting::ExpiresAfterDays(days) => ("expiresAfterDays", (0..=365).contains(&days)),
                Setting::ChangeAfterReset(_) => continue,
                Setting::LockAfterFailures(count) => ("lockAfterFailures", (3..=20).contains(&count)),
                Setting::FailureWindowMinutes(minutes) => {
                    ("failureWindowMinutes", (1..=60).contains(&minutes))
                }
                Setting::LockMinutes(minutes) => ("lockMinutes", (1..=1440).contains(&minutes)),
            };
            errors.require(is_in_range, "INVALID", field);
        }
        errors.done()?;
        let policy = &mut self.policy;
        for setting in settings {
            match *setting {
                Setting::MinimumLength(length) => policy.minimum_length = length,
                Setting::RefusesPrevious(count) => policy.refuses_previous = count,
                Setting::ExpiresAfterDays(days) => policy.expires_after_days = days,
                Setting::ChangeAfterReset(is_needed) => policy.change_after_reset = is_needed,
                Setting::LockAfterFailures(count) => policy.lock_after_failures = count,
                Setting::FailureWindowMinutes(minutes) => policy.failure_window_minutes = minutes,
                Setting::LockMinutes(minutes) => policy.lock_minutes = minutes,
            }
        }
        Ok(())
    }

    // Addresses.

    pub(super) fn send_code(
        &mut self,
        actor: Actor,
        new: Handle,
        email: &str,
        is_to_bind: bool,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let asker = if is_to_bind {
            Some(self.guard(actor, &[Need::SignedIn])?)
        } else {
            None
        };
        let mut errors = Errors::default();
        errors.email("email", email);
        errors.done()?;
        let address = folded(email);
        self.admit_code(&address)?;
        let holder = self.holder(&address);
        // Another's letter says that there is an account, and holds no code.
        let is_told = holder.is_none() || holder == asker;
        let purpose = asker.map_or(Purpose::Register, Purpose::Bind);
        self.issue_code(new, purpose, address, is_told);
        Ok(())
    }

    pub(super) fn bind_email(
        &mut self,
        actor: Actor,
        email: &str,
        code: Handle,
        password: Password,
    ) -> Result<(), Outcome> {
        let (me, session) = self.guard_session(actor)?;
        let mut errors = Errors::default();
        errors.email("email", email);
        errors.done()?;
        self.check_current(me, session, password, "password")?;
        let address = folded(email);
        self.try_code(Purpose::Bind(me), &address, code, "verificationCode")?;
        if self.bound_to(&address) == Some(me) {
            return Err(Outcome::error("ALREADY_BOUND", "email"));
        }
        if self.holder(&address).is_some_and(|holder| holder != me) {
            return Err(Outcome::error("TAKEN", "email"));
        }
        self.codes.remove(&(Purpose::Bind(me), address.clone()));
        let guarded = &mut self.users.get_mut(&me).unwrap().guarded;
        guarded.email = Some(email.to_owned());
        let proposed = guarded.proposed_email.take();
        guarded.proposed_email = proposed.filter(|proposed| folded(proposed) != address);
        Ok(())
    }

    pub(super) fn unbind_email(&mut self, actor: Actor, password: Password) -> Result<(), Outcome> {
        let (me, session) = self.guard_session(actor)?;
        if self.users[&me].guarded.has_registered {
            return Err(Outcome::error("REQUIRED", ""));
        }
        self.check_current(me, session, password, "password")?;
        self.drop_email(me, "")
    }

    pub(super) fn unbind_user_email(&mut self, actor: Actor, user: Handle) -> Result<(), Outcome> {
        self.govern_another(actor, user)?;
        self.drop_email(user, "userId")
    }

    fn drop_email(&mut self, user: Handle, field: &str) -> Result<(), Outcome> {
        let email = self.users.get_mut(&user).unwrap().guarded.email.take();
        match email {
            Some(_) => Ok(()),
            None => Err(Outcome::error("NOT_BOUND", field)),
        }
    }

    pub(super) fn update_profile(&mut self, actor: Actor, name: &str) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::SignedIn])?;
        let mut errors = Errors::default();
        errors.name("name", name, false);
        errors.done()?;
        name.clone_into(&mut self.users.get_mut(&me).unwrap().name);
        Ok(())
    }

    pub(super) fn register(
        &mut self,
        actor: Actor,
        new: Handle,
        (name, account, email): (&str, &str, &str),
        code: Handle,
        password: NewPassword,
        invitation: Option<Handle>,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let mut errors = Errors::default();
        errors.name("name", name, false);
        errors.name("account", account, false);
        errors.typed_password(&self.policy, "password", password.password);
        errors.require(password.is_confirmed, "MISMATCH", "passwordConfirmation");
        errors.email("email", email);
        errors.done()?;
        let address = folded(email);
        self.try_code(Purpose::Register, &address, code, "verificationCode")?;
        // Who is there is told only now; of two names that are taken the first in their order.
        let mut names = [(folded(account), "account"), (address.clone(), "email")];
        names.sort_unstable();
        if let Some((_, field)) = names.iter().find(|(name, _)| self.holder(name).is_some()) {
            return Err(Outcome::error("TAKEN", field));
        }
        let invitation = invitation.map(|code| self.usable(code).ok_or(code));
        if let Some(Err(_)) = invitation {
            return Err(Outcome::error("INVALID_INVITATION", "invitationCode"));
        }
        self.codes.remove(&(Purpose::Register, address));
        let mut user = User::new(name, account, AccountType::Member, password.password, self.now);
        user.guarded.must_change = false;
        user.guarded.email = Some(email.to_owned());
        user.guarded.has_registered = true;
        self.users.insert(new, user);
        if let Some(Ok(code)) = invitation {
            self.redeem(new, code);
        }
        self.open_session(new, Tokens::Deed(new));
        Ok(())
    }

    /// Takes the code for a user who is not in its team.
    pub(super) fn redeem(&mut self, user: Handle, code: Handle) {
        let row = self.invitations.get_mut(&code).unwrap();
        (row.state, row.used_by) = (CodeState::Used, Some(user));
        let (team, role): (Handle, Role) = (row.team, row.role);
        self.teams.get_mut(&team).unwrap().members.insert(user, role);
    }
}
