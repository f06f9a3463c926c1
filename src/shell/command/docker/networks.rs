//! `docker network`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::json::{Json, map, text};
use super::system::{asked, no_filters};
use super::{Next, format};
use crate::oci::engine::Engine;
use crate::oci::engine::network::{Network, Wish};
use crate::oci::human;
use crate::shell::command::ctx::Ctx;

/// What `--filter` knows.
const FILTERS: [&str; 7] = ["dangling", "driver", "id", "label", "name", "scope", "type"];

fn passes(network: &Network, unused: &[Network], filters: &[String]) -> Result<bool, Fail> {
    let mut pass = true;
    for filter in filters {
        let (key, value) = super::images::filter(filter)?;
        pass &= match key {
            "driver" => network.driver == value,
            "id" => network.id.contains(value),
            "name" => network.name.contains(value),
            "scope" => value == "local",
            "type" => (value == "builtin") == network.is_predefined(),
            "dangling" => (value == "true") == unused.iter().any(|it| it.id == network.id),
            _ => {
                let (label, want) =
                    value.split_once('=').map_or((value, None), |it| (it.0, Some(it.1)));
                network.labels.get(label).is_some_and(|it| want.is_none_or(|want| it == want))
            }
        };
    }
    Ok(pass)
}

pub fn list(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let full = args.has("no-trunc");
    let shown = |id: &str| if full { id.to_owned() } else { id[..12].to_owned() };
    let filters = args.values("filter");
    for filter in &filters {
        let (key, _) = super::images::filter(filter)?;
        if !FILTERS.contains(&key) {
            return Err(Fail::Daemon(format!("invalid filter '{key}'")));
        }
    }
    let unused = engine.unused_networks(ctx.sys);
    let mut all = Vec::new();
    for network in engine.networks(ctx.sys) {
        if passes(&network, &unused, &filters)? {
            all.push(network);
        }
    }
    if args.has("quiet") {
        all.iter().for_each(|it| ctx.line(shown(&it.id)));
        return Ok(Next::Exit(0));
    }
    let rows: Vec<_> = all
        .iter()
        .map(|it| {
            let labels = it.labels.iter().map(|(key, value)| format!("{key}={value}"));
            vec![
                ("ID", shown(&it.id)),
                ("Name", it.name.clone()),
                ("Driver", it.driver.clone()),
                ("Scope", "local".to_owned()),
                ("CreatedAt", human::go_time(&it.created)),
                ("IPv4", "true".to_owned()),
                ("IPv6", "false".to_owned()),
                ("Internal", it.internal.to_string()),
                ("Labels", labels.collect::<Vec<_>>().join(",")),
            ]
        })
        .collect();
    let columns =
        [("NETWORK ID", "ID"), ("NAME", "Name"), ("DRIVER", "Driver"), ("SCOPE", "Scope")];
    format::table(ctx, &columns, &rows, args.value("format"))
}

/// `key=value`, given more than once.
fn pairs(all: Vec<String>) -> std::collections::BTreeMap<String, String> {
    let pair = |text: String| match text.split_once('=') {
        Some((key, value)) => (key.to_owned(), value.to_owned()),
        None => (text, String::new()),
    };
    all.into_iter().map(pair).collect()
}

pub fn create(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let wish = Wish {
        driver: args.value("driver").unwrap_or("bridge").to_owned(),
        subnet: args.value("subnet").map(str::to_owned),
        gateway: args.value("gateway").map(str::to_owned),
        internal: args.has("internal"),
        attachable: args.has("attachable"),
        labels: pairs(args.values("label")),
        options: pairs(args.values("opt")),
    };
    if ["macvlan", "ipvlan", "overlay"].contains(&wish.driver.as_str()) {
        return Err(Fail::Client(format!(
            "docker network create: driver {} is not simulated: there is one machine, and bridges on it",
            wish.driver
        )));
    }
    let id = engine.create_network(ctx.sys, &args.words[0], wish)?;
    ctx.line(id);
    Ok(Next::Exit(0))
}

fn find(ctx: &mut Ctx<'_>, engine: &Engine, word: &str) -> Result<Network, Fail> {
    let found = engine.network(ctx.sys, word);
    found.ok_or_else(|| Fail::Daemon(format!("network {word} not found")))
}

pub fn connect(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let network = find(ctx, engine, &args.words[0])?;
    let mut container = engine.find_container(ctx.sys, &args.words[1])?;
    engine.connect(ctx.sys, &network, &mut container)?;
    Ok(Next::Exit(0))
}

