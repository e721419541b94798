//! Changes a team: staff everything, holders of `TEAM_MEMBER_MANAGEMENT` its name and remark.

use std::convert::identity;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait, SqlErr};

use super::chosen_admins::{administrator_in, chosen_admins_in, joined_ids, take_admin_ids};
use super::create::{EXPIRY_RULE, NO_ACTIVE_ADMIN, is_good_expiry, superapp_team_in, take_superapp};
use super::expiry;
use super::insert_in::{NAME_TAKEN, name_is_free_in};
use super::letters::{tell_of_addition_in, tell_of_removal_in, tell_of_role_in};
use super::manage::{in_sight_in, managed_in};
use crate::access::{Action, Permission, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{Invalid, LastTeamAdmin, Required, Taken};
use crate::base::form::Form;
use crate::base::id::{TeamId, UserId};
use crate::base::text::{Remark, TeamName};
use crate::base::{Error, Result};
use crate::entity::database::Transaction;
use crate::entity::team::TeamType;
use crate::entity::{membership, team, team_search, time, user};
use crate::impact::{Outcome, Run, Scope};
use crate::memberships::{self, admins, admit_in, change_role_in};

/// What to change; what is left out stays.
#[derive(Debug)]
pub struct UpdateTeam<'a> {
    /// The name.
    pub name: Option<&'a str>,
    /// The remark; an empty one takes it away.
    pub remark: Option<&'a str>,
    /// All admins: one left out loses the membership, one new gets the role.
    pub admin_ids: Option<&'a [String]>,
    /// The superapp team that a mini program team is bound to.
    pub superapp_team_id: Option<TeamId>,
    /// When a mini program team expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is to have no expiry any more.
    pub never_expires: bool,
}

/// Changes the team.
pub async fn update(
    app: &App,
    viewer: &Viewer,
    id: TeamId,
    input: UpdateTeam<'_>,
    run: Run,
) -> Result<Outcome<team::Model>> {
    let grant = viewer.grant(Action::TeamUpdate)?;
    let staff_only = input.admin_ids.is_some()
        || input.superapp_team_id.is_some()
        || input.expires_at.is_some()
        || input.never_expires;
    let mut form = Form::default();
    let name = form.take_optional("name", input.name, TeamName::parse);
    let remark = form.take_optional("remark", input.remark, Remark::parse);
    let admin_ids = input.admin_ids.map(|ids| take_admin_ids(&mut form, ids));
    let no_admin = input.admin_ids.is_some_and(<[String]>::is_empty);
    form.require(!no_admin, Required, "adminIds", "A team needs an admin.");

    let txn = app.begin().await?;
    // Users before teams: those who become admins are locked first, those who are none any more need no lock.
    let chosen = match &admin_ids {
        Some(ids) if grant.user.is_staff() => Some(chosen_admins_in(&txn, &mut form, ids, None).await?.1),
        _ => None,
    };
    if let Some(superapp_team_id) = input.superapp_team_id.filter(|_| grant.user.is_staff()) {
        // Both at once, in the order of their ids.
        memberships::lock::teams_in(&txn, &[id, superapp_team_id]).await?;
    }
    let mut team = if grant.user.is_staff() {
        in_sight_in(&txn, viewer, id).await?
    } else {
        managed_in(&txn, app, viewer, &grant, id, Permission::TeamMemberManagement)
            .await?
            .team
    };
    if staff_only && !grant.user.is_staff() {
        return Err(grant.refusal());
    }
    if let Some(Some(name)) = &name {
        let free = name_is_free_in(&txn, name, Some(id)).await?;
        form.require(free, Taken, "name", NAME_TAKEN);
    }
    if let Some(chosen) = chosen.as_ref().filter(|chosen| !chosen.is_empty()) {
        let active = chosen.iter().any(|user| user.disabled_at.is_none());
        form.require(active, LastTeamAdmin, "adminIds", NO_ACTIVE_ADMIN);
    }
    take_binding(&txn, app, &mut form, &team, &input).await?;
    let (name, remark) = form.finish((name, remark))?;
    let watch = run.watch_in(&txn, app, Scope::team(id)).await?;
    let mut changes = Vec::new();
    if let Some(name) = name.filter(|name| name.as_str() != team.name) {
        changes.push(Change::new("name", Some(&team.name), Some(&name)));
        (team.name_folded, team.name) = (name.folded(), name.into_string());
    }
    if let Some(remark) = remark {
        let remark = Some(remark.into_string()).filter(|remark| !remark.is_empty());
        changes.extend(Change::between("remark", team.remark.as_ref(), remark.as_ref()));
        team.remark = remark;
    }
    if let Some(superapp_team_id) = input.superapp_team_id {
        let change = Change::between("superappTeamId", team.superapp_team_id, Some(superapp_team_id));
        changes.extend(change);
        team.superapp_team_id = Some(superapp_team_id);
    }
    let expires_at = wanted_expiry(&team, &input);
    if expires_at != team.expires_at {
        let text = |time: DateTime<Utc>| time.to_rfc3339();
        let change = Change::new("expiresAt", team.expires_at.map(text), expires_at.map(text));
        changes.push(change);
        team.expires_at = expires_at;
        if let Some(expires_at) = expires_at {
            expiry::begin_in(&txn, id, expires_at, app.now()).await?;
        }
    }
    write_in(&txn, &team).await?;
    if let Some(chosen) = chosen {
        changes.extend(replace_admins_in(&txn, app, &team, &chosen).await?);
    }
    app.record_in(
        &txn,
        viewer,
        Event::done(Action::TeamUpdate)
            .on_named(id, &team.name)
            .in_team(id)
            .changing(changes),
    )
    .await?;
    watch.end(app, txn, team).await
}

