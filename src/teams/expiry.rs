//! Notices of expiry: 30, 7 and 1 days before a team expires, and when it has (`domain.md`, "Teams").
//!
//! A notice belongs to a team, an expiry and a number of days. Its row in `team_notice` is made in the transaction that
//! writes its letters: of many nodes one makes it, and who dies before the commit has done neither. Only the most
//! pressing notice that is due is written, so that a node that was away for a week does not tell it all at once.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use tokio::sync::watch;

use crate::access::viewer::team_is_active;
use crate::app::App;
use crate::base::Result;
use crate::base::id::TeamId;
use crate::entity::database::Transaction;
use crate::entity::user::AccountType;
use crate::entity::{membership, team, team_notice, user};
use crate::mail::letter::{self, Recipient};
use crate::memberships::admins::administrators;
use crate::memberships::lock;

/// How many days before, the most pressing first.
const DAYS: [i32; 4] = [0, 1, 7, 30];
/// A team that expired longer ago than this is told of no more: nobody was there to tell in time.
const TOO_LATE: TimeDelta = TimeDelta::days(30);
/// How often to look. Each node looks for itself.
const EVERY: Duration = Duration::from_mins(1);
/// How many teams to look up at a time.
const BATCH: u64 = 100;

/// The most pressing notice that is due: the fewest days before.
fn due(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<i32> {
    DAYS.into_iter()
        .find(|days| expires_at - TimeDelta::days(i64::from(*days)) <= now)
}

/// Notes, where a team gets an expiry, the notices whose time is past by then: that a team expires in 20 days, nobody has
/// to be told who has just said so, and in 7 days they are.
pub(super) async fn begin_in(
    txn: &impl ConnectionTrait,
    team_id: TeamId,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    for days in DAYS {
        if expires_at - TimeDelta::days(i64::from(days)) <= now {
            claim_in(txn, team_id, expires_at, days, now).await?;
        }
    }
    Ok(())
}

/// Makes the notice's row, unless it is there. The team is locked: of many who look at once, one finds none.
async fn claim_in(
    txn: &impl ConnectionTrait,
    team_id: TeamId,
    expires_at: DateTime<Utc>,
    days: i32,
    now: DateTime<Utc>,
) -> Result<bool> {
    if team_notice::Entity::find_by_id((team_id, expires_at, days))
        .one(txn)
        .await?
        .is_some()
    {
        return Ok(false);
    }
    let row = team_notice::ActiveModel {
        team_id: Set(team_id),
        expires_at: Set(expires_at),
        days: Set(days),
        created_at: Set(now),
    };
    team_notice::Entity::insert(row)
        .exec_without_returning(txn)
        .await?;
    Ok(true)
}

/// Writes all notices that are due; answers how many.
pub async fn notify_due(app: &App) -> Result<usize> {
    let (mut written, mut after) = (0, None);
    loop {
        let teams = waiting(app, after).await?;
        let Some(last) = teams.last() else {
            return Ok(written);
        };
        after = Some(*last);
        for id in teams {
            match notify(app, id).await {
                Ok(true) => written += 1,
                Ok(false) => {}
                // The others need not wait for one that cannot be written.
                Err(error) => {
                    tracing::warn!(team = %id, cause = ?error, "a notice of expiry was not written");
                }
            }
        }
    }
}

/// The teams whose most pressing notice has no row yet, in the order of their ids. No notice of a disabled one is due:
/// it gives nobody anything that an expiry could take. It comes when the team is enabled.
async fn waiting(app: &App, after: Option<TeamId>) -> Result<Vec<TeamId>> {
    let now = app.now();
    let mut windows = Condition::any();
    let mut since = now - TOO_LATE;
    for days in DAYS {
        let until = now + TimeDelta::days(i64::from(days));
        windows = windows.add(
            Condition::all()
                .add(team::Column::ExpiresAt.gt(since))
                .add(team::Column::ExpiresAt.lte(until))
                .add(Expr::exists(notice_of(days)).not()),
        );
        since = until;
    }
    let mut teams = team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(team::Column::DisabledAt.is_null())
        .filter(windows);
    if let Some(after) = after {
        teams = teams.filter(team::Column::Id.gt(after));
    }
    let ids = teams
        .order_by_asc(team::Column::Id)
        .limit(BATCH)
        .into_tuple()
        .all(app.database.reader());
    Ok(ids.await?)
}

fn notice_of(days: i32) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .expr(Expr::value(1))
        .from(team_notice::Entity)
        .and_where(
            Expr::col((team_notice::Entity, team_notice::Column::TeamId))
                .equals((team::Entity, team::Column::Id)),
        )
        .and_where(
            Expr::col((team_notice::Entity, team_notice::Column::ExpiresAt))
                .equals((team::Entity, team::Column::ExpiresAt)),
        )
        .and_where(Expr::col((team_notice::Entity, team_notice::Column::Days)).eq(days))
        .take()
}

