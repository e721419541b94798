//! Spends a dynamic code or a recovery code.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::app::App;
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::{recovery_code, totp};
use crate::secret::totp::{Secret, recovery_hashes};

/// What somebody gives as a second factor.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    /// A dynamic code.
    Code(&'a str),
    /// A recovery code.
    Recovery(&'a str),
}

impl<'a> Given<'a> {
    /// The dynamic code where there is one, else the recovery code.
    #[must_use]
    pub fn of(code: Option<&'a str>, recovery_code: Option<&'a str>) -> Option<Self> {
        code.map(Self::Code).or(recovery_code.map(Self::Recovery))
    }

    /// Where it stands in the input, when the dynamic code's field has this name.
    #[must_use]
    pub fn field(self, code_field: &'static str) -> &'static str {
        match self {
            Self::Code(_) => code_field,
            Self::Recovery(_) => "recoveryCode",
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// It was right, and works no more.
    Code,
    /// It was right, and works no more.
    Recovery {
        /// How many recovery codes are left.
        left: u64,
    },
    /// It was not right, or was used before.
    Nothing,
}

/// Spends what was given: of many who bring the same, one does. The try was counted before.
pub async fn spend_in(
    txn: &impl ConnectionTrait,
    app: &App,
    user_id: UserId,
    given: Given<'_>,
) -> Result<Spent> {
    match given {
        Given::Code(code) => spend_code_in(txn, app, user_id, code).await,
        Given::Recovery(code) => spend_recovery_in(txn, app, user_id, code).await,
    }
}

async fn spend_code_in(txn: &impl ConnectionTrait, app: &App, user_id: UserId, code: &str) -> Result<Spent> {
    let row = totp::Entity::find_by_id(user_id).one(txn).await?;
    let Some(row) = row.filter(|row| row.confirmed_at.is_some()) else {
        return Ok(Spent::Nothing);
    };
    let secret = Secret::open(&app.keys, user_id, &row.sealed)?;
    let Some(step) = secret.step_of(code, app.now())? else {
        return Ok(Spent::Nothing);
    };
    let moved = totp::Entity::update_many()
        .col_expr(totp::Column::LastStep, Expr::value(step))
        .filter(totp::Column::UserId.eq(user_id))
        .filter(totp::Column::LastStep.lt(step))
        .exec(txn)
        .await?;
    Ok(if moved.rows_affected == 1 {
        Spent::Code
    } else {
        Spent::Nothing
    })
}

async fn spend_recovery_in(
    txn: &impl ConnectionTrait,
    app: &App,
    user_id: UserId,
    code: &str,
) -> Result<Spent> {
    let spent = recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::UserId.eq(user_id))
        .filter(recovery_code::Column::CodeHash.is_in(recovery_hashes(&app.keys, user_id, code)))
        .exec(txn)
        .await?;
    if spent.rows_affected == 0 {
        return Ok(Spent::Nothing);
    }
    let left = recovery_code::Entity::find()
        .filter(recovery_code::Column::UserId.eq(user_id))
        .count(txn)
        .await?;
    Ok(Spent::Recovery { left })
}
