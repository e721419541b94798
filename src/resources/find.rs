//! Reads resources, each with its manager, in one statement a list.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, PaginatorTrait, QueryFilter,
};

use crate::access::{Action, Subject, Viewer};
use crate::base::Result;
use crate::base::id::{ResourceId, TeamId};
use crate::base::page::{Cursor, Keyed, Page, Slice};
use crate::entity::keyset::{Keyset, read, time_key};
use crate::entity::select::columns;
use crate::entity::{resource, user};

/// A resource of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The resource.
    pub resource: resource::Model,
    /// Its manager.
    pub manager: Option<user::Model>,
}

impl Keyed for Listed {
    fn cursor(&self) -> Cursor {
        Cursor(time_key(self.resource.created_at), self.resource.id.0)
    }
}

/// A page of a team's resources, the newest first.
pub async fn page_of_team(
    connection: &impl ConnectionTrait,
    team_id: TeamId,
    page: &Page,
    with_total: bool,
) -> Result<Slice<Listed>> {
    let mut select = Query::select();
    columns::<resource::Entity>(&mut select, "resource", "s_");
    columns::<user::Entity>(&mut select, "user", "u_");
    select
        .from(resource::Entity)
        .join(
            JoinType::LeftJoin,
            user::Entity,
            Expr::col(("user", user::Column::Id)).equals(("resource", resource::Column::ManagerId)),
        )
        .and_where(Expr::col(("resource", resource::Column::TeamId)).eq(team_id));
    let keyset = Keyset {
        sort: Expr::col(("resource", resource::Column::CreatedAt)),
        id: Expr::col(("resource", resource::Column::Id)),
        descending: true,
        by_time: true,
    };
    keyset.narrow(connection.get_database_backend(), &mut select, page)?;
    let rows = read(connection, &select).await?;
    let rows = rows.iter().map(|row| {
        Ok(Listed {
            resource: resource::Model::from_query_result(row, "s_")?,
            manager: user::Model::from_query_result_optional(row, "u_")?,
        })
    });
    let mut slice = page.slice(rows.collect::<Result<Vec<_>>>()?);
    if with_total {
        let owned = resource::Entity::find().filter(resource::Column::TeamId.eq(team_id));
        slice.total = Some(owned.count(connection).await?);
    }
    Ok(slice)
}

/// The resource, when the viewer may see it.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    viewer: &Viewer,
    id: ResourceId,
) -> Result<Option<resource::Model>> {
    let row = resource::Entity::find_by_id(id).one(connection).await?;
    Ok(row.filter(|row| viewer.may(Action::TeamResources, Subject::Team(row.team_id))))
}
