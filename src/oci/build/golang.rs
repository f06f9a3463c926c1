//! Forms that Docker's texts take from Go, and what it lets pass as a port or a signal.

use super::words;
use crate::oci::config::{Healthcheck, Keys, RunConfig};
use std::collections::BTreeMap;

/// Words as Go's `%q` writes a list.
pub fn go_list(list: &[String]) -> String {
    let all: Vec<String> = list.iter().map(|it| format!("\"{}\"", words::quoted(it))).collect();
    format!("[{}]", all.join(" "))
}

/// Nanoseconds as Go writes a duration.
pub fn go_duration(nanos: i64) -> String {
    if nanos == 0 {
        return "0s".to_owned();
    }
    let fraction = |value: i64, unit: i64, name: &str| {
        let (whole, rest) = (value / unit, value % unit);
        let digits = unit.to_string().len() - 1;
        let rest = format!("{rest:0digits$}");
        let rest = rest.trim_end_matches('0');
        if rest.is_empty() { format!("{whole}{name}") } else { format!("{whole}.{rest}{name}") }
    };
    match nanos {
        ..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => fraction(nanos, 1_000, "µs"),
        1_000_000..1_000_000_000 => fraction(nanos, 1_000_000, "ms"),
        _ => {
            let minutes = nanos / 60_000_000_000;
            let seconds = fraction(nanos % 60_000_000_000, 1_000_000_000, "s");
            match (minutes / 60, minutes % 60) {
                (0, 0) => seconds,
                (0, minutes) => format!("{minutes}m{seconds}"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
            }
        }
    }
}

/// `80`, `53/udp`, `100-102/tcp` as `PORT/PROTOCOL`.
pub fn expand_ports(text: &str) -> Result<Vec<String>, String> {
    let (range, protocol) = match text.split_once('/') {
        Some((range, protocol)) => (range, protocol.to_lowercase()),
        None => (text, "tcp".to_owned()),
    };
    // `HOST:CONTAINER` and `IP:HOST:CONTAINER` are taken, the container's side counts.
    let range = range.rsplit(':').next().unwrap_or(range);
    if range.is_empty() {
        return Err(format!("no port specified: {text}<empty>"));
    }
    if !["tcp", "udp", "sctp"].contains(&protocol.as_str()) {
        return Err(format!("invalid proto: {protocol}"));
    }
    let invalid = || format!("invalid containerPort: {range}");
    let (low, high) = range.split_once('-').unwrap_or((range, range));
    let low: u16 = low.parse().map_err(|_| invalid())?;
    let high: u16 = high.parse().map_err(|_| invalid())?;
    if high < low {
        return Err(invalid());
    }
    Ok((low..=high).map(|port| format!("{port}/{protocol}")).collect())
}

/// A name or number of a signal.
pub fn is_signal(text: &str) -> bool {
    const NAMES: [&str; 34] = [
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
        "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM",
        "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
    ];
    if let Ok(number) = text.parse::<u32>() {
        return (1..=64).contains(&number);
    }
    let name = text.to_uppercase();
    let name = name.strip_prefix("SIG").unwrap_or(&name);
    let real_time = name.starts_with("RTMIN") || name.starts_with("RTMAX");
    NAMES.contains(&name) || real_time
}

/// The configuration as BuildKit writes it: what is empty is left out.
#[derive(serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KitConfig<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposed_ports: &'a Option<Keys>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env: &'a Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entrypoint: &'a Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmd: &'a Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volumes: &'a Option<Keys>,
    #[serde(skip_serializing_if = "str::is_empty")]
    working_dir: &'a str,
    #[serde(skip_serializing_if = "none_or_empty")]
    labels: &'a Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_signal: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    healthcheck: &'a Option<Healthcheck>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    args_escaped: bool,
    on_build: &'a Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_timeout: &'a Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shell: &'a Option<Vec<String>>,
}

fn none_or_empty(labels: &&Option<BTreeMap<String, String>>) -> bool {
    labels.as_ref().is_none_or(BTreeMap::is_empty)
}

impl<'a> KitConfig<'a> {
    pub fn of(config: &'a RunConfig) -> KitConfig<'a> {
        KitConfig {
            user: &config.user,
            exposed_ports: &config.exposed_ports,
            env: &config.env,
            entrypoint: &config.entrypoint,
            cmd: &config.cmd,
            volumes: &config.volumes,
            working_dir: &config.working_dir,
            labels: &config.labels,
            stop_signal: &config.stop_signal,
            healthcheck: &config.healthcheck,
            args_escaped: config.args_escaped,
            on_build: &config.on_build,
            stop_timeout: &config.stop_timeout,
            shell: &config.shell,
        }
    }
}

/// Text of JSON as Go writes it: three signs of HTML are escaped.
pub fn go_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out += "\\u003c",
            '>' => out += "\\u003e",
            '&' => out += "\\u0026",
            '\u{2028}' => out += "\\u2028",
            '\u{2029}' => out += "\\u2029",
            c => out.push(c),
        }
    }
    out
}
