//! A container as `docker inspect` shows it: every key in its order.

use crate::oci::engine::Engine;
use crate::oci::engine::containers::Container;
use crate::oci::engine::network::PREDEFINED;
use crate::oci::inspect::{DriverData, GraphDriver, ZERO_TIME};
use crate::shell::command::docker::json::{Json, map, text};
use serde_json::json;

/// What a container's host side always is, as long as nothing of it can be chosen here. `%` marks
/// what depends on the container.
const HOST: &str = r#"{"Binds":%,"ContainerIDFile":"","LogConfig":{"Type":"json-file","Config":{}},
"NetworkMode":%,"PortBindings":{},"RestartPolicy":{"Name":"no","MaximumRetryCount":0},"AutoRemove":%,
"VolumeDriver":"","VolumesFrom":null,"ConsoleSize":%,"CapAdd":null,"CapDrop":null,"CgroupnsMode":"host","Dns":[],
"DnsOptions":[],"DnsSearch":[],"ExtraHosts":null,"GroupAdd":null,"IpcMode":"private","Cgroup":"","Links":null,
"OomScoreAdj":0,"PidMode":"","Privileged":false,"PublishAllPorts":false,"ReadonlyRootfs":%,"SecurityOpt":null,
"UTSMode":"","UsernsMode":"","ShmSize":67108864,"Runtime":"runc","Isolation":"","CpuShares":0,"Memory":0,
"NanoCpus":0,"CgroupParent":"","BlkioWeight":0,"BlkioWeightDevice":[],"BlkioDeviceReadBps":[],
"BlkioDeviceWriteBps":[],"BlkioDeviceReadIOps":[],"BlkioDeviceWriteIOps":[],"CpuPeriod":0,"CpuQuota":0,
"CpuRealtimePeriod":0,"CpuRealtimeRuntime":0,"CpusetCpus":"","CpusetMems":"","Devices":[],"DeviceCgroupRules":null,
"DeviceRequests":null,"MemoryReservation":0,"MemorySwap":0,"MemorySwappiness":null,"OomKillDisable":false,
"PidsLimit":null,"Ulimits":[],"CpuCount":0,"CpuPercent":0,"IOMaximumIOps":0,"IOMaximumBandwidth":0,
"MaskedPaths":["/proc/asound","/proc/acpi","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list",
"/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware","/sys/devices/virtual/powercap"],
"ReadonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]}"#;

