//! `docker ps`, `diff`, `commit`, `cp`, `rename`, `logs`, `top`, `container prune`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::{Next, format, images};
use crate::drivers::{apply, diff as layers, files};
use crate::oci::config::{History, ImageConfig, RootFs};
use crate::oci::digest::Digest;
use crate::oci::engine::containers::Container;
use crate::oci::engine::{Engine, timestamp};
use crate::oci::inspect::ZERO_TIME;
use crate::oci::{history, human};
use crate::shell::command::ctx::Ctx;

/// `Up 2 minutes`, `Exited (0) 5 seconds ago`, `Created`.
fn status(container: &Container, now: i64) -> String {
    let since = |time: &str| human::parse_time(time).map_or(0, |then| now - then);
    let state = &container.state;
    match state.status() {
        "running" => format!("Up {}", human::duration(since(&state.started_at))),
        "created" => "Created".to_owned(),
        _ => {
            let ago = human::duration(since(&state.finished_at));
            format!("Exited ({}) {ago} ago", state.exit_code)
        }
    }
}

/// Whether a container passes `--filter`.
fn passes(container: &Container, filters: &[String]) -> Result<bool, Fail> {
    for filter in filters {
        let (key, value) = filter.split_once('=').ok_or_else(|| {
            Fail::Client(format!("bad format of filter (expected name=value): {filter}"))
        })?;
        let good = match key {
            "name" => container.name[1..].contains(value),
            "status" => container.state.status() == value,
            "id" => container.id.starts_with(value),
            "ancestor" => container.config.image == value || container.image.contains(value),
            _ => return Err(Fail::Daemon(format!("invalid filter '{key}'"))),
        };
        if !good {
            return Ok(false);
        }
    }
    Ok(true)
}

pub fn list(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let now = ctx.sys.clock().sec;
    let mut all = engine.containers(ctx.sys);
    let filters = args.values("filter");
    let last = match args.value("last") {
        Some(text) => text.parse().unwrap_or(0),
        None if args.has("latest") => 1,
        None => 0,
    };
    let by_status = filters.iter().any(|it| it.starts_with("status="));
    if last > 0 {
        all.truncate(last);
    } else if !args.has("all") && !by_status {
        all.retain(|it| it.state.running);
    }
    let mut rows = Vec::new();
    let full = args.has("no-trunc");
    for container in &all {
        if !passes(container, &filters)? {
            continue;
        }
        let id = if full { container.id.clone() } else { container.id[..12].to_owned() };
        if args.has("quiet") {
            ctx.line(id);
            continue;
        }
        rows.push(row(ctx, engine, container, id, full, now));
    }
    if args.has("quiet") {
        return Ok(Next::Exit(0));
    }
    let mut columns = vec![
        ("CONTAINER ID", "ID"),
        ("IMAGE", "Image"),
        ("COMMAND", "Command"),
        ("CREATED", "RunningFor"),
        ("STATUS", "Status"),
        ("PORTS", "Ports"),
        ("NAMES", "Names"),
    ];
    if args.has("size") || args.value("format").is_some_and(|it| it.contains(".Size")) {
        columns.push(("SIZE", "Size"));
    }
    format::table(ctx, &columns, &rows, args.value("format"))
}

fn row(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    container: &Container,
    id: String,
    full: bool,
    now: i64,
) -> Vec<(&'static str, String)> {
    let words =
        [container.path.as_str()].into_iter().chain(container.args.iter().map(String::as_str));
    let command = words.collect::<Vec<_>>().join(" ");
    let command = if full { command } else { history::shortened(&command, 20) };
    let ports = container.config.exposed_ports.iter().flatten().map(|it| it.0.clone());
    let ports =
        if container.state.running { ports.collect::<Vec<_>>().join(", ") } else { String::new() };
    let own = engine.container_size(ctx.sys, container);
    let image = engine.find_image(ctx.sys, &container.image);
    let all = own + image.map_or(0, |image| engine.image_size(ctx.sys, &image));
    vec![
        ("ID", id),
        ("Image", container.config.image.clone()),
        ("Command", format!("\"{command}\"")),
        ("CreatedAt", container.created.clone()),
        ("RunningFor", human::ago(Some(&container.created), now)),
        ("Status", status(container, now)),
        ("State", container.state.status().to_owned()),
        ("Ports", ports),
        ("Names", container.name[1..].to_owned()),
        ("Size", format!("{} (virtual {})", human::size(own), human::size(all))),
        (
            "Mounts",
            container.mount_points.iter().map(|it| it.name.clone()).collect::<Vec<_>>().join(","),
        ),
        ("Networks", "bridge".to_owned()),
        (
            "LocalVolumes",
            container.mount_points.iter().filter(|it| it.kind == "volume").count().to_string(),
        ),
    ]
}

pub fn diff(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    for change in engine.container_changes(ctx.sys, &container)? {
        let mut line = vec![change.kind.letter() as u8, b' '];
        line.extend(&change.path);
        ctx.line(line);
    }
    Ok(Next::Exit(0))
}