async fn take_binding(
    txn: &Transaction,
    app: &App,
    form: &mut Form,
    team: &team::Model,
    input: &UpdateTeam<'_>,
) -> Result<()> {
    if team.team_type == TeamType::Superapp {
        take_superapp(form, input.superapp_team_id, input.expires_at);
        return Ok(());
    }
    if let Some(id) = input
        .superapp_team_id
        .filter(|id| Some(*id) != team.superapp_team_id)
    {
        superapp_team_in(txn, form, app.now(), id).await?;
    }
    form.require(
        !(input.never_expires && input.expires_at.is_some()),
        Invalid,
        "neverExpires",
        "A team has an expiry, or it never expires.",
    );
    // One that is sent again, as forms do, may have passed.
    let future = wanted_expiry(team, input)
        .filter(|wanted| Some(*wanted) != team.expires_at)
        .is_none_or(|wanted| is_good_expiry(app.now(), wanted));
    form.require(future, Invalid, "expiresAt", EXPIRY_RULE);
    Ok(())
}

/// The expiry that the team is to have, as it would be stored.
fn wanted_expiry(team: &team::Model, input: &UpdateTeam<'_>) -> Option<DateTime<Utc>> {
    if input.never_expires {
        return None;
    }
    let wanted = input
        .expires_at
        .map(|expiry| chrono::SubsecRound::trunc_subsecs(expiry, 6));
    wanted.or(team.expires_at)
}

async fn write_in(txn: &Transaction, team: &team::Model) -> Result<()> {
    let update = team::Entity::update_many()
        .col_expr(team::Column::Name, Expr::value(team.name.clone()))
        .col_expr(team::Column::NameFolded, Expr::value(team.name_folded.clone()))
        .col_expr(team::Column::Remark, Expr::value(team.remark.clone()))
        .col_expr(team::Column::SuperappTeamId, Expr::value(team.superapp_team_id))
        .col_expr(team::Column::ExpiresAt, Expr::value(team.expires_at))
        .filter(team::Column::Id.eq(team.id))
        .into_query();
    // An expiry can be far ahead.
    match time::execute(txn, &update).await {
        Ok(_) => {}
        // Another team took the name between our look and our write. The name is all that is unique here.
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Err(Error::user(Taken, "name", NAME_TAKEN));
        }
        Err(error) => return Err(error.into()),
    }
    let found_by = team_search::Model::from(team);
    team_search::Entity::update_many()
        .col_expr(team_search::Column::Bigrams, Expr::value(found_by.bigrams))
        .filter(team_search::Column::TeamId.eq(team.id))
        .exec(txn)
        .await?;
    Ok(())
}

/// Makes these users, of whom one at least is active, the team's admins, and nobody else.
async fn replace_admins_in(
    txn: &Transaction,
    app: &App,
    team: &team::Model,
    chosen: &[user::Model],
) -> Result<Option<Change>> {
    let before = admins::of_team_in(txn, team.id).await?;
    let role = administrator_in(txn, team.team_type).await?;
    for user in chosen {
        match memberships::find::of_user_in(txn, user.id, team.id).await? {
            Some(membership) if membership.role_id == role.id => {}
            Some(membership) => {
                change_role_in(txn, app, team, &membership, &role, "adminIds", identity).await?;
                tell_of_role_in(txn, app, user, team, &role.name).await?;
            }
            None => match admit_in(txn, app, user, team, &role).await? {
                Ok(_) => tell_of_addition_in(txn, app, user, team, &role).await?,
                Err(flaw) => return Err(Error::user(flaw.code, "adminIds", flaw.message)),
            },
        }
    }
    let left_out: Vec<&membership::Model> = before
        .iter()
        .filter(|seat| !chosen.iter().any(|user| user.id == seat.user_id))
        .collect();
    for seat in &left_out {
        memberships::withdraw_in(txn, app, team, seat, "adminIds", identity).await?;
        tell_of_removal_in(txn, app, seat.user_id, team).await?;
    }
    let mut before: Vec<UserId> = before.iter().map(|seat| seat.user_id).collect();
    let mut after: Vec<UserId> = chosen.iter().map(|user| user.id).collect();
    // Sorted, as the order in which they were typed changes nothing.
    before.sort_unstable();
    after.sort_unstable();
    Ok(Change::between(
        "adminIds",
        Some(joined_ids(before)),
        Some(joined_ids(after)),
    ))
}
