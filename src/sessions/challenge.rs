//! A login that waits: what for, and for whom.

use chrono::TimeDelta;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Set};

use super::login::failure;
use crate::app::App;
use crate::base::error::UserErrorCode::Invalid;
use crate::base::id::{ChallengeId, DeviceId, Id};
use crate::base::{Error, Result};
use crate::entity::login_challenge::{self, Step};
use crate::entity::user;
use crate::passwords::attempt::Count;
use crate::secret::token;

/// How long a login waits for its next step.
const LIFE: TimeDelta = TimeDelta::minutes(10);

/// A login that waits for its next step.
#[derive(Clone, Debug)]
pub struct Waiting {
    id: ChallengeId,
    /// What for.
    pub step: Step,
    /// The known device that it comes from.
    pub device: Option<DeviceId>,
    /// For whom.
    pub user: user::Model,
    /// What the answer of a passkey is held against, where one may be given.
    pub passkey_state: Option<String>,
}

impl Waiting {
    /// On whose count the tries of this login go.
    #[must_use]
    pub fn count(&self) -> Count {
        match self.device {
            Some(device) => Count::Device(self.user.id, device),
            None => Count::Account(self.user.id),
        }
    }
}

/// Lets a login wait; the one before, of the same user, is over.
pub(super) async fn wait_in(
    txn: &impl ConnectionTrait,
    app: &App,
    user: &user::Model,
    device: Option<DeviceId>,
    step: Step,
    passkey_state: Option<String>,
) -> Result<String> {
    let now = app.now();
    login_challenge::Entity::delete_many()
        .filter(login_challenge::Column::UserId.eq(user.id))
        .exec(txn)
        .await?;
    let id = ChallengeId::new(now);
    let row = login_challenge::ActiveModel {
        id: Set(id),
        user_id: Set(user.id),
        step: Set(step),
        created_at: Set(now),
        expires_at: Set(now + LIFE),
        device_id: Set(device),
        passkey_state: Set(passkey_state),
    };
    login_challenge::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(token::print_challenge(&app.keys, id))
}

/// The login that waits with this challenge.
pub async fn waiting(app: &App, challenge: &str) -> Result<Waiting> {
    let refused = || failure("challenge");
    let id = token::read_challenge(&app.keys, challenge).ok_or_else(refused)?;
    let reader = app.database.reader();
    let row = login_challenge::Entity::find_by_id(id).one(reader).await?;
    let row = row.filter(|row| app.now() < row.expires_at).ok_or_else(refused)?;
    let user = user::Entity::find_by_id(row.user_id).one(reader).await?;
    Ok(Waiting {
        id,
        step: row.step,
        device: row.device_id,
        user: user.ok_or_else(refused)?,
        passkey_state: row.passkey_state,
    })
}

/// The same, of a login that waits for this very step.
pub async fn waiting_for(app: &App, challenge: &str, step: Step) -> Result<Waiting> {
    let login = waiting(app, challenge).await?;
    if login.step == step {
        Ok(login)
    } else {
        Err(Error::user(
            Invalid,
            "challenge",
            "This login waits for another step.",
        ))
    }
}

/// The same login once more, its user's row locked: it may have gone on, or its user been disabled, meanwhile.
pub async fn waiting_in(txn: &impl ConnectionTrait, app: &App, waiting: &Waiting) -> Result<Waiting> {
    let refused = || failure("challenge");
    let user = user::Entity::find_by_id(waiting.user.id)
        .lock_exclusive()
        .one(txn)
        .await?
        .filter(|user| user.disabled_at.is_none())
        .ok_or_else(refused)?;
    let row = login_challenge::Entity::find_by_id(waiting.id).one(txn).await?;
    row.filter(|row| row.step == waiting.step && app.now() < row.expires_at)
        .ok_or_else(refused)?;
    Ok(Waiting {
        user,
        ..waiting.clone()
    })
}
