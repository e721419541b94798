//! What a registration form has to know.

use async_graphql::{Context, Object, Result};

use super::answer::app;
use super::guard::Gate;
use super::password_policy::PasswordPolicy;
use crate::access::Action;
use crate::base::settings::Registration;
use crate::passwords::policy;

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
