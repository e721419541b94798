//! Takes an invitation code: of many who bring it at the same moment, one joins.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::viewer::team_is_active;
use crate::access::{Permission, role};
use crate::app::App;
use crate::base::Result;
use crate::base::error::UserErrorCode::InvalidInvitation;
use crate::base::form::Flaw;
use crate::base::id::UserId;
use crate::entity::database::Transaction;
use crate::entity::{invitation, membership, role as role_table, team, user};
use crate::memberships::{admit_in, find, lock};
use crate::secret::code;
use crate::teams::letters::tell_of_joining_in;

/// A code that was taken.
#[derive(Debug)]
pub struct Redeemed {
    /// The membership that it made.
    pub membership: membership::Model,
    /// The team.
    pub team: team::Model,
    /// The role.
    pub role: role_table::Model,
}

/// The one error of a wrong, used, expired or revoked code.
#[must_use]
pub fn invalid() -> Flaw {
    Flaw::new(InvalidInvitation, "This invitation code is not valid.")
}

/// Takes the code for the user, whose row is locked or new, and writes to them. The inner error is for who typed it.
pub async fn redeem_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    text: &str,
) -> Result<Result<Redeemed, Flaw>> {
    let Some(digits) = code::digits(text, code::INVITATION_DIGITS) else {
        return Ok(Err(invalid()));
    };
    let hashes = code::invitation_hashes(&app.keys, digits);
    let by_code = || invitation::Entity::find().filter(invitation::Column::CodeHash.is_in(hashes.clone()));
    let Some(found) = by_code().one(txn).await? else {
        return Ok(Err(invalid()));
    };
    // Under the team's lock the code is looked at again: somebody else may have been first.
    let team = lock::teams_in(txn, &[found.team_id]).await?.pop();
    let (Some(team), Some(invitation)) = (team, by_code().one(txn).await?) else {
        return Ok(Err(invalid()));
    };
    let role = role_table::Entity::find_by_id(invitation.role_id)
        .one(txn)
        .await?;
    let Some(role) = role else {
        return Ok(Err(invalid()));
    };
    let now = app.now();
    let usable = invitation.expires_at > now
        && team_is_active(team.disabled_at, team.expires_at, now)
        && issuer_still_may_in(txn, invitation.created_by, &team).await?;
    if !usable {
        return Ok(Err(invalid()));
    }
    let membership = match admit_in(txn, app, user, &team, &role).await? {
        Ok(membership) => membership,
        Err(flaw) => return Ok(Err(flaw)),
    };
    let used = invitation::Entity::update_many()
        .col_expr(invitation::Column::UsedAt, Expr::value(Some(now)))
        .col_expr(invitation::Column::UsedBy, Expr::value(Some(user.id)))
        .col_expr(invitation::Column::CodeHash, Expr::value(None::<String>))
        .filter(invitation::Column::Id.eq(invitation.id))
        .filter(invitation::Column::UsedAt.is_null())
        .filter(invitation::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    if used.rows_affected == 0 {
        return Ok(Err(invalid()));
    }
    tell_of_joining_in(txn, app, user, &team, &role).await?;
    Ok(Ok(Redeemed {
        membership,
        team,
        role,
    }))
}

/// A code stops working when its issuer may no longer issue it (`domain.md`, "Invitations").
async fn issuer_still_may_in(
    txn: &impl ConnectionTrait,
    issuer: Option<UserId>,
    team: &team::Model,
) -> Result<bool> {
    let Some(issuer) = issuer else { return Ok(false) };
    let active = user::Entity::find_by_id(issuer)
        .one(txn)
        .await?
        .is_some_and(|user| user.disabled_at.is_none());
    let Some(seat) = find::of_user_in(txn, issuer, team.id).await? else {
        return Ok(false);
    };
    let role = role_table::Entity::find_by_id(seat.role_id).one(txn).await?;
    Ok(
        active
            && role.is_some_and(|role| role::permissions(&role).contains(Permission::TeamMemberManagement)),
    )
}
