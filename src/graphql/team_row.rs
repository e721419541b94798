//! What a team is made of, before its fields are asked for.

use async_graphql::{Context, Enum, Result};

use super::audience::audience;
use crate::base::Error;
use crate::entity::{team, user};
use crate::teams::find::{Sight, Status, sight};
use crate::teams::list::Listed;

/// Whether a team gives permissions and takes writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum TeamStatus {
    /// It does.
    Active,
    /// It was disabled by platform staff.
    Disabled,
    /// Its time is over.
    Expired,
}

/// An organization inside the enterprise.
pub struct Team {
    pub(super) row: team::Model,
    pub(super) admins: Option<Vec<user::Model>>,
    pub(super) member_count: Option<u64>,
    /// The superapp team, when it was read; the inner one is missing for a superapp team itself.
    #[allow(clippy::option_option)]
    pub(super) bound_to: Option<Option<team::Model>>,
}

impl From<team::Model> for Team {
    fn from(row: team::Model) -> Self {
        Self {
            row,
            admins: None,
            member_count: None,
            bound_to: None,
        }
    }
}

impl From<Listed> for Team {
    fn from(listed: Listed) -> Self {
        let Listed {
            team,
            admins,
            member_count,
            superapp_team,
        } = listed;
        Self {
            row: team,
            admins,
            member_count,
            bound_to: superapp_team,
        }
    }
}

impl Team {
    /// Whether the viewer sees this much of the team.
    pub(super) fn shows(&self, ctx: &Context<'_>, least: Sight) -> bool {
        sight(&audience(ctx), &self.row) >= least
    }

    /// The refusal of a field that cannot be null: it costs the team, and so is honest.
    pub(super) fn require(&self, ctx: &Context<'_>, least: Sight) -> Result<()> {
        if self.shows(ctx, least) {
            Ok(())
        } else {
            Err(Error::Forbidden {
                requires: vec!["TEAM_MEMBER"],
            }
            .into())
        }
    }
}
