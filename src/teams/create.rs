//! Makes a team with its admins, by platform staff.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;

use super::chosen_admins::{administrator_in, chosen_admins_in, take_admin_ids};
use super::expiry;
use super::insert_in::{NAME_TAKEN, NewTeam, insert_in, made, name_is_free_in};
use super::letters::tell_of_addition_in;
use crate::access::viewer::team_is_active;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::base::error::UserErrorCode::{Invalid, LastTeamAdmin, Required, Taken, TeamNotActive};
use crate::base::form::Form;
use crate::base::id::TeamId;
use crate::base::text::{Remark, TeamName};
use crate::base::{Error, Result};
use crate::entity::team;
use crate::entity::team::TeamType;
use crate::entity::user::AccountType;
use crate::memberships::{admit_in, lock};
use crate::users;
use crate::users::create::{Prepared, UserForm, prepare};
use crate::users::insert_in::{announce_in, taken};

/// A team to be made.
#[derive(Debug)]
pub struct CreateTeam<'a> {
    /// The name.
    pub name: &'a str,
    /// The type.
    pub team_type: TeamType,
    /// Users who become its admins, by their printed ids.
    pub admin_ids: &'a [String],
    /// A user who is made with it, and becomes an admin.
    pub new_admin: Option<UserForm<'a>>,
    /// The superapp team that a mini program team is bound to.
    pub superapp_team_id: Option<TeamId>,
    /// When a mini program team expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// A remark.
    pub remark: Option<&'a str>,
}

/// Makes the team; answers it with the password of the new admin that the platform made, if it did.
pub async fn create(
    app: &App,
    viewer: &Viewer,
    input: CreateTeam<'_>,
) -> Result<(team::Model, Option<String>)> {
    let grant = viewer.grant(Action::TeamCreate)?;
    let mut form = Form::default();
    let name = form.take("name", TeamName::parse(input.name));
    let remark = form.take_optional("remark", input.remark, Remark::parse);
    let admin_ids = take_admin_ids(&mut form, input.admin_ids);
    form.require(
        !input.admin_ids.is_empty() || input.new_admin.is_some(),
        Required,
        "adminIds",
        "A team needs an admin: choose users, or make one.",
    );
    take_type(&mut form, app.now(), &input);
    let new_admin = match input.new_admin {
        Some(new_admin) => prepare(app, &mut form, "newAdmin.", new_admin, AccountType::Member).await?,
        None => None,
    };

    let txn = app.begin().await?;
    // Users before teams: the maker, whom the team's row will name, with the admins.
    let (maker, mut admins) = chosen_admins_in(&txn, &mut form, &admin_ids, Some(grant.user.user_id)).await?;
    maker
        // Who was disabled, deleted or demoted since the request began makes no team any more.
        .filter(|maker| maker.disabled_at.is_none() && maker.account_type.is_staff())
        .ok_or(Error::Unauthenticated)?;
    let mut newcomer = None;
    let generated_password = match new_admin {
        None => None,
        Some(Prepared {
            new,
            generated_password,
        }) => {
            match users::insert_in(&txn, app, new).await? {
                Ok(user) => {
                    newcomer = Some(user.id);
                    admins.push(user);
                }
                Err(field) => form.refuse(&format!("newAdmin.{field}"), taken()),
            }
            generated_password
        }
    };
    let active = admins.iter().any(|admin| admin.disabled_at.is_none());
    form.require(
        active || admins.is_empty() || input.new_admin.is_some(),
        LastTeamAdmin,
        "adminIds",
        NO_ACTIVE_ADMIN,
    );
    if let (TeamType::MiniProgram, Some(id)) = (input.team_type, input.superapp_team_id) {
        superapp_team_in(&txn, &mut form, app.now(), id).await?;
    }
    if let Some(name) = &name {
        let free = name_is_free_in(&txn, name, None).await?;
        form.require(free, Taken, "name", NAME_TAKEN);
    }
    let (name, remark) = form.finish((name, remark))?;
    let new = NewTeam {
        name,
        team_type: input.team_type,
        remark,
        expires_at: input.expires_at,
        superapp_team_id: input.superapp_team_id,
        created_by: grant.user.user_id,
        by_link: false,
    };
    let team = insert_in(&txn, app, new).await?;
    if let Some(expires_at) = team.expires_at {
        expiry::begin_in(&txn, team.id, expires_at, app.now()).await?;
    }
    let role = administrator_in(&txn, team.team_type).await?;
    for (place, admin) in admins.iter().enumerate() {
        if let Err(flaw) = admit_in(&txn, app, admin, &team, &role).await? {
            let field = input
                .admin_ids
                .get(place)
                .map_or("newAdmin".to_owned(), |_| format!("adminIds.{place}"));
            return Err(Error::user(flaw.code, &field, flaw.message));
        }
        if newcomer == Some(admin.id) {
            announce_in(&txn, app, admin).await?;
        } else {
            tell_of_addition_in(&txn, app, admin, &team, &role).await?;
        }
    }
    let event = made(Action::TeamCreate, &team, admins.iter().map(|user| user.id));
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok((team, generated_password))
}

/// What a superapp team cannot have.
pub(super) fn take_superapp(form: &mut Form, bound_to: Option<TeamId>, expires_at: Option<DateTime<Utc>>) {
    let free = bound_to.is_none();
    form.require(
        free,
        Invalid,
        "superappTeamId",
        "A superapp team is bound to no other.",
    );
    form.require(
        expires_at.is_none(),
        Invalid,
        "expiresAt",
        "A superapp team does not expire.",
    );
}

/// What each type of team needs and cannot have.
fn take_type(form: &mut Form, now: DateTime<Utc>, input: &CreateTeam<'_>) {
    match input.team_type {
        TeamType::Superapp => {
            take_superapp(form, input.superapp_team_id, input.expires_at);
        }
        TeamType::MiniProgram => {
            let bound = input.superapp_team_id.is_some();
            form.require(
                bound,
                Required,
                "superappTeamId",
                "A mini program team is bound to a superapp team.",
            );
            let future = input.expires_at.is_none_or(|expiry| is_good_expiry(now, expiry));
            form.require(future, Invalid, "expiresAt", EXPIRY_RULE);
        }
    }
}

/// Whether a team can expire then.
pub(super) fn is_good_expiry(now: DateTime<Utc>, expiry: DateTime<Utc>) -> bool {
    now < expiry && expiry < now + TimeDelta::days(36_500)
}

pub(super) const EXPIRY_RULE: &str = "The expiry has to lie in the future, within a hundred years.";

/// Locks the superapp team that a mini program team is to be bound to.
pub(super) async fn superapp_team_in(
    txn: &impl ConnectionTrait,
    form: &mut Form,
    now: DateTime<Utc>,
    id: TeamId,
) -> Result<()> {
    const FIELD: &str = "superappTeamId";
    let team = lock::teams_in(txn, &[id]).await?.pop().ok_or(Error::NotFound)?;
    form.require(
        team.team_type == TeamType::Superapp,
        Invalid,
        FIELD,
        "This is no superapp team.",
    );
    let active = team_is_active(team.disabled_at, team.expires_at, now);
    form.require(active, TeamNotActive, FIELD, "The superapp team is not active.");
    Ok(())
}

pub(super) const NO_ACTIVE_ADMIN: &str = "At least one admin has to be active.";
