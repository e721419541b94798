//! Users, what they log in with, and their passwords.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

#[allow(unused_imports)]
use crate::table::{create_index, create_table, drop_tables, reference, time, time_null, unique};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let user = Table::create()
            .table("user")
            .col(pk_uuid("id"))
            .col(string_len("name", 64))
            .col(string_len("name_folded", 64))
            .col(string_len("account", 64))
            .col(string_len("account_folded", 64))
            .col(string_len("account_type", 16))
            // 1 for the super admin, null for everybody else: the unique index lets one in.
            .col(small_integer_null("super_admin_slot"))
            .col(string_len_null("email", 254))
            .col(string_len_null("email_folded", 254))
            .col(string_len_null("proposed_email", 254))
            .col(string_len("locale", 8))
            .col(boolean("must_change_password"))
            .col(time_null(manager, "disabled_at"))
            .col(time_null(manager, "locked_until"))
            .col(time_null(manager, "last_login_at"))
            // The last login, or the start of 1970: a column that sorts a list is never null.
            .col(time(manager, "last_login_sort"))
            .col(time(manager, "created_at"))
            .index(&mut unique("user_one_super_admin", &["super_admin_slot"]))
            .check(Expr::cust(
                "(account_type = 'SUPER_ADMIN' AND super_admin_slot = 1 AND super_admin_slot IS NOT NULL) \
                 OR (account_type <> 'SUPER_ADMIN' AND super_admin_slot IS NULL)",
            ))
            .take();
        create_table(manager, user).await?;
        for (name, columns) in [
            ("user_by_created_at", ["created_at", "id"]),
            ("user_by_name", ["name_folded", "id"]),
            ("user_by_account", ["account_folded", "id"]),
            ("user_by_last_login", ["last_login_sort", "id"]),
            ("user_by_account_type", ["account_type", "created_at"]),
        ] {
            create_index(manager, "user", name, &columns).await?;
        }

        // One namespace for accounts and bound emails, folded: who logs in as what.
        let login_name = Table::create()
            .table("login_name")
            .col(string_len("login", 254).primary_key())
            .col(uuid("user_id"))
            .foreign_key(&mut reference("login_name_user", &["user_id"], "user", &["id"]))
            .take();
        create_table(manager, login_name).await?;
        create_index(manager, "login_name", "login_name_by_user", &["user_id"]).await?;

        let credential = Table::create()
            .table("credential")
            .col(uuid("user_id").primary_key())
            .col(string_len("password_hash", 256))
            .col(time(manager, "password_set_at"))
            .col(integer("failures"))
            .col(time_null(manager, "first_failure_at"))
            .foreign_key(&mut reference("credential_user", &["user_id"], "user", &["id"]))
            .take();
        create_table(manager, credential).await?;

        let history = Table::create()
            .table("password_history")
            .col(pk_uuid("id"))
            .col(uuid("user_id"))
            .col(string_len("password_hash", 256))
            .col(time(manager, "created_at"))
            .foreign_key(&mut reference(
                "password_history_user",
                &["user_id"],
                "user",
                &["id"],
            ))
            .take();
        create_table(manager, history).await?;
        create_index(
            manager,
            "password_history",
            "password_history_by_user",
            &["user_id", "created_at"],
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["password_history", "credential", "login_name", "user"]).await
    }
}
