//! How things stand within a scope: what a preview compares.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QueryResult,
};

use super::loss::{Impact, Loss};
use crate::access::viewer::team_is_active;
use crate::access::{Permission, PermissionSet, role as table};
use crate::app::App;
use crate::base::Result;
use crate::base::id::{InvitationId, MembershipId, ResourceId, TeamId, UserId};
use crate::entity::role::RoleKind;
use crate::entity::select::columns;
use crate::entity::{invitation, membership, resource, role, session, team, user};

/// How far a verb's hand goes: nothing outside of this is looked at.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// These users, with all that is theirs in any team.
    pub users: Vec<UserId>,
    /// These teams, with all their members.
    pub teams: Vec<TeamId>,
}

impl Scope {
    /// One user.
    #[must_use]
    pub fn user(id: UserId) -> Self {
        Self {
            users: vec![id],
            ..Self::default()
        }
    }

    /// One team.
    #[must_use]
    pub fn team(id: TeamId) -> Self {
        Self {
            teams: vec![id],
            ..Self::default()
        }
    }

    fn covers(&self, user: impl ColumnTrait, team: impl ColumnTrait) -> Condition {
        Condition::any()
            .add(user.is_in(self.users.iter().copied()))
            .add(team.is_in(self.teams.iter().copied()))
    }
}

/// How things stand.
#[derive(Debug)]
pub(super) struct Standing {
    sessions: u64,
    /// In the order of joining.
    seats: Vec<Seat>,
    /// The codes that can be used, the oldest first.
    codes: Vec<invitation::Model>,
    /// The oldest first.
    resources: Vec<resource::Model>,
}

#[derive(Debug)]
struct Seat {
    membership: membership::Model,
    permissions: PermissionSet,
}

impl Standing {
    /// Reads how things stand; with `known` resources, which may be out of the scope by now, as they have no manager
    /// any more.
    pub(super) async fn read_in(
        txn: &impl ConnectionTrait,
        app: &App,
        scope: &Scope,
        known: &[ResourceId],
    ) -> Result<Self> {
        let now = app.now();
        let sessions = session::Entity::find()
            .filter(session::Column::UserId.is_in(scope.users.iter().copied()))
            .filter(session::Column::ExpiresAt.gt(now))
            .count(txn)
            .await?;
        let seats = txn.query_all(&seats(scope)).await?;
        let codes = txn.query_all(&codes(scope, now)).await?;
        let resources = resource::Entity::find()
            .filter(
                scope
                    .covers(resource::Column::ManagerId, resource::Column::TeamId)
                    .add(resource::Column::Id.is_in(known.iter().copied())),
            )
            .order_by_asc(resource::Column::CreatedAt)
            .order_by_asc(resource::Column::Id)
            .all(txn)
            .await?;
        Ok(Self {
            resources,
            sessions,
            seats: seats
                .iter()
                .map(|row| {
                    Ok(Seat {
                        membership: membership::Model::from_query_result(row, "m_")?,
                        permissions: permissions(row, now)?,
                    })
                })
                .collect::<Result<_>>()?,
            codes: codes
                .iter()
                .filter_map(|row| usable(row, now).transpose())
                .collect::<Result<_>>()?,
        })
    }

    /// The resources within the scope.
    pub(super) fn resource_ids(&self) -> Vec<ResourceId> {
        self.resources.iter().map(|row| row.id).collect()
    }

    /// What of this is not there any more.
    pub(super) fn less(self, after: &Self) -> Impact {
        let (seats, codes): (HashMap<MembershipId, &Seat>, HashSet<InvitationId>) = (
            after
                .seats
                .iter()
                .map(|seat| (seat.membership.id, seat))
                .collect(),
            after.codes.iter().map(|code| code.id).collect(),
        );
        let permissions_lost = self.seats.iter().filter_map(|seat| {
            let kept = seats
                .get(&seat.membership.id)
                .map(|seat| seat.permissions)
                .unwrap_or_default();
            let permissions: PermissionSet = seat
                .permissions
                .iter()
                .filter(|permission| !kept.contains(*permission))
                .collect();
            (permissions != PermissionSet::default()).then_some(Loss {
                user_id: seat.membership.user_id,
                team_id: seat.membership.team_id,
                permissions,
            })
        });
        let (resources_unmanaged, resources_deleted) = lost_resources(self.resources, &after.resources);
        Impact {
            resources_unmanaged,
            resources_deleted,
            sessions_ended: self.sessions.saturating_sub(after.sessions),
            permissions_lost: permissions_lost.collect(),
            memberships_ended: self
                .seats
                .into_iter()
                .map(|seat| seat.membership)
                .filter(|membership| !seats.contains_key(&membership.id))
                .collect(),
            invitations_voided: self
                .codes
                .into_iter()
                .filter(|code| !codes.contains(&code.id))
                .collect(),
            user_errors: Vec::new(),
        }
    }
}

