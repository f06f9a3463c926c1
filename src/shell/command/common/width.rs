//! How many columns of a terminal a text takes.

/// Ranges of characters that take two columns (East Asian wide ones and pictures).
const WIDE: &[(u32, u32)] = &[
    (0x1100, 0x115f),
    (0x2e80, 0x303e),
    (0x3041, 0x33ff),
    (0x3400, 0x4dbf),
    (0x4e00, 0x9fff),
    (0xa000, 0xa4cf),
    (0xac00, 0xd7a3),
    (0xf900, 0xfaff),
    (0xfe30, 0xfe6f),
    (0xff00, 0xff60),
    (0xffe0, 0xffe6),
    (0x1f300, 0x1f64f),
    (0x1f900, 0x1f9ff),
    (0x20000, 0x3fffd),
];

/// Columns of one character.
pub fn of_char(ch: char) -> usize {
    let code = ch as u32;
    if ch.is_control() || (0x300..=0x36f).contains(&code) || (0x200b..=0x200f).contains(&code) {
        return 0;
    }
    1 + usize::from(WIDE.iter().any(|&(from, to)| (from..=to).contains(&code)))
}

/// Columns of a text.
pub fn of(text: &str) -> usize {
    text.chars().map(of_char).sum()
}
