//! What a node does before it serves: migrate, hold its secret against the database's, put the preset
//! roles in, and make the super admin when there is none. Every step may run on several nodes at once.

use migration::{Migrator, MigratorTrait};
use sea_orm::DbErr;
use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, PaginatorTrait, QueryFilter, Set,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::access::role::PRESET_ROLES;
use crate::access::{Action, Viewer};
use crate::app::App;
use crate::audit::Event;
use crate::base::form::Flaw;
use crate::base::password::Password;
use crate::base::text::{Account, Name};
use crate::base::{Error, Result};
use crate::entity::insert::insert_if_missing;
use crate::entity::role::RoleKind;
use crate::entity::user::{self, AccountType, Locale};
use crate::entity::{platform_setting, role};
use crate::passwords::{check, policy};
use crate::platform::seal_anew::seal_anew;
use crate::users::insert_in::{NewUser, insert_in};

/// The name under which the database keeps its secret's fingerprint.
const FINGERPRINT: &str = "secret_fingerprint";
/// The key of PostgreSQL's advisory lock under which one node migrates while the others wait.
const MIGRATION_LOCK: i64 = 0x726f_6c6c_6361;
/// The same for MySQL and MariaDB, whose locks are the whole server's, and whose names have 64 characters. MySQL 9 has no SHA1 any more.
const MIGRATION_LOCK_NAME: &str = "CONCAT('rollcall ', LEFT(SHA2(DATABASE(), 256), 40))";

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database failed.
    #[error("the database: {0}")]
    Database(#[from] DbErr),
    /// The secret is not the one that the database was made with.
    #[error(
        "the secret file is not the one that this database was set up with: every node of a database needs the same"
    )]
    OtherSecret,
    /// The super admin's account or password is no good.
    #[error("the super admin's {0}: {1}")]
    SuperAdmin(&'static str, String),
    /// Anything else.
    #[error("{0}: {1:?}")]
    Other(Error, String),
}

impl From<Error> for StartError {
    fn from(error: Error) -> Self {
        let cause = match &error {
            Error::Internal(cause) => cause.to_string(),
            _ => String::new(),
        };
        Self::Other(error, cause)
    }
}

/// How the super admin of a new installation logs in.
#[derive(Debug)]
pub struct FirstLogin {
    /// The account.
    pub account: String,
    /// The password, when it was generated.
    pub generated_password: Option<Password>,
}

/// Runs the migrations that have not run; of several nodes, one at a time. `url` is the database's.
pub async fn migrate(connection: &sea_orm::DatabaseConnection) -> Result<(), DbErr> {
    match connection.get_database_backend() {
        DatabaseBackend::Postgres => {
            // The lock is a transaction's, held on a connection of its own: it goes with it, whatever happens.
            let lock = connection.begin().await?;
            // It is idle for as long as the migrations take.
            lock.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0")
                .await?;
            lock.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
                .await?;
            Migrator::up(connection, None).await?;
            lock.commit().await
        }
        DatabaseBackend::MySql => migrate_mysql(connection).await,
        _ => {
            // One transaction for all, which other processes wait for: a migration that is cut off leaves nothing.
            let options = TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            let txn = connection.begin_with_options(options).await?;
            Migrator::up(&txn, None).await?;
            txn.commit().await
        }
    }
}

/// The same past a pooler, if there is one: in one transaction, as nothing else is ours there. `Database::begin` has set
/// its session up; migrations may take longer.
pub async fn migrate_app(app: &App) -> Result<(), StartError> {
    if !app.database.is_pooled() {
        return Ok(migrate(app.database.writer()).await?);
    }
    let txn = app.begin().await?;
    txn.execute_unprepared(
        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0",
    )
    .await?;
    txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        .await?;
    Migrator::up(&txn, None).await?;
    Ok(txn.commit().await?)
}

/// The same on MySQL and MariaDB, whose locks are a connection's: what begins here is no transaction, which a change of
/// the tables would end, but one connection for all of it. It goes back into the pool, so the lock is given up by hand.
async fn migrate_mysql(connection: &sea_orm::DatabaseConnection) -> Result<(), DbErr> {
    let one = connection.begin().await?;
    let wait = format!("SELECT GET_LOCK({MIGRATION_LOCK_NAME}, 3600) AS got");
    let got = one
        .query_one_raw(Statement::from_string(DatabaseBackend::MySql, wait))
        .await?;
    if got.map(|row| row.try_get::<Option<i64>>("", "got")).transpose()? != Some(Some(1)) {
        return Err(DbErr::Custom(
            "another node has been migrating for an hour".to_owned(),
        ));
    }
    let done = async {
        migration::compare_bytes(&one).await?;
        Migrator::up(&one, None).await
    };
    let done = done.await;
    one.execute_unprepared(&format!("DO RELEASE_LOCK({MIGRATION_LOCK_NAME})"))
        .await?;
    one.commit().await?;
    done
}

