//! The two servers as processes: Rollcall, and the limit.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::{Connection, get};
use crate::{Result, limit};

/// The super admin's account.
pub const ADMIN: &str = "admin";
/// The password of everybody who logs in here.
pub const PASSWORD: &str = "Ninety-nine-red-balloons-7";
/// The function that Rollcall answers a request in, as callgrind calls it: from the first of it to the last, with all that
/// it calls.
const ANSWERS: &str = "rollcall::http::envelope::envelope::*closure*";

/// A running server. It ends when this is dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Where a Rollcall runs: its program, its data folder and its database.
#[derive(Clone, Debug)]
pub struct Home {
    /// The program.
    pub program: PathBuf,
    /// The data folder, with the secret and the log.
    pub folder: PathBuf,
    /// The database; none for the SQLite file of the folder.
    pub database_url: Option<String>,
}

impl Home {
    /// A command of Rollcall, with nothing of our own environment.
    fn command(&self) -> Command {
        self.settled(Command::new(&self.program))
    }

    fn settled(&self, mut command: Command) -> Command {
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("ROLLCALL_DATA_DIR", &self.folder)
            .env("ROLLCALL_LISTEN", "127.0.0.1:0")
            .env("ROLLCALL_SUPER_ADMIN_ACCOUNT", ADMIN)
            .env("ROLLCALL_SUPER_ADMIN_PASSWORD", PASSWORD)
            .env("ROLLCALL_RATE_LIMITS", "off")
            .env("ROLLCALL_LOG", "warn")
            .stdin(Stdio::null());
        if let Some(url) = &self.database_url {
            command.env("ROLLCALL_DATABASE_URL", url);
        }
        command
    }

    /// Fills the database with this many users, unless it was filled before.
    pub fn seed_once(&self, users: usize) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let seeded = self.folder.join("seeded");
        if seeded.exists() {
            return Ok(());
        }
        let status = self
            .command()
            .args(["seed", "--users", &users.to_string(), "--password", PASSWORD])
            .status()?;
        if status.success() {
            Ok(fs::write(seeded, "")?)
        } else {
            Err("`rollcall seed` failed".into())
        }
    }

    /// Starts to serve, and waits until it says where.
    pub fn serve(&self) -> Result<Server> {
        self.start(self.command())
    }

    /// The same, with the instructions of its answers counted: into this file, when it ends. What else a server does goes by
    /// the clock, and by what else the machine does.
    pub fn serve_counted(&self, file: &Path) -> Result<Server> {
        let out = format!("--callgrind-out-file={}", file.display());
        let mut command = Command::new("valgrind");
        let answers = format!("--toggle-collect={ANSWERS}");
        command
            .args(["--tool=callgrind", &out, &answers])
            .arg(&self.program);
        self.start(self.settled(command))
    }

    fn start(&self, mut command: Command) -> Result<Server> {
        fs::create_dir_all(&self.folder)?;
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(log(&self.folder.join("rollcall.log"))?)
            .spawn()?;
        let out = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let url = lines.find_map(|line| {
            let line = line.ok()?;
            Some(line.strip_prefix("Rollcall is ready at http://")?.to_owned())
        });
        // What else it greets with is read by nobody, and fits into the pipe.
        std::mem::forget(lines);
        let address = url
            .ok_or("Rollcall did not start: its log tells why")?
            .trim_end_matches('/')
            .parse()?;
        Ok(Server { child, address })
    }

    /// The text of the secret file.
    pub fn secret(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.join("secret"))?)
    }
}

impl Server {
    /// Starts the limit beside Rollcall, on the same database, as a process of its own.
    pub async fn limit(rollcall: &Self, home: &Home, (program, options): (&Path, &[String])) -> Result<Self> {
        let mut connection = Connection::open(rollcall.address).await?;
        let jwks = connection
            .ask(&get("/.well-known/jwks.json"))
            .await?
            .body
            .to_vec();
        let path = home.folder.join("jwks.json");
        fs::write(&path, jwks)?;
        let url = home
            .database_url
            .as_deref()
            .ok_or("the limit is for PostgreSQL")?;
        let mut child = Command::new(program)
            .args(["limit", "--database-url", url, "--jwks"])
            .arg(path)
            .arg("--secret-file")
            .arg(home.folder.join("secret"))
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log(&home.folder.join("limit.log"))?)
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or("no standard output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line
            .trim()
            .parse()
            .map_err(|_| "the limit did not start: its log tells why")?;
        Ok(Self { child, address })
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stands the process still, so that it takes nothing of the machine while another is measured.
    pub fn freeze(&self) -> Result<()> {
        self.signal("-STOP")
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<()> {
        self.signal("-CONT")
    }

    /// Ends it as its operator would, and waits until it has ended.
    pub fn end(mut self) -> Result<()> {
        self.signal("-TERM")?;
        self.child.wait()?;
        Ok(())
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill")
            .args([signal, &self.pid().to_string()])
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("kill {signal} failed").into())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a start takes until `/readyz` answers.
pub async fn start_time(home: &Home) -> Result<Duration> {
    let begin = Instant::now();
    let server = home.serve()?;
    let mut connection = Connection::open(server.address).await?;
    let answer = connection.ask(&get("/readyz")).await?;
    if answer.status == 200 {
        Ok(begin.elapsed())
    } else {
        Err("a server that is not ready".into())
    }
}

/// Runs the limit in this process: prints where it listens, and serves until it is ended.
pub async fn run_limit(setup: limit::Setup) -> Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    limit::serve(setup, listener).await
}

fn log(path: &Path) -> Result<Stdio> {
    Ok(fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?
        .into())
}
