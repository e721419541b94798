//! Memberships.

use async_graphql::{Context, ID, Object, Result};
use chrono::{DateTime, Utc};

use super::audience::audience;
use super::connection::connection;
use super::loader::Loaders;
use super::role::Role;
use super::team::Team;
use super::user::User;
use crate::base::Error;
use crate::base::page::{Keyed, Slice};
use crate::entity::{membership, role, team, user};
use crate::invitations::redeem_in::Redeemed;
use crate::memberships::find::Seated;
use crate::teams::manage::may_edit;

/// One user in one team with one role.
pub struct Membership {
    row: membership::Model,
    user: Option<user::Model>,
    team: Option<team::Model>,
    role: Option<role::Model>,
}

impl From<membership::Model> for Membership {
    fn from(row: membership::Model) -> Self {
        Self {
            row,
            user: None,
            team: None,
            role: None,
        }
    }
}

impl From<Redeemed> for Membership {
    /// With the team and the role: the viewer, who was none of its members when the request came, finds them nowhere else.
    fn from(redeemed: Redeemed) -> Self {
        Self {
            row: redeemed.membership,
            user: None,
            team: Some(redeemed.team),
            role: Some(redeemed.role),
        }
    }
}

impl From<Seated> for Membership {
    fn from(seated: Seated) -> Self {
        Self {
            row: seated.membership,
            user: seated.user,
            team: seated.team,
            role: Some(seated.role),
        }
    }
}

/// One user in one team with one role.
#[Object(serial)]
impl Membership {
    /// The id.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// The user.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        if let Some(user) = &self.user {
            return Ok(user.clone().into());
        }
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(self.row.user_id)
            .await
            .map_err(Error::from)?;
        Ok(user.ok_or(Error::NotFound)?.into())
    }

    /// The team.
    async fn team(&self, ctx: &Context<'_>) -> Result<Team> {
        if let Some(team) = &self.team {
            return Ok(team.clone().into());
        }
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(self.row.team_id)
            .await
            .map_err(Error::from)?;
        Ok(team.ok_or(Error::NotFound)?.into())
    }

    /// The role.
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

    /// When the user became a member.
    async fn joined_at(&self) -> DateTime<Utc> {
        self.row.joined_at
    }

    /// Whether the viewer may give the member another role: as one who manages the team's members, never for
    /// themselves, and for an administrator only as another one.
    async fn viewer_can_edit(&self, ctx: &Context<'_>) -> bool {
        may_edit(&audience(ctx), &self.row)
    }
}

connection!(MembershipConnection, MembershipEdge, Membership, "membership");

impl From<Slice<Seated>> for MembershipConnection {
    fn from(slice: Slice<Seated>) -> Self {
        Self::new(slice, |seated| (seated.cursor(), seated.into()))
    }
}
