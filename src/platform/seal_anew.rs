//! Seals anew, with the first line of the secret file, what outlives every change of it: the secrets of dynamic codes,
//! and the registration links of teams. So a line can be taken away, and who was enrolled while it was the first goes on.
//!
//! Each node does so when it starts, if its file has more than one line. One that starts with another first line seals
//! back, which no node minds that has both; the last start decides.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::app::App;
use crate::base::Result;
use crate::base::id::{TeamId, UserId};
use crate::entity::{team, totp};
use crate::secret::link;
use crate::secret::totp::Secret;

/// How many rows are read at once.
const AT_ONCE: u64 = 500;

/// Seals what an older line has sealed, and answers how many rows that were.
pub async fn seal_anew(app: &App) -> Result<u64> {
    if !app.keys.has_older() {
        return Ok(0);
    }
    let count = seal_dynamic_codes(app).await? + seal_links(app).await?;
    if count > 0 {
        tracing::info!(
            count,
            "what an older line of the secret file had sealed is sealed by the first"
        );
    }
    Ok(count)
}

async fn seal_dynamic_codes(app: &App) -> Result<u64> {
    let (mut count, mut last) = (0, None::<UserId>);
    loop {
        let mut select = totp::Entity::find()
            .order_by_asc(totp::Column::UserId)
            .limit(AT_ONCE);
        if let Some(last) = last {
            select = select.filter(totp::Column::UserId.gt(last));
        }
        let rows = select.all(app.database.reader()).await?;
        let Some(end) = rows.last() else {
            return Ok(count);
        };
        last = Some(end.user_id);
        for row in rows {
            let Some(sealed) = Secret::seal_anew(&app.keys, row.user_id, &row.sealed) else {
                continue;
            };
            // Unless its owner has enrolled another device meanwhile.
            let update = totp::Entity::update_many()
                .col_expr(totp::Column::Sealed, Expr::value(sealed))
                .filter(totp::Column::UserId.eq(row.user_id))
                .filter(totp::Column::Sealed.eq(row.sealed));
            count += app.database.execute(&update.into_query()).await?;
        }
    }
}

async fn seal_links(app: &App) -> Result<u64> {
    let (mut count, mut last) = (0, None::<TeamId>);
    loop {
        let mut select = team::Entity::find()
            .select_only()
            .columns([team::Column::Id, team::Column::LinkSealed])
            .filter(team::Column::LinkSealed.is_not_null())
            .order_by_asc(team::Column::Id)
            .limit(AT_ONCE);
        if let Some(last) = last {
            select = select.filter(team::Column::Id.gt(last));
        }
        let rows: Vec<(TeamId, Vec<u8>)> = select.into_tuple().all(app.database.reader()).await?;
        let Some((end, _)) = rows.last() else {
            return Ok(count);
        };
        last = Some(*end);
        for (id, before) in rows {
            let Some((hash, sealed)) = link::seal_anew(&app.keys, id, &before) else {
                continue;
            };
            // Unless the link was replaced meanwhile.
            let update = team::Entity::update_many()
                .col_expr(team::Column::LinkHash, Expr::value(hash))
                .col_expr(team::Column::LinkSealed, Expr::value(sealed))
                .filter(team::Column::Id.eq(id))
                .filter(team::Column::LinkSealed.eq(before));
            count += app.database.execute(&update.into_query()).await?;
        }
    }
}
