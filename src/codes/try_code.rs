//! Tries a code.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{MOST_TRIES, Purpose, subject};
use crate::app::App;
use crate::base::error::UserErrorCode::{CodeExpired, InvalidCode};
use crate::base::id::CodeId;
use crate::base::tally::Tally;
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::entity::verification_code;
use crate::secret::code;

/// A code that was right, and has to be spent.
#[derive(Clone, Debug)]
pub struct Proof {
    pub(super) subject: String,
    pub(super) code_id: CodeId,
}

/// Tries a code: one of its five tries is gone for good, whatever comes of it; once, however often the request is run.
/// `field` is where the code stands in the input.
pub async fn try_code(
    app: &App,
    tally: &Tally,
    purpose: Purpose,
    email: &Email,
    text: &str,
    field: &str,
) -> Result<Proof> {
    let invalid = || Error::user(InvalidCode, field, "The code is not right.");
    let subject = subject(&app.keys, purpose, email);
    let txn = app.begin().await?;
    let find = || verification_code::Entity::find_by_id(&subject);
    // Of a request that is run again, the try is counted already.
    let counted = find()
        .one(&txn)
        .await?
        .filter(|row| tally.has_counted(&row.code_id.to_string()));
    let row = if let Some(row) = counted {
        txn.rollback().await?;
        row
    } else {
        let is_open = count_in(&txn, app.now(), &subject).await?;
        let row = find().one(&txn).await?;
        txn.commit().await?;
        let row = row.ok_or_else(invalid)?;
        if !is_open {
            return Err(Error::user(
                CodeExpired,
                field,
                "The code has expired, or was tried too often. Ask for a new one.",
            ));
        }
        tally.note(row.code_id.to_string());
        row
    };
    let matches = code::digits(text, code::VERIFICATION_DIGITS)
        .is_some_and(|digits| code::verification_matches(&app.keys, row.code_id, digits, &row.code_hash));
    if matches {
        Ok(Proof {
            subject,
            code_id: row.code_id,
        })
    } else {
        Err(invalid())
    }
}

/// Counts a try, if the code is there and bears one more.
async fn count_in(txn: &impl ConnectionTrait, now: DateTime<Utc>, subject: &str) -> Result<bool> {
    let counted = verification_code::Entity::update_many()
        .col_expr(
            verification_code::Column::Tries,
            Expr::col(verification_code::Column::Tries).add(1),
        )
        .filter(verification_code::Column::Subject.eq(subject))
        .filter(verification_code::Column::Tries.lt(MOST_TRIES))
        .filter(verification_code::Column::ExpiresAt.gt(now))
        .exec(txn)
        .await?;
    Ok(counted.rows_affected > 0)
}