pub fn commit(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    let name = args.words.get(1).map(|word| images::reference(word)).transpose()?;
    let base = images::find(ctx, engine, &container.image)?;
    let changes = args.values("change");
    if !changes.is_empty() {
        return Err(Fail::Client("--change is not simulated: set it with docker run".to_owned()));
    }
    let mount_id = engine.mount_id(ctx.sys, &container.id)?;
    let init_id = format!("{mount_id}-init");
    let (diff_id, entries) = engine.digest(ctx.sys, &mount_id, Some(&init_id))?;
    let mut diff_ids = base.config.rootfs.diff_ids.clone();
    let is_empty = entries == 0;
    if !is_empty {
        keep_changes(ctx, engine, &mount_id, &base.chains(), diff_id)?;
        diff_ids.push(diff_id);
    }
    let now = timestamp(ctx.sys);
    let words = [container.path.clone()].into_iter().chain(container.args.clone());
    let mut steps = base.config.history.clone();
    let comment = args.value("message").unwrap_or_default().to_owned();
    steps.push(History {
        created: Some(now.clone()),
        author: args.value("author").unwrap_or_default().to_owned(),
        created_by: words.collect::<Vec<_>>().join(" "),
        comment: comment.clone(),
        empty_layer: is_empty,
    });
    let mut run = container.config.clone();
    run.image = base.id.to_string();
    let config = ImageConfig {
        author: args.value("author").unwrap_or_default().to_owned(),
        config: run,
        container: container.id.clone(),
        comment,
        created: Some(now),
        docker_version: crate::oci::engine::VERSION.to_owned(),
        history: steps,
        rootfs: RootFs { kind: "layers".to_owned(), diff_ids },
        ..base.config.clone()
    };
    let raw = serde_json::to_vec(&config).unwrap_or_default();
    let id = engine.put_image(ctx.sys, &raw, Some(base.id))?;
    if let Some(name) = name {
        engine.tag(ctx.sys, &name, id)?;
        engine.tagged_now(ctx.sys, id)?;
    }
    ctx.line(id.to_string());
    Ok(Next::Exit(0))
}

/// Copies a container's own layer into a new layer of the store.
fn keep_changes(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    mount_id: &str,
    below: &[Digest],
    diff_id: Digest,
) -> Result<(), Fail> {
    let mut parts = layers::Parts::default();
    let init_id = format!("{mount_id}-init");
    engine.driver.diff(ctx.sys, mount_id, Some(&init_id), &mut parts)?;
    let mut parts = parts.all.into_iter();
    engine.register(ctx.sys, below.last().copied(), Some(diff_id), &mut || Ok(parts.next()))?;
    Ok(())
}

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
    let container = engine.find_container(ctx.sys, name)?;
    let mount_id = engine.mount_id(ctx.sys, &container.id)?;
    let tree = engine.driver.get(ctx.sys, &mount_id)?;
    let within = format!("{tree}/{}", inside.trim_start_matches('/'));
    let (source, target) = if out { (within, to.clone()) } else { (from.clone(), within) };
    let done = copy_paths(ctx, &source, &target, if out { from } else { to });
    if !container.state.running {
        engine.driver.put(ctx.sys, &mount_id)?;
    }
    done?;
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

pub fn rename(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut container = engine.find_container(ctx.sys, &args.words[0])?;
    let name = args.words[1].trim_start_matches('/');
    let taken = engine.containers(ctx.sys).into_iter().find(|it| it.name[1..] == *name);
    if let Some(other) = taken {
        return Err(Fail::Daemon(format!(
            "Error when allocating new name: Conflict. The container name \"/{name}\" is already in use by \
             container \"{}\". You have to remove (or rename) that container to be able to reuse that name.",
            other.id
        )));
    }
    container.name = format!("/{name}");
    engine.keep_container(ctx.sys, &container)?;
    Ok(Next::Exit(0))
}

pub fn logs(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    let path = format!("{}/{}-json.log", engine.container_dir(&container.id), container.id);
    let text = files::read(ctx.sys, &path).unwrap_or_default();
    let lines: Vec<&[u8]> = text.split_inclusive(|&b| b == b'\n').collect();
    let most = args.value("tail").and_then(|it| it.parse().ok()).unwrap_or(lines.len());
    for line in &lines[lines.len().saturating_sub(most)..] {
        ctx.out(line);
    }
    Ok(Next::Exit(0))
}

pub fn top(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    if !container.state.running {
        return Err(Fail::Daemon(format!("container {} is not running", container.id)));
    }
    let words = [container.path.clone()].into_iter().chain(container.args.clone());
    let command = words.collect::<Vec<_>>().join(" ");
    let rows = [
        ["UID", "PID", "PPID", "CMD"].map(str::to_owned).to_vec(),
        vec!["root".to_owned(), container.state.pid.to_string(), "1".to_owned(), command],
    ];
    ctx.out(history::lines(&rows));
    Ok(Next::Exit(0))
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, _args: &Args) -> Done {
    let mut freed = 0;
    let mut gone = Vec::new();
    for container in engine.containers(ctx.sys) {
        if container.state.running || container.created == ZERO_TIME {
            continue;
        }
        freed += engine.container_size(ctx.sys, &container);
        engine.remove_container(ctx.sys, &container, false)?;
        gone.push(container.id);
    }
    if !gone.is_empty() {
        ctx.line("Deleted Containers:");
        gone.into_iter().for_each(|id| ctx.line(id));
        ctx.line("");
    }
    ctx.line(format!("Total reclaimed space: {}", human::size(freed)));
    Ok(Next::Exit(0))
}
