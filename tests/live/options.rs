//! Every combination of the mount options that depend on one another, with and without an upper layer and a layer of
//! data alone: what the kernel answers, and what it shows afterwards.

use libtest_mimic::Failed;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each option with its values; the first is not to name it.
const OPTIONS: &[&[&str]] = &[
    &["", "redirect_dir=on", "redirect_dir=off", "redirect_dir=follow", "redirect_dir=nofollow"],
    &["", "index=on", "index=off"],
    &["", "nfs_export=on", "nfs_export=off"],
    &["", "metacopy=on", "metacopy=off"],
    &["", "userxattr"],
    &["", "verity=on", "verity=require", "verity=off"],
    &["", "volatile", "fsync=strict"],
];
const LAYERS: &[&str] = &["l1 l2 u", "l1 l2", "d1 l1 l2 u", "d1 l1 l2"];

/// # Errors
/// The first combinations that differ.
pub fn agree() -> Result<usize, Failed> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("conform-options");
    let _ = std::fs::remove_dir_all(&dir);
    let count = write_all(&dir)?;
    let ask = |how: &str| -> Result<String, Failed> {
        let mut command = Command::new("timeout");
        command.args(["300", env!("CARGO_BIN_EXE_layerglass"), "conform", how]).arg(&dir);
        let out = command.output()?;
        Ok(String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    };
    let recorded = ask("--record")?;
    if !recorded.ends_with(&format!("recorded: {count} of {count}\n")) {
        return Err(beginning(&recorded).into());
    }
    let replayed = ask("--replay")?;
    if !replayed.ends_with(&format!("identical: {count} of {count}\n")) {
        return Err(beginning(&replayed).into());
    }
    std::fs::remove_dir_all(&dir)?;
    Ok(count)
}

/// A case for each combination; how many those are.
fn write_all(dir: &Path) -> Result<usize, Failed> {
    let mut combinations = vec![Vec::new()];
    for values in OPTIONS {
        let longer = |it: &Vec<&'static str>| {
            let it = it.clone();
            values.iter().map(move |value| [&it[..], &[*value]].concat())
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    for (folder, layers) in LAYERS.iter().enumerate() {
        let dir = dir.join(folder.to_string());
        std::fs::create_dir_all(&dir)?;
        for (at, words) in combinations.iter().enumerate() {
            let words: Vec<&str> = words.iter().copied().filter(|it| !it.is_empty()).collect();
            let options = words.join(",");
            let text = format!(
                "case: {options}\nlayers: {layers}\noptions: {options}\nobserve: end\n\nmount\nmounts\n"
            );
            std::fs::write(dir.join(format!("{at}.trace")), text)?;
        }
    }
    Ok(combinations.len() * LAYERS.len())
}

fn beginning(text: &str) -> String {
    text.lines().take(40).collect::<Vec<_>>().join("\n")
}
