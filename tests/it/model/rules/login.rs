//! How one signs in, step by step, and what one does about dynamic codes.

use super::super::state::{
    DAY, Device, Factor, Handle, MINUTE, Model, Password, Tokens, Totp, TotpOn, Waiting, WaitsFor,
};
use super::super::step::{Actor, LoginName, NewPassword, Outcome};
use super::{Errors, Need, folded};

/// What a login has shown so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Passed {
    Password,
    SecondFactor,
    NewPassword,
}

/// Half a minute has one dynamic code.
const HALF: i64 = MINUTE / 2;

fn refused<T>(field: &str) -> Result<T, Outcome> {
    Err(Outcome::error("INVALID_CREDENTIALS", field))
}

impl Model {
    /// Whom a login names.
    fn called(&self, name: &LoginName) -> Option<Handle> {
        match name {
            LoginName::AccountOf(user) => self.users.contains_key(user).then_some(*user),
            LoginName::Email(email) => self.holder(email),
        }
    }

    /// Who logs in with this, be it the account or the bound email.
    pub(super) fn holder(&self, login: &str) -> Option<Handle> {
        let login = folded(login);
        let mut users = self.users.iter();
        let found = users.find(|(_, user)| {
            let email = user.guarded.email.as_deref().map(folded);
            folded(&user.account) == login || email.as_ref() == Some(&login)
        });
        found.map(|(handle, _)| *handle)
    }

    pub(super) fn login(
        &mut self,
        actor: Actor,
        new: Handle,
        name: &LoginName,
        password: Password,
        device: Option<Tokens>,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let Some(user) = self.called(name) else {
            return refused("");
        };
        let now = self.now;
        let known = device.and_then(|device| self.devices.get(&device));
        let device = known
            .filter(|known| known.user == user && now < known.made + Device::LIFE)
            .map(|known| known.met);
        if !self.try_login(user, device) {
            // Tries at a locked door are not told of.
            return refused("");
        }
        let row = self.users.get_mut(&user).unwrap();
        if row.guarded.password != password || row.is_disabled {
            row.guarded.failed += 1;
            return refused("");
        }
        let came = self.go_on_with_login(user, device, Passed::Password, new);
        if self.users[&user].guarded.waiting.is_some() {
            self.give_back_login(user, device);
        } else {
            self.forget_logins(user, device);
        }
        Err(came)
    }

    /// The next step of a login, or its session.
    fn go_on_with_login(
        &mut self,
        user: Handle,
        device: Option<Tokens>,
        passed: Passed,
        new: Handle,
    ) -> Outcome {
        let now = self.now;
        let waits_for = self.next_step(user, passed);
        let guarded = &mut self.users.get_mut(&user).unwrap().guarded;
        guarded.waiting = waits_for.map(|waits_for| Waiting {
            challenge: new,
            waits_for,
            device,
            until: now + Waiting::LIFE,
        });
        if let Some(waits_for) = waits_for {
            return Outcome::Came {
                step: waits_for.name().to_owned(),
                failed: None,
                before: None,
            };
        }
        let came = Outcome::Came {
            step: "DONE".to_owned(),
            failed: Some(std::mem::take(&mut guarded.failed)),
            before: guarded.last_login.replace(now),
        };
        let tokens = Tokens::Deed(new);
        self.open_session(user, tokens);
        let met = device.unwrap_or(tokens);
        self.devices.insert(tokens, Device { user, met, made: now });
        came
    }

    fn next_step(&self, user: Handle, passed: Passed) -> Option<WaitsFor> {
        let row = &self.users[&user];
        let guarded = &row.guarded;
        if passed < Passed::SecondFactor {
            if guarded.totp_is_on() {
                return Some(WaitsFor::Totp);
            }
            if self.requires_staff_totp && row.account_type.is_staff() {
                return Some(WaitsFor::TotpEnrolment);
            }
        }
        let days = self.policy.expires_after_days;
        let has_expired = days > 0 && guarded.password_set + days * DAY <= self.now;
        (passed < Passed::NewPassword && (guarded.must_change || has_expired))
            .then_some(WaitsFor::PasswordChange)
    }

    /// The login that waits with this challenge, and whose it is.
    pub fn waiting(&self, challenge: Handle) -> Option<(Handle, Waiting)> {
        let mut waiting = self
            .users
            .iter()
            .filter_map(|(user, row)| Some((*user, row.guarded.waiting?)));
        waiting.find(|(_, waiting)| waiting.challenge == challenge && self.now < waiting.until)
    }

    pub(super) fn complete_login(
        &mut self,
        actor: Actor,
        new: Handle,
        challenge: Handle,
        factor: Option<Factor>,
        password: Option<NewPassword>,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let Some((user, waiting)) = self.waiting(challenge) else {
            return refused("challenge");
        };
        match waiting.waits_for {
            WaitsFor::TotpEnrolment => Err(Outcome::error("INVALID", "challenge")),
            WaitsFor::Totp => {
                let Some(factor) = factor else {
                    return Err(Outcome::error("REQUIRED", "totpCode"));
                };
                let field = field_of(factor, "totpCode");
                if !self.try_login(user, waiting.device) {
                    return refused(field);
                }
                if !self.spend(user, factor) {
                    self.users.get_mut(&user).unwrap().guarded.failed += 1;
                    return refused(field);
                }
                self.forget_logins(user, waiting.device);
                Err(self.go_on_with_login(user, waiting.device, Passed::SecondFactor, new))
            }
            WaitsFor::PasswordChange => {
                let mut errors = Errors::default();
                let Some(password) = password else {
                    errors.require(false, "REQUIRED", "newPassword");
                    errors.require(false, "REQUIRED", "newPasswordConfirmation");
                    return errors.done();
                };
                errors.new_password(&self.policy, "newPassword", password);
                errors.done()?;
                self.refuse_used(user, password.password, "newPassword")?;
                self.set_password(user, password.password, false);
                self.end_sessions(user, None);
                Err(self.go_on_with_login(user, waiting.device, Passed::NewPassword, new))
            }
        }
    }

