//! What texts are found by: the pairs of neighbours in them, each as a token of four letters and digits.
//!
//! Two characters are the shortest text that is searched by an index, in Chinese too, where a word is often no longer.
//! Trigrams could not tell these, and no database cuts by two on its own, but MySQL. Different
//! pairs may have one token, and a text may have all pairs of another in another order. So what the index finds is a
//! candidate, and the search compares the text itself.
//!
//! The tokens are stored. Another way to make them takes a migration that makes all of them anew.

/// How many tokens a search asks for: what has the first sixteen is a good enough candidate.
const MOST: usize = 16;

/// How many tokens there are: a digit, which keeps them out of MySQL's stop words, and three of [`LETTERS`].
const TOKENS: u64 = 10 * 32 * 32 * 32;

const LETTERS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

type Token = [u8; 4];

/// The tokens of these folded texts, sorted, parted by spaces. No pair runs from one text into the next.
///
/// A Chinese character is a token of its own, too: one of them is a surname, which people search by.
#[must_use]
pub fn stored<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut tokens: Vec<Token> = Vec::new();
    for text in texts {
        tokens.extend(pairs(text));
        tokens.extend(singles(text));
    }
    tokens.sort_unstable();
    tokens.dedup();
    let mut line = String::with_capacity(tokens.len() * 5);
    for token in tokens {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(token.map(char::from));
    }
    line
}

/// The tokens that every text has in which this folded text stands; none where the index knows nothing of it, as of a
/// single Latin letter.
#[must_use]
pub fn sought(text: &str) -> Vec<String> {
    let mut tokens: Vec<Token> = pairs(text).collect();
    if tokens.is_empty() {
        tokens.extend(singles(text));
    }
    tokens.sort_unstable();
    tokens.dedup();
    tokens.truncate(MOST);
    tokens
        .into_iter()
        .map(|token| token.map(char::from).into_iter().collect())
        .collect()
}

fn pairs(text: &str) -> impl Iterator<Item = Token> {
    text.chars()
        .zip(text.chars().skip(1))
        .map(|(one, next)| token(one, next))
}

fn singles(text: &str) -> impl Iterator<Item = Token> {
    text.chars()
        .filter(|character| !character.is_ascii())
        .map(|character| token(character, '\0'))
}

/// Numbers that lie side by side, as those of characters do, are spread over all tokens.
fn token(one: char, next: char) -> Token {
    let mut mixed = (u64::from(one) << 32 | u64::from(next)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let mut rest = (mixed ^ (mixed >> 32)) % TOKENS;
    let mut token = [b'0'; 4];
    for place in (1..4).rev() {
        token[place] = LETTERS[(rest % 32) as usize];
        rest /= 32;
    }
    token[0] = LETTERS[(rest % 32) as usize];
    token
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_sought_is_stored_with_each_text_that_has_it() {
        let texts = ["张三丰", "zhang.sanfeng", "sanfeng@example.com"];
        let stored = stored(texts);
        let stored: HashSet<&str> = stored.split(' ').collect();
        for text in texts {
            let characters: Vec<char> = text.chars().collect();
            for start in 0..characters.len() {
                for end in start + 1..=characters.len() {
                    let part: String = characters[start..end].iter().collect();
                    for token in sought(&part) {
                        assert!(stored.contains(token.as_str()), "{part}");
                    }
                }
            }
        }
        // From the end of one text into the next runs no pair.
        assert!(!stored.contains(sought("丰z")[0].as_str()));
    }

    #[test]
    fn a_token_begins_with_a_digit_and_is_four_letters_long() {
        for text in ["张三", "ab", "@.", "张"] {
            for token in sought(text) {
                assert_eq!(token.len(), 4);
                assert!(token.as_bytes()[0].is_ascii_digit());
                assert!(token.bytes().all(|byte| LETTERS.contains(&byte)));
            }
        }
        assert!(sought("a").is_empty() && sought("").is_empty());
    }

    #[test]
    fn the_tokens_of_before_stay() {
        // They are in the databases: who changes this line writes a migration.
        assert_eq!(stored(["张三", "mia"]), "0aae 1vbg 4p1j 4ugj 7bq6");
    }

    #[test]
    fn pairs_are_spread_over_the_tokens() {
        let letters = "abcdefghijklmnopqrstuvwxyz0123456789.-_@";
        let pairs = letters
            .chars()
            .flat_map(|one| letters.chars().map(move |next| token(one, next)));
        let different: HashSet<Token> = pairs.collect();
        // Of 1,600 pairs about four meet another by chance.
        assert!(different.len() > 1_580, "{}", different.len());
    }

    #[test]
    fn a_long_text_asks_for_no_more_than_a_few_tokens() {
        let long: String = ('\u{4e00}'..'\u{5100}').collect();
        assert_eq!(sought(&long).len(), MOST);
    }
}
