//! Deletes a resource.

use sea_orm::EntityTrait;

use super::managed::managed_resource_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::id::ResourceId;
use crate::entity::resource;

/// Deletes the resource; nothing brings it back.
pub async fn delete(app: &App, viewer: &Viewer, id: ResourceId) -> Result<ResourceId> {
    let grant = viewer.grant(Action::ResourceDelete)?;
    let txn = app.begin().await?;
    let (team, row) = managed_resource_in(&txn, app, viewer, &grant, id).await?;
    resource::Entity::delete_by_id(id).exec(&txn).await?;
    let mut changes = vec![Change::new("name", Some(&row.name), None::<&str>)];
    if let Some(manager_id) = row.manager_id {
        changes.push(Change::new("managerId", Some(manager_id), None::<&str>));
    }
    let event = Event::done(Action::ResourceDelete)
        .on_named(id, &row.name)
        .in_team(team.id)
        .changing(changes);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(id)
}
