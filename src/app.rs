//! All that a verb may reach.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};

use crate::access::Viewer;
use crate::audit::feed::Feed;
use crate::audit::{self, Event, Sealer};
use crate::base::Result;
use crate::base::clock::Clock;
use crate::base::settings::Settings;
use crate::entity::database::{Database, Transaction};
use crate::entity::together::Together;
use crate::mail::outbox::{self, Carrier};
use crate::mail::transport::{SetupError, Transport};
use crate::mail::{Letter, Outbox};
use crate::secret::keys::{SecretError, new_secret};
use crate::secret::{Hasher, Keys};

/// One running Rollcall: the database, the clock, the secrets, the mail and the settings. A node
/// keeps no state of its own beside these.
#[derive(Clone, Debug)]
pub struct App {
    /// The database.
    pub database: Database,
    /// The clock.
    pub clock: Clock,
    /// The keys.
    pub keys: Arc<Keys>,
    /// The password hasher.
    pub hasher: Hasher,
    /// The outbox.
    pub outbox: Outbox,
    /// Who seals the audit log.
    pub sealer: Sealer,
    /// The audit log, as it happens.
    pub feed: Feed,
    /// Wakes who writes the notices of expiry: for who has moved the clock.
    pub notices: Arc<Notify>,
    /// How often what has expired is swept out; for who sweeps by hand, never.
    pub sweeps_every: Duration,
    /// The settings.
    pub settings: Arc<Settings>,
    /// How the server is reached from outside; the issuer of access tokens.
    pub public_url: Arc<str>,
}

/// How often what has expired is swept out. Each node does it for itself; that another did it just before costs nothing.
const SWEEPS_EVERY: Duration = Duration::from_mins(10);

/// Why a node cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// The secret file.
    #[error("the secret file {0}: {1}")]
    Secret(String, SecretError),
    /// The database, by its kind alone: its URL can hold a password.
    #[error("the database cannot be reached: {0}")]
    Database(String),
    /// The threads that hash passwords.
    #[error("the threads that hash passwords cannot be started: {0}")]
    Threads(std::io::Error),
}

