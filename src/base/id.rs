//! Typed ids: a [`UserId`] is no [`TeamId`].
//!
//! Inside and in the database an id is a UUIDv7 (RFC 9562, section 5.7), so that ids sort by time.
//! Outside it is a TypeID (specification 0.3): the kind, an underscore and the UUID in 26 characters
//! of Crockford's base 32, as in `user_01h455vb4pex5vsknk084sn02q`.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

use super::error::{Error, Result};
use super::random;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The 26 characters of a UUID, which stand behind the underscore.
#[must_use]
pub fn digits(id: Uuid) -> [u8; 26] {
    let value = id.as_u128();
    let mut digits = [0; 26];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        let bits = (value >> (place * 5)) & 31;
        *digit = ALPHABET[usize::try_from(bits).unwrap_or_default()];
    }
    digits
}

fn print(prefix: &str, id: Uuid, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(prefix)?;
    f.write_str("_")?;
    f.write_str(std::str::from_utf8(&digits(id)).map_err(|_| fmt::Error)?)
}

fn read(text: &str) -> Option<Uuid> {
    // 26 digits hold 130 bits: a first digit past 7 would not fit.
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes()
        .try_fold(0_u128, |value, byte| {
            let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
            Some((value << 5) | digit as u128)
        })
        .map(Uuid::from_u128)
}

/// The UUIDv7 of the moment `now` with these other bytes.
fn uuid_at(now: DateTime<Utc>, rest: &[u8; 10]) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, rest).into_uuid()
}

/// What every typed id can do.
pub trait Id: Copy + Eq + fmt::Display + Send + Sync + 'static {
    /// The word before the underscore.
    const PREFIX: &'static str;

    /// The id with this UUID.
    fn from_uuid(uuid: Uuid) -> Self;

    /// The UUID inside.
    fn uuid(self) -> Uuid;

    /// A new id of the moment `now`.
    #[must_use]
    fn new(now: DateTime<Utc>) -> Self {
        Self::from_uuid(uuid_at(now, &random::bytes()))
    }

    /// The id of the moment `at` with bytes that were drawn for it: for data that is to be made again the same. Whoever
    /// knows how they were drawn can tell the id, which no right depends on.
    #[must_use]
    fn drawn(at: DateTime<Utc>, rest: [u8; 10]) -> Self {
        Self::from_uuid(uuid_at(at, &rest))
    }

    /// Reads an id; one of another kind or form is [`Error::NotFound`], as it names nothing.
    fn parse(text: &str) -> Result<Self> {
        text.strip_prefix(Self::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(read)
            .map(Self::from_uuid)
            .ok_or(Error::NotFound)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub Uuid);

            impl Id for $name {
                const PREFIX: &'static str = $prefix;

                fn from_uuid(uuid: Uuid) -> Self {
                    Self(uuid)
                }

                fn uuid(self) -> Uuid {
                    self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    print(Self::PREFIX, self.0, f)
                }
            }
        )+

        /// An id of whichever kind: what `node(id)` is asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs)] // Each variant is the kind of its id.
        pub enum AnyId {
            $($name($name)),+
        }

        impl AnyId {
            /// Reads an id of any kind.
            pub fn parse(text: &str) -> Result<Self> {
                $(if let Ok(id) = $name::parse(text) {
                    return Ok(Self::$name(id));
                })+
                Err(Error::NotFound)
            }
        }
    };
}

ids! {
    /// A user.
    UserId = "user",
    /// A team.
    TeamId = "team",
    /// A role, preset or custom.
    RoleId = "role",
    /// A membership.
    MembershipId = "membership",
    /// An invitation.
    InvitationId = "invitation",
    /// A resource.
    ResourceId = "resource",
    /// A session.
    SessionId = "session",
    /// An audit event.
    AuditEventId = "event",
    /// A verification code.
    CodeId = "code",
    /// A login that waits for its next step.
    ChallengeId = "challenge",
    /// A device that has logged in before.
    DeviceId = "device",
    /// A letter in the outbox.
    LetterId = "letter",
    /// A passkey.
    PasskeyId = "passkey",
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prints_as_the_typeid_specification_does() {
        // The specification's own example.
        let uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(UserId(uuid).to_string(), "user_01h455vb4pex5vsknk084sn02q");
    }

    proptest! {
        #[test]
        fn reads_what_it_prints(bits: u128) {
            let id = TeamId(Uuid::from_u128(bits));
            prop_assert_eq!(TeamId::parse(&id.to_string()).ok(), Some(id));
            prop_assert!(UserId::parse(&id.to_string()).is_err());
        }

        #[test]
        fn never_panics_on_other_text(text in "(user_)?\\PC{0,40}") {
            let _ = UserId::parse(&text);
        }
    }
}
