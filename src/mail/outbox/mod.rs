//! The outbox: letters that were caused and not delivered yet, and those that could not be.
//!
//! `carrier` sends what is due; `set_aside` is the list of those that were given up.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};
use tokio::sync::Notify;

mod carrier;
mod set_aside;

pub use carrier::{Carrier, PATIENCE};
pub use set_aside::{Retried, SetAside, Standing, list, outdated, retry, retry_all, standing};

use super::letter::Letter;
use crate::base::id::{Id, LetterId, UserId};
use crate::base::{Error, Result};
use crate::entity::letter;
use crate::secret::Keys;
use crate::secret::keys::Use;

/// Puts letters into the outbox and wakes their carrier.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    wake: Arc<Notify>,
}

impl Outbox {
    /// Stores the letters, encrypted, in the transaction of what causes them.
    pub async fn enqueue_in(
        &self,
        txn: &impl ConnectionTrait,
        keys: &Keys,
        now: DateTime<Utc>,
        letters: &[Letter],
    ) -> Result<()> {
        if letters.is_empty() {
            return Ok(());
        }
        let rows = letters.iter().map(|letter| {
            let id = LetterId::new(now);
            let plain = serde_json::to_vec(letter).map_err(Error::internal)?;
            Ok(letter::ActiveModel {
                id: Set(id),
                kind: Set(letter.kind.clone()),
                sealed: Set(keys.seal(Use::Mail, id.uuid().as_bytes(), &plain)),
                created_at: Set(now),
                attempts: Set(0),
                due_at: Set(now),
                failed_at: Set(None),
                user_id: Set(letter.owner),
                failure: Set(None),
            })
        });
        letter::Entity::insert_many(rows.collect::<Result<Vec<_>>>()?)
            .exec_without_returning(txn)
            .await?;
        Ok(())
    }

    /// Wakes the carrier: after the commit, as before it there is nothing to find.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    async fn woken(&self) {
        self.wake.notified().await;
    }
}

/// Throws away the letters of a user who is deleted, those that wait as well as those that were set aside.
pub async fn forget_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<()> {
    letter::Entity::delete_many()
        .filter(letter::Column::UserId.eq(user_id))
        .exec(txn)
        .await?;
    Ok(())
}
