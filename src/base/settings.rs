//! The settings: defaults, then the file, then the environment, then flags (`operations.md`).
//!
//! One struct is the table of all of them; `--help`, the environment's names, the file's keys and
//! the check for unknown ones are drawn from it. `settings_file` puts the layers on each other.

mod value;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;

use value::{address, mailbox, network, origin, public_url};

pub use value::{Hidden, LogFormat, Pooler, Registration, Switch};

/// How Rollcall is set up.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Where to serve; port 0 takes a free one.
    #[arg(
        long,
        env = "ROLLCALL_LISTEN",
        default_value = "127.0.0.1:8080",
        global = true,
        value_name = "ADDRESS",
        value_parser = address
    )]
    pub listen: SocketAddr,

    /// How the server is reached from outside, for links in mails and for passkeys [default: from the listen address].
    #[arg(long, env = "ROLLCALL_PUBLIC_URL", global = true, value_name = "URL", value_parser = public_url)]
    pub public_url: Option<String>,

    /// Where the database, the secret and, without an SMTP server, outgoing mail are kept; made with mode 0700.
    #[arg(
        long,
        env = "ROLLCALL_DATA_DIR",
        default_value = "./data",
        global = true,
        value_name = "FOLDER"
    )]
    pub data_dir: PathBuf,

    /// The database [default: `sqlite://DATA_DIR/rollcall.db`]; also `postgres://…`, `mysql://…`.
    #[arg(
        long,
        env = "ROLLCALL_DATABASE_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<Hidden>,

    /// A copy of the database that follows it, for reads that may lag; PostgreSQL alone. Rights are never read there, and
    /// everybody sees at once what they have done themselves.
    #[arg(
        long,
        env = "ROLLCALL_DATABASE_REPLICA_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_replica_url: Option<Hidden>,

    /// How many connections to the database at most [default: by cores].
    #[arg(long, env = "ROLLCALL_DATABASE_MAX_CONNECTIONS", global = true, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub database_max_connections: Option<u32>,

    /// What stands before PostgreSQL and shares its sessions: `transaction` for a pooler such as PgBouncer in its mode of
    /// this name, which gives a session to one transaction at a time.
    #[arg(long, env = "ROLLCALL_DATABASE_POOLER", default_value = "none", global = true)]
    pub database_pooler: Pooler,

    /// The file that all keys are derived from [default: `DATA_DIR/secret`]; made at the first start, mode 0600.
    #[arg(long, env = "ROLLCALL_SECRET_FILE", global = true, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,

    /// The super admin's account; used at the first start only.
    #[arg(
        long,
        env = "ROLLCALL_SUPER_ADMIN_ACCOUNT",
        default_value = "admin",
        global = true,
        value_name = "ACCOUNT"
    )]
    pub super_admin_account: String,

    /// The super admin's password; used at the first start only [default: generated, and shown once].
    #[arg(
        long,
        env = "ROLLCALL_SUPER_ADMIN_PASSWORD",
        global = true,
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub super_admin_password: Option<Hidden>,

    /// The mail server: `smtp://user:password@host:587` (STARTTLS where offered; `?tls=required` insists) or
    /// `smtps://…` [default: none, and mails become files in `DATA_DIR/mail`].
    #[arg(
        long,
        env = "ROLLCALL_SMTP_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    pub smtp_url: Option<Hidden>,

    /// The sender of all mails.
    #[arg(long, env = "ROLLCALL_MAIL_FROM", default_value = "Rollcall <no-reply@localhost>", global = true, value_name = "MAILBOX", value_parser = mailbox)]
    pub mail_from: String,

    /// Whether people may register themselves.
    #[arg(long, env = "ROLLCALL_REGISTRATION", default_value = "open", global = true)]
    pub registration: Registration,

    /// Whether platform staff need a second factor, dynamic codes or a passkey; who has none yet enrols within the login.
    #[arg(long, env = "ROLLCALL_REQUIRE_STAFF_TOTP", default_value = "false", global = true, action = clap::ArgAction::Set)]
    pub require_staff_totp: bool,

    /// Networks, separated by commas, whose `X-Forwarded-For` is believed.
    #[arg(long, env = "ROLLCALL_TRUSTED_PROXIES", global = true, value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Origins, separated by commas, of consoles that are served elsewhere (CORS).
    #[arg(long, env = "ROLLCALL_ALLOWED_ORIGINS", global = true, value_name = "ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub allowed_origins: Vec<String>,

    /// Limits by source address; `off` is for load tests. Locks, tries of codes and resend intervals stay.
    #[arg(long, env = "ROLLCALL_RATE_LIMITS", default_value = "on", global = true)]
    pub rate_limits: Switch,

    /// Whether clients may read the schema from the API; `off` also turns off GraphiQL and `/schema.graphql`.
    #[arg(long, env = "ROLLCALL_INTROSPECTION", default_value = "on", global = true)]
    pub introspection: Switch,

    /// Where to serve metrics for Prometheus, at `/metrics`; port 0 takes a free one.
    #[arg(long, env = "ROLLCALL_METRICS_LISTEN", global = true, value_name = "ADDRESS", value_parser = address)]
    pub metrics_listen: Option<SocketAddr>,

    /// What to log: a filter as in `tracing`, such as `info,rollcall=debug`.
    #[arg(
        long,
        env = "ROLLCALL_LOG",
        default_value = "info",
        global = true,
        value_name = "FILTER"
    )]
    pub log: String,

    /// How to log.
    #[arg(long, env = "ROLLCALL_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,
}

