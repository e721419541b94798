//! Spends a code that was right.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::Proof;
use crate::base::error::UserErrorCode::CodeExpired;
use crate::base::{Error, Result};
use crate::entity::verification_code;

/// Takes the code away, in the transaction of what it proves: of many who bring it, one finds it.
pub async fn spend_in(txn: &impl ConnectionTrait, proof: &Proof, field: &str) -> Result<()> {
    let spent = verification_code::Entity::delete_many()
        .filter(verification_code::Column::Subject.eq(&proof.subject))
        .filter(verification_code::Column::CodeId.eq(proof.code_id))
        .exec(txn)
        .await?;
    if spent.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::user(
            CodeExpired,
            field,
            "The code was used already. Ask for a new one.",
        ))
    }
}
