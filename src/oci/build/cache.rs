//! What was built before: results by their keys, and why a key is another one than last time.
//!
//! The records lie below the data root in one file; a result is a layer of the store, which the record
//! keeps alive. A key is a digest of named parts, so that the first part that differs is the reason.

use crate::drivers::{Answer, Failure, files};
use crate::oci::digest::Digest;
use crate::oci::engine::{Engine, record};
use crate::survey::{Miss, SourceChange};
use crate::sys::Sys;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files of a source that a record remembers one by one, for the reason of a miss.
const FILES_MAX: usize = 4000;

/// What a step's result depends on, in the order in which reasons are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The chain of keys below: the base, the steps before.
    pub parent: String,
    /// The instruction with its variables replaced.
    pub instruction: String,
    /// What surrounds a command: environment, arguments, user, directory, shell.
    pub around: Vec<(String, String)>,
    /// Files that come from a context, with what counts of each.
    pub files: Vec<(String, String)>,
    /// The digest of all files, should they be too many to remember.
    pub all_files: String,
}

impl Key {
    /// Takes files in.
    pub fn with_files(&mut self, files: Vec<(String, String)>) {
        let mut text = String::new();
        for (path, what) in &files {
            text += &format!("{path}\0{what}\0");
        }
        self.all_files = Digest::of(format!("{}{text}", self.all_files).as_bytes()).hex();
        if self.files.len() + files.len() <= FILES_MAX {
            self.files.extend(files);
        }
    }

    pub fn digest(&self) -> String {
        let mut text = format!("{}\0{}\0{}\0", self.parent, self.instruction, self.all_files);
        for (name, value) in &self.around {
            text += &format!("{name}\0{value}\0");
        }
        Digest::of(text.as_bytes()).hex()
    }
}

/// A result that is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub id: String,
    pub key: Key,
    /// The place in its Dockerfile: stage and number of the step.
    pub slot: String,
    /// Its name in the progress.
    pub step: String,
    pub diff_id: Digest,
    pub chain: Digest,
    pub size: u64,
    pub created_at: String,
    /// Seconds of the clock.
    pub used: i64,
    pub count: u32,
}

/// How a step of a build went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// As the progress names it: `[2/3] RUN make`.
    pub step: String,
    /// Why it was not taken from the cache; `None` if it was.
    pub miss: Option<Miss>,
    /// The chain of the layer that it made, or that was taken; `None` of a step without one.
    pub layer: Option<Digest>,
}

/// A build, as long as it is remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Build {
    pub ended: String,
    pub classic: bool,
    /// What was given to `docker build`: the context and the names.
    pub context: String,
    pub tags: Vec<String>,
    pub steps: Vec<Told>,
    /// The image, or what went wrong.
    pub outcome: Result<Digest, String>,
}

/// Builds that are remembered.
const BUILDS_MAX: usize = 20;

/// An image that a build fetched: it has no name among the local images.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fetched {
    pub config: String,
    pub manifest: String,
}

/// Everything that is remembered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cache {
    pub records: Vec<Record>,
    pub fetched: BTreeMap<String, Fetched>,
    /// Files of each context that were sent before: path, and size with time.
    pub sent: BTreeMap<String, BTreeMap<String, String>>,
    /// The last builds, the newest last.
    pub builds: Vec<Build>,
}

impl Engine {
    fn cache_file(&self) -> String {
        format!("{}/buildkit/cache.json", self.root)
    }

    pub fn build_cache(&self, sys: &mut dyn Sys) -> Cache {
        let text = files::read(sys, &self.cache_file()).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// # Errors
    /// The disk's.
    pub fn keep_build_cache(&self, sys: &mut dyn Sys, cache: &Cache) -> Answer<()> {
        let dir = format!("{}/buildkit", self.root);
        let mask = sys.umask(0);
        let made = files::mkdir_all(sys, &dir, 0o711);
        sys.umask(mask);
        made.map_err(|errno| Failure::of("mkdir", &dir, errno))?;
        let text = serde_json::to_vec(cache).unwrap_or_default();
        record(sys, &self.cache_file(), &text, 0o600)
    }

    /// Chains that the build cache keeps alive.
    pub(crate) fn cached_chains(&self, sys: &mut dyn Sys) -> Vec<Digest> {
        let cache = self.build_cache(sys);
        let mut all: Vec<Digest> = cache.records.iter().map(|it| it.chain).collect();
        for fetched in cache.fetched.values() {
            if let Ok(config) =
                serde_json::from_str::<crate::oci::config::ImageConfig>(&fetched.config)
            {
                let chains = crate::oci::digest::chain_ids(&config.rootfs.diff_ids);
                all.extend(chains.last());
            }
        }
        all
    }
}

impl Cache {
    /// The record of a key whose layer is still there.
    pub fn find(&self, engine: &Engine, sys: &mut dyn Sys, key: &Key) -> Option<Record> {
        let found = self.records.iter().find(|it| it.key == *key)?;
        engine.layer(sys, found.chain).map(|_| found.clone())
    }

