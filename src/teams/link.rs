//! The registration link of a superapp team: by it a member makes a mini program team of their own, bound to it.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::access::viewer::team_is_active;
use crate::app::App;
use crate::base::Result;
use crate::entity::team;
use crate::secret::link;

/// The team's link, as people pass it on; none when it was revoked, or never made. The token stands behind the `#`, and
/// so no browser sends it to a server: not with the page's address, and not as where a reader came from.
#[must_use]
pub fn text(app: &App, team: &team::Model) -> Option<String> {
    let token = link::open(&app.keys, team.id, team.link_sealed.as_deref()?)?;
    Some(format!("{}/register-team#{token}", app.public_url))
}

/// The superapp team to which this token leads, while its link works: not after it was replaced or revoked, and not
/// while the team is not active.
pub async fn target(
    connection: &impl ConnectionTrait,
    app: &App,
    token: &str,
) -> Result<Option<team::Model>> {
    let hashes = link::hashes(&app.keys, token);
    if hashes.is_empty() {
        return Ok(None);
    }
    let found = team::Entity::find()
        .filter(team::Column::LinkHash.is_in(hashes))
        .one(connection)
        .await?;
    Ok(found.filter(|team| team_is_active(team.disabled_at, team.expires_at, app.now())))
}
