//! A module that remembers which of its functions were called, and which ways through them were taken, to record
//! what comes first.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection, GlobalType,
    Module as Writer, RawSection, ValType,
};
use wasmparser::{Parser, Payload};

use super::code::Code;
use super::glue;
use super::later;
use super::module::{self, Module};

/// Makes `NAME_bg.wasm` such a module, and lists in `NAME-functions.json` which of its exports, which are
/// not 0 once the function was called or the way taken, belongs to which.
pub fn files(dir: &Path, name: &str) -> Result<()> {
    let path = dir.join(format!("{name}_bg.wasm"));
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let script = dir.join(format!("{name}.js"));
    let text = std::fs::read_to_string(&script).with_context(|| script.display().to_string())?;
    let module = Module::read(&bytes)?;
    std::fs::write(path, watched(&bytes, &module)?)?;
    std::fs::write(script, glue::watched(&text)?)?;
    let named = names(&module)?;
    let lines = (0..).zip(&named).map(|(at, name)| {
        format!("  {}: {}", crate::embed::quote(&export(at)), crate::embed::quote(name))
    });
    let list = format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n"));
    std::fs::write(dir.join(format!("{name}-functions.json")), list)?;
    Ok(())
}

/// The exports' meanings, in their order: each function, and after it the ways through it.
fn names(module: &Module<'_>) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (function, body) in (module.imported()..).zip(&module.bodies) {
        let name = module.name_of(function).unwrap_or_default();
        let code = Code::read(body)?;
        names.push(name.to_owned());
        let ways = (0..)
            .zip(code.marks())
            .map(|(n, _)| later::way(name, code.shape, n).unwrap_or_default());
        names.extend(ways);
    }
    Ok(names)
}

fn export(at: u32) -> String {
    format!("0w{at}")
}

fn watched(bytes: &[u8], module: &Module<'_>) -> Result<Vec<u8>> {
    let same = &mut RoundtripReencoder;
    let cells = 0..names(module)?.len() as u32;
    let own = module.globals.len() as u32;
    let mut next = own;
    let mut out = Writer::new();
    let mut code = CodeSection::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::GlobalSection(globals) => {
                let mut section = GlobalSection::new();
                same.parse_global_section(&mut section, globals.clone())?;
                let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
                for _ in cells.clone() {
                    section.global(ty, &ConstExpr::i32_const(0));
                }
                out.section(&section);
            }
            Payload::ExportSection(exports) => {
                let mut section = ExportSection::new();
                same.parse_export_section(&mut section, exports.clone())?;
                for (at, cell) in (own..).zip(cells.clone()) {
                    section.export(&export(cell), ExportKind::Global, at);
                }
                out.section(&section);
            }
            Payload::CodeSectionEntry(body) => {
                let mut function = same.new_function_with_parsed_locals(body)?;
                let mut note = |function: &mut Function| {
                    function.instructions().i32_const(1).global_set(next);
                    next += 1;
                };
                note(&mut function);
                let it = Code::read(body)?;
                let mut marks = it.marks().into_iter().peekable();
                for (at, op) in it.ops.into_iter().enumerate() {
                    if marks.next_if_eq(&at).is_some() {
                        note(&mut function);
                    }
                    function.instruction(&same.instruction(op)?);
                }
                code.function(&function);
                if code.len() == module.bodies.len() as u32 {
                    out.section(&code);
                }
            }
            Payload::CodeSectionStart { .. } | Payload::CustomSection(_) => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: &bytes[range] });
                }
            }
        }
    }
    let out = out.finish();
    module::validate(&out).context("the watched module")?;
    Ok(out)
}
