//! The three networks that every engine has, and the addresses that the bridge gives out. Nothing is
//! sent anywhere: who asks learns what a real engine would tell.

use super::Engine;
use super::containers::Container;
use crate::drivers::files;
use crate::oci::digest::Digest;
use crate::sys::Sys;
use serde::{Deserialize, Serialize};

/// A network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub name: &'static str,
    pub driver: &'static str,
    pub id: String,
    pub created: String,
}

/// The address of the bridge itself: the first of 172.17.0.0/16.
pub const GATEWAY: &str = "172.17.0.1";
pub const SUBNET: &str = "172.17.0.0/16";
/// Addresses of the subnet that containers may have.
const HOSTS: std::ops::Range<u16> = 2..65_534;

/// Where a container hangs in a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Endpoint {
    /// Empty while the container does not run.
    pub sandbox: String,
    pub endpoint: String,
    /// The last 16 bits of the address; 0 for none.
    pub host: u16,
}

impl Endpoint {
    /// `172.17.0.2`, or nothing.
    pub fn address(&self) -> String {
        let [high, low] = self.host.to_be_bytes();
        if self.host == 0 { String::new() } else { format!("172.17.{high}.{low}") }
    }

    /// The address in the last four bytes, as the bridge makes them.
    pub fn mac(&self) -> String {
        let [high, low] = self.host.to_be_bytes();
        if self.host == 0 { String::new() } else { format!("02:42:ac:11:{high:02x}:{low:02x}") }
    }
}

impl Engine {
    /// The networks, by name.
    pub fn networks(&self, sys: &mut dyn Sys) -> Vec<Network> {
        let made = files::stat(sys, &format!("{}/network/files", self.root));
        let made = made.map(|attr| attr.ctime).unwrap_or_default();
        let network = |name: &'static str, driver| Network {
            name,
            driver,
            id: network_id(name),
            created: crate::oci::human::rfc3339(made.sec, made.nsec),
        };
        vec![network("bridge", "bridge"), network("host", "host"), network("none", "null")]
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

    /// The containers that run in a network.
    pub fn connected(&self, sys: &mut dyn Sys, name: &str) -> Vec<Container> {
        let mut all = self.containers(sys);
        all.retain(|it| it.state.running && it.network_mode == name);
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Hangs a container that starts into its network: the lowest free address of the bridge.
    pub(super) fn connect(&self, sys: &mut dyn Sys, container: &mut Container) {
        let now = super::timestamp(sys);
        let id = |what: &str| Digest::of(format!("{what} {} {now}", container.id).as_bytes()).hex();
        let mut endpoint = Endpoint { sandbox: id("sandbox"), endpoint: id("endpoint"), host: 0 };
        if container.network_mode == "bridge" {
            let used: Vec<u16> =
                self.connected(sys, "bridge").iter().map(|it| it.network.host).collect();
            endpoint.host = HOSTS.into_iter().find(|host| !used.contains(host)).unwrap_or(0);
        }
        container.network = endpoint;
    }
}

/// The identifier of a network of every engine.
pub fn network_id(name: &str) -> String {
    Digest::of(format!("network {name}").as_bytes()).hex()
}
