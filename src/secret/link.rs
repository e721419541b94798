//! Registration links: a token of 32 random bytes, which nobody guesses, however often they may try.
//!
//! It is stored twice. Its keyed hash finds the team, so that a look-up shows in its time no more of a token than the
//! database's index of hashes does, which who does not have the key cannot steer. Its text, encrypted for its
//! team alone, is for who may copy the link. Neither is worth anything without the secret file.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{Keys, Use};
use crate::base::id::{Id, TeamId};
use crate::base::random;

/// How many characters a token has: 32 bytes in base 64.
const LENGTH: usize = 43;

/// A new token's two stored forms: the hash, and the text, encrypted for the team.
#[must_use]
pub fn make(keys: &Keys, team_id: TeamId) -> (String, Vec<u8>) {
    let token = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
    let sealed = keys.seal(Use::LinkText, team_id.uuid().as_bytes(), token.as_bytes());
    (keys.mac(Use::LinkHash, &[token.as_bytes()]), sealed)
}

/// The two forms anew, of a token that was stored with an older secret than the current one; none where that is not so.
#[must_use]
pub fn seal_anew(keys: &Keys, team_id: TeamId, sealed: &[u8]) -> Option<(String, Vec<u8>)> {
    let anew = keys.seal_anew(Use::LinkText, team_id.uuid().as_bytes(), sealed)?;
    let token = open(keys, team_id, &anew)?;
    Some((keys.mac(Use::LinkHash, &[token.as_bytes()]), anew))
}

/// All hashes that a token can be stored under, by each secret in use; none for a text that cannot be a token, so that
/// a long one costs nothing.
#[must_use]
pub fn hashes(keys: &Keys, token: &str) -> Vec<String> {
    if token.len() == LENGTH {
        keys.macs(Use::LinkHash, &[token.as_bytes()])
    } else {
        Vec::new()
    }
}

/// The token of the team; none when it was made with a secret that is gone, and so does not work any more.
#[must_use]
pub fn open(keys: &Keys, team_id: TeamId, sealed: &[u8]) -> Option<String> {
    let token = keys.open(Use::LinkText, team_id.uuid().as_bytes(), sealed)?;
    String::from_utf8(token).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::keys::new_secret;

    #[test]
    fn a_token_is_found_by_its_hash_and_read_by_its_team_alone() {
        let keys = Keys::derive(&new_secret()).unwrap();
        let [one, other] = [1, 2].map(|n| TeamId(uuid::Uuid::from_u128(n)));
        let (hash, sealed) = make(&keys, one);
        let token = open(&keys, one, &sealed).unwrap();
        assert_eq!(token.len(), LENGTH);
        assert_eq!(hashes(&keys, &token), [hash.as_str()]);
        assert_eq!(open(&keys, other, &sealed), None);
        assert!(hashes(&keys, &token[1..]).is_empty());
        assert_ne!(make(&keys, one).0, hash);
    }
}
