//! Draws what is done about accounts: logins, passwords, codes and sessions.

use super::super::rules::NO_ADDRESS;
use super::super::state::{
    Count, DAY, Factor, Guarded, HOUR, Handle, MINUTE, Password, Purpose, ROOT, Seconds, SessionName, Tokens,
    TotpOn, User, Waiting, WaitsFor,
};
use super::super::step::{Deed, LoginName, NewPassword, Setting};
use super::{Draw, NOTHING};

impl Draw<'_> {
    /// What is drawn, or where nothing is there for it yet mostly what leads to it.
    pub(super) fn account_deed(&mut self, name: &str) -> (Handle, Deed) {
        let leads_to_it = self.dice.percent(80);
        let has_email = |user: &User| user.guarded.email.is_some();
        match name {
            "login" => (ROOT, self.login()),
            "completeLogin" if leads_to_it && self.waiting(|_| true).is_empty() => (ROOT, self.login()),
            "completeLogin" => (ROOT, self.complete_login()),
            "updateProfile" => (self.user(), Deed::UpdateProfile(self.user_name())),
            "changePassword" => {
                let me = self.user();
                let (current, new) = (self.password_of(me), self.new_password(me));
                (me, Deed::ChangePassword { current, new })
            }
            "sendVerificationCode" => {
                let is_to_bind = self.dice.percent(65);
                self.send_code(is_to_bind)
            }
            "register" if leads_to_it && self.codes(|purpose| purpose == Purpose::Register).is_empty() => {
                self.send_code(false)
            }
            "register" => (ROOT, self.register()),
            "bindEmail"
                if leads_to_it
                    && self
                        .codes(|purpose| matches!(purpose, Purpose::Bind(_)))
                        .is_empty() =>
            {
                self.send_code(true)
            }
            "bindEmail" => self.bind_email(),
            "unbindEmail" | "requestPasswordReset"
                if leads_to_it && self.users(|_, user| has_email(user)).is_empty() =>
            {
                self.account_deed("bindEmail")
            }
            "unbindEmail" => {
                let me = self.mostly(|user| has_email(user) && !user.is_disabled);
                (me, Deed::UnbindEmail(self.password_of(me)))
            }
            "requestPasswordReset" => {
                let owner = self.mostly(has_email);
                let email = self.guarded(owner).and_then(|owner| owner.email.clone());
                let email = email.unwrap_or_else(|| self.address_to_mail());
                (ROOT, Deed::RequestReset(email))
            }
            "resetPassword" if leads_to_it && self.codes(|purpose| purpose == Purpose::Reset).is_empty() => {
                self.account_deed("requestPasswordReset")
            }
            "resetPassword" => (ROOT, self.reset_forgotten()),
            "enrollTotp" => self.enroll_totp(),
            "confirmTotp" if leads_to_it && self.users(|_, user| is_pending(&user.guarded)).is_empty() => {
                self.enroll_totp()
            }
            "confirmTotp" => self.confirm_totp(),
            _ => {
                let me = self.mostly(|user| user.guarded.totp_is_on() && !user.is_disabled);
                let password = self.password_of(me);
                let factor = self.dice.percent(94).then(|| self.factor(me));
                (me, Deed::DisableTotp { password, factor })
            }
        }
    }

    fn send_code(&mut self, is_to_bind: bool) -> (Handle, Deed) {
        let me = self.mostly(|user| user.guarded.email.is_none() && !user.is_disabled);
        let email = self.address_to_mail();
        (me, Deed::SendCode { email, is_to_bind })
    }

    fn guarded(&self, user: Handle) -> Option<&Guarded> {
        self.model.users.get(&user).map(|user| &user.guarded)
    }

    /// The password of this user, mostly.
    fn password_of(&mut self, user: Handle) -> Password {
        let right = self
            .guarded(user)
            .map(|guarded| (guarded.password, guarded.former.front().copied()));
        match (right, self.dice.roll(100)) {
            (Some((password, _)), 0..80) => password,
            (Some((_, Some(former))), 80..86) => former,
            _ => Password::Typed(NOTHING),
        }
    }

    /// One that this user could choose; at times one that they had.
    pub(super) fn new_password(&mut self, user: Handle) -> NewPassword {
        NewPassword {
            password: self.typed_password(user),
            is_confirmed: self.dice.percent(95),
        }
    }

    pub(super) fn typed_password(&mut self, user: Handle) -> Password {
        let used: Vec<Password> = self.guarded(user).map_or(Vec::new(), |guarded| {
            std::iter::once(&guarded.password)
                .chain(&guarded.former)
                .copied()
                .collect()
        });
        match self.dice.roll(100) {
            0..16 => self.dice.pick(&used).unwrap_or(Password::Typed(self.number)),
            16..20 => Password::Typed(Handle::try_from(self.dice.roll(self.number as usize)).unwrap()),
            20..25 => Password::Weak,
            _ => Password::Typed(self.number),
        }
    }

    /// The second factor of this user, mostly.
    fn factor(&mut self, user: Handle) -> Factor {
        let totp = self.guarded(user).and_then(|guarded| guarded.totp.clone());
        let Some(totp) = totp else {
            return Factor::Code {
                secret: NOTHING,
                away: 0,
            };
        };
        let secret = totp.secret;
        match (totp.on, self.dice.roll(100)) {
            (Some(on), 0..22) => Factor::Recovery {
                batch: on.batch,
                number: self.dice.roll(TotpOn::RECOVERY_CODES),
            },
            (_, 0..72) => Factor::Code { secret, away: 0 },
            (_, 72..87) => Factor::Code { secret, away: 1 },
            (_, 87..93) => Factor::Code { secret, away: -1 },
            _ => Factor::Code { secret, away: 4 },
        }
    }

    /// One of so few that people reach for the same.
    pub(super) fn address(&mut self) -> String {
        if self.dice.percent(3) {
            return NO_ADDRESS.to_owned();
        }
        let number = self.dice.roll(14);
        match self.dice.roll(6) {
            0 => format!("Mail-{number}@Example.COM"),
            _ => format!("mail-{number}@example.com"),
        }
    }

    /// One to which a code can be mailed, mostly.
    fn address_to_mail(&mut self) -> String {
        let mut email = self.address();
        for _ in 0..4 {
            let resent = Count::Resent(email.to_lowercase());
            let is_near = |counter: &super::super::state::Counter| self.model.now + 1 < counter.ends;
            if !self.model.counters.get(&resent).is_some_and(is_near) || self.dice.percent(15) {
                break;
            }
            email = self.address();
        }
        email
    }

    /// The codes for this that may work yet, each with its address.
    fn codes(&self, which: impl Fn(Purpose) -> bool) -> Vec<(Purpose, String, Handle)> {
        let codes = self.model.codes.iter();
        codes
            .filter(|((purpose, _), code)| which(*purpose) && code.was_told && self.model.now < code.expires)
            .map(|((purpose, address), code)| (*purpose, address.clone(), code.name))
            .collect()
    }

    /// The code, or rarely another.
    fn perhaps(&mut self, code: Handle) -> Handle {
        if self.dice.percent(85) { code } else { NOTHING }
    }

    fn login(&mut self) -> Deed {
        let model = self.model;
        // So that some are locked.
        let failed = self.users(|handle, _| {
            let counter = model.counters.get(&Count::Account(handle));
            counter.is_some_and(|counter| counter.count > 0 && model.now < counter.ends)
        });
        let failing = self.dice.pick(&failed).filter(|_| self.dice.percent(40));
        let user = failing.unwrap_or_else(|| self.user());
        let password = if failing.is_some() && self.dice.percent(75) {
            Password::Typed(NOTHING)
        } else {
            self.password_of(user)
        };
        let email = self.guarded(user).and_then(|guarded| guarded.email.clone());
        let name = match email {
            Some(email) if self.dice.percent(50) => LoginName::Email(email),
            _ if self.dice.percent(3) => LoginName::Email(self.address()),
            _ => LoginName::AccountOf(user),
        };
        let own: Vec<Tokens> = model
            .devices
            .iter()
            .filter(|(_, device)| device.user == user)
            .map(|(tokens, _)| *tokens)
            .collect();
        let any: Vec<Tokens> = model.devices.keys().copied().collect();
        let device = match self.dice.roll(100) {
            0..40 => self.dice.pick(&own),
            40..46 => self.dice.pick(&any),
            46..48 => Some(Tokens::Deed(NOTHING)),
            _ => None,
        };
        Deed::Login {
            name,
            password,
            device,
        }
    }

    /// Those whose login waits, and what for.
    fn waiting(&self, which: impl Fn(WaitsFor) -> bool) -> Vec<(Handle, Waiting)> {
        let users = self.model.users.iter();
        users
            .filter_map(|(user, row)| Some((*user, row.guarded.waiting?)))
            .filter(|(_, waiting)| which(waiting.waits_for))
            .collect()
    }

    fn complete_login(&mut self) -> Deed {
        let all = self.waiting(|_| true);
        let live = self.waiting(|waits_for| waits_for != WaitsFor::TotpEnrolment);
        let live: Vec<(Handle, Waiting)> = live
            .into_iter()
            .filter(|(_, waiting)| self.model.now + 1 < waiting.until)
            .collect();
        let which = if self.dice.percent(85) { &live } else { &all };
        let Some((user, waiting)) = self.dice.pick(which) else {
            return Deed::CompleteLogin {
                challenge: Handle::try_from(self.dice.roll(self.number as usize)).unwrap(),
                factor: None,
                password: None,
            };
        };
        let is_other = self.dice.percent(5);
        let needs_factor = (waiting.waits_for == WaitsFor::Totp) != is_other;
        Deed::CompleteLogin {
            challenge: waiting.challenge,
            factor: needs_factor.then(|| self.factor(user)),
            password: (!needs_factor).then(|| self.new_password(user)),
        }
    }

    fn register(&mut self) -> Deed {
        let codes = self.codes(|purpose| purpose == Purpose::Register);
        let (email, code) = match self.dice.pick(&codes) {
            Some((_, address, code)) if self.dice.percent(92) => (address, self.perhaps(code)),
            _ => (self.address(), NOTHING),
        };
        let invitations: Vec<Handle> = self.model.invitations.keys().copied().collect();
        let live: Vec<Handle> = invitations
            .iter()
            .copied()
            .filter(|code| self.model.usable(*code).is_some())
            .collect();
        let invitation = match self.dice.roll(10) {
            0..4 => self.dice.pick(&live),
            4 => self.dice.pick(&invitations),
            _ => None,
        };
        Deed::Register {
            name: self.user_name(),
            account: self.account(),
            email,
            code,
            password: self.new_password(NOTHING),
            invitation,
        }
    }

    fn bind_email(&mut self) -> (Handle, Deed) {
        let codes = self.codes(|purpose| matches!(purpose, Purpose::Bind(_)));
        let (me, email, code) = match self.dice.pick(&codes) {
            Some((Purpose::Bind(user), address, code)) if self.dice.percent(92) => {
                // As somebody else may type it.
                let address = if self.dice.percent(25) {
                    address.replace("example", "EXAMPLE")
                } else {
                    address
                };
                (user, address, self.perhaps(code))
            }
            _ => (self.user(), self.address(), NOTHING),
        };
        let password = self.password_of(me);
        let deed = Deed::BindEmail {
            email,
            code,
            password,
        };
        (me, deed)
    }

    fn reset_forgotten(&mut self) -> Deed {
        let live = self.codes(|purpose| purpose == Purpose::Reset);
        let all: Vec<(Purpose, String, Handle)> = self
            .model
            .codes
            .iter()
            .filter(|((purpose, _), _)| *purpose == Purpose::Reset)
            .map(|((purpose, address), code)| (*purpose, address.clone(), code.name))
            .collect();
        let which = if self.dice.percent(85) { &live } else { &all };
        let (email, code) = match self.dice.pick(which) {
            Some((_, address, code)) if self.dice.percent(95) => (address, self.perhaps(code)),
            _ => (self.address(), NOTHING),
        };
        let owner = self.any_user(|_, user| {
            let bound = user.guarded.email.as_deref();
            bound.is_some_and(|bound| bound.eq_ignore_ascii_case(&email))
        });
        let new = self.new_password(owner);
        Deed::ResetForgotten { email, code, new }
    }

    fn enroll_totp(&mut self) -> (Handle, Deed) {
        let waiting = self.waiting(|waits_for| waits_for == WaitsFor::TotpEnrolment);
        if let Some((_, waiting)) = self.dice.pick(&waiting)
            && self.dice.percent(50)
        {
            let deed = Deed::EnrollTotp {
                password: None,
                challenge: Some(waiting.challenge),
            };
            return (ROOT, deed);
        }
        let any = self.waiting(|_| true);
        if let Some((_, waiting)) = self.dice.pick(&any)
            && self.dice.percent(6)
        {
            let deed = Deed::EnrollTotp {
                password: None,
                challenge: Some(waiting.challenge),
            };
            return (ROOT, deed);
        }
        let me = if self.dice.percent(85) {
            self.any_user(|_, user| !user.is_disabled && !user.guarded.totp_is_on())
        } else {
            self.user()
        };
        let password = self.dice.percent(95).then(|| self.password_of(me));
        let deed = Deed::EnrollTotp {
            password,
            challenge: None,
        };
        (me, deed)
    }

    fn confirm_totp(&mut self) -> (Handle, Deed) {
        let waiting = self.waiting(|waits_for| waits_for == WaitsFor::TotpEnrolment);
        let ready: Vec<(Handle, Waiting)> = waiting
            .into_iter()
            .filter(|(user, _)| self.guarded(*user).is_some_and(is_pending))
            .collect();
        let (me, challenge) = match self.dice.pick(&ready) {
            Some((user, waiting)) if self.dice.percent(60) => (user, Some(waiting.challenge)),
            _ if self.dice.percent(10) => (self.user(), None),
            _ => (
                self.any_user(|_, user| !user.is_disabled && is_pending(&user.guarded)),
                None,
            ),
        };
        let code = self.factor(me);
        (me, Deed::ConfirmTotp { code, challenge })
    }

    pub(super) fn session_deed(&mut self, name: &str) -> (Handle, Deed) {
        let model = self.model;
        let all: Vec<Tokens> = model.issued.keys().copied().collect();
        let living: Vec<Tokens> = all
            .iter()
            .copied()
            .filter(|tokens| matches!(tokens, Tokens::Deed(_)))
            .filter(|tokens| model.named(SessionName::Of(*tokens)).is_some())
            .collect();
        let newest: Vec<Tokens> = living
            .iter()
            .copied()
            .filter(|tokens| {
                let issued = model.issued[tokens];
                issued.generation == model.sessions[&issued.session].generation
            })
            .collect();
        let tokens = match self.dice.roll(100) {
            0..55 => self.dice.pick(&newest),
            55..85 => self.dice.pick(&living),
            85..96 => self.dice.pick(&all),
            _ => None,
        };
        let owner = tokens
            .and_then(|tokens| model.named(SessionName::Of(tokens)))
            .map(|(owner, _)| owner);
        match name {
            "refreshSession" => (ROOT, Deed::Refresh(tokens.unwrap_or(Tokens::Deed(NOTHING)))),
            "logout" => (self.user(), Deed::Logout),
            "revokeOtherSessions" => (owner.unwrap_or_else(|| self.user()), Deed::RevokeOthers),
            _ => {
                let session = match tokens {
                    Some(tokens) if self.dice.percent(70) => SessionName::Of(tokens),
                    _ => SessionName::Main(self.user()),
                };
                let owner = model.named(session).map(|(owner, _)| owner);
                let actor = match (owner, self.dice.roll(3)) {
                    (Some(owner), 0) => owner,
                    (_, 1) => self.staff(),
                    _ => self.user(),
                };
                (actor, Deed::RevokeSession(session))
            }
        }
    }

    pub(super) fn policy(&mut self) -> Deed {
        let mut settings = Vec::new();
        for place in 0..7 {
            if !self.dice.percent(30) {
                continue;
            }
            let is_bad = self.dice.percent(12);
            let mut one_of = |good: &[i64], bad: i64| {
                if is_bad {
                    bad
                } else {
                    good[self.dice.roll(good.len())]
                }
            };
            let count = |number: i64| usize::try_from(number).unwrap();
            settings.push(match place {
                0 => Setting::MinimumLength(count(one_of(&[8, 8, 9, 13, 14, 16], 7))),
                1 => Setting::RefusesPrevious(count(one_of(&[0, 1, 2, 5, 5], 25))),
                2 => Setting::ExpiresAfterDays(one_of(&[0, 0, 0, 1, 3], 366)),
                3 => Setting::ChangeAfterReset(one_of(&[0, 1], 1) == 1),
                4 => Setting::LockAfterFailures(count(one_of(&[3, 3, 4, 5, 8], 2))),
                5 => Setting::FailureWindowMinutes(one_of(&[1, 15, 60], 0)),
                _ => Setting::LockMinutes(one_of(&[1, 15, 30], 1441)),
            });
        }
        Deed::UpdatePolicy(settings)
    }

    /// Over the ends of what holds for a while: a code that is mailed again, a dynamic code, a lock, an access token, a
    /// challenge, a session.
    pub(super) fn pass(&mut self) -> Deed {
        let times: [(Seconds, usize); 11] = [
            (8, 6),
            (30, 24),
            (MINUTE, 22),
            (5 * MINUTE, 12),
            (10 * MINUTE, 8),
            (16 * MINUTE, 8),
            (HOUR, 7),
            (5 * HOUR, 5),
            (25 * HOUR, 5),
            (8 * DAY, 2),
            (31 * DAY, 1),
        ];
        let mut roll = self.dice.roll(100);
        let mut passed = MINUTE;
        for (time, weight) in times {
            if roll < weight {
                passed = time;
                break;
            }
            roll -= weight;
        }
        Deed::Pass {
            time: passed,
            is_swept: self.dice.percent(30),
        }
    }
}

/// Whether there is a secret that waits for its first code.
fn is_pending(guarded: &Guarded) -> bool {
    guarded.totp.as_ref().is_some_and(|totp| totp.on.is_none())
}
