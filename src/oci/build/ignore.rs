//! `.dockerignore`: patterns of what a context leaves out; the last that matches decides.

use super::pattern::Pattern;

/// The rules of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// `!`: what matches is in again.
    keep: bool,
    pattern: Pattern,
    text: String,
}

/// A path without `.`, `..` and doubled slashes.
pub fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl Ignore {
    /// Reads the file.
    ///
    /// # Errors
    /// A pattern that is none, in Docker's words.
    pub fn read(text: &str) -> Result<Ignore, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (keep, body) = match line.strip_prefix('!') {
                Some(body) => (true, body.trim()),
                None => (false, line),
            };
            if keep && body.is_empty() {
                return Err("illegal exclusion pattern: \"!\"".to_owned());
            }
            let path = clean(body);
            if path.is_empty() {
                continue;
            }
            let new = |text: &str| Pattern::deep(text).map_err(|why| format!("{why}: {body}"));
            rules.push(Rule { keep, pattern: new(&path)?, text: path });
        }
        Ok(Ignore { rules })
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether a path is left out: it, or a directory above it, is what a rule names.
    pub fn leaves_out(&self, path: &str) -> bool {
        let mut out = false;
        for rule in &self.rules {
            if rule.keep == out && (rule.names(path) || ancestors(path).any(|it| rule.names(it))) {
                out = !rule.keep;
            }
        }
        out
    }

    /// Whether something below a directory that is left out may be in again.
    pub fn may_keep_below(&self, dir: &str) -> bool {
        self.rules.iter().any(|rule| {
            rule.keep && {
                let head = rule.text.split('/').next().unwrap_or_default();
                let inside = dir.split('/').next().unwrap_or_default();
                super::pattern::is_pattern(head) || head == inside
            }
        })
    }
}

impl Rule {
    fn names(&self, path: &str) -> bool {
        self.pattern.matches(path)
    }
}

/// The directories above a path, the outermost first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}
