//! How `sort` compares lines: keys, orders, and the last resort.

use std::cmp::Ordering;

/// One ordering: the global one, or that of a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub numeric: bool,
    pub general: bool,
    pub human: bool,
    pub month: bool,
    pub version: bool,
    pub fold: bool,
    pub dictionary: bool,
    pub printing: bool,
    pub blanks: bool,
    pub reverse: bool,
}

impl Order {
    /// Sets the option of one letter; false when there is no such.
    pub(super) fn set(&mut self, letter: u8) -> bool {
        match letter {
            b'n' => self.numeric = true,
            b'g' => self.general = true,
            b'h' => self.human = true,
            b'M' => self.month = true,
            b'V' => self.version = true,
            b'f' => self.fold = true,
            b'd' => self.dictionary = true,
            b'i' => self.printing = true,
            b'b' => self.blanks = true,
            b'r' => self.reverse = true,
            _ => return false,
        }
        true
    }
}

/// A position `F[.C]`: field and character from 1; character 0 at an end means the field's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub field: usize,
    pub char: usize,
    pub blanks: bool,
}

/// `-k FROM[,TO]` with its own order.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub from: Place,
    pub to: Option<Place>,
    pub order: Order,
}

/// Parses the argument of `-k`.
pub(super) fn parse_key(text: &str, global: &Order) -> Result<Key, String> {
    let (first, second) = match text.split_once(',') {
        Some((first, second)) => (first, Some(second)),
        None => (text, None),
    };
    let mut order = Order::default();
    let bad = || format!("invalid number at field start: invalid count at start of '{first}'");
    let from = place(first, &mut order, 1).ok_or_else(bad)?;
    if from.field == 0 {
        let text = super::common::quote::locale(text.as_bytes());
        return Err(format!("field number is zero: invalid field specification {text}"));
    }
    let to = match second {
        None => None,
        Some(second) => Some(place(second, &mut order, 0).ok_or_else(|| {
            format!("invalid number after ',': invalid count at start of '{second}'")
        })?),
    };
    let plain = order == Order::default() && !from.blanks && !to.is_some_and(|it| it.blanks);
    Ok(Key { from, to, order: if plain { global.clone() } else { order } })
}

fn place(text: &str, order: &mut Order, char_default: usize) -> Option<Place> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let end = digits(text);
    let field = text[..end].parse().ok()?;
    let mut rest = &text[end..];
    let mut char = char_default;
    if let Some(after) = rest.strip_prefix('.') {
        let end = digits(after);
        char = after[..end].parse().ok()?;
        rest = &after[end..];
    }
    let mut blanks = false;
    for letter in rest.bytes() {
        blanks |= letter == b'b';
        if letter != b'b' && !order.set(letter) {
            return None;
        }
    }
    Some(Place { field, char, blanks })
}

/// Everything `sort` needs to order lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorter {
    pub keys: Vec<Key>,
    pub order: Order,
    pub separator: Option<u8>,
    pub stable: bool,
    pub unique: bool,
}

impl Sorter {
    /// Ordering with the last resort: the whole line bytewise.
    pub(super) fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        let by_keys = self.compare_keys(a, b);
        if by_keys != Ordering::Equal || self.stable || self.unique {
            return by_keys;
        }
        let last = a.cmp(b);
        if self.order.reverse { last.reverse() } else { last }
    }

    /// Ordering by keys (or the whole line with the global order).
    pub(super) fn compare_keys(&self, a: &[u8], b: &[u8]) -> Ordering {
        if self.keys.is_empty() {
            return compare_with(&self.order, a, b);
        }
        self.keys
            .iter()
            .map(|key| compare_with(&key.order, self.field(key, a), self.field(key, b)))
            .find(|it| *it != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
    }

    fn field<'a>(&self, key: &Key, line: &'a [u8]) -> &'a [u8] {
        let mut start = self.field_start(line, key.from.field - 1);
        if key.from.blanks || key.order.blanks {
            start += blanks(&line[start..]);
        }
        start = (start + key.from.char.max(1) - 1).min(line.len());
        let end = match key.to {
            None => line.len(),
            Some(to) if to.char == 0 => self.field_end(line, to.field),
            Some(to) => {
                let mut at = self.field_start(line, to.field.max(1) - 1);
                if to.blanks || key.order.blanks {
                    at += blanks(&line[at..]);
                }
                (at + to.char).min(line.len())
            }
        };
        &line[start.min(end)..end.max(start.min(end))]
    }

    /// Where the field after `skip` fields starts (its leading blanks included).
    fn field_start(&self, line: &[u8], skip: usize) -> usize {
        let mut at = 0;
        for _ in 0..skip {
            match self.separator {
                Some(separator) => match line[at..].iter().position(|it| *it == separator) {
                    Some(pos) => at += pos + 1,
                    None => return line.len(),
                },
                None => {
                    at += blanks(&line[at..]);
                    at += line[at..].iter().take_while(|it| !is_blank(**it)).count();
                }
            }
        }
        at
    }

    fn field_end(&self, line: &[u8], field: usize) -> usize {
        match self.separator {
            Some(separator) => {
                let start = self.field_start(line, field.max(1) - 1);
                line[start..]
                    .iter()
                    .position(|it| *it == separator)
                    .map_or(line.len(), |it| start + it)
            }
            None => self.field_start(line, field.max(1)),
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|it| is_blank(**it)).count()
}

