//! Makes a team with its admins, by platform staff.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use crate::access::viewer::team_is_active;
use crate::access::{Action, Viewer, role};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::{
    Invalid, LastTeamAdmin, LimitReached, NotFound, Required, Taken, TeamNotActive,
};
use crate::base::form::{Flaw, Form};
use crate::base::id::{Id, TeamId, UserId};
use crate::base::text::{Email, Remark, TeamName};
use crate::base::{Error, Result};
use crate::entity::database::Transaction;
use crate::entity::team::TeamType;
use crate::entity::user::AccountType;
use crate::entity::{role as role_table, team, user};
use crate::limits;
use crate::mail::letter;
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
    let (name, remark) = form.finish((name, remark))?;

    let txn = app.begin().await?;
    let mut form = Form::default();
    let mut admins = chosen_admins_in(&txn, &mut form, &admin_ids).await?;
    let generated_password = match new_admin {
        None => None,
        Some(Prepared {
            new,
            generated_password,
        }) => {
            match users::insert_in(&txn, app, new).await? {
                Ok(user) => admins.push(user),
                Err(field) => form.refuse(&format!("newAdmin.{field}"), taken()),
            }
            generated_password
        }
    };
    form.require(
        admins.is_empty() || admins.iter().any(|admin| admin.disabled_at.is_none()),
        LastTeamAdmin,
        "adminIds",
        "At least one admin has to be active.",
    );
    if let Some(id) = input.superapp_team_id {
        superapp_team_in(&txn, &mut form, app.now(), id).await?;
    }
    form.close()?;
    let team = insert_in(&txn, app, grant.user.user_id, &input, name, remark).await?;
    let role = administrator_in(&txn, team.team_type).await?;
    for (place, admin) in admins.iter().enumerate() {
        if let Err(flaw) = admit_in(&txn, app, admin, &team, &role).await? {
            let field = input
                .admin_ids
                .get(place)
                .map_or("newAdmin".to_owned(), |_| format!("adminIds.{place}"));
            return Err(Error::user(flaw.code, &field, flaw.message));
        }
        announce_in(&txn, app, admin).await?;
        tell_of_addition_in(&txn, app, admin, &team, &role).await?;
    }
    let event = Event::done(Action::TeamCreate)
        .on_id(team.id)
        .in_team(team.id)
        .changing([
            Change::new("name", None::<&str>, Some(&team.name)),
            Change::new(
                "type",
                None::<&str>,
                Some(if team.team_type == TeamType::Superapp {
                    "SUPERAPP"
                } else {
                    "MINI_PROGRAM"
                }),
            ),
            Change::new("adminIds", None::<&str>, Some(joined_ids(&admins))),
        ]);
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok((team, generated_password))
}

