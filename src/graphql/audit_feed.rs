//! The audit log as it happens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Result};
use futures::stream::{self, BoxStream, StreamExt};
use tokio::time::{Instant, sleep};

use super::answer::{app, viewer};
use super::audience::Audience;
use super::audit::{AuditEvent, AuditFilter, read_filter};
use super::guard::{Gate, needs, requires};
use super::identity::Identity;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::feed::Follower;
use crate::audit::filter::Filter;
use crate::audit::scope::{Found, Scope, Shown};
use crate::base;
use crate::sessions::identify::identify_again;

/// For how long it is believed what somebody may see, while a batch is on its way to them.
const BELIEVED: Duration = Duration::from_secs(1);
/// How long to wait when the database does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// What is told while it happens, over a WebSocket at `/graphql/ws` that speaks `graphql-transport-ws`. The payload of
/// `connection_init` holds the access token, as `authorization`; the header `Authorization` of the handshake does as
/// well. The connection holds as long as the session, whatever becomes of the token, and ends within a second after
/// it. Queries and mutations are not taken here, but by `POST /graphql`.
pub struct Subscription;

/// What is told while it happens, over a WebSocket at `/graphql/ws` that speaks `graphql-transport-ws`. The payload of
/// `connection_init` holds the access token, as `authorization`; the header `Authorization` of the handshake does as
/// well. The connection holds as long as the session, whatever becomes of the token, and ends within a second after
/// it. Queries and mutations are not taken here, but by `POST /graphql`.
#[async_graphql::Subscription(guard = "super::guard::Never")]
impl Subscription {
    /// The events of the audit log from here on, about a second after they happened: in the order of the log, none
    /// left out and none twice while the connection holds. Who sees what is the same as in the query `auditEvents`,
    /// asked anew for each event: who loses a right hears no more by it. What was done in the second before may
    /// come, too.
    #[graphql(
        guard = "Gate::root(Action::AuditEventsFollow)",
        directive = requires::apply(needs(Action::AuditEventsFollow))
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] filter: Option<AuditFilter>,
    ) -> Result<BoxStream<'static, Option<AuditEvent>>> {
        let filter = read_filter(filter)?;
        let app = app(ctx).clone();
        let told = Told {
            follower: app.feed.follow(app.database.reader()).await?,
            audience: ctx.data_unchecked::<Identity>().audience().clone(),
            viewer: viewer(ctx).clone(),
            checked_at: None,
            waiting: VecDeque::new(),
            app,
            filter,
        };
        let events = stream::unfold(told, |mut told| async {
            let event = told.next().await;
            Some((Some(event.into()), told))
        });
        Ok(events.boxed())
    }
}

/// One subscription.
struct Told {
    app: Arc<App>,
    follower: Follower,
    filter: Filter,
    /// Who the fields of an event are found for.
    audience: Audience,
    viewer: Arc<Viewer>,
    checked_at: Option<Instant>,
    /// What is on its way and fits the filter; whether it may be seen is asked when its turn comes.
    waiting: VecDeque<Found>,
}

impl Told {
    /// The next event that the viewer may see.
    async fn next(&mut self) -> Shown {
        loop {
            while self.waiting.is_empty() {
                match self.follower.next(self.app.database.reader()).await {
                    Ok(batch) => {
                        let fitting = batch.iter().filter(|found| self.filter.holds(&found.event));
                        self.waiting.extend(fitting.cloned());
                        self.checked_at = None;
                    }
                    Err(error) => wait_out(&error).await,
                }
            }
            if self.checked_at.is_none_or(|at| at.elapsed() >= BELIEVED) {
                self.look_again().await;
            }
            if let Some(found) = self.waiting.pop_front()
                && let Some(user) = &self.viewer.signed_in
                && let scope = Scope::of(user)
                && scope.holds(&found.event)
            {
                return scope.show(found);
            }
        }
    }

    /// Asks who the viewer is now. When the session has ended, so does the connection, and nothing is told meanwhile.
    async fn look_again(&mut self) {
        loop {
            match identify_again(&self.app, &self.viewer).await {
                Ok(viewer) => {
                    self.viewer = Arc::new(viewer.clone());
                    self.audience.becomes(viewer);
                    self.checked_at = Some(Instant::now());
                    return;
                }
                Err(base::Error::Unauthenticated) => std::future::pending().await,
                Err(error) => wait_out(&error).await,
            }
        }
    }
}

/// Without the database nothing is told, and nothing is lost.
async fn wait_out(error: &base::Error) {
    tracing::warn!(cause = ?error, "a subscription waits for the database");
    sleep(AGAIN).await;
}
