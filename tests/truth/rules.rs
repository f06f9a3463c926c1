//! Which rule is shown by which cases, as the engine itself says while it replays them.

use super::cases::{self, Recorded};
use layerglass::testing::engine::Engine;
use layerglass::trace::Rule;
use libtest_mimic::Trial;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Rules that no recorded case can hit yet, and why.
const UNREACHED: &[(Rule, &str)] = &[(
    Rule::UpperOnly,
    "It says what never happens: the properties/ tests see it hold on every case.",
)];

/// The cases of each rule, by name.
pub fn hits() -> &'static BTreeMap<Rule, Vec<&'static str>> {
    static HITS: OnceLock<BTreeMap<Rule, Vec<&'static str>>> = OnceLock::new();
    HITS.get_or_init(|| {
        let engine = Engine::default();
        let mut hits: BTreeMap<Rule, Vec<&str>> = BTreeMap::new();
        for Recorded { name, case } in cases::all() {
            let rules = engine.record(case).map(|(_, rules)| rules).unwrap_or_default();
            rules.into_iter().for_each(|rule| hits.entry(rule).or_default().push(name));
        }
        hits
    })
}

/// The cases of a rule, those first that were written for it: their header names it.
pub fn telling(rule: Rule, shown: &[&'static str]) -> Vec<&'static str> {
    let named = |name: &str| {
        let case = cases::all().iter().find(|it| it.name == name);
        case.is_some_and(|it| it.case.rules().any(|id| same_rule(id, rule.id())))
    };
    let mut sorted = shown.to_vec();
    sorted.sort_by_key(|name| !named(name));
    sorted
}

/// Headers write `R4.2h`, `R4.2` or `4.2`.
fn same_rule(header: &str, id: &str) -> bool {
    let bare = |it: &'_ str| it.trim_start_matches('R').to_owned();
    let (header, id) = (bare(header), bare(id));
    id == header || id.trim_end_matches(|c: char| c.is_ascii_lowercase()) == header
}

/// Why no case shows this rule, if that is known.
pub fn why_unreached(rule: Rule) -> Option<&'static str> {
    UNREACHED.iter().find(|it| it.0 == rule).map(|it| it.1)
}

/// One test a rule.
pub fn trials() -> Vec<Trial> {
    let one = |rule: &Rule| {
        let rule = *rule;
        let name = format!("rules/{}-{rule:?}", rule.id());
        let kind = if why_unreached(rule).is_some() { "not reached yet" } else { "" };
        Trial::test(name, move || match (hits().contains_key(&rule), why_unreached(rule)) {
            (true, None) | (false, Some(_)) => Ok(()),
            (false, None) => {
                Err(format!("no case of tests/corpus shows: {}", rule.sentence()).into())
            }
            (true, Some(_)) => Err("a case shows it now: tests/truth/rules.rs must say so".into()),
        })
        .with_kind(kind)
    };
    Rule::ALL.iter().map(one).collect()
}
