//! Ways through functions that a visit does not take, put aside: each becomes a function of its own, which
//! then belongs to the rest. What is put aside is the end of a block from a place that was never reached on: nothing
//! but what stands there leads into it.
//!
//! Never here: which ways those are (`later.rs`).

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, Function, FunctionSection, Module as Writer, RawSection, TypeSection,
};
use wasmparser::{
    FuncToValidate, FuncType, FunctionBody, Parser, Payload, ValType, ValidPayload, Validator,
    ValidatorResources,
};

use super::code::Code;
use super::live::Live;
use super::module::{self, Module};
use super::region::{Ground, Region};

/// The types of a module that is being written: those it had, and those of what is put aside.
pub struct Types {
    had: u32,
    more: BTreeMap<(Vec<ValType>, Vec<ValType>), u32>,
    order: Vec<FuncType>,
}

impl Types {
    fn of(&mut self, params: Vec<ValType>, results: Vec<ValType>) -> u32 {
        let next = self.had + self.order.len() as u32;
        *self.more.entry((params, results)).or_insert_with_key(|(params, results)| {
            self.order.push(FuncType::new(params.iter().copied(), results.iter().copied()));
            next
        })
    }
}

/// A function that was put aside: its type and its body.
type Aside = (u32, Function);

/// The module in which each way that `is_rare` says (of a function, the record's key of its ways, and the place of a mark
/// among its marks) is a function of its own, behind those that were there before.
pub fn module(
    bytes: &[u8],
    module: &Module<'_>,
    is_rare: impl Fn(&str, u32, u32) -> bool,
) -> Result<Vec<u8>> {
    let mut types =
        Types { had: module.types.len() as u32, more: BTreeMap::new(), order: Vec::new() };
    let (mut bodies, mut aside) = (Vec::new(), Vec::new());
    let mut validator = Validator::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        let ValidPayload::Func(function, body) = validator.payload(&payload)? else { continue };
        let name = module.name_of(function.index);
        let code = Code::read(&body)?;
        let marks = code.marks().into_iter().zip(0..);
        let rare = marks.filter(|(_, n)| name.is_some_and(|it| is_rare(it, code.shape, *n)));
        let rare: Vec<usize> = rare.map(|it| it.0).collect();
        let next = module.functions() + aside.len() as u32;
        let results = module.types[module.type_of(function.index)? as usize].results();
        let whole = match rare.as_slice() {
            [] => None,
            rare => parted(function, &body, &code, rare, results, module, next, &mut types)?,
        };
        match whole {
            Some((function, parts)) => {
                bodies.push(function);
                aside.extend(parts);
            }
            None => {
                let same = &mut RoundtripReencoder;
                let mut function = same.new_function_with_parsed_locals(&body)?;
                function.raw(body.as_bytes()[code.at[0] - body.range().start..].iter().copied());
                bodies.push(function);
            }
        }
    }
    let out = written(bytes, module, &types, &bodies, &aside)?;
    module::validate(&out).context("with rare ways put aside")?;
    Ok(out)
}

/// A function without its rare ways, and those.
fn parted(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    code: &Code<'_>,
    rare: &[usize],
    results: &[ValType],
    module: &Module<'_>,
    next: u32,
    types: &mut Types,
) -> Result<Option<(Function, Vec<Aside>)>> {
    let ground = Ground::of(function, body, code, results, &module.types)?;
    let live = Live::of(code, ground.locals.len());
    let regions = Region::all(code, &ground, &live, rare);
    if regions.is_empty() {
        return Ok(None);
    }
    let params = ground.locals.len() - own_locals(body)?.len();
    let mut locals: Vec<(u32, wasm_encoder::ValType)> = Vec::new();
    let same = &mut RoundtripReencoder;
    for ty in &ground.locals[params..] {
        push_local(&mut locals, same.val_type(*ty)?);
    }
    // What a way returns with is kept here until it is known that it returns.
    let kept = ground.locals.len() as u32;
    if let Some(ty) = regions.iter().find_map(|it| it.returned) {
        push_local(&mut locals, same.val_type(ty)?);
    }
    let mut out = Function::new(locals);
    let mut parts = Vec::new();
    let mut at = 0;
    for region in &regions {
        raw(&mut out, body, code, at, region.from);
        let (params, results) = region.types(&ground);
        let ty = types.of(params, results);
        region.call(&mut out, next + parts.len() as u32, kept);
        parts.push((ty, region.function(code, &ground)?));
        at = region.to;
    }
    out.raw(body.as_bytes()[code.at[at] - body.range().start..].iter().copied());
    Ok(Some((out, parts)))
}

