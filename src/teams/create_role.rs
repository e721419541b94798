//! Makes a custom role.

use sea_orm::{ColumnTrait, Set};

use super::manage::managed_in;
use super::role_form::{NAME_TAKEN, name_is_free_in, parse_name, take_permissions};
use super::roles;
use crate::access::{Action, Permission, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{LimitReached, Taken};
use crate::base::form::{Flaw, Form};
use crate::base::id::{Id, RoleId, TeamId};
use crate::base::{Error, Result};
use crate::entity::insert::insert_unless_taken;
use crate::entity::role::{self, RoleKind};
use crate::limits;

/// Makes the role. It may hold any permissions of the team's type; with all of them it is still not Administrator.
pub async fn create_role(
    app: &App,
    viewer: &Viewer,
    team_id: TeamId,
    name: &str,
    permissions: &[Permission],
) -> Result<role::Model> {
    let grant = viewer.grant(Action::RoleCreate)?;
    let mut form = Form::default();
    let name = form.take("name", parse_name(name));
    let txn = app.begin().await?;
    // Under the team's lock: of many who make the fiftieth role at once, one does.
    let permission = Permission::TeamMemberManagement;
    let team = managed_in(&txn, app, viewer, &grant, team_id, permission)
        .await?
        .team;
    let permissions = take_permissions(&mut form, &team, permissions);
    if let Some(name) = &name {
        let free = name_is_free_in(&txn, &team, name, None).await?;
        form.require(free, Taken, "name", NAME_TAKEN);
    }
    if roles::count_custom_in(&txn, &team).await? >= limits::CUSTOM_ROLES {
        let rule = format!("A team has at most {} custom roles.", limits::CUSTOM_ROLES);
        form.refuse("teamId", Flaw::new(LimitReached, rule));
    }
    let (name,) = form.finish((name,))?;
    let now = app.now();
    let row = role::Model {
        id: RoleId::new(now),
        team_id: Some(team.id),
        team_type: team.team_type,
        scope: team.scope,
        kind: RoleKind::Custom,
        name_folded: name.folded(),
        name: name.into_string(),
        permissions: Some(permissions.print()),
        created_at: now,
        deleted_at: None,
    };
    let active = role::ActiveModel {
        id: Set(row.id),
        team_id: Set(row.team_id),
        team_type: Set(row.team_type),
        scope: Set(row.scope.clone()),
        kind: Set(row.kind),
        name: Set(row.name.clone()),
        name_folded: Set(row.name_folded.clone()),
        permissions: Set(row.permissions.clone()),
        created_at: Set(row.created_at),
        deleted_at: Set(None),
    };
    let (name, ours) = (
        [role::Column::Scope, role::Column::NameFolded],
        role::Column::Id.eq(row.id),
    );
    if !insert_unless_taken(&txn, active, name, ours).await? {
        return Err(Error::user(Taken, "name", NAME_TAKEN));
    }
    let event = Event::done(Action::RoleCreate)
        .on_named(row.id, &row.name)
        .in_team(team.id)
        .changing([
            Change::new("name", None::<&str>, Some(&row.name)),
            Change::new("permissions", None::<&str>, row.permissions.as_ref()),
        ]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(row)
}
