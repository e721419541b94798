//! What is done with sessions.

use super::super::state::{AccountType, Failures, Handle, Login, Model, ROOT, Session, SessionName, User};
use super::super::step::{Actor, Outcome};
use super::{Need, forbidden, not_found};

/// After so many failures an account is locked.
const LOCK_AFTER: usize = 5;

impl Model {
    /// Whether the session by which the user does things goes on.
    pub fn is_signed_in(&self, user: Handle) -> bool {
        let main = self.users.get(&user).and_then(|user| user.main);
        main.is_some_and(|main| self.now < main.until)
    }

    pub fn is_locked(&self, user: &User) -> bool {
        user.failures.at == self.now && user.failures.count >= LOCK_AFTER
    }

    /// Whose session it is, while it goes on.
    pub fn owner(&self, session: SessionName) -> Option<Handle> {
        match session {
            SessionName::Main(user) => Some(user).filter(|user| self.is_signed_in(*user)),
            SessionName::Login(login) => {
                let login = self.logins.get(&login)?;
                (!login.is_over && self.now < login.session.until).then_some(login.user)
            }
        }
    }

    /// How many devices the user is signed in at.
    pub fn sessions_of(&self, user: Handle) -> usize {
        let main = usize::from(self.is_signed_in(user));
        let logins = self.logins.keys();
        main + logins
            .filter(|login| self.owner(SessionName::Login(**login)) == Some(user))
            .count()
    }

    pub(super) fn end_logins(&mut self, user: Handle) {
        for login in self.logins.values_mut().filter(|login| login.user == user) {
            login.is_over = true;
        }
    }

    pub(super) fn login(
        &mut self,
        actor: Actor,
        new: Handle,
        user: Handle,
        is_right: bool,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let now = self.now;
        let refused = Err(Outcome::error("INVALID_CREDENTIALS", ""));
        let Some(row) = self.users.get_mut(&user) else {
            return refused;
        };
        if row.failures.at != now {
            row.failures = Failures { at: now, count: 0 };
        }
        if row.failures.count >= LOCK_AFTER {
            return refused;
        }
        if !is_right || row.is_disabled {
            row.failures.count += 1;
            return refused;
        }
        row.failures.count = 0;
        if row.must_change {
            // It is changed, and that ends all other sessions.
            row.must_change = false;
            self.end_sessions(user);
        }
        let login = Login {
            user,
            session: Session::new(now),
            is_over: false,
        };
        self.logins.insert(new, login);
        Ok(())
    }

    pub(super) fn refresh(&mut self, actor: Actor, login: Handle) -> Result<(), Outcome> {
        self.come(actor)?;
        if self.owner(SessionName::Login(login)).is_none() {
            return Err(Outcome::error("INVALID_CREDENTIALS", "refreshToken"));
        }
        let now = self.now;
        self.logins.get_mut(&login).unwrap().session.refresh(now);
        Ok(())
    }

    /// Who is not signed in has nothing to end.
    pub(super) fn logout(&mut self, actor: Actor) -> Result<(), Outcome> {
        if let Some(me) = self.come(actor)? {
            self.users.get_mut(&me).unwrap().main = None;
        }
        Ok(())
    }

    /// One's own, and those of whom platform staff govern; nobody else sees it.
    pub(super) fn revoke_session(&mut self, actor: Actor, session: SessionName) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::SignedIn])?;
        let is_staff = self.users[&me].account_type.is_staff();
        let Some(owner) = self.owner(session).filter(|owner| *owner == me || is_staff) else {
            return not_found();
        };
        let reaches = owner == me || me == ROOT || self.users[&owner].account_type == AccountType::Member;
        if !reaches {
            return forbidden();
        }
        match session {
            SessionName::Main(user) => self.users.get_mut(&user).unwrap().main = None,
            SessionName::Login(login) => self.logins.get_mut(&login).unwrap().is_over = true,
        }
        Ok(())
    }

    pub(super) fn revoke_others(&mut self, actor: Actor) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::SignedIn])?;
        self.end_logins(me);
        Ok(())
    }
}
