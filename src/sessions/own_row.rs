//! The whole row of who asks, read beside what tells who it is: for who is about to write, and would read it next.

use std::sync::LazyLock;

use sea_orm::{IdenStatic, Iterable};

use super::identify::Column;
use crate::base::id::UserId;
use crate::base::{Error, Result};
use crate::entity::lanes::Rows;
use crate::entity::{named, user};

/// What has to be read, in the order in which [`read`] takes it.
pub static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    user::Column::iter()
        .map(|column| Column("user", column.as_str()))
        .collect()
});

/// Reads the first row; all rows have the same of the user.
pub fn read(rows: &Rows) -> Result<user::Model> {
    let broken = || Error::internal("a user's row is not as it was asked for");
    let text = |column: user::Column| rows.text(0, column as usize);
    let some_text = |column| Ok::<_, Error>(text(column)?.ok_or_else(broken)?.to_owned());
    let time = |column: user::Column| rows.time(0, column as usize);
    let super_admin_slot = rows.number(0, user::Column::SuperAdminSlot as usize)?;
    Ok(user::Model {
        id: UserId(rows.uuid(0, user::Column::Id as usize)?.ok_or_else(broken)?),
        name: some_text(user::Column::Name)?,
        name_folded: some_text(user::Column::NameFolded)?,
        account: some_text(user::Column::Account)?,
        account_folded: some_text(user::Column::AccountFolded)?,
        account_type: text(user::Column::AccountType)?
            .and_then(named)
            .ok_or_else(broken)?,
        super_admin_slot: super_admin_slot
            .map(i16::try_from)
            .transpose()
            .map_err(Error::internal)?,
        email: text(user::Column::Email)?.map(str::to_owned),
        email_folded: text(user::Column::EmailFolded)?.map(str::to_owned),
        proposed_email: text(user::Column::ProposedEmail)?.map(str::to_owned),
        locale: text(user::Column::Locale)?.and_then(named).ok_or_else(broken)?,
        must_change_password: rows
            .flag(0, user::Column::MustChangePassword as usize)?
            .ok_or_else(broken)?,
        disabled_at: time(user::Column::DisabledAt)?,
        locked_until: time(user::Column::LockedUntil)?,
        last_login_at: time(user::Column::LastLoginAt)?,
        last_login_sort: time(user::Column::LastLoginSort)?.ok_or_else(broken)?,
        created_at: time(user::Column::CreatedAt)?.ok_or_else(broken)?,
        registered_at: time(user::Column::RegisteredAt)?,
    })
}
