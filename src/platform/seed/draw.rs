//! Numbers that look drawn, and are the same for the same seed: what is seeded can be made again.
//!
//! Nothing here is a secret. What nobody may guess, the codes of invitations and the tokens of links, comes from
//! `base::random` here too.

use chrono::{DateTime, TimeDelta, Utc};

/// What a row of numbers is for: each has its own, so that a change of one moves no other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    Person,
    Team,
    Seats,
    Event,
}

/// A row of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// The row of the one with this number.
    pub(super) fn of(seed: u64, subject: Subject, number: u64) -> Self {
        let mut start = Self(seed ^ (subject as u64 + 1).wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self(start.next() ^ number.wrapping_mul(0xa076_1d64_78bd_642f))
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..bound`; 0 where there is none.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product is below the bound.
        u64::try_from((u128::from(self.next()) * u128::from(bound)) >> 64).unwrap_or_default()
    }

    /// One of `least..=most`.
    pub(super) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// Whether it is one of so many in a thousand.
    pub(super) fn permille(&mut self, share: u64) -> bool {
        self.below(1000) < share
    }

    /// One of these, of which there is one at least.
    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[place(self.below(from.len() as u64))]
    }

    /// One of these by their shares.
    pub(super) fn pick_by_share<'t, T>(&mut self, from: &'t [(u64, T)]) -> &'t T {
        let mut left = self.below(from.iter().map(|(share, _)| share).sum());
        let (mut last, mut rest) = (&from[0].1, from.iter());
        for (share, thing) in rest.by_ref() {
            last = thing;
            if left < *share {
                break;
            }
            left -= share;
        }
        last
    }

    /// The ten bytes of an id that its time does not give.
    pub(super) fn tail(&mut self) -> [u8; 10] {
        let mut tail = [0; 10];
        tail[..8].copy_from_slice(&self.next().to_be_bytes());
        tail[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        tail
    }

    /// A moment between the two; the first where there is none.
    pub(super) fn moment(&mut self, after: DateTime<Utc>, before: DateTime<Utc>) -> DateTime<Utc> {
        let span = u64::try_from((before - after).num_microseconds().unwrap_or_default()).unwrap_or_default();
        after + micros(self.below(span))
    }
}

/// A number as a place in a list.
pub(super) fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// A span of so many microseconds.
pub(super) fn micros(count: u64) -> TimeDelta {
    TimeDelta::microseconds(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_another_does_not() {
        let row = |seed, subject, number| {
            let mut draw = Draw::of(seed, subject, number);
            [draw.next(), draw.next(), draw.next()]
        };
        let first = row(1, Subject::Person, 7);
        assert_eq!(first, row(1, Subject::Person, 7));
        for other in [
            row(2, Subject::Person, 7),
            row(1, Subject::Team, 7),
            row(1, Subject::Person, 8),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn shares_are_kept() {
        let mut draw = Draw::of(1, Subject::Event, 0);
        let shares = [(900, 'a'), (90, 'b'), (10, 'c')];
        let mut counts = [0; 3];
        for _ in 0..100_000 {
            match draw.pick_by_share(&shares) {
                'a' => counts[0] += 1,
                'b' => counts[1] += 1,
                _ => counts[2] += 1,
            }
        }
        assert!((89_000..91_000).contains(&counts[0]), "{counts:?}");
        assert!((8_500..9_500).contains(&counts[1]), "{counts:?}");
        assert!((800..1_200).contains(&counts[2]), "{counts:?}");
    }
}
