//! `cargo xtask first`: records in a real browser what a visit begins with, and so what comes later (see
//! `split.rs`).

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::split::later::Later;
use crate::tools::{self, Tool};
use crate::{build, process, repo, say, split};

/// Builds a page that is watched, uses it as tests/e2e/first.mjs says, and writes the lists.
pub fn run(args: &[String]) -> Result<()> {
    let again = match args {
        [] => true,
        [flag] if flag == "--as-built" => false,
        _ => anyhow::bail!("first takes nothing or --as-built"),
    };
    tools::ensure(tools::WEB)?;
    tools::ensure(&[Tool::Chromium])?;
    let site = repo::root().join("dist/watched");
    if again {
        let mut trunk = build::trunk("build", build::Kind::Release)?;
        trunk.arg("--dist").arg(&site).env(split::WATCH, "1");
        process::run(&mut trunk)?;
    }
    ensure!(site.exists(), "nothing is built yet: leave --as-built out");
    let dir = repo::root().join("tests/e2e");
    tools::npm_ci(&dir)?;
    let chromium = tools::chromium().context("no Chromium")?;
    let mut command = process::command("node");
    let seen = repo::root().join("dist/called");
    command.arg("first.mjs").arg(&seen).current_dir(&dir);
    command.env("LAYERGLASS_CHROMIUM", chromium).env("LAYERGLASS_DIST", site);
    process::run(&mut command)?;
    for name in split::SPLIT {
        let (all, called) = (lines(&seen, name, "all")?, lines(&seen, name, "called")?);
        let mut later = Later::unused(&all, &called);
        if *name == split::SHARED {
            later.forget_ways();
        }
        later.write(name)?;
        let (whole, ways) = (later.len(), later.ways());
        say::note(&format!("{name}: {whole} functions come later, and {ways} ways through others"));
    }
    Ok(())
}

/// Names of functions, as the browser wrote them down: `NAME-all.txt`, `NAME-called.txt`.
fn lines(dir: &Path, name: &str, what: &str) -> Result<Vec<String>> {
    let path = dir.join(format!("{name}-{what}.txt"));
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(text.lines().map(str::to_owned).collect())
}
