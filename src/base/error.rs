//! What can go wrong, for all of Rollcall.

use std::borrow::Cow;

use async_graphql::Enum;

/// The result of a verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request did not do what it asked for. `graphql::error` is the one place that turns it
/// into an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, and somebody has to be.
    #[error("You are not signed in.")]
    Unauthenticated,
    /// The object is in sight, but this is not for the viewer; one of `requires` would be enough.
    #[error("You may not do this.")]
    Forbidden {
        /// The names of the requirements, as `@requires` prints them.
        requires: Vec<&'static str>,
    },
    /// The object does not exist, or is out of the viewer's sight: the two are not told apart.
    #[error("There is no such object.")]
    NotFound,
    /// The client's own mistake, such as a page size out of range.
    #[error("{0}")]
    BadInput(Cow<'static, str>),
    /// What the user can mend.
    #[error("The input has errors.")]
    Invalid(Vec<UserError>),
    /// Too much at once, or too often.
    #[error("Too many requests. Try again in {retry_after} seconds.")]
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The database took this back, as it and others waited for each other: the same again goes through.
    #[error("Others changed the same at the same moment. Try again.")]
    Contended(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Our fault. The cause goes to the log, never to the client.
    #[error("Something went wrong on our side.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One user error.
    pub fn user(code: UserErrorCode, field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(vec![UserError::new(code, field, message)])
    }

    /// A fault of ours, with its cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

/// A mistake in the input that its author can mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// What is wrong.
    pub code: UserErrorCode,
    /// The path inside of the input, without the leading `input`.
    pub field: Vec<String>,
    /// The rule, in English, for a person.
    pub message: Cow<'static, str>,
}

impl UserError {
    /// An error on the input's field at `field`; steps of a path are parted by dots, and an empty
    /// path means the input as a whole.
    pub fn new(code: UserErrorCode, field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        let field = field
            .split('.')
            .filter(|step| !step.is_empty())
            .map(str::to_owned)
            .collect();
        Self {
            code,
            field,
            message: message.into(),
        }
    }
}

/// What is wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
pub enum UserErrorCode {
    /// The value is not of the form that the field asks for.
    Invalid,
    /// The value is missing.
    Required,
    /// The value is too short.
    TooShort,
    /// The value is too long.
    TooLong,
    /// Somebody or something else has this name already.
    Taken,
    /// There is no such object in the viewer's sight.
    NotFound,
    /// Two values that have to be the same differ.
    Mismatch,
    /// The password does not meet the password policy.
    PasswordTooWeak,
    /// The password is one of the last ones.
    PasswordReused,
    /// The current password is wrong.
    IncorrectPassword,
    /// The code is wrong.
    InvalidCode,
    /// The code has expired or was used up.
    CodeExpired,
    /// Account and password do not fit together, or the login cannot go on: the reason is not told.
    InvalidCredentials,
    /// The invitation code is wrong, used, expired or revoked: which of these is not told.
    InvalidInvitation,
    /// The user is a member of the team already.
    AlreadyMember,
    /// The user is not a member of the team.
    NotAMember,
    /// Something of the kind is bound already.
    AlreadyBound,
    /// Nothing of the kind is bound.
    NotBound,
    /// Platform staff are never members of a team.
    StaffCannotJoin,
    /// The team would be left without an active admin.
    LastTeamAdmin,
    /// The object is in use.
    InUse,
    /// The team is disabled or has expired.
    TeamNotActive,
    /// Mini program teams are bound to this superapp team.
    HasBoundTeams,
    /// The user is a member of teams.
    HasMemberships,
    /// Nobody changes their own role.
    OwnRole,
    /// What one does to oneself has its own way, with the current password.
    UseOwnAccount,
    /// A limit is reached.
    LimitReached,
}
