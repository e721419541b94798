//! Connections to PostgreSQL on which many requests' statements are under way at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::{page, profile, viewer};

/// What went wrong: the limit has no need to tell its kinds apart.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A connection with its statements, prepared once.
pub struct Lane {
    /// The connection.
    pub client: Client,
    /// Who asks.
    pub viewer: Statement,
    /// Who asks, as they see themselves.
    pub rights: Statement,
    /// The first page of all users.
    pub first: Statement,
    /// A later page.
    pub after: Statement,
    /// The first page of some users, with their number.
    pub filtered: Statement,
    /// One user.
    pub one: Statement,
    /// A new name, with its event.
    pub rename: Statement,
}

/// The connections, taken in turn.
pub struct Lanes {
    lanes: Vec<Lane>,
    next: AtomicUsize,
}

impl Lanes {
    /// Opens `count` connections.
    pub async fn open(url: &str, count: usize) -> Result<Self, Error> {
        let mut config: Config = url.parse()?;
        // The plans do not depend on the values, so they are made once.
        config
            .options("-c plan_cache_mode=force_generic_plan -c timezone=UTC")
            .connect_timeout(Duration::from_secs(5));
        let mut lanes = Vec::with_capacity(count);
        for _ in 0..count {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    eprintln!("limit: a connection ended: {error}");
                }
            });
            lanes.push(Lane {
                viewer: client.prepare(viewer::VIEWER).await?,
                rights: client.prepare(viewer::RIGHTS).await?,
                first: client.prepare(&page::first()).await?,
                after: client.prepare(&page::after()).await?,
                filtered: client.prepare(&page::filtered()).await?,
                one: client.prepare(&page::one()).await?,
                rename: client.prepare(profile::RENAME).await?,
                client,
            });
        }
        Ok(Self {
            lanes,
            next: AtomicUsize::new(0),
        })
    }

    /// The next connection.
    pub fn next(&self) -> &Lane {
        &self.lanes[self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len()]
    }
}

/// A `timestamptz`, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub struct Micros(pub i64);

/// From 1970 to 2000, where PostgreSQL begins to count.
const TO_2000: i64 = 946_684_800_000_000;

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Error> {
        Ok(Self(i64::from_be_bytes(raw.try_into()?) + TO_2000))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

/// The time of a cursor or an event as a parameter.
pub fn time(micros: i64) -> std::time::SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
