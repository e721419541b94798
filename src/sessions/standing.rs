//! What decides how a login goes on, apart from the user's own row.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, Select,
};

use crate::access::Action;
use crate::base::{Error, Result};
use crate::entity::audit_event::{self, AuditOutcome};
use crate::entity::{credential, login_challenge, passkey, session, user};
use crate::totp;

/// How a user stands. Read once their row is locked, it holds to the end of the transaction: who changes any of it locks
/// that row first. But for failures, which are only told of, and for sessions, which end without: there are no more of
/// them than were counted, and who makes room looks at those that are left.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub(super) struct Standing {
    /// When the password was set.
    pub password_set_at: DateTime<Utc>,
    /// How many secrets for dynamic codes are on: one or none.
    pub totp: i64,
    /// How many passkeys there are.
    pub passkeys: i64,
    /// How many logins wait for their next step: one or none.
    pub challenges: i64,
    /// How many sessions there are.
    pub sessions: i64,
    /// How many logins have failed since the last that did not.
    pub failures: i64,
}

impl Standing {
    /// How the user stands, in one statement.
    pub(super) async fn of_in(txn: &impl ConnectionTrait, user: &user::Model) -> Result<Self> {
        let since = user.last_login_at.unwrap_or(user.created_at);
        let logins = [Action::Login, Action::LoginComplete, Action::PasskeyLoginFinish].map(Action::name);
        let failures = audit_event::Entity::find()
            .filter(audit_event::Column::TargetId.eq(user.id.to_string()))
            .filter(audit_event::Column::Action.is_in(logins))
            .filter(audit_event::Column::Outcome.eq(AuditOutcome::Failed))
            .filter(audit_event::Column::CreatedAt.gt(since));
        let passkeys = passkey::Entity::find().filter(passkey::Column::UserId.eq(user.id));
        let challenges = login_challenge::Entity::find().filter(login_challenge::Column::UserId.eq(user.id));
        let sessions = session::Entity::find().filter(session::Column::UserId.eq(user.id));
        credential::Entity::find_by_id(user.id)
            .select_only()
            .column(credential::Column::PasswordSetAt)
            .expr_as(count(totp::on_of(user.id)), "totp")
            .expr_as(count(passkeys), "passkeys")
            .expr_as(count(challenges), "challenges")
            .expr_as(count(sessions), "sessions")
            .expr_as(count(failures), "failures")
            .into_model()
            .one(txn)
            .await?
            .ok_or(Error::Unauthenticated)
    }
}

fn count<E: EntityTrait>(rows: Select<E>) -> Expr {
    let count = rows.select_only().expr(Expr::val(1).count()).into_query();
    Expr::SubQuery(None, Box::new(count.into()))
}
