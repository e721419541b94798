//! Replaces or revokes a superapp team's registration link.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::manage::{in_sight_in, managed_in};
use crate::access::{Action, Permission, Viewer};
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::Invalid;
use crate::base::id::TeamId;
use crate::base::{Error, Result};
use crate::entity::team::{self, TeamType};
use crate::secret::link;

/// Gives the team a new link, or none. The one before does not work from then on; what was registered by it stays.
/// For staff, and for the team's admins while it is active.
pub async fn reset_link(app: &App, viewer: &Viewer, id: TeamId, revoke: bool) -> Result<team::Model> {
    let grant = viewer.grant(Action::TeamLinkReset)?;
    let txn = app.begin().await?;
    let team = if grant.user.is_staff() {
        in_sight_in(&txn, viewer, id).await?
    } else {
        let permission = Permission::TeamMemberManagement;
        let managed = managed_in(&txn, app, viewer, &grant, id, permission).await?;
        if !managed.by_admin {
            return Err(grant.refusal());
        }
        managed.team
    };
    if team.team_type != TeamType::Superapp {
        return Err(Error::user(
            Invalid,
            "teamId",
            "Only a superapp team has a registration link.",
        ));
    }
    // What the link is, is nobody's business who reads the log.
    let (before, after) = match (team.link_hash.is_some(), revoke) {
        (false, true) => (None, None),
        (false, false) => (None, Some("NEW")),
        (true, true) => (Some("ACTIVE"), None),
        (true, false) => (Some("ACTIVE"), Some("NEW")),
    };
    let event = Event::done(Action::TeamLinkReset)
        .on_named(id, &team.name)
        .in_team(id)
        .changing((before != after).then(|| Change::new("registrationLink", before, after)));
    let (link_hash, link_sealed) = (!revoke).then(|| link::make(&app.keys, id)).unzip();
    team::Entity::update_many()
        .col_expr(team::Column::LinkHash, Expr::value(link_hash.clone()))
        .col_expr(team::Column::LinkSealed, Expr::value(link_sealed.clone()))
        .filter(team::Column::Id.eq(id))
        .exec(&txn)
        .await?;
    app.record_in(&txn, viewer, event).await?;
    app.commit(txn).await?;
    Ok(team::Model {
        link_hash,
        link_sealed,
        ..team
    })
}
