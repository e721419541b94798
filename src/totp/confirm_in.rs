//! Confirms a secret by a first code.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use super::remove_in::forget_recovery_codes_in;
use crate::app::App;
use crate::base::error::UserErrorCode::{InvalidCode, NotBound};
use crate::base::{Error, Result};
use crate::entity::{recovery_code, totp, user};
use crate::secret::totp::{Secret, new_recovery_codes, recovery_hash};

/// Confirms the secret of the user, whose row is locked; answers the recovery codes, which are shown once. A wrong
/// code is no guess: who enrols has the secret.
pub async fn confirm_in(
    txn: &impl ConnectionTrait,
    app: &App,
    user: &user::Model,
    code: &str,
) -> Result<Vec<String>> {
    let row = totp::Entity::find_by_id(user.id).one(txn).await?;
    let row = row.filter(|row| row.confirmed_at.is_none()).ok_or_else(|| {
        Error::user(
            NotBound,
            "",
            "There is nothing to confirm: ask for a secret first, by enrollTotp.",
        )
    })?;
    let secret = Secret::open(&app.keys, user.id, &row.sealed)?;
    let Some(step) = secret.step_of(code, app.now())? else {
        return Err(Error::user(
            InvalidCode,
            "code",
            "The code is not right. Look whether the device's clock is.",
        ));
    };
    totp::Entity::update_many()
        .col_expr(totp::Column::ConfirmedAt, Expr::value(Some(app.now())))
        .col_expr(totp::Column::LastStep, Expr::value(step))
        .filter(totp::Column::UserId.eq(user.id))
        .exec(txn)
        .await?;
    forget_recovery_codes_in(txn, user.id).await?;
    let codes = new_recovery_codes();
    let rows = codes.iter().map(|code| recovery_code::ActiveModel {
        user_id: Set(user.id),
        code_hash: Set(recovery_hash(&app.keys, user.id, code)),
    });
    recovery_code::Entity::insert_many(rows)
        .exec_without_returning(txn)
        .await?;
    Ok(codes)
}
