//! What a language has to say, to be complete: a letter without its words does not compile.

use chrono::{DateTime, Utc};

use super::{en, zh};
use crate::entity::user::Locale;

/// The language of letters for whom no other is known.
pub(super) const ENGLISH: &str = "en";

/// One letter's words; `block` tells how a body is written.
pub(super) struct Text {
    /// The subject; it is the heading, too.
    pub subject: &'static str,
    /// The body.
    pub body: &'static str,
}

/// All words of one language.
pub(super) struct Words {
    /// Its name after RFC 5646.
    pub language: &'static str,
    /// The fonts that draw it, best first, for HTML.
    pub fonts: &'static str,
    /// How a moment is written, for `chrono::format::strftime`.
    pub moment: &'static str,
    /// A count of days.
    pub days: fn(i64) -> String,
    /// What is not known.
    pub unknown: &'static str,
    /// Between a fact's name and its value, in text.
    pub colon: &'static str,
    /// The names of the preset roles, by their English ones.
    pub roles: &'static [(&'static str, &'static str)],
    /// The words of the link.
    pub open: &'static str,
    /// Who sends it, at `{site}`, and to which address.
    pub footer: &'static str,

    pub verification_code: Text,
    pub address_has_account: Text,
    pub account_created: Text,
    pub email_proposed: Text,
    pub email_confirmation: Text,
    pub email_bound: Text,
    pub email_replaced: Text,
    pub email_unbound: Text,
    pub password_reset_code: Text,
    pub password_changed: Text,
    pub password_reset: Text,
    pub account_locked: Text,
    pub new_device: Text,
    pub totp_bound: Text,
    pub totp_unbound: Text,
    pub recovery_code_used: Text,
    pub passkey_added: Text,
    pub passkey_removed: Text,
    pub added_to_team: Text,
    pub joined_team: Text,
    pub role_changed: Text,
    pub removed_from_team: Text,
    pub team_deleted: Text,
    pub invitation: Text,
    pub team_expires: Text,
    pub team_expired: Text,
}

impl Words {
    /// The words of a locale.
    pub(super) fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &en::WORDS,
            Locale::ZhCn => &zh::WORDS,
        }
    }

    /// The words of the language of a stored letter.
    pub(super) fn of_language(language: &str) -> &'static Self {
        if language == zh::WORDS.language {
            &zh::WORDS
        } else {
            &en::WORDS
        }
    }

    /// A moment.
    pub(super) fn moment(&self, time: DateTime<Utc>) -> String {
        time.format(self.moment).to_string()
    }

    /// A role: a preset one in this language, a custom one as its team named it.
    pub(super) fn role<'a>(&self, name: &'a str) -> &'a str {
        let own = self.roles.iter().find(|(english, _)| *english == name);
        own.map_or(name, |(_, own)| own)
    }
}