    /// Spends a dynamic code or a recovery code: each works once.
    fn spend(&mut self, user: Handle, factor: Factor) -> bool {
        let half = self.now / HALF;
        let guarded = &mut self.users.get_mut(&user).unwrap().guarded;
        let Some(Totp { secret, on: Some(on) }) = &mut guarded.totp else {
            return false;
        };
        match factor {
            Factor::Code { secret: of, away } => {
                let is_right = of == *secret && away.abs() <= 1 && on.last < half + away;
                if is_right {
                    on.last = half + away;
                }
                is_right
            }
            Factor::Recovery { batch, number } => batch == on.batch && on.left.remove(&number),
        }
    }

    pub(super) fn enroll_totp(
        &mut self,
        actor: Actor,
        new: Handle,
        password: Option<Password>,
        challenge: Option<Handle>,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let user = match (challenge, password) {
            (Some(challenge), _) => self.waiting_to_enroll(challenge)?,
            (None, None) => return Err(Outcome::error("REQUIRED", "password")),
            (None, Some(password)) => {
                let (me, session) = self.guard_session(actor)?;
                self.check_current(me, session, password, "password")?;
                me
            }
        };
        let guarded = &mut self.users.get_mut(&user).unwrap().guarded;
        if guarded.totp_is_on() {
            return Err(Outcome::error("ALREADY_BOUND", ""));
        }
        guarded.totp = Some(Totp {
            secret: new,
            on: None,
        });
        Ok(())
    }

    fn waiting_to_enroll(&self, challenge: Handle) -> Result<Handle, Outcome> {
        match self.waiting(challenge) {
            None => refused("challenge"),
            Some((user, waiting)) if waiting.waits_for == WaitsFor::TotpEnrolment => Ok(user),
            Some(_) => Err(Outcome::error("INVALID", "challenge")),
        }
    }

    pub(super) fn confirm_totp(
        &mut self,
        actor: Actor,
        new: Handle,
        code: Factor,
        challenge: Option<Handle>,
    ) -> Result<(), Outcome> {
        self.come(actor)?;
        let user = match challenge {
            Some(challenge) => self.waiting_to_enroll(challenge)?,
            None => self.guard(actor, &[Need::SignedIn])?,
        };
        let half = self.now / HALF;
        let guarded = &mut self.users.get_mut(&user).unwrap().guarded;
        let Some(totp) = guarded.totp.as_mut().filter(|totp| totp.on.is_none()) else {
            return Err(Outcome::error("NOT_BOUND", ""));
        };
        match code {
            Factor::Code { secret, away } if secret == totp.secret && away.abs() <= 1 => {
                totp.on = Some(TotpOn {
                    last: half + away,
                    batch: new,
                    left: (0..TotpOn::RECOVERY_CODES).collect(),
                });
            }
            _ => return Err(Outcome::error("INVALID_CODE", "code")),
        }
        match guarded.waiting.filter(|_| challenge.is_some()) {
            None => Ok(()),
            Some(waiting) => Err(self.go_on_with_login(user, waiting.device, Passed::SecondFactor, new)),
        }
    }

    pub(super) fn disable_totp(
        &mut self,
        actor: Actor,
        password: Password,
        factor: Option<Factor>,
    ) -> Result<(), Outcome> {
        let (me, session) = self.guard_session(actor)?;
        let Some(factor) = factor else {
            return Err(Outcome::error("REQUIRED", "code"));
        };
        if !self.users[&me].guarded.totp_is_on() {
            return Err(Outcome::error("NOT_BOUND", ""));
        }
        self.try_password(me, session, password, "password")?;
        if !self.spend(me, factor) {
            // The try stays counted: who knows the password could guess the code.
            return Err(Outcome::error("INVALID_CODE", field_of(factor, "code")));
        }
        self.forget_current(session);
        self.users.get_mut(&me).unwrap().guarded.totp = None;
        self.end_sessions(me, Some(session));
        Ok(())
    }

    pub(super) fn unbind_totp(&mut self, actor: Actor, user: Handle) -> Result<(), Outcome> {
        self.govern_another(actor, user)?;
        let guarded = &mut self.users.get_mut(&user).unwrap().guarded;
        if !guarded.totp_is_on() {
            return Err(Outcome::error("NOT_BOUND", "userId"));
        }
        guarded.totp = None;
        self.end_sessions(user, None);
        Ok(())
    }
}

fn field_of(factor: Factor, code_field: &'static str) -> &'static str {
    match factor {
        Factor::Code { .. } => code_field,
        Factor::Recovery { .. } => "recoveryCode",
    }
}
