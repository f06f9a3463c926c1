//! An image of 100,000 files and 1 GB, made on demand (`-- --ignored`), opened within 320 MiB of
//! address space, in both formats; a smaller one in every run, within less than it unpacks to.

use super::{Done, same, tools};
use layerglass::oci::Digest;
use layerglass::oci::digest::Hasher;
use layerglass::tar::{Entry, Kind, write};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::Command;

/// What is in the image, and how much memory there is to read it.
#[derive(Clone, Copy)]
struct Shape {
    files: u64,
    each: u64,
    /// The three wasted paths: copied for its mode, replaced, deleted.
    wasted: [u64; 3],
    /// KiB of address space.
    space: u32,
}

const BIG: Shape = Shape {
    files: 100_000,
    each: 9_000,
    wasted: [60_000_000, 40_000_000, 20_000_000],
    space: 327_680,
};
const SMALL: Shape =
    Shape { files: 2_000, each: 50, wasted: [40_000_000, 30_000_000, 20_000_000], space: 98_304 };

/// Writes, counts and digests.
struct Counted<W> {
    inner: W,
    hasher: Hasher,
    count: u64,
}

impl<W: Write> Counted<W> {
    fn new(inner: W) -> Counted<W> {
        Counted { inner, hasher: Hasher::default(), count: 0 }
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hasher.update(&buf[..n]);
        self.count += n as u64;
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A file whose contents its number makes.
fn file(out: &mut impl Write, path: &str, size: u64, seed: u64, mode: u32) -> io::Result<()> {
    let mut entry = Entry::new(path, Kind::Reg, mode);
    entry.size = size;
    out.write_all(&write::headers(&entry))?;
    let mut state = seed | 1;
    let mut left = size as usize;
    let mut chunk = [0; 4096];
    while left > 0 {
        for word in chunk.chunks_mut(8) {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            // Half of the bits, so that it can be compressed as programs can.
            word.copy_from_slice(&(state >> 32).to_le_bytes());
        }
        let n = left.min(chunk.len());
        out.write_all(&chunk[..n])?;
        left -= n;
    }
    out.write_all(&write::padding(size).collect::<Vec<u8>>())
}

/// The layers: many files; then one copied for its mode, one replaced, one deleted.
fn layer(shape: Shape, number: usize, out: &mut impl Write) -> io::Result<()> {
    let [model, jar, cache] = shape.wasted;
    if number == 0 {
        for n in 0..shape.files {
            file(out, &format!("usr/share/d{:03}/file-{n}", n % 500), shape.each, n, 0o644)?;
        }
        file(out, "opt/model.bin", model, 1, 0o644)?;
        file(out, "opt/app.jar", jar, 2, 0o644)?;
        file(out, "var/cache/apt/pkgcache.bin", cache, 3, 0o644)?;
    } else {
        file(out, "opt/model.bin", model, 1, 0o755)?;
        file(out, "opt/app.jar", jar + 1, 4, 0o644)?;
        file(out, "var/cache/apt/.wh.pkgcache.bin", 0, 0, 0o600)?;
    }
    out.write_all(&write::END)
}

/// Writes a blob into a layout; its digest and size.
fn blob(dir: &Path, bytes: &[u8]) -> io::Result<(Digest, usize)> {
    let digest = Digest::of(bytes);
    std::fs::write(dir.join("blobs/sha256").join(digest.hex()), bytes)?;
    Ok((digest, bytes.len()))
}

fn config(diff_ids: &[Digest]) -> Value {
    json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created_by": "ADD everything"}, {"created_by": "RUN chmod and more"}],
    })
}

/// An OCI layout with gzipped layers.
fn oci(shape: Shape, dir: &Path) -> Done {
    std::fs::create_dir_all(dir.join("blobs/sha256"))?;
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for number in 0..2 {
        let temporary = dir.join("blob");
        let packed = Counted::new(BufWriter::new(File::create(&temporary)?));
        let gzip = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        let mut plain = Counted::new(gzip);
        layer(shape, number, &mut plain)?;
        diff_ids.push(plain.hasher.finish());
        let mut packed = plain.inner.finish()?;
        packed.flush()?;
        let (digest, size) = (packed.hasher.finish(), packed.count);
        std::fs::rename(temporary, dir.join("blobs/sha256").join(digest.hex()))?;
        layers.push(json!({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": size}));
    }
    let (digest, size) = blob(dir, config(&diff_ids).to_string().as_bytes())?;
    let config = json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": size});
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
    let (digest, size) = blob(dir, manifest.to_string().as_bytes())?;
    let entry = json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": size});
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    std::fs::write(dir.join("index.json"), index.to_string())?;
    std::fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(())
}

/// Which paths are wasted, asked with so much address space and no more.
fn asked(shape: Shape, archive: &Path) -> Result<Vec<String>, Failed> {
    let space = shape.space;
    let script = format!("ulimit -v {space}; exec \"$0\" image waste --json \"$1\"");
    let done = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_layerglass")])
        .arg(archive)
        .output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    let waste: Value = serde_json::from_slice(&done.stdout)?;
    let least = shape.files * shape.each + shape.wasted.iter().sum::<u64>();
    same(&(waste["total"].as_u64() > Some(least)), &true, "all of it")?;
    let files = waste["files"].as_array().ok_or("no files")?;
    Ok(files.iter().map(|it| format!("{} {} {}", it["path"], it["bytes"], it["reason"])).collect())
}

fn run(name: &str, shape: Shape) -> Done {
    let dir = tools::scratch(name)?;
    oci(shape, &dir)?;
    let [model, jar, cache] = shape.wasted;
    let expected = vec![
        format!("\"opt/model.bin\" {model} \"copied-for-metadata\""),
        format!("\"opt/app.jar\" {jar} \"shadowed\""),
        format!("\"var/cache/apt/pkgcache.bin\" {cache} \"whited-out\""),
    ];
    same(&asked(shape, &dir)?, &expected, "OCI layout")?;
    let archive = dir.with_extension("tar");
    super::image(&["save", &dir.display().to_string(), "-o", &archive.display().to_string()])?;
    same(&asked(shape, &archive)?, &expected, "docker-archive")?;
    std::fs::remove_dir_all(&dir)?;
    Ok(std::fs::remove_file(&archive)?)
}

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("an_image_larger_than_memory", || run("small", SMALL)),
        Trial::test("an_image_of_100000_files_and_1_gb", || run("big", BIG))
            .with_ignored_flag(true),
    ]
}
