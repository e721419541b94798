//! The program and the shell of who follows the README.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::process::Keeper;

/// How long the program or a block may take before the test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program, in this folder, without what the one who runs the tests has set.
fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROLLCALL_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the program to its end.
pub fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    program(folder)
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// A running server.
pub struct Node {
    child: Child,
    pub url: String,
    /// What it says when it is ready.
    pub greeting: Vec<String>,
    log: Receiver<String>,
    _keeper: Keeper,
}

impl Node {
    /// Starts, and waits for a greeting of so many lines: the first start of a database says more.
    pub fn start(folder: &Path, flags: &[&str], length: usize) -> Self {
        let mut child = program(folder)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = lines(child.stdout.take().unwrap());
        let log = lines(child.stderr.take().unwrap());
        let mut greeting = Vec::new();
        while greeting.len() < length {
            match output.recv_timeout(PATIENCE) {
                Ok(line) => greeting.push(line),
                Err(error) => panic!(
                    "the server did not start ({error}): {:?}",
                    log.try_iter().collect::<Vec<_>>()
                ),
            }
        }
        let url = greeting[0].rsplit(' ').next().unwrap().to_owned();
        let data_dir = folder.join("data");
        let data_dir = ["--data-dir", data_dir.to_str().unwrap()];
        Self {
            child,
            url,
            greeting,
            log,
            _keeper: Keeper::of(&[&data_dir, flags].concat()),
        }
    }

    /// Waits until the log tells of the next letter with a code that was written.
    pub fn wait_for_letter(&self) {
        loop {
            let line = self.log.recv_timeout(PATIENCE).expect("a letter is written");
            if line.contains("a letter was written to a file") && line.contains("verification_code") {
                assert!(line.contains("data/mail/"), "the log names the file: {line}");
                return;
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The shell of who follows the README.
pub struct Shell {
    child: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Shell {
    pub fn start(folder: &Path, node: &Node) -> Self {
        let mut child = Command::new("sh")
            .current_dir(folder)
            .env("URL", &node.url)
            .env("no_proxy", "*")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = lines(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Runs a block; answers what it prints.
    pub fn run(&mut self, script: &str) -> String {
        const END: &str = "== the end of the block";
        writeln!(self.input, "{script}\nprintf '\\n%s\\n' '{END}'").unwrap();
        let mut text = String::new();
        loop {
            let line = self
                .output
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("{script} does not end; so far: {text}"));
            if line == END {
                return text.trim().to_owned();
            }
            text += &line;
            text.push('\n');
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a pipe, read by a thread of its own, so that who waits for one can give up.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
