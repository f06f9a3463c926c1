//! What real tools write and take: tars of GNU tar and libarchive, overlays of the kernel, layouts with
//! several platforms, a daemon.

use super::tools::{scratch, tool};
use super::{Done, archive, complaint, image, same};
use layerglass::oci::Digest;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A docker-archive with these layers, as they are.
pub fn docker_archive(dir: &Path, layers: &[Vec<u8>]) -> Result<String, Failed> {
    use layerglass::tar::{Entry, Kind, write};
    let diff_ids: Vec<Digest> = layers.iter().map(|layer| Digest::of(layer)).collect();
    let config = json!({"architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}});
    let names: Vec<String> = (0..layers.len()).map(|at| format!("{at}.tar")).collect();
    let manifest = json!([{"Config": "c.json", "RepoTags": ["t:1"], "Layers": names}]);
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("c.json", config.to_string().into_bytes()),
        ("manifest.json", manifest.to_string().into_bytes()),
    ];
    files.extend(names.iter().map(|name| name.as_str()).zip(layers.iter().cloned()));
    let path = dir.join("made.tar");
    let mut out = std::fs::File::create(&path)?;
    for (name, bytes) in files {
        let mut entry = Entry::new(name, Kind::Reg, 0o644);
        entry.size = bytes.len() as u64;
        out.write_all(&write::headers(&entry))?;
        out.write_all(&bytes)?;
        out.write_all(&write::padding(entry.size).collect::<Vec<u8>>())?;
    }
    out.write_all(&write::END)?;
    Ok(path.display().to_string())
}

/// Runs a shell script in a folder.
fn shell(dir: &Path, script: &str) -> Done {
    let done = Command::new("bash").args(["-euc", script]).current_dir(dir).output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{script}: {}", String::from_utf8_lossy(&done.stderr)).into())
}

fn json_lines(text: &str) -> Result<Vec<Value>, Failed> {
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// Sparse files in all four forms of GNU tar: the same contents come out.
fn sparse() -> Done {
    let dir = scratch("sparse")?;
    shell(
        &dir,
        "truncate -s 3M s; printf begin | dd of=s conv=notrunc status=none
         printf middle | dd of=s bs=1 seek=1000000 conv=notrunc status=none
         printf end | dd of=s bs=1 seek=3145725 conv=notrunc status=none
         truncate -s 5M hole; for n in $(seq 0 40); do printf x | dd of=many bs=1 seek=$((n*65536)) conv=notrunc status=none; done
         for f in gnu 'pax --sparse-version=0.0' 'pax --sparse-version=0.1' 'pax --sparse-version=1.0'; do
           tar --hole-detection=raw -S --format=$f -cf layer-$(echo $f | tr -dc a-z0-9).tar s hole many
         done",
    )?;
    let mut seen = 0;
    for form in ["gnu", "paxsparseversion00", "paxsparseversion01", "paxsparseversion10"] {
        let layer = std::fs::read(dir.join(format!("layer-{form}.tar")))?;
        same(&(layer.len() < 300_000), &true, "the tar is sparse")?;
        let made = docker_archive(&dir, &[layer])?;
        for name in ["s", "hole", "many"] {
            let done = Command::new(env!("CARGO_BIN_EXE_layerglass"))
                .args(["image", "cat", &made, name])
                .output()?;
            let theirs = std::fs::read(dir.join(name))?;
            same(&(done.stdout == theirs), &true, &format!("{form} {name}"))?;
            seen += 1;
        }
        let listed = json_lines(&image(&["files", "--json", &made])?)?;
        let sizes: Vec<u64> = listed.iter().filter_map(|it| it["size"].as_u64()).collect();
        same(&sizes, &vec![5 << 20, 40 * 65536 + 1, 3 << 20], form)?;
        // Written anew, the holes are zeros, and the contents the same.
        let saved = dir.join("saved.tar").display().to_string();
        image(&["layer", &made, "--layer", "1", "--marks", "oci", "-o", &saved])?;
        shell(
            &dir,
            "rm -rf x; mkdir x; tar -xf saved.tar -C x; cmp s x/s; cmp hole x/hole; cmp many x/many",
        )?;
    }
    same(&seen, &12, "files")
}

/// Long names, hard links, owners, times and attributes, as GNU tar and libarchive write them.
fn dialects() -> Done {
    let dir = scratch("dialects")?;
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(140));
    shell(
        &dir,
        &format!(
            "mkdir -p t/{0} t/é; echo hi > t/{1}; ln t/{1} t/hard; ln -s {1} t/sym; mkfifo t/p
             printf caf > t/é/x; mknod t/c c 5 1; chown 3000000:70000 t/p; touch -d '2001-02-03 04:05:06.25' t/hard
             setfattr -n user.a -v 'x=y z' t/hard; setfattr -n user.bin -v 0x000aff t/hard
             setfattr -n trusted.t -v 1 t/hard",
            "d".repeat(120),
            long
        ),
    )?;
    let mut checked = Vec::new();
    let gnu = "tar --sort=name -C t";
    for (name, command, has_xattrs, has_fraction) in [
        ("gnu", format!("{gnu} --format=gnu -cf l.tar ."), false, false),
        (
            "pax",
            format!("{gnu} --format=pax --xattrs --xattrs-include='*' -cf l.tar ."),
            true,
            true,
        ),
        ("bsdtar", "bsdtar --format=pax -C t -cf l.tar .".to_owned(), true, true),
    ] {
        if name == "bsdtar" && Command::new("bsdtar").arg("--version").output().is_err() {
            println!("not asked: bsdtar is not installed");
            continue;
        }
        shell(&dir, &command)?;
        let made = docker_archive(&dir, &[std::fs::read(dir.join("l.tar"))?])?;
        let listed = image(&["files", &made])?;
        let real = Command::new("bash")
            .args(["-c", "cd t; find . -mindepth 1 -type d -printf '%P/\\n' -o -mindepth 1 -printf '%P\\n' | LC_ALL=C sort"])
            .current_dir(&dir)
            .output()?;
        same(&listed, &String::from_utf8(real.stdout)?, name)?;
        let all = json_lines(&image(&["files", "-l", "--json", &made])?)?;
        let of = |path: &str| all.iter().find(|it| it["path"] == path).cloned().unwrap_or_default();
        same(&of("hard")["content"], &of(&long)["content"], "one inode")?;
        same(&of("hard")["size"], &json!(3), "size")?;
        same(&of("sym")["target"], &json!(long), "target")?;
        same(&of("c")["device"], &json!([5, 1]), "device")?;
        same(&json!([of("p")["uid"], of("p")["gid"]]), &json!([3_000_000, 70_000]), "owner")?;
        let fraction = if has_fraction { 250_000_000 } else { 0 };
        same(&of("hard")["mtime"][1], &json!(fraction), "time")?;
        if has_xattrs {
            let xattrs = of("hard")["xattrs"].to_string();
            for wanted in
                [r#"["user.a","x=y z"]"#, r#"["user.bin","0x000aff"]"#, r#"["trusted.t","1"]"#]
            {
                same(&xattrs.contains(wanted), &true, &format!("{name}: {xattrs}"))?;
            }
        }
        checked.push(name);
    }
    same(&checked[..2], &["gnu", "pax"][..], "dialects")
}

/// Whether an overlay can be mounted; a test that needs one says so otherwise.
fn can_mount() -> bool {
    let script = "d=$(mktemp -d); mkdir $d/{l,u,w,m}; mount -t overlay o -o lowerdir=$d/l,upperdir=$d/u,workdir=$d/w $d/m && umount $d/m; s=$?; rm -rf $d; exit $s";
    Command::new("bash")
        .args(["-c", script])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

/// An upper directory of the kernel, taken with tar, is a layer that says the same.
fn kernel_to_image() -> Done {
    let dir = scratch("kernel-to-image")?;
    shell(
        &dir,
        "mkdir -p l/d/e l/gone l/keep u w m; echo 1 > l/d/x; echo 2 > l/d/e/y; echo 3 > l/gone/z; echo 4 > l/file; echo 5 > l/keep/k
         mkdir tmp; mount -t tmpfs t tmp; mkdir tmp/{u,w}
         mount -t overlay o -o lowerdir=l,upperdir=tmp/u,workdir=tmp/w m
         rm m/file m/d/x; rm -r m/gone; rm -r m/d/e; mkdir m/d/e; echo new > m/d/e/n; echo more >> m/keep/k
         (cd m; find . -mindepth 1 -type d -printf '%P/\\n' -o -mindepth 1 -printf '%P\\n' | LC_ALL=C sort) > merged.txt
         tar -C l -cf lower.tar . ; tar --xattrs --xattrs-include='*' -C tmp/u -cf upper.tar .
         umount m; umount tmp",
    )?;
    let layers = [std::fs::read(dir.join("lower.tar"))?, std::fs::read(dir.join("upper.tar"))?];
    let made = docker_archive(&dir, &layers)?;
    let merged = std::fs::read_to_string(dir.join("merged.txt"))?;
    same(&image(&["files", &made])?, &merged, "marks of the kernel")?;
    // As an image with names of whiteouts it is the same to every tool.
    let saved = dir.join("oci.tar").display().to_string();
    image(&["save", &made, "--marks", "oci", "-o", &saved])?;
    same(&image(&["files", &saved])?, &merged, "marks by name")?;
    let top = dir.join("top.tar").display().to_string();
    image(&["layer", &saved, "--layer", "2", "-o", &top])?;
    let listed = tool("tar", &["-tf", &top])?;
    for name in [".wh.file", "d/.wh.x", ".wh.gone", "d/e/.wh..wh..opq"] {
        same(&listed.lines().any(|it| it == name), &true, &format!("{name} in {listed}"))?;
    }
    Ok(())
}

/// Layers with the marks of an overlay, unpacked with tar, are mounted: the kernel shows what we list.
fn image_to_kernel() -> Done {
    for (form, option) in [("overlay", ""), ("user", ",userxattr")] {
        let dir = scratch(&format!("image-to-kernel-{form}"))?;
        let source = archive("chunked.tar.gz", "three");
        let count = json_lines(&image(&["ls", "--json", &source])?)?[0]["layers"]
            .as_array()
            .map_or(0, Vec::len);
        let mut lowers = Vec::new();
        for number in 1..=count {
            let (tar, to) = (format!("{number}.tar"), format!("layer-{number}"));
            let path = dir.join(&tar).display().to_string();
            image(&[
                "layer",
                &source,
                "--layer",
                &number.to_string(),
                "--marks",
                form,
                "-o",
                &path,
            ])?;
            shell(
                &dir,
                &format!("mkdir {to}; tar --xattrs --xattrs-include='*' -xf {tar} -C {to}"),
            )?;
            lowers.insert(0, to);
        }
        // Some whiteout and some opaque mark there must have been.
        let has_whiteout = walk(&dir)?.iter().any(|path| {
            std::fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_char_device())
        });
        same(&has_whiteout, &true, "a whiteout")?;
        let marked = tool("getfattr", &["-Rhd", "-m", "overlay", &dir.display().to_string()])?;
        same(&marked.contains("overlay.opaque=\"y\""), &true, &marked)?;
        shell(
            &dir,
            &format!(
                "mkdir m; mount -t overlay o -o lowerdir={}{option} m
                 (cd m; find . -mindepth 1 -type d -printf '%P/\\n' -o -mindepth 1 -printf '%P\\n' | LC_ALL=C sort) > merged.txt; umount m",
                lowers.join(":")
            ),
        )?;
        let theirs = std::fs::read_to_string(dir.join("merged.txt"))?;
        same(&image(&["files", &source])?, &theirs, form)?;
    }
    Ok(())
}

fn walk(dir: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            all.extend(walk(&entry.path())?);
        }
        all.push(entry.path());
    }
    Ok(all)
}

