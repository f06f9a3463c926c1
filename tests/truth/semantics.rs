//! docs/SEMANTICS.md: every rule of the engine, its sentence, and the recorded cases that show it.
//!
//! The document is made from the engine and the corpus. `REGENERATE=1 cargo test --test corpus
//! semantics` writes it; without that variable the test says whether it is up to date.

use super::cases::{self, Recorded};
use super::rules;
use layerglass::trace::Rule;
use libtest_mimic::{Failed, Trial};
use std::fmt::Write;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/SEMANTICS.md");
/// Cases listed with a rule.
const LISTED: usize = 6;

const SECTIONS: &[(&str, &str)] = &[
    ("R0", "Layers"),
    ("R1", "Mounting"),
    ("R2", "Lookup"),
    ("R3", "Listing"),
    ("R4", "Copy-up"),
    ("R5", "Creating and deleting"),
    ("R6", "Renaming"),
    ("R7", "Links and unnamed files"),
    ("R8", "Copies of metadata, and data-only layers"),
    ("R9", "Permissions and attributes"),
    ("R10", "Layers changed while mounted"),
    ("R11", "Limits"),
];

pub fn trial() -> Trial {
    Trial::test("semantics", || {
        let text = document();
        if std::env::var_os("REGENERATE").is_some() {
            std::fs::write(PATH, text)?;
            return Ok(());
        }
        match std::fs::read_to_string(PATH).is_ok_and(|old| old == text) {
            true => Ok(()),
            false => Err(Failed::from(
                "docs/SEMANTICS.md is not what the engine and the corpus say now: \
                 REGENERATE=1 cargo test --test corpus semantics",
            )),
        }
    })
}

fn document() -> String {
    let cases = cases::all();
    let mut out = format!(
        "# Semantics\n\n\
         What the engine does and why, rule by rule, with the cases of `tests/corpus` that show the\n\
         rule at work: scripts of system calls with what Linux {} answered to each. The engine\n\
         names the rule in its trace whenever it decides something, so this page is made by replaying\n\
         the cases (`REGENERATE=1 cargo test --test corpus semantics`) and a test keeps it true.\n",
        kernels(cases),
    );
    for (section, title) in SECTIONS {
        write!(out, "\n## {title}\n").ok();
        let mine = Rule::ALL.iter().filter(|rule| section_of(rule.id()) == *section);
        mine.for_each(|rule| entry(&mut out, *rule));
    }
    out
}

/// The kernels that the cases were recorded on.
fn kernels(cases: &[Recorded]) -> String {
    let mut all: Vec<&str> = cases.iter().map(|it| it.case.get("kernel")).collect();
    all.sort_unstable();
    all.dedup();
    all.join(", ")
}

/// `R4` of `R4.2h`.
fn section_of(id: &str) -> &str {
    id.split('.').next().unwrap_or(id)
}

fn entry(out: &mut String, rule: Rule) {
    write!(out, "\n### {} {rule:?}\n\n{}\n\n", rule.id(), rule.sentence()).ok();
    if let Some(why) = rules::why_unreached(rule) {
        writeln!(out, "No recorded case: {why}").ok();
        return;
    }
    let shown = rules::hits().get(&rule).map_or(&[][..], Vec::as_slice);
    for name in rules::telling(rule, shown).iter().take(LISTED) {
        let case = cases::all().iter().find(|it| it.name == **name);
        let title = case.map_or("", |it| it.case.get("case"));
        writeln!(out, "- [{name}](../tests/corpus/{name}.trace): {title}").ok();
    }
    if shown.len() > LISTED {
        out.push_str("- and others\n");
    }
}
