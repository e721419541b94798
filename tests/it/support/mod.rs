//! The language of the tests: a world with a clock that can be moved, people who ask the API, and letters
//! that arrive.

pub mod actor;
pub mod answer;
pub mod arena;
pub mod authenticator;
pub mod browser;
pub mod console;
pub mod crowd;
pub mod database;
pub mod mail;
pub mod mariadb;
pub mod metrics;
pub mod passkey;
pub mod plan;
pub mod process;
pub mod second;
pub mod socket;
pub mod stillness;
pub mod world;

pub use actor::Actor;
pub use answer::Answer;
pub use console::Console;
pub use database::Store;
pub use mariadb::dialect;
pub use second::Second;
pub use serde_json::{Value, json};
pub use socket::Socket;
pub use world::{Team, World};

/// Runs each of these functions as a test on every database. A function that is left out of the list is
/// dead code, and so fails the lint.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::World::new($crate::support::Store::Sqlite).await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::World::new($crate::support::Store::Postgres).await).await;
            })+
        }

        mod mariadb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::World::new($crate::support::Store::MariaDb).await).await;
            })+
        }
    };
}

/// The same for functions that take the kind of database and make their own world, where many processes share it.
macro_rules! on_each_server {
    ($($name:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Store::Postgres).await;
            })+
        }

        mod mariadb {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Store::MariaDb).await;
            })+
        }
    };
}

/// The same on SQLite too, for who needs one process at a time.
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Store::Sqlite).await;
            })+
        }

        on_each_server!($($name),+);
    };
}

pub(crate) use on_each_database;
pub(crate) use on_each_server;
pub(crate) use on_each_store;
