//! Seeded mutations of archives: whatever is done to one, it is opened or refused, and what opens
//! answers every question. `LAYERGLASS_FUZZ=COUNT:SEED` does more than the test does by itself.

use super::super::analysis::Analysis;
use super::super::compress::{Compression, Packer};
use super::super::convert::{self, Marks};
use super::super::digest::Digest;
use super::super::export::LayerBytes;
use super::super::layer::What;
use super::super::tree::Tree;
use super::{Image, archive, archive_of, layer, open};
use crate::survey::{Filter, Scope};
use crate::tar::{Entry, Kind, write};
use crate::types::Dev;
use std::io::Write;

/// A generator of numbers (Knuth's constants, MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n.max(1) as u64) as usize
    }
}

/// Layers that hold everything an entry can be.
fn seeds() -> Vec<Vec<u8>> {
    let mut odd = Vec::new();
    let mut say = |entry: Entry, data: &[u8]| {
        odd.extend(write::headers(&Entry { size: data.len() as u64, ..entry }));
        odd.extend_from_slice(data);
        odd.extend(write::padding(data.len() as u64));
    };
    let mut marked = Entry::new("o", Kind::Dir, 0o755);
    marked.xattrs = vec![(b"trusted.overlay.opaque".to_vec(), b"y".to_vec())];
    say(marked, b"");
    let mut holds = Entry::new("x", Kind::Dir, 0o755);
    holds.xattrs = vec![(b"user.overlay.opaque".to_vec(), b"x".to_vec())];
    say(holds, b"");
    let mut hidden = Entry::new("x/gone", Kind::Reg, 0o644);
    hidden.xattrs = vec![(b"user.overlay.whiteout".to_vec(), b"".to_vec())];
    say(hidden, b"");
    say(Entry::new("gone", Kind::Chr(Dev::new(0, 0)), 0), b"");
    say(Entry::new("d/".repeat(80) + "name", Kind::Reg, 0o600), &[7; 700]);
    say(Entry::new("fifo", Kind::Fifo, 0o600), b"");
    say(Entry::new("sda", Kind::Blk(Dev::new(8, 0)), 0o600), b"");
    odd.extend(write::END);
    vec![
        layer("a=1 d/ d/x=22 d/y=-----BEGIN gone=1 l->a h=>a x/ x/gone=1 o/ o/low=1"),
        layer(".wh.a d/ d/.wh..wh..opq d/n=3 q/.wh.z h=4 l/ l/z=1"),
        odd,
    ]
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let block = at / 512 * 512;
        match random.below(8) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = [0, 0xff, b'/', b'.', b'0', b'7', 0x80][random.below(7)],
            2 => bytes.truncate(at),
            3 if block + 512 <= bytes.len() => {
                let copy = bytes[block..block + 512].to_vec();
                let to = (random.below(bytes.len()) / 512 * 512).min(bytes.len());
                bytes.splice(to..to, copy);
            }
            4 if block + 512 <= bytes.len() => drop(bytes.drain(block..block + 512)),
            // A field of a header: name, mode, size, type, target, device, prefix.
            5 if block + 512 <= bytes.len() => {
                let fields =
                    [(0, 100), (100, 8), (124, 12), (156, 1), (157, 100), (329, 8), (345, 155)];
                let (from, len) = fields[random.below(fields.len())];
                let with =
                    [&b"../x\0"[..], b".wh.a\0", b"7777777", b"5", b"1", b"S", b"x", b"L", b"\0"];
                let with = with[random.below(with.len())];
                let n = with.len().min(len);
                bytes[block + from..block + from + n].copy_from_slice(&with[..n]);
            }
            6 => {
                let n = random.below(20);
                bytes.splice(at..at, std::iter::repeat_n(b'1', n));
            }
            _ => {}
        }
        if bytes.is_empty() {
            return bytes.push(0);
        }
        // Half of the time the checksums are made to fit, so that it gets further.
        if random.below(2) == 0 {
            bytes.chunks_exact_mut(512).for_each(fit);
        }
    }
}

