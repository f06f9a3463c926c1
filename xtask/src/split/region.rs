//! The end of a block, from a place on that a visit does not reach, as a function of its own: it is given the
//! locals that it reads, and gives back those that are read after it, with the way on if there are several.

use std::collections::BTreeSet;

use anyhow::Result;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Function};
use wasmparser::{
    BlockType as Kind, FuncToValidate, FuncType, FunctionBody, Operator, ValType,
    ValidatorResources,
};

use super::aside::push_local;
use super::code::Code;
use super::live::{Live, Set};

/// What is known of a function's places.
pub struct Ground<'a> {
    /// The types of its locals, with what it is given.
    pub locals: Vec<ValType>,
    results: &'a [ValType],
    types: &'a [FuncType],
    /// Before each instruction: how many values its own block has on the stack, or nothing if it is never reached.
    heights: Vec<Option<usize>>,
}

impl<'a> Ground<'a> {
    pub fn of(
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        code: &Code<'_>,
        results: &'a [ValType],
        types: &'a [FuncType],
    ) -> Result<Ground<'a>> {
        let mut it = function.into_validator(Default::default());
        for locals in body.get_locals_reader()? {
            let (count, ty) = locals?;
            it.define_locals(0, count, ty)?;
        }
        let locals = (0..it.len_locals()).filter_map(|local| it.get_local_type(local)).collect();
        let mut heights = Vec::with_capacity(code.ops.len());
        for (op, at) in code.ops.iter().zip(&code.at) {
            let frame = it.get_control_frame(0).filter(|it| !it.unreachable);
            heights.push(frame.map(|frame| it.operand_stack_height() as usize - frame.height));
            it.op(*at, op)?;
        }
        Ok(Ground { locals, results, types, heights })
    }

    /// What is known of a jump to the block that this instruction opens.
    fn label(&self, op: &Operator<'_>) -> Label {
        let (is_loop, kind) = match op {
            Operator::Loop { blockty } => (true, *blockty),
            Operator::Block { blockty } | Operator::If { blockty } => (false, *blockty),
            _ => (false, Kind::Empty),
        };
        let (given, leaves) = match kind {
            Kind::Empty => (0, Vec::new()),
            Kind::Type(ty) => (0, vec![ty]),
            Kind::FuncType(ty) => {
                let ty = &self.types[ty as usize];
                (ty.params().len(), ty.results().to_vec())
            }
        };
        Label { is_loop, given, leaves }
    }
}

/// A block that can be jumped to: how many values it is given, and what it leaves.
struct Label {
    is_loop: bool,
    given: usize,
    leaves: Vec<ValType>,
}

/// A way on from a region.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// To the block so many levels further out.
    Label(u32),
    Return,
}

pub struct Region {
    /// From this instruction to that, which closes its block.
    pub from: usize,
    pub to: usize,
    /// Whether it can go on behind its block, what it leaves there, and whether it jumps there.
    falls: bool,
    left: Option<ValType>,
    leaps: bool,
    exits: Vec<Exit>,
    /// How many blocks lie around it: a jump further out returns.
    around: u32,
    /// What a return leaves.
    pub returned: Option<ValType>,
    params: Vec<u32>,
    outs: Vec<u32>,
    /// Other locals that it uses.
    own: Vec<u32>,
}

/// What a region does with what lies around it.
#[derive(Default)]
struct Seen {
    exits: BTreeSet<Exit>,
    /// Whether it jumps behind its block.
    leaps: bool,
    gets: BTreeSet<u32>,
    sets: BTreeSet<u32>,
}

