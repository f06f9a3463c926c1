//! Names of images: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]` (the reference grammar of the distribution
//! project).

use crate::oci::digest::Digest;
use std::fmt;

/// The registry that is meant when none is said.
pub const HUB: &str = "docker.io";

/// A repository and a tag or a digest, in the short form that Docker shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub repository: String,
    /// Empty where a digest was given and no tag.
    pub tag: String,
    pub digest: Option<Digest>,
}

/// Whether the first part of a name is a registry.
fn is_host(word: &str) -> bool {
    word.contains(['.', ':']) || word == "localhost"
}

impl Reference {
    /// # Errors
    /// In Docker's words.
    pub fn parse(text: &str) -> Result<Reference, String> {
        let invalid = || "invalid reference format".to_owned();
        let short = text.strip_prefix("docker.io/").unwrap_or(text);
        let short = short.strip_prefix("index.docker.io/").unwrap_or(short);
        let short = short.strip_prefix("library/").unwrap_or(short);
        let (name, digest) = match short.split_once('@') {
            Some((name, digest)) => (name, Some(Digest::parse(digest).ok_or_else(invalid)?)),
            None => (short, None),
        };
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ if digest.is_some() => (name, ""),
            _ => (name, "latest"),
        };
        let found = Reference { repository: repository.to_owned(), tag: tag.to_owned(), digest };
        let path = found.path();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let edge = |part: &str| {
            part.is_empty() || part.starts_with(['.', '-', '_']) || part.ends_with(['.', '-', '_'])
        };
        let is_tag = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let good_tag = (tag.is_empty() && digest.is_some())
            || !tag.is_empty()
                && tag.len() <= 128
                && tag.chars().all(is_tag)
                && !tag.starts_with(['.', '-']);
        let hex = path.strip_prefix("library/").unwrap_or(&path);
        if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!(
                "invalid repository name ({hex}), cannot specify 64-byte hexadecimal strings"
            ));
        }
        if repository.is_empty()
            || !path.chars().all(is_name)
            || path.split('/').any(edge)
            || !good_tag
        {
            return Err(invalid());
        }
        if path.chars().any(|c| c.is_ascii_uppercase()) {
            let why = format!("{}: repository name ({path}) must be lowercase", invalid());
            return Err(why);
        }
        Ok(found)
    }

    /// The registry.
    pub fn host(&self) -> &str {
        match self.repository.split_once('/') {
            Some((host, _)) if is_host(host) => host,
            _ => HUB,
        }
    }

    /// With the registry that is meant when none is said.
    pub fn full(&self) -> String {
        let text = self.to_string();
        let rest = text.strip_prefix(&self.repository).unwrap_or_default();
        format!("{}{rest}", self.full_repository())
    }

    /// The repository with its registry: `docker.io/library/nginx`.
    pub fn full_repository(&self) -> String {
        format!("{}/{}", self.host(), self.path())
    }

    /// The path within the registry.
    pub fn path(&self) -> String {
        match self.repository.split_once('/') {
            None => format!("library/{}", self.repository),
            Some((host, path)) if is_host(host) => path.to_owned(),
            Some(_) => self.repository.clone(),
        }
    }

    /// The tag, or the digest where there is none.
    pub fn tag_or_digest(&self) -> String {
        match &self.digest {
            Some(digest) => digest.to_string(),
            None => self.tag.clone(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.digest {
            Some(digest) => write!(f, "{}@{digest}", self.repository),
            None => write!(f, "{}:{}", self.repository, self.tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn names_as_docker_takes_them() {
        let parsed = |text: &str| Reference::parse(text).map(|it| (it.to_string(), it.full()));
        let both = |short: &str, full: &str| Ok((short.to_owned(), full.to_owned()));
        assert_eq!(parsed("nginx"), both("nginx:latest", "docker.io/library/nginx:latest"));
        assert_eq!(
            parsed("docker.io/library/nginx:1"),
            both("nginx:1", "docker.io/library/nginx:1")
        );
        assert_eq!(parsed("a/b:1"), both("a/b:1", "docker.io/a/b:1"));
        assert_eq!(parsed("h:5000/b"), both("h:5000/b:latest", "h:5000/b:latest"));
        let digest = format!("sha256:{}", "ab".repeat(32));
        let text = format!("nginx@{digest}");
        assert_eq!(parsed(&text), both(&text, &format!("docker.io/library/{text}")));
        for bad in ["", "a b", "-a", "a:", "a:b c", "a//b", "a@sha256:1", "a/-b", "h:5000/"] {
            assert_eq!(parsed(bad), Err("invalid reference format".to_owned()), "{bad:?}");
        }
        assert!(parsed("Nginx").unwrap_err().ends_with("name (library/Nginx) must be lowercase"));
        assert!(parsed(&"ab".repeat(32)).unwrap_err().starts_with("invalid repository name"));
    }
}
