//! Whom a login names, known or not, at the same cost.

use sea_orm::sea_query::{Expr, ExprTrait, Func, JoinType, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryResult,
    QueryTrait,
};

use crate::base::id::UserId;
use crate::base::{Error, Result};
use crate::entity::select::columns;
use crate::entity::{credential, login_name, user};

/// A user who was looked up by what they log in with.
#[derive(Clone, Debug)]
pub struct Named {
    /// The user; the super admin, where nobody is named so.
    pub user: user::Model,
    /// Whether the user is the one who was named.
    pub is_known: bool,
}

impl Named {
    /// The user, if that is the one who was named.
    #[must_use]
    pub fn known(&self) -> Option<&user::Model> {
        self.is_known.then_some(&self.user)
    }
}

/// Looks up who logs in with this, folded. Where nobody does, the super admin, of whom there is always one, is read in
/// their place: reading a row takes time, by which a stranger could tell that there was one.
pub async fn named(connection: &impl ConnectionTrait, login: &str) -> Result<Named> {
    read(&row(connection, &select(login)).await?)
}

/// The same, with the password.
pub async fn named_with_password(
    connection: &impl ConnectionTrait,
    login: &str,
) -> Result<(Named, Option<credential::Model>)> {
    let mut select = select(login);
    select.join(
        JoinType::LeftJoin,
        credential::Entity,
        Expr::col((credential::Entity, credential::Column::UserId)).equals((user::Entity, user::Column::Id)),
    );
    columns::<credential::Entity>(&mut select, "credential", "c_");
    let row = row(connection, &select).await?;
    let credential = credential::Model::from_query_result_optional(&row, "c_")?;
    Ok((read(&row)?, credential))
}

async fn row(connection: &impl ConnectionTrait, select: &SelectStatement) -> Result<QueryResult> {
    let row = connection.query_one(select).await?;
    // The super admin has been there since the first start.
    row.ok_or_else(|| Error::internal("there is no super admin"))
}

fn read(row: &QueryResult) -> Result<Named> {
    let holder: Option<UserId> = row.try_get("", "holder")?;
    Ok(Named {
        user: user::Model::from_query_result(row, "")?,
        is_known: holder.is_some(),
    })
}

fn select(login: &str) -> SelectStatement {
    let holder = Query::select()
        .column(login_name::Column::UserId)
        .from(login_name::Entity)
        .and_where(login_name::Column::Login.eq(login))
        .take();
    let super_admin = Query::select()
        .column(user::Column::Id)
        .from(user::Entity)
        .and_where(user::Column::SuperAdminSlot.eq(1))
        .take();
    let scalar = |select: SelectStatement| Expr::SubQuery(None, Box::new(select.into()));
    let whose = Func::coalesce([scalar(holder), scalar(super_admin)]);
    let name = |column| Expr::col((login_name::Entity, column));
    let mut select = user::Entity::find()
        .filter(Expr::col((user::Entity, user::Column::Id)).eq(whose))
        .into_query();
    select
        .join(
            JoinType::LeftJoin,
            login_name::Entity,
            Condition::all()
                .add(name(login_name::Column::Login).eq(login))
                .add(name(login_name::Column::UserId).equals((user::Entity, user::Column::Id))),
        )
        .expr_as(name(login_name::Column::UserId), "holder");
    select
}