impl App {
    /// Sets a node up: makes the data folder and the secret when they are not there, and connects to the
    /// database.
    pub async fn open(settings: Settings, clock: Clock) -> Result<Self, OpenError> {
        make_private_dir(&settings.data_dir)?;
        if settings.smtp_url.is_none() {
            make_private_dir(&settings.mail_dir())?;
        }
        let path = settings.secret_file();
        let keys = Keys::derive(&read_or_make_secret(&path)?)
            .map_err(|error| OpenError::Secret(path.display().to_string(), error))?;
        let cores =
            std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
        let most = settings
            .database_max_connections
            .unwrap_or((cores * 4).clamp(8, 64));
        if settings.database_url.is_none() {
            // SQLite would make it readable for all; what it writes beside it takes this file's mode.
            make_private_file(&settings.data_dir.join("rollcall.db"))?;
        }
        tracing::debug!("connecting to the database");
        let database = Database::connect(&settings.database_url(), most, settings.database_pooler)
            .await
            .map_err(|error| OpenError::Database(error.to_string()))?;
        let feed = Feed::default();
        Ok(Self {
            database,
            clock,
            keys: Arc::new(keys),
            hasher: Hasher::start().map_err(OpenError::Threads)?,
            outbox: Outbox::default(),
            sealer: Sealer::new(feed.clone()),
            feed,
            notices: Arc::default(),
            sweeps_every: SWEEPS_EVERY,
            public_url: settings.public_url().into(),
            settings: Arc::new(settings),
        })
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Puts a letter into the outbox, in the transaction of what causes it.
    pub async fn send_in(&self, txn: &Transaction, letter: &Letter) -> Result<()> {
        self.send_all_in(txn, std::slice::from_ref(letter)).await
    }

    /// The same for many letters, a few hundred at the most: they are one statement.
    pub async fn send_all_in(&self, txn: &Transaction, letters: &[Letter]) -> Result<()> {
        self.outbox.enqueue_in(txn, &self.keys, self.now(), letters).await
    }

    /// Writes the event of a verb, in its transaction.
    pub async fn record_in(&self, txn: &Transaction, viewer: &Viewer, event: Event) -> Result<()> {
        audit::record_in(txn, &self.keys, self.now(), viewer, event).await
    }

    /// The same, together with what else the verb writes at last.
    pub async fn record_with_in(
        &self,
        txn: &Transaction,
        viewer: &Viewer,
        event: Event,
        writes: Together,
    ) -> Result<()> {
        let writes = audit::writes(writes, &self.keys, self.now(), viewer, event)?;
        Ok(writes.execute_in(txn).await?)
    }

    /// Writes all that a verb writes, with its event, in one statement that is a transaction of its own, if the first of
    /// the writes, an update, finds its row. Answers whether it did: where not, nothing is written.
    pub async fn write_if_found(&self, viewer: &Viewer, event: Event, writes: Together) -> Result<bool> {
        let writes = audit::writes(writes, &self.keys, self.now(), viewer, event)?;
        let is_done = writes.execute_if_found(self.database.writer()).await?;
        if is_done {
            self.sealer.wake();
        }
        Ok(is_done)
    }

    /// Notes a refusal, after the rollback of what was refused.
    pub async fn refuse(&self, viewer: &Viewer, event: Event) -> Result<()> {
        audit::refuse(&self.database, &self.keys, self.now(), viewer, event).await?;
        self.sealer.wake();
        Ok(())
    }

    /// Begins the transaction of a verb.
    pub async fn begin(&self) -> Result<Transaction> {
        self.database.begin().await
    }

    /// Ends the transaction of a verb, and lets its letters go and its event be sealed.
    pub async fn commit(&self, txn: Transaction) -> Result<()> {
        txn.commit().await?;
        self.outbox.wake();
        self.sealer.wake();
        Ok(())
    }

    /// Carries the outbox's letters until told to stop.
    pub fn carry_mail(&self, stop: watch::Receiver<bool>) -> Result<tokio::task::JoinHandle<()>, SetupError> {
        let from = &self.settings.mail_from;
        let transport = match &self.settings.smtp_url {
            Some(url) => Transport::smtp(&url.0, from, self.public_url.clone())?,
            None => Transport::files(self.settings.mail_dir(), from, self.public_url.clone())?,
        };
        let carrier = Carrier {
            database: self.database.clone(),
            keys: self.keys.clone(),
            clock: self.clock.clone(),
            transport,
            patience: outbox::PATIENCE,
        };
        Ok(tokio::spawn(carrier.deliver(self.outbox.clone(), stop)))
    }

    /// Seals what is written into the audit log until told to stop.
    #[must_use]
    pub fn seal_events(&self, stop: watch::Receiver<bool>) -> tokio::task::JoinHandle<()> {
        let sealing = self.sealer.clone().keep_sealing(
            self.database.clone(),
            self.keys.clone(),
            self.clock.clone(),
            stop,
        );
        tokio::spawn(sealing)
    }
}

fn make_private_dir(path: &Path) -> Result<(), OpenError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(path)
        .map_err(|error| OpenError::File(path.display().to_string(), error))
}

fn make_private_file(path: &Path) -> Result<(), OpenError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| OpenError::File(path.display().to_string(), error))
}

/// Writes a file that its owner alone can read, whole, unless it is there already.
pub fn write_private_once(path: &Path, text: &str) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link, and not a rename: of two nodes that start at once, one makes the file and both read it.
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    linked
}

fn read_or_make_secret(path: &Path) -> Result<String, OpenError> {
    let failed = |error| OpenError::File(path.display().to_string(), error);
    match write_private_once_if_missing(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(error)),
        _ => std::fs::read_to_string(path).map_err(failed),
    }
}

fn write_private_once_if_missing(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        Ok(())
    } else {
        write_private_once(path, &format!("{}\n", new_secret()))
    }
}
