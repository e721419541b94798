//! docs/scale.md reckons with the figures of docs/performance.md.

use super::{read, section};

/// The cells of a table's row.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn what_is_reckoned_with_was_measured() {
    let (scale, performance) = (read("docs/scale.md"), read("docs/performance.md"));
    let measured: Vec<Vec<&str>> = section(&performance, "Requests")
        .lines()
        .filter(|line| line.starts_with("| W"))
        .map(cells)
        .collect();
    let reckoned: Vec<Vec<&str>> = section(&scale, "What a request costs")
        .lines()
        .filter(|line| line.starts_with("| W"))
        .map(cells)
        .collect();
    assert!(reckoned.len() >= 6, "{} rows", reckoned.len());
    for row in reckoned {
        let [workload, _, server, database] = row[..] else {
            panic!("a row of {} cells", row.len());
        };
        let of_it = measured
            .iter()
            .find(|cells| cells[0].starts_with(&format!("{workload}:")) && cells[1] == "Rollcall")
            .unwrap_or_else(|| panic!("{workload} was not measured"));
        assert_eq!(&of_it[5..7], [server, database], "{workload}");
    }
}
