//! Where things are: the repository, the build folders and the tool cache.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The root of the repository: the one that `cargo` was called in. Where this program was compiled
/// does not count, since checkouts may share one target folder.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    let manifest = manifest.map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().unwrap_or(&manifest).to_path_buf()
}

/// The cargo target folder of native builds.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The target folder of wasm builds. They may use another compiler than native builds, and two
/// compilers in one folder rebuild each other's work.
pub fn web_target_dir() -> PathBuf {
    target_dir().join("web")
}

/// The static site, ready to be copied to any host.
pub fn dist_app() -> PathBuf {
    root().join("dist/app")
}

/// Tools that had to be compiled or fetched, kept outside the build folders so that they survive
/// `cargo clean` and serve every clone on this machine.
pub fn tool_cache() -> PathBuf {
    let from_env = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    from_env("XDG_CACHE_HOME")
        .or_else(|| from_env("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(|| target_dir().join("cache"))
        .join("layerglass/tools")
}

/// The version of a package in Cargo.lock.
pub fn locked_version(package: &str) -> Option<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).ok()?;
    version_in_lock(&lock, package)
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let name_line = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == name_line)?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.trim_end_matches('"').to_string())
}

/// Files below a directory with one of these endings, all without any, sorted.
pub fn files_below(dir: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path, endings)?);
        } else if endings.is_empty()
            || path.extension().is_some_and(|end| endings.iter().any(|it| end == *it))
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_exactly_that_package() {
        let lock = "[[package]]\nname = \"a-b\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"a\"\nversion = \"2.3.4\"\n";
        assert_eq!(version_in_lock(lock, "a").as_deref(), Some("2.3.4"));
        assert_eq!(version_in_lock(lock, "b"), None);
    }
}
