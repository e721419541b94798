//! Whom a login names, known or not, at the same cost.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::base::{Error, Result};
use crate::entity::{login_name, user};

/// A user who was looked up by what they log in with.
#[derive(Clone, Debug)]
pub struct Named {
    /// The user; the super admin, where nobody is named so.
    pub user: user::Model,
    /// Whether the user is the one who was named.
    pub is_known: bool,
}

impl Named {
    /// The user, if that is the one who was named.
    #[must_use]
    pub fn known(&self) -> Option<&user::Model> {
        self.is_known.then_some(&self.user)
    }
}

/// Looks up who logs in with this, folded. Where nobody does, the super admin, of whom there is always one, is read in
/// their place: reading a row takes time, by which a stranger could tell that there was one.
pub async fn named(connection: &impl ConnectionTrait, login: &str) -> Result<Named> {
    let holder = login_name::Entity::find_by_id(login)
        .one(connection)
        .await?
        .map(|name| name.user_id);
    let whose = match holder {
        Some(id) => user::Column::Id.eq(id),
        None => user::Column::SuperAdminSlot.eq(1),
    };
    let user = user::Entity::find().filter(whose).one(connection).await?;
    Ok(Named {
        // Deleted between the two statements: `None` is so rare that its time tells nobody anything.
        user: user.ok_or_else(|| Error::internal("a login name without its user"))?,
        is_known: holder.is_some(),
    })
}
