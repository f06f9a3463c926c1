//! From configuration to the options of /proc/mounts (1.6).

use super::super::profile::{Feature, Profile};
use super::{Config, Fsync, RedirectMode, UuidMode, Verity, Xino};

/// The options as /proc/mounts shows them, in its order; what is default is left out. `several`
/// says that the layers live on several file systems (xino means nothing otherwise).
pub fn show(config: &Config, several: bool, profile: Profile) -> Vec<u8> {
    let mut out = Vec::new();
    match &config.lowerdir {
        Some(value) => path(&mut out, "lowerdir", value),
        None => {
            for it in &config.lowers {
                path(&mut out, if it.data { "datadir+" } else { "lowerdir+" }, &it.text);
            }
        }
    }
    if let (Some(upper), Some(work)) = (&config.upperdir, &config.workdir) {
        path(&mut out, "upperdir", upper);
        path(&mut out, "workdir", work);
    }
    let mut word = |on: bool, text: &str| {
        if on {
            separate(&mut out);
            out.extend(text.as_bytes());
        }
    };
    word(config.default_permissions, "default_permissions");
    let redirect = match (config.redirect, config.redirect_word) {
        (_, typed) if !profile.has(Feature::MountApi) => typed.filter(|it| *it != "off"),
        (RedirectMode::Follow, _) => None,
        (RedirectMode::NoFollow, _) => Some("nofollow"),
        (RedirectMode::On, _) => Some("on"),
    };
    word(redirect.is_some(), &format!("redirect_dir={}", redirect.unwrap_or_default()));
    word(config.index, "index=on");
    word(config.uuid == UuidMode::Off, "uuid=off");
    word(config.uuid == UuidMode::Null, "uuid=null");
    word(config.uuid == UuidMode::On, "uuid=on");
    word(config.nfs_export, "nfs_export=on");
    word(several && config.xino == Xino::On, "xino=on");
    word(several && config.xino == Xino::Auto, "xino=auto");
    word(config.metacopy, "metacopy=on");
    word(config.fsync == Fsync::Strict, "fsync=strict");
    let modes = profile.has(Feature::FsyncModes);
    word(config.fsync == Fsync::Volatile, if modes { "fsync=volatile" } else { "volatile" });
    word(config.userxattr, "userxattr");
    word(config.verity == Verity::On, "verity=on");
    word(config.verity == Verity::Require, "verity=require");
    out
}

fn separate(out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b',');
    }
}

fn path(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    separate(out);
    out.extend(key.as_bytes());
    out.push(b'=');
    for &byte in value {
        match byte {
            b' ' | b'\t' | b'\n' | b'\\' | b',' => out.extend(format!("\\{byte:03o}").bytes()),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(config: &Config) -> String {
        String::from_utf8(show(config, false, Profile::V6_18)).expect("ascii")
    }

    #[test]
    fn defaults_show_paths_alone() {
        let mut config = Config {
            lowerdir: Some(b"/a\\:b:/c d".to_vec()),
            upperdir: Some(b"/u".to_vec()),
            workdir: Some(b"/w".to_vec()),
            ..Config::default()
        };
        assert_eq!(shown(&config), "lowerdir=/a\\134:b:/c\\040d,upperdir=/u,workdir=/w");
        config.uuid = UuidMode::On;
        config.fsync = Fsync::Volatile;
        assert!(shown(&config).ends_with(",uuid=on,fsync=volatile"));
    }
}
