//! The two modules, written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, ImportSection,
    MemorySection, Module as Writer, StartSection, TableSection, TypeSection,
};
use wasmparser::{Operator, ValType};

use super::data::Shares;
use super::module::{CALLS, Module};

/// By what name the first module asks for the rest, and what the rest imports from.
pub const ASK: &str = "rest";
pub const FROM_FIRST: &str = "first";

/// Which function lies where.
pub struct Plan {
    /// For each function: whether its body is in the first module.
    is_first: Vec<bool>,
    /// Functions of the rest that the first refers to, with their place in the table.
    slots: BTreeMap<u32, u32>,
    /// Those of them that the first calls in one place alone, which does without a stub.
    direct: BTreeSet<u32>,
    /// What the rest calls in the first.
    used: BTreeSet<u32>,
    /// A place of the table that is empty until the rest is there.
    flag: u32,
    /// Places of the table, with the added ones.
    places: u32,
    data: Shares,
}

/// Which number a function has in a module that is being written.
struct Numbers(Vec<Option<u32>>);

impl Reencode for Numbers {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        // A function that the plan forgot: the module would not be valid, and is refused.
        Ok(self.0.get(function as usize).copied().flatten().unwrap_or(u32::MAX))
    }
}

impl Plan {
    pub fn new(module: &Module<'_>, first: impl Fn(u32) -> bool) -> Result<Plan> {
        let imported = module.imported();
        let is_first: Vec<bool> =
            (0..module.functions()).map(|it| it < imported || first(it)).collect();
        ensure!(
            is_first.contains(&false),
            "nothing is left for the rest: does the module have names?"
        );
        let in_first = |it: u32| is_first[it as usize];
        let (mut calls, mut used) = (BTreeMap::<u32, u32>::new(), BTreeSet::new());
        for function in imported..module.functions() {
            for called in called_by(module, function)? {
                let (from, to) = (in_first(function), in_first(called));
                if from != to {
                    if to {
                        used.insert(called);
                    } else {
                        *calls.entry(called).or_default() += 1;
                    }
                }
            }
        }
        let exported = module.exports.iter().filter(|it| it.kind == wasmparser::ExternalKind::Func);
        let seen = exported.map(|it| it.index).chain(module.start).filter(|it| !in_first(*it));
        let seen: BTreeSet<u32> = seen.collect();
        let stubs: BTreeSet<u32> = calls.keys().chain(&seen).copied().collect();
        // Who has a place in the table already keeps it.
        let mut slots = BTreeMap::new();
        for segment in &module.elements {
            for (at, function) in (segment.at..).zip(&segment.functions) {
                if !in_first(*function) {
                    slots.entry(*function).or_insert(at);
                }
            }
        }
        // In the table a function of the rest is its stub.
        let once = calls.iter().filter(|it| *it.1 == 1).map(|it| *it.0);
        let direct: BTreeSet<u32> =
            once.filter(|it| !seen.contains(it) && !slots.contains_key(it)).collect();
        let flag = u32::try_from(module.tables[CALLS as usize].ty.initial)?;
        let mut places = flag + 1;
        for stub in &stubs {
            slots.entry(*stub).or_insert_with(|| {
                places += 1;
                places - 1
            });
        }
        let data = Shares::new(module, in_first)?;
        Ok(Plan { is_first, slots, direct, used, flag, places, data })
    }

    fn keeps(&self, function: u32) -> bool {
        self.is_first[function as usize]
    }

