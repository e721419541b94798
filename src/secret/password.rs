//! Password hashing: argon2id with OWASP's first choice of parameters (Password Storage Cheat Sheet).
//!
//! A hash takes 20 ms of a core and 19 MiB. At most cores - 1 run at once, so that queries keep a
//! core; a bounded number wait, and the rest is told to come back (`stack.md`, "Hashing under load").

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::{io, thread};

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use crossbeam_channel::Sender;
use tokio::sync::oneshot;

use super::threads::{self, Work};
use crate::base::password::Password;
use crate::base::{Error, Result, random};

/// How many wait for each that runs: about 1.3 seconds of waiting, which a person still bears.
const QUEUE_PER_CORE: usize = 64;

/// Hashes passwords on threads of its own, and never too many at once.
#[derive(Clone, Debug)]
pub struct Hasher {
    queue: Sender<Work>,
    admitted: Arc<AtomicUsize>,
    most: usize,
    /// How many passwords were checked against somebody's hash.
    checked: Arc<AtomicU64>,
    /// A hash of nobody's password: what an unknown account is checked against.
    nobody: Arc<str>,
}

/// A place in the queue; it is left when dropped, however the request ends.
#[derive(Debug)]
pub struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

fn hash(password: &[u8]) -> Result<String> {
    let hash: PasswordHash = argon2()
        .hash_password_with_salt(password, &random::bytes::<16>())
        .map_err(Error::internal)?;
    Ok(hash.to_string())
}

/// A hash that no password has, as good as surely: it is made of chance, and not of a password, so that a start takes
/// neither the time nor the memory of a hash.
fn nobody() -> String {
    let (params, version) = (Params::default(), u32::from(Version::V0x13));
    let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let salt = STANDARD_NO_PAD.encode(random::bytes::<16>());
    let output = STANDARD_NO_PAD.encode(random::bytes::<{ Params::DEFAULT_OUTPUT_LEN }>());
    format!("$argon2id$v={version}$m={memory},t={passes},p={lanes}${salt}${output}")
}

/// Whether the password is the one of this hash, by the parameters that it was made with.
fn verify(password: &[u8], hash: &str, memory: &mut Vec<Block>) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        let output = again(password, &hash, memory);
        // `Output` compares itself in constant time.
        output.is_some() && output == hash.hash
    })
}

/// What comes out of the password, worked at as the hash was.
fn again(password: &[u8], hash: &PasswordHash, memory: &mut Vec<Block>) -> Option<Output> {
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = Version::try_from(hash.version?).ok()?;
    let params = Params::try_from(hash).ok()?;
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let mut buffer = [0; Output::MAX_LENGTH];
    let output = buffer.get_mut(..length)?;
    memory.resize(params.block_count(), Block::default());
    Argon2::new(algorithm, version, params)
        .hash_password_into_with_memory(password, hash.salt.as_ref()?, output, memory)
        .ok()?;
    Output::new(output).ok()
}

