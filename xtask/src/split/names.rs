//! Names of functions as they stand in the lists.

use anyhow::Result;
use wasmparser::{KnownCustom, Name, NameSectionReader};

/// What a name section calls functions and data, by their numbers.
#[derive(Default)]
pub struct Names {
    pub functions: Vec<Option<String>>,
    pub data: Vec<Option<String>>,
}

impl Names {
    pub fn read(section: NameSectionReader<'_>) -> Result<Names> {
        let mut names = Names::default();
        for part in section {
            let (map, list) = match part? {
                Name::Function(map) => (map, &mut names.functions),
                Name::Data(map) => (map, &mut names.data),
                _ => continue,
            };
            for naming in map {
                let naming = naming?;
                let at = naming.index as usize;
                list.resize(list.len().max(at + 1), None);
                list[at] = Some(naming.name.to_owned());
            }
        }
        Ok(names)
    }
}

/// The name section among custom sections.
pub fn section<'a>(reader: &wasmparser::CustomSectionReader<'a>) -> Option<NameSectionReader<'a>> {
    match reader.as_known() {
        KnownCustom::Name(names) => Some(names),
        _ => None,
    }
}

/// A name without what changes from build to build: `[0123456789abcdef]` after a crate, and the `.N` of a copy.
pub fn plain(name: Option<&str>) -> Option<String> {
    let mut rest = name?;
    let mut out = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('[') {
        let hash = after.split_once(']').filter(|(it, _)| is_hash(it));
        out.push_str(before);
        match hash {
            Some((_, after)) => rest = after,
            None => {
                out.push('[');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    if let Some((name, copy)) = out.rsplit_once('.')
        && !copy.is_empty()
        && copy.bytes().all(|it| it.is_ascii_digit())
    {
        let end = name.len();
        out.truncate(end);
    }
    Some(out)
}

fn is_hash(text: &str) -> bool {
    text.len() > 8 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_crate_loses_its_hash_and_a_slice_keeps_its_bracket() {
        let plain = |it: &str| super::plain(Some(it)).unwrap();
        assert_eq!(plain("layerglass[800e86eadf494a96]::vfs::open"), "layerglass::vfs::open");
        assert_eq!(
            plain("<[u8] as core[641134fb57596b42]::fmt::Debug>::fmt"),
            "<[u8] as core::fmt::Debug>::fmt"
        );
        assert_eq!(plain("core::str::is_contained_in.356"), "core::str::is_contained_in");
        assert_eq!(super::plain(None), None);
    }
}
