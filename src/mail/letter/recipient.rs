//! To whom a letter goes, and in which language.

use crate::base::id::UserId;
use crate::base::text::Email;
use crate::entity::user::{self, Locale};

/// To whom a letter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub email: Email,
    /// The language.
    pub locale: Locale,
    /// The user whose letter it is; it is thrown away when the user is deleted before it went.
    pub user_id: Option<UserId>,
}

impl Recipient {
    /// The user, at the address that is bound to the account; nobody when there is none.
    #[must_use]
    pub fn of(user: &user::Model) -> Option<Self> {
        let email = user.email.clone().map(Email::trusted)?;
        Some(Self::at(email, user))
    }

    /// The user, at another address: one that is proposed, to be bound, or was bound until now.
    #[must_use]
    pub fn at(email: Email, user: &user::Model) -> Self {
        Self {
            email,
            locale: user.locale,
            user_id: Some(user.id),
        }
    }

    /// An address of which no user is known.
    #[must_use]
    pub fn unknown(email: Email, locale: Locale) -> Self {
        Self {
            email,
            locale,
            user_id: None,
        }
    }
}
