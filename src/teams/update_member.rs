//! Gives a member another role.

use super::letters::tell_of_role_in;
use super::manage::{Untouchable, managed_membership_in, untouchable};
use super::roles;
use crate::access::role::is_administrator;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::OwnRole;
use crate::base::id::{MembershipId, RoleId};
use crate::base::{Error, Result};
use crate::entity::membership;
use crate::impact::{Outcome, Run, Scope};
use crate::memberships::change_role_in;

/// Gives the member the role. Nobody changes their own; only an admin makes or unmakes an admin.
pub async fn update_member(
    app: &App,
    viewer: &Viewer,
    id: MembershipId,
    role_id: RoleId,
    run: Run,
) -> Result<Outcome<membership::Model>> {
    let grant = viewer.grant(Action::TeamMemberUpdate)?;
    let txn = app.begin().await?;
    let (managed, membership, user) = managed_membership_in(&txn, app, viewer, &grant, id).await?;
    let role = roles::of_team_in(&txn, &managed.team, role_id)
        .await?
        .ok_or(Error::NotFound)?;
    let mut watch = run.watch_in(&txn, app, Scope::team(managed.team.id)).await?;
    let is_own = match untouchable(grant.user.user_id, managed.by_admin, &membership) {
        Some(Untouchable::Oneself) => {
            let rule = "Nobody changes their own role.";
            watch.note::<()>(Err(Error::user(OwnRole, "membershipId", rule)))?;
            true
        }
        Some(Untouchable::Administrator) => return Err(grant.refusal()),
        None => false,
    };
    // Only an admin makes an admin. Of one's own role nothing more has to be said.
    if is_administrator(role.id) && !managed.by_admin && !is_own {
        return Err(grant.refusal());
    }
    let event = Event::done(Action::TeamMemberUpdate)
        .on(&user)
        .in_team(managed.team.id);
    if membership.role_id == role.id {
        // Nothing changes, and the log tells that it was asked for.
        app.record_in(&txn, viewer, event).await?;
        return watch.end(app, txn, membership).await;
    }
    let before = roles::of_team_in(&txn, &managed.team, membership.role_id).await?;
    let (team, field) = (&managed.team, "membershipId");
    // Who foresees a change of their own role hears of that rule alone, as they would for real.
    let ruled = |ruled| {
        if is_own {
            Ok(())
        } else {
            watch.note(ruled).map(|_| ())
        }
    };
    let changed = change_role_in(&txn, app, team, &membership, &role, field, ruled).await?;
    tell_of_role_in(&txn, app, &user, &managed.team, &role.name).await?;
    let change = Change::new("role", before.map(|role| role.name), Some(&role.name));
    app.record_in(&txn, viewer, event.changing([change])).await?;
    watch.end(app, txn, changed).await
}
