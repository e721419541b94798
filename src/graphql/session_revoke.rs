//! Sessions that are ended from elsewhere.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::answer::{answer, app, payload, viewer};
use super::guard::{Gate, needs, requires};
use crate::access::Action;
use crate::base::id::{Id, SessionId};
use crate::sessions::revoke::revoke;
use crate::sessions::revoke_others::revoke_others;

payload! {
    /// The session is over.
    RevokeSessionPayload {
        /// The id of the session that ended.
        revoked_session_id: ID,
    }
}
payload! {
    /// The other sessions are over.
    RevokeOtherSessionsPayload {
        /// How many ended.
        count: u64,
    }
}

/// A session that is to end.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// The session.
    session_id: ID,
}

#[derive(Default)]
pub struct SessionRevokeMutation;

#[Object(guard = "super::guard::Never", serial)]
impl SessionRevokeMutation {
    /// Ends a session: one of the viewer's own, also the one that asks; anyone's for the super admin; a member's for a
    /// platform admin. It is over from the next request on.
    #[graphql(guard = "Gate::root(Action::SessionRevoke)", directive = requires::apply(needs(Action::SessionRevoke)))]
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] input: RevokeSessionInput,
    ) -> Result<Option<RevokeSessionPayload>> {
        let done = async { revoke(app(ctx), viewer(ctx), SessionId::parse(&input.session_id)?).await }.await;
        let payload = |id: SessionId| RevokeSessionPayload {
            revoked_session_id: Some(id.to_string().into()),
            ..Default::default()
        };
        answer(ctx, Action::SessionRevoke, done, payload).await.map(Some)
    }

    /// Ends all sessions of the viewer but the one that asks, and the logins that wait for their next step.
    #[graphql(
        guard = "Gate::root(Action::OtherSessionsRevoke)",
        directive = requires::apply(needs(Action::OtherSessionsRevoke))
    )]
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> Result<Option<RevokeOtherSessionsPayload>> {
        let done = revoke_others(app(ctx), viewer(ctx)).await;
        let payload = |count| RevokeOtherSessionsPayload {
            count: Some(count),
            ..Default::default()
        };
        answer(ctx, Action::OtherSessionsRevoke, done, payload)
            .await
            .map(Some)
    }
}
