//! Networks: the three that every engine has, those that were made, and the addresses that their bridges
//! give out. Nothing is sent anywhere: who asks learns what a real engine would tell.

use super::containers::Container;
use super::{Engine, random_id, record, timestamp};
use crate::drivers::{Answer, Failure, files};
use crate::oci::digest::Digest;
use crate::sys::Sys;
use core::net::Ipv4Addr;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The networks that every engine has.
pub const PREDEFINED: [&str; 3] = ["bridge", "host", "none"];

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    pub name: String,
    pub driver: String,
    pub id: String,
    pub created: String,
    /// Of a bridge.
    pub subnet: Option<Subnet>,
    pub internal: bool,
    pub attachable: bool,
    pub labels: BTreeMap<String, String>,
    pub options: BTreeMap<String, String>,
}

impl Network {
    /// One of the three that every engine has.
    pub fn is_predefined(&self) -> bool {
        PREDEFINED.contains(&self.name.as_str())
    }
}

/// Addresses of a network, and the one of its bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    pub base: Ipv4Addr,
    pub prefix: u8,
    pub gateway: Ipv4Addr,
}

impl Subnet {
    /// `A.B.C.D/N`; the bridge has the first address.
    pub fn parse(text: &str) -> Option<Subnet> {
        let (address, prefix) = text.split_once('/')?;
        let (address, prefix): (Ipv4Addr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
        if !(1..=30).contains(&prefix) {
            return None;
        }
        let base = u32::from(address) & mask(prefix);
        Some(Subnet { base: base.into(), prefix, gateway: (base + 1).into() })
    }

    /// The n-th of the engine's own pools, 172.17.0.0/16 first.
    fn pool(n: u8) -> Subnet {
        let base = u32::from(Ipv4Addr::new(172, 17 + n, 0, 0));
        Subnet { base: base.into(), prefix: 16, gateway: (base + 1).into() }
    }

    fn overlaps(&self, other: &Subnet) -> bool {
        let prefix = mask(self.prefix.min(other.prefix));
        u32::from(self.base) & prefix == u32::from(other.base) & prefix
    }

    pub fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == u32::from(self.base)
    }

    /// The lowest address that is not in use; none is left at the end.
    fn free(&self, used: &[Ipv4Addr]) -> Option<Ipv4Addr> {
        let base = u32::from(self.base);
        let last = base | !mask(self.prefix);
        let free = (base + 1..last).map(Ipv4Addr::from);
        free.into_iter().find(|it| *it != self.gateway && !used.contains(it))
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX << (32 - u32::from(prefix))
}

/// Pools that networks without an own subnet take theirs from: 172.17 to 172.31.
const POOLS: u8 = 15;

/// Where a container hangs in a network; empty while it does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Endpoint {
    #[serde(rename = "NetworkID")]
    pub network_id: String,
    #[serde(rename = "EndpointID")]
    pub id: String,
    pub address: Option<Ipv4Addr>,
    pub gateway: Option<Ipv4Addr>,
    pub prefix: u8,
}

impl Endpoint {
    /// `172.17.0.2`, or nothing.
    pub fn shown(&self) -> String {
        self.address.map(|it| it.to_string()).unwrap_or_default()
    }

    /// The address in the last four bytes, as the bridge makes them.
    pub fn mac(&self) -> String {
        let Some(address) = self.address else { return String::new() };
        let [a, b, c, d] = address.octets();
        format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    }
}

/// What a new network shall be.
#[derive(Default)]
pub struct Wish {
    pub driver: String,
    pub subnet: Option<String>,
    pub gateway: Option<String>,
    pub internal: bool,
    pub attachable: bool,
    pub labels: BTreeMap<String, String>,
    pub options: BTreeMap<String, String>,
}

impl Engine {
    fn networks_file(&self) -> String {
        format!("{}/network/files/networks.json", self.root)
    }

