//! Makes a user and puts them straight into a team.

use super::manage::managed_in;
use super::roles;
use crate::access::role::is_administrator;
use crate::access::{Action, Permission, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::form::Form;
use crate::base::id::{RoleId, TeamId};
use crate::base::{Error, Result};
use crate::entity::membership;
use crate::entity::user::AccountType;
use crate::memberships::admit_in;
use crate::users;
use crate::users::create::{Prepared, UserForm, prepare};
use crate::users::insert_in::{announce_in, taken};

/// Makes the user a member of the team with this role; answers the membership with the password that the platform
/// made, if it did. Only an admin makes an admin.
pub async fn create_member(
    app: &App,
    viewer: &Viewer,
    team_id: TeamId,
    role_id: RoleId,
    input: UserForm<'_>,
) -> Result<(membership::Model, Option<String>)> {
    let grant = viewer.grant(Action::TeamMemberCreate)?;
    let mut form = Form::default();
    let prepared = prepare(app, &mut form, "", input, AccountType::Member).await?;

    let txn = app.begin().await?;
    // The user before the team, as everywhere: who registers into the team at the same time with the same account has
    // taken the account before waiting for the team.
    let mut made = None;
    if let Some(Prepared {
        new,
        generated_password,
    }) = prepared
    {
        match users::insert_in(&txn, app, new).await? {
            Ok(user) => made = Some((user, generated_password)),
            Err(field) => form.refuse(field, taken()),
        }
    }
    let permission = Permission::TeamMemberManagement;
    let managed = managed_in(&txn, app, viewer, &grant, team_id, permission).await?;
    let role = roles::of_team_in(&txn, &managed.team, role_id)
        .await?
        .ok_or(Error::NotFound)?;
    if is_administrator(role.id) && !managed.by_admin {
        return Err(grant.refusal());
    }
    form.close()?;
    let (user, generated_password) =
        made.ok_or_else(|| Error::internal("a form without errors and without values"))?;
    let membership = match admit_in(&txn, app, &user, &managed.team, &role).await? {
        Ok(membership) => membership,
        Err(flaw) => return Err(Error::user(flaw.code, "teamId", flaw.message)),
    };
    announce_in(&txn, app, &user).await?;
    let event = Event::done(Action::TeamMemberCreate)
        .on(&user)
        .in_team(managed.team.id)
        .changing(Change::set("role", Some(&role.name)))
        .changing_personal(Change::set("proposedEmail", user.proposed_email.as_ref()));
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok((membership, generated_password))
}
