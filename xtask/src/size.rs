//! The size gate: what a visitor downloads, compared with the committed www/size.json. Growing by
//! more than 5 % fails until somebody records the new size, which shows up in review.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::{build, process, repo, say, tools};

/// Growth that needs no announcement, in percent.
const TOLERATED: u64 = 5;

/// What the whole app may weigh before lessons: 250 KB of wasm, 20 KB of JavaScript and CSS.
const BUDGET: Sizes = Sizes { wasm_brotli: 250_000, glue_brotli: 20_000 };

/// Bytes on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// All WebAssembly, brotli.
    pub wasm_brotli: u64,
    /// All JavaScript and CSS, brotli.
    pub glue_brotli: u64,
}

fn record_path() -> PathBuf {
    repo::root().join("www/size.json")
}

/// Measures dist/app.
pub fn measure() -> Result<Sizes> {
    let mut files = Vec::new();
    list(&repo::dist_app(), &mut files).context("dist/app: run `cargo xtask dist` first")?;
    let of = |kinds: &[&str]| -> Result<u64> {
        let fits = |path: &&PathBuf| {
            path.extension().is_some_and(|end| kinds.iter().any(|kind| end == *kind))
        };
        files.iter().filter(fits).map(|path| brotli(path)).sum()
    };
    let sizes = Sizes { wasm_brotli: of(&["wasm"])?, glue_brotli: of(&["js", "css"])? };
    ensure!(sizes.wasm_brotli > 0, "dist/app holds no WebAssembly");
    Ok(sizes)
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// The size of a file as a good static host sends it. Node brings brotli at its best quality.
fn brotli(path: &Path) -> Result<u64> {
    let script = "const z=require('zlib'),b=require('fs').readFileSync(process.argv[1]);\
                  process.stdout.write(String(z.brotliCompressSync(b,{params:{\
                  [z.constants.BROTLI_PARAM_SIZE_HINT]:b.length}}).length))";
    let text = process::output(process::command("node").args(["-e", script]).arg(path))?;
    text.trim().parse().context("node printed no size")
}

fn to_json(sizes: &Sizes) -> String {
    format!(
        "{{\n  \"wasm_brotli\": {},\n  \"glue_brotli\": {}\n}}\n",
        sizes.wasm_brotli, sizes.glue_brotli
    )
}

fn from_json(text: &str) -> Option<Sizes> {
    let field = |name: &str| -> Option<u64> {
        let (_, rest) = text.split_once(&format!("\"{name}\":"))?;
        rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    Some(Sizes { wasm_brotli: field("wasm_brotli")?, glue_brotli: field("glue_brotli")? })
}

fn rows(sizes: &Sizes) -> [(&'static str, u64); 2] {
    [("WebAssembly", sizes.wasm_brotli), ("JavaScript and CSS", sizes.glue_brotli)]
}

/// Prints each size beside its budget.
pub fn print(sizes: &Sizes) {
    for ((name, now), (_, budget)) in rows(sizes).into_iter().zip(rows(&BUDGET)) {
        let verdict = if now > budget { "over" } else { "within" };
        let (now, budget) = (say::bytes(now), say::bytes(budget));
        say::note(&format!("{name}: {now} as brotli ({verdict} the budget of {budget})"));
    }
}

/// What grew too much.
fn grown(now: &Sizes, recorded: &Sizes) -> Vec<String> {
    let pairs = rows(now).into_iter().zip(rows(recorded));
    pairs
        .filter(|((_, now), (_, then))| now * 100 > then * (100 + TOLERATED))
        .map(|((name, now), (_, then))| {
            format!("{name} grew from {} to {}", say::bytes(then), say::bytes(now))
        })
        .collect()
}

/// The gate itself, on a built dist/app.
pub fn check() -> Result<()> {
    let now = measure()?;
    print(&now);
    let text = std::fs::read_to_string(record_path()).context("www/size.json")?;
    let recorded = from_json(&text).context("www/size.json holds no sizes")?;
    let grown = grown(&now, &recorded);
    if !grown.is_empty() {
        bail!(
            "{}: more than {TOLERATED} % above www/size.json. If it is worth it, record it with \
             `cargo xtask size --accept` and say why in the commit",
            grown.join("; ")
        );
    }
    Ok(())
}

/// `cargo xtask size [--accept]`.
pub fn command(args: &[String]) -> Result<()> {
    tools::ensure(tools::WEB)?;
    if !repo::dist_app().exists() {
        build::dist()?;
    }
    match args {
        [] => check(),
        [flag] if flag == "--accept" => {
            let now = measure()?;
            print(&now);
            std::fs::write(record_path(), to_json(&now))?;
            println!("Recorded in www/size.json.");
            Ok(())
        }
        _ => bail!("size takes nothing or --accept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_survives_a_round_trip() {
        let sizes = Sizes { wasm_brotli: 43_512, glue_brotli: 5_100 };
        assert_eq!(from_json(&to_json(&sizes)), Some(sizes));
        assert_eq!(from_json("{}"), None);
    }

    #[test]
    fn five_percent_is_tolerated_and_more_is_not() {
        let then = Sizes { wasm_brotli: 1000, glue_brotli: 1000 };
        assert!(grown(&Sizes { wasm_brotli: 1050, glue_brotli: 10 }, &then).is_empty());
        let much = grown(&Sizes { wasm_brotli: 1051, glue_brotli: 1000 }, &then);
        assert_eq!(much, ["WebAssembly grew from 1 000 B to 1 051 B"]);
    }
}
