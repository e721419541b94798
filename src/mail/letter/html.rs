//! The HTML part of a letter: one table of at most 600 pixels, with its style in each element, as mail programs drop
//! style sheets; nothing is fetched from anywhere.
//!
//! Its colours are also right where a program turns them dark: those that know `prefers-color-scheme` get dark ones.

use super::Letter;
use super::block::{Block, Span};
use super::words::Words;

/// The colours in the dark; the classes stand beside the styles that they overrule.
const DARK: &str = "@media (prefers-color-scheme:dark){\
.page{background:#15171c!important}\
.card{background:#1f232b!important;border-color:#343a46!important}\
.ink{color:#e8eaee!important}\
.soft{color:#a3abb8!important}\
.code{background:#2a303b!important;border-color:#3d4552!important;color:#fff!important}\
.rule{border-color:#343a46!important}\
.link{color:#9db8ff!important}\
.button{background:#8aa9ff!important;color:#10131a!important}\
}";

const MONOSPACED: &str = "'SF Mono',SFMono-Regular,Menlo,Consolas,'Liberation Mono','Courier New',monospace";

pub(super) fn lay_out(letter: &Letter, words: &Words, site: &str) -> String {
    let (language, fonts) = (words.language, words.fonts);
    let subject = escape(&letter.subject);
    let preheader = preheader(letter);
    let blocks: String = letter
        .blocks
        .iter()
        .map(|block| draw(block, words, site))
        .collect();
    let footer = escape(words.footer)
        .replace(
            "{site}",
            &link(site, "soft", "color:#5c6675;text-decoration:underline"),
        )
        .replace("{to}", &escape(&letter.to));
    format!(
        "<!DOCTYPE html>\n\
<html lang=\"{language}\">\n\
<head>\n\
<meta charset=\"utf-8\">\n\
<meta name=\"viewport\" content=\"width=device-width\">\n\
<meta name=\"color-scheme\" content=\"light dark\">\n\
<meta name=\"supported-color-schemes\" content=\"light dark\">\n\
<meta name=\"format-detection\" content=\"telephone=no,date=no,address=no,email=no,url=no\">\n\
<title>{subject}</title>\n\
<style>:root{{color-scheme:light dark}}{DARK}</style>\n\
</head>\n\
<body class=\"page\" style=\"margin:0;padding:0;background:#f2f4f7;-webkit-text-size-adjust:100%\">\n\
<div style=\"display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px\">{preheader}</div>\n\
<table class=\"page\" role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"background:#f2f4f7\">\n\
<tr><td align=\"center\" style=\"padding:24px 12px\">\n\
<table lang=\"{language}\" role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"max-width:600px;font-family:{fonts};font-size:16px;line-height:1.55\">\n\
<tr><td class=\"soft\" style=\"padding:0 4px 12px;color:#5c6675;font-size:14px;font-weight:600;letter-spacing:.02em\">Rollcall</td></tr>\n\
<tr><td class=\"card\" style=\"padding:28px 28px 12px;background:#ffffff;border:1px solid #dfe3e9;border-radius:10px\">\n\
<h1 class=\"ink\" style=\"margin:0 0 18px;color:#14181f;font-size:21px;line-height:1.35;font-weight:650\">{subject}</h1>\n\
{blocks}\
</td></tr>\n\
<tr><td class=\"soft\" style=\"padding:14px 4px 0;color:#5c6675;font-size:13px;line-height:1.5\">{footer}</td></tr>\n\
</table>\n\
</td></tr>\n\
</table>\n\
</body>\n\
</html>\n"
    )
}

/// What a list of letters shows beside the subject: the first words, and then so much emptiness that the code, which
/// would come next, is not seen on a locked screen.
fn preheader(letter: &Letter) -> String {
    let first = letter.blocks.iter().find_map(|block| match block {
        Block::Text(spans) => Some(inline(spans)),
        _ => None,
    });
    format!("{}{}", first.unwrap_or_default(), "&#847;&zwnj;&nbsp;".repeat(60))
}

fn draw(block: &Block, words: &Words, site: &str) -> String {
    match block {
        Block::Text(spans) => format!(
            "<p class=\"ink\" style=\"margin:0 0 16px;color:#14181f\">{}</p>\n",
            inline(spans)
        ),
        Block::Facts(facts) => {
            let rows: Vec<String> = facts
                .iter()
                .map(|(name, value)| {
                    format!(
                        "<tr><td class=\"soft\" valign=\"top\" style=\"padding:3px 16px 3px 0;color:#5c6675;white-space:nowrap\">{}</td>\
<td class=\"ink\" valign=\"top\" width=\"100%\" style=\"padding:3px 0;color:#14181f;word-break:break-word\">{}</td></tr>\n",
                        escape(name),
                        inline(value)
                    )
                })
                .collect();
            let rows = rows.concat();
            format!(
                "<table class=\"rule\" role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:0 0 16px;border-left:3px solid #c9d0da\">\n\
<tr><td style=\"padding:2px 0 2px 14px\"><table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"font-size:15px\">\n{rows}</table></td></tr>\n</table>\n"
            )
        }
        Block::List(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("<li style=\"margin:0 0 4px\">{}</li>\n", inline(item)))
                .collect();
            let items = items.concat();
            format!(
                "<ul class=\"ink\" style=\"margin:0 0 16px;padding:0 0 0 22px;color:#14181f\">\n{items}</ul>\n"
            )
        }
        Block::Code(code) => format!(
            "<p class=\"code\" style=\"margin:0 0 16px;padding:14px 12px;background:#f2f4f7;border:1px solid #dfe3e9;border-radius:8px;\
color:#14181f;font-family:{MONOSPACED};font-size:30px;line-height:1.2;font-weight:600;letter-spacing:.18em;text-align:center\">{}</p>\n",
            escape(code)
        ),
        Block::Site => format!(
            "<p style=\"margin:0 0 18px\"><a class=\"button\" href=\"{}\" style=\"display:inline-block;padding:10px 18px;background:#2f5bd0;\
border-radius:7px;color:#ffffff;font-weight:600;text-decoration:none\">{}</a></p>\n",
            escape(site),
            escape(words.open)
        ),
    }
}

fn link(site: &str, class: &str, style: &str) -> String {
    let site = escape(site);
    format!("<a class=\"{class}\" href=\"{site}\" style=\"{style}\">{site}</a>")
}

fn inline(spans: &[Span]) -> String {
    spans
        .iter()
        .map(|span| match span {
            Span::Ours(text) => escape(text),
            // Set apart from the text around it, in which direction ever it is written.
            Span::Value(text) => format!("<bdi style=\"font-weight:600\">{}</bdi>", escape(text)),
        })
        .collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
