//! The rows that a lane has found, whatever its database.

use chrono::{DateTime, Utc};
use rusqlite::types::Value;
use uuid::Uuid;

use super::sqlite;
use crate::base::{Error, Result};

/// What a statement found.
#[derive(Debug)]
pub struct Rows {
    found: Found,
    /// Where each column stands, where they were selected for more than one reader.
    places: Option<Vec<usize>>,
}

/// Them as the database's driver has them.
#[derive(Debug)]
pub(super) enum Found {
    Postgres(Vec<tokio_postgres::Row>),
    Sqlite(sqlite::Found),
}

fn misread() -> Error {
    Error::internal("a lane's row has something else in this place")
}

impl Rows {
    pub(super) fn new(found: Found) -> Self {
        Self { found, places: None }
    }

    /// The same rows for a reader whose columns stand in these places.
    #[must_use]
    pub fn in_places(self, places: Vec<usize>) -> Self {
        Self {
            places: Some(places),
            ..self
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.found {
            Found::Postgres(rows) => rows.len(),
            Found::Sqlite(found) => found.values.len().checked_div(found.width).unwrap_or_default(),
        }
    }

    /// How many columns a row has; 0 where there is no row.
    #[must_use]
    pub fn width(&self) -> usize {
        match &self.found {
            Found::Postgres(rows) => rows.first().map_or(0, tokio_postgres::Row::len),
            Found::Sqlite(found) => found.width,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn cell(&self, row: usize, column: usize) -> Result<Cell<'_>> {
        let column = match &self.places {
            Some(places) => places.get(column).copied().ok_or_else(misread)?,
            None => column,
        };
        match &self.found {
            Found::Postgres(rows) => rows.get(row).map(|row| Cell::Postgres(row, column)),
            Found::Sqlite(found) => found.values.get(row * found.width + column).map(Cell::Sqlite),
        }
        .ok_or_else(misread)
    }

    /// The id in this place.
    pub fn uuid(&self, row: usize, column: usize) -> Result<Option<Uuid>> {
        match self.cell(row, column)? {
            Cell::Postgres(row, column) => row.try_get(column).map_err(Error::internal),
            Cell::Sqlite(Value::Null) => Ok(None),
            Cell::Sqlite(Value::Blob(bytes)) => Uuid::from_slice(bytes).map(Some).map_err(Error::internal),
            Cell::Sqlite(_) => Err(misread()),
        }
    }

    /// The text in this place.
    pub fn text(&self, row: usize, column: usize) -> Result<Option<&str>> {
        match self.cell(row, column)? {
            Cell::Postgres(row, column) => row.try_get(column).map_err(Error::internal),
            Cell::Sqlite(Value::Null) => Ok(None),
            Cell::Sqlite(Value::Text(text)) => Ok(Some(text)),
            Cell::Sqlite(_) => Err(misread()),
        }
    }

    /// The time in this place.
    pub fn time(&self, row: usize, column: usize) -> Result<Option<DateTime<Utc>>> {
        match self.cell(row, column)? {
            Cell::Postgres(row, column) => row.try_get(column).map_err(Error::internal),
            Cell::Sqlite(Value::Null) => Ok(None),
            Cell::Sqlite(Value::Text(text)) => DateTime::parse_from_rfc3339(text)
                .map(|time| Some(time.to_utc()))
                .map_err(Error::internal),
            Cell::Sqlite(_) => Err(misread()),
        }
    }

    /// The truth in this place.
    pub fn flag(&self, row: usize, column: usize) -> Result<Option<bool>> {
        match self.cell(row, column)? {
            Cell::Postgres(row, column) => row.try_get(column).map_err(Error::internal),
            Cell::Sqlite(Value::Null) => Ok(None),
            Cell::Sqlite(Value::Integer(number)) => Ok(Some(*number != 0)),
            Cell::Sqlite(_) => Err(misread()),
        }
    }

    /// The number in this place, whatever its width.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<i64>> {
        match self.cell(row, column)? {
            Cell::Postgres(row, column) => {
                let small = |_| {
                    row.try_get(column)
                        .map(|number: Option<i16>| number.map(i64::from))
                };
                row.try_get(column).or_else(small).map_err(Error::internal)
            }
            Cell::Sqlite(Value::Null) => Ok(None),
            Cell::Sqlite(Value::Integer(number)) => Ok(Some(*number)),
            Cell::Sqlite(_) => Err(misread()),
        }
    }
}

/// One place of a row.
enum Cell<'r> {
    Postgres(&'r tokio_postgres::Row, usize),
    Sqlite(&'r Value),
}