    /// The module that is loaded first: it asks `from` for the rest. `fill` lies where data of the rest will.
    pub fn first(&self, module: &Module<'_>, from: &str, fill: Option<u8>) -> Result<Vec<u8>> {
        let imported = module.imported();
        let kept = in_order(module, |it| self.keeps(it));
        let mut numbers = vec![None; module.functions() as usize];
        (0..imported).for_each(|it| numbers[it as usize] = Some(it));
        let (ask, ensured, own) = (imported, imported + 1, imported + 2);
        let stubs = || self.slots.iter().filter(|it| !self.direct.contains(it.0));
        for (at, function) in (own..).zip(kept.iter().chain(stubs().map(|it| it.0))) {
            numbers[*function as usize] = Some(at);
        }
        let mut numbers = Numbers(numbers);

        let mut types = types(&mut numbers, module)?;
        let nothing = type_of_nothing(module).unwrap_or_else(|| {
            types.ty().function([], []);
            module.types.len() as u32
        });
        let mut imports = ImportSection::new();
        for it in &module.imports {
            imports.import(it.module, it.name, numbers.entity_type(it.ty)?);
        }
        imports.import(from, ASK, EntityType::Function(nothing));
        let mut functions = FunctionSection::new();
        functions.function(nothing);
        for function in kept.iter().chain(stubs().map(|it| it.0)) {
            functions.function(module.type_of(*function)?);
        }
        let mut tables = TableSection::new();
        for (at, table) in module.tables.iter().enumerate() {
            let mut ty = numbers.table_type(table.ty)?;
            if at as u32 == CALLS {
                ty.minimum = self.places.into();
                ty.maximum = ty.maximum.map(|it| it.max(self.places.into()));
            }
            tables.table(ty);
        }
        let mut memories = MemorySection::new();
        for memory in &module.memories {
            memories.memory(numbers.memory_type(*memory)?);
        }
        let mut globals = GlobalSection::new();
        for global in &module.globals {
            numbers.parse_global(&mut globals, global.clone())?;
        }
        let mut elements = ElementSection::new();
        for it in &module.elements {
            let row = it.functions.iter().map(|it| numbers.function_index(*it));
            let row = row.collect::<Result<Vec<_>, _>>()?;
            elements.active(
                None,
                &ConstExpr::i32_const(it.at as i32),
                Elements::Functions(row.into()),
            );
        }
        let mut code = CodeSection::new();
        code.function(&ensure_rest(self.flag, ask));
        for function in &kept {
            code.function(&self.body(module, &mut numbers, *function, ensured)?);
        }
        for (function, slot) in stubs() {
            code.function(&stub(module, *function, *slot, ensured)?);
        }

        let mut out = Writer::new();
        out.section(&types).section(&imports).section(&functions).section(&tables);
        out.section(&memories).section(&globals).section(&self.exports(module, &mut numbers)?);
        if let Some(function) = module.start {
            out.section(&StartSection { function_index: numbers.function_index(function)? });
        }
        out.section(&elements);
        let data = self.data.first(module, fill);
        out.section(&DataCountSection { count: data.len() });
        out.section(&code);
        out.section(&data);
        Ok(out.finish())
    }

    /// A function of the first module: what it alone calls in the rest, it calls through the table itself.
    fn body(
        &self,
        module: &Module<'_>,
        numbers: &mut Numbers,
        function: u32,
        ensured: u32,
    ) -> Result<Function> {
        let body = module.body_of(function).context("a function without a body")?;
        let mut out = numbers.new_function_with_parsed_locals(body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            match reader.clone().read()? {
                Operator::Call { function_index: called } if self.direct.contains(&called) => {
                    reader.read()?;
                    let mut code = out.instructions();
                    code.call(ensured).i32_const(self.slots[&called] as i32);
                    code.call_indirect(CALLS, module.type_of(called)?);
                }
                _ => {
                    out.instruction(&numbers.parse_instruction(&mut reader)?);
                }
            }
        }
        Ok(out)
    }

    /// What the module exports, and what the rest needs of it.
    fn exports(&self, module: &Module<'_>, numbers: &mut Numbers) -> Result<ExportSection> {
        let mut exports = ExportSection::new();
        for it in &module.exports {
            numbers.parse_export(&mut exports, *it)?;
        }
        for (at, function) in self.used.iter().enumerate() {
            exports.export(&short(at), ExportKind::Func, numbers.function_index(*function)?);
        }
        for (kind, count) in shared(module) {
            for index in 0..count {
                exports.export(&shared_name(kind, index), kind, index);
            }
        }
        Ok(exports)
    }

    /// The other module.
    pub fn rest(&self, module: &Module<'_>) -> Result<Vec<u8>> {
        let own = in_order(module, |it| !self.keeps(it));
        let mut numbers = vec![None; module.functions() as usize];
        for (at, function) in (0..).zip(self.used.iter().chain(&own)) {
            numbers[*function as usize] = Some(at);
        }
        let mut numbers = Numbers(numbers);
        let mut imports = ImportSection::new();
        for (at, function) in self.used.iter().enumerate() {
            let ty = EntityType::Function(module.type_of(*function)?);
            imports.import(FROM_FIRST, &short(at), ty);
        }
        for (at, table) in (0..).zip(&module.tables) {
            let mut ty = numbers.table_type(table.ty)?;
            if at == CALLS {
                ty.minimum = self.places.into();
                ty.maximum = ty.maximum.map(|it| it.max(self.places.into()));
            }
            imports.import(FROM_FIRST, &shared_name(ExportKind::Table, at), ty);
        }
        for (at, memory) in (0..).zip(&module.memories) {
            let ty = numbers.memory_type(*memory)?;
            imports.import(FROM_FIRST, &shared_name(ExportKind::Memory, at), ty);
        }
        for (at, global) in (0..).zip(&module.globals) {
            let ty = numbers.global_type(global.ty)?;
            imports.import(FROM_FIRST, &shared_name(ExportKind::Global, at), ty);
        }
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for function in &own {
            functions.function(module.type_of(*function)?);
            let body = module.body_of(*function).context("a function without a body")?;
            numbers.parse_function_body(&mut code, body.clone())?;
        }
        let mut elements = ElementSection::new();
        for (at, row) in self.rows(module) {
            let row = row.iter().map(|it| numbers.function_index(*it));
            let row = row.collect::<Result<Vec<_>, _>>()?;
            elements.active(
                None,
                &ConstExpr::i32_const(at as i32),
                Elements::Functions(row.into()),
            );
        }
        let mut out = Writer::new();
        out.section(&types(&mut numbers, module)?).section(&imports).section(&functions);
        let data = self.data.rest(module);
        out.section(&elements).section(&DataCountSection { count: data.len() });
        out.section(&code).section(&data);
        Ok(out.finish())
    }

