//! Rows on their way into the database: made by one thread, and written by the transaction meanwhile.
//!
//! On PostgreSQL they go as the binary form of `COPY`, which is the fastest that it takes. The others take statements of
//! many rows.

use sea_orm::sea_query::{InsertStatement, Value};
use sea_orm::{
    ActiveModelTrait, DatabaseBackend, EntityName, EntityTrait, IdenStatic, IntoActiveModel, Iterable,
    ModelTrait, QueryTrait,
};
use tokio::sync::mpsc;

use crate::audit::Head;
use crate::base::{Error, Result};

/// How many rows a statement has: SQLite binds 32,766 values, and no table of ours has 60 columns.
const AT_ONCE: usize = 500;
/// How `COPY` begins in its binary form (PostgreSQL's manual, "COPY"): a signature, no flags, no extension.
const OPENING: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// PostgreSQL counts from 2000, in microseconds.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// What the maker hands to the writer.
#[derive(Debug)]
pub(super) enum Parcel {
    /// Rows of a table: how many, and in which form.
    Rows(&'static str, usize, Form),
    /// The last of the audit log, after all of its rows.
    Head(Head),
}

/// Rows as the database takes them.
#[derive(Debug)]
pub(super) enum Form {
    /// The statement, and what is sent after it.
    Copy(String, Vec<u8>),
    /// Statements.
    Insert(Vec<InsertStatement>),
}

/// Where parcels are handed over. The maker waits where the writer is behind.
#[derive(Debug)]
pub(super) struct Out {
    pub(super) parcels: mpsc::Sender<Parcel>,
    pub(super) backend: DatabaseBackend,
}

impl Out {
    /// Hands rows over.
    pub(super) fn rows<M, A>(&self, rows: Vec<M>) -> Result<()>
    where
        M: ModelTrait + IntoActiveModel<A>,
        A: ActiveModelTrait<Entity = M::Entity>,
    {
        let count = rows.len();
        if count == 0 {
            return Ok(());
        }
        let form = if self.backend == DatabaseBackend::Postgres {
            copy(&rows)?
        } else {
            insert(rows)
        };
        self.send(Parcel::Rows(M::Entity::default().table_name(), count, form))
    }

    pub(super) fn send(&self, parcel: Parcel) -> Result<()> {
        // It is closed where the writing has failed, which tells why.
        self.parcels.blocking_send(parcel).map_err(Error::internal)
    }
}

fn insert<M, A>(rows: Vec<M>) -> Form
where
    M: ModelTrait + IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = M::Entity>,
{
    let mut statements = Vec::with_capacity(rows.len() / AT_ONCE + 1);
    let mut rows = rows
        .into_iter()
        .map(IntoActiveModel::into_active_model)
        .peekable();
    while rows.peek().is_some() {
        let some = rows.by_ref().take(AT_ONCE);
        statements.push(M::Entity::insert_many(some).into_query());
    }
    Form::Insert(statements)
}

fn copy<M: ModelTrait>(rows: &[M]) -> Result<Form> {
    type Column<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
    let columns: Vec<Column<M>> = Column::<M>::iter().collect();
    let named: Vec<String> = columns
        .iter()
        .map(|column| format!("\"{}\"", column.as_str()))
        .collect();
    let table = M::Entity::default().table_name();
    let statement = format!(
        "COPY \"{table}\" ({}) FROM STDIN (FORMAT binary)",
        named.join(", ")
    );
    let mut text = Vec::with_capacity(rows.len() * 256);
    text.extend_from_slice(OPENING);
    let width = i16::try_from(columns.len()).map_err(Error::internal)?;
    for row in rows {
        text.extend_from_slice(&width.to_be_bytes());
        for column in &columns {
            field(&mut text, row.get(*column))?;
        }
    }
    text.extend_from_slice(&(-1_i16).to_be_bytes());
    Ok(Form::Copy(statement, text))
}

/// Writes a value after its length; a null has -1 for it.
fn field(text: &mut Vec<u8>, value: Value) -> Result<()> {
    let mut put = |bytes: Option<&[u8]>| -> Result<()> {
        let length = bytes.map_or(Ok(-1), |bytes| i32::try_from(bytes.len()));
        text.extend_from_slice(&length.map_err(Error::internal)?.to_be_bytes());
        text.extend_from_slice(bytes.unwrap_or_default());
        Ok(())
    };
    match value {
        Value::String(text) => put(text.as_deref().map(str::as_bytes)),
        Value::Uuid(id) => put(id.as_ref().map(|id| id.as_bytes().as_slice())),
        Value::ChronoDateTimeUtc(time) => {
            let micros = time.map(|time| (time.timestamp_micros() - POSTGRES_EPOCH).to_be_bytes());
            put(micros.as_ref().map(<[u8; 8]>::as_slice))
        }
        Value::Bool(it) => put(it.map(|it| [u8::from(it)]).as_ref().map(<[u8; 1]>::as_slice)),
        Value::SmallInt(number) => put(number.map(i16::to_be_bytes).as_ref().map(<[u8; 2]>::as_slice)),
        Value::Int(number) => put(number.map(i32::to_be_bytes).as_ref().map(<[u8; 4]>::as_slice)),
        Value::BigInt(number) => put(number.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice)),
        Value::Bytes(bytes) => put(bytes.as_deref()),
        // A column of a new kind: its binary form is to be looked up, and put here.
        _ => Err(Error::internal("a column is of a kind that is not seeded yet")),
    }
}
