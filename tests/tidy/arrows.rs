//! The table of rooms and of what each may import. An arrow that is not here does not exist; to add
//! one is a decision about the architecture and belongs into docs/ARCHITECTURE.md as well.

use super::source::Source;

/// Rooms without knowledge of any file system, which all others may use.
const GROUND: &[&str] = &["errno", "types", "limits", "cred", "trace", "store", "block"];

/// A room, and what it may import beside the ground.
const ROOMS: &[(&str, &[&str])] = &[
    // ground: see `below_ground` for the order among these
    ("errno", &[]),
    ("types", &[]),
    ("limits", &[]),
    ("cred", &[]),
    ("trace", &[]),
    ("store", &[]),
    ("block", &["pool"]),
    ("fs", &["pool"]),
    ("sys", &[]),
    // physical storage that trees share
    ("pool", &[]),
    // bytes of archives
    ("tar", &[]),
    // what is said of images, as plain data
    ("survey", &[]),
    // real and union: they see each other's bodies never, only the trait
    ("memfs", &["fs"]),
    ("overlay", &["fs"]),
    ("aufs", &["fs"]),
    // many trees of files on one pool
    ("volumes", &["memfs", "pool", "fs"]),
    // a real one whose storage is a pool's
    ("thin", &["memfs", "fs", "pool"]),
    // system
    ("vfs", &["memfs", "overlay", "aufs", "thin", "volumes", "pool", "fs", "sys"]),
    // products
    ("drivers", &["sys", "tar", "pool"]),
    ("oci", &["drivers", "sys", "tar", "survey"]),
    // commands: system calls alone; `oci` and `drivers` are for the container commands
    ("shell", &["sys", "oci", "drivers", "tar", "survey"]),
    // time
    ("machine", &["memfs", "shell", "vfs", "sys", "drivers", "oci", "survey"]),
    // façade
    // The picture is made on a copy of the kernel, layer by layer.
    // What the engine of the containers holds is read through `oci`.
    ("view", &["machine", "vfs", "overlay", "aufs", "fs", "sys", "survey", "oci", "drivers"]),
    // Machines beside each other, told as the plain data of `view`.
    ("rivals", &["machine", "view", "vfs", "sys", "drivers"]),
    ("scenario", &["machine", "view", "vfs", "sys"]),
    // `testing` only for the self-check, behind its feature.
    (
        "port",
        &[
            "machine", "view", "rivals", "scenario", "vfs", "sys", "shell", "testing", "oci",
            "survey",
        ],
    ),
    // what a link carries: the steps of a port's past
    ("share", &["machine", "port"]),
    // the live executor is a second body of the system calls
    ("kernel", &["sys", "fs"]),
    (
        "testing",
        &["machine", "shell", "vfs", "memfs", "overlay", "fs", "sys", "kernel", "scenario"],
    ),
    // hosts: they never import each other
    // `sys` to read a file for JavaScript, `drivers` to refuse one that there is not.
    ("wasm", &["port", "machine", "view", "scenario", "sys", "drivers", "share"]),
    // Real directories are read with the calls of `kernel` that rustix lacks.
    ("fuse", &["machine", "vfs", "memfs", "overlay", "fs", "sys", "kernel", "tar"]),
    (
        "bin",
        &[
            "port", "machine", "view", "rivals", "scenario", "testing", "kernel", "fuse", "oci",
            "tar", "survey", "share",
        ],
    ),
    ("lib", &[]),
];

/// Files with an arrow more than their room has, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("src/shell/os.rs", "vfs", "hands each program the system calls of its own process"),
    ("src/shell/program.rs", "vfs", "names processes by their id"),
    ("src/shell/command/docker/run.rs", "vfs", "names processes by their id"),
    ("src/shell/command/docker/pause.rs", "vfs", "names processes by their id"),
    ("src/shell/command/docker/stop.rs", "vfs", "names processes by their id"),
    ("src/shell/command/docker/attach.rs", "vfs", "names processes by their id"),
    (
        "src/shell/command/docker/logs.rs",
        "vfs",
        "names processes by their id, and what was heard of them",
    ),
    ("src/shell/command/child.rs", "vfs", "names the process it waits for by its id"),
];

/// Ground rooms that other ground rooms may not import.
fn below_ground(from: &str, to: &str) -> bool {
    match from {
        "errno" | "limits" | "store" => false,
        "types" => ["errno", "limits"].contains(&to),
        "trace" => ["errno", "types", "limits", "cred"].contains(&to),
        "block" => ["errno", "types", "limits", "store"].contains(&to),
        "cred" => ["errno", "types", "limits"].contains(&to),
        _ => GROUND.contains(&to),
    }
}

/// Rooms of the engine: functions of their inputs.
pub fn is_engine(room: &str) -> bool {
    !["kernel", "testing", "wasm", "fuse", "bin", "lib"].contains(&room)
}

/// Whether the room stands in the table.
pub fn is_known(room: &str) -> bool {
    ROOMS.iter().any(|(name, _)| *name == room)
}

fn may_import(file: &Source, to: &str) -> bool {
    let from = file.room();
    let Some((_, beside)) = ROOMS.iter().find(|(room, _)| *room == from) else { return true };
    from == to
        || below_ground(from, to)
        || beside.contains(&to)
        || EXCEPTIONS.iter().any(|(path, room, _)| file.path == *path && *room == to)
}

/// The file's imports that the table does not allow. Unit tests may look anywhere.
pub fn forbidden(file: &Source) -> Vec<String> {
    let code = file.without_tests();
    let mut findings = Vec::new();
    for (line, room) in imported_rooms(&code) {
        if is_known(&room) && !may_import(file, &room) {
            findings.push(format!("{}:{line}: {} may not import {room}", file.path, file.room()));
        }
    }
    findings
}

/// Every `crate::room` in the code, and each room of a `crate::{…}` group, with its line.
fn imported_rooms(file: &Source) -> Vec<(usize, String)> {
    let code: Vec<(usize, &str)> = file.code().collect();
    let mut rooms = Vec::new();
    for (i, (line, text)) in code.iter().enumerate() {
        for (at, prefix) in text.match_indices("crate::") {
            let rest = &text[at + prefix.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let following: String = code[i + 1..].iter().map(|(_, text)| *text).collect();
                let names = heads_of_group(&format!("{group}{following}"));
                rooms.extend(names.into_iter().map(|name| (*line, name)));
            } else {
                rooms.push((*line, head(rest)));
            }
        }
    }
    rooms
}

fn head(path: &str) -> String {
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first segment of each path in a use group, given the text after its opening brace.
fn heads_of_group(text: &str) -> Vec<String> {
    let (mut depth, mut at_start, mut heads) = (0, true, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            c if at_start && !c.is_whitespace() => {
                heads.push(head(&text[at..]));
                at_start = false;
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn imports_are_found_in_every_form() {
    let text = "use crate::errno::Errno;\nuse crate::{\n    fs::{A, B},\n    sys,\n};\nlet x = crate::vfs::f();\n// crate::oci\n";
    let file = Source { path: "src/memfs.rs".into(), text: text.into() };
    let rooms: Vec<String> = imported_rooms(&file).into_iter().map(|(_, room)| room).collect();
    assert_eq!(rooms, ["errno", "fs", "sys", "vfs"]);
    assert_eq!(
        forbidden(&file),
        ["src/memfs.rs:2: memfs may not import sys", "src/memfs.rs:6: memfs may not import vfs"]
    );
}