/// Ids of users, as an event tells them.
pub(super) fn joined_ids(users: &[user::Model]) -> String {
    users
        .iter()
        .map(|user| user.id.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Reads the ids of the admins; an id that names nothing is an error with its place.
pub(super) fn take_admin_ids(form: &mut Form, ids: &[String]) -> Vec<(usize, UserId)> {
    if ids.len() > limits::MEMBERS_PER_ADDITION {
        let rule = format!("At most {} at a time.", limits::MEMBERS_PER_ADDITION);
        form.refuse("adminIds", Flaw::new(LimitReached, rule));
        return Vec::new();
    }
    let mut parsed: Vec<(usize, UserId)> = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        match UserId::parse(id) {
            Ok(id) if parsed.iter().any(|(_, other)| *other == id) => {}
            Ok(id) => parsed.push((place, id)),
            Err(_) => form.refuse(&format!("adminIds.{place}"), no_such_user()),
        }
    }
    parsed
}

pub(super) fn no_such_user() -> Flaw {
    Flaw::new(NotFound, "There is no such user.")
}

/// Locks the users who become admins; one that does not exist or is staff is an error with its place.
pub(super) async fn chosen_admins_in(
    txn: &impl ConnectionTrait,
    form: &mut Form,
    ids: &[(usize, UserId)],
) -> Result<Vec<user::Model>> {
    let found = lock::users_in(txn, &ids.iter().map(|(_, id)| *id).collect::<Vec<_>>()).await?;
    let mut admins = Vec::with_capacity(ids.len());
    for (place, id) in ids {
        let field = format!("adminIds.{place}");
        match found.iter().find(|user| user.id == *id) {
            None => form.refuse(&field, no_such_user()),
            Some(user) if user.account_type.is_staff() => form.refuse(
                &field,
                Flaw::new(
                    crate::base::error::UserErrorCode::StaffCannotJoin,
                    "Platform staff cannot be members of a team.",
                ),
            ),
            Some(user) => admins.push(user.clone()),
        }
    }
    Ok(admins)
}

/// What each type of team needs and cannot have.
fn take_type(form: &mut Form, now: DateTime<Utc>, input: &CreateTeam<'_>) {
    match input.team_type {
        TeamType::Superapp => {
            let bound = input.superapp_team_id.is_none();
            form.require(
                bound,
                Invalid,
                "superappTeamId",
                "A superapp team is bound to no other.",
            );
            form.require(
                input.expires_at.is_none(),
                Invalid,
                "expiresAt",
                "A superapp team does not expire.",
            );
        }
        TeamType::MiniProgram => {
            let bound = input.superapp_team_id.is_some();
            form.require(
                bound,
                Required,
                "superappTeamId",
                "A mini program team is bound to a superapp team.",
            );
            let future = input.expires_at.is_none_or(|expiry| now < expiry);
            form.require(
                future,
                Invalid,
                "expiresAt",
                "The expiry has to lie in the future.",
            );
        }
    }
}

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

async fn insert_in(
    txn: &impl ConnectionTrait,
    app: &App,
    creator: UserId,
    input: &CreateTeam<'_>,
    name: TeamName,
    remark: Option<Remark>,
) -> Result<team::Model> {
    let now = app.now();
    let id = TeamId::new(now);
    let row = team::Model {
        id,
        name_folded: name.folded(),
        name: name.into_string(),
        team_type: input.team_type,
        scope: id.uuid().to_string(),
        remark: remark
            .map(Remark::into_string)
            .filter(|remark| !remark.is_empty()),
        expires_at: input
            .expires_at
            .map(|expiry| chrono::SubsecRound::trunc_subsecs(expiry, 6)),
        disabled_at: None,
        superapp_team_id: input.superapp_team_id,
        created_by: Some(creator),
        created_at: now,
    };
    let active = team::ActiveModel {
        id: Set(row.id),
        name: Set(row.name.clone()),
        name_folded: Set(row.name_folded.clone()),
        team_type: Set(row.team_type),
        scope: Set(row.scope.clone()),
        remark: Set(row.remark.clone()),
        expires_at: Set(row.expires_at),
        disabled_at: Set(row.disabled_at),
        superapp_team_id: Set(row.superapp_team_id),
        created_by: Set(row.created_by),
        created_at: Set(row.created_at),
    };
    let inserted = team::Entity::insert(active)
        .on_conflict_do_nothing()
        .exec_without_returning(txn)
        .await?;
    match inserted {
        sea_orm::TryInsertResult::Inserted(1..) => Ok(row),
        _ => Err(Error::user(Taken, "name", NAME_TAKEN)),
    }
}

pub(super) const NAME_TAKEN: &str = "Another team has this name.";

/// The role that makes an admin.
pub(super) async fn administrator_in(
    txn: &impl ConnectionTrait,
    team_type: TeamType,
) -> Result<role_table::Model> {
    let role = role_table::Entity::find_by_id(role::administrator(team_type).id)
        .one(txn)
        .await?;
    role.ok_or_else(|| Error::internal("the preset roles are not in the database"))
}

/// Writes to somebody who became a member.
pub(super) async fn tell_of_addition_in(
    txn: &Transaction,
    app: &App,
    user: &user::Model,
    team: &team::Model,
    role: &role_table::Model,
) -> Result<()> {
    let Some(email) = user.email.clone().map(Email::trusted) else {
        return Ok(());
    };
    app.send_in(txn, &letter::added_to_team(&email, &team.name, &role.name))
        .await
}

/// Whether another team has this name.
pub(super) async fn name_is_free_in(
    txn: &impl ConnectionTrait,
    name: &TeamName,
    except: TeamId,
) -> Result<bool> {
    let other = team::Entity::find()
        .filter(team::Column::NameFolded.eq(name.folded()))
        .filter(team::Column::Id.ne(except))
        .one(txn)
        .await?;
    Ok(other.is_none())
}
