//! The invariants of teams, members, roles and invitation codes.

use chrono::{DateTime, Utc};
use migration::bigrams;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryResult, QuerySelect, QueryTrait,
};

use super::{Invariant, Rule, by_id};
use crate::access::Permission;
use crate::access::role::{is_administrator, permissions_of};
use crate::base::Result;
use crate::base::id::{InvitationId, MembershipId, RoleId, TeamId, UserId};
use crate::base::text::fold;
use crate::entity::role::RoleKind;
use crate::entity::team::TeamType;
use crate::entity::{invitation, membership, role, team, team_search, user};
use crate::memberships::admins::administrators;

pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "team-has-admin",
        description: "Every team has an admin who is not disabled.",
        statement: teams_without_admin,
        rule: Rule::Every(by_id::<TeamId>),
    },
    Invariant {
        name: "mini-program-team-is-bound",
        description: "Every mini program team is bound to a superapp team, and no other team is.",
        statement: teams_bound_wrongly,
        rule: Rule::Every(by_id::<TeamId>),
    },
    Invariant {
        name: "team-is-folded",
        description: "What teams are compared and searched by agrees with their name.",
        statement: teams,
        rule: Rule::Every(unfolded_team),
    },
    Invariant {
        name: "team-is-found",
        description: "The bigrams by which teams are found are those of their name.",
        statement: bigrams_of_teams,
        rule: Rule::Every(unfound_team),
    },
    Invariant {
        name: "member-has-role-of-team",
        description: "Every member has a role of their team: a preset one of its type, or one of its own.",
        statement: members_with_strange_role,
        rule: Rule::Every(by_id::<MembershipId>),
    },
    Invariant {
        name: "code-has-role-of-team",
        description: "Every invitation carries a role of its team: a preset one of its type, or one of its own.",
        statement: codes_with_strange_role,
        rule: Rule::Every(by_id::<InvitationId>),
    },
    Invariant {
        name: "live-code-is-good",
        description: "Every invitation that is neither used, revoked nor expired has a code, makes no administrator, and was issued by a member who may still issue it.",
        statement: live_codes,
        rule: Rule::Every(bad_code),
    },
];

fn teams_without_admin(_: DateTime<Utc>) -> SelectStatement {
    let admins = Query::select()
        .column((membership::Entity, membership::Column::TeamId))
        .from(membership::Entity)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id))
                .equals((membership::Entity, membership::Column::UserId)),
        )
        .and_where(membership::Column::RoleId.is_in(administrators()))
        .and_where(user::Column::DisabledAt.is_null())
        .take();
    team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(team::Column::Id.not_in_subquery(admins))
        .into_query()
}

fn teams_bound_wrongly(_: DateTime<Utc>) -> SelectStatement {
    let superapp_teams = Query::select()
        .column(("bound_to", team::Column::Id))
        .from_as(team::Entity, "bound_to")
        .and_where(Expr::col(("bound_to", team::Column::TeamType)).eq(TeamType::Superapp))
        .take();
    let bound = Condition::all()
        .add(team::Column::SuperappTeamId.is_not_null())
        .add(team::Column::SuperappTeamId.in_subquery(superapp_teams));
    let fits = Condition::any()
        .add(
            Condition::all()
                .add(team::Column::TeamType.eq(TeamType::Superapp))
                .add(team::Column::SuperappTeamId.is_null()),
        )
        .add(
            Condition::all()
                .add(team::Column::TeamType.eq(TeamType::MiniProgram))
                .add(bound),
        );
    team::Entity::find()
        .select_only()
        .column(team::Column::Id)
        .filter(fits.not())
        .into_query()
}

fn teams(_: DateTime<Utc>) -> SelectStatement {
    team::Entity::find()
        .select_only()
        .columns([team::Column::Id, team::Column::Name, team::Column::NameFolded])
        .into_query()
}

fn unfolded_team(row: &QueryResult) -> Result<Option<String>> {
    let (name, folded): (String, String) = (row.try_get("", "name")?, row.try_get("", "name_folded")?);
    if fold(&name) == folded {
        Ok(None)
    } else {
        by_id::<TeamId>(row)
    }
}

fn bigrams_of_teams(_: DateTime<Utc>) -> SelectStatement {
    Query::select()
        .expr_as(Expr::col((team::Entity, team::Column::Id)), "id")
        .expr_as(Expr::col((team::Entity, team::Column::NameFolded)), "name_folded")
        .expr_as(
            Expr::col((team_search::Entity, team_search::Column::Bigrams)),
            "bigrams",
        )
        .from(team::Entity)
        .join(
            JoinType::LeftJoin,
            team_search::Entity,
            Expr::col((team_search::Entity, team_search::Column::TeamId))
                .equals((team::Entity, team::Column::Id)),
        )
        .take()
}

