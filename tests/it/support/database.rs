//! A database for each test: a file of its own, or a copy of a migrated template.

use std::path::Path;

use migration::{Migrator, MigratorTrait};
use rollcall::platform::start::migrate;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use super::mariadb;

/// The kinds of database that every test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
    MariaDb,
}

/// A database that goes when its test ends.
#[derive(Debug)]
pub struct TestDatabase {
    pub url: String,
    /// The server's URL, and the statement that drops it there.
    drop: Option<(String, String)>,
}

impl TestDatabase {
    pub async fn new(store: Store, folder: &Path) -> Self {
        match store {
            Store::Sqlite => Self {
                url: format!("sqlite://{}", folder.join("test.db").display()),
                drop: None,
            },
            Store::Postgres => Self::copy_of_template().await,
            Store::MariaDb => {
                let (server, admin) = mariadb::server().await;
                let name = any_name();
                mariadb::create_migrated(&admin, &server, &template_name(), &name).await;
                Self::on_mariadb(server, admin, &name).await
            }
        }
    }

    /// An empty database, on one of the servers.
    pub async fn empty(store: Store) -> Self {
        match store {
            Store::Sqlite => panic!("SQLite's is a file, and empty at first"),
            Store::Postgres => {
                let (server, admin) = server().await;
                Self::copy(server, admin, "template0").await
            }
            Store::MariaDb => {
                let (server, admin) = mariadb::server().await;
                let name = any_name();
                mariadb::create_empty(&admin, &name).await;
                Self::on_mariadb(server, admin, &name).await
            }
        }
    }

    async fn on_mariadb(server: String, admin: DatabaseConnection, name: &str) -> Self {
        admin.close().await.unwrap();
        Self {
            url: in_database(&server, name),
            drop: Some((server, format!("DROP DATABASE IF EXISTS {name}"))),
        }
    }

    async fn copy_of_template() -> Self {
        let (server, admin) = server().await;
        let template = template(&admin, &server).await;
        Self::copy(server, admin, &template).await
    }

    /// A copy of this database as it is now. It is closed meanwhile: whoever is connected is cut off, and connects again.
    pub async fn snapshot_of(url: &str) -> Self {
        let (server, admin) = server().await;
        let (_, name) = url.rsplit_once('/').unwrap();
        for statement in [
            format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
            format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"),
        ] {
            admin.execute_unprepared(&statement).await.unwrap();
        }
        let copy = Self::copy(server.clone(), admin, name).await;
        let admin = Database::connect(&server).await.unwrap();
        admin
            .execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
            .await
            .unwrap();
        admin.close().await.unwrap();
        copy
    }

    /// Takes the database away from whoever uses it.
    pub async fn end(self) {
        tokio::task::spawn_blocking(move || drop(self)).await.unwrap();
    }

    async fn copy(server: String, admin: DatabaseConnection, template: &str) -> Self {
        let name = any_name();
        admin
            .execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .await
            .unwrap();
        admin.close().await.unwrap();
        Self {
            url: in_database(&server, &name),
            drop: Some((server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))),
        }
    }
}

async fn server() -> (String, DatabaseConnection) {
    let server = std::env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL names the PostgreSQL server of the tests; `make test` starts one");
    let admin = Database::connect(&server)
        .await
        .expect("the PostgreSQL server of the tests answers");
    (server, admin)
}

fn any_name() -> String {
    format!("test_{}", rollcall::base::random::digits(16))
}

/// The name of the template, which is made once for all tests; which tests come first does not matter, and neither
/// does another version of the migrations beside it.
fn template_name() -> String {
    let names: Vec<String> = Migrator::migrations()
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    let version = names
        .iter()
        .flat_map(|name| name.bytes())
        .fold(5381_u64, |hash, byte| hash.wrapping_mul(33) ^ u64::from(byte));
    let binary = std::env::current_exe()
        .unwrap()
        .metadata()
        .unwrap()
        .modified()
        .unwrap();
    let built = binary.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    format!("template_{version:x}_{built:x}")
}

/// Makes the template where it is missing.
async fn template(admin: &DatabaseConnection, server: &str) -> String {
    let name = template_name();
    let txn = sea_orm::TransactionTrait::begin(admin).await.unwrap();
    txn.execute_unprepared("SELECT pg_advisory_xact_lock(726)")
        .await
        .unwrap();
    let found = admin
        .query_one_raw(sea_orm::Statement::from_string(
            sea_orm::DbBackend::Postgres,
            format!("SELECT 1 FROM pg_database WHERE datname = '{name}' AND datistemplate"),
        ))
        .await
        .unwrap();
    if found.is_none() {
        admin
            .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}"))
            .await
            .unwrap();
        admin
            .execute_unprepared(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let connection = Database::connect(in_database(server, &name)).await.unwrap();
        migrate(&connection).await.unwrap();
        connection.close().await.unwrap();
        admin
            .execute_unprepared(&format!("ALTER DATABASE {name} WITH is_template true"))
            .await
            .unwrap();
    }
    txn.commit().await.unwrap();
    name
}

pub fn in_database(server: &str, name: &str) -> String {
    let (rest, _) = server
        .rsplit_once('/')
        .expect("the URL of the server ends with a database");
    format!("{rest}/{name}")
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, statement)) = self.drop.take() else {
            return;
        };
        // A thread of its own: the test's runtime is at its end.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let admin = Database::connect(&server).await?;
                admin.execute_unprepared(&statement).await?;
                admin.close().await
            })
        });
        if let Ok(Err(error)) = dropped.join() {
            eprintln!("a test's database stays: {error}");
        }
    }
}
