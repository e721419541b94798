//! Keeps a new passkey.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::Value;
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::check_in::{LONGEST_ID, credential_hash};
use super::relying_party::relying_party;
use crate::app::App;
use crate::base::error::UserErrorCode::{AlreadyBound, Invalid, NotBound};
use crate::base::id::{Id, PasskeyId};
use crate::base::text::PasskeyName;
use crate::base::{Error, Result};
use crate::entity::insert::insert_unless_taken;
use crate::entity::{passkey, passkey_enrolment, user};

/// Keeps what the authenticator made for the user, whose row is locked. A wrong answer is no guess: who adds a passkey
/// has shown the password.
pub async fn confirm_in(
    txn: &impl ConnectionTrait,
    app: &App,
    user: &user::Model,
    name: PasskeyName,
    answer: Value,
) -> Result<passkey::Model> {
    let now = app.now();
    let row = passkey_enrolment::Entity::find_by_id(user.id).one(txn).await?;
    let enrolment = row.filter(|row| now < row.expires_at).ok_or_else(|| {
        Error::user(
            NotBound,
            "",
            "There is nothing to confirm: ask for options first, by addPasskey.",
        )
    })?;
    let state: PasskeyRegistration = serde_json::from_str(&enrolment.state).map_err(Error::internal)?;
    let relying_party = relying_party(app)?;
    let answer: Option<RegisterPublicKeyCredential> = serde_json::from_value(answer).ok();
    let made = answer
        .filter(|answer| answer.raw_id.len() <= LONGEST_ID)
        .and_then(|answer| relying_party.finish_passkey_registration(&answer, &state).ok())
        .ok_or_else(|| {
            Error::user(
                Invalid,
                "passkey",
                "This is no answer to the options of addPasskey: of another page or user, or too old.",
            )
        })?;
    passkey_enrolment::Entity::delete_by_id(user.id).exec(txn).await?;
    let row = passkey::Model {
        id: PasskeyId::new(now),
        user_id: user.id,
        name: name.into_string(),
        credential_hash: credential_hash(made.cred_id()),
        user_handle: enrolment.user_handle,
        credential: serde_json::to_string(&made).map_err(Error::internal)?,
        created_at: now,
        last_used_at: None,
    };
    let ours = passkey::Column::Id.eq(row.id);
    let active = row.clone().into_active_model();
    if insert_unless_taken(txn, active, [passkey::Column::CredentialHash], ours).await? {
        Ok(row)
    } else {
        Err(Error::user(
            AlreadyBound,
            "passkey",
            "This passkey is somebody's already.",
        ))
    }
}