fn unfound_team(row: &QueryResult) -> Result<Option<String>> {
    let name: String = row.try_get("", "name_folded")?;
    let found_by: Option<String> = row.try_get("", "bigrams")?;
    if found_by == Some(bigrams::stored([name.as_str()])) {
        Ok(None)
    } else {
        by_id::<TeamId>(row)
    }
}

/// The ids of `table`'s rows whose role is none of their team's.
fn with_strange_role(table: &'static str) -> SelectStatement {
    let of_team = Condition::all()
        .add(Expr::col(("role", role::Column::Kind)).eq(RoleKind::Custom))
        .add(Expr::col(("role", role::Column::TeamId)).equals(("team", team::Column::Id)));
    let of_type = Condition::all()
        .add(Expr::col(("role", role::Column::Kind)).eq(RoleKind::Preset))
        .add(Expr::col(("role", role::Column::TeamType)).equals(("team", team::Column::TeamType)));
    let missing = |table| Expr::col((table, "id")).is_null();
    Query::select()
        .expr_as(Expr::col((table, "id")), "id")
        .from(table)
        .join(
            JoinType::LeftJoin,
            team::Entity,
            Expr::col(("team", "id")).equals((table, "team_id")),
        )
        .join(
            JoinType::LeftJoin,
            role::Entity,
            Expr::col(("role", "id")).equals((table, "role_id")),
        )
        .cond_where(
            Condition::any()
                .add(missing("team"))
                .add(missing("role"))
                .add(Condition::any().add(of_team).add(of_type).not()),
        )
        .take()
}

fn members_with_strange_role(_: DateTime<Utc>) -> SelectStatement {
    with_strange_role("membership")
}

fn codes_with_strange_role(_: DateTime<Utc>) -> SelectStatement {
    with_strange_role("invitation")
}

fn live_codes(now: DateTime<Utc>) -> SelectStatement {
    let column = |column: invitation::Column| Expr::col(("invitation", column));
    Query::select()
        .expr_as(column(invitation::Column::Id), "id")
        .expr_as(column(invitation::Column::CodeHash), "code_hash")
        .expr_as(column(invitation::Column::RoleId), "role_id")
        .expr_as(Expr::col(("issuer", user::Column::Id)), "issuer_id")
        .expr_as(Expr::col(("held", role::Column::Id)), "held_id")
        .expr_as(Expr::col(("held", role::Column::Kind)), "held_kind")
        .expr_as(Expr::col(("held", role::Column::Permissions)), "held_permissions")
        .from(invitation::Entity)
        .join_as(
            JoinType::LeftJoin,
            user::Entity,
            "issuer",
            Condition::all()
                .add(Expr::col(("issuer", user::Column::Id)).equals(("invitation", "created_by")))
                .add(Expr::col(("issuer", user::Column::DisabledAt)).is_null()),
        )
        .join_as(
            JoinType::LeftJoin,
            membership::Entity,
            "seat",
            Condition::all()
                .add(Expr::col(("seat", membership::Column::UserId)).equals(("invitation", "created_by")))
                .add(Expr::col(("seat", membership::Column::TeamId)).equals(("invitation", "team_id"))),
        )
        .join_as(
            JoinType::LeftJoin,
            role::Entity,
            "held",
            Expr::col(("held", role::Column::Id)).equals(("seat", "role_id")),
        )
        .and_where(column(invitation::Column::UsedAt).is_null())
        .and_where(column(invitation::Column::RevokedAt).is_null())
        .and_where(column(invitation::Column::ExpiresAt).gt(now))
        .take()
}

fn bad_code(row: &QueryResult) -> Result<Option<String>> {
    let has_code = row.try_get::<Option<String>>("", "code_hash")?.is_some();
    let held: Option<RoleId> = row.try_get("", "held_id")?;
    let may_issue = match held {
        None => false,
        Some(id) => {
            let stored: Option<String> = row.try_get("", "held_permissions")?;
            permissions_of(id, row.try_get("", "held_kind")?, stored.as_deref())
                .contains(Permission::TeamMemberManagement)
        }
    };
    let issued = may_issue && row.try_get::<Option<UserId>>("", "issuer_id")?.is_some();
    if has_code && issued && !is_administrator(row.try_get("", "role_id")?) {
        Ok(None)
    } else {
        by_id::<InvitationId>(row)
    }
}
