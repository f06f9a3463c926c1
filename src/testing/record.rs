//! Runs a case and writes down what was seen: the recorder and the replayer are the same thing on
//! two kernels.

use super::case::Case;
use super::lab::Disks;
use super::observe::{Look, Seen, changes};
use super::run::{Done, Fail, Run};
use super::stage::Stage;
use crate::errno::Errno;

/// Why a case has no trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A disk or a right is not to be had here.
    Unavailable(String),
    /// The script itself is wrong.
    Script { line: usize, message: String },
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Unavailable(what) => write!(f, "not available here: {what}"),
            Trouble::Script { line, message } => write!(f, "line {line}: {message}"),
        }
    }
}

/// The result of an operation as a line of a trace.
pub fn result_line(done: &Done) -> String {
    match done {
        Ok(text) => format!("= {text}"),
        Err(Fail::Errno(errno)) => format!("= {}", errno.name()),
        Err(Fail::Script(text)) => format!("= ?? {text}"),
    }
}

/// What a case asks to look at after each operation: `observe: all` (default), `raw` or `end`.
/// The operation `look` always looks at everything.
pub fn look_for(case: &Case, nth: usize) -> Look {
    let last = nth + 1 == case.steps.len();
    if last || case.steps[nth].op.verb == "look" {
        return Look::All;
    }
    match case.get("observe") {
        "end" => Look::Nothing,
        "raw" => Look::Raw,
        _ => Look::All,
    }
}

/// Runs `case` in the working directory and fills in what was seen.
///
/// # Errors
/// When the case cannot run here, or is wrong.
pub fn record(case: &Case, sys: &mut dyn Stage, disks: &mut dyn Disks) -> Result<Case, Trouble> {
    let mut out = case.clone();
    let mut run = Run::start(sys, disks, case).map_err(|err| {
        Trouble::Unavailable(format!("disks {:?}: {}", case.get("disks"), err.name()))
    })?;
    let mut res = Ok(());
    let mut before = Seen::new();
    for (nth, step) in case.steps.iter().enumerate() {
        let done = run.step(&step.op);
        out.steps[nth].seen.clear();
        let first = !run.has_begun();
        match &done {
            Err(Fail::Script(message)) => {
                res = Err(Trouble::Script { line: step.line, message: message.clone() });
                break;
            }
            Err(Fail::Errno(errno)) if first => {
                res = Err(in_fixture(step.line, *errno));
                break;
            }
            _ if first => continue,
            _ => {}
        }
        out.steps[nth].seen.push(result_line(&done));
        let what = look_for(case, nth);
        if what != Look::Nothing {
            let after = with_rest(run.look(what), &before, what);
            out.steps[nth].seen.extend(changes(&before, &after));
            before = after;
        }
    }
    let end = run.finish();
    res?;
    end.map_err(|err| Trouble::Unavailable(format!("cleaning up: {}", err.name())))?;
    Ok(out)
}

/// A partial look leaves the other trees as they were seen last.
pub fn with_rest(mut seen: Seen, before: &Seen, what: Look) -> Seen {
    if what == Look::Raw {
        let merged = |it: &str| it == "m" || it.starts_with("m/");
        seen.extend(before.iter().filter(|it| merged(it.0)).map(|it| (it.0.clone(), it.1.clone())));
    }
    seen
}

fn in_fixture(line: usize, errno: Errno) -> Trouble {
    match errno {
        Errno::EPERM | Errno::EOPNOTSUPP | Errno::ENOSYS => {
            Trouble::Unavailable(format!("line {line}: {}", errno.name()))
        }
        _ => Trouble::Script { line, message: format!("a fixture failed with {}", errno.name()) },
    }
}
