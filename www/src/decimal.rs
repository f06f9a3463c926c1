//! Numbers that are not whole, as style sheets and addresses have them. The standard library's printing and
//! reading of floating point is exact, and its tables, which no compression shrinks, weigh 20 KB.

/// With up to three digits after the point.
pub fn short(n: f64) -> String {
    let thousandths = (n.abs() * 1000.0).round() as u64;
    let (whole, part) = (thousandths / 1000, thousandths % 1000);
    let sign = if n < 0.0 && thousandths > 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{part:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// With as many digits after the point, two at most.
pub fn rounded(n: f64, digits: usize) -> String {
    let scale: u32 = [1, 10, 100][digits.min(2)];
    let n = (n * f64::from(scale)).round() as u64;
    let (whole, part) = (n / u64::from(scale), n % u64::from(scale));
    if digits == 0 { whole.to_string() } else { format!("{whole}.{part:0digits$}") }
}

/// A number as `12`, `0.25` or `.5`.
pub fn number(text: &str) -> Option<f64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |it: &str| it.len() <= 9 && it.bytes().all(|it| it.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() + part.len() == 0 {
        return None;
    }
    let read = |it: &str| it.parse::<u32>().unwrap_or(0);
    let scale = 10_u32.pow(part.len() as u32);
    Some(f64::from(read(whole)) + f64::from(read(part)) / f64::from(scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_style_sheets_take() {
        for (n, text) in [
            (0.0, "0"),
            (-0.0001, "0"),
            (12.0, "12"),
            (-3.5, "-3.5"),
            (100.0 / 3.0, "33.333"),
            (0.0625, "0.063"),
            (1600.0, "1600"),
        ] {
            assert_eq!(short(n), text);
        }
    }

    #[test]
    fn digits_are_as_many_as_asked_for() {
        for (n, digits, text) in
            [(99.96, 1, "100.0"), (1.006, 2, "1.01"), (7.0, 0, "7"), (0.04, 1, "0.0")]
        {
            assert_eq!(rounded(n, digits), text);
            assert_eq!(rounded(n, digits), format!("{n:.digits$}"));
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for (text, n) in
            [("0.25", 0.25), ("2", 2.0), (".5", 0.5), ("3.", 3.0), ("123456789", 123_456_789.0)]
        {
            assert_eq!(number(text), Some(n));
        }
        for text in ["", ".", "-1", "1e3", "1,5", " 1", "inf", "NaN", "1.2.3", "1234567890"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
