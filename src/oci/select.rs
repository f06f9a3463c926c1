//! Which image of an archive is meant: by a name, by digests, by a platform.

use super::error::{Error, Result};
use super::layout::{Contents, Found};

impl Found {
    /// `linux/arm64/v8`.
    pub fn platform(&self) -> String {
        let config = &self.config;
        let parts = [&config.os, &config.architecture, &config.variant];
        let parts: Vec<&str> =
            parts.iter().map(|it| it.as_str()).filter(|it| !it.is_empty()).collect();
        parts.join("/")
    }

    /// What it is called, for people who have to choose.
    fn called(&self) -> String {
        match &self.tags[..] {
            [] => self.id.short(),
            tags => tags.join(", "),
        }
    }

    fn is_platform(&self, wanted: &str) -> bool {
        let own = self.platform();
        own == wanted || own.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'))
    }

    /// By its identifier or the digest of its manifest, six digits of it at least.
    fn is_digest(&self, wanted: &str) -> bool {
        let hex = wanted.strip_prefix("sha256:").unwrap_or(wanted);
        let fits = |digest: &super::Digest| digest.hex().starts_with(hex);
        hex.len() >= 6 && (fits(&self.id) || self.manifest.as_ref().is_some_and(fits))
    }

    fn is_named(&self, wanted: &str) -> bool {
        let wanted = familiar(wanted);
        self.tags.iter().any(|tag| {
            let tag = familiar(tag);
            tag == wanted || tag.strip_suffix(":latest") == Some(wanted)
        })
    }

    /// A layout may give no more than a tag: then the name before it is the file's.
    fn has_bare_tag(&self, wanted: &str) -> bool {
        let Some((_, tag)) = wanted.rsplit_once(':') else { return false };
        self.tags.iter().any(|it| it == tag && !it.contains(['/', ':']))
    }
}

/// A name without the registry that Docker means when none is said.
fn familiar(name: &str) -> &str {
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

impl Contents {
    /// The images that fit: `wanted` is a name, a digest (after `NAME@` too) or a platform,
    /// `platform` is one as well.
    pub fn chosen(&self, wanted: Option<&str>, platform: Option<&str>) -> Vec<&Found> {
        let images: Vec<&Found> = match platform {
            Some(platform) => self.images.iter().filter(|it| it.is_platform(platform)).collect(),
            None => self.images.iter().collect(),
        };
        let Some(wanted) = wanted else { return images };
        let digest = wanted.rsplit_once('@').map_or(wanted, |(_, digest)| digest);
        let ways: [&dyn Fn(&Found) -> bool; 4] = [
            &|it| it.is_named(wanted),
            &|it| it.is_digest(digest),
            &|it| it.is_platform(wanted),
            &|it| it.has_bare_tag(wanted),
        ];
        for way in ways {
            let found: Vec<&Found> = images.iter().copied().filter(|it| way(it)).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// The one image that fits.
    ///
    /// # Errors
    /// None or several, with those that there are.
    pub fn one(&self, wanted: Option<&str>, platform: Option<&str>) -> Result<&Found> {
        let found = self.chosen(wanted, platform);
        match found[..] {
            [one] => Ok(one),
            [] => {
                let said =
                    [wanted, platform].into_iter().flatten().collect::<Vec<_>>().join(" for ");
                let there = names(self.images.iter());
                Err(Error::new("", format!("no image {said}; there are: {there}")))
            }
            _ => {
                let there = names(found.iter().copied());
                Err(Error::new(
                    "",
                    format!(
                        "several images, choose one with #NAME:TAG, a digest or a platform: {there}"
                    ),
                ))
            }
        }
    }
}

/// The names of images, with platforms where there are different ones.
fn names<'a>(images: impl Iterator<Item = &'a Found> + Clone) -> String {
    let first = images.clone().next().map(Found::platform);
    let mixed = images.clone().any(|it| Some(it.platform()) != first);
    let each = images.map(|it| match mixed {
        true => format!("{} ({})", it.called(), it.platform()),
        false => it.called(),
    });
    each.collect::<Vec<_>>().join(", ")
}
