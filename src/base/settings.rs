//! The settings: defaults, then the file, then the environment, then flags (`operations.md`).
//!
//! One struct is the table of all of them; `--help`, the environment's names, the file's keys and
//! the check for unknown ones are drawn from it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueEnum};
use ipnet::IpNet;

/// The prefix of our variables.
const PREFIX: &str = "ROLLCALL_";
/// The file that is read when it is there and no other was asked for.
const DEFAULT_FILE: &str = "rollcall.toml";

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
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,

    /// How the server is reached from outside, for links in mails [default: from the listen address].
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

    /// The database [default: `sqlite://DATA_DIR/rollcall.db`]; also `postgres://…`.
    #[arg(long, env = "ROLLCALL_DATABASE_URL", global = true, value_name = "URL", hide_env_values = true, value_parser = database_url)]
    pub database_url: Option<Hidden>,

    /// How many connections to the database at most [default: by cores].
    #[arg(long, env = "ROLLCALL_DATABASE_MAX_CONNECTIONS", global = true, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub database_max_connections: Option<u32>,

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
    #[arg(long, env = "ROLLCALL_SMTP_URL", global = true, value_name = "URL", hide_env_values = true, value_parser = smtp_url)]
    pub smtp_url: Option<Hidden>,

    /// The sender of all mails.
    #[arg(long, env = "ROLLCALL_MAIL_FROM", default_value = "Rollcall <no-reply@localhost>", global = true, value_name = "MAILBOX", value_parser = mailbox)]
    pub mail_from: String,

    /// Whether people may register themselves.
    #[arg(long, env = "ROLLCALL_REGISTRATION", default_value = "open", global = true)]
    pub registration: Registration,

    /// Networks, parted by commas, whose `X-Forwarded-For` is believed.
    #[arg(long, env = "ROLLCALL_TRUSTED_PROXIES", global = true, value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Origins, parted by commas, of consoles that are served elsewhere (CORS).
    #[arg(long, env = "ROLLCALL_ALLOWED_ORIGINS", global = true, value_name = "ORIGINS", value_delimiter = ',', value_parser = origin)]
    pub allowed_origins: Vec<String>,

    /// Limits by source address; `off` is for load tests. Locks, tries of codes and resend intervals stay.
    #[arg(long, env = "ROLLCALL_RATE_LIMITS", default_value = "on", global = true)]
    pub rate_limits: Switch,

    /// Whether clients may read the schema from the API.
    #[arg(long, env = "ROLLCALL_INTROSPECTION", default_value = "on", global = true)]
    pub introspection: Switch,

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

/// Whether people may register themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Registration {
    /// Anyone may.
    Open,
    /// Only staff and team managers make users.
    Closed,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is done.
    On,
    /// It is not.
    Off,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// Lines of JSON for machines.
    Json,
}

/// A value that can hold a password, and that no log or error shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl From<&str> for Hidden {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

fn public_url(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', ' ']) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("it has to be an http:// or https:// address".to_owned()),
    }
}

fn database_url(text: &str) -> Result<Hidden, String> {
    const SCHEMES: [&str; 4] = ["sqlite:", "postgres://", "postgresql://", "mysql://"];
    if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) {
        Ok(text.into())
    } else {
        Err("it has to begin with sqlite://, postgres:// or mysql://".to_owned())
    }
}

fn smtp_url(text: &str) -> Result<Hidden, String> {
    if text.starts_with("smtp://") || text.starts_with("smtps://") {
        Ok(text.into())
    } else {
        Err("it has to begin with smtp:// or smtps://".to_owned())
    }
}

fn mailbox(text: &str) -> Result<String, String> {
    text.parse::<lettre::message::Mailbox>()
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "it has to be a network such as 10.0.0.0/8, or an address".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    public_url(text).and_then(|origin| match origin.split_once("://") {
        Some((_, host)) if !host.contains('/') => Ok(origin),
        _ => Err("it has to be an origin such as https://console.example.com".to_owned()),
    })
}

impl Settings {
    /// The database's URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        match &self.database_url {
            Some(url) => url.0.clone(),
            None => format!("sqlite://{}", self.data_dir.join("rollcall.db").display()),
        }
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

/// Why the settings are no good.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A variable of our prefix that is none of ours.
    #[error("unknown environment variable {0}; `rollcall --help` lists ours")]
    UnknownVariable(String),
    /// A key that is none of ours.
    #[error("{file}: unknown key `{key}`; `rollcall --help` lists ours")]
    UnknownKey {
        /// The file.
        file: String,
        /// The key.
        key: String,
    },
    /// A key whose value is no text, number, switch or list.
    #[error("{file}: the value of `{key}` is not a text, a number, true or false, or a list of texts")]
    BadKey {
        /// The file.
        file: String,
        /// The key.
        key: String,
    },
    /// The file that was asked for is not there or cannot be read.
    #[error("{0}: {1}")]
    Unreadable(String, std::io::Error),
    /// The file is not TOML.
    #[error("{0}: {1}")]
    Malformed(String, String),
}

