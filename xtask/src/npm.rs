//! The npm package: the headless engine as a module for JavaScript, packed as `dist/npm/layerglass-*.tgz`,
//! and its tests, which know the package from that file alone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::test::Counts;
use crate::tools::{self, Tool};
use crate::{build, process, repo, say};

/// What building needs.
pub const BUILD: &[Tool] = tools::WEB;
/// What its tests need.
pub const TESTS: &[Tool] = &[Tool::TestNode, Tool::Chromium];

/// Names of the glue and of the module that wasm-bindgen makes.
const GLUE: &str = "layerglass";

fn source() -> PathBuf {
    repo::root().join("packages/npm")
}

fn dist() -> PathBuf {
    repo::root().join("dist/npm")
}

/// `cargo xtask npm [--test]`.
pub fn command(args: &[String]) -> Result<()> {
    let tests = match args {
        [] => false,
        [flag] if flag == "--test" => true,
        _ => anyhow::bail!("npm takes nothing or --test"),
    };
    tools::ensure(&[BUILD, if tests { TESTS } else { &[] }].concat())?;
    let tarball = pack()?;
    if tests {
        let counts = check(&tarball)?;
        ensure!(counts.failed == 0, "tests of the package failed");
    }
    println!("\nThe package is ready: npm install {}", tarball.display());
    Ok(())
}

/// The stage of `cargo xtask test`: tries what [`pack`] has made.
pub fn stage() -> Result<Counts> {
    let packed = repo::files_below(&dist(), &["tgz"])?;
    let tarball = packed.iter().find(|it| it.parent() == Some(&dist()));
    check(tarball.context("dist/npm holds no package")?)
}

/// Builds and packs.
pub fn pack() -> Result<PathBuf> {
    let stage = dist().join("package");
    if dist().exists() {
        std::fs::remove_dir_all(dist())?;
    }
    std::fs::create_dir_all(&stage)?;
    module(&stage)?;
    files(&stage)?;
    element(&stage.join("element"))?;
    say::step("Packing the npm package (dist/npm)");
    let mut npm = process::command("npm");
    npm.args(["pack", "--loglevel=error", "--pack-destination"]).arg(dist()).current_dir(&stage);
    let printed = process::output(&mut npm)?;
    let name = printed.lines().last().context("npm pack printed no name")?.trim().to_owned();
    let tarball = dist().join(name);
    ensure!(tarball.is_file(), "npm pack left no {}", tarball.display());
    Ok(tarball)
}

/// The engine as a module, with the script that wasm-bindgen writes for it.
fn module(stage: &Path) -> Result<()> {
    say::step("Building the engine for JavaScript");
    let mut cargo = process::cargo();
    cargo.args(["rustc", "--package", "layerglass", "--lib", "--crate-type", "cdylib"]);
    cargo.args(["--profile", "web", "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--no-default-features", "--features", "wasm"]);
    build::web_env(&mut cargo)?;
    build::small_env(&mut cargo);
    process::run(&mut cargo)?;
    let built = repo::web_target_dir().join("wasm32-unknown-unknown/web/layerglass.wasm");
    let path = tools::path_with_tools()?;
    let mut bindgen = process::command("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", GLUE, "--out-dir"]);
    process::run(bindgen.arg(stage).arg(built).env("PATH", &path))?;
    let wasm = stage.join(format!("{GLUE}_bg.wasm"));
    let mut opt = process::command("wasm-opt");
    opt.args(build::WASM_OPT).arg(&wasm).arg("-o").arg(&wasm).env("PATH", &path);
    process::run(&mut opt)
}

/// Everything else that is in the package.
fn files(stage: &Path) -> Result<()> {
    for file in repo::files_below(&source().join("src"), &["js", "ts"])? {
        copy(&file, stage)?;
    }
    copy(&source().join("README.md"), stage)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy(&repo::root().join(licence), stage)?;
    }
    let manifest = std::fs::read_to_string(source().join("package.json"))?;
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    ensure!(manifest.contains(&version), "packages/npm/package.json: it should say {version}");
    std::fs::write(stage.join("package.json"), manifest)?;
    let scenarios = stage.join("scenarios");
    std::fs::create_dir_all(&scenarios)?;
    for file in repo::files_below(&repo::root().join("static/scenarios"), &["yaml"])? {
        let text = std::fs::read_to_string(&file)?;
        let id = text.lines().find_map(|line| line.strip_prefix("id:"));
        let id = id.with_context(|| format!("{}: no id", file.display()))?.trim();
        std::fs::write(scenarios.join(format!("{id}.yaml")), text)?;
    }
    Ok(())
}

