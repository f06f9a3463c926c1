//! The size gate: what a visitor downloads, compared with the committed www/size.json. Growing by
//! more than 5 % fails until somebody records the new size, which shows up in review.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::{build, process, repo, say, tools};

/// Growth that needs no announcement, in percent.
const TOLERATED: u64 = 5;

/// Something that is weighed.
struct Part {
    /// Its name in the record.
    key: &'static str,
    name: &'static str,
    /// What it may weigh, as brotli: now, and in the end. Lessons and recorded traces are data and
    /// not counted.
    budget: u64,
    goal: u64,
    is_in: fn(&str) -> bool,
}

/// What is fetched once the page is at work (see `split.rs`) or only when a command is called that the
/// first machine does not have, and what belongs to the element in pages of others.
fn is_late(file: &str) -> bool {
    file.starts_with("machine-full") || is_rest(file) || is_element(file)
}

fn is_rest(file: &str) -> bool {
    file.split_once("-rest").is_some_and(|it| it.0 == "machine" || it.0 == "page")
}

fn is_rest_of_full(file: &str) -> bool {
    file.starts_with("machine-full-rest")
}

/// What only the element, its form for frames, or a link that is packed asks for.
fn is_element(file: &str) -> bool {
    ["embed", "layer-glass", "frame.js", "resize.js", "pack-"].iter().any(|it| file.starts_with(it))
}

/// What an element in a page of somebody else fetches before it is at work.
fn is_first_of_element(file: &str) -> bool {
    let is_program = file.starts_with("embed_bg") || file.starts_with("embed-player");
    let is_script = file.strip_prefix("embed-").is_some_and(|it| {
        it.strip_suffix(".js").is_some_and(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))
    });
    let is_loader = file.starts_with("layer-glass-") && !file.contains("single");
    is_program || is_script || is_loader
}

const PARTS: &[Part] = &[
    Part {
        key: "machine",
        name: "the machine (kernel, overlay, shell) to begin with",
        budget: 250_000,
        goal: 200_000,
        is_in: |file| file.ends_with(".wasm") && file.starts_with("machine") && !is_late(file),
    },
    Part {
        key: "app",
        name: "the page and the machine to begin with",
        budget: 400_000,
        goal: 250_000,
        is_in: |file| file.ends_with(".wasm") && !is_late(file),
    },
    Part {
        key: "rest",
        name: "the rest of both, fetched when it is needed or nothing else is to do",
        budget: 400_000,
        goal: 300_000,
        is_in: is_rest,
    },
    Part {
        key: "full",
        name: "the machine with all commands to begin with, when it is needed",
        budget: 590_000,
        goal: 650_000,
        is_in: |file| {
            let is_full = file.ends_with(".wasm") && file.starts_with("machine-full");
            is_full && !is_rest_of_full(file)
        },
    },
    Part {
        key: "full-rest",
        name: "the rest of the machine with all commands",
        budget: 860_000,
        goal: 650_000,
        is_in: is_rest_of_full,
    },
    Part {
        key: "element",
        name: "the first <layer-glass> of a page of somebody else",
        budget: 800_000,
        goal: 400_000,
        is_in: is_first_of_element,
    },
    Part {
        key: "loader",
        name: "of that, what is there before anything is seen",
        budget: 5_000,
        goal: 4_000,
        is_in: |file| file.starts_with("layer-glass-") && !file.contains("single"),
    },
    Part {
        key: "glue",
        name: "JavaScript, CSS and HTML that a visit begins with",
        budget: 20_000,
        goal: 20_000,
        is_in: |file| {
            let is_glue =
                [".js", ".css"].iter().any(|end| file.ends_with(end)) && !file.starts_with("later");
            is_glue && !is_late(file) || file == "index.html"
        },
    },
];

/// Bytes on the wire, for each of `PARTS`.
type Sizes = Vec<u64>;

fn record_path() -> PathBuf {
    repo::root().join("www/size.json")
}

/// Measures dist/app.
pub fn measure() -> Result<Sizes> {
    let mut files = Vec::new();
    list(&repo::dist_app(), &mut files).context("dist/app: run `cargo xtask dist` first")?;
    let mut sizes = vec![0; PARTS.len()];
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let parts: Vec<usize> = (0..PARTS.len()).filter(|i| (PARTS[*i].is_in)(&name)).collect();
        let size = if parts.is_empty() { 0 } else { brotli(&file)? };
        parts.into_iter().for_each(|i| sizes[i] += size);
    }
    for (part, size) in PARTS.iter().zip(&sizes) {
        ensure!(*size > 0, "dist/app holds nothing of: {}", part.name);
    }
    Ok(sizes)
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() && path.ends_with("scenarios") {
            continue; // data, a file for each; a page fetches the one it names
        }
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
    let lines = PARTS.iter().zip(sizes).map(|(part, size)| format!("  \"{}\": {size}", part.key));
    format!("{{\n{}\n}}\n", lines.collect::<Vec<_>>().join(",\n"))
}