    /// A result was used once more.
    pub fn touch(&mut self, id: &str, now: i64) {
        if let Some(record) = self.records.iter_mut().find(|it| it.id == id) {
            record.used = now;
            record.count += 1;
        }
    }

    /// A build is over.
    pub fn ended(&mut self, build: Build) {
        self.builds.push(build);
        let over = self.builds.len().saturating_sub(BUILDS_MAX);
        self.builds.drain(..over);
    }

    /// Keeps a result; an older one of the same key goes.
    pub fn add(&mut self, record: Record) {
        self.records.retain(|it| it.key != record.key);
        self.records.push(record);
    }

    /// Why a step has to be built: what is different from the most similar result that is known.
    pub fn why(&self, slot: &str, key: &Key) -> Miss {
        if self.records.iter().any(|it| it.key == *key) {
            return Miss::LayerGone;
        }
        let newest = |fits: &dyn Fn(&Record) -> bool| {
            self.records
                .iter()
                .filter(|it| fits(it))
                .max_by_key(|it| (it.used, it.created_at.clone()))
        };
        let same_text = newest(&|it| it.slot == slot && it.key.instruction == key.instruction);
        let near = same_text
            .or_else(|| newest(&|it| it.slot == slot && it.key.parent == key.parent))
            .or_else(|| newest(&|it| it.key.instruction == key.instruction));
        near.map_or(Miss::Unknown, |near| difference(&near.key, key))
    }
}

/// The first part in which two keys differ.
fn difference(old: &Key, new: &Key) -> Miss {
    if old.instruction != new.instruction {
        return Miss::Instruction { was: old.instruction.clone() };
    }
    if let Some(miss) = differing(&old.around, &new.around) {
        return miss;
    }
    if old.all_files != new.all_files {
        return differing_files(&old.files, &new.files);
    }
    if old.parent != new.parent {
        return match new.parent.starts_with("base ") || old.parent.starts_with("base ") {
            true => Miss::Base,
            false => Miss::Before,
        };
    }
    Miss::Nothing
}

fn differing(old: &[(String, String)], new: &[(String, String)]) -> Option<Miss> {
    let value = |all: &[(String, String)], name: &str| {
        all.iter().find(|it| it.0 == name).map(|it| it.1.clone())
    };
    for (name, is) in new {
        let (name, is) = (name.clone(), is.clone());
        match value(old, &name) {
            None => return Some(Miss::AroundNew { name, is }),
            Some(was) if was != is => return Some(Miss::AroundChanged { name, was, is }),
            Some(_) => {}
        }
    }
    let gone = old.iter().find(|(name, _)| value(new, name).is_none());
    gone.map(|(name, was)| Miss::AroundGone { name: name.clone(), was: was.clone() })
}

/// Changed files that are named.
const NAMED: usize = 3;

fn differing_files(old: &[(String, String)], new: &[(String, String)]) -> Miss {
    let (was, is): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (old.iter().cloned().collect(), new.iter().cloned().collect());
    let mut changes = Vec::new();
    for (path, now) in &is {
        match was.get(path) {
            None => changes.push(SourceChange::New { path: path.clone() }),
            Some(before) if before != now => changes.push(changed(path, before, now)),
            Some(_) => {}
        }
    }
    let gone = was.keys().filter(|path| !is.contains_key(*path));
    changes.extend(gone.map(|path| SourceChange::Gone { path: path.clone() }));
    let more = changes.len().saturating_sub(NAMED);
    changes.truncate(NAMED);
    Miss::Files { changes, more }
}

/// What of a file has changed: mode, owner, contents.
fn changed(path: &str, before: &str, now: &str) -> SourceChange {
    let fields = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (before, now) = (fields(before), fields(now));
    let differs = |at: usize| before.get(at) != now.get(at);
    let of = |all: &[String], at: usize| all.get(at).cloned().unwrap_or_default();
    let path = path.to_owned();
    if differs(3) || differs(2) {
        SourceChange::Contents { path }
    } else if differs(0) {
        SourceChange::Mode { path, was: of(&before, 0), is: of(&now, 0) }
    } else {
        SourceChange::Owner { path, was: of(&before, 1), is: of(&now, 1) }
    }
}