impl Settings {
    /// Checks the values that can hold a password: the command line's own errors would show them.
    ///
    /// # Errors
    /// The setting's name, and what it has to be.
    pub fn check(&self) -> Result<(), String> {
        let begins = |value: Option<&Hidden>, schemes: &[&str]| {
            value.is_none_or(|url| schemes.iter().any(|scheme| url.0.starts_with(scheme)))
        };
        if !begins(
            self.database_url.as_ref(),
            &["sqlite:", "postgres://", "postgresql://", "mysql://"],
        ) {
            return Err(
                "--database-url (ROLLCALL_DATABASE_URL) has to begin with sqlite://, postgres:// or mysql://"
                    .to_owned(),
            );
        }
        let replica = self.database_replica_url.as_ref();
        let postgres = ["postgres://", "postgresql://"];
        if !begins(replica, &postgres)
            || (replica.is_some() && !begins(self.database_url.as_ref(), &postgres))
        {
            return Err(
                "--database-replica-url (ROLLCALL_DATABASE_REPLICA_URL) has to begin with postgres://, and so has \
                 the database's own"
                    .to_owned(),
            );
        }
        if self.database_pooler != Pooler::None && !self.database_url().starts_with("postgres") {
            return Err("--database-pooler (ROLLCALL_DATABASE_POOLER) is for postgres:// alone".to_owned());
        }
        if !begins(self.smtp_url.as_ref(), &["smtp://", "smtps://"]) {
            return Err("--smtp-url (ROLLCALL_SMTP_URL) has to begin with smtp:// or smtps://".to_owned());
        }
        Ok(())
    }

    /// The database's URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.0.clone(),
            None => format!("sqlite://{}", self.data_dir.join("rollcall.db").display()),
        }
    }

    /// Whether there is a database: the file of the default one, or one that is named.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.database_url.is_some() || self.data_dir.join("rollcall.db").exists()
    }

    /// The secret file's path.
    #[must_use]
    pub fn secret_file(&self) -> PathBuf {
        self.secret_file
            .clone()
            .unwrap_or_else(|| self.data_dir.join("secret"))
    }

    /// How the server is reached from outside.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.public_url
            .clone()
            .unwrap_or_else(|| format!("http://{}", self.listen))
    }

    /// Where mails go that no server takes.
    #[must_use]
    pub fn mail_dir(&self) -> PathBuf {
        self.data_dir.join("mail")
    }
}
