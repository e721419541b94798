//! Lays the settings file under the environment and the flags, and refuses what is none of ours.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Command;

/// The prefix of our variables.
const PREFIX: &str = "ROLLCALL_";
/// The file that is read when it is there and no other was asked for.
const DEFAULT_FILE: &str = "rollcall.toml";

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

    use super::super::settings::{Settings, Switch};
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
