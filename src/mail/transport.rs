//! The way out: an SMTP server, or files where there is none.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::failure::Failure;
use super::letter::Letter;
use crate::base::id::LetterId;

/// How long connecting to a mail server may take. The rest of a letter's way the carrier limits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why letters cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL of the mail server.
    #[error("the mail server: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The sender.
    #[error("the sender: {0}")]
    Sender(#[from] lettre::address::AddressError),
}

/// Carries letters.
#[derive(Debug)]
pub struct Transport {
    from: Mailbox,
    site: Arc<str>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Files(PathBuf),
}

impl Transport {
    /// To the SMTP server of this URL; encrypted where the server offers it, unless the URL says more.
    pub fn smtp(url: &str, from: &str, site: Arc<str>) -> Result<Self, SetupError> {
        let url = if url.starts_with("smtp://") && !url.contains("tls=") {
            format!(
                "{url}{}tls=opportunistic",
                if url.contains('?') { '&' } else { '?' }
            )
        } else {
            url.to_owned()
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self {
            from: from.parse()?,
            site,
            way: Way::Smtp(Box::new(transport)),
        })
    }

    /// Into files of this folder.
    pub fn files(folder: PathBuf, from: &str, site: Arc<str>) -> Result<Self, SetupError> {
        Ok(Self {
            from: from.parse()?,
            site,
            way: Way::Files(folder),
        })
    }

    /// Sends one letter. Its Message-ID comes from its id, so that a second copy can be told as one.
    pub async fn send(&self, id: LetterId, letter: &Letter) -> Result<(), Failure> {
        let message = self.message(id, letter)?;
        match &self.way {
            Way::Smtp(transport) => {
                transport.send(message).await?;
                tracing::info!(kind = letter.kind, %id, "a letter was sent");
            }
            Way::Files(folder) => {
                let path = folder.join(format!("{id}.eml"));
                write_private(&path, &message.formatted()).await?;
                tracing::info!(kind = letter.kind, file = %path.display(), "no SMTP server is set: a letter was written to a file");
            }
        }
        Ok(())
    }

    /// The mail. Its text comes first, as readers take the last part that they can show (RFC 2046, section 5.1.4).
    fn message(&self, id: LetterId, letter: &Letter) -> Result<Message, Failure> {
        let header = |name, value: &str| {
            let name = HeaderName::new_from_ascii_str(name);
            HeaderValue::new(name, value.to_owned())
        };
        // Quoted-printable for Chinese, too: a code is then alone on its line also in the mail's source.
        let part = |content_type, body| {
            SinglePart::builder()
                .header(content_type)
                .header(ContentTransferEncoding::QuotedPrintable)
                .body(body)
        };
        let parts = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, letter.text(&self.site)))
            .singlepart(part(ContentType::TEXT_HTML, letter.html(&self.site)));
        Ok(Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(letter.to.parse()?)
            .subject(&letter.subject)
            .raw_header(header("Content-Language", &letter.language))
            // No machine's vacation answer shall come back (RFC 3834, section 5).
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .multipart(parts)?)
    }
}

/// Writes a file that its owner alone can read, whole or not at all.
async fn write_private(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt;
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let draft = path.with_extension("tmp");
    let mut file = options.open(&draft).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&draft, path).await
}
