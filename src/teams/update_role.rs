//! Changes a custom role.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::manage::managed_role_in;
use super::role_form::{NAME_TAKEN, name_is_free_in, parse_name, take_permissions};
use crate::access::{Action, Permission, Viewer, role as table};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Result;
use crate::base::error::UserErrorCode::{OwnRole, Taken};
use crate::base::form::Form;
use crate::base::id::RoleId;
use crate::entity::role;
use crate::impact::{Outcome, Run, Scope};
use crate::memberships::void_codes_in::{Issuer, void_codes_in};

/// Changes the role's name or permissions; what is left out stays. What its holders may do is read anew at each of
/// their requests; without the permission to issue codes, those that they issued end. Nobody edits the role that they
/// hold.
pub async fn update_role(
    app: &App,
    viewer: &Viewer,
    id: RoleId,
    name: Option<&str>,
    permissions: Option<&[Permission]>,
    run: Run,
) -> Result<Outcome<role::Model>> {
    let grant = viewer.grant(Action::RoleUpdate)?;
    let mut form = Form::default();
    let name = form.take_optional("name", name, parse_name);
    let txn = app.begin().await?;
    let (managed, mut role) = managed_role_in(&txn, app, viewer, &grant, id).await?;
    form.require(
        managed.role_id != id,
        OwnRole,
        "roleId",
        "Nobody edits the role that they hold.",
    );
    let permissions = permissions.map(|wanted| take_permissions(&mut form, &managed.team, wanted));
    if let Some(Some(name)) = &name {
        let free = name_is_free_in(&txn, &managed.team, name, Some(id)).await?;
        form.require(free, Taken, "name", NAME_TAKEN);
    }
    let mut watch = run.watch_in(&txn, app, Scope::team(managed.team.id)).await?;
    // A preview goes on with what is good of the form: its other half may take something away.
    let name = watch.note(form.finish((name,)))?.and_then(|(name,)| name);
    let mut changes = Vec::new();
    if let Some(name) = name.filter(|name| name.as_str() != role.name) {
        changes.push(Change::new("name", Some(&role.name), Some(&name)));
        (role.name_folded, role.name) = (name.folded(), name.into_string());
    }
    if let Some(permissions) = permissions.filter(|permissions| *permissions != table::permissions(&role)) {
        if !permissions.contains(Permission::TeamMemberManagement) {
            void_codes_in(&txn, app.now(), Issuer::Holding(id, managed.team.id)).await?;
        }
        let printed = permissions.print();
        changes.push(Change::new(
            "permissions",
            role.permissions.as_ref(),
            Some(&printed),
        ));
        role.permissions = Some(printed);
    }
    // Every role of a team is written under the team's lock: the name that was free is free still.
    role::Entity::update_many()
        .col_expr(role::Column::Name, Expr::value(role.name.clone()))
        .col_expr(role::Column::NameFolded, Expr::value(role.name_folded.clone()))
        .col_expr(role::Column::Permissions, Expr::value(role.permissions.clone()))
        .filter(role::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    let event = Event::done(Action::RoleUpdate)
        .on_named(id, &role.name)
        .in_team(managed.team.id)
        .changing(changes);
    app.record_in(&txn, viewer, event).await?;
    watch.end(app, txn, role).await
}
