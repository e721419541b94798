//! The letters, one function each. No subject holds a code or a link: subjects show on locked screens.
//!
//! In the text a code stands alone on its line, so that people and programs find it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

mod account;
mod address;
mod team;

pub use account::*;
pub use address::*;
pub use team::*;

use crate::base::text::Email;

/// A letter, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What kind of letter it is: for the log, which never tells more.
    pub kind: String,
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

fn letter(kind: &str, to: &Email, subject: &str, paragraphs: &[&str]) -> Letter {
    let mut text = paragraphs.join("\r\n\r\n");
    text.push_str("\r\n\r\n-- \r\nRollcall\r\n");
    Letter {
        kind: kind.to_owned(),
        to: to.as_str().to_owned(),
        subject: subject.to_owned(),
        text,
    }
}

fn day_and_time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

const NOT_YOU: &str = "If this was not you, tell your administrator.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_alone_on_its_line_and_never_in_the_subject() {
        let to = Email::parse("mia@example.com").unwrap();
        let letters = [
            verification_code(&to, "123456"),
            account_created(&to, "mia", "https://a.example", "123456"),
            email_proposed(&to, "mia", "123456"),
            email_confirmation(&to, "123456"),
            invitation(
                &to,
                "Blue",
                "Developer",
                "https://a.example",
                "123456",
                DateTime::UNIX_EPOCH,
            ),
        ];
        for letter in letters {
            assert_eq!(
                letter.text.lines().filter(|line| *line == "123456").count(),
                1,
                "{}",
                letter.kind
            );
            assert!(!letter.subject.contains("123456"));
        }
    }
}
