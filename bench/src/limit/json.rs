//! Writes JSON by hand, into one buffer.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// An answer that grows.
pub struct Json(Vec<u8>);

impl Json {
    /// An empty answer, with room for `room` bytes.
    pub fn new(room: usize) -> Self {
        Self(Vec::with_capacity(room))
    }

    /// JSON as it stands: keys, brackets, numbers.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// A text in quotes.
    pub fn text(&mut self, text: &str) -> &mut Self {
        if text
            .bytes()
            .any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
        {
            // Writing into memory does not fail.
            let _ = serde_json::to_writer(&mut self.0, text);
        } else {
            self.0.push(b'"');
            self.0.extend_from_slice(text.as_bytes());
            self.0.push(b'"');
        }
        self
    }

    /// A text, or null.
    pub fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// A typed id in quotes: its kind with the underscore, and the UUID in 26 characters.
    pub fn id(&mut self, kind: &str, id: Uuid) -> &mut Self {
        let value = id.as_u128();
        let mut digits = [0; 26];
        for (place, digit) in digits.iter_mut().rev().enumerate() {
            *digit = ALPHABET[(value >> (5 * place)) as usize & 31];
        }
        self.raw("\"").raw(kind);
        self.0.extend_from_slice(&digits);
        self.raw("\"")
    }

    /// A time in quotes, after RFC 3339 in UTC: no fraction, or one of three or six digits.
    pub fn time(&mut self, micros: i64) -> &mut Self {
        let (days, of_day) = (
            micros.div_euclid(86_400_000_000),
            micros.rem_euclid(86_400_000_000),
        );
        let (seconds, fraction) = (of_day / 1_000_000, of_day % 1_000_000);
        let (year, month, day) = civil(days);
        self.raw("\"");
        self.digits(year, 4).raw("-");
        self.digits(month, 2).raw("-");
        self.digits(day, 2).raw("T");
        self.digits(seconds / 3600, 2).raw(":");
        self.digits(seconds / 60 % 60, 2).raw(":");
        self.digits(seconds % 60, 2);
        if fraction % 1000 != 0 {
            self.raw(".").digits(fraction, 6);
        } else if fraction != 0 {
            self.raw(".").digits(fraction / 1000, 3);
        }
        self.raw("+00:00\"")
    }

    /// The cursor of a row in quotes: its time and its id, as Rollcall's own.
    pub fn cursor(&mut self, micros: i64, id: Uuid) -> &mut Self {
        let mut text = [0; URL_LENGTH];
        let mut plain = Vec::with_capacity(64);
        // Writing into memory does not fail.
        let _ = write!(plain, "[{micros},\"{}\"]", id.as_hyphenated());
        match URL_SAFE_NO_PAD.encode_slice(&plain, &mut text) {
            Ok(length) => {
                self.0.push(b'"');
                self.0.extend_from_slice(&text[..length]);
                self.0.push(b'"');
                self
            }
            Err(_) => self.raw("null"),
        }
    }

    /// A count.
    pub fn number(&mut self, number: i64) -> &mut Self {
        // Writing into memory does not fail.
        let _ = write!(self.0, "{number}");
        self
    }

    /// Drops the comma after the last item of a list.
    pub fn no_comma(&mut self) -> &mut Self {
        if self.0.last() == Some(&b',') {
            self.0.pop();
        }
        self
    }

    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn digits(&mut self, number: i64, count: u32) -> &mut Self {
        for place in (0..count).rev() {
            let digit = number / 10_i64.pow(place) % 10;
            self.0.push(b'0' + u8::try_from(digit).unwrap_or_default());
        }
        self
    }
}

/// The longest cursor: a number of 20 characters and a UUID of 36, with what stands around them.
const URL_LENGTH: usize = 96;

/// The date of a day since 1970, in the Gregorian calendar (Howard Hinnant's `civil_from_days`).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::new(0);
        write(&mut json);
        String::from_utf8(json.into_bytes()).unwrap()
    }

    #[test]
    fn times_have_as_many_digits_as_they_need() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (951_827_696_000_000, "2000-02-29T12:34:56+00:00"),
            (1_767_225_599_120_000, "2025-12-31T23:59:59.120+00:00"),
            (1_767_225_599_120_004, "2025-12-31T23:59:59.120004+00:00"),
        ] {
            assert_eq!(
                written(|json| {
                    json.time(micros);
                }),
                format!("\"{text}\"")
            );
        }
    }

    #[test]
    fn texts_are_escaped_where_they_have_to_be() {
        for text in ["mia", "张三", "a \"b\" \\ c\n\u{1}"] {
            assert_eq!(
                written(|json| {
                    json.text(text);
                }),
                serde_json::to_string(text).unwrap()
            );
        }
    }

    #[test]
    fn ids_are_those_of_the_typeid_specification() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let text = written(|json| {
            json.id("user_", id);
        });
        assert_eq!(text, "\"user_01h455vb4pex5vsknk084sn02q\"");
    }
}
