//! The session as a script for bash on a real Linux: the same files, the same commands, in a mount
//! namespace of its own, so that nothing of it stays.

use super::lines;
use crate::machine::journal::{Entry, Given, Hand};
use crate::scenario::Scenario;
use crate::scenario::host::absolute;
use std::fmt::Write;

/// What stands before the files: only root may mount, and what is mounted here nobody else sees. The
/// directory that everything happens in was not there before and is not there afterwards.
fn head(dir: &str) -> String {
    format!(
        r#"# Run it as root on Linux: bash FILE. It works in a mount namespace of its own and on a tmpfs: when it
# ends, its mounts and its files are gone.
dir={dir}
if [ -z "${{LAYERGLASS_ALONE:-}}" ]; then
    made=yes; [ -e "$dir" ] && made=
    LAYERGLASS_ALONE=1 unshare --mount bash "$0" "$@"
    status=$?
    [ -z "$made" ] || rmdir -p --ignore-fail-on-non-empty "$dir"
    exit $status
fi
mkdir -p "$dir" && mount -t tmpfs layerglass "$dir" && cd "$dir" || exit
"#
    )
}

/// What stands before the commands: those that only the page has, and what a prompt has.
const OURS: &str = r#"for it in trace explain layers events fsck.overlay; do
    eval "$it() { echo \"($it: only in Layerglass)\"; }"
done
ll() { ls -alF "$@"; }
unset it dir
"#;

/// The script of a lesson's preparation and the steps done.
pub fn script(scenario: &Scenario, steps: &[Entry]) -> String {
    let title = scenario.title.in_language("en").replace('\n', " ");
    let dir = if scenario.dir.is_empty() { "/root" } else { &scenario.dir };
    let mut out = format!("#!/bin/bash\n# Layerglass: {title}\n{}\n", head(&word(dir)));
    for entry in &scenario.host {
        let path = word(&absolute(dir, &entry.path));
        let parent = absolute(dir, &entry.path);
        let parent = word(parent.rsplit_once('/').map_or("/", |it| it.0));
        let _ = match &entry.content {
            None => writeln!(out, "mkdir -p {path}"),
            Some(text) => writeln!(out, "mkdir -p {parent}; printf %s {} > {path}", word(text)),
        };
        if let Some(mode) = entry.mode {
            let _ = writeln!(out, "chmod {mode:o} {path}");
        }
    }
    out.push_str(OURS);
    out.push_str("set -v\n\n");
    for entry in steps {
        step(&mut out, entry);
    }
    out
}

fn step(out: &mut String, entry: &Entry) {
    let saved = entry.given.iter().find_map(|it| match &it.what {
        Hand::Save(text) => Some(text),
        _ => None,
    });
    let stopped = entry.given.iter().any(|it| it.what == Hand::Interrupt);
    let _ = match saved {
        _ if stopped => writeln!(out, "# stopped by Ctrl-C: {}", entry.line.replace('\n', "\n# ")),
        // The editor's own way of saving, without its screen.
        Some(text) => writeln!(out, "{}", edit(&entry.line, text)),
        None => writeln!(out, "{}", with_input(&entry.line, &typed(&entry.given))),
    };
}

/// `vi FILE` writes a new file and renames it into place; the others write into the old one.
fn edit(line: &str, text: &str) -> String {
    let mut words = line.split_whitespace();
    let editor = words.next().unwrap_or_default();
    let file = words.next_back().unwrap_or_default();
    match editor {
        "vi" | "vim" => {
            format!("printf %s {0} > {1}.new && mv {1}.new {1}  # {line}", word(text), file)
        }
        _ => format!("printf %s {} > {file}  # {line}", word(text)),
    }
}

fn typed(given: &[Given]) -> String {
    let bytes = given.iter().filter_map(|it| match &it.what {
        Hand::Input(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>().concat()).into_owned()
}

/// What was typed while a command ran belongs to the command itself, or it was read by it.
fn with_input(line: &str, input: &str) -> String {
    if input.is_empty() {
        return line.to_owned();
    }
    let whole = format!("{line}\n{}", input.trim_end_matches('\n'));
    if lines::commands(&whole).len() == 1 {
        return whole;
    }
    format!("{line} <<'END-OF-INPUT'\n{}\nEND-OF-INPUT", input.trim_end_matches('\n'))
}

/// A word in quotes, if it needs them.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuation_lines_belong_to_the_command_and_other_input_is_read() {
        assert_eq!(
            with_input("for i in 1 2; do", "echo $i\ndone\n"),
            "for i in 1 2; do\necho $i\ndone"
        );
        assert_eq!(with_input("read x", "a b\n"), "read x <<'END-OF-INPUT'\na b\nEND-OF-INPUT");
        assert_eq!(with_input("ls", ""), "ls");
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word(""), "''");
        assert_eq!(word("/lab/a.txt"), "/lab/a.txt");
    }
}
