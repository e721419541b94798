//! In which order teams are listed.

use sea_orm::IdenStatic;
use sea_orm::sea_query::Expr;

use crate::base::page::{Cursor, SortKey};
use crate::entity::keyset::{Keyset, time_key};
use crate::entity::team;

/// By what teams are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderField {
    /// By the time they were made.
    #[default]
    CreatedAt,
    /// By name.
    Name,
}

impl OrderField {
    /// Where a team stands in this order.
    #[must_use]
    pub fn cursor(self, team: &team::Model) -> Cursor {
        let key = match self {
            Self::CreatedAt => time_key(team.created_at),
            Self::Name => SortKey::Text(team.name_folded.clone()),
        };
        Cursor(key, team.id.0)
    }

    /// The column that sorts.
    #[must_use]
    pub fn column(self) -> team::Column {
        match self {
            Self::CreatedAt => team::Column::CreatedAt,
            Self::Name => team::Column::NameFolded,
        }
    }

    /// The name of the column that sorts, and whether it holds times.
    #[must_use]
    pub fn sort(self) -> (&'static str, bool) {
        (self.column().as_str(), self == Self::CreatedAt)
    }

    /// The place of a row in this order.
    #[must_use]
    pub fn keyset(self, alias: &'static str, descending: bool) -> Keyset {
        Keyset {
            sort: Expr::col((alias, self.column())),
            id: Expr::col((alias, team::Column::Id)),
            descending,
            by_time: self.sort().1,
        }
    }
}
