//! The typed ids as column values: a UUID in the database's own form.

use sea_orm::sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr};
use sea_orm::{ColIdx, DbErr, IntoActiveValue, QueryResult, TryFromU64, TryGetError, TryGetable, Value};
use uuid::Uuid;

use crate::base::id::{
    AuditEventId, ChallengeId, CodeId, DeviceId, InvitationId, LetterId, MembershipId, PasskeyId, ResourceId,
    RoleId, SessionId, TeamId, UserId,
};

macro_rules! columns {
    ($($id:ident),+ $(,)?) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                id.0.into()
            }
        }

        impl TryGetable for $id {
            fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
                Uuid::try_get_by(row, index).map($id)
            }
        }

        impl ValueType for $id {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                <Uuid as ValueType>::try_from(value).map($id)
            }

            fn type_name() -> String {
                stringify!($id).to_owned()
            }

            fn array_type() -> ArrayType {
                Uuid::array_type()
            }

            fn column_type() -> ColumnType {
                Uuid::column_type()
            }
        }

        impl Nullable for $id {
            fn null() -> Value {
                Uuid::null()
            }
        }

        impl IntoActiveValue<$id> for $id {
            fn into_active_value(self) -> sea_orm::ActiveValue<$id> {
                sea_orm::ActiveValue::Set(self)
            }
        }

        impl TryFromU64 for $id {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::ConvertFromU64(stringify!($id)))
            }
        }
    )+};
}

columns!(
    AuditEventId,
    ChallengeId,
    DeviceId,
    CodeId,
    InvitationId,
    LetterId,
    MembershipId,
    PasskeyId,
    ResourceId,
    RoleId,
    SessionId,
    TeamId,
    UserId,
);
