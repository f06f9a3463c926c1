//! A case: a script of system calls with, once recorded, what the kernel answered.
//!
//! ```text
//! case: deleting a lower file leaves a whiteout
//! rules: R5.1 R5.2
//! layers: l1 u
//! kernel: 6.18.44
//!
//! f l1/a "hello"
//! mount
//!   = 0
//!   + m/a f 0644 "hello" i2 @1
//! unlink m/a
//!   = 0
//!   - m/a
//!   + u/a c 0:0 …
//! ```
//! Indented lines are observations: `=` the result, `+` an object that is new, `~` one that
//! changed, `-` one that is gone. Everything else is the script.

use super::word;

/// One operation: a verb and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    pub verb: String,
    pub args: Vec<Vec<u8>>,
}

impl Op {
    pub fn new(verb: &str, args: &[&[u8]]) -> Op {
        Op { verb: verb.to_owned(), args: args.iter().map(|it| it.to_vec()).collect() }
    }

    /// # Errors
    /// An empty line or bad quoting.
    pub fn parse(line: &str) -> Result<Op, String> {
        let mut words = word::split(line)?.into_iter();
        let verb = words.next().ok_or("an empty operation")?;
        let verb = String::from_utf8(verb).map_err(|_| "a verb that is not text")?;
        Ok(Op { verb, args: words.collect() })
    }

    /// Lays a foundation: only such operations stand before the first mount.
    pub fn is_fixture(&self) -> bool {
        matches!(
            self.verb.as_str(),
            "d" | "f" | "l" | "h" | "p" | "s" | "c" | "b" | "w" | "x" | "put"
        )
    }
}

impl std::fmt::Display for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.verb)?;
        self.args.iter().try_for_each(|it| write!(f, " {}", word::show(it)))
    }
}

/// An operation in its place.
#[derive(Clone, Debug)]
pub struct Step {
    /// Comments and blank lines before it.
    pub lead: Vec<String>,
    /// Line number in the file, from 1.
    pub line: usize,
    pub op: Op,
    /// What was recorded, without indentation.
    pub seen: Vec<String>,
}

/// A script or a trace.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// `key: value` lines, in order.
    pub head: Vec<(String, String)>,
    pub steps: Vec<Step>,
    /// Comments after the last operation.
    pub tail: Vec<String>,
}

impl Case {
    /// # Errors
    /// `line N: what is wrong`.
    pub fn parse(text: &str) -> Result<Case, String> {
        let mut case = Case::default();
        let mut lead = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let at = |err: String| format!("line {}: {err}", number + 1);
            if let Some(seen) = line.strip_prefix("  ") {
                let step = case.steps.last_mut();
                step.ok_or_else(|| at("a result before any operation".into()))?
                    .seen
                    .push(seen.to_owned());
            } else if line.trim().is_empty() || line.starts_with('#') {
                if !case.steps.is_empty() || !case.head.is_empty() {
                    lead.push(line.to_owned());
                }
            } else if let (true, Some((key, value))) = (case.steps.is_empty(), header(line)) {
                case.head.push((key.to_owned(), value.to_owned()));
                lead.clear();
            } else {
                let op = Op::parse(line).map_err(at)?;
                let lead = std::mem::take(&mut lead);
                case.steps.push(Step { lead, line: number + 1, op, seen: Vec::new() });
            }
        }
        case.tail = lead;
        Ok(case)
    }

    /// A script made by a program.
    pub fn of(head: &[(&str, &str)], ops: Vec<Op>) -> Case {
        let own = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
        let steps = ops.into_iter().enumerate().map(|(n, op)| Step {
            lead: if n == 0 { vec![String::new()] } else { Vec::new() },
            line: 0,
            op,
            seen: Vec::new(),
        });
        Case { head: head.iter().map(own).collect(), steps: steps.collect(), tail: Vec::new() }
    }

    /// A header value, empty when absent.
    pub fn get(&self, key: &str) -> &str {
        self.head.iter().find(|it| it.0 == key).map_or("", |it| &it.1)
    }

    pub fn set(&mut self, key: &str, value: &str) {
        match self.head.iter_mut().find(|it| it.0 == key) {
            Some(it) => it.1 = value.to_owned(),
            None => self.head.push((key.to_owned(), value.to_owned())),
        }
    }

    /// The rule ids that the case says it hits.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.get("rules").split_ascii_whitespace()
    }

    /// Has it ever been recorded?
    pub fn is_recorded(&self) -> bool {
        self.steps.iter().any(|it| !it.seen.is_empty())
    }
}

fn header(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase());
    plain.then_some((key, value.trim()))
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (key, value) in &self.head {
            writeln!(f, "{}", format!("{key}: {value}").trim_end())?;
        }
        for step in &self.steps {
            step.lead.iter().try_for_each(|it| writeln!(f, "{it}"))?;
            writeln!(f, "{}", step.op)?;
            step.seen.iter().try_for_each(|it| writeln!(f, "  {it}"))?;
        }
        self.tail.iter().try_for_each(|it| writeln!(f, "{it}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_prints_back_as_it_was() {
        let text =
            "case: a\nrules: R1\n\n# made by hand\nf l1/a \"x y\"\nmount\n  = 0\n  + m/a f\n";
        let case = Case::parse(text).unwrap();
        assert_eq!(case.to_string(), text);
        assert_eq!(case.get("case"), "a");
        assert_eq!(case.steps[1].seen, ["= 0", "+ m/a f"]);
    }
}