impl Hasher {
    /// A hasher for this machine's cores. Fails where the system gives it no threads.
    pub fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = (cores - 1).max(1);
        let most = threads * (1 + QUEUE_PER_CORE);
        Ok(Self {
            queue: threads::start(threads, most)?,
            admitted: Arc::default(),
            checked: Arc::default(),
            most,
            nobody: nobody().into(),
        })
    }

    /// The password's hash, in the PHC string format.
    pub async fn hash(&self, password: &Password) -> Result<String> {
        let password = password.clone();
        self.run(self.admit()?, move |_| hash(password.expose().as_bytes()))
            .await?
    }

    /// A place in the queue, where one is free: for who counts a try before it is made, and must not count what is then
    /// shed.
    pub fn admit(&self) -> Result<Place> {
        let place = Place(self.admitted.clone());
        if self.admitted.fetch_add(1, Ordering::AcqRel) >= self.most {
            return Err(Error::RateLimited { retry_after: 1 });
        }
        Ok(place)
    }

    /// Whether the password is the one of this hash. Without a hash the same work is done for
    /// nothing, so that an unknown account takes as long as a known one.
    pub async fn verify(&self, place: Place, password: &Password, hash: Option<&str>) -> Result<bool> {
        let known = hash.is_some();
        self.checked.fetch_add(u64::from(known), Ordering::Relaxed);
        let hash: Arc<str> = hash.map_or_else(|| self.nobody.clone(), Into::into);
        let password = password.clone();
        let matches = self
            .run(place, move |memory| {
                verify(password.expose().as_bytes(), &hash, memory)
            })
            .await?;
        Ok(known && matches)
    }

    /// How many passwords this node has checked against somebody's hash since its start: what a guesser has got.
    #[must_use]
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    /// Whether the password is one of these hashes', of which there are at most 25.
    pub async fn verify_any(&self, password: &Password, hashes: Vec<String>) -> Result<bool> {
        let password = password.clone();
        self.run(self.admit()?, move |memory| {
            hashes
                .iter()
                .any(|hash| verify(password.expose().as_bytes(), hash, memory))
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let work = move |memory: &mut Vec<Block>| {
            // A client that hung up while it waited is not worked for. Once it is, it does not free a core that is still at
            // it: the place goes with the work.
            let done = (!tell.is_closed()).then(|| work(memory));
            // Left before it is told: who asks again at once finds it free.
            drop(place);
            if let Some(done) = done {
                let _ = tell.send(done);
            }
        };
        self.queue
            .try_send(Box::new(work))
            .map_err(|_| Error::RateLimited { retry_after: 1 })?;
        told.await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let hasher = Hasher::start().unwrap();
        let password = Password::parse("correct horse").unwrap();
        let other = Password::parse("battery staple").unwrap();
        let hash = hasher.hash(&password).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let verify = async |password, hash| {
            let place = hasher.admit().unwrap();
            hasher.verify(place, password, hash).await.unwrap()
        };
        assert!(verify(&password, Some(hash.as_str())).await);
        assert!(!verify(&other, Some(hash.as_str())).await);
        assert!(!verify(&password, None).await);
        // Nobody's is worked at like any other.
        let known = |hash: &str| hash.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(known(&hasher.nobody), known(&hash));
        let parsed = PasswordHash::new(&hasher.nobody).unwrap();
        assert!(parsed.salt.is_some() && parsed.hash.is_some());
    }

    #[tokio::test]
    async fn hashes_of_any_cost_are_checked_in_the_memory_that_others_left() {
        let password = Password::parse("correct horse").unwrap();
        let made = |memory, passes| {
            let params = Params::new(memory, passes, 1, None).unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let salt = random::bytes::<16>();
            let hash = argon2.hash_password_with_salt(password.expose().as_bytes(), &salt);
            hash.unwrap().to_string()
        };
        let hashes = [made(64, 1), made(256, 3), made(64, 2)];
        let mut memory = Vec::new();
        for hash in hashes.iter().chain(hashes.iter().rev()) {
            assert!(verify(b"correct horse", hash, &mut memory));
            assert!(!verify(b"battery staple", hash, &mut memory));
        }
        let hasher = Hasher::start().unwrap();
        let checks = hashes.iter().map(|hash| {
            let place = hasher.admit().unwrap();
            hasher.verify(place, &password, Some(hash.as_str()))
        });
        let checks: Vec<_> = checks.collect();
        for check in checks {
            assert!(check.await.unwrap());
        }
    }

    #[tokio::test]
    async fn what_does_not_fit_into_the_queue_is_shed() {
        let hasher = Hasher {
            most: 1,
            ..Hasher::start().unwrap()
        };
        let password = Password::parse("correct horse").unwrap();
        let (first, second) = tokio::join!(hasher.hash(&password), hasher.hash(&password));
        assert!(first.is_ok());
        assert!(matches!(second, Err(Error::RateLimited { .. })));
        assert!(hasher.hash(&password).await.is_ok());
    }
}