pub fn disconnect(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let network = find(ctx, engine, &args.words[0])?;
    let mut container = engine.find_container(ctx.sys, &args.words[1])?;
    engine.disconnect(ctx.sys, &network, &mut container)?;
    Ok(Next::Exit(0))
}

pub fn remove(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut failed = false;
    for word in &args.words {
        let done = match engine.network(ctx.sys, word) {
            Some(found) => engine.remove_network(ctx.sys, &found).map_err(|it| it.0),
            None if args.has("force") => continue,
            None => Err(format!("network {word} not found")),
        };
        match done {
            Ok(()) => ctx.line(word),
            Err(why) => {
                ctx.flush();
                ctx.err(format!("Error response from daemon: {why}\n"));
                failed = true;
            }
        }
    }
    if failed {
        return Err(Fail::Client("exit status 1".to_owned()));
    }
    Ok(Next::Exit(0))
}

/// Removes what nobody hangs in, and says so.
pub fn sweep(ctx: &mut Ctx<'_>, engine: &Engine) -> Result<(), Fail> {
    let unused = engine.unused_networks(ctx.sys);
    for network in &unused {
        engine.remove_network(ctx.sys, network)?;
    }
    if !unused.is_empty() {
        ctx.line("Deleted Networks:");
        unused.into_iter().for_each(|it| ctx.line(it.name));
        ctx.line("");
    }
    Ok(())
}

pub fn prune(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    no_filters(args)?;
    let what =
        "WARNING! This will remove all custom networks not used by at least one container.\n";
    if let Some(next) = asked(args, what) {
        return Ok(next);
    }
    sweep(ctx, engine)?;
    Ok(Next::Exit(0))
}

/// A network as `inspect` shows it.
pub fn object(ctx: &mut Ctx<'_>, engine: &Engine, word: &str) -> Option<Json> {
    let found = engine.network(ctx.sys, word)?;
    let config = found.subnet.map(|it| {
        map(vec![("Subnet", text(&it.to_string())), ("Gateway", text(&it.gateway.to_string()))])
    });
    let connected = engine.connected(ctx.sys, &found.name);
    let containers = connected.iter().filter_map(|it| {
        let own = it.networks.get(&found.name)?;
        let address = own.address.map(|it| format!("{it}/{}", own.prefix)).unwrap_or_default();
        let object = map(vec![
            ("Name", text(&it.name[1..])),
            ("EndpointID", text(&own.id)),
            ("MacAddress", text(&own.mac())),
            ("IPv4Address", text(&address)),
            ("IPv6Address", text("")),
        ]);
        Some((it.id.clone(), object))
    });
    let standard: &[(&str, &str)] = if found.name == "bridge" { &BRIDGE } else { &[] };
    let own = found.options.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let options = standard.iter().copied().chain(own);
    let options = options.map(|(key, value)| (key.to_owned(), text(value)));
    // Networks that the engine makes by itself have no options of their addresses.
    let of_addresses = if found.is_predefined() { Json::Null } else { Json::Map(Vec::new()) };
    let ipam = vec![
        ("Driver", text("default")),
        ("Options", of_addresses),
        ("Config", Json::List(config.into_iter().collect())),
    ];
    Some(map(vec![
        ("Name", text(&found.name)),
        ("Id", text(&found.id)),
        ("Created", Json::Time(found.created.clone())),
        ("Scope", text("local")),
        ("Driver", text(&found.driver)),
        ("EnableIPv6", Json::Bool(false)),
        ("IPAM", map(ipam)),
        ("Internal", Json::Bool(found.internal)),
        ("Attachable", Json::Bool(found.attachable)),
        ("Ingress", Json::Bool(false)),
        ("ConfigFrom", map(vec![("Network", text(""))])),
        ("ConfigOnly", Json::Bool(false)),
        ("Containers", Json::Map(containers.collect())),
        ("Options", Json::Map(options.collect())),
        ("Labels", Json::of(&found.labels)),
    ]))
}

/// The options of the default bridge.
const BRIDGE: [(&str, &str); 6] = [
    ("com.docker.network.bridge.default_bridge", "true"),
    ("com.docker.network.bridge.enable_icc", "true"),
    ("com.docker.network.bridge.enable_ip_masquerade", "true"),
    ("com.docker.network.bridge.host_binding_ipv4", "0.0.0.0"),
    ("com.docker.network.bridge.name", "docker0"),
    ("com.docker.network.driver.mtu", "1500"),
];
