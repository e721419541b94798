//! The binary itself, as a process of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};

/// How long a process may take to say that it is ready, or to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command of the binary, with nothing of the tests' environment.
pub fn rollcall(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .kill_on_drop(true);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
pub async fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let output = tokio::time::timeout(PATIENCE, rollcall(arguments, variables).output());
    output.await.expect("the command ends").unwrap()
}

/// How many keepers each database has.
static KEPT: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// Whatever a test did: in the end what is always true of the data is true. A world asks that itself. Of a database that
/// processes alone serve, the program asks it when the last keeper goes. Each node has a keeper; a test that starts one
/// node after the other has one of its own too, so that it is asked once, at the end.
#[derive(Debug)]
pub struct Keeper {
    database: String,
    settings: Vec<String>,
}

impl Keeper {
    /// A keeper of the database that these settings name.
    pub fn of(settings: &[&str]) -> Self {
        let value = |flag: &str| {
            let place = settings.iter().position(|setting| *setting == flag)?;
            settings.get(place + 1).map(|value| (*value).to_owned())
        };
        let database = value("--database-url").or_else(|| value("--data-dir"));
        let database = database.expect("the settings name a database");
        *kept().entry(database.clone()).or_default() += 1;
        Self {
            database,
            settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
        }
    }

    /// Leaves the database to its world. That may go before the last node, so it is left for ever.
    pub fn leave_to_world(database_url: &str) {
        *kept().entry(database_url.to_owned()).or_default() += 1;
    }

    /// Runs `rollcall invariants check`, with the settings of the node.
    fn ask(&self) {
        let settings = self.settings.iter().map(String::as_str);
        let arguments: Vec<&str> = ["invariants", "check"].into_iter().chain(settings).collect();
        // Not by the runtime, which may be at its end.
        let output = rollcall(&arguments, &[]).into_std().output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let broken: Vec<&str> = printed.lines().filter(|line| !line.starts_with("ok ")).collect();
        assert!(
            output.status.success(),
            "the test leaves its data broken:\n{}\n{}",
            broken.join("\n"),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// A test that has failed while it held the lock keeps no other from its end.
fn kept() -> MutexGuard<'static, BTreeMap<String, usize>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let mut kept = kept();
        let count = kept.get_mut(&self.database).expect("it was counted");
        *count -= 1;
        let is_last = *count == 0;
        drop(kept);
        if is_last && !std::thread::panicking() {
            self.ask();
        }
    }
}

/// A serving process.
#[derive(Debug)]
pub struct Node {
    // First: where the server runs to the end of the test, it is asked beside it.
    _keeper: Keeper,
    child: Child,
    pub url: String,
    /// What it printed until it was ready, and the lines that it greets with.
    pub greeting: String,
}

impl Node {
    /// Starts a server on a free port, and waits until it is ready.
    pub async fn start(data_dir: &Path, arguments: &[&str]) -> Self {
        Self::try_start(data_dir, arguments)
            .await
            .unwrap_or_else(|said| panic!("the node did not start: {said}"))
    }

    /// The same; its log goes into this file, however much it is.
    pub async fn start_logging(data_dir: &Path, arguments: &[&str], log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        Self::begin(data_dir, arguments, log.into())
            .await
            .unwrap_or_else(|_| panic!("the node did not start: its log tells"))
    }

    /// The same; what it said when it did not start.
    pub async fn try_start(data_dir: &Path, arguments: &[&str]) -> Result<Self, String> {
        Self::begin(data_dir, arguments, Stdio::piped()).await
    }

    async fn begin(data_dir: &Path, arguments: &[&str], log: Stdio) -> Result<Self, String> {
        let data_dir = data_dir.display().to_string();
        let all = [&["--data-dir", &data_dir, "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = rollcall(&all, &[]).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = String::new();
        let ready = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                greeting.push_str(&line);
                greeting.push('\n');
                // The greeting is written at once: what stands after its third line is there with it.
                if line.trim_start().starts_with("the schema:") {
                    break;
                }
            }
        });
        ready.await.expect("the node says something");
        let url = greeting
            .lines()
            .find_map(|line| line.strip_prefix("Rollcall is ready at "));
        let Some(url) = url.map(str::to_owned) else {
            return Err(read(child.stderr.take()).await);
        };
        Ok(Self {
            _keeper: Keeper::of(&all),
            child,
            url,
            greeting,
        })
    }

    /// Ends it at once, in the middle of whatever it does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Stands it still, so that it hears nothing of what goes on.
    pub async fn freeze(&self) {
        self.signal("-STOP").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.id().expect("the node runs").to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await.unwrap();
        assert!(sent.success(), "{signal}");
    }

    /// Asks it to stop, as a service manager does, and waits for its end.
    pub async fn stop(mut self) -> (ExitStatus, String) {
        self.signal("-TERM").await;
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("the node ends")
            .unwrap();
        (status, read(self.child.stderr.take()).await)
    }
}

/// What a process wrote to its end, where no file took it.
async fn read(log: Option<ChildStderr>) -> String {
    let mut text = String::new();
    if let Some(mut log) = log {
        log.read_to_string(&mut text).await.unwrap();
    }
    text
}
