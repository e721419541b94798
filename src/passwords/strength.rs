//! Tells a form how good a password is, before it is sent for good.

use zxcvbn::zxcvbn;

use super::Policy;
use super::check::flaws;
use crate::base::form::Flaw;
use crate::base::password::Password;

/// The most characters that an estimate looks at: its time grows with them, and longer ones are good or none.
const MOST_ESTIMATED: usize = 64;
/// The most characters of the account and the name that it looks at.
const MOST_KNOWN: usize = 64;

/// How good a password is.
#[derive(Debug)]
pub struct Strength {
    /// From 0, guessed at once, to 4, hard to guess even for who has stolen the hash.
    pub score: i32,
    /// What the policy does not allow; empty when it may be used.
    pub flaws: Vec<Flaw>,
    /// What makes it easy to guess.
    pub warning: Option<String>,
    /// What would make it better.
    pub suggestions: Vec<String>,
}

/// Estimates a password for who has this account and name.
#[must_use]
pub fn estimate(policy: &Policy, password: &str, known: &[&str]) -> Strength {
    let parsed = match Password::parse(password) {
        Ok(parsed) => parsed,
        Err(flaw) => {
            return Strength {
                score: 0,
                flaws: vec![flaw],
                warning: None,
                suggestions: Vec::new(),
            };
        }
    };
    let start: String = parsed.expose().chars().take(MOST_ESTIMATED).collect();
    let known: Vec<String> = known
        .iter()
        .map(|word| word.chars().take(MOST_KNOWN).collect())
        .collect();
    let words: Vec<&str> = known.iter().map(String::as_str).collect();
    let estimate = zxcvbn(&start, &words);
    let flaws = flaws(policy, parsed.expose(), &words);
    let feedback = estimate.feedback();
    let listed = feedback.map(zxcvbn::feedback::Feedback::suggestions);
    Strength {
        // What may not be used is no good, whatever it would take to guess it.
        score: if flaws.is_empty() {
            i32::from(u8::from(estimate.score()))
        } else {
            i32::from(u8::from(estimate.score())).min(1)
        },
        warning: feedback
            .and_then(zxcvbn::feedback::Feedback::warning)
            .map(|warning| warning.to_string()),
        suggestions: listed.into_iter().flatten().map(ToString::to_string).collect(),
        flaws,
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::default_policy;
    use super::*;

    #[test]
    fn a_long_text_takes_no_longer_and_tells_what_is_wrong() {
        let weak = estimate(&default_policy(), "Passw0rd", &["mia"]);
        assert!(weak.score <= 1 && !weak.flaws.is_empty() && weak.warning.is_some());
        let good = estimate(&default_policy(), "Blue-Whale-42-tea", &["mia"]);
        assert!(good.score >= 3 && good.flaws.is_empty(), "{good:?}");
        let own = estimate(&default_policy(), "Mia-Whale-42", &["mia"]);
        assert!(!own.flaws.is_empty());
        let long = estimate(&default_policy(), &"a1B-".repeat(64), &[&"x".repeat(100_000)]);
        assert!(!long.flaws.is_empty());
    }
}
