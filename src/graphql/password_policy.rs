//! The password policy, and how good a password is.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::answer::{answer, app, payload, viewer};
use super::error::UserError;
use super::guard::{Gate, needs, requires};
use crate::access::Action;
use crate::base;
use crate::passwords::strength::{Strength, estimate};
use crate::passwords::{Policy, policy};
use crate::platform::update_password_policy::{PolicyChange, update_password_policy};

/// What a password has to be.
pub struct PasswordPolicy(pub Policy);

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

    /// How many former passwords are refused, the current one among them.
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

    /// What a new password has to be, in sentences that a form can show.
    async fn rules(&self) -> Vec<String> {
        policy::rules(&self.0)
    }
}

/// How good a password is.
#[derive(SimpleObject)]
#[graphql(serial)]
pub struct PasswordStrength {
    /// From 0, guessed at once, to 4, hard to guess even for who has stolen its hash.
    score: i32,
    /// Whether the password policy allows it. Whether it is one of the user's last ones is told when it is set.
    is_allowed: bool,
    /// What the password policy does not allow; empty when it is allowed.
    flaws: Vec<UserError>,
    /// What makes it easy to guess, in English.
    warning: Option<String>,
    /// What would make it better, in English.
    suggestions: Vec<String>,
}

impl From<Strength> for PasswordStrength {
    fn from(strength: Strength) -> Self {
        let flaws = strength.flaws.into_iter();
        let flaws: Vec<UserError> = flaws
            .map(|flaw| base::error::UserError::new(flaw.code, "password", flaw.message).into())
            .collect();
        Self {
            score: strength.score,
            is_allowed: flaws.is_empty(),
            flaws,
            warning: strength.warning,
            suggestions: strength.suggestions,
        }
    }
}

payload! {
    /// The policy after the change.
    UpdatePasswordPolicyPayload {
        /// The policy.
        password_policy: PasswordPolicy,
    }
}

/// A change of the password policy. What is left out stays.
#[derive(InputObject)]
pub struct UpdatePasswordPolicyInput {
    /// The least number of characters: 8-64.
    minimum_length: Option<i32>,
    /// The largest number of characters: 64-256.
    maximum_length: Option<i32>,
    /// How many of these it needs: capital letters, small letters, digits, others: 1-4.
    character_classes: Option<i32>,
    /// Whether it may contain the account or the name.
    allows_account_or_name: Option<bool>,
    /// Whether common and leaked passwords are refused.
    refuses_common: Option<bool>,
    /// How many former passwords are refused, the current one among them: 0-24.
    refuses_previous: Option<i32>,
    /// After how many days it has to be changed; 0 for never: 0-365.
    expires_after_days: Option<i32>,
    /// Whether it has to be changed after somebody else set it.
    change_after_reset: Option<bool>,
    /// After how many failures an account is locked: 3-20.
    lock_after_failures: Option<i32>,
    /// In how many minutes these failures count: 1-60.
    failure_window_minutes: Option<i32>,
    /// For how many minutes an account is locked: 1-1440.
    lock_minutes: Option<i32>,
}

impl From<UpdatePasswordPolicyInput> for PolicyChange {
    fn from(input: UpdatePasswordPolicyInput) -> Self {
        Self {
            numbers: [
                input.minimum_length,
                input.maximum_length,
                input.character_classes,
                input.refuses_previous,
                input.expires_after_days,
                input.lock_after_failures,
                input.failure_window_minutes,
                input.lock_minutes,
            ],
            choices: [
                input.allows_account_or_name,
                input.refuses_common,
                input.change_after_reset,
            ],
        }
    }
}

#[derive(Default)]
pub struct PasswordQuery;

#[Object(guard = "super::guard::Never", serial)]
impl PasswordQuery {
    /// How good a password is, for a form that tells it while somebody types. Send it by POST: an address stands in
    /// logs.
    #[graphql(guard = "Gate::root(Action::PasswordStrength)")]
    async fn password_strength(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password.", secret)] password: String,
        #[graphql(desc = "The account that it is for.")] account: Option<String>,
        #[graphql(desc = "The name of whom it is for.")] name: Option<String>,
    ) -> Result<PasswordStrength> {
        let policy = policy::current(app(ctx).database.reader()).await?;
        // Some milliseconds of a core: not on a thread that others wait for.
        let estimated = tokio::task::spawn_blocking(move || {
            let known = [account.as_deref(), name.as_deref()];
            let known: Vec<&str> = known.into_iter().flatten().collect();
            estimate(&policy, &password, &known)
        });
        Ok(estimated.await.map_err(base::Error::internal)?.into())
    }
}

#[derive(Default)]
pub struct PasswordMutation;

#[Object(guard = "super::guard::Never", serial)]
impl PasswordMutation {
    /// Changes the password policy. It holds for passwords that are set from here on, and at once for how often one may
    /// be guessed and when it expires.
    #[graphql(
        guard = "Gate::root(Action::PasswordPolicyUpdate)",
        directive = requires::apply(needs(Action::PasswordPolicyUpdate))
    )]
    async fn update_password_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdatePasswordPolicyInput,
    ) -> Result<Option<UpdatePasswordPolicyPayload>> {
        let done = update_password_policy(app(ctx), viewer(ctx), input.into()).await;
        let payload = |policy: Policy| UpdatePasswordPolicyPayload {
            password_policy: Some(PasswordPolicy(policy)),
            ..Default::default()
        };
        answer(ctx, Action::PasswordPolicyUpdate, done, payload)
            .await
            .map(Some)
    }
}
