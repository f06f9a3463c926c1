//! Secrets that were left in layers: files that hold keys by their name or their beginning, and
//! variables of the configuration. A secret that a higher layer deletes is still in the image.

use super::config::ImageConfig;
use super::layer::Layer;
use super::tree::{Place, Tree};
use crate::survey::Finding;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What gave a secret away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Secret {
    pub kind: &'static str,
    /// A variable or a step, for secrets of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Names of files that exist to hold secrets. A leading `*` stands for any beginning.
const NAMES: &[(&str, &str)] = &[
    ("id_rsa", "SSH private key"),
    ("id_dsa", "SSH private key"),
    ("id_ecdsa", "SSH private key"),
    ("id_ed25519", "SSH private key"),
    (".npmrc", "npm credentials"),
    (".yarnrc.yml", "Yarn credentials"),
    (".pypirc", "PyPI credentials"),
    (".netrc", "netrc credentials"),
    (".git-credentials", "git credentials"),
    (".pgpass", "PostgreSQL password"),
    (".my.cnf", "MySQL password"),
    (".env", "environment file"),
    (".htpasswd", "password hashes"),
    (".s3cfg", "S3 credentials"),
    ("*.aws/credentials", "AWS credentials"),
    ("*.docker/config.json", "registry credentials"),
    ("*.kube/config", "Kubernetes credentials"),
    ("*.cargo/credentials.toml", "crates.io token"),
    ("*.gem/credentials", "RubyGems token"),
    ("*.pfx", "key store"),
    ("*.p12", "key store"),
    ("*.jks", "key store"),
    ("*.kdbx", "password store"),
    ("*_rsa.key", "private key"),
];

/// Beginnings of texts that only secrets have, and how many characters of a key must follow.
const MARKS: &[(&[u8], usize, &str)] = &[
    (b"-----BEGIN RSA PRIVATE KEY-----", 0, "RSA private key"),
    (b"-----BEGIN EC PRIVATE KEY-----", 0, "EC private key"),
    (b"-----BEGIN DSA PRIVATE KEY-----", 0, "DSA private key"),
    (b"-----BEGIN PRIVATE KEY-----", 0, "private key"),
    (b"-----BEGIN ENCRYPTED PRIVATE KEY-----", 0, "encrypted private key"),
    (b"-----BEGIN OPENSSH PRIVATE KEY-----", 0, "OpenSSH private key"),
    (b"-----BEGIN PGP PRIVATE KEY BLOCK-----", 0, "PGP private key"),
    (b"AKIA", 16, "AWS access key"),
    (b"ghp_", 36, "GitHub token"),
    (b"github_pat_", 22, "GitHub token"),
    (b"glpat-", 20, "GitLab token"),
    (b"xoxb-", 20, "Slack token"),
    (b"xoxp-", 20, "Slack token"),
    (b"npm_", 36, "npm token"),
    (b"pypi-AgE", 40, "PyPI token"),
    (b"sk_live_", 24, "Stripe key"),
    (b"AIza", 35, "Google API key"),
    (b":_authToken=", 8, "npm token"),
    (b"dckr_pat_", 20, "Docker token"),
];

/// Words in the names of variables that hold secrets.
const VARIABLES: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "CREDENTIALS",
];

/// Looks at a file: its path below the root, and its beginning.
pub fn in_file(path: &[u8], head: &[u8]) -> Option<Secret> {
    let kind = by_mark(head).or_else(|| by_name(path, head))?;
    Some(Secret { kind, at: None })
}

fn by_name(path: &[u8], head: &[u8]) -> Option<&'static str> {
    if head.is_empty() {
        return None;
    }
    let text = std::str::from_utf8(path).ok()?;
    let base = text.rsplit('/').next()?;
    let hit = |pattern: &str| match pattern.strip_prefix('*') {
        Some(end) => text.ends_with(end),
        None => base == pattern,
    };
    NAMES.iter().find(|(pattern, _)| hit(pattern)).map(|(_, kind)| *kind)
}

