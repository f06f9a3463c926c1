//! A module that remembers which of its functions were called, to record what comes first.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, GlobalSection, GlobalType, Module as Writer,
    RawSection, ValType,
};
use wasmparser::{Parser, Payload};

use super::glue;
use super::module::{self, Module};

/// Makes `NAME_bg.wasm` such a module, and lists in `NAME-functions.json` which of its exports, which are
/// not 0 once the function was called, belongs to which function.
pub fn files(dir: &Path, name: &str) -> Result<()> {
    let path = dir.join(format!("{name}_bg.wasm"));
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let script = dir.join(format!("{name}.js"));
    let text = std::fs::read_to_string(&script).with_context(|| script.display().to_string())?;
    let module = Module::read(&bytes)?;
    std::fs::write(path, watched(&bytes, &module)?)?;
    std::fs::write(script, glue::watched(&text)?)?;
    let named = (module.imported()..module.functions())
        .map(|it| (export(it), module.name_of(it).unwrap_or_default()));
    let lines = named.map(|(export, name)| {
        format!("  {}: {}", crate::embed::quote(&export), crate::embed::quote(name))
    });
    let list = format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n"));
    std::fs::write(dir.join(format!("{name}-functions.json")), list)?;
    Ok(())
}

fn export(function: u32) -> String {
    format!("0w{function}")
}

fn watched(bytes: &[u8], module: &Module<'_>) -> Result<Vec<u8>> {
    let same = &mut RoundtripReencoder;
    let functions = module.imported()..module.functions();
    let own = module.globals.len() as u32;
    let mut out = Writer::new();
    let mut code = CodeSection::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::GlobalSection(globals) => {
                let mut section = GlobalSection::new();
                same.parse_global_section(&mut section, globals.clone())?;
                let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
                for _ in functions.clone() {
                    section.global(ty, &ConstExpr::i32_const(0));
                }
                out.section(&section);
            }
            Payload::ExportSection(exports) => {
                let mut section = ExportSection::new();
                same.parse_export_section(&mut section, exports.clone())?;
                for (at, function) in (own..).zip(functions.clone()) {
                    section.export(&export(function), ExportKind::Global, at);
                }
                out.section(&section);
            }
            Payload::CodeSectionEntry(body) => {
                let mut function = same.new_function_with_parsed_locals(body)?;
                function.instructions().i32_const(1).global_set(own + code.len());
                let mut reader = body.get_operators_reader()?;
                while !reader.eof() {
                    function.instruction(&same.parse_instruction(&mut reader)?);
                }
                code.function(&function);
                if code.len() == functions.len() as u32 {
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