    /// The networks, by name.
    pub fn networks(&self, sys: &mut dyn Sys) -> Vec<Network> {
        // This folder's times stay: it has one entry, for ever.
        let made = files::stat(sys, &format!("{}/network", self.root));
        let made = made.map(|attr| attr.ctime).unwrap_or_default();
        let network = |name: &str, driver: &str, subnet| Network {
            name: name.to_owned(),
            driver: driver.to_owned(),
            id: Digest::of(format!("network {name}").as_bytes()).hex(),
            created: crate::oci::human::rfc3339(made.sec, made.nsec),
            subnet,
            internal: false,
            attachable: false,
            labels: BTreeMap::new(),
            options: BTreeMap::new(),
        };
        let mut all = vec![
            network("bridge", "bridge", Some(Subnet::pool(0))),
            network("host", "host", None),
            network("none", "null", None),
        ];
        all.extend(self.own_networks(sys));
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Those that were made.
    fn own_networks(&self, sys: &mut dyn Sys) -> Vec<Network> {
        let text = files::read(sys, &self.networks_file()).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    fn keep_networks(&self, sys: &mut dyn Sys, all: &[Network]) -> Answer<()> {
        let text = serde_json::to_vec(all).unwrap_or_default();
        record(sys, &self.networks_file(), &text, 0o600)
    }

    /// The network of this name or identifier.
    pub fn network(&self, sys: &mut dyn Sys, word: &str) -> Option<Network> {
        let all = self.networks(sys);
        let named = all.iter().find(|it| it.name == word).cloned();
        named.or_else(|| {
            let mut found =
                all.into_iter().filter(|it| !word.is_empty() && it.id.starts_with(word));
            found.next().filter(|_| found.next().is_none())
        })
    }

    /// Makes a network; its identifier.
    ///
    /// # Errors
    /// In Docker's words (observed on 20.10).
    pub fn create_network(&self, sys: &mut dyn Sys, name: &str, wish: Wish) -> Answer<String> {
        let known = self.networks(sys);
        if known.iter().any(|it| it.name == name) {
            return Err(Failure(format!("network with name {name} already exists")));
        }
        match wish.driver.as_str() {
            "bridge" => {}
            kind @ ("host" | "null") => {
                return Err(Failure(format!("only one instance of \"{kind}\" network is allowed")));
            }
            kind => return Err(Failure(format!("plugin \"{kind}\" not found"))),
        }
        let taken: Vec<Subnet> = known.iter().filter_map(|it| it.subnet).collect();
        let is_free = |it: &Subnet| !taken.iter().any(|other| it.overlaps(other));
        let mut subnet = match &wish.subnet {
            Some(text) => Subnet::parse(text).ok_or_else(|| {
                Failure(format!("Invalid subnet {text} : invalid CIDR address: {text}"))
            })?,
            None => (0..POOLS).map(Subnet::pool).find(is_free).ok_or_else(|| {
                let why = "could not find an available, non-overlapping IPv4 address pool among the \
                           defaults to assign to the network";
                Failure(why.to_owned())
            })?,
        };
        if !is_free(&subnet) {
            return Err(Failure("Pool overlaps with other one on this address space".to_owned()));
        }
        if let Some(text) = &wish.gateway {
            let gateway = text.parse().ok().filter(|it| subnet.contains(*it));
            subnet.gateway =
                gateway.ok_or_else(|| Failure(format!("no matching subnet for gateway {text}")))?;
        }
        let id = random_id(sys, "network");
        let mut own = self.own_networks(sys);
        own.push(Network {
            name: name.to_owned(),
            driver: wish.driver,
            id: id.clone(),
            created: timestamp(sys),
            subnet: Some(subnet),
            internal: wish.internal,
            attachable: wish.attachable,
            labels: wish.labels,
            options: wish.options,
        });
        self.keep_networks(sys, &own)?;
        if let Some(made) = own.last() {
            self.tell_network(sys, made, "create");
        }
        Ok(id)
    }

    /// Removes a network that nobody hangs in.
    ///
    /// # Errors
    /// In Docker's words.
    pub fn remove_network(&self, sys: &mut dyn Sys, network: &Network) -> Answer<()> {
        let Network { name, id, .. } = network;
        if network.is_predefined() {
            return Err(Failure(format!("{name} is a pre-defined network and cannot be removed")));
        }
        if !self.connected(sys, name).is_empty() {
            return Err(Failure(format!(
                "error while removing network: network {name} id {id} has active endpoints"
            )));
        }
        let mut own = self.own_networks(sys);
        own.retain(|it| it.id != *id);
        self.keep_networks(sys, &own)?;
        self.tell_network(sys, network, "destroy");
        Ok(())
    }

    /// Networks that were made and in which no container hangs, running or not.
    pub fn unused_networks(&self, sys: &mut dyn Sys) -> Vec<Network> {
        let all = self.containers(sys);
        let mut own = self.own_networks(sys);
        own.retain(|it| !all.iter().any(|container| container.networks.contains_key(&it.name)));
        own
    }

    /// The containers that run in a network.
    pub fn connected(&self, sys: &mut dyn Sys, name: &str) -> Vec<Container> {
        let mut all = self.containers(sys);
        all.retain(|it| it.state.running && it.networks.contains_key(name));
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Hangs a container that starts into its networks.
    ///
    /// # Errors
    /// In Docker's words: a network that is gone, a port that is taken.
    pub(super) fn join(&self, sys: &mut dyn Sys, container: &mut Container) -> Answer<()> {
        let now = timestamp(sys);
        container.sandbox = Digest::of(format!("sandbox {} {now}", container.id).as_bytes()).hex();
        for name in container.networks.keys().cloned().collect::<Vec<_>>() {
            let known = container.networks.get(&name).map(|it| it.network_id.clone());
            let endpoint = self.endpoint(sys, &container.id, &name).map_err(|why| {
                // Where it hung before is known by its identifier.
                let known = known.filter(|it| !it.is_empty());
                known.map_or(why, |id| Failure(format!("network {id} not found")))
            })?;
            container.networks.insert(name, endpoint);
        }
        self.allocate_ports(sys, container)
    }

    /// A place in a network: the lowest free address of its bridge.
    fn endpoint(&self, sys: &mut dyn Sys, id: &str, name: &str) -> Answer<Endpoint> {
        let network =
            self.network(sys, name).ok_or_else(|| Failure(format!("network {name} not found")))?;
        let now = timestamp(sys);
        let own = Digest::of(format!("endpoint {name} {id} {now}").as_bytes()).hex();
        let mut endpoint = Endpoint { network_id: network.id, id: own, ..Endpoint::default() };
        if let Some(subnet) = network.subnet {
            let others = self.connected(sys, name);
            let used: Vec<Ipv4Addr> =
                others.iter().filter_map(|it| it.networks.get(name)?.address).collect();
            let free = subnet.free(&used).ok_or_else(|| {
                Failure(format!(
                    "no available IPv4 addresses on this network's address pools: {name}"
                ))
            })?;
            endpoint.address = Some(free);
            endpoint.gateway = Some(subnet.gateway).filter(|_| !network.internal);
            endpoint.prefix = subnet.prefix;
        }
        Ok(endpoint)
    }

    /// Gives published ports of a container their place on the machine.
    fn allocate_ports(&self, sys: &mut dyn Sys, container: &mut Container) -> Answer<()> {
        container.ports.clear();
        let Some(endpoint) = container.networks.values().find(|it| it.address.is_some()) else {
            return Ok(());
        };
        let others = self.containers(sys).into_iter().filter(|it| it.state.running);
        let mut taken: Vec<(String, u16)> = others
            .flat_map(|it| it.ports)
            .map(|(port, (_, on))| (protocol(&port).to_owned(), on))
            .collect();
        let mut ports = Vec::new();
        for wanted in &container.publish {
            let kind = protocol(&wanted.port).to_owned();
            let on = match wanted.host_port {
                0 => (32_768..60_999).find(|it| !taken.contains(&(kind.clone(), *it))).unwrap_or(0),
                on => on,
            };
            let ip = if wanted.host_ip.is_empty() { "0.0.0.0" } else { &wanted.host_ip };
            if taken.contains(&(kind.clone(), on)) {
                return Err(Failure(format!(
                    "driver failed programming external connectivity on endpoint {} ({}): Bind for {ip}:{on} \
                     failed: port is already allocated",
                    container.name.trim_start_matches('/'),
                    endpoint.id
                )));
            }
            taken.push((kind, on));
            ports.push((wanted.port.clone(), (ip.to_owned(), on)));
        }
        container.ports = ports;
        Ok(())
    }

    /// Hangs a container into one more network.
    ///
    /// # Errors
    /// In Docker's words.
    pub fn connect(
        &self,
        sys: &mut dyn Sys,
        network: &Network,
        container: &mut Container,
    ) -> Answer<()> {
        let shown = container.name.trim_start_matches('/').to_owned();
        if network.name == "host" || container.networks.contains_key("host") {
            return Err(Failure(
                "container cannot be disconnected from host network or connected to host network"
                    .to_owned(),
            ));
        }
        if container.networks.contains_key("none") && network.name != "none" {
            return Err(Failure(
                "container cannot be connected to multiple networks with one of the networks in \
                 private (none) mode"
                    .to_owned(),
            ));
        }
        if container.networks.contains_key(&network.name) {
            return Err(Failure(format!(
                "endpoint with name {shown} already exists in network {}",
                network.name
            )));
        }
        let endpoint = match container.state.running {
            true => self.endpoint(sys, &container.id, &network.name)?,
            false => Endpoint::default(),
        };
        container.networks.insert(network.name.clone(), endpoint);
        self.keep_container(sys, container)?;
        self.tell_place(sys, container, &network.name, "connect");
        if container.state.running { self.own_files(sys, container) } else { Ok(()) }
    }

    /// Takes a container out of a network.
    ///
    /// # Errors
    /// In Docker's words.
    pub fn disconnect(
        &self,
        sys: &mut dyn Sys,
        network: &Network,
        container: &mut Container,
    ) -> Answer<()> {
        if network.name == "host" {
            return Err(Failure(
                "container cannot be disconnected from host network or connected to host network"
                    .to_owned(),
            ));
        }
        if container.networks.remove(&network.name).is_none() {
            return Err(Failure(format!(
                "container {} is not connected to network {}",
                container.id, network.name
            )));
        }
        self.keep_container(sys, container)?;
        self.tell_place(sys, container, &network.name, "disconnect");
        if container.state.running { self.own_files(sys, container) } else { Ok(()) }
    }
}

/// `tcp` of `80/tcp`.
pub fn protocol(port: &str) -> &str {
    port.split_once('/').map_or("tcp", |it| it.1)
}
