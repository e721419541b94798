//! The viewer: who asks, and what they may do.

use async_graphql::{Context, ID, Object, Result};

use super::answer::{app, viewer};
use super::guard::{Gate, admitted};
use super::identity::Identity;
use super::loader::Loaders;
use super::membership::MembershipConnection;
use super::page::{page_args, page_cost};
use super::session::Session;
use super::user::{User, memberships_of, sessions_of};
use crate::access::menu::{Menu, menus};
use crate::access::{Action, Permission, SignedIn};
use crate::base::Error;
use crate::base::id::{Id, TeamId};
use crate::fast::{self, Asked, Fast};
use crate::sessions::identify::Column;
use crate::{limits, sessions};

/// Who is signed in, and what they may do.
pub struct Viewer(SignedIn);

/// Who is signed in, and what they may do.
#[Object(serial)]
impl Viewer {
    /// The user.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(self.0.user_id)
            .await
            .map_err(Error::from)?;
        Ok(user.ok_or(Error::Unauthenticated)?.into())
    }

    /// The session that this request came by.
    async fn session(&self, ctx: &Context<'_>) -> Result<Session> {
        Ok(Session::of(
            sessions::find::current(app(ctx), &self.0).await?,
            viewer(ctx),
        ))
    }

    /// The menus that a console shows, in their order.
    async fn menus(&self) -> Vec<Menu> {
        menus(&self.0)
    }

    /// The viewer's teams and roles, the oldest first.
    #[graphql(complexity = "page_cost(first, last) * child_complexity")]
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; 20 by default, 100 at most.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<MembershipConnection> {
        memberships_of(ctx, self.0.user_id, &page_args(first, after, last, before)).await
    }

    /// The viewer's signed-in devices, the newest first; 50 at most.
    #[graphql(complexity = "limits::SESSIONS as usize * child_complexity")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        sessions_of(ctx, self.0.user_id).await
    }

    /// Whether the viewer has the permission in the team.
    async fn can(
        &self,
        #[graphql(desc = "The permission.")] permission: Permission,
        #[graphql(desc = "The team.")] team_id: ID,
    ) -> bool {
        TeamId::parse(&team_id).is_ok_and(|id| self.0.permissions(id).contains(permission))
    }
}

#[derive(Default)]
pub struct ViewerQuery;

#[Object(guard = "super::guard::Never", serial)]
impl ViewerQuery {
    /// Who is signed in; null when nobody is.
    #[graphql(guard = "Gate::joined(Action::Viewer)")]
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Fast<Viewer>>> {
        if let Some(asked) = Asked::of(ctx) {
            let beside = async |columns: &[Column]| {
                let (_, rows) = ctx.data_unchecked::<Identity>().tell_beside(columns).await?;
                Ok((admitted(ctx, Action::Viewer).await?, rows))
            };
            if let Some(json) = Box::pin(fast::viewer(&asked, app(ctx).now(), beside)).await? {
                return Ok(Some(Fast::done(json)));
            }
        }
        let signed_in = admitted(ctx, Action::Viewer).await?.signed_in.clone();
        Ok(signed_in.map(|user| Fast::Cold(Viewer(user))))
    }
}
