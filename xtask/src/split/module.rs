//! A module read into what splitting looks at.

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{
    Data, Element, ElementItems, ElementKind, Export, FuncType, FunctionBody, Global, Import,
    MemoryType, Operator, Parser, Payload, Table, TypeRef, Validator, WasmFeatures,
};

use super::names;

pub struct Module<'a> {
    /// All are functions' types.
    pub types: Vec<FuncType>,
    /// All are functions.
    pub imports: Vec<Import<'a>>,
    /// The types of the functions with a body.
    pub declared: Vec<u32>,
    pub tables: Vec<Table<'a>>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<Global<'a>>,
    pub exports: Vec<Export<'a>>,
    pub start: Option<u32>,
    /// Active ones in the table of functions.
    pub elements: Vec<Segment>,
    pub bodies: Vec<FunctionBody<'a>>,
    pub data: Vec<Data<'a>>,
    names: Vec<Option<String>>,
}

/// Functions in a row of the table.
pub struct Segment {
    pub at: u32,
    pub functions: Vec<u32>,
}

/// The table that calls go through; what JavaScript lends lies in another one.
pub const CALLS: u32 = 0;

impl<'a> Module<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Module<'a>> {
        let mut module = Module {
            types: Vec::new(),
            imports: Vec::new(),
            declared: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            exports: Vec::new(),
            start: None,
            elements: Vec::new(),
            bodies: Vec::new(),
            data: Vec::new(),
            names: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(bytes) {
            module.take(payload?)?;
        }
        ensure!(
            module.tables.first().is_some_and(|it| it.ty.element_type.is_func_ref()),
            "table 0 does not hold functions"
        );
        Ok(module)
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    ensure!(
                        matches!(import.ty, TypeRef::Func(_)),
                        "{} is imported and no function",
                        import.name
                    );
                    self.imports.push(import);
                }
            }
            Payload::FunctionSection(it) => {
                self.declared = it.into_iter().collect::<Result<_, _>>()?
            }
            Payload::TableSection(it) => self.tables = it.into_iter().collect::<Result<_, _>>()?,
            Payload::MemorySection(it) => {
                self.memories = it.into_iter().collect::<Result<_, _>>()?
            }
            Payload::GlobalSection(it) => {
                self.globals = it.into_iter().collect::<Result<_, _>>()?
            }
            Payload::ExportSection(it) => {
                self.exports = it.into_iter().collect::<Result<_, _>>()?
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(it) => {
                for element in it {
                    self.elements.extend(segment(element?)?);
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::DataSection(it) => self.data = it.into_iter().collect::<Result<_, _>>()?,
            Payload::CustomSection(custom) => {
                for (function, name) in names::section(&custom)
                    .map(names::of_functions)
                    .transpose()?
                    .into_iter()
                    .flatten()
                {
                    let at = function as usize;
                    self.names.resize(self.names.len().max(at + 1), None);
                    self.names[at] = Some(name);
                }
            }
            Payload::TagSection(_) => bail!("exceptions are not provided for"),
            _ => {}
        }
        Ok(())
    }

    /// How many functions come from outside; the others follow them.
    pub fn imported(&self) -> u32 {
        self.imports.len() as u32
    }

    /// All functions.
    pub fn functions(&self) -> u32 {
        self.imported() + self.declared.len() as u32
    }

    pub fn type_of(&self, function: u32) -> Result<u32> {
        let declared = function.checked_sub(self.imported());
        match declared {
            Some(at) => self.declared.get(at as usize).copied().context("no such function"),
            None => match self.imports[function as usize].ty {
                TypeRef::Func(ty) => Ok(ty),
                _ => bail!("no function"),
            },
        }
    }

    /// The body of a function that has one.
    pub fn body_of(&self, function: u32) -> Option<&FunctionBody<'a>> {
        self.bodies.get(function.checked_sub(self.imported())? as usize)
    }

    pub fn name_of(&self, function: u32) -> Option<&str> {
        self.names.get(function as usize)?.as_deref()
    }
}

fn segment(element: Element<'_>) -> Result<Option<Segment>> {
    let ElementKind::Active { table_index, offset_expr } = element.kind else {
        bail!("elements that are not put in place at the start are not provided for");
    };
    ensure!(table_index.unwrap_or(CALLS) == CALLS, "elements in another table");
    let ElementItems::Functions(functions) = element.items else {
        bail!("elements that are no functions are not provided for");
    };
    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
        bail!("a row of the table begins at no constant");
    };
    let functions = functions.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Segment { at: u32::try_from(value)?, functions }))
}

/// A module without what it tells beside what it does, such as names.
pub fn bare(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = bytes.get(..8).context("no module")?.to_vec();
    let mut from = out.len();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        let Some((_, range)) = payload.as_section() else { continue };
        if !matches!(payload, Payload::CustomSection(_)) {
            // With the section's number and length, which lie before its range.
            out.extend_from_slice(&bytes[from..range.end]);
        }
        from = range.end;
    }
    Ok(out)
}

/// Whether a module is one.
pub fn validate(bytes: &[u8]) -> Result<()> {
    Validator::new_with_features(WasmFeatures::default()).validate_all(bytes)?;
    Ok(())
}
