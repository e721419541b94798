//! Makes users of the platform members of a team.

use super::chosen_admins::no_such_user;
use super::letters::tell_of_addition_in;
use super::manage::{Managed, managed_in};
use super::roles;
use crate::access::role::is_administrator;
use crate::access::{Action, Permission, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::Error;
use crate::base::Result;
use crate::base::error::UserErrorCode::{AlreadyMember, LimitReached, NotFound, Required};
use crate::base::form::{Flaw, Form};
use crate::base::id::{Id, RoleId, TeamId, UserId};
use crate::entity::membership;
use crate::limits;
use crate::memberships::{admit_in, lock, obstacle_in};

/// A member to be added, by printed ids.
#[derive(Debug)]
pub struct NewMember {
    /// The user.
    pub user_id: String,
    /// The role.
    pub role_id: String,
}

/// Adds the members, all or none.
pub async fn add_members(
    app: &App,
    viewer: &Viewer,
    team_id: TeamId,
    members: &[NewMember],
) -> Result<Vec<membership::Model>> {
    let grant = viewer.grant(Action::TeamMembersAdd)?;
    let mut form = Form::default();
    form.require(
        !members.is_empty(),
        Required,
        "members",
        "Name at least one member.",
    );
    if members.len() > limits::MEMBERS_PER_ADDITION {
        let rule = format!("At most {} at a time.", limits::MEMBERS_PER_ADDITION);
        return Err(Error::user(LimitReached, "members", rule));
    }
    let wanted: Vec<(Option<UserId>, Option<RoleId>)> = members
        .iter()
        .map(|member| {
            (
                UserId::parse(&member.user_id).ok(),
                RoleId::parse(&member.role_id).ok(),
            )
        })
        .collect();

    let txn = app.begin().await?;
    let users = lock::users_in(
        &txn,
        &wanted.iter().filter_map(|(user, _)| *user).collect::<Vec<_>>(),
    )
    .await?;
    let Managed { team, by_admin, .. } = managed_in(
        &txn,
        app,
        viewer,
        &grant,
        team_id,
        Permission::TeamMemberManagement,
    )
    .await?;
    let mut added: Vec<(membership::Model, _, _)> = Vec::with_capacity(wanted.len());
    for (place, (user_id, role_id)) in wanted.iter().enumerate() {
        let user = users
            .iter()
            .find(|user| Some(user.id) == *user_id && user.disabled_at.is_none());
        let role = match role_id {
            Some(id) => roles::of_team_in(&txn, &team, *id).await?,
            None => None,
        };
        if user.is_none() {
            form.refuse(&format!("members.{place}.userId"), no_such_user());
        }
        let Some(role) = role else {
            form.refuse(
                &format!("members.{place}.roleId"),
                Flaw::new(NotFound, "The team has no such role."),
            );
            // What is wrong with the user is told all the same.
            if let Some(user) = user
                && let Some(flaw) = obstacle_in(&txn, user, &team).await?
            {
                form.refuse(&format!("members.{place}.userId"), flaw);
            }
            continue;
        };
        // Only an admin makes an admin.
        if is_administrator(role.id) && !by_admin {
            return Err(grant.refusal());
        }
        let Some(user) = user else { continue };
        if added.iter().any(|(seat, ..)| seat.user_id == user.id) {
            let flaw = Flaw::new(AlreadyMember, "This user is in the list twice.");
            form.refuse(&format!("members.{place}.userId"), flaw);
            continue;
        }
        match admit_in(&txn, app, user, &team, &role).await? {
            Ok(membership) => {
                tell_of_addition_in(&txn, app, user, &team, &role).await?;
                added.push((membership, user, role));
            }
            Err(flaw) => form.refuse(&format!("members.{place}.userId"), flaw),
        }
    }
    form.close()?;
    let changes = added.iter().map(|(_, user, role)| {
        Change::new(
            "member",
            None::<&str>,
            Some(format!("{} as {}", user.id, role.name)),
        )
    });
    let event = Event::done(Action::TeamMembersAdd)
        .in_team(team.id)
        .changing(changes);
    // One event for the mutation: about the user where it is one, else about the team.
    let event = match added.as_slice() {
        [(_, user, _)] => event.on(*user),
        _ => event.on_named(team.id, &team.name),
    };
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(added.into_iter().map(|(membership, ..)| membership).collect())
}
