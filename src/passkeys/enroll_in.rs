//! Asks an authenticator for a new passkey.

use chrono::TimeDelta;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use serde_json::{Value, json};
use uuid::Builder;
use webauthn_rs::prelude::Passkey;

use super::find::of_user_in;
use super::relying_party::relying_party;
use crate::app::App;
use crate::base::error::UserErrorCode::LimitReached;
use crate::base::{Error, Result, random};
use crate::entity::{passkey_enrolment, user};
use crate::limits::PASSKEYS;

/// How long the answer is waited for.
const LIFE: TimeDelta = TimeDelta::minutes(10);

/// Begins an enrolment, in the place of one that was not answered; the user's row is locked. Answers the options of
/// `navigator.credentials.create`.
pub async fn enroll_in(txn: &impl ConnectionTrait, app: &App, user: &user::Model) -> Result<Value> {
    let known = of_user_in(txn, user.id).await?;
    if known.len() >= PASSKEYS {
        return Err(Error::user(
            LimitReached,
            "",
            format!("A user has at most {PASSKEYS} passkeys. Remove one first."),
        ));
    }
    // Random: it stays on devices, and tells their finder nothing. An authenticator replaces what it has of the same user.
    let handle = known.first().map_or_else(
        || Builder::from_random_bytes(random::bytes()).into_uuid(),
        |row| row.user_handle,
    );
    let ids = known
        .iter()
        .map(|row| serde_json::from_str::<Passkey>(&row.credential).map(|passkey| passkey.cred_id().clone()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::internal)?;
    let (asked, state) = relying_party(app)?
        .start_passkey_registration(handle, &user.account, &user.name, Some(ids))
        .map_err(Error::internal)?;
    let mut options = serde_json::to_value(&asked.public_key).map_err(Error::internal)?;
    // The library leaves it to the authenticator whether it can name the user by itself. Ours has to: it logs in alone.
    let selection = &mut options["authenticatorSelection"];
    selection["residentKey"] = json!("required");
    selection["requireResidentKey"] = json!(true);
    let row = passkey_enrolment::ActiveModel {
        user_id: Set(user.id),
        user_handle: Set(handle),
        state: Set(serde_json::to_string(&state).map_err(Error::internal)?),
        expires_at: Set(app.now() + LIFE),
    };
    let replace = OnConflict::column(passkey_enrolment::Column::UserId)
        .update_columns([
            passkey_enrolment::Column::UserHandle,
            passkey_enrolment::Column::State,
            passkey_enrolment::Column::ExpiresAt,
        ])
        .to_owned();
    passkey_enrolment::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(txn)
        .await?;
    Ok(options)
}
