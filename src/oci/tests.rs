mod fuzz;
mod hostile;

use super::config::{ImageConfig, RootFs, Saved};
use super::digest::Digest;
use super::export::{self, LayerBytes, Outgoing};
use super::layout;
use super::package::TarPackage;
use super::scan::{Image, Scan};
use super::tree::Tree;
use super::{Result, compare, waste};
use crate::tar::{Entry, Kind, write};
use std::sync::Arc;

/// A layer from a short form: `d/` a directory, `f=text` a file, `l->x` a symlink, `h=>x` a hard link.
pub(super) fn layer(words: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in words.split_whitespace() {
        let (path, kind, data) = if let Some((path, to)) = word.split_once("=>") {
            (path, Kind::Link(to.into()), "")
        } else if let Some((path, to)) = word.split_once("->") {
            (path, Kind::Symlink(to.into()), "")
        } else if let Some((path, data)) = word.split_once('=') {
            (path, Kind::Reg, data)
        } else if word.ends_with('/') {
            (word, Kind::Dir, "")
        } else {
            (word, Kind::Reg, "")
        };
        let mode = if kind == Kind::Dir { 0o755 } else { 0o644 };
        let mut entry = Entry::new(path, kind, mode);
        entry.size = data.len() as u64;
        bytes.extend(write::headers(&entry));
        bytes.extend_from_slice(data.as_bytes());
        bytes.extend(write::padding(data.len() as u64));
    }
    bytes.extend(write::END);
    bytes
}

/// A tar of named files.
pub(super) fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, data) in files {
        let mut entry = Entry::new(name.as_str(), Kind::Reg, 0o644);
        entry.size = data.len() as u64;
        bytes.extend(write::headers(&entry));
        bytes.extend_from_slice(data);
        bytes.extend(write::padding(data.len() as u64));
    }
    bytes.extend(write::END);
    bytes
}

/// A docker-archive with these layers.
pub(super) fn archive(layers: &[Vec<u8>]) -> Vec<u8> {
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
    archive_of(layers, diff_ids)
}

/// The same with blobs that unpack to layers of these diff IDs.
pub(super) fn archive_of(layers: &[Vec<u8>], diff_ids: Vec<Digest>) -> Vec<u8> {
    let rootfs = RootFs { kind: "layers".into(), diff_ids };
    let config = serde_json::to_vec(&ImageConfig { rootfs, ..ImageConfig::default() }).unwrap();
    let name = format!("{}.json", Digest::of(&config).hex());
    let mut files = vec![(name.clone(), config)];
    let paths: Vec<String> = (0..layers.len()).map(|at| format!("{at}/layer.tar")).collect();
    files.extend(paths.iter().cloned().zip(layers.iter().cloned()));
    let saved = Saved { config: name, repo_tags: Some(vec!["t:1".into()]), layers: paths };
    files.push(("manifest.json".into(), serde_json::to_vec(&[saved]).unwrap()));
    tar(&files)
}

pub(super) fn open(archive: Vec<u8>) -> Result<Image> {
    let package = TarPackage::open(Arc::new(archive))?;
    let found = layout::find(&package)?.images.remove(0);
    Scan::new(&package, found)?.finish()
}

/// The merged names of layers given in the short form.
fn merged(layers: &[&str]) -> String {
    let layers: Vec<Vec<u8>> = layers.iter().map(|words| layer(words)).collect();
    let image = open(archive(&layers)).unwrap();
    let names = Tree::of(&image.layers).names();
    let names: Vec<String> =
        names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.join(" ")
}

