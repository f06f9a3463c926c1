//! Chromium, and a font that has Chinese characters: without one the zh-CN page is drawn as boxes
//! of the wrong width and its layout is not tested at all.

use std::path::PathBuf;

use crate::process;

/// The browser to test with: `LAYERGLASS_CHROMIUM`, or the first known name on the PATH.
pub fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("LAYERGLASS_CHROMIUM") {
        return Some(path.into()).filter(|path: &PathBuf| path.is_file());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let on_path = names.iter().find_map(|name| process::which(name));
    on_path.or_else(|| {
        let mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
        Some(PathBuf::from(mac)).filter(|path| path.is_file())
    })
}

/// Whether the system can draw Chinese; where nobody can say, it is taken to.
pub fn has_chinese_font() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let list = process::output(process::command("fc-list").args([":lang=zh-cn", "family"]));
    list.is_ok_and(|fonts| !fonts.trim().is_empty())
}
