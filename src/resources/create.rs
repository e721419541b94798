//! Makes a resource.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use super::managed::{lock_manager_in, of_type, take_manager_in};
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::error::UserErrorCode::{Invalid, LimitReached};
use crate::base::form::{Flaw, Form};
use crate::base::id::{Id, ResourceId, TeamId, UserId};
use crate::base::text::ResourceName;
use crate::entity::resource::{self, ResourceKind};
use crate::limits;
use crate::teams::manage::{in_sight_in, managed_in};

/// A resource to be made.
#[derive(Clone, Copy, Debug)]
pub struct CreateResource<'a> {
    /// What it is: a superapp in a superapp team, a mini program in a mini program team.
    pub kind: ResourceKind,
    /// The name.
    pub name: &'a str,
    /// The member who manages it.
    pub manager_id: Option<UserId>,
}

/// Makes the resource.
pub async fn create(
    app: &App,
    viewer: &Viewer,
    team_id: TeamId,
    input: CreateResource<'_>,
) -> Result<resource::Model> {
    let grant = viewer.grant(Action::ResourceCreate)?;
    let mut form = Form::default();
    let name = form.take("name", ResourceName::parse(input.name));
    let txn = app.begin().await?;
    let manager_id = input.manager_id;
    lock_manager_in(&txn, manager_id).await?;
    let team = in_sight_in(&txn, viewer, team_id).await?;
    let (kind, permission) = of_type(team.team_type);
    let team = managed_in(&txn, app, viewer, &grant, team.id, permission)
        .await?
        .team;
    form.require(
        input.kind == kind,
        Invalid,
        "kind",
        "A superapp team makes superapps, a mini program team mini programs.",
    );
    take_manager_in(&txn, &mut form, &team, manager_id).await?;
    let owned = resource::Entity::find()
        .filter(resource::Column::TeamId.eq(team.id))
        .count(&txn)
        .await?;
    if owned >= limits::RESOURCES {
        let rule = format!("A team has at most {} resources.", limits::RESOURCES);
        form.refuse("teamId", Flaw::new(LimitReached, rule));
    }
    let (name,) = form.finish((name,))?;
    let now = app.now();
    let row = resource::Model {
        id: ResourceId::new(now),
        team_id: team.id,
        team_type: team.team_type,
        team_scope: team.scope,
        kind,
        name_folded: name.folded(),
        name: name.into_string(),
        manager_id,
        created_at: now,
    };
    let active = resource::ActiveModel {
        id: Set(row.id),
        team_id: Set(row.team_id),
        team_type: Set(row.team_type),
        team_scope: Set(row.team_scope.clone()),
        kind: Set(row.kind),
        name: Set(row.name.clone()),
        name_folded: Set(row.name_folded.clone()),
        manager_id: Set(row.manager_id),
        created_at: Set(row.created_at),
    };
    resource::Entity::insert(active)
        .exec_without_returning(&txn)
        .await?;
    let mut changes = vec![Change::new("name", None::<&str>, Some(&row.name))];
    if let Some(manager_id) = manager_id {
        changes.push(Change::new("managerId", None::<&str>, Some(manager_id)));
    }
    let event = Event::done(Action::ResourceCreate)
        .on_named(row.id, &row.name)
        .in_team(row.team_id)
        .changing(changes);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(row)
}
