//! Runs the statement of a field, beside the one that tells who asks.

use std::future::Future;

use uuid::Uuid;

use super::field::Way;
use super::statement::Statement;
use crate::base::Result;
use crate::base::id::UserId;
use crate::entity::lanes::{Lane, Param, Rows};

/// Runs the statement, and learns meanwhile who asks. Where there is a copy of the database, it is asked there, if it has
/// what the viewer did last; who that is, and what they may see, is never read there.
pub async fn fetch<V>(
    way: &Way,
    statement: &Statement,
    viewer: impl Future<Output = Result<V>>,
) -> Result<(V, Option<Rows>)> {
    let here = way.lane.query(&statement.sql, &statement.params);
    let (Some(replica), Some(user_id)) = (&way.replica, way.claims_to_be) else {
        // The viewer's comes first: it was asked first, and its answer is the first that is needed.
        let (viewer, rows) = tokio::join!(viewer, here);
        return Ok((viewer?, rows));
    };
    let there = async {
        // First what it has, then the rows: these are no older.
        let seen = last_done(replica, user_id).await?;
        let rows = replica.query(&statement.sql, &statement.params).await?;
        Some((seen, rows))
    };
    // In a box, as most servers have no replica, and room for this would be moved with all of their answers.
    let both = async { tokio::join!(viewer, last_done(&way.lane, user_id), there) };
    let (viewer, done, there) = Box::pin(both).await;
    let viewer = viewer?;
    match (done, there) {
        (Some(done), Some((seen, rows))) if done == seen => Ok((viewer, Some(rows))),
        _ => Ok((viewer, here.await)),
    }
}

/// What somebody has done last, by the ids of the events: all that is written leaves one, in the same transaction. A few,
/// as several requests may have been under way at once.
async fn last_done(lane: &Lane, user_id: UserId) -> Option<Vec<Option<Uuid>>> {
    const SQL: &str =
        "SELECT id FROM audit_event WHERE actor_id = $1 ORDER BY created_at DESC, id DESC LIMIT 8";
    let rows = lane.query(SQL, &[Param::Uuid(user_id.0)]).await?;
    (0..rows.len()).map(|row| rows.uuid(row, 0).ok()).collect()
}
