//! What a team is found by: the bigrams of its name.

use migration::bigrams;
use sea_orm::entity::prelude::*;

use super::team;
use crate::base::id::TeamId;

/// The bigrams of a team.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team_search")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub team_id: TeamId,
    pub bigrams: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&team::Model> for Model {
    fn from(team: &team::Model) -> Self {
        Self {
            team_id: team.id,
            bigrams: bigrams::stored([team.name_folded.as_str()]),
        }
    }
}
