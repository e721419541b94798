//! Takes a member out of a team.

use super::letters::tell_of_removal_in;
use super::manage::managed_membership_in;
use crate::access::role::is_administrator;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::Result;
use crate::base::id::MembershipId;
use crate::impact::{Outcome, Run, Scope};
use crate::memberships::withdraw_in;

/// Removes the member. A member manager cannot touch an administrator; the last active admin stays.
pub async fn remove_member(
    app: &App,
    viewer: &Viewer,
    id: MembershipId,
    run: Run,
) -> Result<Outcome<MembershipId>> {
    let grant = viewer.grant(Action::TeamMemberRemove)?;
    let txn = app.begin().await?;
    let (managed, membership, user) = managed_membership_in(&txn, app, viewer, &grant, id).await?;
    if !managed.by_admin && is_administrator(membership.role_id) {
        return Err(grant.refusal());
    }
    let mut watch = run.watch_in(&txn, app, Scope::team(managed.team.id)).await?;
    let ruled = |ruled| watch.note(ruled).map(|_| ());
    withdraw_in(&txn, app, &managed.team, &membership, "membershipId", ruled).await?;
    tell_of_removal_in(&txn, app, user.id, &managed.team).await?;
    let event = Event::done(Action::TeamMemberRemove)
        .on(&user)
        .in_team(managed.team.id);
    app.record_in(&txn, viewer, event).await?;
    watch.end(app, txn, membership.id).await
}
