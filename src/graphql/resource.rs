//! Resources.

use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};

use super::answer::{answer, app, payload, viewer};
use super::connection::connection;
use super::guard::{Gate, needs, requires};
use super::loader::Loaders;
use super::team::Team;
use super::user::User;
use crate::access::Action;
use crate::base::Error;
use crate::base::id::{Id, ResourceId, TeamId, UserId};
use crate::base::page::{Keyed, Slice};
use crate::entity::resource::{self, ResourceKind};
use crate::entity::user;
use crate::resources::create::{CreateResource, create};
use crate::resources::delete::delete;
use crate::resources::find::Listed;
use crate::resources::update::{UpdateResource, update};

/// A superapp or a mini program that a team owns and one of its members manages.
pub struct Resource {
    row: resource::Model,
    /// The manager, when the list read them.
    manager: Option<user::Model>,
}

impl From<resource::Model> for Resource {
    fn from(row: resource::Model) -> Self {
        Self { row, manager: None }
    }
}

/// A superapp or a mini program that a team owns and one of its members manages.
#[Object(serial)]
impl Resource {
    /// The id.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// What it is.
    async fn kind(&self) -> ResourceKind {
        self.row.kind
    }

    /// The name; not unique.
    async fn name(&self) -> &str {
        &self.row.name
    }

    /// The team that owns it.
    async fn team(&self, ctx: &Context<'_>) -> Result<Team> {
        let team = ctx
            .data_unchecked::<Loaders>()
            .load_one(self.row.team_id)
            .await
            .map_err(Error::from)?;
        Ok(team.ok_or(Error::NotFound)?.into())
    }

    /// The member of the team who manages it; null when nobody does, as after they left.
    async fn manager(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        if let Some(manager) = &self.manager {
            return Ok(Some(manager.clone().into()));
        }
        let Some(id) = self.row.manager_id else {
            return Ok(None);
        };
        let user = ctx
            .data_unchecked::<Loaders>()
            .load_one(id)
            .await
            .map_err(Error::from)?;
        Ok(user.map(User::from))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at
    }
}

connection!(ResourceConnection, ResourceEdge, Resource, "resource");

impl From<Slice<Listed>> for ResourceConnection {
    fn from(slice: Slice<Listed>) -> Self {
        Self::new(slice, |listed| {
            let (cursor, Listed { resource, manager }) = (listed.cursor(), listed);
            let row = resource;
            (cursor, Resource { row, manager })
        })
    }
}

payload! {
    /// The resource that was made.
    CreateResourcePayload {
        /// The resource.
        resource: Resource,
    }
}
payload! {
    /// The resource after the change.
    UpdateResourcePayload {
        /// The resource.
        resource: Resource,
    }
}
payload! {
    /// The resource that is gone.
    DeleteResourcePayload {
        /// The id of the resource.
        deleted_resource_id: ID,
    }
}

/// A resource to be made.
#[derive(InputObject)]
pub struct CreateResourceInput {
    /// The team; at most 1,000 resources to a team.
    team_id: ID,
    /// What it is: a superapp in a superapp team, a mini program in a mini program team.
    kind: ResourceKind,
    /// The name: 3-64 characters as in a user's name, with single spaces inside.
    name: String,
    /// The member of the team who manages it.
    manager_id: Option<ID>,
}

/// A change of a resource. What is left out stays.
#[derive(InputObject)]
pub struct UpdateResourceInput {
    /// The resource.
    resource_id: ID,
    /// The name.
    name: Option<String>,
    /// The member of the team who manages it from now on.
    manager_id: Option<ID>,
    /// Whether nobody manages it from now on.
    #[graphql(default_with = "Some(false)")]
    no_manager: Option<bool>,
}

/// A resource to be deleted.
#[derive(InputObject)]
pub struct DeleteResourceInput {
    /// The resource.
    resource_id: ID,
}

fn read_manager_id(id: Option<&ID>) -> Result<Option<UserId>, Error> {
    id.map(|id| UserId::parse(id)).transpose()
}

#[derive(Default)]
pub struct ResourceMutation;

#[Object(guard = "super::guard::Never", serial)]
impl ResourceMutation {
    /// Makes a resource: a superapp takes `SUPERAPP_MANAGEMENT` in its team, a mini program `MINI_PROGRAM_MANAGEMENT`.
    #[graphql(guard = "Gate::root(Action::ResourceCreate)", directive = requires::apply(needs(Action::ResourceCreate)))]
    async fn create_resource(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The resource.")] input: CreateResourceInput,
    ) -> Result<Option<CreateResourcePayload>> {
        let done = async {
            let new = CreateResource {
                kind: input.kind,
                name: &input.name,
                manager_id: read_manager_id(input.manager_id.as_ref())?,
            };
            create(app(ctx), viewer(ctx), TeamId::parse(&input.team_id)?, new).await
        };
        let payload = |row: resource::Model| CreateResourcePayload {
            resource: Some(row.into()),
            ..Default::default()
        };
        answer(ctx, Action::ResourceCreate, done.await, payload)
            .await
            .map(Some)
    }

    /// Changes a resource's name or manager, with the same permission as making it.
    #[graphql(guard = "Gate::root(Action::ResourceUpdate)", directive = requires::apply(needs(Action::ResourceUpdate)))]
    async fn update_resource(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateResourceInput,
    ) -> Result<Option<UpdateResourcePayload>> {
        let done = async {
            let change = UpdateResource {
                name: input.name.as_deref(),
                manager_id: read_manager_id(input.manager_id.as_ref())?,
                no_manager: input.no_manager.unwrap_or_default(),
            };
            update(
                app(ctx),
                viewer(ctx),
                ResourceId::parse(&input.resource_id)?,
                change,
            )
            .await
        };
        let payload = |row: resource::Model| UpdateResourcePayload {
            resource: Some(row.into()),
            ..Default::default()
        };
        answer(ctx, Action::ResourceUpdate, done.await, payload)
            .await
            .map(Some)
    }

    /// Deletes a resource, with the same permission as making it. Nothing brings it back.
    #[graphql(guard = "Gate::root(Action::ResourceDelete)", directive = requires::apply(needs(Action::ResourceDelete)))]
    async fn delete_resource(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The resource.")] input: DeleteResourceInput,
    ) -> Result<Option<DeleteResourcePayload>> {
        let done = async { delete(app(ctx), viewer(ctx), ResourceId::parse(&input.resource_id)?).await };
        let payload = |id: ResourceId| DeleteResourcePayload {
            deleted_resource_id: Some(id.to_string().into()),
            ..Default::default()
        };
        answer(ctx, Action::ResourceDelete, done.await, payload)
            .await
            .map(Some)
    }
}