    /// The places that the rest fills, in rows.
    fn rows(&self, module: &Module<'_>) -> Vec<(u32, Vec<u32>)> {
        let mut places: BTreeMap<u32, u32> = self.slots.iter().map(|(it, at)| (*at, *it)).collect();
        let any = (0..module.functions()).find(|it| !self.keeps(*it));
        places.extend(any.map(|it| (self.flag, it)));
        for segment in &module.elements {
            let row = (segment.at..).zip(&segment.functions);
            places.extend(row.filter(|(_, it)| !self.keeps(**it)).map(|(at, it)| (at, *it)));
        }
        let mut rows: Vec<(u32, Vec<u32>)> = Vec::new();
        for (at, function) in places {
            match rows.last_mut() {
                Some((begin, row)) if *begin + row.len() as u32 == at => row.push(function),
                _ => rows.push((at, vec![function])),
            }
        }
        rows
    }
}

/// These of the functions with a body, in the order of their bytes: what begins alike comes together, which compresses
/// better, by one percent, than the order by use that wasm-opt leaves.
fn in_order(module: &Module<'_>, which: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut all: Vec<u32> =
        (module.imported()..module.functions()).filter(|it| which(*it)).collect();
    all.sort_by_key(|it| module.body_of(*it).map_or(&[][..], |it| it.as_bytes()));
    all
}

/// What a function calls or names.
fn called_by(module: &Module<'_>, function: u32) -> Result<Vec<u32>> {
    let body = module.body_of(function).context("a function without a body")?;
    let mut called = Vec::new();
    for operator in body.get_operators_reader()? {
        match operator? {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                called.push(function_index)
            }
            Operator::RefFunc { .. } | Operator::MemoryInit { .. } | Operator::DataDrop { .. } => {
                anyhow::bail!("an instruction that splitting does not provide for");
            }
            _ => {}
        }
    }
    Ok(called)
}

fn types(numbers: &mut Numbers, module: &Module<'_>) -> Result<TypeSection> {
    let mut types = TypeSection::new();
    for ty in &module.types {
        types.ty().func_type(&numbers.func_type(ty.clone())?);
    }
    Ok(types)
}

fn type_of_nothing(module: &Module<'_>) -> Option<u32> {
    let at = module.types.iter().position(|it| it.params().is_empty() && it.results().is_empty());
    at.map(|it| it as u32)
}

/// A function of the rest as the first module has it.
fn stub(module: &Module<'_>, function: u32, slot: u32, ensured: u32) -> Result<Function> {
    let ty = module.type_of(function)?;
    let params: &[ValType] = module.types[ty as usize].params();
    let mut stub = Function::new([]);
    let mut code = stub.instructions();
    code.call(ensured);
    for param in 0..params.len() as u32 {
        code.local_get(param);
    }
    code.i32_const(slot as i32).call_indirect(CALLS, ty).end();
    Ok(stub)
}

/// Asks for the rest unless a place in the table says that it is there.
fn ensure_rest(flag: u32, ask: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.i32_const(flag as i32).table_get(CALLS).ref_is_null();
    code.if_(BlockType::Empty).call(ask).end().end();
    function
}

fn shared(module: &Module<'_>) -> [(ExportKind, u32); 3] {
    [
        (ExportKind::Table, module.tables.len() as u32),
        (ExportKind::Memory, module.memories.len() as u32),
        (ExportKind::Global, module.globals.len() as u32),
    ]
}

fn shared_name(kind: ExportKind, index: u32) -> String {
    let letter = match kind {
        ExportKind::Table => 't',
        ExportKind::Memory => 'm',
        _ => 'g',
    };
    format!("0{letter}{index}")
}

/// A short name that no export of Rust's has: it begins with a digit.
fn short(at: usize) -> String {
    format!("{at}")
}
