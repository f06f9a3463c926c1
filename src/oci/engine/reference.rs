//! Names of images: `[HOST[:PORT]/]PATH[:TAG]`.

use std::fmt;

/// A repository and a tag, in the short form that Docker shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    pub repository: String,
    pub tag: String,
}

impl Reference {
    /// # Errors
    /// In Docker's words.
    pub fn parse(text: &str) -> Result<Reference, String> {
        let short = text.strip_prefix("docker.io/").unwrap_or(text);
        let short = short.strip_prefix("library/").unwrap_or(short);
        let (repository, tag) = match short.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (short, "latest"),
        };
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/:".contains(c);
        let is_tag = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if repository.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(format!(
                "invalid reference format: repository name ({repository}) must be lowercase"
            ));
        }
        let edge = |text: &str| {
            text.starts_with(['.', '-', '/', ':']) || text.ends_with(['.', '-', '/', ':'])
        };
        let good = !repository.is_empty()
            && repository.chars().all(is_name)
            && !edge(repository)
            && !repository.contains("//")
            && !tag.is_empty()
            && tag.len() <= 128
            && tag.chars().all(is_tag)
            && !tag.starts_with(['.', '-']);
        if !good {
            return Err("invalid reference format".to_owned());
        }
        Ok(Reference { repository: repository.to_owned(), tag: tag.to_owned() })
    }

    /// With the registry that is meant when none is said.
    pub fn full(&self) -> String {
        let path = self.path();
        match self.repository.split_once('/') {
            Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => self.to_string(),
            _ => format!("docker.io/{path}:{}", self.tag),
        }
    }

    /// The path within the registry.
    pub fn path(&self) -> String {
        match self.repository.split_once('/') {
            None => format!("library/{}", self.repository),
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                path.to_owned()
            }
            Some(_) => self.repository.clone(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.repository, self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn names_as_docker_takes_them() {
        let parsed = |text| Reference::parse(text).map(|it| (it.to_string(), it.full()));
        let both = |short: &str, full: &str| Ok((short.to_owned(), full.to_owned()));
        assert_eq!(parsed("nginx"), both("nginx:latest", "docker.io/library/nginx:latest"));
        assert_eq!(
            parsed("docker.io/library/nginx:1"),
            both("nginx:1", "docker.io/library/nginx:1")
        );
        assert_eq!(parsed("a/b:1"), both("a/b:1", "docker.io/a/b:1"));
        assert_eq!(parsed("h:5000/b"), both("h:5000/b:latest", "h:5000/b:latest"));
        for bad in ["", "a b", "-a", "a:", "a:b c", "a//b"] {
            assert_eq!(parsed(bad), Err("invalid reference format".to_owned()), "{bad:?}");
        }
        assert!(parsed("Nginx").unwrap_err().ends_with("must be lowercase"));
    }
}
