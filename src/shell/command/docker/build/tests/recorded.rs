//! Builds against what a real docker made of the same files (tests/images/recorded/build, docker 20.10.24
//! of Debian 12, its BuildKit and its classic builder). What is known to differ is named here.

use crate::machine::Machine;
use crate::oci::digest::Digest;
use crate::tar::{Entry, Kind, Reader};
use serde_json::Value;
use std::collections::BTreeMap;

/// The time that the scripts give their files.
const FIXED: i64 = 1_600_000_000;

fn files(bytes: &[u8]) -> Vec<(Entry, Vec<u8>)> {
    let mut reader = Reader::new(bytes);
    let mut all = Vec::new();
    while let Some(entry) = reader.entry().unwrap() {
        let mut data = Vec::new();
        let mut buf = [0; 4096];
        while let Some((_, n)) = reader.read(&mut buf).unwrap() {
            data.extend_from_slice(&buf[..n]);
        }
        all.push((entry, data));
    }
    all
}

/// What is seen of an entry.
fn row(entry: &Entry, data: &[u8]) -> String {
    let path = String::from_utf8_lossy(&entry.path).trim_end_matches('/').to_owned();
    let (kind, rest) = match &entry.kind {
        Kind::Reg => ('f', format!(" {}", Digest::of(data).short())),
        Kind::Dir => ('d', String::new()),
        Kind::Symlink(to) => ('l', format!(" > {}", String::from_utf8_lossy(to))),
        Kind::Link(to) => ('h', format!(" > {}", String::from_utf8_lossy(to))),
        _ => ('c', String::new()),
    };
    let time = if entry.mtime.sec == FIXED { "fixed" } else { "now" };
    let mode = entry.mode & 0o7777;
    format!("{kind} {mode:o} {}:{} {} {time} {path}{rest}", entry.uid, entry.gid, entry.size)
}

struct Ours {
    output: String,
    config: Value,
    layers: Vec<Vec<u8>>,
}

fn build(script: &str, kit: bool) -> Ours {
    let begin = format!(
        "export DOCKER_BUILDKIT={}; docker pull -q busybox >/dev/null; docker tag busybox base; mkdir /c; cd /c\n{script}\n",
        i32::from(kit)
    );
    let end = "docker build --no-cache --build-arg W=ww -t t .";
    let run = |script: String| {
        let done = Machine::boot().run_script(script.as_bytes());
        done.events.into_iter().flat_map(|it| it.1).collect::<Vec<u8>>()
    };
    let output = String::from_utf8_lossy(&run(format!("{begin}{end}"))).into_owned();
    let saved = run(format!("{begin}{end} >/dev/null 2>&1; docker save t -o /t.tar; cat /t.tar"));
    let all: BTreeMap<Vec<u8>, Vec<u8>> =
        files(&saved).into_iter().map(|(entry, data)| (entry.path, data)).collect();
    let file =
        |name: &str| all.get(name.as_bytes()).unwrap_or_else(|| panic!("{name}: {output}")).clone();
    let manifest: Value = serde_json::from_slice(&file("manifest.json")).unwrap();
    let name = |value: &Value| value.as_str().unwrap().to_owned();
    let layers = manifest[0]["Layers"].as_array().unwrap();
    Ours {
        config: serde_json::from_slice(&file(&name(&manifest[0]["Config"]))).unwrap(),
        layers: layers.iter().map(|it| file(&name(it))).collect(),
        output,
    }
}

/// Identifiers and times made equal.
fn same(text: &str) -> String {
    let mut out = String::new();
    let mut hex = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() {
            hex.push(c);
            continue;
        }
        out += if hex.len() >= 12 { "ID" } else { &hex };
        hex.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}

/// The steps of BuildKit and what their commands wrote, in any order: the real one works in parallel.
fn vertices(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for line in text.lines() {
        let Some((number, rest)) = line.split_once(' ') else { continue };
        if !number.starts_with('#') {
            continue;
        }
        let first = rest.split(' ').next().unwrap_or_default();
        let is_log = first.contains('.') && first.parse::<f64>().is_ok();
        let is_step = rest.starts_with('[') && !rest.starts_with("[internal]");
        if is_log {
            all.push(rest[first.len()..].to_owned());
        } else if is_step && !rest.contains("FROM docker.io") {
            all.push(rest.to_owned());
        }
    }
    all.sort();
    all
}

fn history(config: &Value) -> Vec<Vec<Value>> {
    let text = |row: &Value, key: &str| Value::from(row[key].as_str().unwrap_or_default());
    let rows = config["history"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            vec![
                text(row, "created_by"),
                Value::from(row["empty_layer"].as_bool().unwrap_or(false)),
                text(row, "comment"),
                text(row, "author"),
            ]
        })
        .collect()
}

