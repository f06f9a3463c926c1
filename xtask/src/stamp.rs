//! Trunk's last step (see Trunk.toml): files that the page fetches by name get a hash of their content
//! into it, so that a page never meets a machine of another build, and a host may keep them for ever.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{embed, oembed, process, split, tools};

/// Files named in later ones come first. The rest of a module is there if it comes in two parts.
const FILES: &[&str] = &[
    "app.css",
    "later.css",
    "page-rest.wasm",
    "page_bg.wasm",
    "page.js",
    "machine-rest.wasm",
    "machine_bg.wasm",
    "machine.js",
    "machine-full-rest.wasm",
    "machine-full_bg.wasm",
    "machine-full.js",
    "worker.js",
    "lessons.json",
    "lessons-more.json",
    "embed_bg.wasm",
    "embed.js",
    "embed-inline.js",
    "embed-full.js",
    "machine-full-inline.js",
    "pack.js",
    "embed-player.js",
    LOADER,
];

/// Files of `FILES` that are minified.
const SMALLER: &[&str] = &[
    "app.css",
    "later.css",
    "page.js",
    "machine.js",
    "machine-full.js",
    "worker.js",
    "embed.js",
    "embed-full.js",
    "pack.js",
];

/// What pages of others name: it stays under this name too, always the newest.
const LOADER: &str = "layer-glass.js";

/// Renames the files in the folder that Trunk is building, and their names in `index.html`. Before that, a
/// small build's modules are split.
pub fn run() -> Result<()> {
    let dir = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from);
    let dir = dir.context("Trunk calls this (TRUNK_STAGING_DIR is not set)")?;
    // They read what wasm-bindgen has written: nothing may change that before.
    let is_small = std::env::var_os("TRUNK_PROFILE").is_some_and(|it| it == "release");
    let watch = std::env::var_os(split::WATCH).is_some();
    embed::programs(&dir, is_small && !watch)?;
    name_page(&dir)?;
    name_sheet(&dir)?;
    if is_small {
        let files = if watch { split::watch::files } else { split::files };
        split::SPLIT.iter().try_for_each(|name| files(&dir, name))?;
        minify(&dir)?;
        unfold_page(&dir)?;
    }
    stamp(&dir)
}

/// What a program that is not read by people goes without.
fn minify(dir: &Path) -> Result<()> {
    let esbuild = tools::esbuild().context("no esbuild")?;
    for file in SMALLER {
        let mut command = process::command(&esbuild);
        command.args([file, "--minify", "--charset=utf8", "--target=es2022", "--allow-overwrite"]);
        command.args(["--log-level=warning", &format!("--outfile={file}")]).current_dir(dir);
        process::run(&mut command)?;
    }
    Ok(())
}

/// Trunk names the style sheet after its bytes, which are not the last ones either.
fn name_sheet(dir: &Path) -> Result<()> {
    let index = dir.join("index.html");
    let text = std::fs::read_to_string(&index).context("reading index.html")?;
    let after = text.split_once("href=\"./app-").and_then(|it| it.1.split_once(".css\""));
    let name = format!("app-{}.css", after.context("index.html has no style sheet")?.0);
    std::fs::rename(dir.join(&name), dir.join("app.css"))?;
    Ok(std::fs::write(index, text.replace(&name, "app.css"))?)
}

/// Trunk gives the page's own program a name of its bytes, which are not the last ones.
fn name_page(dir: &Path) -> Result<()> {
    let index = dir.join("index.html");
    let mut text = std::fs::read_to_string(&index).context("reading index.html")?;
    let after = text.split_once("import init from './").map(|it| it.1);
    let name = after.and_then(|it| it.split_once(".js'")).map(|it| it.0.to_owned());
    let name = name.context("index.html does not start a program")?;
    let script = std::fs::read_to_string(dir.join(format!("{name}.js")))?;
    std::fs::write(dir.join("page.js"), script.replace(&name, "page"))?;
    std::fs::remove_file(dir.join(format!("{name}.js")))?;
    std::fs::rename(dir.join(format!("{name}_bg.wasm")), dir.join("page_bg.wasm"))?;
    text = text.replace(&name, "page");
    Ok(std::fs::write(index, text)?)
}

