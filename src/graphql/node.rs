//! Any object by its id.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container_serial;
use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, Object, OutputType, Positioned, Result, ServerResult, Value,
};

use super::answer::{app, viewer};
use super::audit::AuditEvent;
use super::guard::{Gate, admitted};
use super::invitation::Invitation;
use super::loader::Loaders;
use super::membership::Membership;
use super::passkey::Passkey;
use super::resource::Resource;
use super::role::Role;
use super::session::Session;
use super::team::Team;
use super::user::User;
use crate::access::Action;
use crate::base::Error;
use crate::base::id::AnyId;
use crate::fast::{self, Asked, Fast};
use crate::{invitations, memberships, passkeys, resources, sessions};

/// An object with an id that holds for ever.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The id: the kind of the object and 26 characters, such as `user_01h455vb4pex5vsknk084sn02q`."
))]
pub enum Node {
    /// A user.
    User(Box<User>),
    /// A team.
    Team(Box<Team>),
    /// A role.
    Role(Box<Role>),
    /// A membership.
    Membership(Box<Membership>),
    /// An invitation.
    Invitation(Box<Invitation>),
    /// A resource.
    Resource(Box<Resource>),
    /// A session.
    Session(Box<Session>),
    /// A passkey.
    Passkey(Box<Passkey>),
    /// An audit event.
    AuditEvent(Box<AuditEvent>),
}

/// A node whose fields are found one after the other, as all other objects' are, so that they come in the query's
/// order: for an interface the library knows no `serial`.
pub struct InOrder(Node);

impl OutputType for InOrder {
    fn type_name() -> Cow<'static, str> {
        Node::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        OutputType::introspection_type_name(&self.0)
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Node::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_container_serial(ctx, &self.0).await
    }
}

/// The most ids that `nodes` takes at once.
const MOST_IDS: usize = 100;

#[derive(Default)]
pub struct NodeQuery;

#[Object(guard = "super::guard::Never", serial)]
impl NodeQuery {
    /// The object with this id; null when there is none in the viewer's sight.
    #[graphql(guard = "Gate::joined(Action::Node)")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id.")] id: ID,
    ) -> Result<Option<Fast<InOrder>>> {
        let viewer = async || admitted(ctx, Action::Node).await;
        let now = app(ctx).now();
        let json = match (Asked::of(ctx), AnyId::parse(&id)) {
            (Some(asked), Ok(AnyId::UserId(id))) => Box::pin(fast::user(&asked, now, id, viewer())).await?,
            (Some(asked), Ok(AnyId::TeamId(id))) => Box::pin(fast::team(&asked, now, id, viewer())).await?,
            _ => None,
        };
        if let Some(json) = json {
            return Ok(Some(Fast::done(json)));
        }
        viewer().await?;
        Ok(Box::pin(find(ctx, &id)).await?.map(Fast::Cold))
    }

    /// The objects with these ids, at most 100, in their order; null for each that is not in the viewer's sight.
    #[graphql(
        guard = "Gate::root(Action::Nodes)",
        complexity = "ids.len().max(1) * child_complexity"
    )]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<InOrder>>> {
        if ids.len() > MOST_IDS {
            return Err(Error::BadInput("At most 100 ids at a time.".into()).into());
        }
        Ok(futures::future::try_join_all(ids.iter().map(|id| find(ctx, id))).await?)
    }
}

async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<InOrder>, Error> {
    let Ok(id) = AnyId::parse(id) else { return Ok(None) };
    let (app, viewer) = (app(ctx), viewer(ctx));
    let reader = app.database.reader();
    let loaders = ctx.data_unchecked::<Loaders>();
    if viewer.signed_in.is_none() {
        return Ok(None);
    }
    let node = match id {
        AnyId::UserId(id) => loaders
            .load_one(id)
            .await?
            .map(|row| Node::User(Box::new(row.into()))),
        AnyId::TeamId(id) => loaders
            .load_one(id)
            .await?
            .map(|row| Node::Team(Box::new(row.into()))),
        AnyId::RoleId(id) => loaders
            .load_one(id)
            .await?
            .filter(|row| row.deleted_at.is_none())
            .map(|row| Node::Role(Box::new(row.into()))),
        AnyId::MembershipId(id) => memberships::find::by_id(reader, viewer, id)
            .await?
            .map(|row| Node::Membership(Box::new(row.into()))),
        AnyId::InvitationId(id) => invitations::find::by_id(reader, viewer, id)
            .await?
            .map(|row| Node::Invitation(Box::new(row.into()))),
        AnyId::AuditEventId(id) => loaders
            .load_one(id)
            .await?
            .map(|shown| Node::AuditEvent(Box::new(shown.into()))),
        AnyId::ResourceId(id) => resources::find::by_id(reader, viewer, id)
            .await?
            .map(|row| Node::Resource(Box::new(row.into()))),
        AnyId::SessionId(id) => sessions::find::by_id(reader, app.now(), viewer, id)
            .await?
            .map(|row| Node::Session(Box::new(Session::of(row, viewer)))),
        AnyId::PasskeyId(id) => passkeys::by_id(reader, viewer, id)
            .await?
            .map(|row| Node::Passkey(Box::new(row.into()))),
        _ => None,
    };
    Ok(node.map(InOrder))
}