fn from_json(text: &str) -> Option<Sizes> {
    let field = |part: &Part| -> Option<u64> {
        let (_, rest) = text.split_once(&format!("\"{}\":", part.key))?;
        rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    PARTS.iter().map(field).collect()
}

/// Prints each size beside its budget.
pub fn print(sizes: &Sizes) {
    for (part, now) in PARTS.iter().zip(sizes) {
        let verdict = if *now > part.budget { "over" } else { "within" };
        let (name, now) = (part.name, say::bytes(*now));
        let (budget, goal) = (say::bytes(part.budget), say::bytes(part.goal));
        say::note(&format!("{name}: {now} as brotli ({verdict} {budget}; the goal is {goal})"));
    }
}

/// What grew too much.
fn grown(now: &Sizes, recorded: &Sizes) -> Vec<String> {
    let pairs = PARTS.iter().zip(now.iter().zip(recorded));
    pairs
        .filter(|(_, (now, then))| *now * 100 > *then * (100 + TOLERATED))
        .map(|(part, (now, then))| {
            format!("{} grew from {} to {}", part.name, say::bytes(*then), say::bytes(*now))
        })
        .collect()
}

/// The gate itself, on a built dist/app.
pub fn check() -> Result<()> {
    let now = measure()?;
    print(&now);
    if !tools::has_std_source() {
        say::note("not compared: www/size.json is of a page with its own standard library");
        return Ok(());
    }
    let text = std::fs::read_to_string(record_path()).context("www/size.json")?;
    let recorded = from_json(&text).context("www/size.json holds no sizes")?;
    let grown = grown(&now, &recorded);
    if !grown.is_empty() {
        bail!(
            "{}: more than {TOLERATED} % above www/size.json. What is new since the last `cargo xtask first` \
             counts as a beginning: run that, commit www/later, build anew. If it is still more and worth it, record it \
             with `cargo xtask size --accept` and say why in the commit",
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
        let sizes = vec![250_000, 343_512, 200_000, 543_000, 600_000, 700_000, 4_000, 5_100];
        assert_eq!(from_json(&to_json(&sizes)), Some(sizes));
        assert_eq!(from_json("{}"), None);
    }

    #[test]
    fn five_percent_is_tolerated_and_more_is_not() {
        let then = vec![1000, 1000, 1000, 1000, 1000];
        assert!(grown(&vec![1000, 1050, 1000, 1000, 10], &then).is_empty());
        let much = grown(&vec![1000, 1051, 1000, 1000, 1000], &then);
        assert_eq!(much, ["the page and the machine to begin with grew from 1 000 B to 1 051 B"]);
    }

    #[test]
    fn every_file_is_in_its_parts() {
        let parts = |file: &str| -> Vec<&str> {
            PARTS.iter().filter(|it| (it.is_in)(file)).map(|it| it.key).collect()
        };
        assert_eq!(parts("machine_bg-0123.wasm"), ["machine", "app"]);
        assert_eq!(parts("machine-full_bg-0123.wasm"), ["full"]);
        assert_eq!(parts("machine-full-rest-0123.wasm"), ["full-rest"]);
        assert_eq!(parts("embed_bg-0123.wasm"), ["element"]);
        assert_eq!(parts("embed-b8cb3be092d423ff.js"), ["element"]);
        assert_eq!(parts("layer-glass-0123.js"), ["element", "loader"]);
        for late in [
            "layer-glass.js",
            "layer-glass-single.js",
            "embed-full-0a.js",
            "embed-inline-0a.js",
            "pack-0a.js",
        ] {
            assert!(parts(late).is_empty(), "{late}");
        }
        assert_eq!(parts("page_bg-0123.wasm"), ["app"]);
        assert_eq!(parts("page-rest-0123.wasm"), ["rest"]);
        assert_eq!(parts("machine-rest-0123.wasm"), ["rest"]);
        assert!(parts("machine-full-0123.js").is_empty());
        assert_eq!(parts("worker-0123.js"), ["glue"]);
        assert!(parts("corpus.json").is_empty() && parts("semantics.html").is_empty());
    }
}
