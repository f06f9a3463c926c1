//! Sets of mount options drawn at random: also such as nobody would combine.

use super::Rng;

/// An option and its values; several of them exclude each other, and a mount is refused.
const VALUES: &[(&str, &[&str])] = &[
    ("redirect_dir", &["on", "on", "off", "follow", "nofollow"]),
    ("index", &["on", "on", "off"]),
    ("metacopy", &["on", "on", "off"]),
    ("nfs_export", &["on", "off"]),
    ("xino", &["on", "off", "auto"]),
    ("uuid", &["on", "auto", "null", "off"]),
    ("verity", &["on", "off", "require"]),
    ("fsync", &["strict", "auto", "volatile"]),
];

/// Options without a value.
const FLAGS: &[&str] = &["volatile", "default_permissions", "userxattr", "override_creds"];

/// A set of one to four options.
pub(super) fn mixed(rng: &mut Rng) -> String {
    let mut words: Vec<String> = Vec::new();
    for _ in 0..1 + rng.below(4) {
        let word = if rng.one_in(6) {
            rng.pick(FLAGS).to_owned()
        } else {
            let (name, values) = VALUES[rng.below(VALUES.len())];
            format!("{name}={}", rng.pick(values))
        };
        // An option that is given twice is another matter: the last one counts.
        let name = word.split('=').next().unwrap_or_default();
        if !words.iter().any(|it| it.starts_with(name)) || rng.one_in(10) {
            words.push(word);
        }
    }
    words.join(",")
}
