//! Options as Docker's client takes them: `--name value`, `--name=value`, `-d`, `-it`, `-v x`.
//! What stands after the first operand belongs to the container where the subcommand says so.

/// What an option takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
}

/// The options that were given, in order, and the operands.
#[derive(Clone, Debug, Default)]
pub struct Args {
    given: Vec<(&'static str, String)>,
    pub words: Vec<String>,
    /// All of standard input or the answer to a question, once a subcommand has asked for it.
    pub input: Option<Vec<u8>>,
}

impl Args {
    pub fn has(&self, name: &str) -> bool {
        self.given.iter().any(|(it, value)| *it == name && value != "false")
    }

    /// The last value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(it, _)| *it == name).map(|(_, value)| value.as_str())
    }

    pub fn values(&self, name: &str) -> Vec<String> {
        let all = self.given.iter().filter(|(it, _)| *it == name);
        all.map(|(_, value)| value.clone()).collect()
    }
}

/// Parses words by a table: `d|detach` for a flag, `v|volume=` for one with a value, `+` to stop at
/// the first operand.
///
/// # Errors
/// In the words of Docker's client.
pub fn parse(table: &'static str, words: &[String]) -> Result<Args, String> {
    let specs: Vec<(&str, &'static str, Takes)> = table
        .split_whitespace()
        .filter(|word| *word != "+")
        .map(|word| {
            let (body, takes) = match word.strip_suffix('=') {
                Some(body) => (body, Takes::Value),
                None => (word, Takes::Nothing),
            };
            let (short, long) = body.split_once('|').unwrap_or(("", body));
            (short, long, takes)
        })
        .collect();
    let in_order = table.split_whitespace().any(|word| word == "+");
    let mut args = Args::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            args.words.extend(rest.by_ref().cloned());
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            let found = specs.iter().find(|it| it.1 == name);
            let (_, name, takes) = *found.ok_or_else(|| format!("unknown flag: --{name}"))?;
            let value = match (takes, value) {
                (_, Some(value)) => value,
                (Takes::Nothing, None) => "true".to_owned(),
                (Takes::Value, None) => rest
                    .next()
                    .cloned()
                    .ok_or_else(|| format!("flag needs an argument: --{name}"))?,
            };
            args.given.push((name, value));
        } else if word.len() > 1 && word.starts_with('-') {
            shorts(&specs, word, &mut rest, &mut args)?;
        } else {
            args.words.push(word.clone());
            if in_order {
                args.words.extend(rest.by_ref().cloned());
            }
        }
    }
    Ok(args)
}

/// `-it`, `-v x`, `-vx`.
fn shorts<'a>(
    specs: &[(&str, &'static str, Takes)],
    word: &str,
    rest: &mut impl Iterator<Item = &'a String>,
    args: &mut Args,
) -> Result<(), String> {
    let letters = &word[1..];
    for (at, letter) in letters.char_indices() {
        let found = specs.iter().find(|it| it.0.chars().eq([letter]));
        let (_, name, takes) =
            *found.ok_or_else(|| format!("unknown shorthand flag: '{letter}' in {word}"))?;
        if takes == Takes::Nothing {
            args.given.push((name, "true".to_owned()));
            continue;
        }
        let tail = &letters[at + letter.len_utf8()..];
        let value = match tail.strip_prefix('=').unwrap_or(tail) {
            "" => rest
                .next()
                .cloned()
                .ok_or_else(|| format!("flag needs an argument: '{letter}' in {word}"))?,
            tail => tail.to_owned(),
        };
        args.given.push((name, value));
        return Ok(());
    }
    Ok(())
}