/// Writes the team's most pressing notice, if nobody has; under the team's lock, as its expiry can be moved meanwhile.
async fn notify(app: &App, id: TeamId) -> Result<bool> {
    let txn = app.begin().await?;
    let team = lock::teams_in(&txn, &[id]).await?.pop();
    let Some(team) = team.filter(|team| team.disabled_at.is_none()) else {
        return Ok(false);
    };
    let now = app.now();
    let Some(expires_at) = team.expires_at else {
        return Ok(false);
    };
    let Some(days) = due(expires_at, now) else {
        return Ok(false);
    };
    if !claim_in(&txn, id, expires_at, days, now).await? {
        return Ok(false);
    }
    let letters: Vec<_> = readers_in(&txn, &team, now)
        .await?
        .iter()
        .filter_map(|user| {
            let to = Recipient::of(user)?;
            Some(letter::team_expiry(
                &to,
                &user.account,
                &team.name,
                expires_at,
                now,
            ))
        })
        .collect();
    for letters in letters.chunks(500) {
        app.send_all_in(&txn, letters).await?;
    }
    app.commit(txn).await?;
    Ok(true)
}

/// Who is told: the team's admins, those of its superapp team while that is active, and the super admin; each once, and
/// nobody who is disabled or has no address.
async fn readers_in(txn: &Transaction, team: &team::Model, now: DateTime<Utc>) -> Result<Vec<user::Model>> {
    let superapp_team = match team.superapp_team_id {
        Some(id) => team::Entity::find_by_id(id).one(txn).await?,
        None => None,
    };
    // Its admins see nothing of the bound team otherwise.
    let superapp_team = superapp_team.filter(|it| team_is_active(it.disabled_at, it.expires_at, now));
    let teams = [Some(team.id), superapp_team.map(|it| it.id)];
    let admins = Query::select()
        .column(membership::Column::UserId)
        .from(membership::Entity)
        .and_where(membership::Column::TeamId.is_in(teams.into_iter().flatten()))
        .and_where(membership::Column::RoleId.is_in(administrators()))
        .take();
    let readers = user::Entity::find()
        .filter(user::Column::Email.is_not_null())
        .filter(user::Column::DisabledAt.is_null())
        .filter(
            Condition::any()
                .add(user::Column::Id.in_subquery(admins))
                .add(user::Column::AccountType.eq(AccountType::SuperAdmin)),
        );
    Ok(readers.all(txn).await?)
}

/// Writes notices until told to stop. Each node does; that another was faster costs a look.
pub async fn keep_notifying(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = notify_due(&app).await {
            tracing::warn!(cause = ?error, "what is about to expire could not be looked up");
        }
        tokio::select! {
            () = app.notices.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_pressing_notice_alone_is_due() {
        let expiry = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let second = TimeDelta::seconds(1);
        for (before, days) in [
            (TimeDelta::days(40), None),
            (TimeDelta::days(30) + second, None),
            (TimeDelta::days(30), Some(30)),
            (TimeDelta::days(7) + second, Some(30)),
            (TimeDelta::days(7), Some(7)),
            (TimeDelta::days(1) + second, Some(7)),
            (TimeDelta::days(1), Some(1)),
            (second, Some(1)),
            (TimeDelta::zero(), Some(0)),
            (TimeDelta::days(-20), Some(0)),
        ] {
            assert_eq!(due(expiry, expiry - before), days, "{before}");
        }
    }
}