/// A layout whose index names an index of two platforms and an attestation, beside an image with a tag.
fn platforms() -> Done {
    let dir = scratch("platforms")?;
    std::fs::create_dir_all(dir.join("blobs/sha256"))?;
    let blob = |bytes: &[u8]| -> Result<(Digest, usize), Failed> {
        let digest = Digest::of(bytes);
        std::fs::write(dir.join("blobs/sha256").join(digest.hex()), bytes)?;
        Ok((digest, bytes.len()))
    };
    let empty = vec![0; 1024];
    let manifest = |architecture: &str, variant: &str| -> Result<Value, Failed> {
        let (layer, size) = blob(&empty)?;
        let config = json!({"architecture": architecture, "variant": variant, "os": "linux", "config": {"Labels": {"for": architecture}},
            "rootfs": {"type": "layers", "diff_ids": [layer]}});
        let (id, length) = blob(config.to_string().as_bytes())?;
        let manifest = json!({"schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": id, "size": length},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer, "size": size}]});
        let (digest, size) = blob(manifest.to_string().as_bytes())?;
        Ok(
            json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": size,
            "platform": {"architecture": architecture, "os": "linux"}}),
        )
    };
    let (amd, arm) = (manifest("amd64", "")?, manifest("arm64", "v8")?);
    let mut attestation = manifest("riscv64", "")?;
    attestation["platform"] = json!({"architecture": "unknown", "os": "unknown"});
    attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    let mut away = amd.clone();
    away["digest"] = json!(Digest::of(b"nowhere"));
    away["platform"] = json!({"architecture": "s390x", "os": "linux"});
    let inner = json!({"schemaVersion": 2, "manifests": [amd, arm, attestation, away]});
    let (digest, size) = blob(inner.to_string().as_bytes())?;
    let outer = json!({"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": digest, "size": size,
         "annotations": {"org.opencontainers.image.ref.name": "multi"}},
        {"digest": manifest("ppc64le", "")?["digest"], "annotations": {"io.containerd.image.name": "docker.io/library/single:1"}}]});
    std::fs::write(dir.join("index.json"), outer.to_string())?;
    std::fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    let at = dir.display().to_string();
    let architecture = |args: &[&str]| -> Result<String, Failed> {
        let found: Value = serde_json::from_str(&image(args)?)?;
        Ok(found[0]["Architecture"].as_str().unwrap_or_default().to_owned())
    };
    let arm_digest = arm["digest"].as_str().unwrap_or_default().to_owned();
    for (what, platform, expected) in [
        ("#linux/amd64".to_owned(), None, "amd64"),
        ("#linux/arm64".to_owned(), None, "arm64"),
        ("#linux/arm64/v8".to_owned(), None, "arm64"),
        ("#multi".to_owned(), Some("linux/arm64"), "arm64"),
        (format!("#{arm_digest}"), None, "arm64"),
        (format!("#multi@{arm_digest}"), None, "arm64"),
        (format!("#{}", &arm_digest[7..20]), None, "arm64"),
        ("#single:1".to_owned(), None, "ppc64le"),
        ("#docker.io/library/single:1".to_owned(), None, "ppc64le"),
        (String::new(), Some("linux/ppc64le"), "ppc64le"),
    ] {
        let source = format!("{at}{what}");
        let mut args = vec!["inspect", source.as_str()];
        args.extend(platform.iter().flat_map(|it| ["--platform", it]));
        same(&architecture(&args)?.as_str(), &expected, &what)?;
    }
    let several = complaint(&["inspect", &format!("{at}#multi")], 1)?;
    same(&several.contains("multi (linux/amd64), multi (linux/arm64/v8)"), &true, &several)?;
    for note in ["the attestation sha256:", "the image for linux/s390x, sha256:"] {
        same(&several.contains(note), &true, &several)?;
    }
    same(&several.contains("riscv64"), &false, "the attestation is no image")?;
    let none = complaint(&["inspect", &at, "--platform", "linux/mips"], 1)?;
    same(&none.contains("no image linux/mips; there are: multi (linux/amd64)"), &true, &none)
}

