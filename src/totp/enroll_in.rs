//! Makes a secret that waits for its first code.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, Set};

use super::is_on_in;
use crate::app::App;
use crate::base::error::UserErrorCode::AlreadyBound;
use crate::base::{Error, Result};
use crate::entity::{totp, user};
use crate::secret::totp::{Secret, qr_code};

/// What the user's device has to know; shown once.
#[derive(Clone)]
pub struct Enrolment {
    /// The secret in base 32.
    pub secret: String,
    /// The `otpauth` URI.
    pub uri: String,
    /// The URI as a QR code, in SVG.
    pub qr_code: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(…)")
    }
}

/// Makes a secret, in the place of one that was never confirmed; the user's row is locked.
pub async fn enroll_in(txn: &impl ConnectionTrait, app: &App, user: &user::Model) -> Result<Enrolment> {
    if is_on_in(txn, user.id).await? {
        return Err(Error::user(
            AlreadyBound,
            "",
            "Dynamic codes are on already. Switch them off first to move to another device.",
        ));
    }
    let secret = Secret::generate();
    let row = totp::ActiveModel {
        user_id: Set(user.id),
        sealed: Set(secret.seal(&app.keys, user.id)),
        created_at: Set(app.now()),
        confirmed_at: Set(None),
        last_step: Set(0),
    };
    let replace = OnConflict::column(totp::Column::UserId)
        .update_columns([totp::Column::Sealed, totp::Column::CreatedAt])
        .to_owned();
    totp::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(txn)
        .await?;
    let uri = secret.uri(&user.account)?;
    Ok(Enrolment {
        secret: secret.text()?,
        qr_code: qr_code(&uri)?,
        uri,
    })
}
