//! The invariants of users and of what they log in with.

use chrono::{DateTime, Utc};
use migration::bigrams;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QueryResult, QuerySelect, QueryTrait,
};

use super::{Invariant, Rule, by_id};
use crate::base::Result;
use crate::base::id::{ChallengeId, SessionId, UserId};
use crate::base::text::fold;
use crate::entity::user::AccountType;
use crate::entity::{
    credential, login_challenge, login_name, membership, recovery_code, session, totp, user, user_search,
};

pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "one-super-admin",
        description: "There is exactly one super admin, and they are not disabled.",
        statement: super_admins,
        rule: Rule::Exactly(1, by_id::<UserId>),
    },
    Invariant {
        name: "staff-in-no-team",
        description: "Platform staff are in no team.",
        statement: staff_with_seats,
        rule: Rule::Every(by_id::<UserId>),
    },
    Invariant {
        name: "user-has-password",
        description: "Every user has a password.",
        statement: users_without_credential,
        rule: Rule::Every(by_id::<UserId>),
    },
    Invariant {
        name: "account-logs-in",
        description: "Every account is a login name of its user.",
        statement: accounts_without_login,
        rule: Rule::Every(by_id::<UserId>),
    },
    Invariant {
        name: "email-logs-in",
        description: "Every bound email is a login name of its user.",
        statement: emails_without_login,
        rule: Rule::Every(by_id::<UserId>),
    },
    Invariant {
        name: "no-stray-login-name",
        description: "Every login name is the account or the bound email of its user.",
        statement: stray_login_names,
        rule: Rule::Every(by_id::<UserId>),
    },
    Invariant {
        name: "session-of-active-user",
        description: "Every session is that of a user who is not disabled.",
        statement: dead_sessions,
        rule: Rule::Every(by_id::<SessionId>),
    },
    Invariant {
        name: "login-of-active-user",
        description: "Every login that waits for its next step is that of a user who is not disabled.",
        statement: dead_challenges,
        rule: Rule::Every(by_id::<ChallengeId>),
    },
    Invariant {
        name: "recovery-code-stands-in",
        description: "Whoever has recovery codes has dynamic codes on.",
        statement: stray_recovery_codes,
        rule: Rule::Every(by_id::<UserId>),
    },
    Invariant {
        name: "user-is-folded",
        description: "What users are compared and searched by agrees with their name, account and email.",
        statement: users,
        rule: Rule::Every(unfolded_user),
    },
    Invariant {
        name: "user-is-found",
        description: "The bigrams by which users are found are those of their name, account and email.",
        statement: bigrams_of_users,
        rule: Rule::Every(unfound_user),
    },
];

fn super_admins(_: DateTime<Utc>) -> SelectStatement {
    user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::AccountType.eq(AccountType::SuperAdmin))
        .filter(user::Column::DisabledAt.is_null())
        .into_query()
}

fn staff_with_seats(_: DateTime<Utc>) -> SelectStatement {
    let seats = Query::select()
        .column(membership::Column::UserId)
        .from(membership::Entity)
        .take();
    user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::AccountType.ne(AccountType::Member))
        .filter(user::Column::Id.in_subquery(seats))
        .into_query()
}

fn users_without_credential(_: DateTime<Utc>) -> SelectStatement {
    let credentials = Query::select()
        .column(credential::Column::UserId)
        .from(credential::Entity)
        .take();
    user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Id.not_in_subquery(credentials))
        .into_query()
}

/// Whether the user has no login name that is this column's value.
fn no_login(column: user::Column) -> Expr {
    let login = Query::select()
        .expr(Expr::val(1))
        .from(login_name::Entity)
        .and_where(
            Expr::col((login_name::Entity, login_name::Column::UserId))
                .equals((user::Entity, user::Column::Id)),
        )
        .and_where(Expr::col((login_name::Entity, login_name::Column::Login)).equals((user::Entity, column)))
        .take();
    Expr::exists(login).not()
}

fn accounts_without_login(_: DateTime<Utc>) -> SelectStatement {
    user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(no_login(user::Column::AccountFolded))
        .into_query()
}

fn emails_without_login(_: DateTime<Utc>) -> SelectStatement {
    user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::EmailFolded.is_not_null())
        .filter(no_login(user::Column::EmailFolded))
        .into_query()
}

