//! Which numbers are addresses of which constants: the linker's own list (`--emit-relocs`) tells. A number alone may
//! be the end of one constant and the beginning of the next, and a loop that counts down is given one outside of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Result, ensure};
use wasmparser::{
    CustomSectionReader, DefinedDataSymbol, KnownCustom, Linking, RelocationEntry, RelocationType,
    SymbolInfo,
};

/// What the linker has told.
#[derive(Default)]
pub struct Linked {
    /// Its symbols; those that are data with their place.
    symbols: Vec<Option<DefinedDataSymbol>>,
    uses: Vec<RelocationEntry>,
    /// What it calls the segments, in their order.
    segments: Vec<String>,
    /// Whether it told of the code, and of the data.
    of_code: bool,
    of_data: bool,
}

impl Linked {
    /// Takes what a section tells; its symbols come before their uses.
    pub fn take(&mut self, section: &CustomSectionReader<'_>) -> Result<()> {
        match section.as_known() {
            KnownCustom::Linking(linking) => {
                for part in linking.subsections() {
                    match part? {
                        Linking::SymbolTable(symbols) => {
                            for symbol in symbols {
                                self.symbols.push(match symbol? {
                                    SymbolInfo::Data { symbol, .. } => symbol,
                                    _ => None,
                                });
                            }
                        }
                        Linking::SegmentInfo(segments) => {
                            for segment in segments {
                                self.segments.push(segment?.name.to_owned());
                            }
                        }
                        _ => {}
                    }
                }
            }
            KnownCustom::Reloc(uses) => {
                self.of_code |= section.name() == "reloc.CODE";
                self.of_data |= section.name() == "reloc.DATA";
                for it in uses.entries() {
                    self.uses.push(it?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The places that are named, in segments that lie there and are called so; nothing if the linker did not tell.
    pub fn places<'a>(
        &self,
        segments: &[Range<usize>],
        name: impl Fn(usize) -> Option<&'a str>,
    ) -> Result<Option<Places>> {
        if !(self.of_code && self.of_data) {
            return Ok(None);
        }
        let fits = |it: &DefinedDataSymbol| {
            let end = it.offset as usize + it.size as usize;
            segments.get(it.index as usize).is_some_and(|segment| end <= segment.len())
        };
        let called = (0..).zip(&self.segments).all(|(at, it)| name(at) == Some(it));
        let is_same = called && [0, segments.len()].contains(&self.segments.len());
        let fit = self.symbols.iter().flatten().all(fits);
        ensure!(is_same && fit, "the linker told of other segments");
        let mut places = Places::default();
        for RelocationEntry { ty, index, addend, .. } in &self.uses {
            let Some(it) = self.symbols.get(*index as usize).copied().flatten() else { continue };
            let segment = it.index as usize;
            let number = segments[segment].start as i64 + i64::from(it.offset) + addend;
            places.named.entry(number as usize).or_default().insert(segment);
            if !is_address(*ty) || !(0..=i64::from(it.size)).contains(addend) {
                places.outside.insert(segment);
            }
        }
        Ok(Some(places))
    }
}

/// Whether what is written is the address, and not a distance to it.
fn is_address(ty: RelocationType) -> bool {
    use RelocationType::{MemoryAddrI32, MemoryAddrLeb, MemoryAddrSleb};
    matches!(ty, MemoryAddrI32 | MemoryAddrLeb | MemoryAddrSleb)
}

/// What the linker has named.
#[derive(Default)]
pub struct Places {
    /// For each number in the code and in the data that is an address: what it belongs to.
    pub named: BTreeMap<usize, BTreeSet<usize>>,
    /// Segments that are named by a number outside of them, or by a distance.
    pub outside: BTreeSet<usize>,
}
