//! What has to be shown, and what was measured.

use std::time::Duration;

use crate::plan::{Figures, Growth, median, spread};
use crate::workload::Workload;

/// In what a row counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A part of something: more is better.
    Part,
    /// A multiple of something: less is better.
    Times,
    /// Milliseconds: less is better.
    Millis,
    /// Mebibytes: less is better.
    Mebibytes,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it tells.
    pub what: String,
    /// In what it counts.
    pub unit: Unit,
    /// The median, the least and the most; the same three times where there was one measurement.
    pub measured: [f64; 3],
    /// What it must be.
    pub must: f64,
    /// What it should be.
    pub aim: f64,
}

impl Row {
    /// Whether it is what it must be, as the table shows it.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        let reaches = |bound: f64| match self.unit {
            Unit::Part => self.measured[0] >= bound,
            _ => self.measured[0] <= bound,
        };
        match (reaches(self.must), reaches(self.aim)) {
            (_, true) => "aim",
            (true, false) => "must",
            (false, false) => "**not yet**",
        }
    }

    /// A value of the row in words.
    #[must_use]
    pub fn say(&self, value: f64) -> String {
        match self.unit {
            Unit::Part | Unit::Times => format!("{value:.2}"),
            Unit::Millis => format!("{value:.1} ms"),
            Unit::Mebibytes => format!("{value:.0} MiB"),
        }
    }
}

/// The rows of all that was measured, always in this order.
#[must_use]
pub fn rows(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for compared in &figures.compared {
        let (must, aim) = match compared.workload {
            Workload::FirstPage | Workload::FarPage => (0.75, 1.0),
            Workload::Search => (0.7, 0.9),
            Workload::Rename => (0.5, 0.8),
            _ => (0.7, 0.95),
        };
        rows.push(Row {
            what: format!("{} of the limit", compared.workload),
            unit: Unit::Part,
            measured: compared.ratio(),
            must,
            aim,
        });
    }
    if let Some(logins) = &figures.logins {
        rows.push(Row {
            what: "W7, logins, of bare argon2".to_owned(),
            unit: Unit::Part,
            measured: logins.ratio(),
            must: 0.9,
            aim: 0.97,
        });
    }
    if let Some(storm) = &figures.storm {
        rows.push(Row {
            what: "W8, p99 of W1 in a storm of logins, times that without".to_owned(),
            unit: Unit::Times,
            measured: storm.ratio(),
            must: 3.0,
            aim: 1.5,
        });
    }
    rows.extend(figures.growth.iter().map(growth));
    if let Some(memory) = &figures.memory {
        #[allow(clippy::cast_precision_loss)] // KiB, far below 2^52.
        let mebibytes = |kibibytes: u64| [kibibytes as f64 / 1024.0; 3];
        for (what, kibibytes, must, aim) in [
            ("Memory, idle", memory.idle, 40.0, 25.0),
            ("Memory at 64 connections of W1", memory.loaded, 120.0, 60.0),
        ] {
            rows.push(Row {
                what: what.to_owned(),
                unit: Unit::Mebibytes,
                measured: mebibytes(kibibytes),
                must,
                aim,
            });
        }
    }
    if !figures.starts.is_empty() {
        let millis = |time: &Duration| time.as_secs_f64() * 1000.0;
        rows.push(Row {
            what: "From start to `/readyz`".to_owned(),
            unit: Unit::Millis,
            measured: spread(&figures.starts.iter().map(millis).collect::<Vec<_>>()),
            must: 300.0,
            aim: 100.0,
        });
    }
    if !figures.sqlite.is_empty() {
        let ratios = figures
            .sqlite
            .iter()
            .map(|[on_sqlite, on_postgres]| on_sqlite / on_postgres);
        rows.push(Row {
            what: "W1 on SQLite, of W1 on PostgreSQL".to_owned(),
            unit: Unit::Part,
            measured: spread(&ratios.collect::<Vec<_>>()),
            must: 0.6,
            aim: 1.0,
        });
    }
    rows
}

fn growth(growth: &Growth) -> Row {
    let [small, large] = growth.sizes.map(number);
    let [few, many] = &growth.samples;
    if growth.workload == Workload::Search {
        let millis: Vec<f64> = many.iter().map(|sample| f64::from(sample.p50) / 1000.0).collect();
        return Row {
            what: format!("W3, p50 at {large} users"),
            unit: Unit::Millis,
            measured: spread(&millis),
            must: 30.0,
            aim: 10.0,
        };
    }
    let ratios = few
        .iter()
        .zip(many)
        .map(|(few, many)| f64::from(many.p50) / f64::from(few.p50.max(1)));
    Row {
        what: format!("{}, p50 at {large} users, times that at {small}", growth.workload),
        unit: Unit::Times,
        measured: spread(&ratios.collect::<Vec<_>>()),
        must: 1.2,
        aim: 1.05,
    }
}

/// A number with commas between thousands.
#[must_use]
pub fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same sample value of many, as its median.
pub fn typical<T>(samples: &[T], value: impl Fn(&T) -> f64) -> String {
    format!("{:.0}", median(samples, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_of_the_limit_is_better_and_more_time_is_worse() {
        let row = |unit, value| Row {
            what: String::new(),
            unit,
            measured: [value; 3],
            must: 2.0,
            aim: if unit == Unit::Part { 3.0 } else { 1.0 },
        };
        assert_eq!(row(Unit::Part, 1.9).verdict(), "**not yet**");
        assert_eq!(row(Unit::Part, 2.0).verdict(), "must");
        assert_eq!(row(Unit::Part, 3.0).verdict(), "aim");
        assert_eq!(row(Unit::Times, 2.1).verdict(), "**not yet**");
        assert_eq!(row(Unit::Times, 2.0).verdict(), "must");
        assert_eq!(row(Unit::Times, 1.0).verdict(), "aim");
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!(
            [0, 999, 1000, 1_000_000].map(number),
            ["0", "999", "1,000", "1,000,000"]
        );
    }
}
