//! Asks as fast as it is answered: a fixed number of connections, each with one request under way.
//!
//! It runs on one thread of its own and does next to nothing for a request, so that it takes little of the machine that it
//! shares with what it measures. Every answer is compared with what it has to be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::http::{Connection, find};
use crate::{Error, Result};

/// What an answer has to be.
#[derive(Clone, Debug)]
pub enum Right {
    /// These bytes.
    Same(Vec<u8>),
    /// It holds this text.
    Holds(&'static str),
}

/// A request, and what its answer has to be.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The request, as it is sent.
    pub request: Vec<u8>,
    /// Its answer.
    pub right: Right,
}

impl Right {
    fn fits(&self, body: &[u8]) -> bool {
        match self {
            Self::Same(right) => right == body,
            Self::Holds(text) => find(body, text.as_bytes()).is_some(),
        }
    }
}

/// Those who ask the same kind of thing: what each connection asks, over and over.
pub type Crowd = Vec<Arc<Vec<Exchange>>>;

/// What a crowd was answered in the time that counts.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// How long each right answer took, in microseconds, sorted.
    pub micros: Vec<u32>,
    /// How many answers were wrong.
    pub wrong: usize,
    /// The first of them.
    pub first_wrong: Option<String>,
}

impl Heard {
    /// The time in microseconds that this part of the answers took at most; 0 where there is none.
    #[must_use]
    pub fn quantile(&self, part: f64) -> u32 {
        let last = self.micros.len().saturating_sub(1);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        // A place in a list.
        let place = (last as f64 * part).round() as usize;
        self.micros.get(place).copied().unwrap_or_default()
    }
}

/// Lets the crowds ask for `warm_up`, then counts for `time`. A thread that waits: it answers when it is over.
pub fn run(address: SocketAddr, crowds: Vec<Crowd>, warm_up: Duration, time: Duration) -> Result<Vec<Heard>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let begin = Instant::now() + warm_up;
        let end = begin + time;
        let tasks: Vec<Vec<_>> = crowds
            .into_iter()
            .map(|crowd| {
                crowd
                    .into_iter()
                    .map(|exchanges| tokio::spawn(ask(address, exchanges, begin, end)))
                    .collect()
            })
            .collect();
        let mut all = Vec::new();
        for crowd in tasks {
            let mut heard = Heard::default();
            for task in crowd {
                let own = task.await??;
                heard.micros.extend(own.micros);
                heard.wrong += own.wrong;
                heard.first_wrong = heard.first_wrong.or(own.first_wrong);
            }
            heard.micros.sort_unstable();
            all.push(heard);
        }
        Ok(all)
    })
}

async fn ask(
    address: SocketAddr,
    exchanges: Arc<Vec<Exchange>>,
    begin: Instant,
    end: Instant,
) -> Result<Heard, Error> {
    let mut connection = Connection::open(address).await?;
    let mut heard = Heard::default();
    for exchange in exchanges.iter().cycle() {
        let asked = Instant::now();
        let answer = connection.ask(&exchange.request).await?;
        let answered = Instant::now();
        if answer.status != 200 || !exchange.right.fits(answer.body) {
            heard.wrong += 1;
            heard
                .first_wrong
                .get_or_insert_with(|| format!("{} {}", answer.status, String::from_utf8_lossy(answer.body)));
        } else if answered >= begin && answered < end {
            let micros = answered.duration_since(asked).as_micros();
            heard.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
        }
        if answered >= end {
            break;
        }
    }
    Ok(heard)
}
