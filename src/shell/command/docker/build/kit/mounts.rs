//! `RUN --mount`: bind, cache, tmpfs, secret.

use super::super::sources;
use super::Kit;
use super::copying::From;
use super::running::dir_name;
use crate::drivers::files;
use crate::oci::build::cache::Key;
use crate::oci::build::copy::{self, Target};
use crate::oci::build::fault::Fault;
use crate::oci::build::ignore::clean;
use crate::oci::build::instruction::Run;
use crate::oci::build::snapshot::Mounted;
use crate::oci::build::words;
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;
use crate::sys::AT_FDCWD;
use crate::types::Mode;

/// A mount as it was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Mount {
    kind: String,
    target: Option<String>,
    source: String,
    from: Option<String>,
    id: Option<String>,
    env: Option<String>,
    size: Option<String>,
    read_write: Option<bool>,
    required: bool,
    mode: Option<u32>,
    owner: (u32, u32),
    /// The directory of the machine that is bound, once it is known.
    at: String,
}

impl Kit {
    /// Reads the mounts of an instruction.
    pub(super) fn mounts(&self, stage: usize, run: &Run) -> Result<Vec<Mount>, Fault> {
        let vars = self.stages[stage].state.vars();
        let expand = |text: &str| words::expand(text, self.plan.escape, &vars);
        run.mounts.iter().map(|text| mount(text, &expand).map_err(Fault::new)).collect()
    }

    /// The trees that bind mounts show; what is in them counts for the cache.
    pub(super) fn trees(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        mounts: &mut [Mount],
        key: &mut Key,
    ) -> Result<Vec<From>, Fault> {
        let mut trees = Vec::new();
        let done = mounts.iter_mut().filter(|it| it.kind == "bind").try_for_each(|mount| {
            trees.push(self.tree(ctx, engine, stage, mount, key)?);
            Ok(())
        });
        match done {
            Ok(()) => Ok(trees),
            Err(fault) => {
                trees.into_iter().for_each(|it: From| it.clear(ctx, engine));
                Err(fault)
            }
        }
    }

    fn tree(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        stage: usize,
        mount: &mut Mount,
        key: &mut Key,
    ) -> Result<From, Fault> {
        let source = clean(&mount.source);
        let from = match &mount.from {
            Some(from) => self.tree_of(ctx, engine, stage, from)?,
            None => {
                let context = self.sources.context.clone();
                From { context, view: None, temporary: None }
            }
        };
        let found = from.context.one(ctx.sys, &source);
        let described = match found {
            Ok(Some(found)) => from.context.described(ctx.sys, &found, true).map(|it| (found, it)),
            Ok(None) => Err(crate::errno::Errno::ENOENT),
            Err(errno) => Err(errno),
        };
        let (found, described) = match described {
            Ok(it) => it,
            Err(_) => {
                from.clear(ctx, engine);
                let text = format!(
                    "failed to compute cache key: failed to calculate checksum of ref: \"/{source}\": not found"
                );
                return Err(Fault::new(text));
            }
        };
        key.with_files(described);
        if from.view.is_some() {
            mount.at = format!("{}/{}", from.context.root, found.path);
            mount.at.truncate(mount.at.trim_end_matches('/').len());
            return Ok(from);
        }
        // A copy: what is left out of the context is not seen, and writes are lost as they should.
        let dir = sources::temporary(ctx, engine).map_err(Fault::new)?;
        let target = Target { tree: dir.clone(), dest: "/it".to_owned(), ..Target::default() };
        let copied = copy::copy(ctx.sys, &from.context, &found, false, &target);
        let whole = From { temporary: Some(dir.clone()), ..from };
        if let Err(why) = copied {
            whole.clear(ctx, engine);
            return Err(Fault::new(why));
        }
        mount.at = format!("{dir}/it");
        Ok(whole)
    }

    /// What the mounts are in the machine.
    pub(super) fn mounted(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        mounts: &[Mount],
        temporary: &mut Vec<String>,
        env: &mut Vec<String>,
    ) -> Result<Vec<(String, Mounted)>, String> {
        let mut all = Vec::new();
        for mount in mounts {
            let place = mount.target.clone().unwrap_or_default();
            match mount.kind.as_str() {
                "bind" => {
                    let read_only = mount.read_write != Some(true);
                    all.push((place, Mounted::Bind { source: mount.at.clone(), read_only }));
                }
                "tmpfs" => all.push((place, Mounted::Tmpfs { size: mount.size.clone() })),
                "cache" => {
                    let source = self.cache_dir(ctx, engine, mount)?;
                    let read_only = mount.read_write == Some(false);
                    all.push((place, Mounted::Bind { source, read_only }));
                }
                _ => {
                    let id = mount.id.clone().unwrap_or_default();
                    let Some(secret) = self.request.secrets.iter().find(|it| it.id == id) else {
                        if mount.required {
                            return Err(format!("secret {id}: not found"));
                        }
                        continue;
                    };
                    if let Some(name) = &mount.env {
                        env.push(format!("{name}={}", String::from_utf8_lossy(&secret.bytes)));
                    }
                    if mount.env.is_some() && mount.target.is_none() {
                        continue;
                    }
                    let bytes = secret.bytes.clone();
                    let dir = sources::temporary(ctx, engine)?;
                    temporary.push(dir.clone());
                    let source = format!("{dir}/secret");
                    let failed = |errno: crate::errno::Errno| {
                        format!("open {source}: {}", errno.message().to_lowercase())
                    };
                    files::write(ctx.sys, &source, &bytes, 0o600).map_err(failed)?;
                    let mode = Mode::new(mount.mode.unwrap_or(0o400));
                    ctx.sys.fchmodat(AT_FDCWD, source.as_bytes(), mode).map_err(failed)?;
                    let (uid, gid) = mount.owner;
                    ctx.sys
                        .fchownat(AT_FDCWD, source.as_bytes(), Some(uid), Some(gid), 0)
                        .map_err(failed)?;
                    let place =
                        mount.target.clone().unwrap_or_else(|| format!("/run/secrets/{id}"));
                    all.push((place, Mounted::Bind { source, read_only: true }));
                }
            }
        }
        Ok(all)
    }

