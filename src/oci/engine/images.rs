//! The image store: configurations by their digest, and names for them.

use super::reference::Reference;
use super::{Engine, record};
use crate::drivers::{Answer, Failure, files};
use crate::oci::build::golang::go_json;
use crate::oci::config::ImageConfig;
use crate::oci::digest::{Digest, chain_ids};
use crate::sys::{AT_FDCWD, Sys};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `repositories.json`: names of each repository, and what they mean.
#[derive(Serialize, Deserialize, Default)]
struct Repositories {
    #[serde(rename = "Repositories")]
    repositories: BTreeMap<String, BTreeMap<String, Digest>>,
}

/// An image that is there.
#[derive(Clone)]
pub struct Local {
    pub id: Digest,
    pub config: ImageConfig,
    pub raw: Vec<u8>,
}

impl Local {
    /// The chain IDs of its layers, base first.
    pub fn chains(&self) -> Vec<Digest> {
        chain_ids(&self.config.rootfs.diff_ids)
    }
}

impl Engine {
    fn content(&self, id: Digest) -> String {
        format!("{}/imagedb/content/sha256/{}", self.driver_dir(), id.hex())
    }

    fn metadata_dir(&self, id: Digest) -> String {
        format!("{}/imagedb/metadata/sha256/{}", self.driver_dir(), id.hex())
    }

