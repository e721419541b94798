//! Makes the row of a team: the one way, for staff and for registration links.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::chosen_admins::joined_ids;
use crate::access::Action;
use crate::app::App;
use crate::audit::{Change, Event};
use crate::base::error::UserErrorCode::Taken;
use crate::base::id::{Id, TeamId, UserId};
use crate::base::text::{Remark, TeamName};
use crate::base::{Error, Result};
use crate::entity::insert::insert_unless_taken;
use crate::entity::team::{self, TeamType};
use crate::entity::team_search;
use crate::secret::link;

pub(super) const NAME_TAKEN: &str = "Another team has this name.";

/// A team to be made.
#[derive(Debug)]
pub(super) struct NewTeam {
    pub(super) name: TeamName,
    pub(super) team_type: TeamType,
    pub(super) remark: Option<Remark>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) superapp_team_id: Option<TeamId>,
    pub(super) created_by: UserId,
    /// Whether its maker came by a registration link.
    pub(super) by_link: bool,
}

/// Makes the team; a superapp team with its registration link.
pub(super) async fn insert_in(txn: &impl ConnectionTrait, app: &App, new: NewTeam) -> Result<team::Model> {
    let now = app.now();
    let id = TeamId::new(now);
    let link = (new.team_type == TeamType::Superapp).then(|| link::make(&app.keys, id));
    let (link_hash, link_sealed) = link.unzip();
    let row = team::Model {
        id,
        name_folded: new.name.folded(),
        name: new.name.into_string(),
        team_type: new.team_type,
        scope: id.uuid().to_string(),
        remark: new
            .remark
            .map(Remark::into_string)
            .filter(|remark| !remark.is_empty()),
        expires_at: new
            .expires_at
            .map(|expiry| chrono::SubsecRound::trunc_subsecs(expiry, 6)),
        disabled_at: None,
        superapp_team_id: new.superapp_team_id,
        created_by: Some(new.created_by),
        created_at: now,
        link_hash,
        link_sealed,
        registered_by: new.by_link.then_some(new.created_by),
    };
    let (active, ours) = (row.clone().into_active_model(), team::Column::Id.eq(id));
    if insert_unless_taken(txn, active, [team::Column::NameFolded], ours).await? {
        let found_by = team_search::Model::from(&row).into_active_model();
        team_search::Entity::insert(found_by)
            .exec_without_returning(txn)
            .await?;
        Ok(row)
    } else {
        Err(Error::user(Taken, "name", NAME_TAKEN))
    }
}

/// The event of a team that was made, with these admins.
pub(super) fn made(action: Action, team: &team::Model, admins: impl IntoIterator<Item = UserId>) -> Event {
    let fields = [
        Change::set("name", Some(&team.name)),
        Change::set("type", Some(team.team_type.to_value())),
        Change::set("superappTeamId", team.superapp_team_id),
        Change::set("expiresAt", team.expires_at.map(|time| time.to_rfc3339())),
        Change::set("remark", team.remark.as_ref()),
        Change::set("adminIds", Some(joined_ids(admins))),
    ];
    Event::done(action)
        .on_named(team.id, &team.name)
        .in_team(team.id)
        .changing(fields.into_iter().flatten())
}

/// Whether no other team has this name.
pub(super) async fn name_is_free_in(
    txn: &impl ConnectionTrait,
    name: &TeamName,
    except: Option<TeamId>,
) -> Result<bool> {
    let holder = team::Entity::find()
        .filter(team::Column::NameFolded.eq(name.folded()))
        .one(txn)
        .await?;
    Ok(holder.is_none_or(|holder| Some(holder.id) == except))
}