/// Prepares a migrated database; answers how to log in for the first time, when this node made the
/// super admin.
pub async fn start(app: &App) -> Result<Option<FirstLogin>, StartError> {
    hold_secret(app).await?;
    put_preset_roles(app).await?;
    seal_anew(app).await?;
    make_super_admin(app).await
}

async fn hold_secret(app: &App) -> Result<(), StartError> {
    let ours = app.keys.fingerprints();
    let Some(current) = ours.first() else {
        return Err(StartError::OtherSecret);
    };
    let txn = app.begin().await?;
    let row = platform_setting::ActiveModel {
        name: Set(FINGERPRINT.to_owned()),
        value: Set(current.clone()),
    };
    insert_if_missing(&txn, row).await?;
    let stored = platform_setting::Entity::find_by_id(FINGERPRINT)
        .one(&txn)
        .await?;
    if !stored.as_ref().is_some_and(|stored| ours.contains(&stored.value)) {
        return Err(StartError::OtherSecret);
    }
    // A secret that is being changed for another: the new one is known from here on.
    platform_setting::Entity::update_many()
        .col_expr(
            platform_setting::Column::Value,
            sea_orm::sea_query::Expr::value(current.clone()),
        )
        .filter(platform_setting::Column::Name.eq(FINGERPRINT))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(())
}

/// Whether one of our secrets is the one that the database was last served with.
pub async fn knows_secret(app: &App) -> crate::base::Result<bool> {
    let stored = platform_setting::Entity::find_by_id(FINGERPRINT)
        .one(app.database.reader())
        .await?;
    let ours = app.keys.fingerprints();
    Ok(stored.is_some_and(|stored| ours.contains(&stored.value)))
}

async fn put_preset_roles(app: &App) -> Result<(), StartError> {
    let txn = app.begin().await?;
    for preset in PRESET_ROLES {
        let row = role::ActiveModel {
            id: Set(preset.id),
            team_id: Set(None),
            team_type: Set(preset.team_type),
            scope: Set(preset.team_type.to_value()),
            kind: Set(RoleKind::Preset),
            name: Set(preset.name.to_owned()),
            name_folded: Set(preset.name.to_lowercase()),
            permissions: Set(None),
            created_at: Set(app.now()),
            deleted_at: Set(None),
        };
        insert_if_missing(&txn, row).await?;
    }
    txn.commit().await?;
    Ok(())
}

async fn make_super_admin(app: &App) -> Result<Option<FirstLogin>, StartError> {
    let exists = || user::Entity::find().filter(user::Column::AccountType.eq(AccountType::SuperAdmin));
    if exists().count(app.database.reader()).await? > 0 {
        return Ok(None);
    }
    let text = &app.settings.super_admin_account;
    let said = |flaw: Flaw| StartError::SuperAdmin("account", flaw.message.into_owned());
    let account = Account::parse(text).map_err(said)?;
    let policy = policy::default_policy();
    let (password, generated) = match &app.settings.super_admin_password {
        None => (check::generate(&policy), true),
        Some(given) => {
            let password = Password::parse(&given.0)
                .map_err(|flaw| StartError::SuperAdmin("password", flaw.message.into_owned()))?;
            (password, false)
        }
    };
    let new = NewUser {
        name: Name::parse(text).map_err(said)?,
        account,
        account_type: AccountType::SuperAdmin,
        password_hash: app.hasher.hash(&password).await?,
        must_change_password: generated,
        email: None,
        proposed_email: None,
        locale: Locale::default(),
    };
    let txn = app.begin().await?;
    // Another node may have been first: the database lets one super admin in.
    if let Ok(Ok(user)) = insert_in(&txn, app, new).await {
        let event = Event::done(Action::UserCreate).on(&user);
        app.record_in(&txn, &Viewer::default(), event).await?;
        app.commit(txn).await?;
        let generated_password = generated.then_some(password);
        return Ok(Some(FirstLogin {
            account: user.account,
            generated_password,
        }));
    }
    txn.rollback().await?;
    if exists().count(app.database.reader()).await? > 0 {
        Ok(None)
    } else {
        Err(StartError::SuperAdmin(
            "account",
            "somebody else has it".to_owned(),
        ))
    }
}
