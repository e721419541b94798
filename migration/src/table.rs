//! Words that the migrations share.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A point in time, in UTC, to the microsecond. MySQL's `timestamp` ends in 2038 and knows time zones.
pub(crate) fn time(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    time_null(manager, name).not_null().take()
}

/// The same, or nothing.
pub(crate) fn time_null(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match manager.get_database_backend() {
        DbBackend::MySql => column.custom("datetime(6)"),
        _ => column.timestamp_with_time_zone(),
    };
    column
}

/// A row of `table` that `columns` name.
pub(crate) fn reference(
    name: &'static str,
    columns: &[&'static str],
    table: &'static str,
    targets: &[&'static str],
) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(name).to_tbl(table);
    for column in columns {
        key.from_col(*column);
    }
    for target in targets {
        key.to_col(*target);
    }
    key
}

/// No two rows with the same values. Nulls differ from each other on every database of ours.
pub(crate) fn unique(name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).unique();
    for column in columns {
        index.col(*column);
    }
    index
}

/// Whether a part of a migration may have been done already: MySQL commits each change of a table by itself, so that a
/// migration which was cut off is run again from its beginning. (PostgreSQL and SQLite take all of it back.)
fn may_be_there(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::MySql
}

/// Makes a table.
pub(crate) async fn create_table(
    manager: &SchemaManager<'_>,
    mut table: TableCreateStatement,
) -> Result<(), DbErr> {
    if may_be_there(manager) {
        table.if_not_exists();
    }
    manager.create_table(table).await
}

/// Adds a column to a table. SQLite adds one a statement.
pub(crate) async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    if may_be_there(manager) && manager.has_column(table, column.get_column_name()).await? {
        return Ok(());
    }
    let change = Table::alter().table(table).add_column(column).take();
    manager.alter_table(change).await
}

/// Adds an index to the table of that name.
pub(crate) async fn add_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
    mut index: IndexCreateStatement,
) -> Result<(), DbErr> {
    if may_be_there(manager) && manager.has_index(table, name).await? {
        return Ok(());
    }
    manager.create_index(index.table(table).name(name).take()).await
}

/// An index for the lists and look-ups that read by `columns`.
pub(crate) async fn create_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut index = Index::create();
    for column in columns {
        index.col(*column);
    }
    add_index(manager, table, name, index).await
}

/// Takes the index from the table again.
pub(crate) async fn drop_index(
    manager: &SchemaManager<'_>,
    table: &'static str,
    name: &'static str,
) -> Result<(), DbErr> {
    if may_be_there(manager) && !manager.has_index(table, name).await? {
        return Ok(());
    }
    manager
        .drop_index(Index::drop().name(name).table(table).to_owned())
        .await
}

/// Drops the tables, in this order.
pub(crate) async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(*table).take()).await?;
    }
    Ok(())
}
