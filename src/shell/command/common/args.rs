//! Options as `getopt_long` of glibc takes them: combined short ones, unique prefixes of long
//! ones, options after operands, `--`, and its messages.

/// An option that was given: the short letter if it has one, else the long name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub id: &'static str,
    pub value: Option<Vec<u8>>,
}

impl Given {
    /// The value as text (lossy); empty when there is none.
    pub fn text(&self) -> String {
        self.value.as_deref().map(|v| String::from_utf8_lossy(v).into_owned()).unwrap_or_default()
    }

    pub fn bytes(&self) -> &[u8] {
        self.value.as_deref().unwrap_or_default()
    }
}

/// Options in the order given, and what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    pub options: Vec<Given>,
    pub operands: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Required,
    Optional,
}

struct Spec {
    id: &'static str,
    short: Option<u8>,
    long: Option<&'static str>,
    takes: Takes,
}

fn specs(table: &'static str) -> Vec<Spec> {
    let mut all: Vec<Spec> = table.split_whitespace().filter(|w| *w != "+").map(spec).collect();
    for (id, long) in [("help", "help"), ("version", "version")] {
        if !all.iter().any(|s| s.long == Some(long)) {
            all.push(Spec { id, short: None, long: Some(long), takes: Takes::Nothing });
        }
    }
    all
}

fn spec(word: &'static str) -> Spec {
    let (body, takes) = if let Some(body) = word.strip_suffix("=?") {
        (body, Takes::Optional)
    } else if let Some(body) = word.strip_suffix('=') {
        (body, Takes::Required)
    } else {
        (word, Takes::Nothing)
    };
    let (short, long) = match body.split_once('|') {
        Some((short, long)) => (short, Some(long)),
        None => (body, None),
    };
    let id = if short.is_empty() { long.unwrap_or_default() } else { short };
    Spec { id, short: short.bytes().next(), long, takes }
}

/// Parses `args` (without the program's name). `table` is a list of words: `a|all`, `w|width=`
/// (with a value), `|color=?` (with an optional one), `1` (short only), and `+` to stop at the
/// first operand. `--help` and `--version` are always known.
///
/// # Errors
/// The message of getopt without the program's name in front.
pub fn parse(table: &'static str, args: &[Vec<u8>]) -> Result<Parsed, String> {
    let specs = specs(table);
    let in_order = table.split_whitespace().any(|w| w == "+");
    let mut parsed = Parsed::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == b"--" {
            break;
        }
        if let Some(long) = arg.strip_prefix(b"--") {
            parsed.options.push(long_option(&specs, long, &mut rest)?);
        } else if arg.len() > 1 && arg[0] == b'-' {
            short_options(&specs, &arg[1..], &mut rest, &mut parsed.options)?;
        } else {
            parsed.operands.push(arg.clone());
            if in_order {
                break;
            }
        }
    }
    parsed.operands.extend(rest.cloned());
    Ok(parsed)
}

fn long_option<'a>(
    specs: &[Spec],
    word: &[u8],
    rest: &mut impl Iterator<Item = &'a Vec<u8>>,
) -> Result<Given, String> {
    let (name, value) = match word.iter().position(|&b| b == b'=') {
        Some(at) => (&word[..at], Some(word[at + 1..].to_vec())),
        None => (word, None),
    };
    let shown = String::from_utf8_lossy(name).into_owned();
    let found = pick_long(specs, name, &shown)?;
    let long = found.long.unwrap_or_default();
    match (found.takes, value) {
        (Takes::Nothing, Some(_)) => Err(format!("option '--{long}' doesn't allow an argument")),
        (Takes::Required, None) => match rest.next() {
            Some(next) => Ok(Given { id: found.id, value: Some(next.clone()) }),
            None => Err(format!("option '--{long}' requires an argument")),
        },
        (_, value) => Ok(Given { id: found.id, value }),
    }
}

