//! Explains whether somebody has a permission in a team, and why.

use super::{find, roles};
use crate::access::explain::{Case, Explanation, explain};
use crate::access::{Action, Permission, Subject, Viewer, role as table};
use crate::app::App;
use crate::base::Result;
use crate::base::id::{TeamId, UserId};
use crate::entity::{membership, role, team, user};
use crate::{memberships, users};

/// An explanation with the rows that it is about.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The explanation.
    pub explanation: Explanation,
    /// The permission.
    pub permission: Permission,
    /// The user.
    pub user: user::Model,
    /// The team.
    pub team: team::Model,
    /// The user's membership in the team, with its role.
    pub seat: Option<(membership::Model, role::Model)>,
    /// The roles of the team that grant the permission.
    pub roles_that_grant: Vec<role::Model>,
}

/// Explains it to platform staff and to the team's admins; nothing when user or team is out of their sight.
pub async fn explain_access(
    app: &App,
    viewer: &Viewer,
    user_id: UserId,
    permission: Permission,
    team_id: TeamId,
) -> Result<Option<Explained>> {
    let grant = viewer.grant(Action::AccessExplain)?;
    let reader = app.database.reader();
    let Some(team) = find::by_ids(reader, viewer, &[team_id]).await?.remove(&team_id) else {
        return Ok(None);
    };
    // In sight, but perhaps another's: a bound team's admins and roles are not told beyond what the team shows.
    viewer.check(Action::AccessExplain, Subject::Team(team_id))?;
    let Some(user) = users::find::by_ids(reader, viewer, &[user_id])
        .await?
        .remove(&user_id)
    else {
        return Ok(None);
    };
    let all = roles::all(reader, &team).await?;
    let seat = memberships::find::of_user_in(reader, user_id, team_id)
        .await?
        .and_then(|seat| {
            let role = all.iter().find(|role| role.id == seat.role_id)?;
            Some((seat, role.clone()))
        });
    let explanation = explain(Case {
        user: &user,
        team: &team,
        held: seat.as_ref().map(|(_, role)| role),
        permission,
        // A user's status is for staff. A team's admins learn of it what they have to know: that a member of theirs
        // is out.
        tells_status: grant.user.is_staff() || seat.is_some(),
        now: app.now(),
    });
    let grants = |role: &role::Model| table::permissions(role).contains(permission);
    let roles_that_grant = all.into_iter().filter(grants).collect();
    Ok(Some(Explained {
        explanation,
        permission,
        user,
        team,
        seat,
        roles_that_grant,
    }))
}
