//! What users and teams are searched by: the bigrams of their texts, in an index.
//!
//! They stand in tables of their own. A user's row is written at each login, and every write of it would put all their
//! bigrams into the index anew; here they are written when a name or an address changes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;
use sea_orm_migration::sea_orm::prelude::Uuid;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::bigrams;
use crate::table::{add_index, create_table, drop_tables, reference};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A table of bigrams: its name, that of what is searched, and the columns with the folded texts.
struct Searched {
    name: &'static str,
    table: &'static str,
    id: &'static str,
    texts: &'static [&'static str],
}

const SEARCHED: [Searched; 2] = [
    Searched {
        name: "user_search",
        table: "user",
        id: "user_id",
        texts: &["name_folded", "account_folded", "email_folded"],
    },
    Searched {
        name: "team_search",
        table: "team",
        id: "team_id",
        texts: &["name_folded"],
    },
];

/// How many rows are read and written at a time.
const BATCH: usize = 1000;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            // The index of a million users takes longer than a statement may.
            let patience = "SET LOCAL statement_timeout = 0";
            manager.get_connection().execute_unprepared(patience).await?;
        }
        for searched in SEARCHED {
            let mut table = Table::create().table(searched.name).take();
            let mut id = uuid(searched.id);
            if manager.get_database_backend() == DbBackend::Sqlite {
                // What the index calls a row: SQLite's own number of it changes when the file is vacuumed, this one
                // does not.
                table.col(pk_auto("place"));
                id.unique_key();
            } else {
                id.primary_key();
            }
            table.col(id).col(text("bigrams")).foreign_key(&mut reference(
                searched.foreign_key(),
                &[searched.id],
                searched.table,
                &["id"],
            ));
            create_table(manager, table).await?;
            searched.fill(manager).await?;
            searched.index(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for searched in SEARCHED {
            if manager.get_database_backend() == DbBackend::Sqlite {
                let index = format!("DROP TABLE {}_index", searched.name);
                manager.get_connection().execute_unprepared(&index).await?;
            }
            drop_tables(manager, &[searched.name]).await?;
        }
        Ok(())
    }
}

impl Searched {
    fn foreign_key(&self) -> &'static str {
        match self.table {
            "user" => "user_search_user",
            _ => "team_search_team",
        }
    }

    /// Writes the bigrams of all rows that have none yet, in the order of their ids.
    async fn fill(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let mut last = None;
        loop {
            let rows = connection.query_all(&self.batch(last)).await?;
            let Some(row) = rows.last() else { break };
            last = Some(id_of(row)?);
            let mut insert = Query::insert();
            insert.into_table(self.name).columns([self.id, "bigrams"]);
            for row in &rows {
                let texts = self.texts.iter().map(|text| row.try_get("", text));
                let texts: Vec<Option<String>> = texts.collect::<Result<_, _>>()?;
                let bigrams = bigrams::stored(texts.iter().flatten().map(String::as_str));
                insert.values_panic([id_of(row)?.into(), bigrams.into()]);
            }
            connection.execute(&insert).await?;
            if rows.len() < BATCH {
                break;
            }
        }
        Ok(())
    }

    fn batch(&self, last: Option<Uuid>) -> SelectStatement {
        let mut rows = Query::select();
        rows.column((self.table, "id"))
            .columns(self.texts.iter().map(|text| (self.table, *text)))
            .from(self.table)
            .left_join(
                self.name,
                Expr::col((self.name, self.id)).equals((self.table, "id")),
            )
            .and_where(Expr::col((self.name, self.id)).is_null())
            .order_by((self.table, "id"), Order::Asc)
            .limit(BATCH as u64);
        if let Some(last) = last {
            rows.and_where(Expr::col((self.table, "id")).gt(last));
        }
        rows
    }

    /// After the rows are there: an index that is made at once is small, and quickly made.
    async fn index(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let (name, connection) = (self.name, manager.get_connection());
        match manager.get_database_backend() {
            DbBackend::MySql => {
                let mut index = Index::create();
                index.full_text().col("bigrams");
                let index_name = if self.table == "user" {
                    "user_search_bigrams"
                } else {
                    "team_search_bigrams"
                };
                add_index(manager, name, index_name, index).await
            }
            // What is new waits in a list, which is put into the index when it is full: put in row by row, a new name took
            // 1.7 ms, and with the list 0.3. Every search reads the list, so it is a short one.
            DbBackend::Postgres => {
                let index = format!(
                    "CREATE INDEX {name}_bigrams ON {name} USING gin (string_to_array(bigrams, ' ')) \
                     WITH (fastupdate = on, gin_pending_list_limit = 512)"
                );
                connection.execute_unprepared(&index).await.map(drop)
            }
            // The index has the tokens alone, not where they stand, and takes the texts from the table.
            _ => {
                let index = format!(
                    "CREATE VIRTUAL TABLE {name}_index USING fts5(bigrams, content='{name}', content_rowid='place', \
                     detail=none, columnsize=0, tokenize='ascii'); \
                     INSERT INTO {name}_index({name}_index) VALUES ('rebuild'); \
                     CREATE TRIGGER {name}_is_made AFTER INSERT ON {name} BEGIN \
                       INSERT INTO {name}_index(rowid, bigrams) VALUES (NEW.place, NEW.bigrams); END; \
                     CREATE TRIGGER {name}_goes AFTER DELETE ON {name} BEGIN \
                       INSERT INTO {name}_index({name}_index, rowid, bigrams) VALUES ('delete', OLD.place, OLD.bigrams); END; \
                     CREATE TRIGGER {name}_changes AFTER UPDATE OF bigrams ON {name} BEGIN \
                       INSERT INTO {name}_index({name}_index, rowid, bigrams) VALUES ('delete', OLD.place, OLD.bigrams); \
                       INSERT INTO {name}_index(rowid, bigrams) VALUES (NEW.place, NEW.bigrams); END"
                );
                connection.execute_unprepared(&index).await.map(drop)
            }
        }
    }
}

fn id_of(row: &QueryResult) -> Result<Uuid, DbErr> {
    row.try_get("", "id")
}
