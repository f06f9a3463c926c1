//! Published ports: what was asked for, and what is said of them. Nothing listens behind them.

use super::containers::Container;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// A port to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// Inside: `80/tcp`.
    pub port: String,
    /// Empty for every address.
    pub host_ip: String,
    /// 0 for any that is free.
    pub host_port: u16,
}

impl Publish {
    /// `[[IP:]HOST:]PORT[/PROTOCOL]`.
    ///
    /// # Errors
    /// In the client's words (observed on 28.2).
    pub fn parse(text: &str) -> Result<Publish, String> {
        let (text, kind) = text.split_once('/').unwrap_or((text, "tcp"));
        if !["tcp", "udp", "sctp"].contains(&kind) {
            return Err(format!("invalid proto: {kind}"));
        }
        let (head, inside) = text.rsplit_once(':').unwrap_or(("", text));
        let (ip, outside) = head.rsplit_once(':').unwrap_or(("", head));
        if [inside, outside].iter().any(|it| it.contains('-')) {
            return Err(format!("ranges of ports are not simulated: {text}"));
        }
        let ip = ip.trim_start_matches('[').trim_end_matches(']');
        if !ip.is_empty() && ip.parse::<IpAddr>().is_err() {
            return Err(format!("invalid IP address: {ip}"));
        }
        let number = |text: &str| text.parse::<u16>().ok();
        let port = number(inside).ok_or_else(|| format!("invalid containerPort: {inside}"))?;
        let host_port = match outside {
            "" => 0,
            text => number(text).ok_or_else(|| format!("invalid hostPort: {text}"))?,
        };
        Ok(Publish { port: format!("{port}/{kind}"), host_ip: ip.to_owned(), host_port })
    }
}

/// The number of `80/tcp`.
fn number(port: &str) -> u16 {
    port.split('/').next().and_then(|it| it.parse().ok()).unwrap_or(0)
}

/// The column PORTS of `docker ps`: first what is only exposed, then what is published.
pub fn shown(container: &Container) -> String {
    if !container.state.running || !container.networks.values().any(|it| it.address.is_some()) {
        return String::new();
    }
    let published = |port: &str| container.ports.iter().any(|it| it.0 == port);
    let exposed = container.config.exposed_ports.iter().flatten().map(|it| it.0.as_str());
    let mut exposed: Vec<&str> = exposed.filter(|it| !published(it)).collect();
    exposed.sort_by_key(|it| number(it));
    let mut all: Vec<String> = exposed.into_iter().map(str::to_owned).collect();
    let mut ports: Vec<_> = container.ports.iter().collect();
    ports.sort_by_key(|it| number(&it.0));
    all.extend(ports.iter().map(|(port, (ip, on))| format!("{ip}:{on}->{port}")));
    all.join(", ")
}