/// The whole object.
pub fn object(
    engine: &Engine,
    it: &Container,
    data: Option<Vec<(&'static str, String)>>,
    sizes: Option<(u64, u64)>,
) -> Json {
    let dir = engine.container_dir(&it.id);
    let mut pairs: Vec<(String, Json)> = Vec::new();
    let mut put = |key: &str, value: Json| pairs.push((key.to_owned(), value));
    put("Id", text(&it.id));
    put("Created", text(&it.created));
    put("Path", text(&it.path));
    put("Args", Json::of(&it.args));
    put("State", state(it));
    put("Image", text(&it.image));
    // These files come with the first start.
    let begun = it.state.started_at != ZERO_TIME;
    let file = |name: &str| Json::Text(if begun { format!("{dir}/{name}") } else { String::new() });
    put("ResolvConfPath", file("resolv.conf"));
    put("HostnamePath", file("hostname"));
    put("HostsPath", file("hosts"));
    put("LogPath", file(&format!("{}-json.log", it.id)));
    put("Name", text(&it.name));
    put("RestartCount", Json::Int(0));
    put("Driver", text(&it.driver));
    put("Platform", text("linux"));
    put("MountLabel", text(""));
    put("ProcessLabel", text(""));
    put("AppArmorProfile", text("docker-default"));
    put("ExecIDs", Json::Null);
    put("HostConfig", host(it));
    let driver = GraphDriver { data: DriverData(data), name: it.driver.clone() };
    put("GraphDriver", Json::of(&driver));
    if let Some((own, all)) = sizes {
        put("SizeRw", Json::Int(own as i64));
        put("SizeRootFs", Json::Int(all as i64));
    }
    put("Mounts", mounts(it));
    put("Config", Json::of(&it.config));
    put("NetworkSettings", network(it));
    Json::Map(pairs)
}

fn state(it: &Container) -> Json {
    let state = &it.state;
    map(vec![
        ("Status", Json::Text(state.status().to_owned())),
        ("Running", Json::Bool(state.running)),
        ("Paused", Json::Bool(state.paused)),
        ("Restarting", Json::Bool(false)),
        ("OOMKilled", Json::Bool(false)),
        ("Dead", Json::Bool(false)),
        ("Pid", Json::Int(i64::from(state.pid))),
        ("ExitCode", Json::Int(i64::from(state.exit_code))),
        ("Error", Json::Text(state.error.clone())),
        ("StartedAt", Json::Text(state.started_at.clone())),
        ("FinishedAt", Json::Text(state.finished_at.clone())),
    ])
}

fn host(it: &Container) -> Json {
    let binds = if it.binds.is_empty() { json!(null) } else { json!(it.binds) };
    let console = [it.console.1, it.console.0];
    let fill = [
        binds,
        json!(it.network_mode),
        json!(it.auto_remove),
        json!(console),
        json!(it.readonly_rootfs),
    ];
    let mut parts = HOST.split('%');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for (value, part) in fill.iter().zip(parts) {
        whole += &value.to_string();
        whole += part;
    }
    // It stands there only if it was given.
    if let Some(limits) = it.host.get("StorageOpt") {
        whole = whole.replace("\"UTSMode\"", &format!("\"StorageOpt\":{limits},\n\"UTSMode\""));
    }
    let mut whole = Json::parse(&whole);
    for (key, value) in &it.host {
        if let Some(there) = whole.get_mut(key) {
            *there = match key.as_str() {
                "RestartPolicy" => map(vec![
                    ("Name", Json::of(&value["Name"])),
                    ("MaximumRetryCount", Json::of(&value["MaximumRetryCount"])),
                ]),
                _ => Json::of(value),
            };
        }
    }
    if let Some(there) = whole.get_mut("PortBindings") {
        let mut bindings: Vec<(String, Json)> = Vec::new();
        for wanted in &it.publish {
            let port = match wanted.host_port {
                0 => String::new(),
                port => port.to_string(),
            };
            add(&mut bindings, &wanted.port, &wanted.host_ip, &port);
        }
        bindings.sort_by(|a, b| a.0.cmp(&b.0));
        *there = Json::Map(bindings);
    }
    if let (Json::Map(pairs), false) = (&mut whole, it.tmpfs.is_empty()) {
        let at = pairs.iter().position(|it| it.0 == "UTSMode").unwrap_or(pairs.len());
        pairs.insert(at, ("Tmpfs".to_owned(), Json::of(&it.tmpfs)));
    }
    whole
}

fn mounts(it: &Container) -> Json {
    let one = |point: &crate::oci::engine::containers::MountPoint| {
        let mut pairs = vec![("Type", text(&point.kind))];
        let is_volume = point.kind == "volume";
        if is_volume {
            pairs.push(("Name", text(&point.name)));
        }
        pairs.push(("Source", text(&point.source)));
        pairs.push(("Destination", text(&point.destination)));
        if is_volume {
            pairs.push(("Driver", text("local")));
        }
        let mode = match (point.rw, is_volume) {
            (false, _) => "ro",
            (true, true) => "z",
            (true, false) => "",
        };
        pairs.push(("Mode", text(mode)));
        pairs.push(("RW", Json::Bool(point.rw)));
        pairs.push(("Propagation", text(if is_volume { "" } else { "rprivate" })));
        map(pairs)
    };
    Json::List(it.mount_points.iter().map(one).collect())
}

/// One more place of the machine for a port.
fn add(all: &mut Vec<(String, Json)>, port: &str, ip: &str, on: &str) {
    let place = map(vec![("HostIp", text(ip)), ("HostPort", text(on))]);
    match all.iter_mut().find(|it| it.0 == port) {
        Some((_, Json::List(places))) => places.push(place),
        _ => all.push((port.to_owned(), Json::List(vec![place]))),
    }
}

/// What the modelled networks gave the container.
fn network(it: &Container) -> Json {
    let on = it.state.running;
    let mut ports: Vec<(String, Json)> = Vec::new();
    if on && it.networks.values().any(|own| own.address.is_some()) {
        for (port, (ip, number)) in &it.ports {
            add(&mut ports, port, ip, &number.to_string());
        }
        for (port, _) in it.config.exposed_ports.iter().flatten() {
            if !ports.iter().any(|it| it.0 == *port) {
                ports.push((port.clone(), Json::Null));
            }
        }
        ports.sort_by(|a, b| a.0.cmp(&b.0));
    }
    let key = match on {
        true => format!("/var/run/docker/netns/{}", &it.sandbox[..12]),
        false => String::new(),
    };
    let shown =
        |address: Option<core::net::Ipv4Addr>| address.map(|it| it.to_string()).unwrap_or_default();
    // The old fields speak of the default bridge alone.
    let bridge = it.networks.get("bridge").cloned().unwrap_or_default();
    let own: Vec<(String, Json)> = it
        .networks
        .iter()
        .map(|(name, own)| {
            // In a network that was made a container is known by its names.
            let names = match PREDEFINED.contains(&name.as_str()) || !on {
                true => Json::Null,
                false => Json::List(vec![text(&it.name[1..]), text(&it.id[..12])]),
            };
            let attached = map(vec![
                ("IPAMConfig", Json::Null),
                ("Links", Json::Null),
                ("Aliases", Json::Null),
                ("MacAddress", text(&own.mac())),
                ("DriverOpts", Json::Null),
                ("NetworkID", text(&own.network_id)),
                ("EndpointID", text(&own.id)),
                ("Gateway", text(&shown(own.gateway))),
                ("IPAddress", text(&own.shown())),
                ("IPPrefixLen", Json::Int(i64::from(own.prefix))),
                ("IPv6Gateway", text("")),
                ("GlobalIPv6Address", text("")),
                ("GlobalIPv6PrefixLen", Json::Int(0)),
                ("DNSNames", names),
            ]);
            (name.clone(), attached)
        })
        .collect();
    map(vec![
        ("Bridge", text("")),
        ("SandboxID", text(&it.sandbox)),
        ("SandboxKey", Json::Text(key)),
        ("Ports", Json::Map(ports)),
        ("HairpinMode", Json::Bool(false)),
        ("LinkLocalIPv6Address", text("")),
        ("LinkLocalIPv6PrefixLen", Json::Int(0)),
        ("SecondaryIPAddresses", Json::Null),
        ("SecondaryIPv6Addresses", Json::Null),
        ("EndpointID", text(&bridge.id)),
        ("Gateway", text(&shown(bridge.gateway))),
        ("GlobalIPv6Address", text("")),
        ("GlobalIPv6PrefixLen", Json::Int(0)),
        ("IPAddress", text(&bridge.shown())),
        ("IPPrefixLen", Json::Int(i64::from(bridge.prefix))),
        ("IPv6Gateway", text("")),
        ("MacAddress", text(&bridge.mac())),
        ("Networks", Json::Map(own)),
    ])
}