fn by_mark(text: &[u8]) -> Option<&'static str> {
    for (at, &byte) in text.iter().enumerate() {
        if !matches!(byte, b'-' | b'A' | b'g' | b'x' | b'n' | b'p' | b's' | b':' | b'd') {
            continue;
        }
        let rest = &text[at..];
        let hit = MARKS.iter().find(|(mark, more, _)| {
            let key = rest.strip_prefix(*mark);
            let is_start = at == 0 || !is_key(text[at - 1]) || mark[0] == b':';
            is_start
                && key.is_some_and(|key| key.iter().take_while(|b| is_key(**b)).count() >= *more)
        });
        if let Some((_, _, kind)) = hit {
            return Some(kind);
        }
    }
    None
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Looks at the configuration: variables with values, and build arguments in the history.
pub fn in_config(config: &ImageConfig) -> Vec<Secret> {
    let mut found = Vec::new();
    let env = config.config.env.iter().flatten();
    for pair in env {
        if let Some(at) = variable(pair) {
            found.push(Secret { kind: "variable of the image", at: Some(at) });
        }
    }
    for step in &config.history {
        // `|2 TOKEN=x OTHER=y /bin/sh -c …` and `RUN |2 …`: arguments that a step was given.
        let Some((_, rest)) = step.created_by.split_once('|') else { continue };
        let mut words = rest.split(' ');
        let count = words.next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        for at in words.take(count).filter_map(variable) {
            found.push(Secret { kind: "build argument in the history", at: Some(at) });
        }
    }
    found.dedup();
    found
}

/// The name of a variable that holds a secret.
fn variable(pair: &str) -> Option<String> {
    let (name, value) = pair.split_once('=')?;
    let upper = name.to_uppercase();
    let is_secret =
        VARIABLES.iter().any(|word| upper.contains(word)) || by_mark(pair.as_bytes()).is_some();
    // A value that only names a file or a variable is none.
    let has_value = !value.is_empty() && !value.starts_with('/') && !value.starts_with('$');
    (is_secret && has_value).then(|| name.to_owned())
}

/// The findings of an image, in the order of its layers.
pub fn report(layers: &[Arc<Layer>], found: &[(usize, u32, Secret)]) -> Vec<Finding> {
    let tree = Tree::of(layers);
    let seen: BTreeSet<Place> = tree.iter().map(|(_, place)| place).collect();
    let mut all: Vec<Finding> = found
        .iter()
        .map(|(layer, item, secret)| match layers.get(*layer) {
            None => Finding {
                kind: secret.kind.to_owned(),
                layer: 0,
                path: secret.at.clone().unwrap_or_default(),
                visible: true,
            },
            Some(in_layer) => Finding {
                kind: secret.kind.to_owned(),
                layer: layer + 1,
                path: String::from_utf8_lossy(&in_layer.items[*item as usize].path).into_owned(),
                visible: seen.contains(&Place { layer: *layer as u32, item: *item }),
            },
        })
        .collect();
    all.sort_by(|a, b| (a.layer, &a.path).cmp(&(b.layer, &b.path)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_give_themselves_away() {
        let kind =
            |path: &str, head: &str| in_file(path.as_bytes(), head.as_bytes()).map(|it| it.kind);
        assert_eq!(kind("root/.npmrc", "x"), Some("npm credentials"));
        assert_eq!(kind("root/.npmrc", ""), None, "an empty file holds nothing");
        assert_eq!(kind("a", "x -----BEGIN PRIVATE KEY-----"), Some("private key"));
        assert_eq!(kind("a", "key=AKIAIOSFODNN7EXAMPLE"), Some("AWS access key"));
        assert_eq!(kind("a", "key=AKIA"), None);
        assert_eq!(kind("root/.aws/credentials", "x"), Some("AWS credentials"));
        assert_eq!(kind("a.txt", "MAKIAIOSFODNN7EXAMPLE"), None, "in the middle of a word");
    }

    #[test]
    fn variables_give_themselves_away() {
        assert_eq!(variable("DB_PASSWORD=x"), Some("DB_PASSWORD".to_owned()));
        assert_eq!(variable("DB_PASSWORD_FILE=/run/secrets/x"), None);
        assert_eq!(variable("PATH=/bin"), None);
        assert_eq!(variable("TOKEN="), None);
    }
}
