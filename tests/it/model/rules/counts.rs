//! How often something may be tried.

use super::super::state::{
    Count, Counter, DAY, HOUR, Handle, Limit, MINUTE, MailedCode, Model, Purpose, Tokens,
};
use super::super::step::Outcome;

/// Invitation codes of a user that were wrong.
pub const WRONG_INVITATIONS: Limit = Limit {
    most: 10,
    window: HOUR,
    lock: Some(HOUR),
};

impl Model {
    /// Takes one of what there is; answers how many are left, or that there was none.
    pub(super) fn count(&mut self, what: Count, limit: Limit) -> Option<usize> {
        let now = self.now;
        let fresh = Counter {
            count: 0,
            started: now,
            ends: now + limit.window,
        };
        let counter = self.counters.entry(what).or_insert(fresh);
        if counter.ends <= now {
            *counter = fresh;
        }
        if counter.count >= limit.most {
            return None;
        }
        counter.count += 1;
        if let (true, Some(lock)) = (counter.count == limit.most, limit.lock) {
            counter.ends = now + lock;
        }
        Some(limit.most - counter.count)
    }

    /// Gives one back that was none of what is counted.
    pub(super) fn give_back(&mut self, what: &Count, limit: Limit) {
        if let Some(counter) = self.counters.get_mut(what) {
            counter.count -= 1;
            counter.ends = counter.started + limit.window;
        }
    }

    /// How often a password or a dynamic code may be wrong.
    fn failures(&self) -> Limit {
        Limit {
            most: self.policy.lock_after_failures,
            window: self.policy.failure_window_minutes * MINUTE,
            lock: Some(self.policy.lock_minutes * MINUTE),
        }
    }

    /// Counts a try to log in; answers whether there was one left.
    pub(super) fn try_login(&mut self, user: Handle, device: Option<Tokens>) -> bool {
        let (what, limit) = (tries_of(user, device), self.failures());
        let Some(left) = self.count(what, limit) else {
            return false;
        };
        if left == 0 && device.is_none() {
            let until = self.now + self.policy.lock_minutes * MINUTE;
            self.users.get_mut(&user).unwrap().guarded.locked_until = until;
        }
        true
    }

    /// The try was right, and what follows can be guessed too: it alone is given back.
    pub(super) fn give_back_login(&mut self, user: Handle, device: Option<Tokens>) {
        self.give_back(&tries_of(user, device), self.failures());
        if device.is_none() {
            self.users.get_mut(&user).unwrap().guarded.locked_until = self.now;
        }
    }

    /// Forgets the tries of the account, or of the device: a lock of the one is none of the other.
    pub(super) fn forget_logins(&mut self, user: Handle, device: Option<Tokens>) {
        self.counters.remove(&tries_of(user, device));
        if device.is_none() {
            self.users.get_mut(&user).unwrap().guarded.locked_until = self.now;
        }
    }

    /// Forgets the tries of the account and of all its devices: a lock is lifted wherever it stands.
    pub(super) fn lift_locks(&mut self, user: Handle) {
        self.counters
            .retain(|what, _| !matches!(what, Count::Device(of, _) if *of == user));
        self.forget_logins(user, None);
    }

    /// Counts a try of the current password in a session.
    pub(super) fn try_current(&mut self, session: Tokens) -> Result<(), Outcome> {
        match self.count(Count::Session(session), self.failures()) {
            Some(_) => Ok(()),
            None => Err(Outcome::fails("RATE_LIMITED")),
        }
    }

    /// Counts a code to this address.
    pub(super) fn admit_code(&mut self, address: &str) -> Result<(), Outcome> {
        let once = |most, window| Limit {
            most,
            window,
            lock: None,
        };
        let resent = self.count(Count::Resent(address.to_owned()), once(1, MINUTE));
        let admitted = resent.and_then(|_| self.count(Count::Mailed(address.to_owned()), once(10, DAY)));
        match admitted {
            Some(_) => Ok(()),
            None => Err(Outcome::fails("RATE_LIMITED")),
        }
    }

    /// Makes a code; the one before is void.
    pub(super) fn issue_code(&mut self, new: Handle, purpose: Purpose, address: String, was_told: bool) {
        let code = MailedCode {
            name: new,
            was_told,
            tries: 0,
            expires: self.now + MailedCode::LIFE,
        };
        self.codes.insert((purpose, address), code);
    }

    /// Tries a code; the try is gone, whatever comes of it.
    pub(super) fn try_code(
        &mut self,
        purpose: Purpose,
        address: &str,
        code: Handle,
        field: &str,
    ) -> Result<(), Outcome> {
        let Some(row) = self.codes.get_mut(&(purpose, address.to_owned())) else {
            return Err(Outcome::error("INVALID_CODE", field));
        };
        if row.tries >= MailedCode::TRIES || row.expires <= self.now {
            return Err(Outcome::error("CODE_EXPIRED", field));
        }
        row.tries += 1;
        if row.was_told && row.name == code {
            Ok(())
        } else {
            Err(Outcome::error("INVALID_CODE", field))
        }
    }

    /// Sweeps out what has expired: of a code nothing more is known then.
    pub(super) fn sweep(&mut self) {
        let now = self.now;
        self.codes.retain(|_, code| now < code.expires);
        self.counters.retain(|_, counter| now < counter.ends);
    }
}

fn tries_of(user: Handle, device: Option<Tokens>) -> Count {
    match device {
        Some(device) => Count::Device(user, device),
        None => Count::Account(user),
    }
}
