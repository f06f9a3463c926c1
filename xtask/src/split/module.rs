//! A module read into what splitting looks at.

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::{DataCountSection, Module as Writer, RawSection};
use wasmparser::{
    Data, Element, ElementItems, ElementKind, Export, FuncType, FunctionBody, Global, Import,
    MemoryType, Operator, Parser, Payload, Table, TypeRef, Validator, WasmFeatures,
};

use super::data::Shares;
use super::names;
use super::reach::Linked;

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
    data_names: Vec<Option<String>>,
    pub linked: Linked,
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
            data_names: Vec::new(),
            linked: Linked::default(),
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
                if let Some(section) = names::section(&custom) {
                    let read = names::Names::read(section)?;
                    (self.names, self.data_names) = (read.functions, read.data);
                }
                self.linked.take(&custom)?;
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

    /// The linker's name of data.
    pub fn data_name(&self, segment: usize) -> Option<&str> {
        self.data_names.get(segment)?.as_deref()
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

/// A module without what it tells beside what it does, such as names, and with data in few segments.
pub fn bare(bytes: &[u8]) -> Result<Vec<u8>> {
    let module = Module::read(bytes)?;
    let data = Shares::whole(&module)?.first(&module, None);
    let mut out = Writer::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::CustomSection(_) => {}
            Payload::DataCountSection { .. } => {
                out.section(&DataCountSection { count: data.len() });
            }
            Payload::DataSection(_) => {
                out.section(&data);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: &bytes[range] });
                }
            }
        }
    }
    Ok(out.finish())
}

/// Whether a module is one.
pub fn validate(bytes: &[u8]) -> Result<()> {
    Validator::new_with_features(WasmFeatures::default()).validate_all(bytes)?;
    Ok(())
}