/// Puts the values of the settings file under the command line's defaults, so that the environment
/// and flags, which clap reads, win over them; and refuses what is unknown.
///
/// # Errors
/// When the environment or the file has what is none of ours, or the file cannot be read.
pub fn layer(
    command: Command,
    arguments: &[OsString],
    environment: impl Iterator<Item = String>,
) -> Result<Command, SettingsError> {
    let keys: BTreeMap<String, String> = command
        .get_arguments()
        .filter_map(|argument| {
            let variable = argument.get_env()?.to_str()?.to_owned();
            Some((argument.get_id().to_string(), variable))
        })
        .collect();
    for name in environment {
        if name.starts_with(PREFIX) && !keys.values().any(|variable| *variable == name) {
            return Err(SettingsError::UnknownVariable(name));
        }
    }
    let Some((path, text)) = read_file(arguments)? else {
        return Ok(command);
    };
    let file = path.display().to_string();
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        SettingsError::Malformed(file.clone(), error.message().to_owned())
    })?;
    table.into_iter().try_fold(command, |command, (key, value)| {
        if !keys.contains_key(&key) {
            return Err(SettingsError::UnknownKey {
                file: file.clone(),
                key,
            });
        }
        let Some(values) = texts(&value) else {
            return Err(SettingsError::BadKey {
                file: file.clone(),
                key,
            });
        };
        Ok(command.mut_arg(key, |argument| argument.default_values(values)))
    })
}

fn texts(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(on) => Some(vec![if *on { "on" } else { "off" }.to_owned()]),
        toml::Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>(),
        _ => None,
    }
}

/// The file that `--config` names, or the one in the working folder when there is one.
fn read_file(arguments: &[OsString]) -> Result<Option<(PathBuf, String)>, SettingsError> {
    let asked = arguments.iter().enumerate().find_map(|(place, argument)| {
        let argument = argument.to_str()?;
        match argument.strip_prefix("--config") {
            Some("") => arguments.get(place + 1).map(PathBuf::from),
            Some(rest) => rest.strip_prefix('=').map(PathBuf::from),
            None => None,
        }
    });
    let path = match asked {
        Some(path) => path,
        None if Path::new(DEFAULT_FILE).exists() => DEFAULT_FILE.into(),
        None => return Ok(None),
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) => Err(SettingsError::Unreadable(path.display().to_string(), error)),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches, Parser};

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[arg(long, global = true)]
        #[allow(dead_code)] // `layer` reads it from the raw arguments.
        config: Option<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    }

    fn load(file: &str, arguments: &[&str]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, file).unwrap();
        let mut all: Vec<OsString> = vec!["rollcall".into(), "--config".into(), path.into()];
        all.extend(arguments.iter().map(OsString::from));
        let command = layer(Cli::command(), &all, std::iter::empty()).map_err(|error| error.to_string())?;
        let matches = command
            .try_get_matches_from(all)
            .map_err(|error| error.to_string())?;
        Ok(Cli::from_arg_matches(&matches).unwrap().settings)
    }

    #[test]
    fn the_file_is_over_the_defaults_and_under_the_flags() {
        let settings = load(
            "listen = '0.0.0.0:99'\nrate_limits = false\nallowed_origins = ['https://a.example']",
            &["--log=debug"],
        );
        let settings = settings.unwrap();
        assert_eq!(settings.listen.port(), 99);
        assert_eq!(settings.rate_limits, Switch::Off);
        assert_eq!(settings.allowed_origins, ["https://a.example"]);
        assert_eq!(settings.log, "debug");
        assert_eq!(
            load("listen = '0.0.0.0:99'", &["--listen=127.0.0.1:1"])
                .unwrap()
                .listen
                .port(),
            1
        );
    }

    #[test]
    fn what_is_unknown_or_bad_is_named() {
        assert!(load("lisen = 'x'", &[]).unwrap_err().contains("`lisen`"));
        assert!(load("listen = 'x'", &[]).unwrap_err().contains("--listen"));
        assert!(load("listen = {}", &[]).unwrap_err().contains("`listen`"));
        assert!(load("x", &[]).is_err());
        let unknown = layer(Cli::command(), &[], std::iter::once("ROLLCALL_LISEN".to_owned()));
        assert!(unknown.unwrap_err().to_string().contains("ROLLCALL_LISEN"));
        let missing = layer(
            Cli::command(),
            &["--config=/nowhere/x.toml".into()],
            std::iter::empty(),
        );
        assert!(missing.unwrap_err().to_string().contains("/nowhere/x.toml"));
    }
}
