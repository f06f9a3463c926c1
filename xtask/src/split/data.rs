//! What lies in memory from the start: each constant is a segment of its own (`www/build.rs`), so that what only the
//! rest refers to can come with the rest. Everything that is in doubt comes first.
//!
//! A constant comes first if code of the first part holds a number that may be its address, or a constant that comes
//! first does; so do those that code reaches from a number outside of them (`reach.rs`), and all that can be written to.
//!
//! Whoever read a constant too early would read zeros. `LAYERGLASS_POISON=1 cargo xtask dist` builds a page that would
//! read nonsense: its tests pass only if nobody does.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{ConstExpr, DataSection};
use wasmparser::{Data, DataKind, MemArg, Operator};

use super::module::Module;
use super::reach::Places;

/// How the linker calls what is never written to.
const CONSTANT: &str = ".rodata";

/// Gaps so long that another segment takes less.
const GAP: usize = 8;

/// Which segment lies in which part.
pub struct Shares {
    segments: Vec<Range<usize>>,
    is_first: Vec<bool>,
}

impl Shares {
    /// `keeps` are the functions of the first part.
    pub fn new(module: &Module<'_>, keeps: impl Fn(u32) -> bool) -> Result<Shares> {
        let Shares { segments, .. } = Shares::whole(module)?;
        let Some(Places { named, outside }) =
            module.linked.places(&segments, |at| module.data_name(at))?
        else {
            return Shares::whole(module);
        };
        let is_first = vec![false; segments.len()];
        let mut found = Found { segments, named, is_first, new: vec![] };
        for at in 0..module.data.len() {
            let is_constant = module.data_name(at).is_some_and(|it| it.starts_with(CONSTANT));
            if !is_constant || outside.contains(&at) {
                found.take(at);
            }
        }
        for global in &module.globals {
            for operator in global.init_expr.get_operators_reader() {
                found.operator(operator?)?;
            }
        }
        for function in (module.imported()..module.functions()).filter(|it| keeps(*it)) {
            let body = module.body_of(function).context("a function without a body")?;
            for operator in body.get_operators_reader()? {
                found.operator(operator?)?;
            }
        }
        while let Some(at) = found.new.pop() {
            for word in module.data[at].data.windows(4) {
                found.word(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
            }
        }
        Ok(Shares { segments: found.segments, is_first: found.is_first })
    }

    /// All of them in one part.
    pub fn whole(module: &Module<'_>) -> Result<Shares> {
        let segments = module.data.iter().map(segment).collect::<Result<Vec<_>>>()?;
        let ordered = segments.windows(2).all(|it| it[0].end <= it[1].start);
        ensure!(ordered, "data that are not in the order of their addresses");
        Ok(Shares { is_first: vec![true; segments.len()], segments })
    }

    /// The segments of the first part. What the rest brings is not there yet: `fill` says what is in its place, if
    /// not nothing.
    pub fn first(&self, module: &Module<'_>, fill: Option<u8>) -> DataSection {
        let mut rows = Rows::default();
        for (at, data) in module.data.iter().enumerate() {
            match fill {
                _ if self.is_first[at] => rows.add(self.segments[at].start, data.data),
                Some(byte) => rows.add(self.segments[at].start, &vec![byte; data.data.len()]),
                None => {}
            }
        }
        rows.section()
    }

    /// Those of the rest. What the first part has may have been written to: nothing of it is touched.
    pub fn rest(&self, module: &Module<'_>) -> DataSection {
        let mut rows = Rows::default();
        for (at, data) in module.data.iter().enumerate() {
            if self.is_first[at] {
                rows.ends = true;
            } else {
                rows.add(self.segments[at].start, data.data);
            }
        }
        rows.section()
    }
}

/// Segments with those that follow them closely as one.
#[derive(Default)]
struct Rows {
    all: Vec<(usize, Vec<u8>)>,
    /// Whether the last one may not go on.
    ends: bool,
}

impl Rows {
    fn add(&mut self, begin: usize, more: &[u8]) {
        match self.all.last_mut() {
            Some((from, bytes)) if !self.ends && begin - *from - bytes.len() <= GAP => {
                bytes.resize(begin - *from, 0);
                bytes.extend_from_slice(more);
            }
            _ => self.all.push((begin, more.to_vec())),
        }
        self.ends = false;
    }

    fn section(self) -> DataSection {
        let mut section = DataSection::new();
        for (begin, bytes) in self.all {
            section.active(0, &ConstExpr::i32_const(begin as i32), bytes);
        }
        section
    }
}

/// Where a segment lies.
fn segment(data: &Data<'_>) -> Result<Range<usize>> {
    let DataKind::Active { memory_index: 0, offset_expr } = &data.kind else {
        bail!("data that are not put in place at the start are not provided for");
    };
    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
        bail!("data at a place that is not a number");
    };
    let begin = value as u32 as usize;
    Ok(begin..begin + data.data.len())
}

/// What is known to come first, while it is looked for.
struct Found {
    segments: Vec<Range<usize>>,
    named: BTreeMap<usize, BTreeSet<usize>>,
    is_first: Vec<bool>,
    /// Of those, whose words are not read yet.
    new: Vec<usize>,
}

impl Found {
    fn take(&mut self, at: usize) {
        if !std::mem::replace(&mut self.is_first[at], true) {
            self.new.push(at);
        }
    }

    /// A word of a constant, which is as the linker has written it.
    fn word(&mut self, word: u32) {
        let all = self.named.get(&(word as usize)).cloned().unwrap_or_default();
        all.into_iter().for_each(|at| self.take(at));
    }

    /// A number in the code: what is named by it, and where it points to. If the linker does not know it, it was
    /// made of others, and may be an end as well.
    fn number(&mut self, number: u32) {
        self.word(number);
        let number = number as usize;
        let is_known = self.named.contains_key(&number);
        let after = self.segments.partition_point(|it| it.start <= number);
        let reach = (0..after).rev().take_while(|at| self.segments[*at].end >= number);
        for at in reach.collect::<Vec<_>>() {
            if number < self.segments[at].end || !is_known {
                self.take(at);
            }
        }
    }

    fn operator(&mut self, operator: Operator<'_>) -> Result<()> {
        match operator {
            Operator::I32Const { value } => self.number(value as u32),
            // Two of them, if it is stored at once.
            Operator::I64Const { value } => {
                self.number(value as u32);
                self.number((value as u64 >> 32) as u32);
            }
            other => {
                self.instruction(other)?;
            }
        }
        Ok(())
    }
}

/// Sees where an instruction reads or writes.
impl Reencode for Found {
    type Error = std::convert::Infallible;

    fn mem_arg(&mut self, arg: MemArg) -> Result<wasm_encoder::MemArg, Error<Self::Error>> {
        self.number(arg.offset as u32);
        utils::mem_arg(self, arg)
    }
}
