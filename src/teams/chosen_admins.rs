//! The admins that platform staff choose for a team.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::access::role;
use crate::base::error::UserErrorCode::{LimitReached, NotFound};
use crate::base::form::{Flaw, Form};
use crate::base::id::{Id, UserId};
use crate::base::{Error, Result};
use crate::entity::team::TeamType;
use crate::entity::{role as role_table, user};
use crate::limits;
use crate::memberships::lock;

/// Ids of users, as an event tells them.
pub(super) fn joined_ids(ids: impl IntoIterator<Item = UserId>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    ids.join(" ")
}

/// Reads the ids of the admins; an id that names nothing is an error with its place.
pub(super) fn take_admin_ids(form: &mut Form, ids: &[String]) -> Vec<(usize, UserId)> {
    if ids.len() > limits::MEMBERS_PER_ADDITION {
        let rule = format!("At most {} at a time.", limits::MEMBERS_PER_ADDITION);
        form.refuse("adminIds", Flaw::new(LimitReached, rule));
        return Vec::new();
    }
    let mut parsed: Vec<(usize, UserId)> = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        match UserId::parse(id) {
            Ok(id) if parsed.iter().any(|(_, other)| *other == id) => {}
            Ok(id) => parsed.push((place, id)),
            Err(_) => form.refuse(&format!("adminIds.{place}"), no_such_user()),
        }
    }
    parsed
}

pub(super) fn no_such_user() -> Flaw {
    Flaw::new(NotFound, "There is no such user.")
}

/// Locks the users who become admins; one that does not exist or is staff is an error with its place. Locks the maker of
/// a new team with them, all in the order of their ids, and answers them beside the admins if they are still there.
pub(super) async fn chosen_admins_in(
    txn: &impl ConnectionTrait,
    form: &mut Form,
    ids: &[(usize, UserId)],
    maker: Option<UserId>,
) -> Result<(Option<user::Model>, Vec<user::Model>)> {
    let all: Vec<UserId> = ids.iter().map(|(_, id)| *id).chain(maker).collect();
    let found = lock::users_in(txn, &all).await?;
    let mut admins = Vec::with_capacity(ids.len());
    for (place, id) in ids {
        let field = format!("adminIds.{place}");
        match found.iter().find(|user| user.id == *id) {
            None => form.refuse(&field, no_such_user()),
            Some(user) if user.account_type.is_staff() => form.refuse(
                &field,
                Flaw::new(
                    crate::base::error::UserErrorCode::StaffCannotJoin,
                    "Platform staff cannot be members of a team.",
                ),
            ),
            Some(user) => admins.push(user.clone()),
        }
    }
    let maker = found.into_iter().find(|user| Some(user.id) == maker);
    Ok((maker, admins))
}

/// The role that makes an admin.
pub(super) async fn administrator_in(
    txn: &impl ConnectionTrait,
    team_type: TeamType,
) -> Result<role_table::Model> {
    let role = role_table::Entity::find_by_id(role::administrator(team_type).id)
        .one(txn)
        .await?;
    role.ok_or_else(|| Error::internal("the preset roles are not in the database"))
}
