//! Deletes a team: its memberships, roles of its own, invitations and resources go with it, and nothing brings them
//! back. The audit log keeps its id and name.

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::letters::tell_all_of_deletion_in;
use super::manage::in_sight_in;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::Result;
use crate::base::error::UserErrorCode::{HasBoundTeams, Mismatch};
use crate::base::form::{Flaw, Form};
use crate::base::id::TeamId;
use crate::base::text::TeamName;
use crate::entity::database::Transaction;
use crate::entity::{invitation, membership, resource, role, team, team_notice, team_search};
use crate::impact::{Outcome, Run, Scope};

/// Deletes the team; a superapp team that others are bound to cannot be. `confirm_name` is the team's name, typed again.
pub async fn delete(
    app: &App,
    viewer: &Viewer,
    id: TeamId,
    confirm_name: &str,
    run: Run,
) -> Result<Outcome<TeamId>> {
    viewer.grant(Action::TeamDelete)?;
    let txn = app.begin().await?;
    // Under its lock nobody joins it, and no team is bound to it.
    let team = in_sight_in(&txn, viewer, id).await?;
    let mut watch = run.watch_in(&txn, app, Scope::team(id)).await?;
    let mut form = Form::default();
    form.require(
        is_name_of(&team, confirm_name),
        Mismatch,
        "confirmName",
        "This is not the team's name.",
    );
    let bound = team::Entity::find()
        .filter(team::Column::SuperappTeamId.eq(id))
        .count(&txn)
        .await?;
    if bound > 0 {
        let rule = format!(
            "Teams that are bound to this one: {bound}. Bind them to another, or delete them, first."
        );
        form.refuse("teamId", Flaw::new(HasBoundTeams, rule));
    }
    watch.note(form.close())?;
    // Before the memberships go: they tell whom to write to.
    tell_all_of_deletion_in(&txn, app, &team).await?;
    erase_content_in(&txn, id).await?;
    // Only a preview comes here with bound teams, and what they name cannot go.
    if bound == 0 {
        team_search::Entity::delete_by_id(id).exec(&txn).await?;
        team::Entity::delete_by_id(id).exec(&txn).await?;
    }
    let event = Event::done(Action::TeamDelete)
        .on_named(id, &team.name)
        .in_team(id);
    app.record_in(&txn, viewer, event).await?;
    watch.end(app, txn, id).await
}

/// Blanks around it do not count; all else does, upper and lower case too: it is there to make one look.
fn is_name_of(team: &team::Model, typed: &str) -> bool {
    TeamName::parse(typed.trim()).is_ok_and(|name| name.as_str() == team.name)
}

async fn erase_content_in(txn: &Transaction, id: TeamId) -> Result<()> {
    team_notice::Entity::delete_many()
        .filter(team_notice::Column::TeamId.eq(id))
        .exec(txn)
        .await?;
    // Before the memberships: a manager is one of them.
    resource::Entity::delete_many()
        .filter(resource::Column::TeamId.eq(id))
        .exec(txn)
        .await?;
    // Both name roles.
    invitation::Entity::delete_many()
        .filter(invitation::Column::TeamId.eq(id))
        .exec(txn)
        .await?;
    membership::Entity::delete_many()
        .filter(membership::Column::TeamId.eq(id))
        .exec(txn)
        .await?;
    role::Entity::delete_many()
        .filter(role::Column::TeamId.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}
