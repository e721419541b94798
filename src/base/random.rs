//! The one source of randomness: the operating system's.

/// `N` unpredictable bytes.
///
/// # Panics
/// When the operating system has no random source: nothing that Rollcall promises holds without one.
#[must_use]
#[allow(clippy::disallowed_methods)] // This is the place the ban points to.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// `length` unpredictable decimal digits, each as likely as the others.
#[must_use]
pub fn digits(length: usize) -> String {
    pick(b"0123456789", length)
}

/// `length` characters of `alphabet`, each as likely as the others.
///
/// Bytes past the last whole multiple of the alphabet are thrown away: a remainder would favour its
/// first characters.
#[must_use]
pub fn pick(alphabet: &[u8], length: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut picked = String::with_capacity(length);
    while picked.len() < length {
        for byte in bytes::<32>() {
            if usize::from(byte) < fair && picked.len() < length {
                picked.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
    picked
}
