//! The passwords that guessers try first: 250,000 of those that leaked most often.
//!
//! `common.bin` holds five bytes of each one's SHA-256, in order; `scripts/common-passwords` writes it. A look-up takes
//! some microseconds and no memory.

use sha2::{Digest, Sha256};

/// The fingerprints, one after the other.
static PRINTS: &[u8] = include_bytes!("common.bin");
/// Bytes of a fingerprint.
const BYTES: usize = 5;

/// What stands in the page's title: who guesses at this service tries it first.
const OUR_NAME: &str = "rollcall";
/// The characters that a password needs beside it.
const BESIDE_OUR_NAME: usize = 8;

/// Whether the password is one of them, as it is, in whatever case, or but for letters written as digits and signs; or
/// the name of this service, with little beside it.
#[must_use]
pub fn is_common(password: &str) -> bool {
    let small = password.to_lowercase();
    let plain = without_disguise(&small);
    is_listed(&small) || is_listed(&plain) || is_our_name(&plain)
}

fn is_our_name(plain: &str) -> bool {
    plain.contains(OUR_NAME) && plain.replace(OUR_NAME, "").chars().count() < BESIDE_OUR_NAME
}

fn is_listed(small: &str) -> bool {
    let digest = Sha256::digest(small.as_bytes());
    let (prints, _) = PRINTS.as_chunks::<BYTES>();
    digest
        .first_chunk::<BYTES>()
        .is_some_and(|print| prints.binary_search(print).is_ok())
}

/// The letters that digits and signs stand for where people think that nobody knows.
fn without_disguise(small: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        c => c,
    };
    small.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_of_the_size_that_it_says() {
        let (prints, rest) = PRINTS.as_chunks::<BYTES>();
        assert!(rest.is_empty());
        assert_eq!(prints.len(), 250_000);
        assert!(prints.is_sorted());
    }

    #[test]
    fn common_ones_are_found_however_they_are_written() {
        for password in [
            "password",
            "PassWord",
            "p@ssw0rd",
            "Passw0rd",
            "qwertyuiop",
            "iloveyou1",
            "Rollcall-2026!",
            "R0llc4ll-R0llc4ll",
        ] {
            assert!(is_common(password), "{password}");
        }
        for password in [
            "Blue-Whale-42",
            "correct horse battery",
            "张三的密码",
            "rollcall at half past nine",
            "",
        ] {
            assert!(!is_common(password), "{password}");
        }
    }
}
