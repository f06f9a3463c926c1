//! What a real Docker said, and what ours says to the same commands.
//!
//! `docker/recorded/*.txt` are sessions that `docker/record.sh` recorded. Each is played on a fresh
//! machine; what differs has to stand in `docker/differs.toml` with the reason and with what ours says
//! instead, and nothing may stand there that does not differ.

#[path = "docker/base.rs"]
mod base;
#[path = "docker/mask.rs"]
mod mask;

use layerglass::machine::Machine;
use mask::Mask;
use serde::Deserialize;
use std::path::Path;

/// A command and what it said, its status last.
struct Step {
    command: String,
    said: String,
}

/// Where ours says something else.
#[derive(Deserialize)]
struct Differs {
    file: String,
    command: String,
    reason: String,
    /// Masked. Without it ours may say anything but the recorded.
    ours: Option<String>,
}

#[derive(Deserialize)]
struct List {
    differs: Vec<Differs>,
}

fn dir() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/docker")
}

fn steps(text: &str) -> Vec<Step> {
    let mut all: Vec<Step> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        match (line.strip_prefix("$ "), all.last_mut()) {
            (Some(command), _) => {
                all.push(Step { command: command.to_owned(), said: String::new() });
            }
            (None, Some(last)) => {
                last.said += line;
                last.said.push('\n');
            }
            (None, None) => {}
        }
    }
    all
}

/// What ours says, in the form of a record.
fn say(machine: &mut Machine, command: &str) -> String {
    let done = machine.run_script(command.as_bytes());
    let bytes: Vec<u8> = done.events.into_iter().flat_map(|it| it.1).collect();
    format!("{}[{}]\n", String::from_utf8_lossy(&bytes), done.status)
}

fn play(name: &str) {
    let text = std::fs::read_to_string(dir().join("recorded").join(name)).unwrap();
    let list: List =
        toml::from_str(&std::fs::read_to_string(dir().join("differs.toml")).unwrap()).unwrap();
    let mut machine = base::machine();
    let (mut theirs, mut ours) = (Mask::default(), Mask::default());
    let mut wrong = Vec::new();
    for step in steps(&text) {
        // As it was recorded: nobody answers.
        let got = say(&mut machine, &format!("exec </dev/null; cd /work; {}", step.command));
        let (want, got) = (theirs.of(&step.said), ours.of(&got));
        let known = list.differs.iter().find(|it| it.file == name && it.command == step.command);
        match known {
            None if want == got => {}
            None => wrong.push(format!("$ {}\n--- recorded\n{want}--- ours\n{got}", step.command)),
            Some(known) if want == got => {
                wrong.push(format!("$ {}\nno longer differs: {}", step.command, known.reason));
            }
            Some(known) if known.ours.as_ref().is_some_and(|it| *it != got) => {
                wrong.push(format!(
                    "$ {}\n--- listed\n{}--- ours\n{got}",
                    step.command,
                    known.ours.as_ref().unwrap()
                ));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn wrong_usage_and_missing_things() {
    play("errors.txt");
}

#[test]
fn a_container_s_life() {
    play("life.txt");
}

#[test]
fn export_and_import() {
    play("export.txt");
}

#[test]
fn push_and_pull() {
    play("push.txt");
}

#[test]
fn objects_and_volumes() {
    play("objects.txt");
}

#[test]
fn pausing_waiting_limits_and_prunes() {
    play("pausing.txt");
}

#[test]
fn networks_that_are_made() {
    play("networks.txt");
}

#[test]
fn logs_and_attach() {
    play("logs.txt");
}

#[test]
fn what_the_daemon_remembers() {
    play("events.txt");
}
