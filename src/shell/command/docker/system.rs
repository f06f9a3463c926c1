//! `docker info`, `version`, `system df`, `system prune`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::containers::usage_row;
use super::json::Json;
use super::{Next, build, containers, format, images, networks, volumes};
use crate::drivers::diff;
use crate::oci::digest::Digest;
use crate::oci::engine::images::Local;
use crate::oci::engine::{Engine, VERSION};
use crate::oci::{history, human};
use crate::shell::command::ctx::Ctx;
use std::collections::BTreeMap;

pub fn version(ctx: &mut Ctx<'_>, _engine: &Engine, args: &Args) -> Done {
    if let Some(format) = args.value("format") {
        let text = format!(
            "{{\"Client\":{{\"Version\":{VERSION:?}}},\"Server\":{{\"Version\":{VERSION:?}}}}}"
        );
        let line = format::one(format, &text)?;
        ctx.line(line);
        return Ok(Next::Exit(0));
    }
    ctx.line(format!("Client:\n Version:           {VERSION}\n OS/Arch:           linux/amd64"));
    ctx.line(format!("\nServer: a simulated engine\n Engine:\n  Version:          {VERSION}\n  OS/Arch:          linux/amd64"));
    Ok(Next::Exit(0))
}

pub fn info(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let all = engine.containers(ctx.sys);
    let running = all.iter().filter(|it| it.state.running).count();
    let paused = all.iter().filter(|it| it.state.paused).count();
    let images = engine.images(ctx.sys).len();
    let driver = engine.driver.name();
    let release =
        crate::drivers::files::read_text(ctx.sys, "/proc/sys/kernel/osrelease").unwrap_or_default();
    if let Some(format) = args.value("format") {
        let pair = |(key, value)| Json::List(vec![Json::Text(key), Json::Text(value)]);
        let status = engine.driver.status(ctx.sys).into_iter().map(pair).collect();
        let pairs = [
            ("Containers", Json::Int(all.len() as i64)),
            ("ContainersRunning", Json::Int((running - paused) as i64)),
            ("ContainersPaused", Json::Int(paused as i64)),
            ("ContainersStopped", Json::Int((all.len() - running) as i64)),
            ("Images", Json::Int(images as i64)),
            ("Driver", Json::Text(driver.to_owned())),
            ("DriverStatus", Json::List(status)),
            ("DockerRootDir", Json::Text(engine.root.clone())),
            ("KernelVersion", Json::Text(release)),
            ("ServerVersion", Json::Text(VERSION.to_owned())),
        ];
        let object =
            Json::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        let line = format::apply(format, &object)?;
        ctx.line(line);
        return Ok(Next::Exit(0));
    }
    ctx.line("Client:\n Context:    default\n Debug Mode: false\n\nServer:");
    ctx.line(format!(
        " Containers: {}\n  Running: {}\n  Paused: {paused}\n  Stopped: {}",
        all.len(),
        running - paused,
        all.len() - running
    ));
    ctx.line(format!(" Images: {images}\n Server Version: {VERSION}\n Storage Driver: {driver}"));
    for (key, value) in engine.driver.status(ctx.sys) {
        ctx.line(format!("  {key}: {value}"));
    }
    ctx.line(" Logging Driver: json-file\n Cgroup Driver: cgroupfs\n Runtimes: runc\n Default Runtime: runc");
    ctx.line(format!(
        " Kernel Version: {release}\n Operating System: Debian GNU/Linux 12 (bookworm)"
    ));
    ctx.line(format!(" OSType: linux\n Architecture: x86_64\n Docker Root Dir: {}", engine.root));
    Ok(Next::Exit(0))
}

/// A row of `system df`.
fn row(kind: &str, total: usize, active: usize, size: u64, reclaimable: u64) -> Vec<String> {
    let percent =
        (reclaimable * 100).checked_div(size).map(|it| format!(" ({it}%)")).unwrap_or_default();
    vec![
        kind.to_owned(),
        total.to_string(),
        active.to_string(),
        human::size_with(size, 4),
        format!("{}{percent}", human::size_with(reclaimable, 4)),
    ]
}

