//! Why a letter did not go, in words that may be logged and kept: a mail server's own answer may hold the address.

use std::error::Error;
use std::fmt;

/// How long a reason is at the most: as much as its column holds.
const LONGEST: usize = 128;
/// The answers to a letter that mean it, and not the server's settings: no such mailbox, no longer here, a bad name, a
/// content that is not wanted (RFC 5321, section 4.2.3; RFC 7504). A wrong password, say, is the operator's to mend.
const REFUSALS: [&str; 6] = ["550", "551", "553", "554", "555", "556"];

/// Why a letter did not go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    reason: String,
    is_final: bool,
}

impl Failure {
    fn new(reason: impl Into<String>, is_final: bool) -> Self {
        let mut reason: String = reason.into();
        if let Some((end, _)) = reason.char_indices().nth(LONGEST) {
            reason.truncate(end);
        }
        Self { reason, is_final }
    }

    /// The letter was sealed with another secret.
    pub(super) fn sealed_elsewhere() -> Self {
        Self::new("sealed with a secret that is no longer in the secret file", false)
    }

    /// It took too long.
    pub(super) fn timeout() -> Self {
        Self::new("timeout", false)
    }

    /// Whether another try is not likely to end in another way.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.is_final
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl From<lettre::transport::smtp::Error> for Failure {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        if let Some(status) = error.status() {
            let status = status.to_string();
            let is_final = REFUSALS.contains(&status.as_str());
            let reason = match enhanced(&said) {
                Some(more) => format!("SMTP {status} {more}"),
                None => format!("SMTP {status}"),
            };
            return Self::new(reason, is_final);
        }
        if error.is_timeout() {
            return Self::timeout();
        }
        if error.is_response() {
            return Self::new("the mail server speaks no SMTP", false);
        }
        // What happened before the server was told of any letter: names of machines, and why not.
        let class = if error.is_tls() { "TLS" } else { "connection" };
        Self::new(format!("{class}: {said}"), false)
    }
}

impl From<lettre::error::Error> for Failure {
    fn from(_: lettre::error::Error) -> Self {
        Self::new("it cannot be written as a mail", true)
    }
}

impl From<lettre::address::AddressError> for Failure {
    fn from(_: lettre::address::AddressError) -> Self {
        Self::new("its address is none", true)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(format!("file: {error}"), false)
    }
}

/// The enhanced status code that an answer begins with (RFC 3463), as in `5.1.1 <mia@example.com>: unknown`.
fn enhanced(answer: &str) -> Option<&str> {
    let word = answer.split_whitespace().next()?;
    let mut numbers = word.split('.');
    let is_number = |part: Option<&str>| {
        part.is_some_and(|part| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let is_code = (0..3).all(|_| is_number(numbers.next())) && numbers.next().is_none();
    is_code.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_the_code_alone_is_kept() {
        assert_eq!(enhanced("5.1.1 <mia@example.com>: unknown"), Some("5.1.1"));
        for other in [
            "",
            "mia@example.com unknown",
            "5.1 no",
            "5.1.1.1",
            "5..1",
            "1234.1.1",
        ] {
            assert_eq!(enhanced(other), None, "{other}");
        }
    }

    #[test]
    fn a_reason_is_no_longer_than_its_column() {
        let failure = Failure::new("é".repeat(300), false);
        assert_eq!(failure.to_string().chars().count(), LONGEST);
    }
}
