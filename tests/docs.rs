//! The pages about the machine and its command line, kept true: what they show as a transcript is run,
//! and their tables are compared with the lists that the program uses.
//!
//! In a block marked `console`, a line that starts with `$ ` is a command and the lines up to the next one are
//! its output, both streams together. `...` stands for anything. Commands of a block share
//! a machine; `layerglass` is the built program.

#![cfg(feature = "cli")]

use layerglass::machine::{Machine, profile};
use layerglass::shell::unsimulated;
use layerglass::vfs::FEATURES;
use std::path::Path;
use std::process::Command;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(path).expect("a page")
}

/// Commands with what they print, block by block.
fn blocks(page: &str) -> Vec<Vec<(String, String)>> {
    let mut all = Vec::new();
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let mut commands: Vec<(String, String)> = Vec::new();
        for line in block.lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => *output += &format!("{line}\n"),
                (None, None) => panic!("a block that starts without a command: {line}"),
            }
        }
        all.push(commands);
    }
    all
}

/// A real shell that knows the built program by its name.
fn outside(command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_layerglass"));
    let dir = program.parent().expect("a folder");
    let path = format!("{}:{}", dir.display(), std::env::var("PATH").unwrap_or_default());
    let done = Command::new("bash")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .env("PATH", path)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("bash");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn inside(machine: &mut Machine, command: &str) -> String {
    let done = machine.run_script(command.as_bytes());
    let all: Vec<u8> = done.events.into_iter().flat_map(|it| it.1).collect();
    String::from_utf8_lossy(&all).into_owned()
}

/// Without blanks at the ends of lines.
fn trimmed(text: &str) -> String {
    text.trim_end().lines().map(|it| it.trim_end().to_owned() + "\n").collect()
}

/// Is it the same, where `...` is anything?
fn matches(want: &str, got: &str) -> bool {
    let mut rest = got;
    let mut parts = want.split("...");
    let Some(first) = parts.next().and_then(|it| rest.strip_prefix(it)) else { return false };
    rest = first;
    let mut open = false;
    for part in parts {
        let part = part.trim_start_matches(' ');
        open = part.trim().is_empty();
        let Some(at) = rest.find(part.trim_end()) else { return false };
        rest = &rest[at + part.trim_end().len()..];
    }
    open || rest.trim_end().is_empty()
}

#[track_caller]
fn replay(name: &str) {
    let mut shown = 0;
    for block in blocks(&page(name)) {
        let mut machine = Machine::boot();
        for (command, want) in block {
            let got = if command.contains("layerglass ") {
                outside(&command)
            } else {
                inside(&mut machine, &command)
            };
            assert!(
                matches(trimmed(&want).trim_end(), trimmed(&got).trim_end()),
                "docs/{name} shows for `{command}`:\n{want}\nbut it prints:\n{got}"
            );
            shown += 1;
        }
    }
    assert!(shown > 3, "docs/{name} shows {shown} commands");
}

#[test]
fn the_readme_shows_what_happens() {
    replay("../README.md");
}

#[test]
fn the_machine_is_as_its_page_shows() {
    replay("MACHINE.md");
}

#[test]
fn the_command_line_is_as_its_page_shows() {
    replay("cli.md");
}

#[test]
fn every_difference_between_kernels_is_listed() {
    let page = page("MACHINE.md");
    let names: Vec<_> = profile::ALL.iter().map(|it| it.name).collect();
    assert!(page.contains(&names.join(", ")), "docs/MACHINE.md lacks: {}", names.join(", "));
    for row in FEATURES {
        let (what, known) = (row.what, row.known.word());
        let range = match row.until {
            Some(until) => format!("{} to before {until}", row.since),
            None => row.since.to_string(),
        };
        let line = format!("| {range} | {what} | {known} |");
        assert!(page.contains(&line), "docs/MACHINE.md lacks: {line}");
    }
}

#[test]
fn everything_that_is_not_simulated_is_listed() {
    let page = page("MACHINE.md");
    for (names, hint) in unsimulated::LIST {
        let row = format!("| {names} | {hint} |");
        assert!(page.contains(&row), "docs/MACHINE.md lacks: {row}");
    }
}

#[test]
fn limits_are_those_of_the_engine() {
    use layerglass::limits as l;
    let page = page("MACHINE.md");
    let rows = [
        format!("| a name | {} bytes |", l::NAME_MAX),
        format!("| a path | {} bytes |", l::PATH_MAX),
        format!("| symbolic links in one walk | {} |", l::SYMLINKS_MAX),
        format!("| lower layers of an overlay | {} |", l::OVERLAY_LOWERS_MAX),
        format!("| overlays on overlays | {} |", l::OVERLAY_DEPTH_MAX),
        format!("| an absolute redirect | {} bytes |", l::REDIRECT_MAX),
        format!(
            "| an attribute's name, its value | {}, {} bytes |",
            l::XATTR_NAME_MAX,
            l::XATTR_SIZE_MAX
        ),
        format!("| options of a mount | {} bytes |", l::MOUNT_DATA_MAX),
        format!("| a pipe | {} bytes |", l::PIPE_CAPACITY),
        format!("| open files of a process | {} |", l::OPEN_MAX),
    ];
    for row in rows {
        assert!(page.contains(&row), "docs/MACHINE.md lacks: {row}");
    }
    let seed: String = layerglass::memfs::HASH_SEED.iter().map(|it| format!("{it:02x}")).collect();
    assert!(page.replace('-', "").contains(&seed), "the hash seed is {seed}");
}

#[test]
fn patterns_of_transcripts() {
    assert!(matches("a b\nc", "a b\nc"));
    assert!(matches("a ... d\ne", "a b c d\ne"));
    assert!(matches("a ...", "a b\nc"));
    assert!(!matches("a", "a b"));
    assert!(!matches("a ... z", "a b"));
}