pub fn df(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut images = engine.images(ctx.sys);
    // What has no name and is only there for others is not counted.
    images.retain(|it| {
        !engine.tags(ctx.sys, it.id).is_empty() || engine.children(ctx.sys, it.id).is_empty()
    });
    let created = |it: &Local| it.config.created.as_deref().and_then(human::parse_instant);
    images.sort_by(|a, b| created(b).cmp(&created(a)).then_with(|| a.id.cmp(&b.id)));
    let containers = engine.containers(ctx.sys);
    let layers: BTreeMap<Digest, u64> =
        engine.layers(ctx.sys).into_iter().map(|it| (it.chain, it.size)).collect();
    // How many images stand on each layer.
    let mut users: BTreeMap<Digest, usize> = BTreeMap::new();
    for chain in images.iter().flat_map(|it| it.chains()) {
        *users.entry(chain).or_default() += 1;
    }
    let shared = |chain: &Digest| users.get(chain).copied().unwrap_or(0) > 1;
    let sizes = |image: &Local| {
        let all = image.chains();
        let sum = |only: bool| -> u64 {
            all.iter().filter(|it| !only || shared(it)).filter_map(|it| layers.get(it)).sum()
        };
        (sum(false), sum(true))
    };
    let used = |id: Digest| containers.iter().filter(|it| it.image == id.to_string()).count();
    // What only the build cache keeps counts there.
    let records = engine.build_cache(ctx.sys).records;
    let loose = build::loose(ctx, engine);
    let cached: u64 = loose.iter().map(|it| it.size).sum();
    let is_loose =
        |chain: &Digest| !users.contains_key(chain) && loose.iter().any(|it| it.chain == *chain);
    let total: u64 = layers.iter().filter(|it| !is_loose(it.0)).map(|it| it.1).sum();
    let kept: u64 =
        images.iter().filter(|it| used(it.id) > 0).map(|it| sizes(it).0 - sizes(it).1).sum();
    let active = images.iter().filter(|it| used(it.id) > 0).count();
    let mut rows =
        vec![["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"].map(str::to_owned).to_vec()];
    rows.push(row("Images", images.len(), active, total, total.saturating_sub(kept)));
    let mut own = Vec::new();
    for container in &containers {
        own.push(engine.container_size(ctx.sys, container));
    }
    let running = containers.iter().filter(|it| it.state.running).count();
    let idle = containers.iter().zip(&own).filter(|it| !it.0.state.running).map(|it| it.1).sum();
    rows.push(row("Containers", containers.len(), running, own.iter().sum(), idle));
    let mut volumes = Vec::new();
    for name in engine.volumes(ctx.sys) {
        let data = engine.volume(ctx.sys, &name).unwrap_or_default();
        let size = diff::size(ctx.sys, &data).unwrap_or(0);
        let links =
            containers.iter().filter(|it| it.mount_points.iter().any(|p| p.name == name)).count();
        volumes.push((name, links, size));
    }
    let in_use = volumes.iter().filter(|it| it.1 > 0).count();
    let free = volumes.iter().filter(|it| it.1 == 0).map(|it| it.2).sum();
    rows.push(row(
        "Local Volumes",
        volumes.len(),
        in_use,
        volumes.iter().map(|it| it.2).sum(),
        free,
    ));
    let size = human::size_with(cached, 4);
    let (kind, count) = ("Build Cache".to_owned(), records.len().to_string());
    rows.push(vec![kind, count, "0".to_owned(), size.clone(), size]);
    if let Some(format) = args.value("format") {
        let keys = ["Type", "TotalCount", "Active", "Size", "Reclaimable"];
        let heads = ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"];
        let columns: Vec<(&str, &str)> = heads.into_iter().zip(keys).collect();
        let cells = rows.into_iter().skip(1).map(|row| keys.into_iter().zip(row).collect());
        return format::table(ctx, &columns, &cells.collect::<Vec<_>>(), Some(format));
    }
    if !args.has("verbose") {
        ctx.out(history::lines(&rows));
        return Ok(Next::Exit(0));
    }
    verbose_images(ctx, engine, &images, &sizes, &used);
    let heads =
        ["CONTAINER ID", "IMAGE", "COMMAND", "LOCAL VOLUMES", "SIZE", "CREATED", "STATUS", "NAMES"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (container, size) in containers.iter().zip(&own) {
        rows.push(usage_row(ctx, engine, container, *size));
    }
    ctx.out(format!("\nContainers space usage:\n\n{}", history::lines(&rows)));
    let mut rows = vec![["VOLUME NAME", "LINKS", "SIZE"].map(str::to_owned).to_vec()];
    for (name, links, size) in &volumes {
        rows.push(vec![name.clone(), links.to_string(), human::size_with(*size, 4)]);
    }
    ctx.out(format!("\nLocal Volumes space usage:\n\n{}", history::lines(&rows)));
    let heads = ["CACHE ID", "CACHE TYPE", "SIZE", "CREATED", "LAST USED", "USAGE", "SHARED"]
        .map(str::to_owned);
    let now = ctx.sys.clock().sec;
    let mut rows = vec![heads.to_vec()];
    for it in &records {
        rows.push(vec![
            it.id.chars().take(12).collect(),
            "regular".to_owned(),
            human::size(it.size),
            human::ago(Some(&it.created_at), now),
            human::ago(Some(&human::rfc3339(it.used, 0)), now),
            it.count.to_string(),
            (!loose.iter().any(|other| other.id == it.id)).to_string(),
        ]);
    }
    let size = human::size_with(cached, 4);
    ctx.out(format!("\nBuild cache usage: {size}\n\n{}", history::lines(&rows)));
    Ok(Next::Exit(0))
}

/// Asks before something is removed: what is to be done next, or nothing when it was agreed to.
pub fn asked(args: &Args, what: &str) -> Option<Next> {
    if args.has("force") {
        return None;
    }
    match &args.input {
        None => Some(Next::Ask(format!("{what}Are you sure you want to continue? [y/N] "))),
        Some(answer) if answer.trim_ascii().eq_ignore_ascii_case(b"y") => None,
        Some(_) => Some(Next::Exit(0)),
    }
}

/// What `--filter` of the prunes knows.
pub fn no_filters(args: &Args) -> Result<(), Fail> {
    match args.values("filter").first() {
        None => Ok(()),
        Some(filter) => {
            let (key, _) = super::images::filter(filter)?;
            Err(match key {
                "until" | "label" | "label!" => Fail::Client(format!(
                    "docker: --filter {key} of a prune is not simulated: remove what is meant by name"
                )),
                _ => Fail::Daemon(format!("invalid filter '{key}'")),
            })
        }
    }
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    no_filters(args)?;
    let all = args.has("all");
    let mut what =
        vec!["all stopped containers", "all networks not used by at least one container"];
    if args.has("volumes") {
        what.push("all anonymous volumes not used by at least one container");
    }
    what.extend(match all {
        true => ["all images without at least one container associated to them", "all build cache"],
        false => ["all dangling images", "unused build cache"],
    });
    let what: String = what.iter().map(|it| format!("  - {it}\n")).collect();
    if let Some(next) = asked(args, &format!("WARNING! This will remove:\n{what}\n")) {
        return Ok(next);
    }
    let mut freed = containers::sweep(ctx, engine)?;
    networks::sweep(ctx, engine)?;
    if args.has("volumes") {
        freed += volumes::sweep(ctx, engine, false)?;
    }
    freed += images::sweep(ctx, engine, all)?;
    let (rows, bytes) = build::sweep(ctx, engine, all)?;
    if rows.len() > 1 {
        ctx.line("Deleted build cache objects:");
        rows.into_iter().skip(1).for_each(|row| ctx.line(&row[0]));
        ctx.line("");
    }
    ctx.line(format!("Total reclaimed space: {}", human::size_with(freed + bytes, 4)));
    Ok(Next::Exit(0))
}

fn verbose_images(
    ctx: &mut Ctx<'_>,
    engine: &Engine,
    images: &[Local],
    sizes: &dyn Fn(&Local) -> (u64, u64),
    used: &dyn Fn(Digest) -> usize,
) {
    let heads = [
        "REPOSITORY",
        "TAG",
        "IMAGE ID",
        "CREATED",
        "SIZE",
        "SHARED SIZE",
        "UNIQUE SIZE",
        "CONTAINERS",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let now = ctx.sys.clock().sec;
    for image in images {
        let (all, shared) = sizes(image);
        let mut tags = engine.tags(ctx.sys, image.id);
        if tags.is_empty() {
            tags.push("<none>:<none>".to_owned());
        }
        for tag in tags {
            let (repository, tag) = tag.rsplit_once(':').unwrap_or((&tag, ""));
            rows.push(vec![
                repository.to_owned(),
                tag.to_owned(),
                image.id.short(),
                human::ago(image.config.created.as_deref(), now),
                human::size(all),
                human::size_with(shared, 4),
                human::size_with(all - shared, 4),
                used(image.id).to_string(),
            ]);
        }
    }
    ctx.out(format!("Images space usage:\n\n{}", history::lines(&rows)));
}
