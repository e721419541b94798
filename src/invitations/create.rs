//! Makes an invitation; its code is shown here and never again.

use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use super::find::count_live_in;
use crate::access::role::is_administrator;
use crate::access::{Action, Grant, Permission, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{Invalid, LimitReached};
use crate::base::form::Form;
use crate::base::id::{Id, InvitationId, RoleId, TeamId};
use crate::base::text::Email;
use crate::base::{Error, Result};
use crate::entity::insert::insert_unless_taken;
use crate::entity::{invitation, role, team, user};
use crate::limits::{self, INVITATION_MAILS, Taken};
use crate::mail::letter::{self, Recipient};
use crate::memberships::lock;
use crate::secret::code;
use crate::teams::manage::managed_in;
use crate::teams::roles;

/// How long a code holds (`domain.md`, "Invitations").
const LIFE: TimeDelta = TimeDelta::hours(24);

/// Makes the invitation; answers it with its code. With an address, the code is mailed there too.
pub async fn create(
    app: &App,
    viewer: &Viewer,
    team_id: TeamId,
    role_id: RoleId,
    email: Option<&str>,
) -> Result<(invitation::Model, String)> {
    let grant = viewer.grant(Action::InvitationCreate)?;
    let mut form = Form::default();
    let email = form.take_optional("email", email, Email::parse);
    let txn = app.begin().await?;
    let (_, team, role) = issued_in(&txn, app, viewer, &grant, team_id, role_id).await?;
    form.require(
        !is_administrator(role.id),
        Invalid,
        "roleId",
        "No code makes an administrator.",
    );
    let (email,) = form.finish((email,))?;
    if count_live_in(&txn, team.id, app.now()).await? >= limits::LIVE_INVITATIONS {
        let rule = format!(
            "A team has at most {} live invitations.",
            limits::LIVE_INVITATIONS
        );
        return Err(Error::user(LimitReached, "teamId", rule));
    }
    if email.is_some() {
        // Counted by itself, and so outside of the transaction, which goes on after.
        txn.rollback().await?;
        let (tally, subject) = (&viewer.origin.tally, team.id.to_string());
        if let Taken::No { .. } = limits::take(app, tally, &INVITATION_MAILS, &subject).await? {
            return Err(Error::user(
                LimitReached,
                "email",
                "A team sends at most 50 invitation mails a day.",
            ));
        }
        let txn = app.begin().await?;
        // The role too is looked at again: it may have been deleted meanwhile.
        let (issuer, team, role) = issued_in(&txn, app, viewer, &grant, team_id, role_id).await?;
        let email = email.map(|email| (Recipient::unknown(email, issuer.locale), issuer.name));
        return finish(app, viewer, txn, &team, &role, email).await;
    }
    finish(app, viewer, txn, &team, &role, None).await
}

/// Locks the issuer, whom the invitation's row will name, and then the team: users before teams. Answers them with
/// the role that the code gives.
async fn issued_in(
    txn: &impl ConnectionTrait,
    app: &App,
    viewer: &Viewer,
    grant: &Grant<'_>,
    team_id: TeamId,
    role_id: RoleId,
) -> Result<(user::Model, team::Model, role::Model)> {
    let issuer = lock::users_in(txn, &[grant.user.user_id])
        .await?
        .pop()
        // Who was disabled since the request began has just lost their codes, and makes no more.
        .filter(|issuer| issuer.disabled_at.is_none())
        .ok_or(Error::Unauthenticated)?;
    let permission = Permission::TeamMemberManagement;
    let team = managed_in(txn, app, viewer, grant, team_id, permission)
        .await?
        .team;
    let role = roles::of_team_in(txn, &team, role_id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok((issuer, team, role))
}

async fn finish(
    app: &App,
    viewer: &Viewer,
    txn: crate::entity::database::Transaction,
    team: &team::Model,
    role: &role::Model,
    to: Option<(Recipient, String)>,
) -> Result<(invitation::Model, String)> {
    let (row, code) = insert_in(&txn, app, viewer.user()?.user_id, team, role).await?;
    if let Some((to, issuer)) = &to {
        let letter = letter::invitation(to, issuer, &team.name, &role.name, &code, row.expires_at);
        app.send_in(&txn, &letter).await?;
    }
    let event = Event::done(Action::InvitationCreate)
        .on_named(row.id, &role.name)
        .in_team(team.id);
    let changes = [Change::new("role", None::<&str>, Some(&role.name))];
    app.record_in(&txn, viewer, event.changing(changes)).await?;
    app.commit(txn).await?;
    Ok((row, code))
}

async fn insert_in(
    txn: &impl ConnectionTrait,
    app: &App,
    issuer: crate::base::id::UserId,
    team: &team::Model,
    role: &role::Model,
) -> Result<(invitation::Model, String)> {
    let now = app.now();
    let row = invitation::Model {
        id: InvitationId::new(now),
        team_id: team.id,
        team_type: team.team_type,
        team_scope: team.scope.clone(),
        role_id: role.id,
        role_scope: role.scope.clone(),
        code_hash: None,
        created_by: Some(issuer),
        used_by: None,
        created_at: now,
        expires_at: now + LIFE,
        used_at: None,
        revoked_at: None,
    };
    // With 200 codes in each of a thousand teams, one draw in 500 meets a live code.
    for _ in 0..8 {
        let code = code::new_invitation();
        let hash = code::invitation_hash(&app.keys, &code);
        // A code of the past gives its hash up, so that the number can come again.
        invitation::Entity::update_many()
            .col_expr(invitation::Column::CodeHash, Expr::value(None::<String>))
            .filter(invitation::Column::CodeHash.eq(&hash))
            .filter(invitation::Column::ExpiresAt.lte(now))
            .exec(txn)
            .await?;
        let active = invitation::ActiveModel {
            id: Set(row.id),
            team_id: Set(row.team_id),
            team_type: Set(row.team_type),
            team_scope: Set(row.team_scope.clone()),
            role_id: Set(row.role_id),
            role_scope: Set(row.role_scope.clone()),
            code_hash: Set(Some(hash.clone())),
            created_by: Set(row.created_by),
            used_by: Set(None),
            created_at: Set(row.created_at),
            expires_at: Set(row.expires_at),
            used_at: Set(None),
            revoked_at: Set(None),
        };
        let ours = invitation::Column::Id.eq(row.id);
        if insert_unless_taken(txn, active, [invitation::Column::CodeHash], ours).await? {
            return Ok((
                invitation::Model {
                    code_hash: Some(hash),
                    ..row
                },
                code,
            ));
        }
    }
    Err(Error::internal("no free invitation code was drawn"))
}
