//! The files of `<layer-glass>`: the programs as scripts (for pages that may load nothing but scripts), the
//! scenarios as modules, the loader under a name of its own content, and a list of all with their hashes.
//!
//! Never here: what a scenario means, and what the loader does.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha384};

use crate::{glue, process, repo, split};

/// The module in a script: packed, as text. A page whose policy forbids to fetch it imports this.
const INLINE: &str = "\
export async function module() {
  const bytes = Uint8Array.from(atob(packed), (it) => it.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).arrayBuffer();
}
";

/// A program of the element: the script that wasm-bindgen has written, what it becomes, the module, and
/// the module as a script.
const PROGRAMS: &[[&str; 4]] = &[
    ["embed.js", "embed.js", "embed_bg.wasm", "embed-inline.js"],
    // The page's Workers use the first as it is.
    ["machine-full.js", "embed-full.js", "machine-full_bg.wasm", "machine-full-inline.js"],
];

/// Writes the scripts of the element's programs.
pub fn programs(dir: &Path, is_split: bool) -> Result<()> {
    let read =
        |name: &str| std::fs::read(dir.join(name)).with_context(|| format!("reading {name}"));
    for [glue, program, module, inline] in PROGRAMS {
        let mut script = String::from_utf8(read(glue)?)?;
        // The module that it fetches comes in two, if the build is a small one.
        let name = module.trim_end_matches("_bg.wasm");
        if is_split && split::SPLIT.contains(&name) {
            script = split::glue::with_both(&script, name)?;
        }
        let script = glue::program(&script).context(*glue)?;
        std::fs::write(dir.join(program), script)?;
        std::fs::write(dir.join(inline), as_script(&split::module::bare(&read(module)?)?)?)?;
    }
    Ok(())
}

/// A module of WebAssembly as a script.
fn as_script(module: &[u8]) -> Result<String> {
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(module)?;
    Ok(format!("const packed = '{}';\n{INLINE}", base64(&packer.finish()?)))
}

/// The files of the element by `embed.json`: their plain names, and those they have in the site.
pub fn names(dir: &Path) -> Result<Vec<(String, String)>> {
    let list = std::fs::read_to_string(dir.join("embed.json")).context("reading embed.json")?;
    let of_line = |line: &str| {
        let (old, rest) = line.trim().strip_prefix('"')?.split_once("\": { \"file\": \"")?;
        Some((old.to_owned(), rest.split_once('"')?.0.to_owned()))
    };
    Ok(list.lines().filter_map(of_line).collect())
}

/// Writes each scenario as a module, `scenarios/ID.js`.
pub fn scenarios(dir: &Path) -> Result<()> {
    let out = dir.join("scenarios");
    std::fs::create_dir_all(&out)?;
    for path in repo::files_below(&repo::root().join("static/scenarios"), &["yaml"])? {
        let text = std::fs::read_to_string(&path)?;
        let id = text.lines().find_map(|line| line.strip_prefix("id: "));
        let id = id.with_context(|| format!("{} has no id", path.display()))?.trim();
        std::fs::write(
            out.join(format!("{id}.js")),
            format!("export default {};\n", quote(&text)),
        )?;
        std::fs::write(out.join(format!("{id}.yaml")), text)?;
    }
    Ok(())
}

/// Where the pictures are made.
fn posters_dir() -> std::path::PathBuf {
    repo::root().join("www/generated/posters")
}

/// Draws each scenario in both languages, as what an element shows before its program is there.
pub fn draw_posters() -> Result<()> {
    let files = repo::files_below(&repo::root().join("static/scenarios"), &["yaml"])?;
    let mut draw = process::cargo();
    draw.args([
        "run",
        "--quiet",
        "--package",
        "layerglass",
        "--bin",
        "layerglass",
        "--",
        "picture",
        "--out",
    ]);
    process::run(draw.arg(posters_dir()).args(files))
}

/// Puts them beside the page, `posters/ID.en.svg`; a build without them has none.
pub fn posters(dir: &Path) -> Result<()> {
    let Ok(pictures) = std::fs::read_dir(posters_dir()) else { return Ok(()) };
    let out = dir.join("posters");
    std::fs::create_dir_all(&out)?;
    for picture in pictures {
        let picture = picture?;
        std::fs::copy(picture.path(), out.join(picture.file_name()))?;
    }
    Ok(())
}

/// A JavaScript string. JSON's form, which since ES2019 is a part of JavaScript's.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// Writes `embed.json`: the files of the element (their names without and with the hash) and what a page
/// writes into `integrity`.
pub fn list(dir: &Path, names: &[(String, String)]) -> Result<()> {
    let mut lines = Vec::new();
    for (old, new) in names {
        let bytes = std::fs::read(dir.join(new)).with_context(|| format!("reading {new}"))?;
        let hash = base64(&Sha384::digest(&bytes));
        lines.push(format!(
            "    {}: {{ \"file\": {}, \"bytes\": {}, \"integrity\": \"sha384-{hash}\" }}",
            quote(old),
            quote(new),
            bytes.len()
        ));
    }
    let version = env!("CARGO_PKG_VERSION");
    let text = format!(
        "{{\n  \"version\": \"{version}\",\n  \"files\": {{\n{}\n  }}\n}}\n",
        lines.join(",\n")
    );
    Ok(std::fs::write(dir.join("embed.json"), text)?)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, byte| n << 8 | u32::from(*byte));
        let n = n << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let letter = LETTERS[(n >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of somebody else pays this before anything of the element is seen.
    #[test]
    fn the_loader_is_small() -> Result<()> {
        let loader = std::fs::read(repo::root().join("static/embed/layer-glass.js"))?;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&loader)?;
        let size = packer.finish()?.len();
        assert!((1_000..=5_000).contains(&size), "{size} bytes gzipped");
        Ok(())
    }

    #[test]
    fn text_forms() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(quote("a\"b\\\n\u{1}é"), "\"a\\\"b\\\\\\n\\u0001é\"");
    }
}
