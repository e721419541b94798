//! What a walk along the chain can find.

use std::fmt;

use crate::base::id::AuditEventId;
use crate::entity::audit_event;

/// The first that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The event, when it is there.
    pub id: Option<AuditEventId>,
    /// Its place in the chain, or that of one that is not there.
    pub position: Option<i64>,
    /// What is wrong.
    pub what: Wrong,
}

impl Flaw {
    pub(super) fn of(event: &audit_event::Model, what: Wrong) -> Self {
        Self {
            id: Some(event.id),
            position: event.position,
            what,
        }
    }

    pub(super) fn at(position: i64, what: Wrong) -> Self {
        Self {
            id: None,
            position: Some(position),
            what,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.id, self.position) {
            (Some(id), Some(position)) => write!(f, "{id} at position {position}")?,
            (Some(id), None) => write!(f, "{id}")?,
            (None, position) => write!(f, "position {}", position.unwrap_or_default())?,
        }
        write!(f, ": {}", self.what)
    }
}

/// One of the two personal halves of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The address and the user agent of who acted.
    Actor,
    /// The name and the personal changes of the user it is about.
    Target,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Actor, Self::Target];

    /// As the database has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Actor => "ACTOR",
            Self::Target => "TARGET",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Actor => "the actor's",
            Self::Target => "the target's",
        })
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// There is no event at this place, and there are some after it.
    #[error("it is missing: it was cut out")]
    Missing,
    /// The event stands where it was not sealed.
    #[error("it is not in its place: events were moved, or what stood before it was changed")]
    OutOfPlace,
    /// The event is not what was written.
    #[error("it was edited, or written with a secret that is not in the secret file any more")]
    Edited,
    /// The event has no hash of its own, after others that have one.
    #[error("it was not written by Rollcall: it has no hash of its own")]
    NotOurs,
    /// The event's place was not sealed with one of our keys.
    #[error(
        "its hash is not ours: it was forged, or sealed with a secret that is not in the secret file any more"
    )]
    Forged,
    /// A personal half is not what was written.
    #[error("{0} personal half was edited")]
    PersonalEdited(Side),
    /// A personal half is gone, and its user is not.
    #[error("{0} personal half is missing, and the user was not deleted")]
    PersonalMissing(Side),
    /// A head was exported of another event.
    #[error("it is not the event that a head was exported of: the log was written anew")]
    OtherHead,
    /// The log ends before a head that was exported.
    #[error("it is missing: the log went up to position {0}, and its tail was cut off")]
    CutOff(i64),
    /// The database's own head is behind the last event.
    #[error("the database's own head was set back to position {0}")]
    HeadBehind(i64),
    /// The database's own head is gone.
    #[error("the database's own head is missing")]
    NoHead,
    /// Two events at one place.
    #[error("a position up to here is there twice")]
    PlaceTwice,
    /// Two events with one id.
    #[error("its id is there twice")]
    IdTwice,
    /// There are users, and no event.
    #[error("it is missing: there are users, but the log is empty")]
    Empty,
}
