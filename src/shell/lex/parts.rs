//! The parts of a word while it is read.

use crate::shell::ast::*;
use std::sync::Arc;

/// A bad substitution is told with the text that was being expanded, not only with its own.
pub(super) fn blame(parts: &mut [Part], whole: &[u8]) {
    for part in parts {
        if let Part::Param(p) = part
            && matches!(p.op, ParamOp::Bad | ParamOp::Transform(_))
            && let Some(p) = Arc::get_mut(p)
        {
            p.raw = whole.to_vec();
        }
    }
}

/// Collects parts, joining neighbours of the same kind.
#[derive(Default)]
pub(in crate::shell) struct Parts(Vec<Part>);

impl Parts {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(super) fn lit(&mut self, b: u8) {
        if let Some(Part::Lit(s)) = self.0.last_mut() {
            s.push(b);
        } else {
            self.0.push(Part::Lit(vec![b]));
        }
    }
    pub(super) fn quoted(&mut self, b: u8) {
        if let Some(Part::Quoted(s)) = self.0.last_mut() {
            s.push(b);
        } else {
            self.0.push(Part::Quoted(vec![b]));
        }
    }
    pub(super) fn push(&mut self, p: Part) {
        match p {
            Part::Lit(s) if matches!(self.0.last(), Some(Part::Lit(_))) => {
                if let Some(Part::Lit(t)) = self.0.last_mut() {
                    t.extend(s);
                }
            }
            p => self.0.push(p),
        }
    }
    pub(super) fn done(self) -> Vec<Part> {
        self.0
    }
}
