//! The figures as they come, on the terminal.

use super::table::Row;
use crate::plan::{Chain, Compared, Logins, Sample, Storm, median};

/// A workload that the limit answers too.
pub fn compared(compared: &Compared) {
    let [ratio, least, most] = compared.ratio();
    println!("{} {}", compared.workload, compared.workload.title());
    line("Rollcall", &compared.rollcall);
    line("limit", &compared.limit);
    println!("   of the limit  {ratio:.2} ({least:.2}-{most:.2})");
}

/// What the chain costs.
pub fn chain(chain: &Chain) {
    let [ratio, least, most] = chain.ratio();
    println!("W6 with and without the sealing of its events");
    line("sealed", &chain.sealed);
    line("held", &chain.held);
    println!("   of held       {ratio:.2} ({least:.2}-{most:.2})");
}

/// W7.
pub fn logins(logins: &Logins) {
    let [ratio, least, most] = logins.ratio();
    println!("W7 logins beside bare argon2 on as many threads");
    line("Rollcall", &logins.rollcall);
    println!(
        "   bare          {:.1}/s",
        median(&logins.bare, |per_second| *per_second)
    );
    println!("   of bare       {ratio:.2} ({least:.2}-{most:.2})");
}

/// W8.
pub fn storm(storm: &Storm) {
    let [ratio, least, most] = storm.ratio();
    println!("W8 the first page during a storm of logins");
    line("calm", &storm.calm);
    line("storm", &storm.storm);
    println!(
        "   p99, times    {ratio:.2} ({least:.2}-{most:.2}), with {:.1} logins/s",
        median(&storm.logins, |per_second| *per_second)
    );
}

fn line(name: &str, samples: &[Sample]) {
    let of = |value: fn(&Sample) -> f64| median(samples, value);
    println!(
        "   {name:<12} {:>8.0}/s  p50 {:>7.2} ms  p99 {:>7.2} ms  CPU a request: server {:>5.0} µs, PostgreSQL {:>5.0} µs, load {:>3.0} µs",
        of(|sample| sample.per_second),
        of(|sample| f64::from(sample.p50)) / 1000.0,
        of(|sample| f64::from(sample.p99)) / 1000.0,
        of(|sample| sample.server),
        of(|sample| sample.database),
        of(|sample| sample.load),
    );
}

/// The table at the end.
pub fn table(rows: &[Row]) {
    for row in rows {
        let [median, least, most] = row.measured.map(|value| row.say(value));
        println!(
            "{:<58} {median:>9} ({least}-{most}), must {}, aim {}: {}",
            row.what,
            row.say(row.must),
            row.say(row.aim),
            row.verdict()
        );
    }
}
