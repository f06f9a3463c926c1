//! A module of WebAssembly in two: what a visit begins with, and the rest.
//!
//! Both share one memory, one table and the globals. In the first module a function of the rest is a stub
//! that calls through a slot of the table; the second module fills the slots when it is instantiated. If a
//! stub is called before, it asks for the rest (`glue.rs`), at once. So nothing in the program knows of it,
//! and what lies where decides about time alone, never about what happens.
//!
//! What comes later is recorded by `cargo xtask first`, which watches the page at work (`watch.rs`) and
//! notes what it did not call (`later.rs`): functions, and ways through others, which become functions of their own
//! (`aside.rs`). What this record does not know comes first: a change of the program makes its beginning larger, until
//! somebody records anew. The size gate tells when.
//!
//! Never here: what any function does.

mod aside;
mod code;
mod data;
pub mod glue;
pub mod later;
mod live;
pub mod module;
mod names;
mod parts;
mod reach;
mod region;
pub mod watch;

use std::path::Path;

use anyhow::{Context, Result};

use later::Later;
use module::Module;

/// The modules that come in two: their names in the site, without `_bg.wasm`.
pub const SPLIT: &[&str] = &["machine", "page", "machine-full"];

/// The one of them whose script serves the element as well, which takes its module whole too. Only whole functions of it
/// come later: pages of others take both parts, and ways put aside make the two together larger.
pub const SHARED: &str = "machine-full";

/// Set where modules are to be watched at work instead of split.
pub const WATCH: &str = "LAYERGLASS_WATCH";

/// Set where what lies in memory later is to be nonsense before, to show who reads it too early.
const POISON: &str = "LAYERGLASS_POISON";

/// Splits `NAME_bg.wasm` in `dir`: afterwards it is the first part, and `NAME-rest.wasm` the other; the
/// script `NAME.js` knows both.
pub fn files(dir: &Path, name: &str) -> Result<()> {
    let path = dir.join(format!("{name}_bg.wasm"));
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let script = dir.join(format!("{name}.js"));
    let text = std::fs::read_to_string(&script).with_context(|| script.display().to_string())?;
    let (text, from) = glue::extended(&text, name)?;
    let later = Later::read(name)?;
    let whole = Module::read(&bytes)?.functions();
    let bytes = aside(&bytes, &later)?;
    let mut module = Module::read(&bytes)?;
    let names: Vec<&str> = module.imports.iter().map(|it| it.name).collect();
    let (text, names) = match name {
        SHARED => (text, names.into_iter().map(str::to_owned).collect()),
        _ => glue::shortened(&text, &names)?,
    };
    module.imports.iter_mut().zip(&names).for_each(|(it, name)| it.name = name);
    let (first, rest) = split(&module, whole, &later, &from)?;
    std::fs::write(path, first)?;
    std::fs::write(dir.join(format!("{name}-rest.wasm")), rest)?;
    std::fs::write(script, text)?;
    Ok(())
}

/// The module with what comes later of functions that come first as functions without a name.
fn aside(bytes: &[u8], later: &Later) -> Result<Vec<u8>> {
    aside::module(bytes, &Module::read(bytes)?, |name, shape, way| {
        names::plain(Some(name)).is_some_and(|it| later.has_way(&it, shape, way))
    })
}

