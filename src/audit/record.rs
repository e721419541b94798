//! Writes events.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, Set};
use serde_json::json;

use super::event::{Event, Target};
use super::hash::{HashKeys, digest};
use super::tried::tried;
use crate::access::{Action, Viewer};
use crate::base::id::{AuditEventId, Id, UserId};
use crate::base::{Error, Result, random};
use crate::entity::database::Database;
use crate::entity::together::Together;
use crate::entity::{audit_event, audit_personal, audit_refusal};
use crate::secret::Keys;
use crate::secret::keys::hex;

/// Writes the event, in the transaction of what it records.
pub async fn record_in(
    txn: &impl ConnectionTrait,
    keys: &Keys,
    now: DateTime<Utc>,
    viewer: &Viewer,
    event: Event,
) -> Result<()> {
    let writes = writes(Together::default(), keys, now, viewer, event)?;
    Ok(writes.execute_in(txn).await?)
}

/// What is written, and the event that tells of it, for the same transaction.
pub fn writes(
    writes: Together,
    keys: &Keys,
    now: DateTime<Utc>,
    viewer: &Viewer,
    event: Event,
) -> Result<Together> {
    let (row, halves) = rows(&HashKeys::new(keys), AuditEventId::new(now), now, viewer, event)?;
    Ok(writes
        .insert::<audit_event::Entity>(vec![row])
        .insert::<audit_personal::Entity>(halves))
}

/// The rows of the event: itself, with the hash over what it tells, and its personal halves.
pub(super) fn rows(
    keys: &HashKeys,
    id: AuditEventId,
    now: DateTime<Utc>,
    viewer: &Viewer,
    event: Event,
) -> Result<(audit_event::Model, Vec<audit_personal::Model>)> {
    let actor = event.actor.or_else(|| {
        viewer
            .signed_in
            .as_ref()
            .map(|user| (user.user_id, user.account.clone()))
    });
    let (target_id, target_account, target_name, target_user) = match &event.target {
        None => (None, None, None, None),
        Some(Target::User { id, account, name }) => (
            Some(id.to_string()),
            Some(account.clone()),
            None,
            Some((*id, name.clone())),
        ),
        Some(Target::Other { id, name }) => (Some(id.clone()), None, name.clone(), None),
    };
    // Where nobody acted in their own name, as at a failed login, the source is kept with the user that
    // it was aimed at: it is theirs to see, and goes with them.
    let source_owner = actor
        .as_ref()
        .map(|(id, _)| *id)
        .or(target_user.as_ref().map(|(id, _)| *id));
    let source = source_owner.map(|owner| {
        let data = json!({ "address": viewer.origin.address, "userAgent": viewer.origin.user_agent });
        personal(id, "ACTOR", owner, &data)
    });
    let target = target_user.map(|(owner, name)| {
        personal(
            id,
            "TARGET",
            owner,
            &json!({ "name": name, "changes": event.personal }),
        )
    });
    let mut row = audit_event::Model {
        id,
        created_at: now,
        action: event.action.name().to_owned(),
        outcome: event.outcome,
        actor_id: actor.as_ref().map(|(id, _)| *id),
        actor_account: actor.map(|(_, account)| account),
        target_id,
        target_account,
        target_name,
        team_id: event.team_id,
        changes: serde_json::to_string(&event.changes).map_err(Error::internal)?,
        request_id: viewer.origin.request_id.clone(),
        actor_digest: source.as_ref().map(digest),
        target_digest: target.as_ref().map(digest),
        own_hash: None,
        position: None,
        previous_hash: None,
        hash: None,
        sealed_at: None,
    };
    row.own_hash = Some(keys.own(&row));
    Ok((row, source.into_iter().chain(target).collect()))
}

fn personal(
    event_id: AuditEventId,
    side: &str,
    user_id: UserId,
    data: &serde_json::Value,
) -> audit_personal::Model {
    audit_personal::Model {
        event_id,
        side: side.to_owned(),
        user_id,
        salt: hex(&random::bytes::<16>()),
        data: data.to_string(),
    }
}

/// Notes a refusal after the rollback: an event for somebody who is signed in, a count for the others, so that a flood
/// cannot fill the table.
pub async fn refuse(
    database: &Database,
    keys: &Keys,
    now: DateTime<Utc>,
    viewer: &Viewer,
    mut event: Event,
) -> Result<()> {
    let txn = database.begin().await?;
    if let Some(user) = &viewer.signed_in {
        event = tried(&txn, user, event).await?;
    }
    if viewer.signed_in.is_some() || event.target.is_some() {
        record_in(&txn, keys, now, viewer, event).await?;
    } else {
        count_in(&txn, now, event.action).await?;
    }
    Ok(txn.commit().await?)
}

async fn count_in(txn: &impl ConnectionTrait, now: DateTime<Utc>, action: Action) -> Result<()> {
    let seconds = TimeDelta::seconds(i64::from(chrono::Timelike::second(&now)));
    let minute = (now - seconds).trunc_subsecs(0);
    let row = audit_refusal::ActiveModel {
        minute: Set(minute),
        action: Set(action.name().to_owned()),
        count: Set(1),
    };
    let (table, counted) = (audit_refusal::Entity, audit_refusal::Column::Count);
    let one_more = OnConflict::columns([audit_refusal::Column::Minute, audit_refusal::Column::Action])
        .value(counted, Expr::col((table, counted)).add(1))
        .to_owned();
    audit_refusal::Entity::insert(row)
        .on_conflict(one_more)
        .exec_without_returning(txn)
        .await?;
    Ok(())
}