fn stamp(dir: &Path) -> Result<()> {
    embed::scenarios(dir)?;
    embed::posters(dir)?;
    oembed::write(dir)?;
    let mut names: Vec<(&str, String)> = Vec::new();
    for file in FILES {
        let path = dir.join(file);
        if file.ends_with("-rest.wasm") && !path.exists() {
            continue;
        }
        let mut bytes = std::fs::read(&path).with_context(|| format!("reading {file}"))?;
        if file.ends_with(".js") {
            bytes = renamed(&String::from_utf8(bytes)?, &names).into_bytes();
        }
        let name = with_hash(file, &bytes);
        std::fs::write(dir.join(&name), &bytes)?;
        if *file == LOADER {
            std::fs::write(path, bytes)?;
        } else {
            std::fs::remove_file(path)?;
        }
        names.push((file, name));
    }
    let of_element =
        |file: &str| ["embed", "machine-full", "pack"].iter().any(|it| file.starts_with(it));
    let listed = names.iter().filter(|(old, _)| of_element(old) || *old == LOADER);
    let listed: Vec<_> = listed.map(|(old, new)| ((*old).to_owned(), new.clone())).collect();
    embed::list(dir, &listed)?;
    let index = dir.join("index.html");
    let text = std::fs::read_to_string(&index).context("reading index.html")?;
    std::fs::write(index, renamed(&text, &names))?;
    Ok(())
}

/// The page without what is only for people who read its source: lines that are comments, and indents.
fn unfold_page(dir: &Path) -> Result<()> {
    let index = dir.join("index.html");
    let text = std::fs::read_to_string(&index).context("reading index.html")?;
    let lines = text.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with("// "));
    Ok(std::fs::write(index, lines.collect::<Vec<_>>().join("\n") + "\n")?)
}

fn renamed(text: &str, names: &[(&str, String)]) -> String {
    names.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
}

/// `machine.js` as `machine-0123456789abcdef.js`.
fn with_hash(file: &str, bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    format!("{stem}-{hash:016x}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_changed_wherever_it_is_used() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("layerglass-stamp-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        for (name, text) in [
            ("app.css", "p{}"),
            ("later.css", "i{}"),
            ("page_bg.wasm", "page"),
            ("page.js", "new URL('page_bg.wasm')"),
            ("machine_bg.wasm", "wasm"),
            ("machine.js", "new URL('machine_bg.wasm')"),
            ("machine-full_bg.wasm", "more wasm"),
            ("machine-full.js", "new URL('machine-full_bg.wasm')"),
            ("worker.js", "import './machine.js'; './machine-full.js'"),
            ("lessons.json", "[]"),
            ("lessons-more.json", "[]"),
            ("embed_bg.wasm", "element"),
            ("embed.js", "new URL('embed_bg.wasm')"),
            ("embed-inline.js", "element as a script"),
            ("embed-full.js", "new URL('machine-full_bg.wasm')"),
            ("machine-full-inline.js", "more wasm as a script"),
            ("pack.js", "pack"),
            (
                "embed-player.js",
                "at('embed.js'), at('embed_bg.wasm'), at('pack.js'), at('embed-full.js')",
            ),
            ("layer-glass.js", "at('embed-player.js')"),
            (
                "index.html",
                "worker.js machine.js machine_bg.wasm lessons.json machine-full.js corpus.json",
            ),
        ] {
            std::fs::write(dir.join(name), text)?;
        }
        stamp(&dir)?;
        let index = std::fs::read_to_string(dir.join("index.html"))?;
        let names: Vec<&str> = index.split(' ').collect();
        assert_eq!(names[5], "corpus.json");
        for name in &names[..5] {
            assert!(dir.join(name).is_file() && name.len() > 16, "{name}");
        }
        let worker = std::fs::read_to_string(dir.join(names[0]))?;
        assert_eq!(worker, format!("import './{}'; './{}'", names[1], names[4]));
        // The loader keeps its name and has one of its content; both name the same files.
        let loader = std::fs::read_to_string(dir.join(LOADER))?;
        for name in loader.split('\'').skip(1).step_by(2) {
            assert!(dir.join(name).is_file() && name.len() > 16, "{name}");
        }
        let list = std::fs::read_to_string(dir.join("embed.json"))?;
        assert!(list.contains("\"layer-glass.js\": { \"file\": \"layer-glass-"), "{list}");
        assert_eq!(list.matches("sha384-").count(), 10, "{list}");
        assert!(dir.join("scenarios/lab.js").is_file());
        std::fs::remove_dir_all(&dir)?;
        Ok(())
    }
}
