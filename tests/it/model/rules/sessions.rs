//! What is done with sessions.

use std::collections::BTreeSet;

use super::super::state::{AccountType, Handle, Issued, Model, ROOT, Session, SessionName, Tokens};
use super::super::step::{Actor, Outcome};
use super::{Need, forbidden, not_found};

/// How long after its use a refresh token's second use is taken for a mistake.
const GRACE: i64 = 10;

/// What somebody has to do to come with good tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    /// Nothing: they have some, or cannot have any.
    Stays,
    /// Their session goes on, with new ones.
    GoesOn,
    SignsIn,
}

impl Model {
    /// Whose access token it is, and of which session, if it is good.
    pub fn owner_of(&self, tokens: Tokens) -> Option<(Handle, Tokens)> {
        let issued = self.issued.get(&tokens)?;
        let session = &self.sessions[&issued.session];
        let is_good =
            self.now < issued.expires && !session.is_over && self.now < session.started + Session::LONGEST;
        is_good.then_some((session.user, issued.session))
    }

    /// The session that is named, if it goes on, and whose it is.
    pub fn named(&self, name: SessionName) -> Option<(Handle, Tokens)> {
        let tokens = match name {
            SessionName::Main(user) => self.users.get(&user)?.main?,
            SessionName::Of(tokens) => tokens,
        };
        let session = self.issued.get(&tokens)?.session;
        let row = &self.sessions[&session];
        row.goes_on(self.now).then_some((row.user, session))
    }

    /// The devices at which the user is signed in.
    pub fn sessions_of(&self, user: Handle) -> BTreeSet<Tokens> {
        let sessions = self.sessions.iter();
        let own = sessions.filter(|(_, session)| session.user == user && session.goes_on(self.now));
        own.map(|(name, _)| *name).collect()
    }

    pub(super) fn open_session(&mut self, user: Handle, tokens: Tokens) {
        self.sessions.insert(tokens, Session::new(user, self.now));
        self.issue(tokens, tokens);
    }

    fn issue(&mut self, session: Tokens, tokens: Tokens) {
        let issued = Issued {
            session,
            generation: self.sessions[&session].generation,
            expires: self.now + Issued::ACCESS_LIFE,
        };
        self.issued.insert(tokens, issued);
    }

    /// Ends all sessions of the user but this one, and the login that waits.
    pub(super) fn end_sessions(&mut self, user: Handle, except: Option<Tokens>) {
        for (name, session) in &mut self.sessions {
            if session.user == user && Some(*name) != except {
                session.is_over = true;
            }
        }
        self.users.get_mut(&user).unwrap().guarded.waiting = None;
    }

    /// Whether the user can come by the tokens by which they do things, and what that takes.
    pub fn coming(&self, user: Handle) -> Coming {
        let Some(row) = self.users.get(&user).filter(|row| !row.is_disabled) else {
            return Coming::Stays;
        };
        let Some(main) = row.main else {
            return Coming::SignsIn;
        };
        let issued = self.issued[&main];
        let session = &self.sessions[&issued.session];
        if self.owner_of(main).is_some() {
            Coming::Stays
        } else if session.goes_on(self.now) && session.generation == issued.generation {
            Coming::GoesOn
        } else {
            Coming::SignsIn
        }
    }

    /// Lets the actor of this step come to good tokens, as a client does before it asks.
    pub fn arrive(&mut self, number: Handle, actor: Actor) {
        let Actor::Person(user) = actor else { return };
        let tokens = Tokens::Arrival(number);
        match self.coming(user) {
            Coming::Stays => return,
            Coming::SignsIn => self.open_session(user, tokens),
            Coming::GoesOn => {
                let before = self.users[&user].main.expect("who goes on has tokens");
                self.go_on(before, tokens);
            }
        }
        self.users.get_mut(&user).unwrap().main = Some(tokens);
    }

    fn go_on(&mut self, before: Tokens, tokens: Tokens) {
        let (session, now) = (self.issued[&before].session, self.now);
        self.sessions.get_mut(&session).unwrap().rotate(now);
        self.issue(session, tokens);
    }

    pub(super) fn refresh(&mut self, actor: Actor, new: Handle, tokens: Tokens) -> Result<(), Outcome> {
        self.come(actor)?;
        let refused = Err(Outcome::error("INVALID_CREDENTIALS", "refreshToken"));
        let Some(issued) = self.issued.get(&tokens).copied() else {
            return refused;
        };
        let now = self.now;
        let session = self.sessions.get_mut(&issued.session).unwrap();
        if session.goes_on(now) && session.generation == issued.generation {
            self.go_on(tokens, Tokens::Deed(new));
            return Ok(());
        }
        // When it was used first; of one that is older still, the one after it was used then at the latest.
        let first_use = match session.generation - issued.generation {
            0 => None,
            1 => Some(session.rotated),
            _ => session.rotated_before,
        };
        if first_use.is_some_and(|first| now - first > GRACE) {
            session.is_over = true;
        }
        refused
    }

    /// Who is not signed in has nothing to end.
    pub(super) fn logout(&mut self, actor: Actor) -> Result<(), Outcome> {
        if let Some((_, session)) = self.come(actor)? {
            self.sessions.get_mut(&session).unwrap().is_over = true;
        }
        Ok(())
    }

    /// One's own, and those of whom platform staff govern; nobody else sees it.
    pub(super) fn revoke_session(&mut self, actor: Actor, name: SessionName) -> Result<(), Outcome> {
        let me = self.guard(actor, &[Need::SignedIn])?;
        let is_staff = self.users[&me].account_type.is_staff();
        let Some((owner, session)) = self.named(name).filter(|(owner, _)| *owner == me || is_staff) else {
            return not_found();
        };
        let reaches = owner == me || me == ROOT || self.users[&owner].account_type == AccountType::Member;
        if !reaches {
            return forbidden();
        }
        self.sessions.get_mut(&session).unwrap().is_over = true;
        Ok(())
    }

    pub(super) fn revoke_others(&mut self, actor: Actor) -> Result<(), Outcome> {
        let (me, session) = self.guard_session(actor)?;
        self.end_sessions(me, Some(session));
        Ok(())
    }
}
