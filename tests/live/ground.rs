//! What tests stand on that ask the real system, and what becomes of them where it is missing.

use libtest_mimic::Trial;
use std::process::Command;

/// May this user mount in a namespace of its own?
#[allow(dead_code, reason = "tests that ask the command line hear it from there")]
pub fn can_mount() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("this system has no OverlayFS".into());
    }
    match Command::new("unshare").args(["-m", "true"]).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err("this user may not make mount namespaces".into()),
    }
}

/// The kernel that is asked, for whoever reads what ran.
#[allow(dead_code, reason = "tests that ask the command line hear it from there")]
pub fn kernel() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("Linux {}", release.trim())
}

/// A test that cannot run here: ignored with the reason, and failing where
/// `LAYERGLASS_REQUIRE_LIVE` is set.
pub fn absent(name: impl Into<String>, why: impl Into<String>) -> Trial {
    let why = why.into();
    let required = std::env::var_os("LAYERGLASS_REQUIRE_LIVE").is_some();
    let failing = format!("live comparison is required, but {why}");
    Trial::test(name, move || Err(failing.into())).with_ignored_flag(!required).with_kind(why)
}
