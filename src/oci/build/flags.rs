//! `--name=value` before the operands of an instruction, and durations.

/// The flags of an instruction: names that may come once, those that may come often, those without a value.
pub struct Allowed {
    pub values: &'static [&'static str],
    pub lists: &'static [&'static str],
    pub switches: &'static [&'static str],
}

/// Those that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    given: Vec<(String, String)>,
}

impl Flags {
    pub fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|it| it.0 == name).map(|it| it.1.as_str())
    }

    pub fn values(&self, name: &str) -> Vec<String> {
        self.given.iter().filter(|it| it.0 == name).map(|it| it.1.clone()).collect()
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }
}

/// Sorts the flags of an instruction.
///
/// # Errors
/// In BuildKit's words.
pub fn parse(words: &[String], allowed: &Allowed) -> Result<Flags, String> {
    let mut flags = Flags::default();
    for word in words {
        let body = word.trim_start_matches("--");
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (body, None),
        };
        let is_list = allowed.lists.contains(&name);
        let is_switch = allowed.switches.contains(&name);
        if !is_list && !is_switch && !allowed.values.contains(&name) {
            return Err(format!("unknown flag: {name}"));
        }
        if !is_list && flags.value(name).is_some() {
            return Err(format!("duplicate flag specified: {name}"));
        }
        let value = match (is_switch, value) {
            (true, None) => "true".to_owned(),
            (true, Some(value)) => match value.to_lowercase().as_str() {
                "true" => "true".to_owned(),
                "false" => "false".to_owned(),
                _ => return Err(format!("expecting boolean value for flag {name}, not: {value}")),
            },
            (false, Some(value)) => value,
            (false, None) => return Err(format!("missing a value on flag: {name}")),
        };
        flags.given.push((name.to_owned(), value));
    }
    Ok(flags)
}

/// A duration as Go reads it (`1h2m3.5s`), in nanoseconds.
///
/// # Errors
/// In Go's words.
pub fn duration(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration \"{}\"", super::words::quoted(text));
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().map_err(|_| invalid())?;
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            "" => {
                let text = super::words::quoted(text);
                return Err(format!("time: missing unit in duration \"{text}\""));
            }
            unit => {
                let (unit, text) = (super::words::quoted(unit), super::words::quoted(text));
                return Err(format!("time: unknown unit \"{unit}\" in duration \"{text}\""));
            }
        };
        rest = &rest[end..];
        total += number * unit;
    }
    if total > 9.2e18 {
        return Err(invalid());
    }
    Ok((sign * total) as i64)
}
