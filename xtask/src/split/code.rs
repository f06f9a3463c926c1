//! A function read for putting rare ways aside: its instructions, and where a way through it begins.

use anyhow::Result;
use sha2::{Digest, Sha256};
use wasmparser::{FunctionBody, Operator};

/// The instructions of a function.
pub struct Code<'a> {
    pub ops: Vec<Operator<'a>>,
    /// Where each begins in the module.
    pub at: Vec<usize>,
    /// For each that opens a block: its `end`; for an `if` with another arm, the `else` is in `other`.
    pub ends: Vec<usize>,
    pub other: Vec<Option<usize>>,
    /// The kinds of the instructions, in four bytes: what a record of ways was made of.
    pub shape: u32,
}

impl<'a> Code<'a> {
    pub fn read(body: &FunctionBody<'a>) -> Result<Code<'a>> {
        let (mut ops, mut at) = (Vec::new(), Vec::new());
        for it in body.get_operators_reader()?.into_iter_with_offsets() {
            let (op, offset) = it?;
            ops.push(op);
            at.push(offset);
        }
        let begin = body.range().start;
        let kinds = at.iter().map(|it| body.as_bytes()[it - begin]);
        let hash: [u8; 32] = Sha256::digest(kinds.collect::<Vec<u8>>()).into();
        let shape = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
        let (mut ends, mut other) = (vec![0; ops.len()], vec![None; ops.len()]);
        let mut open = Vec::new();
        for (i, op) in ops.iter().enumerate() {
            match op {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    open.push(i)
                }
                Operator::Else => {
                    if let Some(begin) = open.last() {
                        other[*begin] = Some(i);
                    }
                }
                Operator::End => {
                    if let Some(begin) = open.pop() {
                        ends[begin] = i;
                    }
                }
                _ => {}
            }
        }
        Ok(Code { ops, at, ends, other, shape })
    }

    /// How many bytes the instructions of a range take.
    pub fn bytes(&self, from: usize, to: usize) -> usize {
        self.at[to] - self.at[from]
    }

    /// The instructions before which it shows whether a way was taken: after each place where ways part or
    /// meet. Where nothing follows there is nothing to know.
    pub fn marks(&self) -> Vec<usize> {
        let parts = |op: &Operator<'_>| {
            matches!(
                op,
                Operator::If { .. } | Operator::Else | Operator::BrIf { .. } | Operator::End
            )
        };
        let after = (1..self.ops.len()).filter(|i| parts(&self.ops[i - 1]));
        after.filter(|i| !matches!(self.ops[*i], Operator::End | Operator::Else)).collect()
    }
}
