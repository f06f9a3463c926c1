//! What must not appear, and where: the lists behind the rules.

/// Code that the compiler does not check.
pub const UNSAFE: &[&str] =
    &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe_code)"];

/// Ways to the world outside the engine.
pub const WORLD: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "static mut",
    "thread_local!",
    "RandomState",
    "rand::",
];

/// Signs of work not finished.
pub const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!(", "TODO", "FIXME", "HACK"];

/// Paths of development machines. Written in pieces, so that this file does not match itself.
pub const MACHINE_PATHS: &[&str] = &[
    concat!("/work", "/main"),
    concat!("/work", "/shared"),
    concat!("/work", "/.library"),
    concat!("/tmp", "/lg/"),
    concat!("/home", "/runner/"),
];

/// Lines of code, without unit tests, that a file may have.
pub const LONGEST: usize = 700;

/// Longer files: the most lines each may have, and why it is not split. Entries only ever shrink.
pub const LONG_FILES: &[(&str, usize, &str)] = &[];

/// Headings under a release, as in keepachangelog.com.
pub const CHANGE_KINDS: &[&str] =
    &["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

/// `[1.2.3] - 2026-01-31`, or `[Unreleased]` for the first.
pub fn is_release_heading(text: &str, first: bool) -> bool {
    if text == "[Unreleased]" {
        return first;
    }
    let Some((version, date)) = text.split_once(" - ") else { return false };
    let numbers = |text: &str, separator, count| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.len() == count && parts.iter().all(|part| part.parse::<u32>().is_ok())
    };
    let version = version.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    version.is_some_and(|text| numbers(text, '.', 3)) && numbers(date, '-', 3)
}
