//! `cargo xtask shots`: the pictures of the page in docs/images, taken anew in a real browser.

use anyhow::{Context, Result, ensure};

use crate::tools::{self, Tool};
use crate::{build, process, repo};

/// Builds the page and photographs it (tests/e2e/shots.mjs says what).
pub fn run(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "shots takes no arguments");
    tools::ensure(tools::WEB)?;
    tools::ensure(&[Tool::Chromium, Tool::ChineseFont])?;
    build::dist()?;
    let dir = repo::root().join("tests/e2e");
    tools::npm_ci(&dir)?;
    let chromium = tools::chromium().context("no Chromium")?;
    let mut command = process::command("node");
    command.arg("shots.mjs").current_dir(&dir);
    command.env("LAYERGLASS_CHROMIUM", chromium).env("LAYERGLASS_DIST", repo::dist_app());
    process::run(&mut command)?;
    println!("\nThe pictures are in docs/images: look at each before you commit it.");
    Ok(())
}
