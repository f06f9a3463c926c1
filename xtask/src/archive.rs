//! The site as one archive, for whoever hosts it without building it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use zip::write::SimpleFileOptions;

use crate::{repo, say};

/// What stands in the archive beside the site.
const README: &str = "\
Layerglass, ready to be hosted: copy the folder `layerglass` to any static host, under any path, and open
its index.html there. Nothing is fetched from elsewhere. `.wasm` should be served as application/wasm.

Pages of yours get a living picture by one script and one line:

  <script type=\"module\" src=\"layerglass/layer-glass.js\"></script>
  <layer-glass scenario=\"whiteout\"></layer-glass>

`embed.json` lists the files of the element with their hashes; those with a hash in their name may be cached
for ever. `layer-glass-single.js` is the whole element in one file.
";

/// Writes `dist/layerglass-VERSION.zip`; its path.
pub fn write(site: &Path) -> Result<PathBuf> {
    let out = repo::root().join(format!("dist/layerglass-{}.zip", env!("CARGO_PKG_VERSION")));
    say::step(&format!("Packing the site ({})", out.display()));
    let file = std::fs::File::create(&out).with_context(|| format!("{}", out.display()))?;
    let mut zip = zip::ZipWriter::new(std::io::BufWriter::new(file));
    // Without times, the same site is the same archive.
    let options = SimpleFileOptions::default().unix_permissions(0o644);
    zip.start_file("README.txt", options)?;
    zip.write_all(README.as_bytes())?;
    let mut files = repo::files_below(site, &[])?;
    files.sort();
    for path in files {
        let name = path.strip_prefix(site)?.to_string_lossy().replace('\\', "/");
        zip.start_file(format!("layerglass/{name}"), options)?;
        zip.write_all(&std::fs::read(&path)?)?;
    }
    zip.finish()?.flush()?;
    Ok(out)
}