#[test]
fn layers_merge_as_the_specification_says() {
    for (layers, names) in [
        (&["a=1 d/ d/x=1", "d/y=2"][..], "a d/ d/x d/y"),
        (&["a=1 b=1", ".wh.a"], "b"),
        // A whiteout hides lower layers, never its own, wherever it stands.
        (&["a=1", ".wh.a a=2"], "a"),
        (&["a=1", "a=2 .wh.a"], "a"),
        (&["d/ d/x=1 d/e/ d/e/z=1", "d/ d/.wh..wh..opq d/n=2"], "d/ d/n"),
        (&["d/ d/x=1", "d/n=2 d/.wh..wh..opq"], "d/ d/n"),
        (&["d/ d/x=1 d-b=1", ".wh.d"], "d-b"),
        (&["d/ d/x=1", ".wh.d d/ d/y=1"], "d/ d/y"),
        (&["d/ d/x=1", "d=file"], "d"),
        (&["d=file", "d/ d/x=1"], "d/ d/x"),
        (&["l->/d d/ d/a=1", "l/z=1"], "d/ d/a l/ l/z"),
        (&["a=1", ".wh.nothing q/.wh.nothing"], "a"),
        (&["./ ./k=1 /abs=1"], "abs k"),
        (&["p/q/r=1"], "p/ p/q/ p/q/r"),
        (&["a=1", ".wh..wh.plnk/ .wh..wh.aufs"], "a"),
        (&["a=1 a=2"], "a"),
        // Out of order: a directory after what is in it, a hard link before what it means.
        (&["d/x=1 d/"], "d/ d/x"),
        (&["h=>a a=1"], "a h"),
        (&["a=1", ".wh..wh..opq b=1"], "b"),
    ] {
        assert_eq!(merged(layers), names, "{layers:?}");
    }
}

#[test]
fn hostile_layers_are_refused_by_name() {
    for (words, why) in [
        ("../evil=1", "entry \"../evil\", byte 512: the name leaves the root of the archive"),
        ("d/../../y=1", "the name leaves the root"),
        ("l->/etc l/pwn=1", "entry \"l/pwn\", byte 1024: lies below \"l\", which is no directory"),
        ("f=1 f/x=1", "lies below \"f\""),
        ("h=>../../../etc/passwd", "a hard link to a place outside"),
        ("h=>gone", "entry \"h\": a hard link to \"gone\", which this layer does not have"),
        ("d/ h=>d", "a hard link to the directory \"d\""),
        ("h=>h", "a hard link to itself"),
        (".wh.=x", "a whiteout that names no file"),
        ("d/.wh...", "a whiteout that names no file"),
    ] {
        let err = open(archive(&[layer(words)])).err().expect(words).to_string();
        assert!(err.contains(why), "{words}: {err}");
        assert!(err.starts_with("layer 1 (0/layer.tar): "), "{err}");
    }
}

