//! Makes a code; the one before for the same purpose and address is void.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, Iterable, Set};

use super::{LIFE, Purpose, subject};
use crate::app::App;
use crate::base::Result;
use crate::base::id::{CodeId, Id};
use crate::base::text::Email;
use crate::entity::verification_code;
use crate::secret::code;

/// Makes a code, and answers it: it is stored as a hash, and shown nowhere but in the letter.
pub async fn issue_in(
    txn: &impl ConnectionTrait,
    app: &App,
    purpose: Purpose,
    email: &Email,
) -> Result<String> {
    let now = app.now();
    let subject = subject(&app.keys, purpose, email);
    let (id, code) = (CodeId::new(now), code::new_verification());
    let row = verification_code::ActiveModel {
        subject: Set(subject),
        code_id: Set(id),
        code_hash: Set(code::verification_hash(&app.keys, id, &code)),
        tries: Set(0),
        created_at: Set(now),
        expires_at: Set(now + LIFE),
    };
    let rest = verification_code::Column::iter()
        .filter(|column| !matches!(column, verification_code::Column::Subject));
    let replace = OnConflict::column(verification_code::Column::Subject)
        .update_columns(rest)
        .to_owned();
    verification_code::Entity::insert(row)
        .on_conflict(replace)
        .exec_without_returning(txn)
        .await?;
    Ok(code)
}
