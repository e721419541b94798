//! Holds a new password against the policy.

use super::Policy;
use super::common::is_common;
use crate::base::error::UserErrorCode::{Mismatch, PasswordTooWeak, TooLong, TooShort};
use crate::base::form::{Flaw, Form};
use crate::base::password::Password;
use crate::base::random;
use crate::base::text::fold;

/// Reads a new password and its confirmation, and notes all that is wrong with them. `known` holds the
/// account and the name, which the password may not contain.
pub fn take_confirmed(
    form: &mut Form,
    policy: &Policy,
    (field, text): (&str, &str),
    (confirmation_field, confirmation): (&str, &str),
    known: &[&str],
) -> Option<Password> {
    form.require(
        text == confirmation,
        Mismatch,
        confirmation_field,
        "The two passwords differ.",
    );
    take(form, policy, field, text, known)
}

/// Reads a new password, and notes all that is wrong with it.
pub fn take(form: &mut Form, policy: &Policy, field: &str, text: &str, known: &[&str]) -> Option<Password> {
    let password = form.take(field, Password::parse(text))?;
    let flaws = flaws(policy, password.expose(), known);
    if flaws.is_empty() {
        return Some(password);
    }
    for flaw in flaws {
        form.refuse(field, flaw);
    }
    None
}

/// What is wrong with a password.
pub(super) fn flaws(policy: &Policy, password: &str, known: &[&str]) -> Vec<Flaw> {
    let length = i32::try_from(password.chars().count()).unwrap_or(i32::MAX);
    if length < policy.minimum_length {
        let rule = format!("A password has at least {} characters.", policy.minimum_length);
        return vec![Flaw::new(TooShort, rule)];
    }
    if length > policy.maximum_length {
        let rule = format!("A password has at most {} characters.", policy.maximum_length);
        return vec![Flaw::new(TooLong, rule)];
    }
    let mut flaws = Vec::new();
    if classes(password) < policy.character_classes {
        let rule = format!(
            "A password has characters of {} of these: capital letters, small letters, digits, others.",
            policy.character_classes
        );
        flaws.push(Flaw::new(PasswordTooWeak, rule));
    }
    let folded = fold(password);
    if !policy.allows_account_or_name
        && known
            .iter()
            .any(|word| !word.is_empty() && folded.contains(&fold(word)))
    {
        flaws.push(Flaw::new(
            PasswordTooWeak,
            "A password does not contain the account or the name.",
        ));
    }
    if policy.refuses_common && is_common(password) {
        flaws.push(Flaw::new(
            PasswordTooWeak,
            "This password is one of those that are guessed first.",
        ));
    }
    flaws
}

/// How many of upper, lower, digit and other occur.
fn classes(password: &str) -> i32 {
    let kinds: [fn(char) -> bool; 4] = [char::is_uppercase, char::is_lowercase, char::is_numeric, |c| {
        !c.is_uppercase() && !c.is_lowercase() && !c.is_numeric()
    }];
    kinds
        .iter()
        .map(|kind| i32::from(password.chars().any(kind)))
        .sum()
}

/// A password that the platform makes: 16 characters or more, without those that are mistaken for
/// each other when read aloud or copied by hand; about 92 bits.
#[must_use]
pub fn generate(policy: &Policy) -> Password {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_+=";
    let length = usize::try_from(policy.minimum_length).unwrap_or(16).max(16);
    loop {
        // Each class is missing in less than a third of the draws; a handful of draws finds all four.
        let text = random::pick(ALPHABET, length);
        if classes(&text) == 4
            && let Ok(password) = Password::parse(&text)
        {
            return password;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::default_policy;
    use super::*;
    use crate::base::error::UserErrorCode;

    fn codes(password: &str) -> Vec<UserErrorCode> {
        flaws(&default_policy(), password, &["mia", "张三丰"])
            .into_iter()
            .map(|flaw| flaw.code)
            .collect()
    }

    #[test]
    fn the_default_policy_asks_for_length_classes_and_no_common_word() {
        assert!(codes("Blue-Whale-42").is_empty());
        assert!(codes("张三的密码Aa1").is_empty());
        assert_eq!(codes("Ab1-xyz"), [TooShort]);
        assert_eq!(codes(&"Ab1-".repeat(33)), [TooLong]);
        assert_eq!(codes("ohgrtkwzxq"), [PasswordTooWeak]);
        assert!(codes("Whales-and-Tea-99").is_empty());
        assert_eq!(codes("Blue-MIA-42"), [PasswordTooWeak]);
        assert_eq!(codes("Blue-张三丰-42"), [PasswordTooWeak]);
        assert_eq!(codes("Passw0rd"), [PasswordTooWeak]);
        assert_eq!(codes("P@ssw0rd"), [PasswordTooWeak]);
    }

    #[test]
    fn a_generated_password_meets_the_policy() {
        for length in [8, 16, 64] {
            let policy = Policy {
                minimum_length: length,
                character_classes: 4,
                ..default_policy()
            };
            let password = generate(&policy);
            assert!(flaws(&policy, password.expose(), &["admin"]).is_empty());
        }
    }
}
