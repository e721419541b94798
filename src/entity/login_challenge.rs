//! A login whose password was right, and that waits for its next step.

use sea_orm::entity::prelude::*;

use crate::base::id::{ChallengeId, DeviceId, UserId};

/// What a login waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::N(32))")]
pub enum Step {
    /// A dynamic code or a recovery code; or the answer of a passkey, where the user has one.
    #[sea_orm(string_value = "TOTP")]
    Totp,
    /// The enrolment of a device that makes dynamic codes, or of a passkey.
    #[sea_orm(string_value = "TOTP_ENROLMENT")]
    TotpEnrolment,
    /// The answer of a passkey.
    #[sea_orm(string_value = "PASSKEY")]
    Passkey,
    /// A new password.
    #[sea_orm(string_value = "PASSWORD_CHANGE")]
    PasswordChange,
}

/// A challenge.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_challenge")]
#[allow(missing_docs)] // The columns are told of where the table is made, in `migration/`.
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChallengeId,
    pub user_id: UserId,
    pub step: Step,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub device_id: Option<DeviceId>,
    #[sea_orm(column_type = "Text", nullable)]
    pub passkey_state: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
