//! A person with a login account.

use async_graphql::Enum;
use sea_orm::entity::prelude::*;

use crate::base::id::UserId;

/// What kind of account a user has; with the roles in teams it decides what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(16))")]
pub enum AccountType {
    /// The one account that can do everything but write inside of teams.
    #[sea_orm(string_value = "SUPER_ADMIN")]
    SuperAdmin,
    /// The same, except over platform staff.
    #[sea_orm(string_value = "PLATFORM_ADMIN")]
    PlatformAdmin,
    /// A user of teams.
    #[sea_orm(string_value = "MEMBER")]
    Member,
}

impl AccountType {
    /// All types.
    pub const ALL: [Self; 3] = [Self::SuperAdmin, Self::PlatformAdmin, Self::Member];

    /// What a column holds for it.
    #[must_use]
    pub fn column_value(self) -> String {
        self.to_value()
    }

    /// Whether this is the super admin or a platform admin.
    #[must_use]
    pub fn is_staff(self) -> bool {
        self != Self::Member
    }
}

/// The language in which somebody gets letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(8))")]
pub enum Locale {
    /// English.
    #[default]
    #[sea_orm(string_value = "EN")]
    En,
    /// Simplified Chinese.
    #[sea_orm(string_value = "ZH_CN")]
    ZhCn,
}

/// A user.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    pub name: String,
    pub name_folded: String,
    pub account: String,
    pub account_folded: String,
    pub account_type: AccountType,
    pub super_admin_slot: Option<i16>,
    pub email: Option<String>,
    pub email_folded: Option<String>,
    pub proposed_email: Option<String>,
    pub locale: Locale,
    pub must_change_password: bool,
    pub disabled_at: Option<DateTimeUtc>,
    pub locked_until: Option<DateTimeUtc>,
    pub last_login_at: Option<DateTimeUtc>,
    pub last_login_sort: DateTimeUtc,
    pub created_at: DateTimeUtc,
    pub registered_at: Option<DateTimeUtc>,
    #[sea_orm(has_many)]
    pub memberships: HasMany<super::membership::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
