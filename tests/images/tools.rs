//! What `layerglass image save` writes, in the hands of skopeo and umoci.

use super::{Done, archive, image, recorded, same};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An empty folder of this test run.
pub fn scratch(name: &str) -> Result<PathBuf, Failed> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("images").join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// Unpacks a plain tar of files and folders.
pub fn unpack(bytes: &[u8], dir: &Path) -> Done {
    let mut reader = layerglass::tar::Reader::new(bytes);
    while let Some(entry) = reader.entry()? {
        let name = layerglass::tar::name::below_root(&entry.path)?;
        let path = dir.join(String::from_utf8(name)?);
        if entry.kind == layerglass::tar::Kind::Dir {
            std::fs::create_dir_all(path)?;
            continue;
        }
        let mut data = vec![0; entry.size as usize];
        let mut buf = vec![0; 1 << 16];
        while let Some((at, n)) = reader.read(&mut buf)? {
            data[at as usize..at as usize + n].copy_from_slice(&buf[..n]);
        }
        std::fs::write(path, data)?;
    }
    Ok(())
}

fn is_installed(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok_and(|done| done.status.success())
}

pub fn tool(name: &str, args: &[&str]) -> Result<String, Failed> {
    let done = Command::new(name).args(args).output()?;
    if !done.status.success() {
        let err = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(format!("{name} {}: {err}", args.join(" ")).into());
    }
    Ok(String::from_utf8(done.stdout)?)
}

/// Writes the recorded image anew; what the tools say of it must be what Docker said.
fn round_trip() -> Done {
    let dir = scratch("round-trip")?;
    let path = |name: &str| dir.join(name).display().to_string();
    let ours = path("ours.tar");
    for how in ["none", "gzip", "zstd"] {
        image(&["save", &archive("chunked.tar.gz", "three"), "--compress", how, "-o", &ours])?;
        taken(&dir, &ours)?;
    }
    Ok(())
}

fn taken(dir: &Path, ours: &str) -> Done {
    let path = |name: &str| dir.join(name).display().to_string();
    std::fs::write(dir.join("policy.json"), r#"{"default":[{"type":"insecureAcceptAnything"}]}"#)?;
    let theirs: Value =
        serde_json::from_str(&std::fs::read_to_string(recorded("inspect-3.json"))?)?;
    let policy = path("policy.json");
    for source in [format!("docker-archive:{ours}"), format!("oci-archive:{ours}")] {
        let config = tool("skopeo", &["inspect", "--config", "--raw", &source])?;
        let config: Value = serde_json::from_str(&config)?;
        same(&config["rootfs"]["diff_ids"], &theirs[0]["RootFS"]["Layers"], &source)?;
        let _ = std::fs::remove_dir_all(dir.join("layout-docker"));
        let _ = std::fs::remove_dir_all(dir.join("layout-oci"));
        let layout = path(&format!("layout-{}", source.split('-').next().unwrap_or_default()));
        let target = format!("oci:{layout}:x");
        tool("skopeo", &["--policy", &policy, "copy", "-q", &source, &target])?;
        let files = image(&["files", &format!("{layout}#x")])?;
        same(&files, &std::fs::read_to_string(recorded("files-3.txt"))?, "files after skopeo")?;
    }
    Ok(())
}

/// umoci unpacks what we write into the files that we list.
fn unpacked() -> Done {
    let dir = scratch("unpacked")?;
    let ours = dir.join("ours.tar").display().to_string();
    image(&["save", &archive("docker-20.10.tar.gz", "demo:3"), "-o", &ours])?;
    let layout = dir.join("layout");
    std::fs::create_dir(&layout)?;
    unpack(&std::fs::read(&ours)?, &layout)?;
    let bundle = dir.join("bundle").display().to_string();
    let tag = tool("umoci", &["list", "--layout", &layout.display().to_string()])?;
    let tag = tag.lines().next().ok_or("umoci lists no image")?;
    tool("umoci", &["unpack", "--image", &format!("{}:{tag}", layout.display()), &bundle])?;
    let mut names = Vec::new();
    walk(&Path::new(&bundle).join("rootfs"), "", &mut names)?;
    names.sort();
    let ours = image(&["files", &archive("docker-20.10.tar.gz", "demo:3")])?;
    same(&names, &ours.lines().map(str::to_owned).collect(), "files after umoci")
}

fn walk(dir: &Path, prefix: &str, names: &mut Vec<String>) -> Done {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            names.push(format!("{name}/"));
            walk(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

/// A trial that needs a tool, ignored where it is not installed.
fn with(needs: &str, name: &str, run: fn() -> Done) -> Trial {
    let has = is_installed(needs);
    if !has {
        println!("ignored: {name}: {needs} is not installed");
    }
    Trial::test(name, run).with_ignored_flag(!has)
}

pub fn trials() -> Vec<Trial> {
    vec![
        with("skopeo", "skopeo_takes_what_we_write", round_trip),
        with("umoci", "umoci_unpacks_what_we_write", unpacked),
    ]
}
