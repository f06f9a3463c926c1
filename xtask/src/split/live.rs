//! Which locals of a function are still read later, at each of its instructions.

use wasmparser::Operator;

use super::code::Code;

/// A set of locals.
#[derive(Clone, PartialEq, Eq)]
pub struct Set(Vec<u64>);

impl Set {
    pub fn new(locals: usize) -> Set {
        Set(vec![0; locals.div_ceil(64)])
    }

    pub fn add(&mut self, local: u32) {
        self.0[local as usize / 64] |= 1 << (local % 64);
    }

    fn remove(&mut self, local: u32) {
        self.0[local as usize / 64] &= !(1 << (local % 64));
    }

    pub fn has(&self, local: u32) -> bool {
        self.0[local as usize / 64] >> (local % 64) & 1 == 1
    }

    pub fn join(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(it, more)| *it |= more);
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }
}

/// A block that is open while the function is read from its end.
struct Open {
    /// What is read after a jump to it.
    label: Set,
    /// What is read after its end.
    after: Set,
    /// What its other arm reads, if it has one.
    other: Option<Set>,
}

/// The locals that are read after the place before each instruction.
pub struct Live {
    before: Vec<Set>,
    /// After the end of the function.
    none: Set,
}

impl Live {
    pub fn of(code: &Code<'_>, locals: usize) -> Live {
        let none = Set::new(locals);
        let mut live = Live { before: vec![none.clone(); code.ops.len()], none };
        // A loop begins again with what it reads, which is known after the first time.
        while live.walk(code) {}
        live
    }

    pub fn before(&self, at: usize) -> &Set {
        self.before.get(at).unwrap_or(&self.none)
    }

    /// Goes through the function once, and tells whether anything is known that was not.
    fn walk(&mut self, code: &Code<'_>) -> bool {
        let mut begins = vec![None; code.ops.len()];
        code.ends
            .iter()
            .enumerate()
            .filter(|it| *it.1 > 0)
            .for_each(|(i, end)| begins[*end] = Some(i));
        let mut open: Vec<Open> = Vec::new();
        let mut now = self.none.clone();
        let mut grew = false;
        for (i, op) in code.ops.iter().enumerate().rev() {
            let jump = |depth: u32| {
                let at = open.len().checked_sub(depth as usize + 1);
                at.and_then(|at| open.get(at)).map_or(&self.none, |it| &it.label)
            };
            match op {
                Operator::End => {
                    let label = match begins[i] {
                        Some(begin) if matches!(code.ops[begin], Operator::Loop { .. }) => {
                            self.before[begin].clone()
                        }
                        _ => now.clone(),
                    };
                    open.push(Open { label, after: now.clone(), other: None });
                }
                Operator::Else => {
                    if let Some(it) = open.last_mut() {
                        let arm = std::mem::replace(&mut now, it.after.clone());
                        it.other = Some(arm);
                    }
                }
                Operator::If { .. } => {
                    if let Some(it) = open.pop() {
                        now.join(it.other.as_ref().unwrap_or(&it.after));
                    }
                }
                Operator::Block { .. } | Operator::Loop { .. } => {
                    open.pop();
                }
                Operator::Br { relative_depth } => now = jump(*relative_depth).clone(),
                Operator::BrIf { relative_depth } => now.join(jump(*relative_depth)),
                Operator::BrTable { targets } => {
                    now = jump(targets.default()).clone();
                    targets.targets().flatten().for_each(|it| now.join(jump(it)));
                }
                Operator::Return | Operator::Unreachable => now.clear(),
                Operator::LocalGet { local_index } => now.add(*local_index),
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    now.remove(*local_index)
                }
                _ => {}
            }
            if now != self.before[i] {
                grew = true;
                self.before[i] = now.clone();
            }
        }
        grew
    }
}
