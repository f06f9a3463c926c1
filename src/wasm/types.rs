//! TypeScript declarations of everything that crosses the boundary, made from the types themselves.

use super::{Event, Failure, Kept, Options, Slice, State, Step};
use crate::trace;
use crate::view::{Inspection, TraceReport, TreeDiff, View};
use std::any::TypeId;
use std::collections::BTreeMap;
use ts_rs::{Config, TS, TypeVisitor};

/// The text of `types.d.ts`, sorted by name.
pub fn declarations() -> String {
    let mut all =
        Collector { config: Config::new().with_large_int("number"), found: BTreeMap::new() };
    all.add::<View>();
    all.add::<Step>();
    all.add::<trace::Step>();
    all.add::<TraceReport>();
    all.add::<Inspection>();
    all.add::<TreeDiff>();
    all.add::<Event>();
    all.add::<Slice>();
    all.add::<State>();
    all.add::<Failure>();
    all.add::<Options>();
    all.add::<Kept>();
    let mut text = String::from(
        "// Made from the Rust types: `REGENERATE=1 cargo test --all-features --test types`.\n",
    );
    for (_, declaration) in all.found.values() {
        text += &format!("\n{declaration}\n");
    }
    text
}

struct Collector {
    config: Config,
    /// By name: two types of one name would hide each other.
    found: BTreeMap<String, (TypeId, String)>,
}

impl Collector {
    fn add<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::ident(&self.config);
        if let Some((known, _)) = self.found.get(&name) {
            assert_eq!(*known, TypeId::of::<T>(), "two types are called {name}");
            return;
        }
        let docs = T::docs().unwrap_or_default();
        let declaration = format!("{docs}export {}", T::decl(&self.config));
        self.found.insert(name, (TypeId::of::<T>(), declaration));
        T::visit_dependencies(self);
    }
}

impl TypeVisitor for Collector {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Numbers, texts and lists have no place of their own.
        if T::output_path().is_some() {
            self.add::<T>();
        }
    }
}
