//! What a registration form has to know.

use async_graphql::{Context, Object, Result};

use super::answer::app;
use super::guard::Gate;
use crate::access::Action;
use crate::base::settings::Registration;
use crate::passwords::{Policy, policy};

/// What a password has to be.
pub struct PasswordPolicy(Policy);

/// What a password has to be.
#[Object(serial)]
impl PasswordPolicy {
    /// The least number of characters.
    async fn minimum_length(&self) -> i32 {
        self.0.minimum_length
    }

    /// The largest number of characters.
    async fn maximum_length(&self) -> i32 {
        self.0.maximum_length
    }

    /// How many of these it needs: capital letters, small letters, digits, others.
    async fn character_classes(&self) -> i32 {
        self.0.character_classes
    }

    /// Whether it may contain the account or the name.
    async fn allows_account_or_name(&self) -> bool {
        self.0.allows_account_or_name
    }

    /// Whether common and leaked passwords are refused.
    async fn refuses_common(&self) -> bool {
        self.0.refuses_common
    }

    /// How many former passwords are refused.
    async fn refuses_previous(&self) -> i32 {
        self.0.refuses_previous
    }

    /// After how many days it has to be changed; 0 for never.
    async fn expires_after_days(&self) -> i32 {
        self.0.expires_after_days
    }

    /// Whether it has to be changed after somebody else set it.
    async fn change_after_reset(&self) -> bool {
        self.0.change_after_reset
    }

    /// After how many failures an account is locked.
    async fn lock_after_failures(&self) -> i32 {
        self.0.lock_after_failures
    }

    /// In how many minutes these failures count.
    async fn failure_window_minutes(&self) -> i32 {
        self.0.failure_window_minutes
    }

    /// For how many minutes an account is locked.
    async fn lock_minutes(&self) -> i32 {
        self.0.lock_minutes
    }
}

/// What a registration form has to know.
pub struct RegistrationSettings;

/// What a registration form has to know.
#[Object(serial)]
impl RegistrationSettings {
    /// Whether people may register themselves.
    async fn open(&self, ctx: &Context<'_>) -> bool {
        app(ctx).settings.registration == Registration::Open
    }

    /// What a password has to be.
    async fn password_policy(&self, ctx: &Context<'_>) -> Result<PasswordPolicy> {
        Ok(PasswordPolicy(policy::current(app(ctx).database.reader()).await?))
    }
}

#[derive(Default)]
pub struct RegistrationQuery;

#[Object(guard = "super::guard::Never", serial)]
impl RegistrationQuery {
    /// What a registration form has to know.
    #[graphql(guard = "Gate::root(Action::RegistrationSettings)")]
    async fn registration_settings(&self) -> RegistrationSettings {
        RegistrationSettings
    }
}
