//! What a letter says, in pieces that the text part and the HTML part lay out each in its way.
//!
//! A body in the tables is plain text. Blank lines part its paragraphs; a paragraph of nothing but `{code}` or `{site}`
//! is the code or the link; one of lines that begin with `> ` holds facts, "name: value"; with `- `, a list. A name
//! in braces stands for a value. It is filled in after the body was taken apart, so that no value, whoever
//! typed it, can be taken for anything else than itself.

use serde::{Deserialize, Serialize};

/// The longest value that a letter shows, in characters: a user agent can be as long as a request's head.
const LONGEST: usize = 160;

/// One piece of a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A paragraph.
    Text(Vec<Span>),
    /// Names with their values.
    Facts(Vec<(String, Vec<Span>)>),
    /// A list.
    List(Vec<Vec<Span>>),
    /// A code, alone on its line.
    Code(String),
    /// The link to this Rollcall.
    Site,
}

/// A run of words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// From our tables.
    Ours(String),
    /// A value: names, addresses, times.
    Value(String),
}

impl Span {
    /// Its words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ours(text) | Self::Value(text) => text,
        }
    }
}

/// The values of a letter, by name.
pub(super) type Values<'a> = &'a [(&'static str, String)];

/// A body with its values.
pub(super) fn fill(body: &str, values: Values<'_>) -> Vec<Block> {
    paragraphs(body)
        .map(|paragraph| match paragraph {
            "{code}" => Block::Code(value("code", values)),
            "{site}" => Block::Site,
            _ if paragraph.starts_with("> ") => Block::Facts(
                items(paragraph, "> ")
                    // A Chinese colon is another character.
                    .filter_map(|line| line.split_once(": ").or_else(|| line.split_once('：')))
                    .map(|(name, fact)| (name.to_owned(), spans(fact, values)))
                    .collect(),
            ),
            _ if paragraph.starts_with("- ") => {
                Block::List(items(paragraph, "- ").map(|item| spans(item, values)).collect())
            }
            _ => Block::Text(spans(paragraph, values)),
        })
        .collect()
}

/// A subject: a value in it is one of ours, as the days in "expires in 7 days".
pub(super) fn fill_subject(subject: &str, values: Values<'_>) -> String {
    spans(subject, values).iter().map(Span::as_str).collect()
}

/// The paragraphs of a letter that an earlier version laid out.
pub(super) fn of_text(text: &str) -> Vec<Block> {
    let body = text.rsplit_once("\r\n\r\n-- \r\n").map_or(text, |(body, _)| body);
    body.split("\r\n\r\n")
        .map(|paragraph| {
            let is_code =
                matches!(paragraph.len(), 6 | 8) && paragraph.bytes().all(|byte| byte.is_ascii_digit());
            if is_code {
                Block::Code(paragraph.to_owned())
            } else {
                Block::Text(vec![Span::Value(paragraph.to_owned())])
            }
        })
        .collect()
}

pub(super) fn paragraphs(body: &str) -> impl Iterator<Item = &str> {
    body.split("\n\n").map(str::trim).filter(|text| !text.is_empty())
}

fn items<'a>(paragraph: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    paragraph.lines().filter_map(move |line| line.strip_prefix(mark))
}

/// The words of a text and the values between them.
fn spans(text: &str, values: Values<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some((ours, name, after)) = rest
        .split_once('{')
        .and_then(|(ours, tail)| tail.split_once('}').map(|(name, after)| (ours, name, after)))
    {
        if !ours.is_empty() {
            spans.push(Span::Ours(ours.to_owned()));
        }
        spans.push(Span::Value(value(name, values)));
        rest = after;
    }
    if !rest.is_empty() {
        spans.push(Span::Ours(rest.to_owned()));
    }
    spans
}

fn value(name: &str, values: Values<'_>) -> String {
    let value = values.iter().find(|(known, _)| *known == name);
    debug_assert!(value.is_some(), "a letter without its {name}");
    value.map(|(_, value)| clean(value)).unwrap_or_default()
}

/// One line, without what cannot be seen, turns the direction of writing or is too long to be read.
fn clean(value: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let seen: String = value
        .chars()
        .map(|c| if is_hidden(c) { ' ' } else { c })
        .collect();
    let mut words: String = seen.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(end);
        words.push('…');
    }
    words
}
