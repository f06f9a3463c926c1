//! `cargo xtask first`: records what a visit begins with (see `split.rs`), in a real browser.

use anyhow::{Context, Result, ensure};

use crate::tools::{self, Tool};
use crate::{build, process, repo, split};

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
    command.arg("first.mjs").arg(repo::root().join("www/first")).current_dir(&dir);
    command.env("LAYERGLASS_CHROMIUM", chromium).env("LAYERGLASS_DIST", site);
    process::run(&mut command)
}