/// Gives a block that looks like a header the right checksum.
fn fit(block: &mut [u8]) {
    if &block[257..262] == b"ustar" {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

fn names(image: &Image) -> String {
    let names = Tree::of(&image.layers).names();
    let shown = names.iter().map(|name| {
        let name = String::from_utf8_lossy(name);
        name.chars().rev().take(40).collect::<Vec<_>>().iter().rev().collect::<String>()
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Whether a layer makes a directory opaque that it does not have: on an overlay it has to have it, so
/// that form says more.
fn has_lone_mark(image: &Image) -> bool {
    image.layers.iter().any(|layer| {
        let has =
            |dir: &[u8]| layer.items.iter().any(|it| *it.path == *dir && it.what == What::Dir);
        layer
            .items
            .iter()
            .any(|it| it.what == What::Opaque && !it.path.is_empty() && !has(&it.path))
    })
}

/// Asks everything, and takes the layers through every form.
fn ask(image: Image) {
    let (before, is_lone) = (names(&image), has_lone_mark(&image));
    for marks in [Marks::Names, Marks::Trusted, Marks::User] {
        // Something has no form without the overlay that made it.
        let Ok((_, layers)) = convert::image(&image, marks) else { continue };
        let bytes = layers.iter().map(|layer| {
            let mut bytes = Vec::new();
            layer.write_to(&mut bytes).unwrap();
            assert_eq!(Digest::of(&bytes), layer.diff_id());
            bytes
        });
        let again = open(archive(&bytes.collect::<Vec<_>>()));
        let again = again.unwrap_or_else(|err| panic!("{marks:?}: {err}"));
        if marks == Marks::Names || !is_lone {
            assert_eq!(names(&again), before, "{marks:?}");
        }
    }
    let count = image.layers.len() as u32;
    let mut analysis = Analysis::new(image);
    let summary = analysis.summary();
    let waste = analysis.waste();
    assert!(waste.wasted <= waste.total && waste.total == summary.size);
    analysis.secrets();
    for scope in (1..=count).flat_map(|n| [Scope::Merged(n), Scope::Layer(n)]) {
        let all = analysis.list(scope, &Filter::default()).unwrap();
        let root = analysis.directory(scope, "").unwrap();
        let below: u32 = root.iter().map(|row| row.below.files).sum();
        let direct = root.iter().filter(|row| row.file.kind != crate::survey::Kind::Directory);
        let files = all.rows.iter().filter(|it| it.file.kind != crate::survey::Kind::Directory);
        assert_eq!(below as usize + direct.count(), files.count());
        for row in all.rows.iter().take(20) {
            analysis.versions(&row.file.path);
            if let Some(place) = row.file.place {
                let _ = analysis.preview(place, 1, 100);
            }
        }
    }
    analysis.compared(&analysis);
}

#[test]
fn mutated_archives_are_opened_or_refused() {
    let wanted = std::env::var("LAYERGLASS_FUZZ").unwrap_or_default();
    let mut words = wanted.split(':');
    let mut number = |or: u64| words.next().and_then(|it| it.parse().ok()).unwrap_or(or);
    let (count, seed) = (number(600), number(1));
    let seeds = seeds();
    assert!(open(archive(&seeds)).is_ok());
    let mut opened = 0;
    for round in 0..count {
        let mut random = Random(seed.wrapping_add(round).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut layers = seeds.clone();
        let bytes = match random.below(4) {
            // The archive itself, with its documents.
            0 => {
                let mut whole = archive(&layers);
                mutate(&mut whole, &mut random);
                whole
            }
            // Packed layers.
            1 => {
                let ids = layers.iter().map(|it| Digest::of(it)).collect();
                for (layer, packing) in
                    layers.iter_mut().zip([Compression::Gzip, Compression::Zstd])
                {
                    let mut out = Vec::new();
                    let mut packer = Packer::new(&mut out, packing);
                    packer.write_all(layer).unwrap();
                    packer.finish().unwrap();
                    *layer = out;
                }
                let at = random.below(2);
                mutate(&mut layers[at], &mut random);
                archive_of(&layers, ids)
            }
            // Layers, whose digests fit.
            _ => {
                let at = random.below(layers.len());
                mutate(&mut layers[at], &mut random);
                archive(&layers)
            }
        };
        let outcome = std::panic::catch_unwind(|| open(bytes).map(ask).is_ok());
        match outcome {
            Ok(is_open) => opened += u64::from(is_open),
            Err(_) => panic!("LAYERGLASS_FUZZ=1:{} shows it", seed.wrapping_add(round)),
        }
    }
    // It would prove little if next to nothing, or everything, could be opened.
    assert!(count < 500 || (count / 20..count * 19 / 20).contains(&opened), "{opened} of {count}");
}