fn pick_long<'s>(specs: &'s [Spec], name: &[u8], shown: &str) -> Result<&'s Spec, String> {
    if let Some(exact) = specs.iter().find(|s| s.long.is_some_and(|l| l.as_bytes() == name)) {
        return Ok(exact);
    }
    let near: Vec<&Spec> = specs
        .iter()
        .filter(|s| s.long.is_some_and(|long| long.as_bytes().starts_with(name)))
        .collect();
    match near[..] {
        [] => Err(format!("unrecognized option '--{shown}'")),
        [one] => Ok(one),
        [first, ..] if near.iter().all(|s| s.id == first.id && s.takes == first.takes) => Ok(first),
        _ => {
            let names: Vec<String> =
                near.iter().filter_map(|s| s.long).map(|l| format!(" '--{l}'")).collect();
            Err(format!("option '--{shown}' is ambiguous; possibilities:{}", names.concat()))
        }
    }
}

fn short_options<'a>(
    specs: &[Spec],
    letters: &[u8],
    rest: &mut impl Iterator<Item = &'a Vec<u8>>,
    options: &mut Vec<Given>,
) -> Result<(), String> {
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        at += 1;
        let found = specs
            .iter()
            .find(|s| s.short == Some(letter) && letter != b'-')
            .ok_or_else(|| format!("invalid option -- '{}'", letter as char))?;
        let glued = (at < letters.len()).then(|| letters[at..].to_vec());
        let value = match found.takes {
            Takes::Nothing => {
                options.push(Given { id: found.id, value: None });
                continue;
            }
            Takes::Optional => glued,
            Takes::Required => Some(match glued.or_else(|| rest.next().cloned()) {
                Some(value) => value,
                None => {
                    return Err(format!("option requires an argument -- '{}'", letter as char));
                }
            }),
        };
        options.push(Given { id: found.id, value });
        return Ok(());
    }
    Ok(())
}

/// A non-negative decimal number, nothing else.
pub fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A number with a multiplier as coreutils takes it: `K` and `KiB` 1024, `KB` 1000, `b` 512, …
pub fn sized(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (head, unit) = text.split_at(digits);
    let count = if digits == 0 && !unit.is_empty() { 1 } else { number(head)? };
    count.checked_mul(multiplier(unit)?)
}

fn multiplier(unit: &[u8]) -> Option<u64> {
    let unit = std::str::from_utf8(unit).ok()?;
    match unit {
        "" | "B" | "c" => return Some(1),
        "b" => return Some(512),
        "w" => return Some(2),
        _ => {}
    }
    let power = "KMGTPE".find(unit.chars().next()?.to_ascii_uppercase())? as u32 + 1;
    match &unit[1..] {
        "" | "iB" => 1024u64.checked_pow(power),
        "B" => 1000u64.checked_pow(power),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(table: &'static str, args: &[&str]) -> Result<Parsed, String> {
        let args: Vec<Vec<u8>> = args.iter().map(|a| a.as_bytes().to_vec()).collect();
        parse(table, &args)
    }

    #[test]
    fn options_are_permuted_combined_and_abbreviated() {
        let table = "a|all w|width= |color=? l";
        let got = run(table, &["x", "-alw3", "--wid=5", "--col", "--", "-y"]).unwrap();
        let ids: Vec<_> = got.options.iter().map(|o| (o.id, o.text())).collect();
        let want = [("a", ""), ("l", ""), ("w", "3"), ("w", "5"), ("color", "")];
        assert_eq!(ids, want.map(|(a, b)| (a, b.to_string())));
        assert_eq!(got.operands, [b"x".to_vec(), b"-y".to_vec()]);
    }

    #[test]
    fn messages_are_those_of_getopt() {
        let table = "a|all w|width= |si |size";
        assert_eq!(run(table, &["-z"]), Err("invalid option -- 'z'".into()));
        assert_eq!(run(table, &["--zz=1"]), Err("unrecognized option '--zz'".into()));
        assert_eq!(run(table, &["-w"]), Err("option requires an argument -- 'w'".into()));
        assert_eq!(
            run(table, &["--all=3"]),
            Err("option '--all' doesn't allow an argument".into())
        );
        assert_eq!(
            run(table, &["--s"]),
            Err("option '--s' is ambiguous; possibilities: '--si' '--size'".into())
        );
    }

    #[test]
    fn sizes_have_multipliers() {
        assert_eq!(sized(b"4K"), Some(4096));
        assert_eq!(sized(b"1kB"), Some(1000));
        assert_eq!(sized(b"2MiB"), Some(2 << 20));
        assert_eq!(sized(b"x"), None);
    }
}
