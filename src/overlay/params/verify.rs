//! Options against each other: conflicts, what one implies for another, silent downgrades.

use super::super::profile::{Feature, Profile};
use super::{Fsync, Parsed, RedirectMode, UuidMode, Verity};
use crate::errno::Errno;
use crate::types::Result;

/// Settles the configuration (1.4).
///
/// # Errors
/// `EINVAL` with a log line for a conflict.
pub(in super::super) fn verify(
    parsed: &mut Parsed,
    profile: Profile,
    log: &mut Vec<String>,
) -> Result<()> {
    if parsed.upper.is_none() {
        without_upper(parsed, log);
    }
    let conflict = digests(parsed, profile)
        .or_else(|| redirects(parsed))
        .or_else(|| exports(parsed, log))
        .or_else(|| user_attributes(parsed));
    match conflict {
        Some(options) => {
            log.push(format!("overlayfs: conflicting options: {options}"));
            Err(Errno::EINVAL)
        }
        None if data_needs_metacopy(parsed, profile) => {
            log.push("overlayfs: lower data-only dirs require metacopy support.".into());
            Err(Errno::EINVAL)
        }
        None => Ok(()),
    }
}

/// Before 6.16 data-only layers are for copies of metadata that this mount may make.
fn data_needs_metacopy(parsed: &Parsed, profile: Profile) -> bool {
    let data = parsed.config.lowers.iter().any(|it| it.data);
    data && !parsed.config.metacopy && !profile.has(Feature::DataWithoutMetacopy)
}

/// Before 6.16 `verity` is about such copies too, and turns them on.
fn digests(parsed: &mut Parsed, profile: Profile) -> Option<String> {
    let config = &mut parsed.config;
    let asked = config.verity != Verity::Off && !profile.has(Feature::DataWithoutMetacopy);
    if !asked || config.metacopy {
        return None;
    }
    if parsed.named.metacopy {
        let word = if config.verity == Verity::On { "on" } else { "require" };
        return Some(format!("metacopy=off,verity={word}"));
    }
    config.metacopy = true;
    None
}

/// Options that mean nothing on a mount that nobody can write.
fn without_upper(parsed: &mut Parsed, log: &mut Vec<String>) {
    let config = &mut parsed.config;
    if let Some(dir) = config.workdir.take() {
        let dir = String::from_utf8_lossy(&dir).into_owned();
        log.push(format!(
            "overlayfs: option \"workdir={dir}\" is useless in a non-upper mount, ignore"
        ));
        parsed.work = None;
    }
    if config.index && parsed.named.index {
        let line = "overlayfs: option \"index=on\" is useless in a non-upper mount, ignore";
        log.push(line.into());
        config.index = false;
        parsed.named.index = false;
    }
    if config.fsync == Fsync::Volatile {
        let line =
            "overlayfs: option \"volatile\" is meaningless in a non-upper mount, ignoring it.";
        log.push(line.into());
        config.fsync = Fsync::Auto;
    }
    if config.uuid == UuidMode::On {
        let line = "overlayfs: option \"uuid=on\" requires an upper fs, falling back to uuid=null.";
        log.push(line.into());
        config.uuid = UuidMode::Null;
    }
    // Nobody can make one, so following them is all that is left of "on".
    if config.redirect == RedirectMode::Follow {
        config.redirect = RedirectMode::On;
    }
}

fn redirects(parsed: &mut Parsed) -> Option<String> {
    let config = &mut parsed.config;
    if !config.metacopy || config.redirect == RedirectMode::On {
        return None;
    }
    if parsed.named.redirect {
        return Some(format!("metacopy=on,redirect_dir={}", redirect_word(config.redirect)));
    }
    config.redirect = RedirectMode::On;
    None
}

fn exports(parsed: &mut Parsed, log: &mut Vec<String>) -> Option<String> {
    let config = &mut parsed.config;
    if config.nfs_export && parsed.upper.is_none() && config.redirect != RedirectMode::NoFollow {
        let line = "overlayfs: NFS export requires \"redirect_dir=nofollow\" on non-upper mount, \
                    falling back to nfs_export=off.";
        log.push(line.into());
        config.nfs_export = false;
    }
    if config.nfs_export && !config.index {
        if parsed.named.index {
            return Some("nfs_export=on,index=off".into());
        }
        config.index = parsed.upper.is_some();
    }
    if config.nfs_export && config.metacopy {
        return Some("nfs_export=on,metacopy=on".into());
    }
    None
}

fn user_attributes(parsed: &mut Parsed) -> Option<String> {
    let config = &mut parsed.config;
    if !config.userxattr {
        return None;
    }
    if parsed.named.redirect && config.redirect != RedirectMode::NoFollow {
        return Some(format!("userxattr,redirect_dir={}", redirect_word(config.redirect)));
    }
    if parsed.named.metacopy && config.metacopy {
        return Some("userxattr,metacopy=on".into());
    }
    // Users could point a redirect at what they may not read.
    config.redirect = RedirectMode::NoFollow;
    config.metacopy = false;
    None
}

fn redirect_word(mode: RedirectMode) -> &'static str {
    match mode {
        RedirectMode::Follow => "follow",
        RedirectMode::NoFollow => "nofollow",
        RedirectMode::On => "on",
    }
}
