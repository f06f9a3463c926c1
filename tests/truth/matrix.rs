//! Tables of cases: an operation times what it meets times where that lies. The scripts are made
//! here, what the kernel answered to them is recorded in `tests/corpus/matrix`, a file a case.
//!
//! `REGENERATE=1 cargo test --test corpus matrix` writes the scripts that are new or have changed
//! and removes those that are no more; `layerglass conform --record tests/corpus/matrix` then
//! records them on the kernel below. Without that variable the test says whether every script is
//! there, as it is made here, and recorded.

#[path = "matrix/attributes.rs"]
mod attributes;
#[path = "matrix/calls.rs"]
mod calls;
#[path = "matrix/change.rs"]
mod change;
#[path = "matrix/create.rs"]
mod create;
#[path = "matrix/held.rs"]
mod held;
#[path = "matrix/holders.rs"]
mod holders;
#[path = "matrix/layers.rs"]
mod layers;
#[path = "matrix/listing.rs"]
mod listing;
#[path = "matrix/meta.rs"]
mod meta;
#[path = "matrix/names.rs"]
mod names;
#[path = "matrix/offline.rs"]
mod offline;
#[path = "matrix/online.rs"]
mod online;
#[path = "matrix/options.rs"]
mod options;
#[path = "matrix/places.rs"]
mod places;
#[path = "matrix/ranges.rs"]
mod ranges;
#[path = "matrix/redirects.rs"]
mod redirects;
#[path = "matrix/refused.rs"]
mod refused;
#[path = "matrix/remove.rs"]
mod remove;
#[path = "matrix/rename.rs"]
mod rename;
#[path = "matrix/sheet.rs"]
mod sheet;
#[path = "matrix/world.rs"]
mod world;

use super::files;
use layerglass::testing::Case;
use libtest_mimic::{Failed, Trial};
use sheet::Script;
use std::collections::BTreeMap;
use std::path::Path;

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/matrix");

pub fn trial() -> Trial {
    Trial::test("matrix", || {
        let stored: BTreeMap<String, String> = if Path::new(DIR).is_dir() {
            files::below("tests/corpus/matrix", "trace")
        } else {
            Vec::new()
        }
        .into_iter()
        .collect();
        let made = scripts()?;
        let gone: Vec<&String> = stored.keys().filter(|it| !made.contains_key(*it)).collect();
        let other: Vec<&String> =
            made.keys().filter(|it| !is_recording(stored.get(*it), &made[*it])).collect();
        if std::env::var_os("REGENERATE").is_some() {
            gone.iter().try_for_each(|name| std::fs::remove_file(format!("{DIR}/{name}.trace")))?;
            for name in &other {
                let path = format!("{DIR}/{name}.trace");
                std::fs::create_dir_all(Path::new(&path).parent().unwrap_or(Path::new(DIR)))?;
                std::fs::write(path, &made[*name])?;
            }
            return Ok(());
        }
        match (&gone[..], &other[..]) {
            ([], []) => Ok(()),
            _ => Err(Failed::from(format!(
                "tests/corpus/matrix is not what its tables say (REGENERATE=1 cargo test --test corpus matrix, \
                 then layerglass conform --record tests/corpus/matrix): no longer there {gone:?}, new or other {other:?}"
            ))),
        }
    })
}

/// All scripts by name.
fn scripts() -> Result<BTreeMap<String, String>, Failed> {
    let sheets = [
        attributes::sheet(),
        calls::sheet(),
        change::sheet(),
        create::sheet(),
        held::sheet(),
        holders::sheet(),
        layers::sheet(),
        listing::sheet(),
        meta::sheet(),
        names::sheet(),
        offline::sheet(),
        online::sheet(),
        options::sheet(),
        places::sheet(),
        ranges::sheet(),
        redirects::sheet(),
        refused::sheet(),
        remove::sheet(),
        rename::sheet(),
    ];
    let mut all = BTreeMap::new();
    for Script { name, text } in sheets.into_iter().flat_map(|it| it.scripts) {
        if all.insert(name.clone(), text).is_some() {
            return Err(format!("two scripts are called {name}").into());
        }
    }
    Ok(all)
}

/// Is the trace one of this script?
fn is_recording(stored: Option<&String>, script: &str) -> bool {
    let plain = |case: &Case| {
        let mut case = case.clone();
        case.head.retain(|it| it.0 != "kernel");
        case.steps.iter_mut().for_each(|it| it.seen.clear());
        case.to_string()
    };
    let (Some(Ok(stored)), Ok(script)) = (stored.map(|it| Case::parse(it)), Case::parse(script))
    else {
        return false;
    };
    stored.is_recorded() && plain(&stored) == plain(&script)
}
