//! The text part of a letter (RFC 3676, section 4.3, for its signature).

use super::Letter;
use super::block::{Block, Span};
use super::words::Words;

const BREAK: &str = "\r\n";

pub(super) fn lay_out(letter: &Letter, words: &Words, site: &str) -> String {
    let mut paragraphs: Vec<String> = letter
        .blocks
        .iter()
        .map(|block| match block {
            Block::Text(spans) => join(spans),
            Block::Facts(facts) => {
                let lines = facts
                    .iter()
                    .map(|(name, value)| format!("{name}{}{}", words.colon, join(value)));
                lines.collect::<Vec<_>>().join(BREAK)
            }
            Block::List(items) => {
                let lines = items.iter().map(|item| format!("- {}", join(item)));
                lines.collect::<Vec<_>>().join(BREAK)
            }
            Block::Code(code) => code.clone(),
            Block::Site => site.to_owned(),
        })
        .collect();
    let footer = words.footer.replace("{site}", site).replace("{to}", &letter.to);
    paragraphs.push(format!("-- {BREAK}{footer}{BREAK}"));
    paragraphs.join(&BREAK.repeat(2))
}

fn join(spans: &[Span]) -> String {
    spans.iter().map(Span::as_str).collect()
}