fn stray_login_names(_: DateTime<Utc>) -> SelectStatement {
    let login = || Expr::col((login_name::Entity, login_name::Column::Login));
    let is_email = Condition::all()
        .add(Expr::col((user::Entity, user::Column::EmailFolded)).is_not_null())
        .add(login().equals((user::Entity, user::Column::EmailFolded)));
    Query::select()
        .expr_as(Expr::col((login_name::Entity, login_name::Column::UserId)), "id")
        .from(login_name::Entity)
        .join(
            JoinType::LeftJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id))
                .equals((login_name::Entity, login_name::Column::UserId)),
        )
        .cond_where(
            Condition::any()
                .add(Expr::col((user::Entity, user::Column::Id)).is_null())
                .add(
                    Condition::any()
                        .add(login().equals((user::Entity, user::Column::AccountFolded)))
                        .add(is_email)
                        .not(),
                ),
        )
        .take()
}

fn active_users() -> SelectStatement {
    Query::select()
        .column(user::Column::Id)
        .from(user::Entity)
        .and_where(user::Column::DisabledAt.is_null())
        .take()
}

fn dead_sessions(_: DateTime<Utc>) -> SelectStatement {
    session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::UserId.not_in_subquery(active_users()))
        .into_query()
}

fn dead_challenges(_: DateTime<Utc>) -> SelectStatement {
    login_challenge::Entity::find()
        .select_only()
        .column(login_challenge::Column::Id)
        .filter(login_challenge::Column::UserId.not_in_subquery(active_users()))
        .into_query()
}

fn stray_recovery_codes(_: DateTime<Utc>) -> SelectStatement {
    let on = Query::select()
        .column(totp::Column::UserId)
        .from(totp::Entity)
        .and_where(totp::Column::ConfirmedAt.is_not_null())
        .take();
    Query::select()
        .distinct()
        .expr_as(Expr::col(recovery_code::Column::UserId), "id")
        .from(recovery_code::Entity)
        .and_where(recovery_code::Column::UserId.not_in_subquery(on))
        .take()
}

fn users(_: DateTime<Utc>) -> SelectStatement {
    user::Entity::find()
        .select_only()
        .columns([
            user::Column::Id,
            user::Column::Name,
            user::Column::NameFolded,
            user::Column::Account,
            user::Column::AccountFolded,
            user::Column::Email,
            user::Column::EmailFolded,
        ])
        .into_query()
}

/// The databases fold by rules of their own; what counts is ours.
fn unfolded_user(row: &QueryResult) -> Result<Option<String>> {
    let text = |column: &str| row.try_get::<Option<String>>("", column);
    for (column, folded) in [
        ("name", "name_folded"),
        ("account", "account_folded"),
        ("email", "email_folded"),
    ] {
        if text(column)?.as_deref().map(fold) != text(folded)? {
            return by_id::<UserId>(row);
        }
    }
    Ok(None)
}

fn bigrams_of_users(_: DateTime<Utc>) -> SelectStatement {
    let column = |column: user::Column| Expr::col((user::Entity, column));
    Query::select()
        .expr_as(column(user::Column::Id), "id")
        .expr_as(column(user::Column::NameFolded), "name_folded")
        .expr_as(column(user::Column::AccountFolded), "account_folded")
        .expr_as(column(user::Column::EmailFolded), "email_folded")
        .expr_as(
            Expr::col((user_search::Entity, user_search::Column::Bigrams)),
            "bigrams",
        )
        .from(user::Entity)
        .join(
            JoinType::LeftJoin,
            user_search::Entity,
            Expr::col((user_search::Entity, user_search::Column::UserId))
                .equals((user::Entity, user::Column::Id)),
        )
        .take()
}

fn unfound_user(row: &QueryResult) -> Result<Option<String>> {
    let text = |column: &str| row.try_get::<Option<String>>("", column);
    let texts = [
        text("name_folded")?,
        text("account_folded")?,
        text("email_folded")?,
    ];
    let bigrams = bigrams::stored(texts.iter().flatten().map(String::as_str));
    if text("bigrams")? == Some(bigrams) {
        Ok(None)
    } else {
        by_id::<UserId>(row)
    }
}
