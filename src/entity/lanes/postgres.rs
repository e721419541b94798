//! Lanes to PostgreSQL: pipelined connections that prepare each statement once.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Error, NoTls, Row, Statement};

use super::Param;

/// How many statements a lane keeps prepared. Each list with its filters and orders, and each selection of columns, is
/// one; when there are more, all are prepared anew.
const MOST_STATEMENTS: usize = 256;
/// How long a lane that could not connect waits at first, and at most, before it tries again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// How long connecting may take.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// How a session behaves. A lane has short indexed reads alone, each of which has one good plan whatever its values:
/// making one anew for each would double the database's share. It goes by an index, also where it is made while the table
/// is small. What takes seconds is no such read, and may not hold up those behind it.
const SESSION: &str = "-c timezone=UTC -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off \
                       -c statement_timeout=2000 -c default_transaction_read_only=on";

/// A connection that is up.
pub struct Client {
    client: tokio_postgres::Client,
    /// By their texts, which are long and ours: nobody can make them collide.
    statements: Mutex<Statements>,
}

type Statements = HashMap<Box<str>, Statement, RandomState>;

/// Where a lane's connection is kept, while it is up.
type Slot = RwLock<Option<Arc<Client>>>;

/// All lanes, each with a task that keeps it up.
pub struct Lanes {
    slots: Arc<[Slot]>,
    turn: AtomicUsize,
    up: watch::Receiver<usize>,
    keepers: Vec<AbortHandle>,
}

impl Drop for Lanes {
    fn drop(&mut self) {
        for keeper in &self.keepers {
            keeper.abort();
        }
    }
}

impl Lanes {
    /// Opens lanes; none for another database, and none where the connection would have to be encrypted.
    pub fn open(url: &str, count: usize) -> Option<Self> {
        let config = config(url)?;
        let slots: Arc<[Slot]> = (0..count).map(|_| Slot::default()).collect();
        let (tell, up) = watch::channel(0);
        let tell = Arc::new(tell);
        let keepers = (0..count)
            .map(|place| {
                tokio::spawn(keep(config.clone(), slots.clone(), place, tell.clone())).abort_handle()
            })
            .collect();
        Some(Self {
            slots,
            turn: AtomicUsize::new(0),
            up,
            keepers,
        })
    }

    /// A lane that is up, in turn.
    pub fn pick(&self) -> Option<Arc<Client>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        (0..self.slots.len()).find_map(|step| {
            let slot = &self.slots[turn.wrapping_add(step) % self.slots.len()];
            slot.read().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }

    /// Waits until all lanes are up.
    pub async fn are_up(&self) {
        // An error means that the keepers are gone, and nobody would ever tell.
        let _ = self.up.clone().wait_for(|up| *up == self.slots.len()).await;
    }
}

/// How to connect, where the URL says nothing that this driver understands differently from the pool's, or not at all.
fn config(url: &str) -> Option<Config> {
    if !(url.starts_with("postgres:") || url.starts_with("postgresql:")) {
        return None;
    }
    let Ok(mut config) = Config::from_str(url) else {
        tracing::info!(
            "the database's URL says more than the short way to it understands: all reads go by the pool"
        );
        return None;
    };
    let is_near = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
    };
    let is_plain = match config.get_ssl_mode() {
        SslMode::Disable => true,
        SslMode::Prefer => config.get_hosts().iter().all(is_near),
        _ => false,
    };
    if !is_plain || config.get_options().is_some() {
        tracing::info!("the database is reached by TLS or with options of its own: all reads go by the pool");
        return None;
    }
    config
        .application_name("rollcall")
        .connect_timeout(CONNECT_WAIT)
        .options(SESSION);
    Some(config)
}

/// Keeps a lane up for as long as the program runs.
async fn keep(config: Config, slots: Arc<[Slot]>, place: usize, tell: Arc<watch::Sender<usize>>) {
    let mut pause = PAUSES.0;
    loop {
        if let Ok((client, connection)) = config.connect(NoTls).await {
            pause = PAUSES.0;
            let client = Client {
                client,
                statements: Mutex::default(),
            };
            set(&slots[place], Some(Arc::new(client)));
            tell.send_modify(|up| *up += 1);
            // It ends when the database ends it, or cannot be reached any more.
            let _ = connection.await;
            set(&slots[place], None);
            tell.send_modify(|up| *up -= 1);
            tracing::info!("a lane to the database was cut off");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

fn set(slot: &Slot, client: Option<Arc<Client>>) {
    *slot.write().unwrap_or_else(PoisonError::into_inner) = client;
}

impl Client {
    /// Runs a statement.
    pub async fn query(&self, sql: &str, params: &[Param]) -> Result<Vec<Row>, Error> {
        let statement = match self.prepared(sql) {
            Some(statement) => statement,
            None => self.prepare(sql).await?,
        };
        let values: Vec<&(dyn ToSql + Sync)> = params.iter().map(Param::value).collect();
        let found = self.client.query(&statement, &values).await;
        if found.is_err() {
            // Such as one whose tables were changed by a migration meanwhile: it is prepared anew.
            self.statements().remove(sql);
        }
        found
    }

    fn statements(&self) -> std::sync::MutexGuard<'_, Statements> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn prepared(&self, sql: &str) -> Option<Statement> {
        self.statements().get(sql).cloned()
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        let statement = self.client.prepare(sql).await?;
        let mut statements = self.statements();
        if statements.len() >= MOST_STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

impl Param {
    fn value(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Uuid(id) => id,
            Self::Uuids(ids) => ids,
            Self::Text(text) => text,
            Self::Time(time) => time,
        }
    }
}