/// The two modules. The functions behind the `whole` ones were put aside. `from` is the module that the first imports
/// its asking for the rest from.
fn split(module: &Module<'_>, whole: u32, later: &Later, from: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    // What has no name is an adapter of wasm-bindgen.
    let is_first = |function: u32| {
        let name = names::plain(module.name_of(function));
        function < whole && name.is_none_or(|it| !later.has(&it))
    };
    let plan = parts::Plan::new(module, is_first)?;
    let fill = std::env::var_os(POISON).map(|_| 0xa5);
    let (first, rest) = (plan.first(module, from, fill)?, plan.rest(module)?);
    for (which, bytes) in [("first", &first), ("rest", &rest)] {
        module::validate(bytes).with_context(|| format!("the {which} part"))?;
    }
    Ok((first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, ElementSection,
        Elements, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
        LinkingSection, MemorySection, MemoryType, Module as Writer, NameMap, NameSection, RefType,
        SymbolTable, TableSection, TableType, TypeSection, ValType,
    };

    /// What lies in memory: the linker's name, where, and what.
    const DATA: &[(&str, i32, &[u8])] = &[
        (".rodata.before", 2034, b"Ends at 2048: "),
        (".rodata.first", 2048, b"A text that comes first"),
        (".rodata.list", 3000, &4000_u32.to_le_bytes()),
        (".rodata.listed", 4000, b"A text of a list"),
        (".rodata.rest", 4096, b"A text of the rest"),
        (".rodata.backwards", 5000, b"A text from its end"),
        (".data.written", 6000, b"What is written to"),
    ];

    /// What code and data name of it, with a distance.
    const BY_CODE: &[(u8, u8)] = &[(1, 0), (2, 0), (4, 0), (5, 19)];
    const BY_DATA: &[(u8, u8)] = &[(3, 0)];

    /// What the linker tells, as it writes it.
    fn linked(module: &mut Writer) {
        let mut symbols = SymbolTable::new();
        for (at, (name, _, bytes)) in (0..).zip(DATA) {
            let size = bytes.len() as u32;
            symbols.data(0, name, Some(DataSymbolDefinition { index: at, offset: 0, size }));
        }
        module.section(LinkingSection::new().symbol_table(&symbols));
        // Of a section, so many; each of a kind (an address in LEB, or in four bytes), at no place that matters here.
        for (name, kind, uses) in [("reloc.CODE", 4, BY_CODE), ("reloc.DATA", 5, BY_DATA)] {
            let mut told = vec![0, uses.len() as u8];
            uses.iter().for_each(|(symbol, addend)| told.extend([kind, 0, *symbol, *addend]));
            module.section(&CustomSection { name: name.into(), data: told.into() });
        }
    }

    /// `begin` calls `late` with its number, which calls `shared` back and lies in the table too; each has
    /// a text of its own.
    fn sample() -> Vec<u8> {
        sample_of(linked)
    }

    fn sample_of(linked: impl Fn(&mut Writer)) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        let mut functions = FunctionSection::new();
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 2,
            maximum: Some(2),
            shared: false,
        });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut globals = GlobalSection::new();
        globals.global(
            GlobalType { val_type: ValType::I32, mutable: true, shared: false },
            &ConstExpr::i32_const(1024),
        );
        let mut exports = ExportSection::new();
        exports.export("begin", ExportKind::Func, 0).export("memory", ExportKind::Memory, 0);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions(vec![1].into()));
        let (mut code, mut names) = (CodeSection::new(), NameMap::new());
        for (at, name) in
            (0..).zip(["sample[0123456789abcdef]::begin", "sample::late", "sample::shared"])
        {
            functions.function(0);
            names.append(at, name);
            let mut function = Function::new([]);
            let mut body = function.instructions();
            match at {
                0 => [2048, 3000, 5019]
                    .iter()
                    .fold(&mut body, |body, it| body.i32_const(*it).drop())
                    .local_get(0)
                    .call(1)
                    .i32_const(1)
                    .i32_add(),
                1 => body
                    .i32_const(4096)
                    .i32_load8_u(wasm_encoder::MemArg { offset: 0, align: 0, memory_index: 0 })
                    .local_get(0)
                    .call(2)
                    .i32_add(),
                _ => body.local_get(0).i32_const(10).i32_mul(),
            };
            body.end();
            code.function(&function);
        }
        let (mut data, mut data_names) = (DataSection::new(), NameMap::new());
        for (at, (name, begin, bytes)) in (0..).zip(DATA) {
            data.active(0, &ConstExpr::i32_const(*begin), bytes.iter().copied());
            data_names.append(at, name);
        }
        let mut section = NameSection::new();
        section.functions(&names);
        section.data(&data_names);
        let mut module = Writer::new();
        module.section(&types).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports).section(&elements).section(&code);
        module.section(&data);
        linked(&mut module);
        module.section(&section);
        module.finish()
    }

    fn has(part: &[u8], text: &[u8]) -> bool {
        part.windows(text.len()).any(|it| it == text)
    }

    #[test]
    fn both_parts_do_together_what_the_whole_does() -> Result<()> {
        let later = Later::of(["sample::late"]);
        let (first, rest) = split(&Module::read(&sample())?, 3, &later, "./glue.js")?;
        for (name, _, text) in DATA {
            let comes_later = [".rodata.before", ".rodata.rest"].contains(name);
            assert_eq!(
                (has(&first, text), has(&rest, text)),
                (!comes_later, comes_later),
                "{name}"
            );
        }
        let dir = std::env::temp_dir().join(format!("layerglass-split-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        std::fs::write(dir.join("first"), first)?;
        std::fs::write(dir.join("rest"), rest)?;
        // 'A' is 65: 65 + 7 * 10 + 1, asked for once and then there.
        let script = "
            const [first, rest] = ['first', 'rest'].map((it) => new WebAssembly.Module(require('fs').readFileSync(it)));
            let asked = 0, exports;
            const ask = () => { asked += 1; new WebAssembly.Instance(rest, { first: exports }); };
            exports = new WebAssembly.Instance(first, { './glue.js': { rest: ask } }).exports;
            process.stdout.write([asked, exports.begin(7), exports.begin(0), asked].join(' '));";
        let told = crate::process::output(
            crate::process::command("node").args(["-e", script]).current_dir(&dir),
        )?;
        std::fs::remove_dir_all(&dir)?;
        assert_eq!(told, "0 136 66 1");
        Ok(())
    }

    #[test]
    fn all_data_come_first_if_the_linker_does_not_tell_what_names_them() -> Result<()> {
        let later = Later::of(["sample::late"]);
        let (first, rest) = split(&Module::read(&sample_of(|_| {}))?, 3, &later, "./glue.js")?;
        assert!(DATA.iter().all(|it| has(&first, it.2) && !has(&rest, it.2)));
        Ok(())
    }

    #[test]
    fn what_the_linker_tells_of_other_data_is_refused() {
        let of_none = |module: &mut Writer| {
            let mut symbols = SymbolTable::new();
            symbols.data(0, "x", Some(DataSymbolDefinition { index: 1, offset: 20, size: 20 }));
            module.section(LinkingSection::new().symbol_table(&symbols));
            for name in ["reloc.CODE", "reloc.DATA"] {
                module.section(&CustomSection { name: name.into(), data: (&[0, 0]).into() });
            }
        };
        let bytes = sample_of(of_none);
        let module = Module::read(&bytes).unwrap();
        assert!(split(&module, 3, &Later::of(["sample::late"]), "./glue.js").is_err());
    }

    #[test]
    fn names_are_taken_away_and_nothing_else() -> Result<()> {
        let bare = module::bare(&sample())?;
        module::validate(&bare)?;
        let (with, without) = (Module::read(&sample())?.functions(), Module::read(&bare)?);
        assert_eq!(without.functions(), with);
        assert!(without.name_of(0).is_none() && !bare.windows(4).any(|it| it == b"name"));
        Ok(())
    }

    #[test]
    fn a_module_without_names_cannot_be_split() {
        let bytes = sample();
        // The name section is the last one; its number and its length lie before its name.
        let end = bytes.windows(5).rposition(|it| it == b"\x04name").unwrap() - 3;
        let module = Module::read(&bytes[..end]).unwrap();
        assert!(split(&module, 3, &Later::of(["sample::late"]), "./glue.js").is_err());
    }
}