fn own_locals(body: &FunctionBody<'_>) -> Result<Vec<ValType>> {
    let mut all = Vec::new();
    for it in body.get_locals_reader()? {
        let (count, ty) = it?;
        all.extend(std::iter::repeat_n(ty, count as usize));
    }
    Ok(all)
}

pub fn push_local(locals: &mut Vec<(u32, wasm_encoder::ValType)>, ty: wasm_encoder::ValType) {
    match locals.last_mut() {
        Some((count, it)) if *it == ty => *count += 1,
        _ => locals.push((1, ty)),
    }
}

/// Instructions as they stand.
fn raw(out: &mut Function, body: &FunctionBody<'_>, code: &Code<'_>, from: usize, to: usize) {
    let begin = body.range().start;
    out.raw(body.as_bytes()[code.at[from] - begin..code.at[to] - begin].iter().copied());
}

/// The module with these functions.
fn written(
    bytes: &[u8],
    module: &Module<'_>,
    types: &Types,
    bodies: &[Function],
    aside: &[Aside],
) -> Result<Vec<u8>> {
    ensure!(bodies.len() == module.bodies.len(), "a body is missing");
    let same = &mut RoundtripReencoder;
    let mut out = Writer::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::TypeSection(_) => {
                let mut section = TypeSection::new();
                for ty in module.types.iter().chain(&types.order) {
                    section.ty().func_type(&same.func_type(ty.clone())?);
                }
                out.section(&section);
            }
            Payload::FunctionSection(_) => {
                let mut section = FunctionSection::new();
                for ty in module.declared.iter().chain(aside.iter().map(|it| &it.0)) {
                    section.function(*ty);
                }
                out.section(&section);
            }
            Payload::CodeSectionStart { .. } => {
                let mut section = CodeSection::new();
                for function in bodies.iter().chain(aside.iter().map(|it| &it.1)) {
                    section.function(function);
                }
                out.section(&section);
            }
            Payload::CodeSectionEntry(_) => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: &bytes[range] });
                }
            }
        }
    }
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        BlockType, ExportKind, ExportSection, InstructionSink, NameMap, NameSection, TableSection,
        TableType, ValType as Type,
    };

    /// Makes local 1 something else, at length: what is put aside has to be worth it.
    fn stir(code: &mut InstructionSink<'_>, by: i32) {
        for step in 0..3 {
            code.local_get(1)
                .i32_const(0x1234_5677)
                .i32_mul()
                .i32_const(by + step)
                .i32_xor()
                .local_set(1);
        }
    }

    /// Whether the bit `1 << by` of what the function is given is set.
    fn asks(code: &mut InstructionSink<'_>, by: i32) {
        code.local_get(0).i32_const(by).i32_shr_u().i32_const(1).i32_and();
    }

    /// A function of every kind of way: arms, loops left and begun again, tables of jumps, returns in the middle, an arm
    /// that leaves a value, and one that never ends well. It is given bits, and gives back what became of locals 1 (i32)
    /// and 2 (i64).
    fn winding() -> Function {
        let mut function = Function::new([(1, Type::I32), (1, Type::I64), (1, Type::I32)]);
        let mut code = function.instructions();
        // 0: an arm, with another one.
        asks(&mut code, 0);
        code.if_(BlockType::Empty);
        stir(&mut code, 11);
        code.else_();
        stir(&mut code, 22);
        code.local_get(2).i64_const(77).i64_add().local_set(2).end();
        // 1, 2: out of two blocks, or on.
        code.block(BlockType::Empty).block(BlockType::Empty).block(BlockType::Empty);
        code.local_get(0).i32_const(1).i32_shr_u().i32_const(3).i32_and().br_table([0, 1], 2).end();
        stir(&mut code, 33);
        asks(&mut code, 3);
        code.br_if(1);
        stir(&mut code, 44);
        asks(&mut code, 4);
        code.if_(BlockType::Empty).local_get(1).return_().end();
        code.br(0).end();
        stir(&mut code, 55);
        code.end();
        // 5: a loop that a way in it begins again, or leaves with all.
        code.loop_(BlockType::Empty).local_get(3).i32_const(1).i32_add().local_set(3);
        asks(&mut code, 5);
        code.if_(BlockType::Empty);
        stir(&mut code, 66);
        code.local_get(3).i32_const(4).i32_lt_u().br_if(1);
        asks(&mut code, 6);
        code.if_(BlockType::Empty).local_get(1).local_get(3).i32_sub().return_().end();
        code.local_get(3).i32_const(6).i32_lt_u().br_if(1).end().end();
        // 7: a value that an arm leaves, under which another one lies.
        code.local_get(1);
        asks(&mut code, 7);
        code.if_(BlockType::Result(Type::I32));
        stir(&mut code, 88);
        code.local_get(1).else_();
        stir(&mut code, 99);
        code.local_get(1).i32_const(5).i32_add().end().i32_add().local_set(1);
        // 8 and 9: it breaks.
        asks(&mut code, 8);
        code.if_(BlockType::Empty);
        stir(&mut code, 110);
        asks(&mut code, 9);
        code.if_(BlockType::Empty);
        stir(&mut code, 121);
        code.unreachable().end().end();
        code.local_get(1).local_get(2).i32_wrap_i64().i32_add().end();
        function
    }

    fn sample() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([Type::I32], [Type::I32]);
        let mut functions = FunctionSection::new();
        functions.function(0);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: wasm_encoder::RefType::FUNCREF,
            table64: false,
            minimum: 1,
            maximum: None,
            shared: false,
        });
        let mut exports = ExportSection::new();
        exports.export("winding", ExportKind::Func, 0);
        let mut code = CodeSection::new();
        code.function(&winding());
        let (mut section, mut names) = (NameSection::new(), NameMap::new());
        names.append(0, "winding");
        section.functions(&names);
        let mut out = Writer::new();
        out.section(&types).section(&functions).section(&tables).section(&exports);
        out.section(&code).section(&section);
        out.finish()
    }

    #[test]
    fn a_function_does_the_same_whatever_of_it_is_put_aside() -> Result<()> {
        let bytes = sample();
        let whole = Module::read(&bytes)?;
        let dir = std::env::temp_dir().join(format!("layerglass-aside-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        std::fs::write(dir.join("whole"), &bytes)?;
        let ways = Code::read(&whole.bodies[0])?.marks().len() as u32;
        // Everything, and each way alone: what a way alone does not hold is not hidden by a larger one.
        let mut aside = 0;
        for only in 0..=ways {
            let part = module(&bytes, &whole, |name, _, way| {
                assert_eq!(name, "winding");
                only == ways || only == way
            })?;
            aside += Module::read(&part)?.functions() - 1;
            std::fs::write(dir.join(format!("part{only}")), part)?;
        }
        assert!(aside > 16, "{aside} of {ways} ways, and all at once");
        let script = "
            const of = (name) => new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync(name))).exports.winding;
            const told = (of, bits) => { try { return of(bits); } catch (it) { return it.message; } };
            const whole = of('whole'), seen = new Set();
            for (let part = 0; part <= Number(process.argv[1]); part += 1) {
                const it = of(`part${part}`);
                for (let bits = 0; bits < 1024; bits += 1) {
                    seen.add(told(whole, bits));
                    if (told(whole, bits) !== told(it, bits)) throw new Error(`part ${part}, given ${bits}`);
                }
            }
            process.stdout.write(String(seen.size > 50 && seen.has('unreachable')));";
        let mut node = crate::process::command("node");
        node.args(["-e", script, &ways.to_string()]).current_dir(&dir);
        let told = crate::process::output(&mut node)?;
        std::fs::remove_dir_all(&dir)?;
        assert_eq!(told, "true");
        Ok(())
    }
}
