//! Takes away personal halves of events that have outlived their user.
//!
//! Who writes an event locks none of the users whom it tells of: it would wait for each of them, and at its end, where
//! teams are locked already. So an event can be under way while its user is being deleted, and its personal half, not
//! committed yet, be missed by the deletion. But every event comes to be sealed after its commit:
//! - where it was committed last, its user is gone by the time when it is sealed itself;
//! - where the deletion was, by the time when the deletion's own event is sealed, it can be seen.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter};

use super::head::Head;
use crate::access::Action;
use crate::base::Result;
use crate::base::id::{Id, UserId};
use crate::entity::audit_event::{self, AuditOutcome};
use crate::entity::{audit_personal, user};

/// Takes away what is left of users who are gone and whom these events name, which were just given the places from the
/// one head to the other.
pub(super) async fn take_away_in(
    txn: &impl ConnectionTrait,
    events: &[audit_event::Model],
    before: &Head,
    after: &Head,
) -> Result<()> {
    let mut gone = ownerless_in(txn, before, after).await?;
    gone.extend(events.iter().filter_map(deleted));
    if gone.is_empty() {
        return Ok(());
    }
    audit_personal::Entity::delete_many()
        .filter(audit_personal::Column::UserId.is_in(gone))
        .exec(txn)
        .await?;
    Ok(())
}

/// The user whom the event says to have been deleted.
fn deleted(event: &audit_event::Model) -> Option<UserId> {
    let tells = event.action == Action::UserDelete.name() && event.outcome == AuditOutcome::Succeeded;
    tells
        .then(|| UserId::parse(event.target_id.as_deref()?).ok())
        .flatten()
}

/// Users who are not there, of whom something personal stands beside the events at these places.
async fn ownerless_in(txn: &impl ConnectionTrait, before: &Head, after: &Head) -> Result<Vec<UserId>> {
    let owner = (audit_personal::Entity, audit_personal::Column::UserId);
    let user = (user::Entity, user::Column::Id);
    let event = (audit_event::Entity, audit_event::Column::Id);
    let of_the_event = (audit_personal::Entity, audit_personal::Column::EventId);
    let select = Query::select()
        .distinct()
        .column(owner)
        .from(audit_event::Entity)
        .join(
            JoinType::InnerJoin,
            audit_personal::Entity,
            Expr::col(of_the_event).equals(event),
        )
        .join(JoinType::LeftJoin, user::Entity, Expr::col(user).equals(owner))
        .and_where(
            Expr::col((audit_event::Entity, audit_event::Column::Position))
                .between(before.position + 1, after.position),
        )
        .and_where(Expr::col(user).is_null())
        .take();
    let rows = txn.query_all(&select).await?;
    let owners = rows.iter().map(|row| row.try_get("", "user_id"));
    Ok(owners.collect::<Result<Vec<UserId>, _>>()?)
}
