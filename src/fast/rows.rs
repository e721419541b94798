//! What is worked out of several columns of a row, and how a time is written.

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::selection::Cold;
use crate::access::PermissionSet;
use crate::access::role::permissions_of;
use crate::base::Error;
use crate::base::id::RoleId;
use crate::entity::lanes::Rows;
use crate::entity::named;
use crate::{teams, users};

impl From<Error> for Cold {
    /// A row that is not as it was planned is a fault of ours; the ordinary way answers meanwhile.
    fn from(error: Error) -> Self {
        tracing::error!(%error, "the fast path could not read a row");
        Self
    }
}

/// The status of the user whose `disabled_at` and `locked_until` these are.
pub fn user_status(
    rows: &Rows,
    row: usize,
    columns: [usize; 3],
    now: DateTime<Utc>,
) -> Result<&'static str, Cold> {
    let (disabled_at, locked_until) = (rows.time(row, columns[0])?, rows.time(row, columns[1])?);
    Ok(users::find::status_of(disabled_at, locked_until, now).name())
}

/// The status of the team whose `disabled_at` and `expires_at` these are.
pub fn team_status(
    rows: &Rows,
    row: usize,
    columns: [usize; 3],
    now: DateTime<Utc>,
) -> Result<&'static str, Cold> {
    let (disabled_at, expires_at) = (rows.time(row, columns[0])?, rows.time(row, columns[1])?);
    Ok(teams::find::status_of(disabled_at, expires_at, now).name())
}

/// The permissions of the role whose `id`, `kind` and `permissions` these are.
pub fn permissions(rows: &Rows, row: usize, columns: [usize; 3]) -> Result<PermissionSet, Cold> {
    let id = RoleId(rows.uuid(row, columns[0])?.ok_or(Cold)?);
    let kind = rows.text(row, columns[1])?.and_then(named).ok_or(Cold)?;
    Ok(permissions_of(id, kind, rows.text(row, columns[2])?))
}

/// Writes a time as the schema's `DateTime` is printed (RFC 3339, in UTC, as many digits as there are). A page has dozens
/// of times, and formatting them takes longer than reading them.
pub fn time(out: &mut Vec<u8>, at: DateTime<Utc>) -> Result<(), Cold> {
    let nanos = at.nanosecond();
    let year = u32::try_from(at.year()).map_err(|_| Cold)?;
    if year > 9999 || nanos >= 1_000_000_000 {
        return Err(Cold);
    }
    out.push(b'"');
    digits(out, year, 4);
    for (before, part) in [
        (b'-', at.month()),
        (b'-', at.day()),
        (b'T', at.hour()),
        (b':', at.minute()),
        (b':', at.second()),
    ] {
        out.push(before);
        digits(out, part, 2);
    }
    if nanos > 0 {
        out.push(b'.');
        match (nanos % 1_000_000, nanos % 1_000) {
            (0, _) => digits(out, nanos / 1_000_000, 3),
            (_, 0) => digits(out, nanos / 1_000, 6),
            _ => digits(out, nanos, 9),
        }
    }
    out.extend_from_slice(b"+00:00\"");
    Ok(())
}

/// Writes the last `width` digits of a number.
fn digits(out: &mut Vec<u8>, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(b"0123456789"[digit as usize]);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::time;

    fn is_printed_alike(micros: i64) -> bool {
        let at = DateTime::from_timestamp_micros(micros).unwrap();
        let mut out = Vec::new();
        time(&mut out, at).unwrap();
        String::from_utf8(out).unwrap() == format!("\"{}\"", at.to_rfc3339())
    }

    #[test]
    fn a_time_is_printed_as_the_schema_prints_it() {
        for micros in [0, 1, 1_000, 1_000_000, 120_000, -1, 1_795_731_463_123_456] {
            assert!(is_printed_alike(micros), "{micros}");
        }
    }

    proptest! {
        #[test]
        fn any_time_is_printed_as_the_schema_prints_it(micros in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
            prop_assert!(is_printed_alike(micros));
        }
    }
}