/// What newer versions write otherwise: a fourth duration of health checks, and `--chown` of COPY.
fn older(text: &str) -> String {
    text.replace(" \"0s\" '", " '")
        .replace("COPY --chown=7:8 ", "COPY ")
        .replace("COPY --chown=5:6 ", "COPY ")
}

/// The digest of a layer of one file as a docker before 23 wrote it: with the names of owners, which are
/// those of the host. Newer ones leave them out.
fn named(layer: &[u8]) -> String {
    let (entry, _) = files(layer).remove(0);
    let mut bytes = layer.to_vec();
    let user = if entry.uid == 5 { "games" } else { "root" };
    let group = if entry.gid == 6 { "disk" } else { "root" };
    bytes[265..265 + user.len()].copy_from_slice(user.as_bytes());
    bytes[297..297 + group.len()].copy_from_slice(group.as_bytes());
    bytes[148..156].fill(b' ');
    let sum: u32 = bytes[..512].iter().map(|it| u32::from(*it)).sum();
    bytes[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    Digest::of(&bytes).to_string()
}

fn compare(case: &str, script: &str, recorded: &str, kit: bool) {
    let recorded: Value = serde_json::from_str(recorded).unwrap();
    let ours = build(script, kit);
    let lines = recorded["output"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    let theirs = lines.collect::<Vec<_>>().join("\n");
    if kit {
        assert_eq!(vertices(&ours.output), vertices(&theirs), "{case}: {}", ours.output);
    } else {
        let ours = ours.output.split_once("\n\n").map_or("", |it| it.1);
        // Its first line ends with two carriage returns.
        assert_eq!(same(ours), same(&theirs.replacen("\n\n", "\n", 1)), "{case}");
    }
    // The base is another one on each side: its rows are left out.
    let has_base = recorded["history"][0][2] == "Imported from -";
    let mut rows = history(&ours.config);
    let mut wanted: Vec<Vec<Value>> = serde_json::from_value(recorded["history"].clone()).unwrap();
    if has_base {
        wanted.remove(0);
        rows.drain(..rows.len() - wanted.len());
    }
    for row in rows.iter_mut().filter(|_| kit || case == "metadata") {
        row[0] = Value::from(match kit {
            true => older(row[0].as_str().unwrap()),
            false => row[0].as_str().unwrap().replace(" \"0s\" '", " '"),
        });
    }
    assert_eq!(rows, wanted, "{case}");
    let mut config = ours.config["config"].clone();
    let mut wanted = recorded["config"].clone();
    for it in [&mut config, &mut wanted] {
        it.as_object_mut().unwrap().remove("Image");
    }
    assert_eq!(config, wanted, "{case}");
    let keys: Vec<Value> =
        ours.config.as_object().unwrap().keys().map(|it| Value::from(it.clone())).collect();
    assert_eq!(Value::from(keys), recorded["keys"], "{case}");
    let theirs = recorded["layers"].as_array().unwrap();
    let own = &ours.layers[ours.layers.len() - theirs.len()..];
    let ids = ours.config["rootfs"]["diff_ids"].as_array().unwrap();
    let ids = &ids[ids.len() - theirs.len()..];
    for (at, (layer, theirs)) in own.iter().zip(theirs).enumerate() {
        let rows: Vec<Value> =
            files(layer).iter().map(|(entry, data)| Value::from(row(entry, data))).collect();
        assert_eq!(Value::from(rows), theirs["entries"], "{case}, layer {at}");
        if !theirs["diff_id"].is_null() {
            assert_eq!(named(layer), theirs["diff_id"], "{case}, layer {at}");
            assert_eq!(ids[at], Digest::of(layer).to_string(), "{case}, layer {at}");
        }
    }
}

macro_rules! cases {
    ($($test:ident: $case:literal $builder:literal $kit:literal;)*) => {$(
        #[test]
        fn $test() {
            compare(
                $case,
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images/recorded/build/", $case, ".sh")),
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/images/recorded/build/", $case, ".", $builder, ".json")),
                $kit,
            );
        }
    )*};
}

cases! {
    scratch_by_the_classic_builder: "scratch" "classic" false;
    scratch_by_buildkit: "scratch" "kit" true;
    commands_by_the_classic_builder: "runs" "classic" false;
    commands_by_buildkit: "runs" "kit" true;
    stages_by_buildkit: "stages" "kit" true;
    copies_by_the_classic_builder: "copies" "classic" false;
    copies_by_buildkit: "copies" "kit" true;
    metadata_by_the_classic_builder: "metadata" "classic" false;
    metadata_by_buildkit: "metadata" "kit" true;
}
