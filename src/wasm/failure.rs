//! What JavaScript is told when something cannot be done.

use crate::errno::Errno;
use crate::trace::{self, Rule};
use serde::Serialize;

/// An error: `{code, number, message, rule, trace}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Failure {
    /// The name of the error number.
    pub code: Errno,
    /// The number itself, as on Linux x86-64.
    pub number: i32,
    pub message: String,
    /// The last rule of OverlayFS that said no, if one did.
    pub rule: Option<Rule>,
    /// What the engine did until then.
    pub trace: Vec<trace::Step>,
}

impl Failure {
    /// Something that no system call has refused.
    pub fn of(code: Errno, message: impl Into<String>) -> Failure {
        let message = message.into();
        Failure { code, number: code.number(), message, rule: None, trace: Vec::new() }
    }

    /// A system call that failed on a path, with what happened on the way.
    pub fn call(code: Errno, path: &str, trace: Vec<trace::Step>) -> Failure {
        let rule = trace.iter().rev().find_map(refused);
        let message = format!("{path}: {}", code.message());
        Failure { rule, trace, ..Failure::of(code, message) }
    }
}

/// The rule by which a step said no.
fn refused(step: &trace::Step) -> Option<Rule> {
    match step {
        trace::Step::Decide { rule, errno: Some(_), .. } => Some(*rule),
        _ => None,
    }
}
