//! `docker network ls` and `inspect`.

use super::args::Args;
use super::cli::{Done, Fail};
use super::json::{Json, map, text};
use super::{Next, format};
use crate::oci::engine::Engine;
use crate::oci::engine::network::{GATEWAY, SUBNET};
use crate::oci::human;
use crate::shell::command::ctx::Ctx;

pub fn list(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let full = args.has("no-trunc");
    let shown = |id: &str| if full { id.to_owned() } else { id[..12].to_owned() };
    let all = engine.networks(ctx.sys);
    if args.has("quiet") {
        all.iter().for_each(|it| ctx.line(shown(&it.id)));
        return Ok(Next::Exit(0));
    }
    let rows: Vec<_> = all
        .iter()
        .map(|it| {
            vec![
                ("ID", shown(&it.id)),
                ("Name", it.name.to_owned()),
                ("Driver", it.driver.to_owned()),
                ("Scope", "local".to_owned()),
                ("CreatedAt", human::go_time(&it.created)),
                ("IPv4", "true".to_owned()),
                ("IPv6", "false".to_owned()),
                ("Internal", "false".to_owned()),
                ("Labels", String::new()),
            ]
        })
        .collect();
    let columns =
        [("NETWORK ID", "ID"), ("NAME", "Name"), ("DRIVER", "Driver"), ("SCOPE", "Scope")];
    format::table(ctx, &columns, &rows, args.value("format"))
}

pub fn remove(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut failed = false;
    for word in &args.words {
        let why = match engine.network(ctx.sys, word) {
            Some(found) => format!("{} is a pre-defined network and cannot be removed", found.name),
            None => format!("network {word} not found"),
        };
        ctx.err(format!("Error response from daemon: {why}\n"));
        failed = true;
    }
    if failed {
        return Err(Fail::Client("exit status 1".to_owned()));
    }
    Ok(Next::Exit(0))
}

/// A network as `inspect` shows it.
pub fn object(ctx: &mut Ctx<'_>, engine: &Engine, word: &str) -> Option<Json> {
    let found = engine.network(ctx.sys, word)?;
    let is_bridge = found.driver == "bridge";
    let config = if is_bridge {
        vec![map(vec![("Subnet", text(SUBNET)), ("Gateway", text(GATEWAY))])]
    } else {
        Vec::new()
    };
    let connected = engine.connected(ctx.sys, found.name);
    let containers = connected.iter().map(|it| {
        let address = it.network.address();
        let address = if address.is_empty() { address } else { format!("{address}/16") };
        let object = map(vec![
            ("Name", text(&it.name[1..])),
            ("EndpointID", text(&it.network.endpoint)),
            ("MacAddress", text(&it.network.mac())),
            ("IPv4Address", text(&address)),
            ("IPv6Address", text("")),
        ]);
        (it.id.clone(), object)
    });
    let options: &[(&str, &str)] = if is_bridge { &BRIDGE } else { &[] };
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), text(value)));
    let ipam =
        vec![("Driver", text("default")), ("Options", Json::Null), ("Config", Json::List(config))];
    Some(map(vec![
        ("Name", text(found.name)),
        ("Id", text(&found.id)),
        ("Created", Json::Time(found.created.clone())),
        ("Scope", text("local")),
        ("Driver", text(found.driver)),
        ("EnableIPv6", Json::Bool(false)),
        ("IPAM", map(ipam)),
        ("Internal", Json::Bool(false)),
        ("Attachable", Json::Bool(false)),
        ("Ingress", Json::Bool(false)),
        ("ConfigFrom", map(vec![("Network", text(""))])),
        ("ConfigOnly", Json::Bool(false)),
        ("Containers", Json::Map(containers.collect())),
        ("Options", Json::Map(options.collect())),
        ("Labels", Json::Map(Vec::new())),
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
