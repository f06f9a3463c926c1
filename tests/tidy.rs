//! Keeps the house in order: which room may import which, where unsafe code and the outside world
//! may appear, and what must not be in the repository at all. The rules are explained in
//! docs/ARCHITECTURE.md; a failure names the file, the line and the rule.
//!
//! It reads sources as text and knows nothing else about the project.

#[path = "tidy/arrows.rs"]
mod arrows;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/words.rs"]
mod words;

use source::{Source, repository_files, rust_files};

/// Fails with one line per finding.
#[track_caller]
fn expect_none(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{rule}\n  {}\n", findings.join("\n  "));
}

/// The arrows of docs/ARCHITECTURE.md: no room looks up.
#[test]
fn rooms_import_only_what_lies_below_them() {
    let mut findings = Vec::new();
    for file in rust_files("src") {
        findings.extend(arrows::forbidden(&file));
    }
    expect_none("These imports point the wrong way (see tests/tidy/arrows.rs):", findings);
}

#[test]
fn every_room_is_in_the_table() {
    let unknown = rust_files("src").into_iter().filter(|file| !arrows::is_known(file.room()));
    let findings = unknown.map(|file| file.path).collect();
    expect_none("These files belong to no room of tests/tidy/arrows.rs:", findings);
}

#[test]
fn unsafe_code_lives_in_one_room() {
    let mut findings = Vec::new();
    for file in rust_files("src").into_iter().chain(rust_files("www")) {
        if file.room() != "kernel" {
            findings.extend(file.lines_with(words::UNSAFE));
        }
    }
    expect_none("Only src/kernel may hold unsafe code:", findings);
}

/// The engine is a function of its inputs.
#[test]
fn the_engine_does_not_touch_the_world() {
    let mut findings = Vec::new();
    for file in rust_files("src").into_iter().filter(|file| arrows::is_engine(file.room())) {
        findings.extend(file.without_tests().lines_with(words::WORLD));
    }
    expect_none("The engine has no clock, randomness, environment or global state:", findings);
}

#[test]
fn javascript_stays_at_the_border() {
    let mut findings = Vec::new();
    for file in rust_files("src").into_iter().filter(|file| file.room() != "wasm") {
        findings.extend(file.lines_with(&["wasm_bindgen", "js_sys::", "web_sys::"]));
    }
    expect_none("Only src/wasm and www know JavaScript:", findings);
}

#[test]
fn nothing_is_left_half_done() {
    let mut findings = Vec::new();
    for dir in ["src", "www", "xtask", "tests", "benches"] {
        for file in rust_files(dir).into_iter().filter(|file| !file.is_tidy()) {
            findings.extend(file.lines_with(words::UNFINISHED));
        }
    }
    expect_none("These words do not reach the main branch:", findings);
}

#[test]
fn every_file_says_what_it_is_for() {
    let dirs = ["src", "www/src", "xtask/src", "tests", "benches"];
    let files = dirs.into_iter().flat_map(rust_files);
    // A file of unit tests speaks for itself.
    let silent = files
        .filter(|file| !file.path.ends_with("/tests.rs"))
        .filter(|file| !file.text.trim_start().starts_with("//!"));
    expect_none("These files lack a module comment:", silent.map(|file| file.path).collect());
}

#[test]
fn files_stay_short_or_say_why_not() {
    let mut findings = Vec::new();
    for file in ["src", "www/src", "xtask/src"].into_iter().flat_map(rust_files) {
        let lines = file.without_tests().text.lines().count();
        let listed = words::LONG_FILES.iter().find(|(path, ..)| *path == file.path);
        let most = listed.map_or(words::LONGEST, |(_, most, _)| *most);
        if lines > most {
            findings.push(format!("{}: {lines} lines, allowed are {most}", file.path));
        }
        if listed.is_some() && lines <= words::LONGEST {
            findings.push(format!("{}: short again, take it off the list", file.path));
        }
    }
    let rule = "One file, one idea: split it, or list it with a reason in tests/tidy/words.rs:";
    expect_none(rule, findings);
}

#[test]
fn no_path_of_somebodys_machine() {
    let mut findings = Vec::new();
    for file in repository_files().into_iter().filter(|file| !file.is_tidy()) {
        findings.extend(file.raw_lines_with(words::MACHINE_PATHS));
    }
    expect_none("The repository knows no machine but the simulated one:", findings);
}

/// `## [version] - date` or `## [Unreleased]`, and under each only the known kinds of change.
#[test]
fn the_changelog_keeps_its_form() {
    let log = Source::read("CHANGELOG.md");
    let mut findings = Vec::new();
    let mut releases = 0;
    for (i, line) in log.text.lines().enumerate() {
        let good = match line.split_once(' ') {
            Some(("#", title)) => title == "Changelog" && i == 0,
            Some(("##", release)) => {
                releases += 1;
                words::is_release_heading(release, releases == 1)
            }
            Some(("###", kind)) => words::CHANGE_KINDS.contains(&kind),
            _ => !line.starts_with('#'),
        };
        if !good {
            findings.push(format!("CHANGELOG.md:{}: {line}", i + 1));
        }
    }
    if releases == 0 {
        findings.push("CHANGELOG.md: no release heading".to_string());
    }
    expect_none("CHANGELOG.md has one form (see its first lines):", findings);
}

#[test]
fn the_engine_is_free_of_the_page() {
    let manifest = Source::read("Cargo.toml");
    let (_, deps) = manifest.text.split_once("\n[dependencies]").expect("a dependency table");
    let deps = deps.split("\n[").next().unwrap_or_default();
    let page = ["yew", "gloo", "web-sys"];
    let found = deps.lines().filter(|line| page.iter().any(|name| line.starts_with(name)));
    expect_none("The engine's package depends on the page's:", found.map(String::from).collect());
}
