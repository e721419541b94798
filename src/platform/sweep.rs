//! Sweeps out what nobody can use any more: expired sessions, challenges, codes and answers of passkeys, counters whose
//! window is over, and letters that were given up long ago. Nothing depends on it but the size of the tables: what has
//! expired is refused all the same.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use tokio::sync::watch;

use crate::app::App;
use crate::base::Result;
use crate::base::id::TeamId;
use crate::entity::{
    counter, invitation, login_challenge, passkey_answer, passkey_enrolment, session, verification_code,
};
use crate::mail::outbox;
use crate::memberships::lock;

/// Sweeps once.
pub async fn sweep(app: &App) -> Result<()> {
    let now = app.now();
    // Each by itself: no lock is held from one table to the next.
    for expired in [
        session::Entity::delete_many()
            .filter(session::Column::RefreshExpiresAt.lte(now))
            .into_query(),
        login_challenge::Entity::delete_many()
            .filter(login_challenge::Column::ExpiresAt.lte(now))
            .into_query(),
        verification_code::Entity::delete_many()
            .filter(verification_code::Column::ExpiresAt.lte(now))
            .into_query(),
        passkey_enrolment::Entity::delete_many()
            .filter(passkey_enrolment::Column::ExpiresAt.lte(now))
            .into_query(),
        passkey_answer::Entity::delete_many()
            .filter(passkey_answer::Column::ExpiresAt.lte(now))
            .into_query(),
        counter::Entity::delete_many()
            .filter(counter::Column::WindowEndsAt.lte(now))
            .into_query(),
        outbox::outdated(now),
    ] {
        app.database.execute(&expired).await?;
    }
    sweep_codes(app, now).await
}

/// The hashes of expired codes, team by team, each under its lock: who deletes a team or a user changes many of the same
/// rows, in an order of their own, and so the two could wait for each other.
async fn sweep_codes(app: &App, now: DateTime<Utc>) -> Result<()> {
    let expired = Condition::all()
        .add(invitation::Column::CodeHash.is_not_null())
        .add(invitation::Column::ExpiresAt.lte(now));
    let teams = invitation::Entity::find()
        .select_only()
        .column(invitation::Column::TeamId)
        .distinct()
        .filter(expired.clone())
        .into_tuple::<TeamId>()
        .all(app.database.reader())
        .await?;
    for team_id in teams {
        let txn = app.begin().await?;
        lock::teams_in(&txn, &[team_id]).await?;
        invitation::Entity::update_many()
            .col_expr(invitation::Column::CodeHash, Expr::value(None::<String>))
            .filter(invitation::Column::TeamId.eq(team_id))
            .filter(expired.clone())
            .exec(&txn)
            .await?;
        txn.commit().await?;
    }
    Ok(())
}

/// Sweeps again and again until told to stop.
pub async fn keep_sweeping(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(cause = ?error, "what has expired could not be swept out");
        }
        tokio::select! {
            () = tokio::time::sleep(app.sweeps_every) => {}
            _ = stop.changed() => return,
        }
    }
}
