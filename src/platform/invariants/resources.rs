//! The invariants of resources.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, JoinType, QueryResult, QuerySelect, QueryTrait};

use super::{Invariant, Rule, by_id};
use crate::base::Result;
use crate::base::id::ResourceId;
use crate::base::text::fold;
use crate::entity::resource::ResourceKind;
use crate::entity::team::TeamType;
use crate::entity::{membership, resource, team};

pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "resource-fits-team",
        description: "Every resource is of what its team makes: a superapp of a superapp team, a mini program of a mini program team.",
        statement: strange_resources,
        rule: Rule::Every(by_id::<ResourceId>),
    },
    Invariant {
        name: "manager-is-member",
        description: "Everybody who manages a resource is a member of its team.",
        statement: managers_outside,
        rule: Rule::Every(by_id::<ResourceId>),
    },
    Invariant {
        name: "resource-is-folded",
        description: "What resources are compared by agrees with their name.",
        statement: resources,
        rule: Rule::Every(unfolded_resource),
    },
];

fn strange_resources(_: DateTime<Utc>) -> SelectStatement {
    let of = |kind, team_type| {
        Condition::all()
            .add(Expr::col(("resource", resource::Column::Kind)).eq(kind))
            .add(Expr::col(("team", team::Column::TeamType)).eq(team_type))
    };
    let fits = Condition::any()
        .add(of(ResourceKind::Superapp, TeamType::Superapp))
        .add(of(ResourceKind::MiniProgram, TeamType::MiniProgram));
    Query::select()
        .expr_as(Expr::col(("resource", resource::Column::Id)), "id")
        .from(resource::Entity)
        .join(
            JoinType::LeftJoin,
            team::Entity,
            Expr::col(("team", team::Column::Id)).equals(("resource", resource::Column::TeamId)),
        )
        .cond_where(
            Condition::any()
                .add(Expr::col(("team", team::Column::Id)).is_null())
                .add(fits.not()),
        )
        .take()
}

fn managers_outside(_: DateTime<Utc>) -> SelectStatement {
    let seat = Query::select()
        .expr(Expr::val(1))
        .from(membership::Entity)
        .and_where(
            Expr::col(("membership", membership::Column::UserId))
                .equals(("resource", resource::Column::ManagerId)),
        )
        .and_where(
            Expr::col(("membership", membership::Column::TeamId))
                .equals(("resource", resource::Column::TeamId)),
        )
        .take();
    Query::select()
        .expr_as(Expr::col(("resource", resource::Column::Id)), "id")
        .from(resource::Entity)
        .and_where(resource::Column::ManagerId.is_not_null())
        .and_where(Expr::exists(seat).not())
        .take()
}

fn resources(_: DateTime<Utc>) -> SelectStatement {
    resource::Entity::find()
        .select_only()
        .columns([
            resource::Column::Id,
            resource::Column::Name,
            resource::Column::NameFolded,
        ])
        .into_query()
}

fn unfolded_resource(row: &QueryResult) -> Result<Option<String>> {
    let (name, folded): (String, String) = (row.try_get("", "name")?, row.try_get("", "name_folded")?);
    if fold(&name) == folded {
        Ok(None)
    } else {
        by_id::<ResourceId>(row)
    }
}
