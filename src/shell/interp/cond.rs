//! `[[ … ]]`.

use super::{Frame, Interp};
use crate::shell::ast::*;
use crate::shell::builtin::test;
use crate::shell::expand::{Expander, Stop};
use crate::shell::os::Os;
use crate::shell::pattern::{self, Options};
use crate::shell::regex::{Regex, Syntax};
use crate::shell::vars::Var;
use std::sync::Arc;

/// The end of the message that gives up the whole line.
const BAD: &str = ": bad substitution";

impl Interp {
    pub(super) fn run_cond(&mut self, os: &mut Os<'_>, c: &Arc<Command>, cond: &Arc<Cond>) {
        let mut lines = Vec::new();
        let xtrace = self.sh.opts.xtrace;
        let frame = || Frame::Body(c.clone());
        let Some(res) = self.expanding(os, frame, |x| {
            lines.clear();
            match eval(x, cond, &mut lines) {
                Err(Stop::Discard(m, s)) if !m.as_ref().is_some_and(|m| m.ends_with(BAD)) => {
                    Ok(Err((m, s)))
                }
                Err(e) => Err(e),
                Ok(v) => Ok(Ok(v)),
            }
        }) else {
            return;
        };
        if xtrace {
            for l in &lines {
                self.xtrace(os, l);
            }
        }
        match res {
            Ok(v) => self.sh.set_status(i32::from(!v)),
            Err((m, status)) => {
                if let Some(m) = m {
                    self.complain(os, &m);
                }
                self.sh.set_status(if status == 2 { 2 } else { 1 });
            }
        }
    }
}

fn eval(x: &mut Expander<'_, '_>, c: &Cond, lines: &mut Vec<Str>) -> Result<bool, Stop> {
    match c {
        Cond::Not(c) => Ok(!eval(x, c, lines)?),
        Cond::Paren(c) => eval(x, c, lines),
        Cond::And(a, b) => Ok(eval(x, a, lines)? && eval(x, b, lines)?),
        Cond::Or(a, b) => Ok(eval(x, a, lines)? || eval(x, b, lines)?),
        Cond::Unary(op, w) => {
            let s = x.string(w)?;
            let shown = shown_word(&s);
            lines.push([b"[[ ", &op[..], b" ", &shown[..], b" ]]"].concat());
            if op == b"-v" {
                return Ok(test::is_set(x, &s));
            }
            Ok(test::unary(x, op, &s))
        }
        Cond::Binary(op, a, b) => binary(x, op, a, b, lines),
    }
}

fn binary(
    x: &mut Expander<'_, '_>,
    op: &[u8],
    a: &Word,
    b: &Word,
    lines: &mut Vec<Str>,
) -> Result<bool, Stop> {
    let left = x.string(a)?;
    let nocase = x.sh.shopt("nocasematch");
    let shown = shown_word;
    let mut trace = |right: &[u8]| {
        lines.push([b"[[ ", &shown(&left)[..], b" ", op, b" ", right, b" ]]"].concat());
    };
    match op {
        b"=" | b"==" | b"!=" => {
            let pat = x.pattern(b)?;
            trace(&pat);
            let hit = pattern::matches(&pat, &left, Options { extglob: true, nocase });
            Ok(hit == (op != b"!="))
        }
        b"=~" => {
            let re = x.regex(b)?;
            trace(&re);
            matches(x, &left, &re, nocase)
        }
        b"<" | b">" => {
            let right = x.string(b)?;
            trace(&shown(&right));
            Ok(if op == b"<" { left < right } else { left > right })
        }
        b"-eq" | b"-ne" | b"-lt" | b"-le" | b"-gt" | b"-ge" => {
            let right = x.string(b)?;
            trace(&shown(&right));
            let named = |m: Stop| match m {
                Stop::Discard(Some(m), s) => Stop::Discard(Some(format!("[[: {m}")), s),
                m => m,
            };
            let (l, r) = (x.arith(&left).map_err(named)?, x.arith(&right).map_err(named)?);
            Ok(test::compare(op, l, r))
        }
        _ => {
            let right = x.string(b)?;
            trace(&shown(&right));
            Ok(test::files(x, op, &left, &right))
        }
    }
}

/// An operand in a trace: as it is, an empty one as quotes.
fn shown_word(s: &[u8]) -> Str {
    if s.is_empty() { b"''".to_vec() } else { s.to_vec() }
}

/// `=~`: fills BASH_REMATCH.
fn matches(x: &mut Expander<'_, '_>, s: &[u8], re: &[u8], nocase: bool) -> Result<bool, Stop> {
    let Ok(re) = Regex::new(re, Syntax::Extended, nocase) else {
        return Err(Stop::Discard(None, 2));
    };
    let found = re.find_at(s, 0);
    let groups = match &found {
        Some(c) => c.iter().map(|g| g.map_or(Vec::new(), |(a, b)| s[a..b].to_vec())).collect(),
        None => Vec::new(),
    };
    x.sh.put(b"BASH_REMATCH", Var::list(groups));
    Ok(found.is_some())
}