impl Seen {
    /// Nothing if it takes values along where it jumps to.
    fn of(
        code: &Code<'_>,
        ground: &Ground<'_>,
        open: &[usize],
        from: usize,
        to: usize,
    ) -> Option<Seen> {
        let (mut seen, mut inner) = (Seen::default(), 0);
        for op in &code.ops[from..to] {
            let mut jump = |depth: u32, may_carry: bool| match depth.checked_sub(inner) {
                None => Some(()),
                Some(label) => seen.jump(code, ground, open, label, may_carry),
            };
            match op {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => inner += 1,
                Operator::End => inner -= 1,
                Operator::Br { relative_depth } => jump(*relative_depth, true)?,
                Operator::BrIf { relative_depth } => jump(*relative_depth, false)?,
                Operator::BrTable { targets } => {
                    jump(targets.default(), false)?;
                    for it in targets.targets() {
                        jump(it.ok()?, false)?;
                    }
                }
                Operator::Return => {
                    seen.exits.insert(Exit::Return);
                }
                Operator::LocalGet { local_index } => {
                    seen.gets.insert(*local_index);
                }
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    seen.sets.insert(*local_index);
                }
                _ => {}
            }
        }
        Some(seen)
    }

    /// A jump to a block around; what a function returns may be carried by a jump that is always taken.
    fn jump(
        &mut self,
        code: &Code<'_>,
        ground: &Ground<'_>,
        open: &[usize],
        label: u32,
        may_carry: bool,
    ) -> Option<()> {
        let Some(outer) = (open.len() as u32).checked_sub(label + 1) else {
            self.exits.insert(Exit::Return);
            return (may_carry || ground.results.is_empty()).then_some(());
        };
        let target = ground.label(&code.ops[open[outer as usize]]);
        if label == 0 && !target.is_loop {
            self.leaps = true;
        } else {
            self.exits.insert(Exit::Label(label));
        }
        let is_bare = if target.is_loop { target.given == 0 } else { target.leaves.is_empty() };
        is_bare.then_some(())
    }
}