fn compare_with(order: &Order, a: &[u8], b: &[u8]) -> Ordering {
    let res = if order.numeric {
        numeric(a, b)
    } else if order.human {
        human(a, b)
    } else if order.general {
        general(a).partial_cmp(&general(b)).unwrap_or(Ordering::Equal)
    } else if order.month {
        month(a).cmp(&month(b))
    } else if order.version {
        version(a, b)
    } else {
        plain(order, a, b)
    };
    if order.reverse { res.reverse() } else { res }
}

fn plain(order: &Order, a: &[u8], b: &[u8]) -> Ordering {
    let skip = |text: &[u8]| if order.blanks { blanks(text) } else { 0 };
    let (a, b) = (&a[skip(a)..], &b[skip(b)..]);
    let keep = |it: &&u8| {
        let dictionary = !order.dictionary || it.is_ascii_alphanumeric() || is_blank(**it);
        let printing = !order.printing || (0x20..0x7f).contains(*it);
        dictionary && printing
    };
    let fold = |it: &u8| if order.fold { it.to_ascii_uppercase() } else { *it };
    a.iter().filter(keep).map(fold).cmp(b.iter().filter(keep).map(fold))
}

/// Sign, integer digits without leading zeros, fraction without trailing zeros.
fn number(text: &[u8]) -> (bool, &[u8], &[u8], usize) {
    let mut at = blanks(text);
    let negative = text.get(at) == Some(&b'-');
    at += usize::from(negative);
    let digits =
        |from: usize| from + text[from..].iter().take_while(|it| it.is_ascii_digit()).count();
    let end = digits(at);
    let zeros = text[at..end].iter().take_while(|it| **it == b'0').count();
    let whole = &text[at + zeros..end];
    let (mut fraction, mut after): (&[u8], usize) = (&[], end);
    if text.get(end) == Some(&b'.') {
        after = digits(end + 1);
        fraction = &text[end + 1..after];
        while let [rest @ .., b'0'] = fraction {
            fraction = rest;
        }
    }
    let zero = whole.is_empty() && fraction.is_empty();
    (negative && !zero, whole, fraction, after)
}

fn magnitude(a: (&[u8], &[u8]), b: (&[u8], &[u8])) -> Ordering {
    a.0.len().cmp(&b.0.len()).then_with(|| a.0.cmp(b.0)).then_with(|| a.1.cmp(b.1))
}

fn numeric(a: &[u8], b: &[u8]) -> Ordering {
    let (a_neg, a_whole, a_frac, _) = number(a);
    let (b_neg, b_whole, b_frac, _) = number(b);
    match (a_neg, b_neg) {
        (false, false) => magnitude((a_whole, a_frac), (b_whole, b_frac)),
        (true, true) => magnitude((b_whole, b_frac), (a_whole, a_frac)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

fn human(a: &[u8], b: &[u8]) -> Ordering {
    let unit = |text: &[u8]| -> i32 {
        let (negative, whole, fraction, after) = number(text);
        if whole.is_empty() && fraction.is_empty() {
            return 0;
        }
        let order = match text.get(after) {
            Some(b'K' | b'k') => 1,
            Some(b'M') => 2,
            Some(b'G') => 3,
            Some(b'T') => 4,
            Some(b'P') => 5,
            Some(b'E') => 6,
            Some(b'Z') => 7,
            Some(b'Y') => 8,
            _ => 0,
        };
        if negative { -order } else { order }
    };
    unit(a).cmp(&unit(b)).then_with(|| numeric(a, b))
}

fn general(text: &[u8]) -> f64 {
    let text = &text[blanks(text)..];
    let end = (0..=text.len())
        .rev()
        .find(|end| std::str::from_utf8(&text[..*end]).is_ok_and(|it| it.parse::<f64>().is_ok()));
    end.and_then(|end| std::str::from_utf8(&text[..end]).ok()?.parse().ok())
        .unwrap_or(f64::NEG_INFINITY)
}

fn month(text: &[u8]) -> usize {
    const MONTHS: [&[u8]; 12] = [
        b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV",
        b"DEC",
    ];
    let text = &text[blanks(text)..];
    let Some(head) = text.get(..3) else { return 0 };
    MONTHS.iter().position(|it| it.eq_ignore_ascii_case(head)).map_or(0, |it| it + 1)
}

/// Digits as numbers, the rest bytewise (letters before other bytes), as `sort -V` and `ls -v`.
pub(super) fn version(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let rank = |byte: Option<&u8>| match byte {
        None => 0,
        Some(b'~') => -1,
        Some(it) if it.is_ascii_digit() => 0,
        Some(it) if it.is_ascii_alphabetic() => i32::from(*it),
        Some(it) => i32::from(*it) + 256,
    };
    while !a.is_empty() || !b.is_empty() {
        while a.first().is_some_and(|it| !it.is_ascii_digit())
            || b.first().is_some_and(|it| !it.is_ascii_digit())
        {
            let order = rank(a.first()).cmp(&rank(b.first()));
            if order != Ordering::Equal {
                return order;
            }
            a = a.get(1..).unwrap_or_default();
            b = b.get(1..).unwrap_or_default();
        }
        let digits = |text: &[u8]| text.iter().take_while(|it| it.is_ascii_digit()).count();
        let (a_run, b_run) = (digits(a), digits(b));
        let trim = |run: &[u8]| run.iter().take_while(|it| **it == b'0').count();
        let (a_num, b_num) = (&a[trim(&a[..a_run])..a_run], &b[trim(&b[..b_run])..b_run]);
        let order = a_num.len().cmp(&b_num.len()).then_with(|| a_num.cmp(b_num));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (&a[a_run..], &b[b_run..]);
    }
    Ordering::Equal
}