    fn repositories(&self, sys: &mut dyn Sys) -> Repositories {
        let path = format!("{}/repositories.json", self.driver_dir());
        let text = files::read(sys, &path).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn keep_repositories(&self, sys: &mut dyn Sys, all: &Repositories) -> Answer<()> {
        let path = format!("{}/repositories.json", self.driver_dir());
        let text = serde_json::to_vec(all).unwrap_or_default();
        record(sys, &path, &text, 0o600)
    }

    /// Keeps a configuration; its digest.
    ///
    /// # Errors
    /// The disk's.
    pub fn put_image(
        &self,
        sys: &mut dyn Sys,
        raw: &[u8],
        parent: Option<Digest>,
    ) -> Answer<Digest> {
        let id = Digest::of(raw);
        record(sys, &self.content(id), raw, 0o600)?;
        if let Some(parent) = parent {
            self.put_metadata(sys, id, "parent", &parent.to_string())?;
        }
        Ok(id)
    }

    /// Keeps a configuration in the form that Go gives it; the image.
    ///
    /// # Errors
    /// The disk's.
    pub fn put_config(
        &self,
        sys: &mut dyn Sys,
        config: ImageConfig,
        parent: Option<Digest>,
    ) -> Answer<Local> {
        let raw = go_json(&serde_json::to_string(&config).unwrap_or_default()).into_bytes();
        let id = self.put_image(sys, &raw, parent)?;
        Ok(Local { id, config, raw })
    }

    fn put_metadata(&self, sys: &mut dyn Sys, id: Digest, key: &str, value: &str) -> Answer<()> {
        let dir = self.metadata_dir(id);
        files::mkdir_all(sys, &dir, 0o700).map_err(|errno| Failure::of("mkdir", &dir, errno))?;
        record(sys, &format!("{dir}/{key}"), value.as_bytes(), 0o600)
    }

    /// What is known of an image beside its configuration: `parent`, `lastUpdated`.
    pub fn image_metadata(&self, sys: &mut dyn Sys, id: Digest, key: &str) -> Option<String> {
        files::read_text(sys, &format!("{}/{key}", self.metadata_dir(id))).ok()
    }

    pub fn image(&self, sys: &mut dyn Sys, id: Digest) -> Option<Local> {
        let raw = files::read(sys, &self.content(id)).ok()?;
        let config = serde_json::from_slice(&raw).ok()?;
        Some(Local { id, config, raw })
    }

    pub fn images(&self, sys: &mut dyn Sys) -> Vec<Local> {
        let names = files::names(sys, &format!("{}/imagedb/content/sha256", self.driver_dir()));
        let ids: Vec<Digest> = names.iter().filter_map(|it| Digest::from_hex(it)).collect();
        ids.into_iter().filter_map(|id| self.image(sys, id)).collect()
    }

    pub(super) fn image_chains(&self, sys: &mut dyn Sys) -> Vec<Vec<Digest>> {
        self.images(sys).iter().map(Local::chains).collect()
    }

    /// Bytes of an image's layers.
    pub fn image_size(&self, sys: &mut dyn Sys, image: &Local) -> u64 {
        let chains = image.chains();
        chains.into_iter().filter_map(|chain| self.layer(sys, chain)).map(|it| it.size).sum()
    }

    /// The tags of a repository, by name.
    pub fn repository_tags(&self, sys: &mut dyn Sys, repository: &str) -> Vec<String> {
        let mut all = self.repositories(sys).repositories;
        let names = all.remove(repository).unwrap_or_default().into_keys();
        names
            .filter_map(|it| Some(it.strip_prefix(repository)?.strip_prefix(':')?.to_owned()))
            .collect()
    }

    /// The tags of an image.
    pub fn tags(&self, sys: &mut dyn Sys, id: Digest) -> Vec<String> {
        self.names_of(sys, id).into_iter().filter(|name| !name.contains('@')).collect()
    }

    /// The names by digest.
    pub fn digests(&self, sys: &mut dyn Sys, id: Digest) -> Vec<String> {
        self.names_of(sys, id).into_iter().filter(|name| name.contains('@')).collect()
    }

    fn names_of(&self, sys: &mut dyn Sys, id: Digest) -> Vec<String> {
        let all = self.repositories(sys).repositories;
        let names = all.into_values().flatten();
        names.filter(|(_, named)| *named == id).map(|(name, _)| name).collect()
    }

    /// Gives a name to an image; another that had it loses it.
    ///
    /// # Errors
    /// The disk's.
    pub fn tag(&self, sys: &mut dyn Sys, name: &Reference, id: Digest) -> Answer<()> {
        let mut all = self.repositories(sys);
        let names = all.repositories.entry(name.repository.clone()).or_default();
        names.insert(name.to_string(), id);
        self.keep_repositories(sys, &all)
    }

    /// Gives a name to an image by hand: that is remembered.
    ///
    /// # Errors
    /// The disk's.
    pub fn name_image(&self, sys: &mut dyn Sys, name: &Reference, id: Digest) -> Answer<()> {
        self.tag(sys, name, id)?;
        self.tagged_now(sys, id)?;
        self.tell_image(sys, id, "tag", &name.to_string());
        Ok(())
    }

    /// Remembers when an image got a name by hand.
    ///
    /// # Errors
    /// The disk's.
    pub fn tagged_now(&self, sys: &mut dyn Sys, id: Digest) -> Answer<()> {
        let now = super::timestamp(sys);
        self.put_metadata(sys, id, "lastUpdated", &now)
    }

    /// The name by the digest of the manifest that was pulled.
    ///
    /// # Errors
    /// The disk's.
    pub fn tag_digest(
        &self,
        sys: &mut dyn Sys,
        repository: &str,
        manifest: Digest,
        id: Digest,
    ) -> Answer<()> {
        let mut all = self.repositories(sys);
        let names = all.repositories.entry(repository.to_owned()).or_default();
        names.insert(format!("{repository}@{manifest}"), id);
        self.keep_repositories(sys, &all)
    }

    /// Takes a name away; whether it was there.
    ///
    /// # Errors
    /// The disk's.
    pub fn untag(&self, sys: &mut dyn Sys, name: &str) -> Answer<bool> {
        let mut all = self.repositories(sys);
        let mut found = None;
        for names in all.repositories.values_mut() {
            found = found.or(names.remove(name));
        }
        all.repositories.retain(|_, names| !names.is_empty());
        self.keep_repositories(sys, &all)?;
        if let Some(id) = found {
            self.tell_image(sys, id, "untag", &id.to_string());
        }
        Ok(found.is_some())
    }

    /// The image that a name, an identifier or its beginning means.
    pub fn find_image(&self, sys: &mut dyn Sys, text: &str) -> Option<Local> {
        let all = self.repositories(sys).repositories;
        let names: BTreeMap<String, Digest> = all.into_values().flatten().collect();
        let named =
            Reference::parse(text).ok().and_then(|name| names.get(&name.to_string()).copied());
        if let Some(id) = named.or_else(|| names.get(text).copied()) {
            return self.image(sys, id);
        }
        let hex = text.strip_prefix("sha256:").unwrap_or(text);
        if hex.is_empty() || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut found = self.images(sys);
        found.retain(|image| image.id.hex().starts_with(hex));
        if found.len() == 1 { found.pop() } else { None }
    }

    /// All names of an image.
    pub fn references(&self, sys: &mut dyn Sys, id: Digest) -> Vec<String> {
        self.names_of(sys, id)
    }

    /// The containers of an image.
    pub fn users(&self, sys: &mut dyn Sys, id: Digest) -> Vec<super::containers::Container> {
        let id = id.to_string();
        self.containers(sys).into_iter().filter(|it| it.image == id).collect()
    }

    /// The images that were made on top of an image here.
    pub fn children(&self, sys: &mut dyn Sys, id: Digest) -> Vec<Digest> {
        let text = id.to_string();
        let all = files::names(sys, &format!("{}/imagedb/metadata/sha256", self.driver_dir()));
        let mut children: Vec<Digest> = all.iter().filter_map(|it| Digest::from_hex(it)).collect();
        children.retain(|it| self.image_metadata(sys, *it, "parent").as_ref() == Some(&text));
        children
    }

    /// Why an image cannot go, and whether even force does not help.
    pub fn needs(&self, sys: &mut dyn Sys, id: Digest) -> Option<(String, bool)> {
        if !self.children(sys, id).is_empty() {
            return Some(("image has dependent child images".to_owned(), true));
        }
        let users = self.users(sys, id);
        if let Some(user) = users.iter().find(|it| it.state.running) {
            let why = format!("image is being used by running container {}", &user.id[..12]);
            return Some((why, true));
        }
        let user = users.first()?;
        Some((format!("image is being used by stopped container {}", &user.id[..12]), false))
    }

    /// Forgets an image that has no name any more, and its layers; identifiers of what is gone, the
    /// image first.
    ///
    /// # Errors
    /// The disk's.
    pub fn forget_image(&self, sys: &mut dyn Sys, image: &Local) -> Answer<Vec<Digest>> {
        let path = self.content(image.id);
        sys.unlinkat(AT_FDCWD, path.as_bytes(), 0)
            .map_err(|errno| Failure::of("unlinkat", &path, errno))?;
        let parent = self.image_metadata(sys, image.id, "parent");
        let dir = self.metadata_dir(image.id);
        let _ = files::remove_all(sys, dir.as_bytes());
        self.tell_image(sys, image.id, "delete", &image.id.to_string());
        let mut gone = vec![image.id];
        if let Some(top) = image.chains().last() {
            gone.extend(self.release(sys, *top)?);
        }
        // A parent that only this one needed goes too.
        let parent = parent.and_then(|it| Digest::parse(&it)).and_then(|it| self.image(sys, it));
        if let Some(parent) = parent
            && self.names_of(sys, parent.id).is_empty()
            && self.needs(sys, parent.id).is_none()
        {
            gone.extend(self.forget_image(sys, &parent)?);
        }
        Ok(gone)
    }
}
