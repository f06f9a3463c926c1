//! The 512 bytes of a header: fields by position, numbers in both notations, the checksum.

use super::BLOCK;

/// A raw header.
pub(super) struct Header<'a>(pub &'a [u8; BLOCK]);

/// Who laid the fields out beyond the first 257 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    V7,
    Ustar,
    Gnu,
}

impl<'a> Header<'a> {
    fn field(&self, at: usize, len: usize) -> &'a [u8] {
        &self.0[at..at + len]
    }

    /// A text field, up to its NUL.
    fn text(&self, at: usize, len: usize) -> &'a [u8] {
        let field = self.field(at, len);
        &field[..field.iter().position(|&b| b == 0).unwrap_or(len)]
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|&b| b == 0)
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.field(257, 8) {
            b"ustar  \0" => Dialect::Gnu,
            magic if magic.starts_with(b"ustar") => Dialect::Ustar,
            _ => Dialect::V7,
        }
    }

    /// The name, with ustar's prefix before it.
    pub(super) fn name(&self) -> Vec<u8> {
        let name = self.text(0, 100);
        let prefix = if self.dialect() == Dialect::Ustar { self.text(345, 155) } else { &[] };
        if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() }
    }

    pub(super) fn linkname(&self) -> &'a [u8] {
        self.text(157, 100)
    }

    /// The names of owner and group; old headers have none.
    pub(super) fn owners(&self) -> (&'a [u8], &'a [u8]) {
        match self.dialect() {
            Dialect::V7 => (&[], &[]),
            _ => (self.text(265, 32), self.text(297, 32)),
        }
    }

    pub(super) fn flag(&self) -> u8 {
        self.0[156]
    }

    pub(super) fn mode(&self) -> Option<i64> {
        number(self.field(100, 8))
    }
    pub(super) fn uid(&self) -> Option<i64> {
        number(self.field(108, 8))
    }
    pub(super) fn gid(&self) -> Option<i64> {
        number(self.field(116, 8))
    }
    pub(super) fn size(&self) -> Option<i64> {
        number(self.field(124, 12))
    }
    pub(super) fn mtime(&self) -> Option<i64> {
        number(self.field(136, 12))
    }
    /// Major and minor; old headers have none.
    pub(super) fn device(&self) -> Option<(i64, i64)> {
        match self.dialect() {
            Dialect::V7 => Some((0, 0)),
            _ => Some((number(self.field(329, 8))?, number(self.field(337, 8))?)),
        }
    }

    /// Whether the checksum fits, summed unsigned (POSIX) or signed (some old tars).
    pub(super) fn is_intact(&self) -> bool {
        let Some(said) = number(self.field(148, 8)) else { return false };
        let bytes = || self.0.iter().enumerate();
        let blank = |at: usize| (148..156).contains(&at);
        let plain: i64 = bytes().map(|(at, &b)| if blank(at) { 32 } else { i64::from(b) }).sum();
        let signed: i64 =
            bytes().map(|(at, &b)| if blank(at) { 32 } else { i64::from(b as i8) }).sum();
        said == plain || said == signed
    }

    /// Old GNU sparse: the (offset, length) pairs from `at` on, `count` of them.
    pub(super) fn sparse_pairs(&self, at: usize, count: usize) -> Option<Vec<(u64, u64)>> {
        let mut pairs = Vec::new();
        for i in 0..count {
            let (off, len) = (self.field(at + i * 24, 12), self.field(at + i * 24 + 12, 12));
            if off[0] == 0 && len[0] == 0 {
                break;
            }
            let pair = (number(off)?.try_into().ok()?, number(len)?.try_into().ok()?);
            pairs.push(pair);
        }
        Some(pairs)
    }

    /// Old GNU sparse: the size with holes.
    pub(super) fn real_size(&self) -> Option<i64> {
        number(self.field(483, 12))
    }
}

/// A number: octal text between spaces and NULs, or GNU's base 256 (first bit set, two's
/// complement). An empty field is zero.
pub(super) fn number(field: &[u8]) -> Option<i64> {
    if field[0] & 0x80 != 0 {
        let negative = field[0] & 0x40 != 0;
        let mut value: i128 = if negative { -1 } else { 0 };
        for (at, &byte) in field.iter().enumerate() {
            let byte = if at == 0 && !negative { byte & 0x7f } else { byte };
            value = (value << 8) | i128::from(byte);
        }
        return i64::try_from(value).ok();
    }
    let digits: &[u8] = {
        let from = field.iter().position(|&b| b != b' ' && b != 0).unwrap_or(field.len());
        let rest = &field[from..];
        &rest[..rest.iter().position(|&b| b == b' ' || b == 0).unwrap_or(rest.len())]
    };
    digits.iter().try_fold(0i64, |sum, &digit| match digit {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_in_both_notations() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0"), Some(0));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\x00"), Some(256));
        assert_eq!(number(&[0xff; 12]), Some(-1));
        assert_eq!(number(b"12x"), None);
        assert_eq!(number(&[0xbf; 12]), None, "larger than a file can be");
    }
}
