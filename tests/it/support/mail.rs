//! A mail server that takes letters, or refuses them when a test asks for it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How long a test waits for a letter before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A letter that arrived.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// As it came.
    pub raw: String,
    pub message_id: String,
    read: bool,
}

impl Mail {
    /// The code of this many digits that stands alone on its line.
    pub fn code(&self, digits: usize) -> String {
        self.find_code(digits)
            .unwrap_or_else(|| panic!("no code of {digits} digits in {:?}", self.text))
            .to_owned()
    }

    /// The same, where there is one.
    pub fn find_code(&self, digits: usize) -> Option<&str> {
        let mut lines = self.text.lines();
        lines.find(|line| line.len() == digits && line.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Whether six digits stand together anywhere: as many as a code has, and more than a port.
    pub fn has_code(&self) -> bool {
        let mut words = self.text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The value that stands beside this name.
    pub fn fact(&self, name: &str) -> String {
        self.text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.text))
            .to_owned()
    }
}

#[derive(Debug, Default)]
struct Inbox {
    mails: Mutex<Vec<Mail>>,
    arrived: Notify,
    refuses: AtomicBool,
    refused: AtomicUsize,
    refuses_for_good: AtomicBool,
    /// To whom nothing is answered any more.
    ignored: Mutex<Option<String>>,
    falls_silent: AtomicBool,
    /// Whether nobody is greeted.
    hangs: AtomicBool,
    /// Whether what was taken is not answered yet.
    waits: AtomicBool,
    goes_on: Notify,
    answered: AtomicUsize,
}

impl Inbox {
    fn is_ignored(&self, line: &str) -> bool {
        let ignored = self.ignored.lock().unwrap();
        ignored
            .as_ref()
            .is_some_and(|address| line.contains(&format!("<{address}>")))
    }
}

/// The mail server.
#[derive(Clone, Debug)]
pub struct MailServer {
    inbox: Arc<Inbox>,
    pub url: String,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let inbox = Arc::new(Inbox::default());
        let served = inbox.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let inbox = served.clone();
                // A client that hangs up in the middle is no fault of the server's.
                tokio::spawn(async move { drop(converse(stream, &inbox).await) });
            }
        });
        Self { inbox, url }
    }

    /// The next letter to this address that the test has not read.
    pub async fn to(&self, address: &str) -> Mail {
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                let arrived = self.inbox.arrived.notified();
                if let Some(mail) = self.take(address) {
                    return mail;
                }
                arrived.await;
            }
        });
        found
            .await
            .unwrap_or_else(|_| panic!("no letter to {address} arrived; there are {:?}", self.titles()))
    }

    fn take(&self, address: &str) -> Option<Mail> {
        let mut mails = self.inbox.mails.lock().unwrap();
        let mail = mails
            .iter_mut()
            .find(|mail| !mail.read && mail.to.eq_ignore_ascii_case(address))?;
        mail.read = true;
        Some(mail.clone())
    }

    fn titles(&self) -> Vec<(String, String)> {
        let titles = self.all().into_iter().map(|mail| (mail.to, mail.subject));
        titles.collect()
    }

    /// All letters that arrived.
    pub fn all(&self) -> Vec<Mail> {
        self.inbox.mails.lock().unwrap().clone()
    }

    /// The Message-IDs of all letters that arrived.
    pub fn message_ids(&self) -> Vec<String> {
        let mails = self.inbox.mails.lock().unwrap();
        mails.iter().map(|mail| mail.message_id.clone()).collect()
    }

    /// Refuses all letters from here on, or takes them again.
    pub fn refuse(&self, refuses: bool) {
        self.inbox.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Refuses all letters with an answer that says so for ever, and names the address.
    pub fn refuse_for_good(&self, refuses: bool) {
        self.inbox.refuses_for_good.store(refuses, Ordering::SeqCst);
    }

    /// Answers nothing more once a letter goes to this address, and keeps the connection.
    pub fn ignore(&self, address: Option<&str>) {
        *self.inbox.ignored.lock().unwrap() = address.map(str::to_owned);
    }

    /// Takes letters from here on and does not say so; or says it again.
    pub fn fall_silent(&self, falls_silent: bool) {
        self.inbox.falls_silent.store(falls_silent, Ordering::SeqCst);
    }

    /// Takes connections from here on and never says a word; or speaks again.
    pub fn hang(&self, hangs: bool) {
        self.inbox.hangs.store(hangs, Ordering::SeqCst);
    }

    /// Takes letters from here on and does not say so until it is told to.
    pub fn wait(&self) {
        self.inbox.waits.store(true, Ordering::SeqCst);
    }

    /// Says of the letters that they were taken; returns when it has.
    pub async fn go_on(&self) {
        self.inbox.waits.store(false, Ordering::SeqCst);
        self.inbox.goes_on.notify_waiters();
        self.until(|| self.inbox.answered.load(Ordering::SeqCst) > 0)
            .await;
    }

    /// Waits until this many letters were refused, or met a server that does not answer.
    pub async fn refused(&self, count: usize) {
        self.until(|| self.inbox.refused.load(Ordering::SeqCst) >= count)
            .await;
    }

    async fn until(&self, holds: impl Fn() -> bool) {
        let holds = tokio::time::timeout(PATIENCE, async {
            loop {
                let arrived = self.inbox.arrived.notified();
                if holds() {
                    return;
                }
                arrived.await;
            }
        });
        holds.await.expect("letters come");
    }
}

