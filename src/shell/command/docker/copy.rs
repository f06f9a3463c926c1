//! `docker cp`.

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use crate::drivers::{Failure, apply, files};
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;

/// `CONTAINER:PATH` in two.
fn place(word: &str) -> Option<(&str, &str)> {
    word.split_once(':').filter(|(name, _)| !name.is_empty() && !name.contains('/') && *name != ".")
}

pub fn copy(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let (from, to) = (&args.words[0], &args.words[1]);
    let (name, inside, out) = match (place(from), place(to)) {
        (Some((name, path)), None) => (name, path, true),
        (None, Some((name, path))) => (name, path, false),
        (Some(_), Some(_)) => {
            return Err(Fail::Client("copying between containers is not supported".to_owned()));
        }
        (None, None) => {
            return Err(Fail::Client("must specify at least one container source".to_owned()));
        }
    };
    if !out {
        let source = from.trim_end_matches("/.");
        if !files::exists(ctx.sys, source) {
            let cwd = ctx.sys.getcwd().unwrap_or_default();
            let cwd = String::from_utf8_lossy(&cwd).trim_end_matches('/').to_owned();
            let at =
                if source.starts_with('/') { source.to_owned() } else { format!("{cwd}/{source}") };
            return Err(Fail::Client(format!("lstat {at}: no such file or directory")));
        }
    }
    let container = engine.find_container(ctx.sys, name)?;
    let mount_id = engine.mount_id(ctx.sys, &container.id)?;
    let tree = engine.driver.get(ctx.sys, &mount_id)?;
    // Volumes are part of what is seen inside: in mounts of our own, for the time of copying.
    let has_volumes = !container.mount_points.is_empty();
    if has_volumes {
        ctx.sys.unshare_mounts().map_err(|errno| Failure::of("unshare", "/", errno))?;
        engine.mount_points_below(ctx.sys, &container, &tree)?;
    }
    let within = format!("{tree}/{}", inside.trim_start_matches('/'));
    let (source, target) = if out { (within, to.clone()) } else { (from.clone(), within) };
    // The root has no name of its own: what is in it is copied.
    let is_root = out && inside.trim_matches(['/', '.']).is_empty();
    let source =
        if is_root { format!("{}/.", source.trim_end_matches(['/', '.'])) } else { source };
    let done = copy_paths(ctx, &source, &target, if out { from } else { to });
    if has_volumes {
        ctx.sys.join_mounts(1).map_err(|errno| Failure::of("setns", "/", errno))?;
    }
    if !container.state.running {
        engine.driver.put(ctx.sys, &mount_id)?;
    }
    done?;
    let action = if out { "archive-path" } else { "extract-to-dir" };
    engine.tell_container(ctx.sys, &container, action, &[]);
    Ok(Next::Exit(0))
}

/// The rules of `cp -a`, with a source `DIR/.` for its contents.
fn copy_paths(ctx: &mut Ctx<'_>, source: &str, target: &str, word: &str) -> Result<(), Fail> {
    let contents = source.ends_with("/.");
    let source = source.trim_end_matches("/.").trim_end_matches('/');
    let source = if source.is_empty() { "/" } else { source };
    if !files::exists(ctx.sys, source) {
        return Err(match place(word) {
            Some((name, path)) => {
                Fail::Daemon(format!("Could not find the file {path} in container {name}"))
            }
            None => Fail::Client(format!("lstat {source}: no such file or directory")),
        });
    }
    let into_dir = files::stat(ctx.sys, target).is_ok_and(|attr| attr.is_dir());
    let source_is_dir = files::stat(ctx.sys, source).is_ok_and(|attr| attr.is_dir());
    let base = source.rsplit('/').next().unwrap_or_default();
    let at = match (into_dir, contents) {
        (true, false) => format!("{}/{base}", target.trim_end_matches('/')),
        _ => target.trim_end_matches('/').to_owned(),
    };
    if !into_dir && target.ends_with('/') && !source_is_dir {
        return Err(Fail::Client("destination directory does not exist".to_owned()));
    }
    if contents && files::stat(ctx.sys, &at).is_ok_and(|attr| attr.is_dir()) {
        for name in files::names(ctx.sys, source) {
            replace(ctx, &format!("{source}/{name}"), &format!("{at}/{name}"))?;
        }
        return Ok(());
    }
    replace(ctx, source, &at)
}

fn replace(ctx: &mut Ctx<'_>, source: &str, at: &str) -> Result<(), Fail> {
    let is_dir = |ctx: &mut Ctx<'_>, path: &str| {
        files::lstat(ctx.sys, path.as_bytes()).is_ok_and(|attr| attr.is_dir())
    };
    if files::exists(ctx.sys, at) && !(is_dir(ctx, source) && is_dir(ctx, at)) {
        files::remove_all(ctx.sys, at.as_bytes()).map_err(|errno| {
            Fail::Client(format!("unlinkat {at}: {}", errno.message().to_lowercase()))
        })?;
    }
    Ok(apply::copy_tree(ctx.sys, source, at)?)
}
