//! Changes a resource.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::managed::{lock_manager_in, managed_resource_in, take_manager_in};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::error::UserErrorCode::Invalid;
use crate::base::form::Form;
use crate::base::id::{ResourceId, UserId};
use crate::base::text::ResourceName;
use crate::entity::resource;

/// What to change; what is left out stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdateResource<'a> {
    /// The name.
    pub name: Option<&'a str>,
    /// The member who manages it from now on.
    pub manager_id: Option<UserId>,
    /// Whether nobody manages it from now on.
    pub no_manager: bool,
}

/// Changes the resource's name or manager.
pub async fn update(
    app: &App,
    viewer: &Viewer,
    id: ResourceId,
    input: UpdateResource<'_>,
) -> Result<resource::Model> {
    let grant = viewer.grant(Action::ResourceUpdate)?;
    let mut form = Form::default();
    let name = form.take_optional("name", input.name, ResourceName::parse);
    form.require(
        !(input.no_manager && input.manager_id.is_some()),
        Invalid,
        "noManager",
        "Name a manager or say that there is none, not both.",
    );
    let txn = app.begin().await?;
    lock_manager_in(&txn, input.manager_id).await?;
    let (team, mut row) = managed_resource_in(&txn, app, viewer, &grant, id).await?;
    take_manager_in(&txn, &mut form, &team, input.manager_id).await?;
    let (name,) = form.finish((name,))?;

    let mut changes = Vec::new();
    if let Some(name) = name.filter(|name| name.as_str() != row.name) {
        changes.push(Change::new("name", Some(&row.name), Some(&name)));
        (row.name_folded, row.name) = (name.folded(), name.into_string());
    }
    let manager_id = if input.no_manager {
        None
    } else {
        input.manager_id.or(row.manager_id)
    };
    if manager_id != row.manager_id {
        changes.push(Change::new("managerId", row.manager_id, manager_id));
        row.manager_id = manager_id;
    }
    resource::Entity::update_many()
        .col_expr(resource::Column::Name, Expr::value(row.name.clone()))
        .col_expr(resource::Column::NameFolded, Expr::value(row.name_folded.clone()))
        .col_expr(resource::Column::ManagerId, Expr::value(row.manager_id))
        .filter(resource::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    let event = Event::done(Action::ResourceUpdate)
        .on_named(id, &row.name)
        .in_team(team.id)
        .changing(changes);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(row)
}
