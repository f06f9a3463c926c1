//! `docker ps`, `diff`, `rename`, `top`, `container prune`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::system::{asked, no_filters};
use super::{Next, format};
use crate::oci::engine::Engine;
use crate::oci::engine::containers::Container;
use crate::oci::engine::ports;
use crate::oci::inspect::ZERO_TIME;
use crate::oci::{history, human};
use crate::shell::command::ctx::Ctx;

/// `Up 2 minutes`, `Exited (0) 5 seconds ago`, `Created`.
fn status(container: &Container, now: i64) -> String {
    let since = |time: &str| human::parse_time(time).map_or(0, |then| now - then);
    let state = &container.state;
    match state.status() {
        "running" => format!("Up {}", human::duration(since(&state.started_at))),
        "paused" => format!("Up {} (Paused)", human::duration(since(&state.started_at))),
        "created" => "Created".to_owned(),
        _ => {
            let ago = human::duration(since(&state.finished_at));
            format!("Exited ({}) {ago} ago", state.exit_code)
        }
    }
}

/// What `--filter` knows.
const FILTERS: [&str; 6] = ["name", "status", "id", "ancestor", "label", "volume"];

/// Whether a container passes `--filter`.
fn passes(container: &Container, filters: &[String]) -> Result<bool, Fail> {
    for filter in filters {
        let (key, value) = super::images::filter(filter)?;
        let good = match key {
            "name" => container.name[1..].contains(value),
            "status" => container.state.status() == value,
            "id" => container.id.starts_with(value),
            "ancestor" => container.config.image == value || container.image.contains(value),
            "label" => {
                let labels = container.config.labels.clone().unwrap_or_default();
                let (key, want) =
                    value.split_once('=').map_or((value, None), |it| (it.0, Some(it.1)));
                labels.get(key).is_some_and(|it| want.is_none_or(|want| it == want))
            }
            _ => {
                container.mount_points.iter().any(|it| it.name == value || it.destination == value)
            }
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
    for filter in &filters {
        let (key, _) = super::images::filter(filter)?;
        if !FILTERS.contains(&key) {
            return Err(Fail::Daemon(format!("invalid filter '{key}'")));
        }
    }
    let mut rows = Vec::new();
    let sized = args.has("size") || args.value("format").is_some_and(|it| it.contains(".Size"));
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
        rows.push(row(ctx, engine, container, id, (full, sized), now));
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
    if sized {
        columns.push(("SIZE", "Size"));
    }
    format::table(ctx, &columns, &rows, args.value("format"))
}

/// The command as the daemon shows it: arguments with a space are in quotes.
fn command_line(container: &Container) -> String {
    let quoted =
        |word: &String| if word.contains(' ') { format!("'{word}'") } else { word.clone() };
    let words = [&container.path].into_iter().chain(&container.args).map(quoted);
    words.collect::<Vec<_>>().join(" ")
}

/// The name of a container's image; its identifier when the name means another one by now.
pub fn image_name(ctx: &mut Ctx<'_>, engine: &Engine, container: &Container) -> String {
    let name = &container.config.image;
    match engine.find_image(ctx.sys, name) {
        Some(image) if image.id.to_string() == container.image => name.clone(),
        _ => history::short_id(&container.image),
    }
}

/// The columns of `docker system df -v`.
pub fn usage_row(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    container: &Container,
    size: u64,
) -> Vec<String> {
    let now = ctx.sys.clock().sec;
    vec![
        container.id[..12].to_owned(),
        image_name(ctx, engine, container),
        format!("\"{}\"", history::shortened(&command_line(container), 20)),
        container.mount_points.iter().filter(|it| it.kind == "volume").count().to_string(),
        human::size(size),
        human::ago(Some(&container.created), now),
        status(container, now),
        container.name[1..].to_owned(),
    ]
}

fn row(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    container: &Container,
    id: String,
    (full, sized): (bool, bool),
    now: i64,
) -> Vec<(&'static str, String)> {
    let command = command_line(container);
    let command = if full { command } else { history::shortened(&command, 20) };
    let ports = ports::shown(container);
    // Measured only when it is asked for.
    let size = match sized {
        false => "0B".to_owned(),
        true => {
            let own = engine.container_size(ctx.sys, container);
            let image = engine.find_image(ctx.sys, &container.image);
            let all = own + image.map_or(0, |image| engine.image_size(ctx.sys, &image));
            format!("{} (virtual {})", human::size(own), human::size(all))
        }
    };
    let labels =
        container.config.labels.iter().flatten().map(|(key, value)| format!("{key}={value}"));
    let labels = labels.collect::<Vec<_>>().join(",");
    let name = image_name(ctx, engine, container);
    vec![
        ("ID", id),
        ("Image", name),
        ("Command", format!("\"{command}\"")),
        ("CreatedAt", human::go_time(&human::whole_seconds(&container.created))),
        ("Labels", labels),
        ("Platform", String::new()),
        ("RunningFor", human::ago(Some(&container.created), now)),
        ("Status", status(container, now)),
        ("State", container.state.status().to_owned()),
        ("Ports", ports),
        ("Names", container.name[1..].to_owned()),
        ("Size", size),
        (
            "Mounts",
            container.mount_points.iter().map(|it| it.name.clone()).collect::<Vec<_>>().join(","),
        ),
        ("Networks", container.networks.keys().cloned().collect::<Vec<_>>().join(",")),
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

pub fn rename(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    if args.words.iter().any(|word| word.is_empty()) {
        return Err(Fail::Client("Error: Neither old nor new names may be empty".to_owned()));
    }
    let old = &args.words[0];
    renamed(ctx, engine, old, &args.words[1]).map_err(|fail| {
        Fail::Client(format!("{}\nError: failed to rename container named {old}", fail.line()))
    })?;
    Ok(Next::Exit(0))
}

fn renamed(ctx: &mut Ctx<'_>, engine: &Engine, old: &str, new: &str) -> Result<(), Fail> {
    let mut container = engine.find_container(ctx.sys, old)?;
    let done = engine.rename(ctx.sys, &mut container, new);
    done.map_err(|why| Fail::Daemon(format!("Error when allocating new name: {why}")))
}

pub fn top(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    if !container.state.running {
        return Err(Fail::Daemon(format!("Container {} is not running", container.id)));
    }
    engine.tell_container(ctx.sys, &container, "top", &[]);
    let words = [container.path.clone()].into_iter().chain(container.args.clone());
    let command = words.collect::<Vec<_>>().join(" ");
    let begun = human::parse_time(&container.state.started_at).unwrap_or(0).rem_euclid(86_400);
    let began = format!("{:02}:{:02}", begun / 3600, begun / 60 % 60);
    let own = [
        ("UID", "root".to_owned()),
        ("PID", container.state.pid.to_string()),
        ("PPID", "1".to_owned()),
        ("C", "0".to_owned()),
        ("STIME", began),
        ("TTY", "?".to_owned()),
        ("TIME", "00:00:00".to_owned()),
        ("CMD", command),
    ];
    // Columns of twenty, as the client lays them out.
    let line = |words: Vec<&str>| -> String {
        let (last, rest) = words.split_last().unwrap_or((&"", &[]));
        rest.iter().map(|it| format!("{it:<20}")).collect::<String>() + last
    };
    ctx.line(line(own.iter().map(|it| it.0).collect()));
    ctx.line(line(own.iter().map(|it| it.1.as_str()).collect()));
    Ok(Next::Exit(0))
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    no_filters(args)?;
    let what = "WARNING! This will remove all stopped containers.\n";
    if let Some(next) = asked(args, what) {
        return Ok(next);
    }
    let freed = sweep(ctx, engine)?;
    ctx.line(format!("Total reclaimed space: {}", human::size_with(freed, 4)));
    Ok(Next::Exit(0))
}

/// Removes the containers that do not run, and says which; the bytes.
pub fn sweep(ctx: &mut Ctx<'_>, engine: &Engine) -> Result<u64, Fail> {
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
    Ok(freed)
}
