//! The password policy in force.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::base::Result;
use crate::entity::password_policy;

/// What a password has to be.
pub type Policy = password_policy::Model;

/// The policy as long as nobody has changed it (`domain.md`, "Password policy").
#[must_use]
pub fn default_policy() -> Policy {
    Policy {
        id: 1,
        minimum_length: 8,
        maximum_length: 128,
        character_classes: 3,
        allows_account_or_name: false,
        refuses_common: true,
        refuses_previous: 5,
        expires_after_days: 0,
        change_after_reset: true,
        lock_after_failures: 5,
        failure_window_minutes: 15,
        lock_minutes: 15,
    }
}

/// A number of the policy: its name in the schema, what it may be, and where it stands.
#[derive(Clone, Copy)]
pub struct Setting {
    /// The field's name.
    pub name: &'static str,
    /// The least and the most that it may be.
    pub range: (i32, i32),
    /// Where it stands.
    pub place: fn(&mut Policy) -> &mut i32,
}

/// The numbers (`domain.md`, "Password policy").
pub const SETTINGS: [Setting; 8] = [
    setting("minimumLength", (8, 64), |policy| &mut policy.minimum_length),
    setting("maximumLength", (64, 256), |policy| &mut policy.maximum_length),
    setting("characterClasses", (1, 4), |policy| &mut policy.character_classes),
    setting("refusesPrevious", (0, 24), |policy| &mut policy.refuses_previous),
    setting("expiresAfterDays", (0, 365), |policy| {
        &mut policy.expires_after_days
    }),
    setting("lockAfterFailures", (3, 20), |policy| {
        &mut policy.lock_after_failures
    }),
    setting("failureWindowMinutes", (1, 60), |policy| {
        &mut policy.failure_window_minutes
    }),
    setting("lockMinutes", (1, 1440), |policy| &mut policy.lock_minutes),
];

const fn setting(name: &'static str, range: (i32, i32), place: fn(&mut Policy) -> &mut i32) -> Setting {
    Setting { name, range, place }
}

/// A choice of the policy: its name in the schema, and where it stands.
#[derive(Clone, Copy)]
pub struct Choice {
    /// The field's name.
    pub name: &'static str,
    /// Where it stands.
    pub place: fn(&mut Policy) -> &mut bool,
}

/// The choices.
pub const CHOICES: [Choice; 3] = [
    choice("allowsAccountOrName", |policy| &mut policy.allows_account_or_name),
    choice("refusesCommon", |policy| &mut policy.refuses_common),
    choice("changeAfterReset", |policy| &mut policy.change_after_reset),
];

const fn choice(name: &'static str, place: fn(&mut Policy) -> &mut bool) -> Choice {
    Choice { name, place }
}

/// What a new password has to be, in sentences for a form.
#[must_use]
pub fn rules(policy: &Policy) -> Vec<String> {
    let mut rules = vec![format!(
        "{} to {} characters.",
        policy.minimum_length, policy.maximum_length
    )];
    if policy.character_classes > 1 {
        rules.push(format!(
            "Characters of {} of these: capital letters, small letters, digits, others.",
            policy.character_classes
        ));
    }
    if !policy.allows_account_or_name {
        rules.push("Not the account or the name in it.".to_owned());
    }
    if policy.refuses_common {
        rules.push("None of those that are guessed first.".to_owned());
    }
    if policy.refuses_previous > 0 {
        rules.push(format!("None of your last {}.", policy.refuses_previous));
    }
    rules
}

/// The policy in force.
pub async fn current(connection: &impl ConnectionTrait) -> Result<Policy> {
    let stored = password_policy::Entity::find_by_id(1).one(connection).await?;
    Ok(stored.unwrap_or_else(default_policy))
}
