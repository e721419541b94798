//! What a password has to be; at most one row, and the defaults without it.

use sea_orm::entity::prelude::*;

/// The password policy.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "password_policy")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    pub minimum_length: i32,
    pub maximum_length: i32,
    pub character_classes: i32,
    pub allows_account_or_name: bool,
    pub refuses_common: bool,
    pub refuses_previous: i32,
    pub expires_after_days: i32,
    pub change_after_reset: bool,
    pub lock_after_failures: i32,
    pub failure_window_minutes: i32,
    pub lock_minutes: i32,
}

impl ActiveModelBehavior for ActiveModel {}
