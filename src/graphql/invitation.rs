//! Invitations.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};

use super::answer::{answer, app, payload, viewer};
use super::audience::looks_again;
use super::connection::connection;
use super::guard::{Gate, needs, requires};
use super::loader::Loaders;
use super::membership::Membership;
use super::role::Role;
use super::team::Team;
use super::user::User;
use crate::access::Action;
use crate::base::Error;
use crate::base::id::{Id, InvitationId, RoleId, TeamId, UserId};
use crate::base::page::{Keyed, Slice};
use crate::entity::{invitation, role};
use crate::invitations::create::create;
use crate::invitations::find::{Listed, Status, status};
use crate::invitations::join::join;
use crate::invitations::redeem_in::Redeemed;
use crate::invitations::revoke::revoke;

/// Whether an invitation's code can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum InvitationStatus {
    /// It can, while the team is active.
    Active,
    /// It was used.
    Used,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

/// An 8-digit code that carries a team and a role, for one use within 24 hours. The code itself is shown
/// when it is made, and never again.
pub struct Invitation {
    row: invitation::Model,
    role: Option<role::Model>,
}

impl From<invitation::Model> for Invitation {
    fn from(row: invitation::Model) -> Self {
        Self { row, role: None }
    }
}

async fn user_of(ctx: &Context<'_>, id: Option<UserId>) -> Result<Option<User>> {
    let Some(id) = id else { return Ok(None) };
    let user = ctx
        .data_unchecked::<Loaders>()
        .load_one(id)
        .await
        .map_err(Error::from)?;
    Ok(user.map(User::from))
}

/// An 8-digit code that carries a team and a role, for one use within 24 hours. The code itself is shown
/// when it is made, and never again.
#[Object(serial)]
impl Invitation {
    /// The id.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// The team that the code leads into.
    async fn team(&self, ctx: &Context<'_>) -> Result<Team> {
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(self.row.team_id)
            .await
            .map_err(Error::from)?;
        Ok(team.ok_or(Error::NotFound)?.into())
    }

    /// The role that the code gives. One that was deleted since is shown by its name, and gives nothing.
    async fn role(&self, ctx: &Context<'_>) -> Result<Role> {
        if let Some(role) = &self.role {
            return Ok(role.clone().into());
        }
        let role = ctx
            .data_unchecked::<Loaders>()
            .load_one(self.row.role_id)
            .await
            .map_err(Error::from)?;
        Ok(role.ok_or(Error::NotFound)?.into())
    }

    /// Whether the code can be used.
    async fn status(&self, ctx: &Context<'_>) -> InvitationStatus {
        status(&self.row, app(ctx).now()).into()
    }

    /// Who made it; null when that user is out of sight or deleted.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user_of(ctx, self.row.created_by).await
    }

    /// Who used it; null when nobody did, or that user is out of sight or deleted.
    async fn used_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        user_of(ctx, self.row.used_by).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }

    /// When the code expires.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.row.expires_at
    }
}

connection!(InvitationConnection, InvitationEdge, Invitation, "invitation");

impl From<Slice<Listed>> for InvitationConnection {
    fn from(slice: Slice<Listed>) -> Self {
        Self::new(slice, |listed| {
            let cursor = listed.cursor();
            (
                cursor,
                Invitation {
                    row: listed.invitation,
                    role: Some(listed.role),
                },
            )
        })
    }
}

payload! {
    /// The invitation that was made.
    CreateInvitationPayload {
        /// The invitation.
        invitation: Invitation,
        /// The 8 digits: shown here and never again.
        code: String,
    }
}
payload! {
    /// The invitation after it was revoked.
    RevokeInvitationPayload {
        /// The invitation.
        invitation: Invitation,
    }
}
payload! {
    /// The viewer's new membership.
    JoinTeamPayload {
        /// The membership.
        membership: Membership,
    }
}

/// An invitation to be made.
#[derive(InputObject)]
pub struct CreateInvitationInput {
    /// The team.
    team_id: ID,
    /// The role that the code gives; not Administrator.
    role_id: ID,
    /// Where to mail the code, if anywhere.
    email: Option<String>,
}

/// An invitation to be revoked.
#[derive(InputObject)]
pub struct RevokeInvitationInput {
    /// The invitation.
    invitation_id: ID,
}

/// A code to join with.
#[derive(InputObject)]
pub struct JoinTeamInput {
    /// The 8 digits.
    #[graphql(secret)]
    code: String,
}

#[derive(Default)]
pub struct InvitationMutation;

#[Object(guard = "super::guard::Never", serial)]
impl InvitationMutation {
    /// Makes an invitation code for a team and a role, and mails it when asked to.
    #[graphql(guard = "Gate::root(Action::InvitationCreate)", directive = requires::apply(needs(Action::InvitationCreate)))]
    async fn create_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation.")] input: CreateInvitationInput,
    ) -> Result<Option<CreateInvitationPayload>> {
        let done = async {
            let (team_id, role_id) = (TeamId::parse(&input.team_id)?, RoleId::parse(&input.role_id)?);
            create(app(ctx), viewer(ctx), team_id, role_id, input.email.as_deref()).await
        };
        let payload = |(row, code): (invitation::Model, String)| CreateInvitationPayload {
            invitation: Some(row.into()),
            code: Some(code),
            ..Default::default()
        };
        answer(ctx, Action::InvitationCreate, done.await, payload)
            .await
            .map(Some)
    }

    /// Revokes an invitation; one that was used stays used.
    #[graphql(guard = "Gate::root(Action::InvitationRevoke)", directive = requires::apply(needs(Action::InvitationRevoke)))]
    async fn revoke_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation.")] input: RevokeInvitationInput,
    ) -> Result<Option<RevokeInvitationPayload>> {
        let done =
            async { revoke(app(ctx), viewer(ctx), InvitationId::parse(&input.invitation_id)?).await }.await;
        let payload = |row: invitation::Model| RevokeInvitationPayload {
            invitation: Some(row.into()),
            ..Default::default()
        };
        answer(ctx, Action::InvitationRevoke, done, payload)
            .await
            .map(Some)
    }

    /// Makes the viewer a member of the team that the code leads into. A wrong, used, expired or revoked code is the
    /// same `INVALID_INVITATION`; ten of them in an hour end the trying for an hour.
    #[graphql(guard = "Gate::root(Action::TeamJoin)", directive = requires::apply(needs(Action::TeamJoin)))]
    async fn join_team(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: JoinTeamInput,
    ) -> Result<Option<JoinTeamPayload>> {
        let done = join(app(ctx), viewer(ctx), &input.code).await;
        if done.is_ok() {
            looks_again(ctx).await?;
        }
        let payload = |redeemed: Redeemed| JoinTeamPayload {
            membership: Some(redeemed.into()),
            ..Default::default()
        };
        answer(ctx, Action::TeamJoin, done, payload).await.map(Some)
    }
}
