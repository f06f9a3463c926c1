//! The `nlink` attribute of an indexed upper file: how many names the overlay shows, told as a
//! difference to the links of a real file, so that it stays true when both change together.

/// Whose links are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Upper,
    /// Only between two steps of giving a copied-up file one more name: survives a crash there.
    Lower,
}

/// The value: `U+1`, `U-1`, `L+0`.
pub fn print(base: Base, difference: i64) -> Vec<u8> {
    let letter = if base == Base::Upper { 'U' } else { 'L' };
    format!("{letter}{difference:+}").into_bytes()
}

/// Reads the value; `None` for anything else.
pub fn parse(value: &[u8]) -> Option<(Base, i64)> {
    let base = match value.first()? {
        b'U' => Base::Upper,
        b'L' => Base::Lower,
        _ => return None,
    };
    let number = std::str::from_utf8(&value[1..]).ok()?;
    let signed = number.starts_with(['+', '-']);
    let number = number.strip_suffix('\n').unwrap_or(number);
    Some((base, i64::from(number.parse::<i32>().ok().filter(|_| signed)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for (base, difference, text) in
            [(Base::Upper, 1, "U+1"), (Base::Upper, -1, "U-1"), (Base::Lower, 0, "L+0")]
        {
            assert_eq!(print(base, difference), text.as_bytes());
            assert_eq!(parse(text.as_bytes()), Some((base, difference)));
        }
        for bad in ["", "U", "U1", "X+1", "U+x"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