#[test]
fn archives_that_lie_are_refused() {
    let cases: [(Vec<(&str, &[u8])>, &str); 9] = [
        (vec![], "neither a docker-archive nor an OCI layout"),
        (vec![("repositories", b"{}")], "from before Docker 1.10"),
        (vec![("manifest.json", b"[]")], "the archive holds no image"),
        (vec![("manifest.json", b"{")], "manifest.json: "),
        (vec![("manifest.json", br#"[{"Config":"c.json","Layers":[]}]"#)], "c.json: is not in the archive"),
        (
            vec![
                ("manifest.json", br#"[{"Config":"c.json","Layers":["x"]}]"#),
                ("c.json", br#"{"rootfs":{"type":"layers","diff_ids":[]}}"#),
            ],
            "the manifest lists 1 layers, the configuration 0",
        ),
        (vec![("index.json", br#"{"manifests":[{"digest":"md5:x"}]}"#)], "\"md5:x\" is no sha256 digest"),
        (
            vec![("index.json", br#"{"manifests":[{"digest":"sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"}]}"#)],
            "is not here",
        ),
        (
            vec![
                ("manifest.json", br#"[{"Config":"c.json","Layers":["../x"]}]"#),
                ("c.json", br#"{"rootfs":{"type":"layers","diff_ids":["sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"]}}"#),
            ],
            "layer 1 (../x): is not in the archive",
        ),
    ];
    for (files, why) in cases {
        let files: Vec<(String, Vec<u8>)> =
            files.into_iter().map(|(name, data)| (name.to_owned(), data.to_vec())).collect();
        let err = open(tar(&files)).err().expect(why).to_string();
        assert!(err.contains(why), "{err}");
    }
}

#[test]
fn a_changed_byte_of_a_layer_is_found() {
    let mut bytes = archive(&[layer("a=hello b=1")]);
    let at = bytes.windows(5).position(|it| it == b"hello").unwrap();
    bytes[at] = b'j';
    let err = open(bytes).err().unwrap().to_string();
    assert!(err.contains("its diff ID is sha256:"), "{err}");
}

#[test]
fn every_cut_of_an_archive_is_an_error() {
    let whole = archive(&[layer("a=hello"), layer("b=1 .wh.a")]);
    for len in (0..whole.len() - 1024).step_by(97) {
        assert!(open(whole[..len].to_vec()).is_err(), "cut at {len}");
    }
}

#[test]
fn wasted_bytes_are_counted_once() {
    let layers = [
        layer("a=11111 b=22 c=333 d/ d/e=4444 h=77 i=>h"),
        layer("a=x .wh.b .wh.d c=333"),
        layer("a=yy .wh.h"),
    ];
    let image = open(archive(&layers)).unwrap();
    let found = waste::find(&image.layers);
    let lines: Vec<String> = found
        .files
        .iter()
        .map(|it| format!("{} {} {} {}->{}", it.bytes, it.path, it.reason.text(), it.layer, it.by))
        .collect();
    assert_eq!(
        lines,
        [
            "5 a shadowed 1->2",
            "4 d/e whited out 1->2",
            "3 c copied for metadata only 1->2",
            "2 b whited out 1->2",
            "1 a shadowed 2->3",
        ],
        "h lives on as i"
    );
    let visible = 3 + 2 + 2;
    assert_eq!((found.total, found.wasted), (15 + visible, 15));
}

#[test]
fn images_differ_by_path() {
    let old = open(archive(&[layer("a=1 b=1 c=1 l->x")])).unwrap();
    let new = open(archive(&[layer("a=1 b=2 d=1 l->y")])).unwrap();
    let found = compare::trees(&Tree::of(&old.layers), &Tree::of(&new.layers));
    let lines: Vec<String> = found
        .iter()
        .map(|it| {
            format!(
                "{} {} {}",
                it.kind,
                it.path,
                it.changed.iter().map(|it| it.text()).collect::<Vec<_>>().join(",")
            )
        })
        .collect();
    assert_eq!(lines, ["C /b content", "D /c ", "A /d ", "C /l target"]);
}

#[test]
fn what_is_written_opens_with_the_same_identifiers() {
    let image = open(archive(&[layer("a=1 d/ d/x=1"), layer(".wh.a"), layer(".wh.a")])).unwrap();
    let layers = image.layers.iter().map(|layer| layer.as_ref() as &dyn LayerBytes).collect();
    let outgoing = Outgoing { config: &image.found.raw, tags: &image.found.tags, layers };
    let mut bytes = Vec::new();
    export::archive(&[outgoing], &mut bytes).unwrap();
    let again = open(bytes.clone()).unwrap();
    assert_eq!((again.found.id, &again.found.tags), (image.found.id, &image.found.tags));
    assert_eq!(again.found.config, image.found.config);
    // Without Docker's manifest it is an OCI layout.
    let at = bytes.windows(13).position(|it| it == b"manifest.json").unwrap();
    bytes[at] = b'n';
    let sum: u32 = bytes[at..at + 512].iter().map(|&b| u32::from(b)).sum();
    let said: u32 = bytes[at + 148..at + 156].iter().map(|&b| u32::from(b)).sum();
    bytes[at + 148..at + 156].copy_from_slice(format!("{:06o}\0 ", sum - said + 256).as_bytes());
    let oci = open(bytes).unwrap();
    assert_eq!((oci.found.id, oci.found.tags), (image.found.id, vec!["t:1".to_owned()]));
    assert!(oci.found.manifest.is_some());
}

#[test]
fn opening_goes_in_steps_and_says_how_far_it_is() {
    let big = "x".repeat(300_000);
    let package =
        TarPackage::open(Arc::new(archive(&[layer(&format!("a={big}")), layer("b=1")]))).unwrap();
    let found = layout::find(&package).unwrap().images.remove(0);
    let mut scan = Scan::new(&package, found).unwrap();
    let mut seen = vec![scan.progress().0];
    while !scan.step(1).unwrap() {
        seen.push(scan.progress().0);
    }
    assert!(seen.is_sorted() && seen.len() >= 4, "{seen:?}");
    let (done, total) = scan.progress();
    assert_eq!((done, scan.into_image().layers.len()), (total, 2));
}