/// A daemon takes what we write, in every packing, and what it then saves is the same image.
fn daemon() -> Done {
    let dir = scratch("daemon")?;
    let docker = |args: &[&str]| tool("docker", args);
    let version = docker(&["version", "--format", "{{.Server.Version}}"])?;
    let major: u32 = version.split('.').next().and_then(|it| it.parse().ok()).unwrap_or(0);
    for how in ["none", "gzip", "zstd"] {
        if how == "zstd" && major < 23 {
            // Before it, `docker load` knows gzip, bzip2 and xz.
            println!("not asked: Docker {} does not load zstd", version.trim());
            continue;
        }
        let name = format!("layerglass-test:{how}");
        let ours = dir.join(format!("{how}.tar")).display().to_string();
        let source = archive("chunked.tar.gz", "three");
        image(&["save", &source, "--tag", &name, "--compress", how, "-o", &ours])?;
        docker(&["load", "-q", "-i", &ours])?;
        let theirs: Value = serde_json::from_str(&docker(&["image", "inspect", &name])?)?;
        let of_ours: Value = serde_json::from_str(&image(&["inspect", &ours])?)?;
        for key in ["Id", "RootFS", "RepoTags"] {
            same(&of_ours[0][key], &theirs[0][key], key)?;
        }
        let back = dir.join("back.tar").display().to_string();
        docker(&["save", "-o", &back, &name])?;
        let again: Value = serde_json::from_str(&image(&["inspect", &back])?)?;
        same(&again[0]["RootFS"], &of_ours[0]["RootFS"], "after the daemon")?;
        docker(&["rmi", &name])?;
    }
    Ok(())
}

pub fn trials() -> Vec<Trial> {
    let mounts = can_mount();
    if !mounts {
        println!("ignored: kernel_*: no overlay can be mounted here");
    }
    let has_daemon =
        Command::new("docker").args(["info"]).output().is_ok_and(|it| it.status.success());
    if !has_daemon {
        println!("ignored: a_daemon_takes_what_we_write: no daemon answers (DOCKER_HOST)");
    }
    vec![
        Trial::test("sparse_files_in_four_forms", sparse),
        Trial::test("gnu_tar_and_libarchive_are_read", dialects),
        Trial::test("kernel_marks_are_read_and_written_by_name", kernel_to_image)
            .with_ignored_flag(!mounts),
        Trial::test("kernel_mounts_what_we_write_with_its_marks", image_to_kernel)
            .with_ignored_flag(!mounts),
        Trial::test("platforms_and_nested_indexes", platforms),
        Trial::test("a_daemon_takes_what_we_write", daemon).with_ignored_flag(!has_daemon),
    ]
}