/// A conversation after RFC 5321, as far as a client of ours goes.
async fn converse(stream: TcpStream, inbox: &Inbox) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if inbox.hangs.load(Ordering::SeqCst) {
        inbox.refused.fetch_add(1, Ordering::SeqCst);
        inbox.arrived.notify_waiters();
        // For as long as the other side stays.
        return stream.read_line(&mut String::new()).await.map(drop);
    }
    stream.write_all(b"220 test ESMTP\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line
            .split([' ', '\r', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "RCPT" if inbox.is_ignored(&line) => {
                inbox.refused.fetch_add(1, Ordering::SeqCst);
                inbox.arrived.notify_waiters();
                std::future::pending().await
            }
            "RCPT" if inbox.refuses_for_good.load(Ordering::SeqCst) => {
                inbox.refused.fetch_add(1, Ordering::SeqCst);
                inbox.arrived.notify_waiters();
                let address = line.split(['<', '>']).nth(1).unwrap_or_default();
                stream
                    .write_all(format!("550 5.1.1 <{address}>: nobody here\r\n").as_bytes())
                    .await?;
                continue;
            }
            "RCPT" if inbox.refuses.load(Ordering::SeqCst) => {
                inbox.refused.fetch_add(1, Ordering::SeqCst);
                inbox.arrived.notify_waiters();
                b"451 not now\r\n"
            }
            "EHLO" | "HELO" | "MAIL" | "RCPT" | "RSET" | "NOOP" => b"250 ok\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let raw = read_data(&mut stream).await?;
                inbox.mails.lock().unwrap().push(parse(&raw));
                inbox.arrived.notify_waiters();
                if inbox.falls_silent.load(Ordering::SeqCst) {
                    std::future::pending::<()>().await;
                }
                let goes_on = inbox.goes_on.notified();
                if inbox.waits.load(Ordering::SeqCst) {
                    goes_on.await;
                }
                stream.write_all(b"250 taken\r\n").await?;
                inbox.answered.fetch_add(1, Ordering::SeqCst);
                inbox.arrived.notify_waiters();
                continue;
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"502 unknown\r\n",
        };
        stream.write_all(answer).await?;
    }
}

async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n.\r\n") {
        raw.push(stream.read_u8().await?);
    }
    raw.truncate(raw.len() - 3);
    Ok(raw)
}

fn parse(raw: &[u8]) -> Mail {
    let message = MessageParser::default().parse(raw).expect("a letter is a mail");
    Mail {
        to: message
            .to()
            .and_then(|to| to.first())
            .and_then(|to| to.address())
            .unwrap_or_default()
            .to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        raw: String::from_utf8_lossy(raw).into_owned(),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        read: false,
    }
}
