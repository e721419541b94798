//! Letters about a membership.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::app::App;
use crate::base::Result;
use crate::base::id::{MembershipId, UserId};
use crate::entity::database::Transaction;
use crate::entity::{membership, role as role_table, team, user};
use crate::mail::letter::{self, Letter, Recipient};

/// Writes to somebody whom another made a member.
pub async fn tell_of_addition_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    team: &team::Model,
    role: &role_table::Model,
) -> Result<()> {
    tell_in(txn, app, user, |to| {
        letter::added_to_team(to, &user.account, &team.name, &role.name)
    })
    .await
}

/// Writes to somebody who became a member by a code, or as they made the team.
pub async fn tell_of_joining_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    team: &team::Model,
    role: &role_table::Model,
) -> Result<()> {
    tell_in(txn, app, user, |to| {
        letter::joined_team(to, &user.account, &team.name, &role.name)
    })
    .await
}

/// Writes to somebody whose role changed.
pub(super) async fn tell_of_role_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    team: &team::Model,
    role: &str,
) -> Result<()> {
    tell_in(txn, app, user, |to| {
        letter::role_changed(to, &user.account, &team.name, role)
    })
    .await
}

/// Writes to somebody who is no longer a member.
pub(super) async fn tell_of_removal_in(
    txn: &Transaction,
    app: &App,
    user_id: UserId,
    team: &team::Model,
) -> Result<()> {
    let Some(user) = user::Entity::find_by_id(user_id).one(txn).await? else {
        return Ok(());
    };
    tell_in(txn, app, &user, |to| {
        letter::removed_from_team(to, &user.account, &team.name)
    })
    .await
}

/// Writes to the user, if they have an address.
async fn tell_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    letter: impl FnOnce(&Recipient) -> Letter,
) -> Result<()> {
    match Recipient::of(user) {
        Some(to) => app.send_in(txn, &letter(&to)).await,
        None => Ok(()),
    }
}

/// How many members are written to at a time.
const BATCH: u64 = 500;

/// Writes to all members of a team that is about to be deleted.
pub(super) async fn tell_all_of_deletion_in(txn: &Transaction, app: &App, team: &team::Model) -> Result<()> {
    let mut last: Option<MembershipId> = None;
    loop {
        let mut seats = membership::Entity::find().filter(membership::Column::TeamId.eq(team.id));
        if let Some(last) = last {
            seats = seats.filter(membership::Column::Id.gt(last));
        }
        let seats = seats
            .order_by_asc(membership::Column::Id)
            .limit(BATCH)
            .all(txn)
            .await?;
        let Some(seat) = seats.last() else { return Ok(()) };
        last = Some(seat.id);
        let users = user::Entity::find()
            .filter(user::Column::Id.is_in(seats.iter().map(|seat| seat.user_id)))
            .filter(user::Column::Email.is_not_null())
            .all(txn)
            .await?;
        let letter = |user: &user::Model| {
            let to = Recipient::of(user)?;
            Some(letter::team_deleted(&to, &user.account, &team.name))
        };
        let letters: Vec<_> = users.iter().filter_map(letter).collect();
        app.send_all_in(txn, &letters).await?;
    }
}
