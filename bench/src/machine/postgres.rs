//! A PostgreSQL of our own, with the settings of production: what is committed is on the disk.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokio_postgres::{Client, NoTls};

use crate::Result;

/// What differs from a fresh installation, as the report shows it.
pub const SETTINGS: &str = "shared_buffers = 512MB
max_connections = 200
max_wal_size = 4GB
checkpoint_timeout = 30min
random_page_cost = 1.1
effective_cache_size = 4GB
fsync = on
synchronous_commit = on
autovacuum = on
";

/// A running server. It is stopped when this is dropped.
pub struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts the server in the folder; makes it, where there is none. Needs the project's folder as the working folder.
    pub fn start(folder: &Path) -> Result<Self> {
        let programs = PathBuf::from(said(
            Command::new("scripts/with-services").arg("--find-postgres"),
        )?);
        fs::create_dir_all(folder)?;
        let data = folder.join("postgres");
        if !data.join("PG_VERSION").exists() {
            fs::create_dir_all(&data)?;
            // It refuses to run as root, and wants its folder for itself.
            if is_root() {
                said(Command::new("chown").arg("postgres").arg(folder).arg(&data))?;
            }
            said(as_owner(&programs.join("initdb")).arg("-D").arg(&data).args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ]))?;
        }
        let port = free_port()?;
        let sockets =
            format!("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = {port}\n");
        fs::write(data.join("postgresql.auto.conf"), format!("{SETTINGS}{sockets}"))?;
        said(
            as_owner(&programs.join("pg_ctl"))
                .args(["start", "--silent", "--wait", "-D"])
                .arg(&data)
                .arg("-l")
                .arg(data.join("bench.log")),
        )?;
        Ok(Self { programs, data, port })
    }

    /// The URL of a database.
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The first of the server's processes: the others are its children.
    pub fn pid(&self) -> Result<u32> {
        let file = fs::read_to_string(self.data.join("postmaster.pid"))?;
        Ok(file.lines().next().unwrap_or_default().trim().parse()?)
    }

    /// The server's version, in words.
    pub async fn version(&self) -> Result<String> {
        let row = connect(&self.url("postgres")).await?;
        Ok(row.query_one("SHOW server_version", &[]).await?.try_get(0)?)
    }

    /// Makes the database where it is missing; answers its URL.
    pub async fn make(&self, database: &str) -> Result<String> {
        let server = connect(&self.url("postgres")).await?;
        let found = server
            .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&database])
            .await?;
        if found.is_none() {
            // From the template that nobody can be connected to: a copy of one in use is refused.
            server
                .batch_execute(&format!("CREATE DATABASE {database} TEMPLATE template0"))
                .await?;
        }
        Ok(self.url(database))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = as_owner(&self.programs.join("pg_ctl"));
        stop.args(["stop", "--silent", "--mode=fast", "-D"])
            .arg(&self.data);
        if let Err(error) = said(&mut stop) {
            eprintln!("PostgreSQL does not stop: {error}");
        }
    }
}

/// A connection for what prepares the measurement.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        // Its end is seen by who asks next.
        let _ = connection.await;
    });
    Ok(client)
}

/// Runs a command to its end; answers what it printed. What it complains of is shown.
fn said(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    } else {
        Err(format!("{} failed", command.get_program().display()).into())
    }
}

/// The program, run by somebody who is not root.
fn as_owner(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    // The folder that we are in may be closed to them.
    command.current_dir("/");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A port that was free just now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
