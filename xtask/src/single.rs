//! The element as one file, programs and scenarios in it: for sites that can carry a script and nothing else.
//!
//! The parts of the site are put back under their plain names, what they would fetch becomes an import, and
//! esbuild makes one module of it.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::{embed, process, repo, say, tools};

/// The file beside the loader.
pub const FILE: &str = "layer-glass-single.js";

/// What a part says in the site, and what it says in the single file. Each has to be there: a part that
/// has changed is noticed here.
const CHANGES: &[(&str, &[(&str, &str)])] = &[
    (
        "layer-glass.js",
        &[
            ("import(at('embed-player.js'))", "import('./embed-player.js')"),
            // Without a site there is no picture to fetch; the sheets are drawn.
            (
                "id ? at(`posters/${encodeURIComponent(id)}.${this.language.slice(0, 2).toLowerCase()}.svg`) : ''",
                "''",
            ),
        ],
    ),
    (
        "embed-player.js",
        &[
            ("import(at('embed.js'))", "import('./embed.js')"),
            (
                "module('embed_bg.wasm', 'embed-inline.js')",
                "import('./embed-inline.js').then((it) => it.module())",
            ),
            ("import(at('embed-full.js'))", "import('./embed-full.js')"),
            (
                "module('machine-full_bg.wasm', 'machine-full-inline.js')",
                "import('./machine-full-inline.js').then((it) => it.module())",
            ),
            (
                "(await import(at(`scenarios/${encodeURIComponent(id)}.js`))).default",
                "await (await import('./scenarios.js')).text(id)",
            ),
            ("import(at('pack.js'))", "import('./pack.js')"),
        ],
    ),
];

/// Parts that are taken as they are.
const PARTS: &[&str] =
    &["embed.js", "embed-inline.js", "pack.js", "embed-full.js", "machine-full-inline.js"];

/// Writes the file into the site.
pub fn write(site: &Path) -> Result<()> {
    say::step(&format!("Putting the element into one file ({FILE})"));
    let list = embed::names(site)?;
    let dir = repo::root().join("target/single");
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    std::fs::create_dir_all(&dir)?;
    let plain = |name: &str| -> Result<String> {
        let file = &list.iter().find(|it| it.0 == name).with_context(|| format!("no {name}"))?.1;
        let text = std::fs::read_to_string(site.join(file)).context(name.to_owned())?;
        Ok(list.iter().fold(text, |text, (old, new)| text.replace(new.as_str(), old)))
    };
    for name in PARTS {
        std::fs::write(dir.join(name), plain(name)?)?;
    }
    for (name, changes) in CHANGES {
        std::fs::write(dir.join(name), changed(name, plain(name)?, changes)?)?;
    }
    std::fs::write(dir.join("scenarios.js"), scenarios(site)?)?;
    bundle(&dir, &site.join(FILE))
}

fn changed(name: &str, mut text: String, changes: &[(&str, &str)]) -> Result<String> {
    for (from, to) in changes {
        ensure!(
            text.contains(from),
            "{name} does not say {from} any more: see xtask/src/single.rs"
        );
        text = text.replace(from, to);
    }
    Ok(text)
}

/// All scenarios in a module.
fn scenarios(site: &Path) -> Result<String> {
    let mut text = String::from("const all = {\n");
    for file in repo::files_below(&site.join("scenarios"), &["js"])? {
        let id =
            file.file_stem().and_then(|it| it.to_str()).context("a scenario without a name")?;
        let source = std::fs::read_to_string(&file)?;
        let body = source.strip_prefix("export default ").context("a scenario in another form")?;
        let body = body.trim_end().trim_end_matches(';');
        text.push_str(&format!("  {}: {body},\n", embed::quote(id)));
    }
    text.push_str("};\nexport function text(id) {\n  if (!Object.hasOwn(all, id)) throw new Error(id);\n  return all[id];\n}\n");
    Ok(text)
}

fn bundle(dir: &Path, out: &Path) -> Result<()> {
    let mut esbuild = process::command(tools::esbuild().context("no esbuild")?);
    esbuild.args(["layer-glass.js", "--bundle", "--format=esm", "--minify", "--charset=utf8"]);
    esbuild.args(["--log-level=warning", "--target=es2022"]);
    esbuild.arg(format!("--outfile={}", out.display())).current_dir(dir);
    process::run(&mut esbuild)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_still_say_what_is_replaced() -> Result<()> {
        for (name, changes) in CHANGES {
            let text = std::fs::read_to_string(repo::root().join("static/embed").join(name))?;
            let new = changed(name, text, changes)?;
            // What is left is the way to a module that cannot be fetched, which nothing takes any more.
            let rest = new.replace("import(at(inline))", "").matches("import(at(").count();
            assert_eq!(rest, 0, "{name} imports more than it says here");
        }
        Ok(())
    }
}
