//! Archives that were made to do harm, and ones that came to it.

use super::super::compress::{Compression, Packer};
use super::super::digest::Digest;
use super::super::open::Opening;
use super::super::package::TarPackage;
use super::super::scan::{Limits, Scan};
use super::super::{Result, layout};
use super::{Image, archive, archive_of, layer, open, tar};
use crate::tar::{Entry, Kind, write};
use std::io::Write;
use std::sync::Arc;

fn packed(bytes: &[u8], packing: Compression) -> Vec<u8> {
    let mut out = Vec::new();
    let mut packer = Packer::new(&mut out, packing);
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap();
    out
}

/// A docker-archive of one packed layer.
fn of_packed(plain: &[u8], blob: Vec<u8>) -> Vec<u8> {
    archive_of(&[blob], vec![Digest::of(plain)])
}

fn within(archive: Vec<u8>, limits: Limits) -> Result<Image> {
    let package = TarPackage::open(Arc::new(archive))?;
    let found = layout::find(&package)?.images.remove(0);
    Scan::within(&package, found, limits)?.finish()
}

fn complaint(archive: Vec<u8>) -> String {
    open(archive).err().expect("an error").to_string()
}

#[test]
fn ten_thousand_layers_are_refused_before_any_is_read() {
    let zeros = write::END.to_vec();
    let many = |count: usize| {
        let ids = vec![format!("\"{}\"", Digest::of(&zeros)); count].join(",");
        let config = format!(r#"{{"rootfs":{{"type":"layers","diff_ids":[{ids}]}}}}"#);
        let layers = vec!["\"l\""; count].join(",");
        let manifest = format!(r#"[{{"Config":"c.json","RepoTags":null,"Layers":[{layers}]}}]"#);
        tar(&[
            ("c.json".into(), config.into_bytes()),
            ("l".into(), zeros.clone()),
            ("manifest.json".into(), manifest.into_bytes()),
        ])
    };
    let why = complaint(many(10_000));
    assert!(why.contains("the image has 10000 layers, at most 1000 are opened"), "{why}");
    assert_eq!(open(many(1_000)).unwrap().layers.len(), 1_000);
}

/// A header that claims so many bytes.
fn claim(path: &str, size: u64) -> Vec<u8> {
    let mut entry = Entry::new(path, Kind::Reg, 0o644);
    entry.size = size;
    write::headers(&entry)
}

#[test]
fn a_claim_of_5_gb_is_found_out() {
    let big = 5_000_000_000;
    let why = complaint(archive(&[claim("dir/big", big)]));
    let expected = "layer 1 (0/layer.tar): entry \"dir/big\", byte 0: the archive ends before the contents do, 5000000000 bytes are missing";
    assert_eq!(why, expected);
    // The archive's own file of that size.
    let why = complaint(claim("manifest.json", big));
    assert!(
        why.contains("entry \"manifest.json\", byte 512: is to have 5000000000 bytes, 0 are left"),
        "{why}"
    );
    // Behind a gzip there is no size to compare with.
    let plain = claim("dir/big", big);
    let why = complaint(of_packed(&plain, packed(&plain, Compression::Gzip)));
    assert!(why.contains("entry \"dir/big\", byte 0: the archive ends"), "{why}");
}

#[test]
fn bombs_are_refused() {
    let mut plain = claim("zeros", 8 << 20);
    plain.resize(plain.len() + (8 << 20), 0);
    plain.extend(write::END);
    let limits = Limits { suspect: 1 << 20, ..Limits::default() };
    for packing in [Compression::Gzip, Compression::Zstd] {
        let made = || of_packed(&plain, packed(&plain, packing));
        let why = within(made(), limits).err().unwrap().to_string();
        assert!(why.contains("100 times as many: it is a bomb"), "{packing:?}: {why}");
        assert!(why.starts_with("layer 1 (0/layer.tar): entry \"zeros\", byte "), "{why}");
        assert_eq!(open(made()).unwrap().layers[0].size, 8 << 20, "8 MiB of zeros are no harm");
    }
    // A whole archive that is packed.
    let whole = packed(&archive(&[plain]), Compression::Gzip);
    let opening = Opening::new(Arc::new(whole.clone()), || Ok(Box::new(Vec::new()))).unwrap();
    let why = opening.suspect(1 << 20).finish().err().unwrap().to_string();
    assert!(why.starts_with("unpacking, byte 1") && why.contains("it is a bomb"), "{why}");
    let opening = Opening::new(Arc::new(whole), || Ok(Box::new(Vec::new()))).unwrap();
    assert_eq!(opening.finish().unwrap().contents.images.len(), 1);
}

#[test]
fn contents_of_packed_layers_are_reached_from_near_by() {
    use super::super::analysis::Analysis;
    let words: Vec<String> =
        (0..400).map(|n| format!("f{n}={}", format!("{}", n * n).repeat(200))).collect();
    let plain = layer(&words.join(" "));
    let limits = Limits { spacing: 1_000, ..Limits::default() };
    for packing in [Compression::Gzip, Compression::Zstd] {
        let image = within(of_packed(&plain, packed(&plain, packing)), limits).unwrap();
        let points = image.layers[0].points.len();
        assert_eq!((60..=128).contains(&points), packing == Compression::Gzip, "{points}");
        let analysis = Analysis::new(image);
        for item in (0..400).step_by(7) {
            let place = crate::survey::Place { layer: 1, item };
            let seen = analysis.preview(place, 0, 1_000_000).unwrap();
            assert_eq!(seen.text.unwrap(), format!("{}", item * item).repeat(200), "{item}");
        }
    }
}

#[test]
fn layers_and_memory_have_limits() {
    let many: String = (0..200).map(|n| format!("f{n} ")).collect();
    let limits = Limits { entries: 100, ..Limits::default() };
    let why = within(archive(&[layer(&many)]), limits).err().unwrap().to_string();
    assert!(why.contains("the layers hold more than 100 entries"), "{why}");
    let limits = Limits { layer: 4096, ..Limits::default() };
    let why = within(archive(&[layer(&many)]), limits).err().unwrap().to_string();
    assert!(why.contains("it unpacks to more than 0 GiB"), "{why}");
    // Attributes take memory: a thousand entries of 64 KiB each.
    let mut heavy = Vec::new();
    for n in 0..64 {
        let mut entry = Entry::new(format!("f{n}"), Kind::Reg, 0o644);
        entry.xattrs = vec![(b"user.a".to_vec(), vec![b'x'; 60_000])];
        heavy.extend(write::headers(&entry));
    }
    heavy.extend(write::END);
    let limits = Limits { index: 2 << 20, ..Limits::default() };
    let why = within(archive(&[heavy.clone()]), limits).err().unwrap().to_string();
    assert!(why.contains("names and attributes of the layers take more than 2 MiB"), "{why}");
    assert_eq!(open(archive(&[heavy])).unwrap().layers[0].items.len(), 64);
}

#[test]
fn headers_that_feed_on_themselves_are_refused() {
    // Extended headers without end, one after the other.
    let mut one = Entry::new("x", Kind::Reg, 0o644);
    one.xattrs = vec![(b"user.a".to_vec(), vec![b'x'; 60_000])];
    let block = write::headers(&one);
    let extended = &block[..block.len() - 512];
    let why = complaint(archive(&[extended.repeat(20)]));
    assert!(why.contains("an extended header claims"), "{why}");
    // What holds for every entry must not be what each entry keeps.
    let mut global = extended.to_vec();
    global[156] = b'g';
    global[148..156].fill(b' ');
    let sum: u32 = global[..512].iter().map(|&b| u32::from(b)).sum();
    global[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let why = complaint(archive(&[global]));
    assert!(why.contains("a global header describes the contents of one file"), "{why}");
}

#[test]
fn damaged_blobs_are_found_with_their_place() {
    let plain = layer("a=hello b=1");
    for packing in [Compression::Gzip, Compression::Zstd] {
        let blob = packed(&plain, packing);
        for len in 1..blob.len() {
            let cut = of_packed(&plain, blob[..len].to_vec());
            assert!(open(cut).is_err(), "{packing:?} cut at {len} of {}", blob.len());
        }
        let mut found = 0;
        for at in 0..blob.len() {
            let mut bad = blob.clone();
            bad[at] ^= 0x55;
            match open(of_packed(&plain, bad)) {
                // Bytes of the gzip header that say nothing of the contents.
                Ok(image) => assert_eq!(image.layers[0].items.len(), 2),
                Err(err) => {
                    found += 1;
                    assert!(err.to_string().starts_with("layer 1 (0/layer.tar): "), "{err}");
                }
            }
        }
        assert!(found + 10 > blob.len(), "{packing:?}: {found} of {}", blob.len());
    }
}

/// An OCI layout of one layer, with what its documents say of it.
fn oci(plain: &[u8], digest: &str, size: usize, diff_id: Digest) -> Vec<u8> {
    let blob = |bytes: &[u8]| (format!("blobs/sha256/{}", Digest::of(bytes).hex()), bytes.to_vec());
    let config = format!(r#"{{"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#);
    let config = config.as_bytes();
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"digest":"{}","size":{}}},"layers":[{{"digest":"{digest}","size":{size}}}]}}"#,
        Digest::of(config),
        config.len(),
    );
    let manifest = manifest.as_bytes();
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"digest":"{}","size":{}}}]}}"#,
        Digest::of(manifest),
        manifest.len()
    );
    let layer = (format!("blobs/sha256/{}", digest.trim_start_matches("sha256:")), plain.to_vec());
    let documents =
        [("index.json".to_owned(), index.into_bytes()), ("oci-layout".to_owned(), b"{}".to_vec())];
    let mut files = vec![blob(config), blob(manifest), layer];
    files.extend(documents);
    tar(&files)
}

