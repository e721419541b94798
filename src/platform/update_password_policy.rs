//! Changes the password policy, by platform staff. It holds for passwords that are set from here on, and at once for
//! how often one may be guessed.

use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};

use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::Invalid;
use crate::base::form::{Flaw, Form};
use crate::base::{Error, Result};
use crate::entity::insert::insert_unless_taken;
use crate::entity::password_policy;
use crate::passwords::Policy;
use crate::passwords::policy::{CHOICES, SETTINGS, default_policy};

/// What is to change: of each number and choice, in the order of `policy::SETTINGS` and `policy::CHOICES`, the new
/// value. What is left out stays.
#[derive(Debug, Default)]
pub struct PolicyChange {
    /// The numbers.
    pub numbers: [Option<i32>; SETTINGS.len()],
    /// The choices.
    pub choices: [Option<bool>; CHOICES.len()],
}

/// Changes the policy.
pub async fn update_password_policy(app: &App, viewer: &Viewer, change: PolicyChange) -> Result<Policy> {
    viewer.grant(Action::PasswordPolicyUpdate)?;
    let mut form = Form::default();
    for (setting, number) in SETTINGS.iter().zip(change.numbers) {
        let (least, most) = setting.range;
        if number.is_some_and(|number| !(least..=most).contains(&number)) {
            form.refuse(
                setting.name,
                Flaw::new(Invalid, format!("It is a number from {least} to {most}.")),
            );
        }
    }
    form.close()?;
    let txn = app.begin().await?;
    insert_unless_taken(
        &txn,
        default_policy().into_active_model(),
        [password_policy::Column::Id],
        Expr::value(true),
    )
    .await?;
    let mut policy = password_policy::Entity::find_by_id(1)
        .lock_exclusive()
        .one(&txn)
        .await?
        .ok_or_else(|| Error::internal("the password policy has no row"))?;
    let mut changes = Vec::new();
    for (setting, number) in SETTINGS.iter().zip(change.numbers) {
        changes.extend(put(setting.name, (setting.place)(&mut policy), number));
    }
    for (choice, value) in CHOICES.iter().zip(change.choices) {
        changes.extend(put(choice.name, (choice.place)(&mut policy), value));
    }
    let row = policy.clone().into_active_model().reset_all();
    password_policy::Entity::update(row).exec(&txn).await?;
    let event = Event::done(Action::PasswordPolicyUpdate).changing(changes);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(policy)
}

/// Puts a new value in its place; answers what has changed.
fn put<T: Copy + PartialEq + ToString>(
    name: &'static str,
    place: &mut T,
    value: Option<T>,
) -> Option<Change> {
    let value = value.filter(|value| value != place)?;
    let before = std::mem::replace(place, value);
    Some(Change::new(name, Some(before), Some(value)))
}
