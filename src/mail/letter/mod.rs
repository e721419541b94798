//! The letters, one function each; what they say stands in `en` and `zh`, one table a language.
//!
//! No subject holds a code, a link or what somebody typed: subjects show on locked screens. In the text a code
//! stands alone on its line, so that people and programs find it. The only link is that of this Rollcall itself.

use serde::{Deserialize, Serialize};

mod account;
mod address;
mod block;
mod en;
mod html;
mod plain;
mod recipient;
mod security;
mod team;
mod words;
mod zh;

pub use account::*;
pub use address::*;
pub use block::{Block, Span};
pub use recipient::Recipient;
pub use security::*;
pub use team::*;

use crate::base::id::UserId;
use words::Words;

/// The kind of the letters that are dropped.
pub const DECOY: &str = "decoy";

/// A letter, as the outbox keeps it; its text and its HTML are laid out when it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Letter {
    /// What kind of letter it is: for the log, which never tells more.
    pub kind: String,
    /// To whom.
    pub to: String,
    /// Whose letter it is: it goes with the user.
    #[serde(skip)]
    pub owner: Option<UserId>,
    /// The language, as RFC 5646 names it.
    pub language: String,
    /// The subject.
    pub subject: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

impl Letter {
    /// The text part.
    #[must_use]
    pub fn text(&self, site: &str) -> String {
        plain::lay_out(self, Words::of_language(&self.language), site)
    }

    /// The HTML part.
    #[must_use]
    pub fn html(&self, site: &str) -> String {
        html::lay_out(self, Words::of_language(&self.language), site)
    }

    /// The same letter, which is stored like any other and goes to nobody: where an answer must not tell, by its time,
    /// whether there was somebody to write to.
    #[must_use]
    pub fn decoy(self) -> Self {
        Self {
            kind: DECOY.to_owned(),
            ..self
        }
    }

    /// Whether it goes to nobody.
    #[must_use]
    pub fn is_decoy(&self) -> bool {
        self.kind == DECOY
    }
}

/// The forms that the outbox may hold: what an earlier version stored still has to go.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Blocks {
        kind: String,
        to: String,
        language: String,
        subject: String,
        blocks: Vec<Block>,
    },
    Text {
        kind: String,
        to: String,
        subject: String,
        text: String,
    },
}

impl From<Stored> for Letter {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Blocks {
                kind,
                to,
                language,
                subject,
                blocks,
            } => Self {
                kind,
                to,
                owner: None,
                language,
                subject,
                blocks,
            },
            Stored::Text {
                kind,
                to,
                subject,
                text,
            } => Self {
                kind,
                to,
                owner: None,
                language: words::ENGLISH.to_owned(),
                subject,
                blocks: block::of_text(&text),
            },
        }
    }
}

/// The letter of this kind: the table's row of the recipient's language, filled in.
macro_rules! letter {
    ($to:expr, $kind:ident $(, $name:ident)*) => {
        $crate::mail::letter::write(
            $to,
            stringify!($kind),
            |words| &words.$kind,
            &[$((stringify!($name), $name.to_string())),*],
        )
    };
}
use letter;

fn write(
    to: &Recipient,
    kind: &str,
    row: fn(&Words) -> &words::Text,
    values: &[(&'static str, String)],
) -> Letter {
    let words = Words::of(to.locale);
    let text = row(words);
    Letter {
        kind: kind.to_owned(),
        to: to.email.as_str().to_owned(),
        owner: to.user_id,
        language: words.language.to_owned(),
        subject: block::fill_subject(text.subject, values),
        blocks: block::fill(text.body, values),
    }
}