#[test]
fn what_is_said_of_a_layer_is_proved() {
    let plain = layer("a=1");
    let gz = packed(&plain, Compression::Gzip);
    let (right, of_gz) = (Digest::of(&plain), Digest::of(&gz).to_string());
    assert!(open(oci(&gz, &of_gz, gz.len(), right)).is_ok());
    let why = complaint(oci(&gz, &of_gz, gz.len() + 1, right));
    assert!(
        why.contains(&format!("has {} bytes, the manifest says {}", gz.len(), gz.len() + 1)),
        "{why}"
    );
    let other = Digest::of(b"other").to_string();
    let why = complaint(oci(&gz, &other, gz.len(), right));
    assert!(why.contains("the blob is damaged: its digest is ") && why.contains(&other), "{why}");
    let why = complaint(oci(&gz, &of_gz, gz.len(), Digest::of(b"")));
    assert!(why.contains(&format!("its diff ID is {right}, the configuration says")), "{why}");
}

#[test]
fn an_index_that_names_itself_many_times_ends() {
    // Each index names the one below it a hundred times: a million images in a few kilobytes.
    let blob = |bytes: &[u8]| (format!("blobs/sha256/{}", Digest::of(bytes).hex()), bytes.to_vec());
    let mut below = b"{\"schemaVersion\":2,\"manifests\":[]}".to_vec();
    let mut files = vec![("oci-layout".to_owned(), b"{}".to_vec()), blob(&below)];
    for _ in 0..3 {
        let entry = format!(r#"{{"digest":"{}","size":{}}}"#, Digest::of(&below), below.len());
        below = format!(r#"{{"manifests":[{}]}}"#, vec![entry; 100].join(",")).into_bytes();
        files.push(blob(&below));
    }
    files.push(("index.json".to_owned(), below));
    let why = complaint(tar(&files));
    assert!(why.contains("its indexes name more than 10000 manifests"), "{why}");
}

#[test]
fn hostile_names_of_the_archive_itself_are_refused() {
    for (name, kind, why) in [
        (
            "../manifest.json",
            Kind::Reg,
            "entry \"../manifest.json\", byte 512: the name leaves the root",
        ),
        (
            "a",
            Kind::Symlink(b"../../etc/passwd".to_vec()),
            "entry \"a\", byte 512: the name leaves",
        ),
        ("a", Kind::Link(b"../x".to_vec()), "the name leaves"),
    ] {
        let mut bytes = write::headers(&Entry::new(name, kind, 0o644));
        bytes.extend(write::END);
        let found = complaint(bytes);
        assert!(found.contains(why), "{found}");
    }
    // Links that lead to each other.
    let link = |name: &str, to: &str| {
        write::headers(&Entry::new(name, Kind::Symlink(to.as_bytes().to_vec()), 0o777))
    };
    let bytes =
        [link("manifest.json", "b"), link("b", "manifest.json"), write::END.to_vec()].concat();
    assert!(complaint(bytes).contains("manifest.json: too many levels of symbolic links"));
}

#[test]
fn a_layer_that_failed_leaves_nothing() {
    let mut bytes = archive(&[layer("a=1"), layer("b=hello")]);
    let at = bytes.windows(5).position(|it| it == b"hello").unwrap();
    bytes[at] = b'j';
    let package = TarPackage::open(Arc::new(bytes)).unwrap();
    let found = layout::find(&package).unwrap().images.remove(0);
    let mut scan = Scan::new(&package, found).unwrap();
    let err = loop {
        match scan.step(100) {
            Ok(done) => assert!(!done, "it is not read"),
            Err(err) => break err,
        }
    };
    assert!(err.to_string().starts_with("layer 2 "), "{err}");
    assert_eq!(scan.progress().0, layer("a=1").len() as u64, "the second layer does not count");
}
