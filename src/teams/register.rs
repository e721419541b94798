//! Registers a mini program team by a superapp team's link.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::chosen_admins::administrator_in;
use super::insert_in::{NAME_TAKEN, NewTeam, insert_in, made, name_is_free_in};
use super::letters::tell_of_joining_in;
use super::link::target;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::error::UserErrorCode::{InvalidCode, LimitReached, StaffCannotJoin, Taken};
use crate::base::form::{Flaw, Form};
use crate::base::id::UserId;
use crate::base::text::TeamName;
use crate::base::{Error, Result};
use crate::entity::team::{self, TeamType};
use crate::limits;
use crate::memberships::{admit_in, lock};

/// Makes a team of this name that is bound to the superapp team of the link, with the viewer as its admin.
pub async fn register(app: &App, viewer: &Viewer, token: &str, name: &str) -> Result<team::Model> {
    let grant = viewer.grant(Action::TeamRegister)?;
    let staff_cannot = || {
        Error::user(
            StaffCannotJoin,
            "token",
            "Platform staff cannot be members of a team.",
        )
    };
    if grant.user.is_staff() {
        return Err(staff_cannot());
    }
    let mut form = Form::default();
    let name = form.take("name", TeamName::parse(name));

    let txn = app.begin().await?;
    // Under the user's lock their registrations are counted, whoever else counts at the same moment.
    let user = lock::users_in(&txn, &[grant.user.user_id])
        .await?
        .pop()
        .filter(|user| user.disabled_at.is_none())
        .ok_or(Error::Unauthenticated)?;
    if user.account_type.is_staff() {
        return Err(staff_cannot());
    }
    let superapp_team = working_in(&txn, app, token).await?;
    if superapp_team.is_none() {
        // Nothing is told of who is there to somebody without a link.
        form.refuse(
            "token",
            Flaw::new(InvalidCode, "This registration link does not work."),
        );
    } else {
        let registered = count_of_in(&txn, user.id).await?;
        if registered >= limits::TEAMS_BY_LINK {
            let rule = format!(
                "A user registers at most {} teams by link.",
                limits::TEAMS_BY_LINK
            );
            form.refuse("token", Flaw::new(LimitReached, rule));
        }
        if let Some(name) = &name {
            let free = name_is_free_in(&txn, name, None).await?;
            form.require(free, Taken, "name", NAME_TAKEN);
        }
    }
    let (name, superapp_team) = form.finish((name, superapp_team))?;
    let new = NewTeam {
        name,
        team_type: TeamType::MiniProgram,
        remark: None,
        expires_at: None,
        superapp_team_id: Some(superapp_team.id),
        created_by: user.id,
        by_link: true,
    };
    let team = insert_in(&txn, app, new).await?;
    let role = administrator_in(&txn, team.team_type).await?;
    if let Err(flaw) = admit_in(&txn, app, &user, &team, &role).await? {
        return Err(Error::user(flaw.code, "token", flaw.message));
    }
    tell_of_joining_in(&txn, app, &user, &team, &role).await?;
    let event = made(Action::TeamRegister, &team, [user.id]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(team)
}

/// The superapp team of the link, locked: whoever replaces the link comes before this, or after all of it.
async fn working_in(txn: &impl ConnectionTrait, app: &App, token: &str) -> Result<Option<team::Model>> {
    let Some(found) = target(txn, app, token).await? else {
        return Ok(None);
    };
    lock::teams_in(txn, &[found.id]).await?;
    target(txn, app, token).await
}

/// How many teams the user has registered that still exist. Who leaves one has still registered it: else a member could
/// fill the platform with teams by handing one after the other on.
async fn count_of_in(txn: &impl ConnectionTrait, user_id: UserId) -> Result<u64> {
    let registered = team::Entity::find().filter(team::Column::RegisteredBy.eq(user_id));
    Ok(registered.count(txn).await?)
}
