//! Text that people type, parsed into types that cannot hold a bad value.
//!
//! The rules are `domain.md`'s, "Fields". Parsing puts text into NFC first (Unicode Standard Annex
//! 15), so that one name has one spelling, and counts Unicode scalar values.

use std::fmt;
use std::sync::LazyLock;

use email_address::{EmailAddress, Options};
use regex::Regex;
use unicode_normalization::UnicodeNormalization;

use super::error::UserErrorCode;
use super::form::Flaw;

/// No text of ours is longer than this many bytes, so that a long one is refused before any work.
const MAX_BYTES: usize = 4096;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            pub struct $name(String);

            impl $name {
                /// The text.
                #[must_use]
                pub fn as_str(&self) -> &str {
                    &self.0
                }

                /// The text without regard to case, for comparison, search and order.
                #[must_use]
                pub fn folded(&self) -> String {
                    fold(&self.0)
                }

                /// The text itself.
                #[must_use]
                pub fn into_string(self) -> String {
                    self.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )+
    };
}

texts! {
    /// What a user is called and searched by.
    Name,
    /// What a user logs in with.
    Account,
    /// An email address.
    Email,
    /// The name of a team.
    TeamName,
    /// The name of a custom role.
    RoleName,
    /// The name of a resource.
    ResourceName,
    /// A remark on a team.
    Remark,
    /// What its owner calls a passkey.
    PasskeyName,
}

/// Folds text for comparison. What may stand in our names folds one character to one.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_lowercase).collect()
}

/// Whether the character is a Chinese one, as names take them.
#[must_use]
pub fn is_han(character: char) -> bool {
    HAN_RULE.is_match(character.encode_utf8(&mut [0; 4]))
}

/// One character of a name: Han (`Unified_Ideograph`, and 々 〇), ASCII letters and digits, and
/// eight signs.
const NAME: &str = r"[\p{Unified_Ideograph}々〇A-Za-z0-9+=,.@_-]";

static HAN_RULE: LazyLock<Regex> = LazyLock::new(|| rule(r"^[\p{Unified_Ideograph}々〇]$"));
static NAME_RULE: LazyLock<Regex> = LazyLock::new(|| rule(&format!("^{NAME}*$")));
static SPACED_NAME_RULE: LazyLock<Regex> = LazyLock::new(|| rule(&format!("^{NAME}+( {NAME}+)*$")));
static ACCOUNT_RULE: LazyLock<Regex> = LazyLock::new(|| rule("^[A-Za-z0-9+=,.@_-]*$"));

#[allow(clippy::expect_used)] // The patterns are the constants above; a unit test builds each.
fn rule(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is well formed")
}

fn invalid(message: &'static str) -> Flaw {
    Flaw::new(UserErrorCode::Invalid, message)
}

/// Checks the length first: it is the cheaper rule, and the clearer answer.
fn measured(text: &str, least: usize, most: usize) -> Result<String, Flaw> {
    if text.len() > MAX_BYTES {
        return Err(too_long(most));
    }
    let text: String = text.nfc().collect();
    let length = text.chars().count();
    if length == 0 && least > 0 {
        return Err(Flaw::new(UserErrorCode::Required, "This must not be empty."));
    }
    if length < least {
        return Err(Flaw::new(
            UserErrorCode::TooShort,
            format!("At least {least} characters are needed."),
        ));
    }
    if length > most {
        return Err(too_long(most));
    }
    Ok(text)
}

fn too_long(most: usize) -> Flaw {
    Flaw::new(
        UserErrorCode::TooLong,
        format!("At most {most} characters are allowed."),
    )
}

const SIGNS: &str =
    "Only Chinese characters, the letters A-Z and a-z, digits and the signs + = , . @ - _ are allowed.";
const SIGNS_AND_SPACES: &str = "Only Chinese characters, the letters A-Z and a-z, digits, the signs + = , . @ - _ and single spaces inside are allowed.";

fn spaced_name(text: &str) -> Result<String, Flaw> {
    let text = measured(text, 3, 64)?;
    if SPACED_NAME_RULE.is_match(&text) {
        Ok(text)
    } else {
        Err(invalid(SIGNS_AND_SPACES))
    }
}

impl Name {
    /// 3-64 characters: Han, ASCII letters and digits, `+ = , . @ - _`.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let text = measured(text, 3, 64)?;
        if NAME_RULE.is_match(&text) {
            Ok(Self(text))
        } else {
            Err(invalid(SIGNS))
        }
    }
}

impl Account {
    /// 3-64 characters: ASCII letters and digits, `+ = , . @ - _`.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let text = measured(text, 3, 64)?;
        if ACCOUNT_RULE.is_match(&text) {
            Ok(Self(text))
        } else {
            Err(invalid(
                "Only the letters A-Z and a-z, digits and the signs + = , . @ - _ are allowed.",
            ))
        }
    }
}

