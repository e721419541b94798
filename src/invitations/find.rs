//! Reads invitations.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, PaginatorTrait,
    QueryFilter,
};

use crate::access::{Action, Subject, Viewer};
use crate::base::Result;
use crate::base::id::{InvitationId, TeamId};
use crate::base::page::{Cursor, Keyed, Page, Slice};
use crate::entity::keyset::{Keyset, read, time_key};
use crate::entity::select::columns;
use crate::entity::{invitation, role};

/// What an invitation's status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its code can be used.
    Active,
    /// Its code was used.
    Used,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// The status of an invitation, worked out from the row.
#[must_use]
pub fn status(row: &invitation::Model, now: DateTime<Utc>) -> Status {
    if row.used_at.is_some() {
        Status::Used
    } else if row.revoked_at.is_some() {
        Status::Revoked
    } else if row.expires_at <= now {
        Status::Expired
    } else {
        Status::Active
    }
}

fn with_status(status: Status, now: DateTime<Utc>) -> Condition {
    let open = Condition::all()
        .add(invitation::Column::UsedAt.is_null())
        .add(invitation::Column::RevokedAt.is_null());
    match status {
        Status::Used => Condition::all().add(invitation::Column::UsedAt.is_not_null()),
        Status::Revoked => Condition::all().add(invitation::Column::RevokedAt.is_not_null()),
        Status::Expired => open.add(invitation::Column::ExpiresAt.lte(now)),
        Status::Active => open.add(invitation::Column::ExpiresAt.gt(now)),
    }
}

/// An invitation with its role.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The invitation.
    pub invitation: invitation::Model,
    /// Its role.
    pub role: role::Model,
}

impl Keyed for Listed {
    fn cursor(&self) -> Cursor {
        Cursor(time_key(self.invitation.created_at), self.invitation.id.0)
    }
}

/// A page of a team's invitations, the newest first.
pub async fn page_of_team(
    connection: &impl ConnectionTrait,
    team_id: TeamId,
    wanted: Option<Status>,
    now: DateTime<Utc>,
    page: &Page,
    with_total: bool,
) -> Result<Slice<Listed>> {
    let mut condition = Condition::all().add(invitation::Column::TeamId.eq(team_id));
    if let Some(wanted) = wanted {
        condition = condition.add(with_status(wanted, now));
    }
    let mut select = Query::select();
    columns::<invitation::Entity>(&mut select, "invitation", "i_");
    columns::<role::Entity>(&mut select, "role", "r_");
    select
        .from(invitation::Entity)
        .join(
            JoinType::InnerJoin,
            role::Entity,
            Expr::col(("role", role::Column::Id)).equals(("invitation", invitation::Column::RoleId)),
        )
        .cond_where(condition.clone());
    let keyset = Keyset {
        sort: Expr::col(("invitation", invitation::Column::CreatedAt)),
        id: Expr::col(("invitation", invitation::Column::Id)),
        descending: true,
        by_time: true,
    };
    keyset.narrow(connection.get_database_backend(), &mut select, page)?;
    let rows = read(connection, &select).await?;
    let rows = rows.iter().map(|row| {
        Ok(Listed {
            invitation: invitation::Model::from_query_result(row, "i_")?,
            role: role::Model::from_query_result(row, "r_")?,
        })
    });
    let mut slice = page.slice(rows.collect::<Result<Vec<_>>>()?);
    if with_total {
        slice.total = Some(
            invitation::Entity::find()
                .filter(condition)
                .count(connection)
                .await?,
        );
    }
    Ok(slice)
}

/// The invitation, when the viewer may see it.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: InvitationId,
) -> Result<Option<invitation::Model>> {
    let row = invitation::Entity::find_by_id(id).one(connection).await?;
    Ok(row.filter(|row| viewer.may(Action::TeamInvitations, Subject::Team(row.team_id))))
}

/// How many codes of the team can be used.
pub async fn count_live_in(txn: &impl ConnectionTrait, team_id: TeamId, now: DateTime<Utc>) -> Result<u64> {
    let live = invitation::Entity::find()
        .filter(invitation::Column::TeamId.eq(team_id))
        .filter(with_status(Status::Active, now));
    Ok(live.count(txn).await?)
}
