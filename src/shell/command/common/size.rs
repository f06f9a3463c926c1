//! Sizes for people and block counts, as coreutils prints them.

/// How sizes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Rounded up to blocks of so many bytes.
    Block(u64),
    /// The same with the unit's letter after the number (`--block-size=K`).
    Letter(u64, char),
    /// `4.0K`: powers of 1024.
    Human,
    /// `4.1k`: powers of 1000.
    Si,
}

impl Unit {
    /// Reads `--block-size=`; `None` when it is none.
    pub fn parse(text: &[u8]) -> Option<Unit> {
        match text {
            b"human-readable" => return Some(Unit::Human),
            b"si" => return Some(Unit::Si),
            _ => {}
        }
        let size = super::args::sized(text).filter(|&n| n > 0)?;
        match text {
            [letter, ..] if !letter.is_ascii_digit() => Some(Unit::Letter(size, *letter as char)),
            _ => Some(Unit::Block(size)),
        }
    }

    /// A number of bytes in this unit, rounded up.
    pub fn show(self, bytes: u64) -> String {
        match self {
            Unit::Block(size) => bytes.div_ceil(size).to_string(),
            Unit::Letter(size, letter) => format!("{}{letter}", bytes.div_ceil(size)),
            Unit::Human => human(bytes, 1024),
            Unit::Si => human(bytes, 1000),
        }
    }
}

/// `1.5K`, `12M`: rounded up, one decimal below ten.
pub fn human(bytes: u64, base: u64) -> String {
    if bytes < base {
        return bytes.to_string();
    }
    let letters = if base == 1000 { "kMGTPE" } else { "KMGTPE" };
    let mut unit = u128::from(base);
    let bytes = u128::from(bytes);
    let last = letters.len() - 1;
    for (at, letter) in letters.chars().enumerate() {
        let tenths = (bytes * 10).div_ceil(unit);
        if tenths < 100 {
            return format!("{}.{}{letter}", tenths / 10, tenths % 10);
        }
        let whole = bytes.div_ceil(unit);
        if whole < u128::from(base) || at == last {
            return format!("{whole}{letter}");
        }
        unit *= u128::from(base);
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `ls -lh` and `du -h` of coreutils 9.1 printed them.
    #[test]
    fn human_sizes_are_rounded_up() {
        for (bytes, want) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (4096, "4.0K"),
            (10239, "10K"),
            (10240, "10K"),
            (10241, "11K"),
            (1_048_575, "1.0M"),
            (1_073_741_824, "1.0G"),
            (1_047_553, "1.0M"),
            (1_047_552, "1023K"),
        ] {
            assert_eq!(human(bytes, 1024), want, "{bytes}");
        }
        assert_eq!(human(1000, 1000), "1.0k");
        assert_eq!(Unit::parse(b"K").unwrap().show(1500), "2K");
    }
}