/// The element's own files, as the site has them: all names in them are relative.
fn element(folder: &Path) -> Result<()> {
    let app = repo::dist_app();
    if !app.join(LOADER).is_file() {
        build::dist()?;
    }
    say::note("the element is that of dist/app (`cargo xtask dist` makes it anew)");
    std::fs::create_dir_all(folder)?;
    for file in repo::files_below(&app, &["js", "wasm"])? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if file.parent() == Some(&app) && is_of_element(&name) {
            copy(&file, folder)?;
        }
    }
    let scenarios = folder.join("scenarios");
    std::fs::create_dir_all(&scenarios)?;
    for file in repo::files_below(&app.join("scenarios"), &["js"])? {
        copy(&file, &scenarios)?;
    }
    Ok(())
}

/// The script that a page loads.
const LOADER: &str = "layer-glass.js";

fn is_of_element(name: &str) -> bool {
    name == LOADER || ["embed", "machine-full", "pack"].iter().any(|it| name.starts_with(it))
}

fn copy(file: &Path, into: &Path) -> Result<()> {
    let name = file.file_name().context("a file without a name")?;
    std::fs::copy(file, into.join(name)).with_context(|| format!("copying {}", file.display()))?;
    Ok(())
}

/// Installs the package from its file into an empty folder and runs the tests there: in Node, in Chromium, and
/// its types with the TypeScript compiler.
fn check(tarball: &Path) -> Result<Counts> {
    tools::npm_ci(&source())?;
    tools::npm_ci(&repo::root().join("tests/e2e"))?;
    let folder = dist().join("installed");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("package.json"), "{\"private\": true, \"type\": \"module\"}\n")?;
    say::step("Installing the package into an empty folder");
    let mut npm = process::command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error"]).arg(tarball);
    process::run(npm.current_dir(&folder))?;
    let tests = source().join("test");
    for file in repo::files_below(&tests, &["mjs", "ts"])? {
        copy(&file, &folder)?;
    }
    let mut node = process::command("node");
    node.args(["--expose-gc", "--test", "--test-reporter=spec"]).current_dir(&folder);
    node.args(test_files(&tests)?);
    node.env("PATH", tools::path_with_test_node()?);
    node.env("LAYERGLASS_SOURCE", repo::root());
    node.env("LAYERGLASS_CHROMIUM", tools::chromium().context("no Chromium")?);
    let (ok, lines) = process::tee(&mut node)?;
    let mut counts = summary(&lines);
    if !ok && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok(counts)
}

fn test_files(tests: &Path) -> Result<Vec<String>> {
    let files = repo::files_below(tests, &["mjs"])?;
    let names = files.iter().filter_map(|it| it.file_name()?.to_str().map(str::to_owned));
    Ok(names.filter(|it| it.ends_with(".test.mjs")).collect())
}

/// Reads the closing lines of Node's test runner (`ℹ pass 12`).
fn summary(lines: &[String]) -> Counts {
    let number = |key: &str| -> u64 {
        let found = lines
            .iter()
            .rev()
            .find_map(|line| line.trim_start_matches('ℹ').trim().strip_prefix(key));
        found.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
    };
    Counts { passed: number("pass "), failed: number("fail "), skipped: number("skipped ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_closing_lines_of_the_test_runner() {
        let lines = ["ℹ tests 4", "ℹ pass 2", "ℹ fail 1", "ℹ cancelled 0", "ℹ skipped 1"];
        let lines: Vec<String> = lines.map(String::from).to_vec();
        assert_eq!(summary(&lines), Counts { passed: 2, failed: 1, skipped: 1 });
    }
}
