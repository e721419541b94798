//! Holds the answer of a passkey against its challenge.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Builder;
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PublicKeyCredential, WebauthnError};

use super::challenge::Ticket;
use super::relying_party::relying_party;
use crate::app::App;
use crate::base::id::{PasskeyId, UserId};
use crate::base::{Error, Result, random};
use crate::entity::insert::insert_unless_taken;
use crate::entity::{passkey, passkey_answer};
use crate::secret::keys::hex;

/// The longest name of a passkey that an authenticator gives it, in bytes (Web Authentication, level 3,
/// "Credential ID").
pub(super) const LONGEST_ID: usize = 1023;

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is the passkey's, and the user was verified.
    Right,
    /// It is not, or was not asked for.
    Wrong,
    /// It is the passkey's, but its counter went back: there is a copy of it somewhere.
    Copied,
}

/// What the passkey is found by.
pub(super) fn credential_hash(id: &[u8]) -> String {
    hex(&Sha256::digest(id))
}

/// Reads an answer, and which passkey says that it is its own. Nothing is proven yet.
pub async fn answered_by(
    connection: &impl ConnectionTrait,
    answer: &Value,
) -> Result<Option<(PublicKeyCredential, passkey::Model)>> {
    let Ok(answer) = serde_json::from_value::<PublicKeyCredential>(answer.clone()) else {
        return Ok(None);
    };
    let row = passkey::Entity::find()
        .filter(passkey::Column::CredentialHash.eq(credential_hash(&answer.raw_id)))
        .one(connection)
        .await?;
    Ok(row.map(|row| (answer, row)))
}

/// Checks the answer of this user's passkey, and notes its use; the user's row is locked. Who has named the user needs no
/// authenticator that does (`is_named`).
pub async fn check_in(
    txn: &impl ConnectionTrait,
    app: &App,
    (owner, id): (UserId, PasskeyId),
    answer: &PublicKeyCredential,
    state: &str,
    is_named: bool,
) -> Result<Checked> {
    // Once more: it may have been removed, or used, meanwhile.
    let row = passkey::Entity::find_by_id(id).one(txn).await?;
    let Some(row) = row.filter(|row| row.user_id == owner) else {
        return Ok(Checked::Wrong);
    };
    let is_theirs = match answer.get_user_unique_id() {
        Some(handle) => handle == row.user_handle.as_bytes(),
        None => is_named,
    };
    if !is_theirs {
        return Ok(Checked::Wrong);
    }
    let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(Error::internal)?;
    let mut passkey: Passkey = serde_json::from_str(&row.credential).map_err(Error::internal)?;
    let result = match relying_party(app)?.finish_discoverable_authentication_v2(answer, state, &passkey) {
        Ok(result) if result.user_verified() => result,
        Err(WebauthnError::CredentialPossibleCompromise) => return Ok(Checked::Copied),
        _ => return Ok(Checked::Wrong),
    };
    passkey.update_credential(&result);
    let credential = serde_json::to_string(&passkey).map_err(Error::internal)?;
    passkey::Entity::update_many()
        .col_expr(passkey::Column::Credential, Expr::value(credential))
        .col_expr(passkey::Column::LastUsedAt, Expr::value(Some(app.now())))
        .filter(passkey::Column::Id.eq(row.id))
        .exec(txn)
        .await?;
    Ok(Checked::Right)
}

/// Spends the challenge of a ticket; answers whether it was not spent before. Of many who do it at once one does.
pub async fn spend_in(txn: &impl ConnectionTrait, ticket: &Ticket) -> Result<bool> {
    let by = Builder::from_random_bytes(random::bytes()).into_uuid();
    let row = passkey_answer::ActiveModel {
        challenge_id: Set(ticket.id),
        spent_by: Set(by),
        expires_at: Set(ticket.expires_at),
    };
    let ours = passkey_answer::Column::SpentBy.eq(by);
    Ok(insert_unless_taken(txn, row, [passkey_answer::Column::ChallengeId], ours).await?)
}