impl Email {
    /// A valid address of at most 254 bytes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    ///
    /// ASCII alone, with no quoted local part and no address literal: what every mail server on the
    /// way delivers, and what has no look-alikes. An international domain is written in Punycode.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        if text.is_empty() {
            return Err(Flaw::new(UserErrorCode::Required, "This must not be empty."));
        }
        if text.len() > 254 {
            return Err(Flaw::new(
                UserErrorCode::TooLong,
                "At most 254 bytes are allowed.",
            ));
        }
        let options = Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        let valid =
            text.is_ascii() && !text.contains('"') && EmailAddress::parse_with_options(text, options).is_ok();
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(invalid("This is not an email address."))
        }
    }

    /// An address that was parsed before, from the database.
    #[must_use]
    pub fn trusted(text: String) -> Self {
        Self(text)
    }
}

impl TeamName {
    /// As a [`Name`], with single spaces inside.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        spaced_name(text).map(Self)
    }
}

impl RoleName {
    /// As a [`Name`], with single spaces inside.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        spaced_name(text).map(Self)
    }
}

impl ResourceName {
    /// As a [`Name`], with single spaces inside.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        spaced_name(text).map(Self)
    }
}

impl Remark {
    /// At most 256 characters, no control characters; nor those that reorder or hide text (Unicode
    /// Technical Report 36, section 2.5).
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        visible(measured(text, 0, 256)?).map(Self)
    }
}

impl PasskeyName {
    /// 1-50 characters, no control characters: people name devices as they like, such as "Mia's laptop".
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        visible(measured(text.trim(), 1, 50)?).map(Self)
    }
}

fn visible(text: String) -> Result<String, Flaw> {
    if text.chars().any(|c| c.is_control() || is_invisible(c)) {
        return Err(invalid("Control characters are not allowed."));
    }
    Ok(text)
}

/// Whether the character steers the display of others instead of showing itself.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_takes_han_and_ascii_and_nothing_like_them() {
        for good in ["mia", "张三丰", "张三々", "a+=,.@-_", "〇〇〇", &"李".repeat(64)] {
            assert!(Name::parse(good).is_ok(), "{good}");
        }
        // Fullwidth, Cyrillic, zero width, right-to-left override, radical, kana, space, control.
        for bad in [
            "ｍｉａ",
            "mіa",
            "mi\u{200b}a",
            "\u{202e}mia",
            "⼀⼀⼀",
            "ミアさん",
            "m ia",
            "mia\n",
        ] {
            assert_eq!(
                Name::parse(bad).unwrap_err().code,
                UserErrorCode::Invalid,
                "{bad:?}"
            );
        }
        assert_eq!(Name::parse("张三").unwrap_err().code, UserErrorCode::TooShort);
        assert_eq!(
            Name::parse(&"李".repeat(65)).unwrap_err().code,
            UserErrorCode::TooLong
        );
        assert_eq!(Name::parse("").unwrap_err().code, UserErrorCode::Required);
    }

    #[test]
    fn a_compatibility_ideograph_is_stored_as_the_unified_one() {
        assert_eq!(
            Name::parse("\u{f900}\u{f900}\u{f900}").unwrap().as_str(),
            "豈豈豈"
        );
    }

    #[test]
    fn a_team_name_has_single_spaces_inside() {
        assert!(TeamName::parse("Blue Team 1").is_ok());
        for bad in [
            " Blue",
            "Blue ",
            "Blue  Team",
            "Blue\tTeam",
            "Blue\u{a0}Team",
            "Blue\u{3000}Team",
        ] {
            assert_eq!(
                TeamName::parse(bad).unwrap_err().code,
                UserErrorCode::Invalid,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn an_email_is_an_address() {
        for good in ["mia@example.com", "MIA+x@mail.example.com", "a@xn--fiqs8s.cn"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(63));
        assert!(Email::parse(&long).is_ok());
        for bad in [
            "mia",
            "mia@",
            "@x.com",
            "mia@localhost",
            "\"m a\"@x.com",
            "mia@[127.0.0.1]",
            "米@x.com",
            "mia@x.com\r\nBcc: b@x.com",
            "Mia <mia@x.com>",
        ] {
            assert_eq!(
                Email::parse(bad).unwrap_err().code,
                UserErrorCode::Invalid,
                "{bad:?}"
            );
        }
        assert_eq!(
            Email::parse(&"a".repeat(255)).unwrap_err().code,
            UserErrorCode::TooLong
        );
    }

    proptest! {
        #[test]
        fn parsing_is_stable(text in "\\PC{0,70}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(name.as_str()).unwrap(), name.clone());
                prop_assert_eq!(fold(&name.folded()), name.folded());
            }
            let _ = (Account::parse(&text), Email::parse(&text), TeamName::parse(&text), Remark::parse(&text));
        }
    }
}