impl Region {
    /// What of a function is put aside. `rare` are places that are not reached.
    pub fn all(code: &Code<'_>, ground: &Ground<'_>, live: &Live, rare: &[usize]) -> Vec<Region> {
        let rare: BTreeSet<usize> = rare.iter().copied().collect();
        let mut found = Vec::new();
        let (mut open, mut i): (Vec<usize>, usize) = (Vec::new(), 0);
        while i < code.ops.len() {
            if rare.contains(&i) {
                let close = close(code, &open, i);
                let region = begin(code, ground, i, close)
                    .and_then(|from| Region::at(code, ground, live, &open, from, close));
                if let Some(region) = region.filter(|it| it.is_worth(code)) {
                    found.push(region);
                    i = close;
                }
            }
            match &code.ops[i] {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    open.push(i)
                }
                Operator::End => {
                    open.pop();
                }
                _ => {}
            }
            i += 1;
        }
        found
    }

    /// `open` are the blocks around it, the outermost first.
    fn at(
        code: &Code<'_>,
        ground: &Ground<'_>,
        live: &Live,
        open: &[usize],
        from: usize,
        to: usize,
    ) -> Option<Region> {
        let around = open.len() as u32;
        let left = match open.last() {
            Some(begin) => ground.label(&code.ops[*begin]).leaves,
            None => ground.results.to_vec(),
        };
        let Seen { exits, leaps, gets, sets } = Seen::of(code, ground, open, from, to)?;
        let falls = leaps || ground.heights[to].is_some();
        let ends_well = ground.heights[to].is_none_or(|it| it == left.len());
        let fits = left.len() < 2 && ground.results.len() < 2 && ends_well;
        if !fits || falls && !left.is_empty() && exits.len() > 1 {
            return None;
        }
        let mut after = Set::new(ground.locals.len());
        if falls {
            after.join(live.before(to));
        }
        for exit in &exits {
            if let Exit::Label(label) = exit {
                let begin = open[(around - 1 - label) as usize];
                let is_loop = matches!(code.ops[begin], Operator::Loop { .. });
                after.join(live.before(if is_loop { begin } else { code.ends[begin] }));
            }
        }
        let by_type = |mut all: Vec<u32>| {
            all.sort_by_key(|it| (rank(ground.locals[*it as usize]), *it));
            all
        };
        let outs = by_type(sets.iter().copied().filter(|it| after.has(*it)).collect());
        let is_used = |it: &u32| gets.contains(it) || outs.contains(it);
        let before = live.before(from);
        let used: BTreeSet<u32> = gets.union(&sets).copied().collect();
        let params =
            by_type(used.iter().copied().filter(|it| is_used(it) && before.has(*it)).collect());
        let own = by_type(used.into_iter().filter(|it| !params.contains(it)).collect());
        let returned = ground.results.first().copied().filter(|_| exits.contains(&Exit::Return));
        let left = left.first().copied().filter(|_| falls);
        let exits = exits.into_iter().collect();
        Some(Region { from, to, falls, left, leaps, exits, around, returned, params, outs, own })
    }

    /// Whether more is put aside than it takes to reach it: the call, and the stub.
    fn is_worth(&self, code: &Code<'_>) -> bool {
        let passed = 4 * self.params.len() + 2 * self.outs.len();
        code.bytes(self.from, self.to) > 14 + passed + 5 * self.exits.len()
    }

    /// Whether it has to tell where it goes on.
    fn tells(&self) -> bool {
        self.exits.len() + usize::from(self.falls) > 1
    }

    /// What it is given, and what it gives back: what it leaves behind its block, the way on, what it returns with,
    /// and locals.
    pub fn types(&self, ground: &Ground<'_>) -> (Vec<ValType>, Vec<ValType>) {
        let local = |it: &u32| ground.locals[*it as usize];
        let results = self.left.into_iter().chain(self.tells().then_some(ValType::I32));
        let results = results.chain(self.returned).chain(self.outs.iter().map(local));
        (self.params.iter().map(local).collect(), results.collect())
    }

    /// What stands in its place. `kept` is a local for what is returned.
    pub fn call(&self, out: &mut Function, function: u32, kept: u32) {
        let returns = self.exits.contains(&Exit::Return);
        let is_table = self.exits.len() > 1;
        let mut code = out.instructions();
        if is_table {
            code.block(BlockType::Empty);
            if returns {
                code.block(BlockType::Empty);
            }
        }
        for it in &self.params {
            code.local_get(*it);
        }
        code.call(function);
        for it in self.outs.iter().rev() {
            code.local_set(*it);
        }
        if self.returned.is_some() {
            code.local_set(kept);
        }
        let back = |out: &mut Function| {
            let mut code = out.instructions();
            if self.returned.is_some() {
                code.local_get(kept);
            }
            code.return_();
        };
        match (self.exits.as_slice(), self.falls) {
            ([], true) => {}
            ([], false) => {
                code.unreachable();
            }
            ([Exit::Label(label)], true) => {
                code.br_if(*label);
            }
            ([Exit::Label(label)], false) => {
                code.br(*label);
            }
            ([Exit::Return], false) => back(out),
            ([Exit::Return], true) => {
                code.if_(BlockType::Empty);
                back(out);
                out.instructions().end();
            }
            (exits, falls) => {
                let deeper = 1 + u32::from(returns);
                let to = |exit: &Exit| match exit {
                    Exit::Label(label) => label + deeper,
                    Exit::Return => 0,
                };
                let mut ways = vec![deeper - 1];
                ways.extend(exits.iter().map(to));
                let last = ways.pop().unwrap_or_default();
                code.br_table(ways, last);
                if returns {
                    code.end();
                    back(out);
                }
                out.instructions().end();
                if !falls {
                    out.instructions().unreachable();
                }
            }
        }
    }

    /// The function that it becomes.
    pub fn function(&self, code: &Code<'_>, ground: &Ground<'_>) -> Result<Function> {
        let same = &mut RoundtripReencoder;
        let mut numbers = vec![0; ground.locals.len()];
        let mut locals = Vec::new();
        for (at, local) in (0..).zip(self.params.iter().chain(&self.own)) {
            numbers[*local as usize] = at;
            if at as usize >= self.params.len() {
                push_local(&mut locals, same.val_type(ground.locals[*local as usize])?);
            }
        }
        let mut more = |ty: Option<ValType>| -> Result<Option<u32>> {
            let Some(ty) = ty else { return Ok(None) };
            push_local(&mut locals, same.val_type(ty)?);
            Ok(Some(self.params.len() as u32 + locals.iter().map(|it| it.0).sum::<u32>() - 1))
        };
        let wraps = self.leaps || !self.exits.is_empty();
        let left = more(self.left.filter(|_| wraps))?;
        let way = more(self.tells().then_some(ValType::I32))?;
        let returned = more(self.returned)?;
        let mut out = Function::new(locals);
        let exits = self.exits.len() as u32;
        if wraps {
            (0..=exits).for_each(|_| {
                out.instructions().block(BlockType::Empty);
            });
        }
        self.body(code, &mut out, &numbers, returned)?;
        if wraps {
            if ground.heights[self.to].is_some() {
                if let Some(left) = left {
                    out.instructions().local_set(left);
                }
                out.instructions().br(exits);
            }
            for exit in 0..exits {
                out.instructions().end();
                if let Some(way) = way {
                    out.instructions().i32_const(exit as i32 + 1).local_set(way);
                }
                out.instructions().br(exits - 1 - exit);
            }
            out.instructions().end();
        }
        let outs = self.outs.iter().map(|it| numbers[*it as usize]);
        for local in left.into_iter().chain(way).chain(returned).chain(outs) {
            out.instructions().local_get(local);
        }
        out.instructions().end();
        Ok(out)
    }

    /// Its instructions, with locals and jumps as they are there.
    fn body(
        &self,
        code: &Code<'_>,
        out: &mut Function,
        numbers: &[u32],
        returned: Option<u32>,
    ) -> Result<()> {
        let same = &mut RoundtripReencoder;
        let exits = self.exits.len() as u32;
        let place = |exit: Exit| self.exits.iter().position(|it| *it == exit).map(|it| it as u32);
        let mut inner = 0;
        for op in &code.ops[self.from..self.to] {
            // Out of the region: to the label that stands for it, if not behind its block.
            let jump = |depth: u32| match depth.checked_sub(inner) {
                None => depth,
                Some(label) if label == self.around => inner + place(Exit::Return).unwrap_or(exits),
                Some(label) => inner + place(Exit::Label(label)).unwrap_or(exits),
            };
            match op {
                Operator::LocalGet { local_index } => {
                    out.instructions().local_get(numbers[*local_index as usize]);
                }
                Operator::LocalSet { local_index } => {
                    out.instructions().local_set(numbers[*local_index as usize]);
                }
                Operator::LocalTee { local_index } => {
                    out.instructions().local_tee(numbers[*local_index as usize]);
                }
                Operator::Return => {
                    self.leave(out, returned, inner + place(Exit::Return).unwrap_or(exits))
                }
                Operator::Br { relative_depth } if *relative_depth == inner + self.around => {
                    self.leave(out, returned, jump(*relative_depth));
                }
                Operator::Br { relative_depth } => {
                    out.instructions().br(jump(*relative_depth));
                }
                Operator::BrIf { relative_depth } => {
                    out.instructions().br_if(jump(*relative_depth));
                }
                Operator::BrTable { targets } => {
                    let all = targets.targets().collect::<Result<Vec<_>, _>>()?;
                    let all: Vec<u32> = all.into_iter().map(jump).collect();
                    out.instructions().br_table(all, jump(targets.default()));
                }
                other => {
                    match other {
                        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                            inner += 1
                        }
                        Operator::End => inner -= 1,
                        _ => {}
                    }
                    out.instruction(&same.instruction(other.clone())?);
                }
            }
        }
        Ok(())
    }

    /// Keeps what is returned and goes to where that is told.
    fn leave(&self, out: &mut Function, returned: Option<u32>, to: u32) {
        if let Some(returned) = returned {
            out.instructions().local_set(returned);
        }
        out.instructions().br(to);
    }
}

/// Where the block ends that an instruction stands in.
fn close(code: &Code<'_>, open: &[usize], at: usize) -> usize {
    match open.last() {
        Some(begin) => code.other[*begin].filter(|it| at < *it).unwrap_or(code.ends[*begin]),
        None => code.ops.len() - 1,
    }
}

/// The first place from there on, in the same block, where nothing of the block lies on the stack.
fn begin(code: &Code<'_>, ground: &Ground<'_>, from: usize, close: usize) -> Option<usize> {
    let mut i = from;
    while i < close {
        match ground.heights[i] {
            Some(0) => return Some(i),
            Some(_) => i = code.ends[i].max(i) + 1,
            None => return None,
        }
    }
    None
}

fn rank(ty: ValType) -> u8 {
    match ty {
        ValType::I32 => 0,
        ValType::I64 => 1,
        ValType::F32 => 2,
        ValType::F64 => 3,
        _ => 4,
    }
}