    /// The directory of a cache: it outlives the build.
    fn cache_dir(
        &mut self,
        ctx: &mut Ctx<'_>,
        engine: &Engine,
        mount: &Mount,
    ) -> Result<String, String> {
        let id = mount.id.clone().or_else(|| mount.target.clone()).unwrap_or_default();
        let path = format!("{}/buildkit/mounts/{}", engine.root, dir_name(&id));
        if !files::exists(ctx.sys, &path) {
            let failed = |errno: crate::errno::Errno| {
                format!("mkdir {path}: {}", errno.message().to_lowercase())
            };
            let mask = ctx.sys.umask(0);
            let made = files::mkdir_all(ctx.sys, &path, 0o711);
            ctx.sys.umask(mask);
            made.map_err(failed)?;
            let mode = Mode::new(mount.mode.unwrap_or(0o755));
            ctx.sys.fchmodat(AT_FDCWD, path.as_bytes(), mode).map_err(failed)?;
            let (uid, gid) = mount.owner;
            ctx.sys.fchownat(AT_FDCWD, path.as_bytes(), Some(uid), Some(gid), 0).map_err(failed)?;
        }
        Ok(path)
    }
}

/// `type=cache,target=/x`.
fn mount(text: &str, expand: &dyn Fn(&str) -> Result<String, String>) -> Result<Mount, String> {
    let mut mount = Mount { kind: "bind".to_owned(), source: "/".to_owned(), ..Mount::default() };
    for field in text.split(',') {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.to_lowercase(), Some(expand(value)?)),
            None => (field.to_lowercase(), None),
        };
        match (key.as_str(), value) {
            ("readonly" | "ro", value) => {
                mount.read_write = Some(value.is_some_and(|it| it == "false"))
            }
            ("readwrite" | "rw", value) => {
                mount.read_write = Some(value.is_none_or(|it| it != "false"))
            }
            ("required", value) => mount.required = value.is_none_or(|it| it != "false"),
            (_, None) => return Err(format!("invalid field '{field}' must be a key=value pair")),
            ("type", Some(value)) => mount.kind = value.to_lowercase(),
            ("target" | "dst" | "destination", Some(value)) => {
                mount.target = Some(format!("/{}", clean(&value)));
            }
            ("source" | "src", Some(value)) => mount.source = value,
            ("from", Some(value)) => mount.from = Some(value),
            ("id", Some(value)) => mount.id = Some(value),
            ("env", Some(value)) => mount.env = Some(value),
            ("size", Some(value)) => mount.size = Some(value),
            ("sharing", Some(value)) => {
                if !["shared", "private", "locked"].contains(&value.as_str()) {
                    return Err(format!("unsupported sharing value \"{value}\""));
                }
            }
            ("mode", Some(value)) => {
                let mode = u32::from_str_radix(&value, 8);
                mount.mode = Some(mode.map_err(|_| format!("invalid value {value} for mode"))?);
            }
            ("uid", Some(value)) => {
                mount.owner.0 =
                    value.parse().map_err(|_| format!("invalid value {value} for uid"))?;
            }
            ("gid", Some(value)) => {
                mount.owner.1 =
                    value.parse().map_err(|_| format!("invalid value {value} for gid"))?;
            }
            (key, _) => return Err(format!("unexpected key '{key}' in '{field}'")),
        }
    }
    match mount.kind.as_str() {
        "bind" | "cache" | "tmpfs" if mount.target.is_none() => {
            Err("invalid mount: target required".to_owned())
        }
        "bind" | "cache" | "tmpfs" => Ok(mount),
        "secret" => {
            if mount.id.is_none() {
                let base = mount.target.as_ref().and_then(|it| it.rsplit('/').next());
                mount.id = base.map(str::to_owned);
            }
            if mount.id.is_none() {
                return Err("invalid secret mount: one of source, target required".to_owned());
            }
            Ok(mount)
        }
        "ssh" => Err("RUN --mount=type=ssh: not simulated: there is no agent".to_owned()),
        kind => Err(format!("unsupported mount type \"{kind}\"")),
    }
}