/// Those that had a manager and have none, and those that are gone.
fn lost_resources(
    before: Vec<resource::Model>,
    after: &[resource::Model],
) -> (Vec<resource::Model>, Vec<resource::Model>) {
    let after: HashMap<ResourceId, &resource::Model> = after.iter().map(|row| (row.id, row)).collect();
    let (kept, gone): (Vec<_>, Vec<_>) = before.into_iter().partition(|row| after.contains_key(&row.id));
    let unmanaged = kept.into_iter().filter(|row| {
        row.manager_id.is_some() && after.get(&row.id).is_some_and(|now| now.manager_id.is_none())
    });
    (unmanaged.collect(), gone)
}

/// Puts the membership, under `m_`, beside what decides about its permissions.
fn join_seat(select: &mut SelectStatement, of_team: impl ColumnTrait) {
    columns::<membership::Entity>(select, "membership", "m_");
    select
        .expr_as(Expr::col(("user", user::Column::DisabledAt)), "user_disabled_at")
        .expr_as(Expr::col(("team", team::Column::DisabledAt)), "team_disabled_at")
        .expr_as(Expr::col(("team", team::Column::ExpiresAt)), "team_expires_at")
        .expr_as(Expr::col(("role", role::Column::Kind)), "role_kind")
        .expr_as(Expr::col(("role", role::Column::Permissions)), "role_permissions")
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col(("user", user::Column::Id)).equals(("membership", membership::Column::UserId)),
        )
        .join(
            JoinType::InnerJoin,
            team::Entity,
            Expr::col(("team", team::Column::Id)).eq(of_team.into_expr()),
        )
        .join(
            JoinType::InnerJoin,
            role::Entity,
            Expr::col(("role", role::Column::Id)).equals(("membership", membership::Column::RoleId)),
        );
}

fn seats(scope: &Scope) -> SelectStatement {
    let mut select = Query::select();
    select
        .from(membership::Entity)
        .cond_where(scope.covers(membership::Column::UserId, membership::Column::TeamId))
        .order_by(("membership", membership::Column::JoinedAt), sea_orm::Order::Asc)
        .order_by(("membership", membership::Column::Id), sea_orm::Order::Asc);
    join_seat(&mut select, membership::Column::TeamId);
    select
}

/// What the holder of a membership may do with it. A disabled user can do nothing at all.
fn permissions(row: &QueryResult, now: DateTime<Utc>) -> Result<PermissionSet> {
    let user_disabled_at: Option<DateTime<Utc>> = row.try_get("", "user_disabled_at")?;
    let active = team_is_active(
        row.try_get("", "team_disabled_at")?,
        row.try_get("", "team_expires_at")?,
        now,
    );
    if user_disabled_at.is_some() || !active {
        return Ok(PermissionSet::default());
    }
    let (kind, stored): (RoleKind, Option<String>) = (
        row.try_get("", "role_kind")?,
        row.try_get("", "role_permissions")?,
    );
    Ok(table::permissions_of(
        row.try_get("m_", "role_id")?,
        kind,
        stored.as_deref(),
    ))
}

/// The live codes within the scope, each beside its issuer's seat in the team; a code whose issuer has none cannot
/// be used.
fn codes(scope: &Scope, now: DateTime<Utc>) -> SelectStatement {
    let mut select = Query::select();
    columns::<invitation::Entity>(&mut select, "invitation", "i_");
    select
        .from(invitation::Entity)
        .join(
            JoinType::InnerJoin,
            membership::Entity,
            Condition::all()
                .add(
                    Expr::col(("membership", membership::Column::TeamId))
                        .equals(("invitation", invitation::Column::TeamId)),
                )
                .add(
                    Expr::col(("membership", membership::Column::UserId))
                        .equals(("invitation", invitation::Column::CreatedBy)),
                ),
        )
        .cond_where(scope.covers(invitation::Column::CreatedBy, invitation::Column::TeamId))
        .and_where(invitation::Column::CodeHash.is_not_null())
        .and_where(invitation::Column::ExpiresAt.gt(now))
        .order_by(("invitation", invitation::Column::CreatedAt), sea_orm::Order::Asc)
        .order_by(("invitation", invitation::Column::Id), sea_orm::Order::Asc);
    join_seat(&mut select, invitation::Column::TeamId);
    select
}

/// The code, when it can be used: its issuer may still issue it (`domain.md`, "Invitations").
fn usable(row: &QueryResult, now: DateTime<Utc>) -> Result<Option<invitation::Model>> {
    if permissions(row, now)?.contains(Permission::TeamMemberManagement) {
        Ok(Some(invitation::Model::from_query_result(row, "i_")?))
    } else {
        Ok(None)
    }
}
