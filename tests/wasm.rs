//! What must come out the same natively and in WebAssembly. Each test here runs twice: with cargo's
//! harness, and (`cargo xtask test --only wasm`) on Node with wasm-bindgen's.
//!
//! A browser counts addresses with 32 bits: whatever hashes, seeks or counts bytes is worth a line.

#[path = "both/corpus.rs"]
mod corpus;
#[path = "both/digests.rs"]
mod digests;
#[path = "both/files.rs"]
mod files;

#[cfg(not(target_arch = "wasm32"))]
use std::prelude::rust_2024::test as both;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as both;

use layerglass::cred::Cred;
use layerglass::fs::{Clock, Cx, Disks, Fh, FileSystem, NewNode};
use layerglass::memfs::{MemFs, Profile};
use layerglass::trace::Tracer;
use layerglass::types::{Ino, Mode, Name, NodeKind};

/// A file system with what its calls need.
struct Bed {
    fs: MemFs,
    disks: Disks,
    clock: Clock,
    trace: Tracer,
    cred: Cred,
}

impl Bed {
    fn new() -> Bed {
        Bed {
            fs: MemFs::new(Profile::Ext4),
            disks: Disks::default(),
            clock: Clock::default(),
            trace: Tracer::off(),
            cred: Cred::root(),
        }
    }

    fn run<R>(&mut self, f: impl FnOnce(&mut MemFs, &mut Cx<'_>) -> R) -> R {
        let Bed { fs, disks, clock, trace, cred } = self;
        f(fs, &mut Cx { disks, cred, clock, trace })
    }

    fn file(&mut self, name: &str) -> Ino {
        let kind = NodeKind::Reg;
        let new = NewNode { kind, mode: Mode::new(0o644), uid: 0, gid: 0, xattrs: Vec::new() };
        let name = Name::new(name.as_bytes()).expect("a name");
        self.run(|fs, cx| fs.create(cx, fs.root(), name, &new)).expect("a file")
    }
}

/// The order in which an ext4 with the published seed lists these names (observed on 6.18).
#[both]
fn ext4_listing_order() {
    let mut bed = Bed::new();
    for name in ["a", "c", "d", "e"] {
        bed.file(name);
    }
    let mut names = Vec::new();
    bed.run(|fs, cx| {
        fs.readdir(cx, fs.root(), Fh(0), 0, &mut |entry| {
            names.push(String::from_utf8_lossy(entry.name).into_owned());
            true
        })
    })
    .expect("a listing");
    names.retain(|name| name != "lost+found");
    assert_eq!(names, ["a", "c", "e", "d", "..", "."]);
}

/// A file far beyond what the browser could address.
#[both]
fn offsets_have_64_bits() {
    let mut bed = Bed::new();
    let ino = bed.file("big");
    let far = 5 << 32;
    assert_eq!(bed.run(|fs, cx| fs.write(cx, ino, Fh(0), far, b"end")), Ok(3));
    assert_eq!(bed.run(|fs, cx| fs.getattr(cx, ino)).expect("attributes").size, far + 3);
    let mut buf = [0; 8];
    assert_eq!(bed.run(|fs, cx| fs.read(cx, ino, Fh(0), far - 2, &mut buf)), Ok(5));
    assert_eq!(&buf[..5], b"\0\0end");
}

/// The recorded kernel traces.
#[both]
fn the_corpus_is_replayed() {
    corpus::replays();
}

/// The same through the port, as the page asks for it.
#[both]
fn the_self_check_finds_every_trace_identical() {
    corpus::self_check();
}

/// Where the digests of the native run are kept for the one in WebAssembly, if both are to be
/// compared: `cargo xtask test --only wasm` says where.
const DIGESTS: Option<&str> = option_env!("LAYERGLASS_DIGESTS");

/// Natively: writes the list down.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn lessons_and_scripts_leave_the_same_machine_each_time() {
    let list = digests::list();
    assert!(list.lines().count() > 50, "{list}");
    if let Some(path) = DIGESTS {
        std::fs::write(path, list).expect("the list can be kept");
    }
}

/// In WebAssembly: compares with what was written down.
#[cfg(target_arch = "wasm32")]
#[both]
fn lessons_and_scripts_leave_the_same_machine_as_natively() {
    let path = DIGESTS.expect("run by `cargo xtask test --only wasm`, after the native list");
    let (want, got) = (files::read(path), digests::list());
    let pairs = want.lines().zip(got.lines()).filter(|(a, b)| a != b);
    let odd: Vec<String> = pairs.map(|(a, b)| format!("natively {a}\nhere     {b}")).collect();
    assert!(odd.is_empty() && want.lines().count() == got.lines().count(), "{}", odd.join("\n"));
}
