//! How many of each there are, and when they came.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::draw::{Draw, Subject, micros};

/// The years that the seeded data tells of.
const SPAN: TimeDelta = TimeDelta::days(4 * 365);
/// Moments are told apart by this much in the order of a list.
const FINE: u128 = 1024;

/// What is to be made.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) seed: u64,
    pub(super) users: u64,
    /// How many of the users are platform admins; they come first.
    pub(super) staff: u64,
    pub(super) teams: u64,
    pub(super) memberships: u64,
    pub(super) events: u64,
    pub(super) begin: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

impl Plan {
    pub(super) fn new(seed: u64, users: u64, until: DateTime<Utc>) -> Self {
        let until = until.trunc_subsecs(0);
        Self {
            seed,
            users,
            staff: (users / 200_000).max(2),
            teams: (users / 50).max(2),
            memberships: users * 3 / 2,
            // A list of events is as long as people read it; of many users not all of what they did is told.
            events: (users * 2).min(500_000).max(users / 2),
            begin: until - SPAN,
            until,
        }
    }

    /// When the one with this number of so many came. There are twice as many after half of the years more: the platform
    /// grows. Later ones have later moments.
    pub(super) fn came(&self, draw: &mut Draw, number: u64, of: u64) -> DateTime<Utc> {
        let span = u128::try_from(SPAN.num_microseconds().unwrap_or_default()).unwrap_or_default();
        let share = u128::from(number) * FINE + u128::from(draw.below(1024));
        let after = (span * span / (u128::from(of) * FINE) * share).isqrt();
        self.begin + micros(u64::try_from(after).unwrap_or_default())
    }

    /// How many of so many had come by this moment, about: the reverse of `came`.
    pub(super) fn come_by(&self, moment: DateTime<Utc>, of: u64) -> u64 {
        let micros =
            |span: TimeDelta| u128::try_from(span.num_microseconds().unwrap_or_default()).unwrap_or_default();
        let (after, span) = (micros(moment - self.begin), micros(SPAN));
        u64::try_from(after * after / span * u128::from(of) / span)
            .unwrap_or(of)
            .min(of)
    }

    /// A draw for the one with this number.
    pub(super) fn draw(&self, subject: Subject, number: u64) -> Draw {
        Draw::of(self.seed, subject, number)
    }

    /// How many members each team has: most have 10 to 60, a few have thousands. They come to the number of memberships,
    /// as long as nobody has to be in a team twice.
    pub(super) fn sizes(&self) -> Vec<u64> {
        // A third of all users at the most, or most of them where there are few, and fewer than a team may have.
        let most = if self.users < 1000 {
            self.users * 4 / 5
        } else {
            (self.users / 3).min(4500)
        };
        let even = self.memberships / self.teams;
        let mut sizes: Vec<u64> = (0..self.teams)
            .map(|team| {
                self.draw(Subject::Seats, team)
                    .between(10, 60)
                    .min(most)
                    .min(even)
            })
            .collect();
        let mut left = self.memberships.saturating_sub(sizes.iter().sum());
        // Each sixteenth team is a large one, the first of them the largest.
        let large: Vec<usize> = (0..sizes.len()).step_by(16).collect();
        for (rank, team) in large.into_iter().enumerate() {
            let room = most - sizes[team];
            let more = (room / cube_root(rank as u64 + 1)).min(left);
            sizes[team] += more;
            left -= more;
        }
        // What is left goes round, in small numbers; only small databases have so little room.
        while left > 0 && sizes.iter().any(|size| *size < most) {
            for size in &mut sizes {
                let more = (most - *size).min(left).min(5);
                *size += more;
                left -= more;
            }
        }
        sizes
    }
}

/// The whole part of a cube root: how slowly the large teams become smaller.
fn cube_root(number: u64) -> u64 {
    let mut root = 1;
    while (root + 1_u64).pow(3) <= number {
        root += 1;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::seed::draw::place;

    fn plan(users: u64) -> Plan {
        Plan::new(1, users, DateTime::UNIX_EPOCH + TimeDelta::days(20_000))
    }

    #[test]
    fn who_comes_later_has_a_later_moment() {
        for users in [50, 1000, 1_000_000, 10_000_000] {
            let plan = plan(users);
            let mut last = plan.begin;
            for number in (0..users).step_by(1 + place(users) / 1000) {
                let came = plan.came(&mut plan.draw(Subject::Person, number), number, users);
                assert!(last <= came && came <= plan.until, "{number} of {users}");
                assert!(plan.come_by(came, users).abs_diff(number) <= 1 + users / 1000);
                last = came;
            }
        }
    }

    #[test]
    fn the_sizes_of_the_teams_come_to_the_memberships() {
        for users in [50, 100, 1000, 20_000, 1_000_000] {
            let plan = plan(users);
            let sizes = plan.sizes();
            assert_eq!(sizes.len() as u64, plan.teams);
            let sum: u64 = sizes.iter().sum();
            assert!(
                sum <= plan.memberships && sum * 100 >= plan.memberships * 60,
                "{users}: {sum}"
            );
            if users >= 1000 {
                assert_eq!(sum, plan.memberships, "{users}");
            }
        }
        let sizes = plan(1_000_000).sizes();
        let small = sizes.iter().filter(|size| (10..=70).contains(*size)).count();
        let thousands = sizes.iter().filter(|size| **size >= 1000).count();
        assert!(small * 10 >= sizes.len() * 9, "{small} of {}", sizes.len());
        assert!((1..=sizes.len() / 20).contains(&thousands), "{thousands}");
    }
}
