//! What a team's members are searched by, beside each membership: PostgreSQL alone, where `users` of a team is asked most.
//!
//! A team has up to 5,000 members (`domain.md`, "Limits"). To compare each one's texts, all of their rows had to be looked
//! up, all over the table of the users; now they stand side by side in an index, by team. It is kept by the database: who
//! writes a membership holds the lock of its user, so that nobody changes their texts meanwhile.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The index comes last of what fills: it is built at once then.
const UP: [&str; 9] = [
    "SET LOCAL statement_timeout = 0",
    "ALTER TABLE membership ADD COLUMN found_by text NOT NULL DEFAULT ''",
    // No text of ours holds a line's end.
    r#"CREATE FUNCTION texts_of_user(wanted uuid) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT concat_ws(E'\n', name_folded, account_folded, email_folded) FROM "user" WHERE id = wanted $$"#,
    "UPDATE membership SET found_by = coalesce(texts_of_user(user_id), '')",
    "CREATE INDEX membership_texts ON membership (team_id, user_id) INCLUDE (found_by)",
    "CREATE FUNCTION note_texts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.found_by := coalesce(texts_of_user(NEW.user_id), '');
        RETURN NEW;
     END $$",
    "CREATE TRIGGER membership_notes_texts BEFORE INSERT ON membership FOR EACH ROW EXECUTE FUNCTION note_texts()",
    r"CREATE FUNCTION tell_texts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE membership SET found_by = concat_ws(E'\n', NEW.name_folded, NEW.account_folded, NEW.email_folded)
        WHERE user_id = NEW.id;
        RETURN NULL;
     END $$",
    r#"CREATE TRIGGER user_tells_texts AFTER UPDATE OF name_folded, account_folded, email_folded ON "user" FOR EACH ROW
        WHEN ((OLD.name_folded, OLD.account_folded, OLD.email_folded)
              IS DISTINCT FROM (NEW.name_folded, NEW.account_folded, NEW.email_folded))
        EXECUTE FUNCTION tell_texts()"#,
];

const DOWN: [&str; 6] = [
    r#"DROP TRIGGER user_tells_texts ON "user""#,
    "DROP FUNCTION tell_texts",
    "DROP TRIGGER membership_notes_texts ON membership",
    "DROP FUNCTION note_texts",
    "ALTER TABLE membership DROP COLUMN found_by",
    "DROP FUNCTION texts_of_user",
];

async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &DOWN).await
    }
}
