//! An image of 100,000 files and 1 GB, made on demand (`-- --ignored`), opened within 320 MiB of
//! address space, in both formats.

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

const FILES: u64 = 100_000;

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
fn layer(number: usize, out: &mut impl Write) -> io::Result<()> {
    if number == 0 {
        for n in 0..FILES {
            file(out, &format!("usr/share/d{:03}/file-{n}", n % 500), 9_000, n, 0o644)?;
        }
        file(out, "opt/model.bin", 60_000_000, 1, 0o644)?;
        file(out, "opt/app.jar", 40_000_000, 2, 0o644)?;
        file(out, "var/cache/apt/pkgcache.bin", 20_000_000, 3, 0o644)?;
    } else {
        file(out, "opt/model.bin", 60_000_000, 1, 0o755)?;
        file(out, "opt/app.jar", 40_000_001, 4, 0o644)?;
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
fn oci(dir: &Path) -> Done {
    std::fs::create_dir_all(dir.join("blobs/sha256"))?;
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for number in 0..2 {
        let temporary = dir.join("blob");
        let packed = Counted::new(BufWriter::new(File::create(&temporary)?));
        let gzip = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        let mut plain = Counted::new(gzip);
        layer(number, &mut plain)?;
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
fn asked(archive: &Path) -> Result<Vec<String>, Failed> {
    let script = "ulimit -v 327680; exec \"$0\" image waste --json \"$1\"";
    let done = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_layerglass")])
        .arg(archive)
        .output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    let waste: Value = serde_json::from_slice(&done.stdout)?;
    same(&(waste["total"].as_u64() > Some(1_000_000_000)), &true, "1 GB")?;
    let files = waste["files"].as_array().ok_or("no files")?;
    Ok(files.iter().map(|it| format!("{} {} {}", it["path"], it["bytes"], it["reason"])).collect())
}

fn run() -> Done {
    let dir = tools::scratch("big")?;
    oci(&dir)?;
    let expected = [
        "\"opt/model.bin\" 60000000 \"copied-for-metadata\"",
        "\"opt/app.jar\" 40000000 \"shadowed\"",
        "\"var/cache/apt/pkgcache.bin\" 20000000 \"whited-out\"",
    ];
    same(&asked(&dir)?, &expected.map(str::to_owned).to_vec(), "OCI layout")?;
    let archive = dir.with_extension("tar");
    super::image(&["save", &dir.display().to_string(), "-o", &archive.display().to_string()])?;
    same(&asked(&archive)?, &expected.map(str::to_owned).to_vec(), "docker-archive")?;
    std::fs::remove_dir_all(&dir)?;
    Ok(std::fs::remove_file(&archive)?)
}

pub fn trials() -> Vec<Trial> {
    vec![Trial::test("an_image_of_100000_files_and_1_gb", run).with_ignored_flag(true)]
}
