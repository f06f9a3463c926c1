//! What of the host's side of a container can be chosen: limits, restarts, ports, mounts; and
//! `docker update`. Limits are kept and shown, but nothing is limited.

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use crate::drivers::files;
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Keys of `HostConfig`.
pub type Host = BTreeMap<String, Value>;

/// Options that are only kept and shown, and why.
const SHOWN: [(&str, &str); 21] = [
    ("publish", "nothing is sent: ports are shown, but nobody listens on them"),
    ("publish-all", "nothing is sent: ports are shown, but nobody listens on them"),
    ("restart", "restarts are not simulated"),
    ("memory", "limits are not simulated"),
    ("memory-swap", "limits are not simulated"),
    ("cpus", "limits are not simulated"),
    ("cpu-shares", "limits are not simulated"),
    ("pids-limit", "limits are not simulated"),
    ("shm-size", "limits are not simulated"),
    ("ulimit", "limits are not simulated"),
    ("privileged", "containers are root among their own files in any case"),
    ("cap-add", "capabilities are not simulated"),
    ("cap-drop", "capabilities are not simulated"),
    ("security-opt", "security modules are not simulated"),
    ("platform", "there is one platform, linux/amd64"),
    ("log-driver", "there is one driver, json-file"),
    ("log-opt", "logs are not rotated"),
    ("dns", "there are no name servers"),
    ("health-cmd", "health checks are not run"),
    ("no-healthcheck", "health checks are not run"),
    ("stop-timeout", "give docker stop its -t"),
];

/// Says which of the options only change what is shown.
pub fn without_effect(ctx: &mut Ctx<'_>, args: &Args) {
    for (option, why) in SHOWN {
        if args.has(option) && args.value(option).is_some_and(|it| !it.is_empty()) {
            ctx.flush();
            ctx.err(format!("docker: --{option} has no effect: {why}\n"));
        }
    }
}

/// `64m`: bytes, with units of 1024.
fn bytes(option: &str, text: &str) -> Result<i64, Fail> {
    let lower = text.to_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match lower[digits.len()..].trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(wrong(option, text, &format!("invalid size: '{text}'"))),
    };
    let number: f64 =
        digits.parse().map_err(|_| wrong(option, text, &format!("invalid size: '{text}'")))?;
    Ok((number * 1024_f64.powi(unit)) as i64)
}

fn wrong(option: &str, text: &str, why: &str) -> Fail {
    Fail::Usage(format!("invalid argument \"{text}\" for \"{option}\" flag: {why}"))
}

/// The least that a container may be given.
const MEMORY_MIN: i64 = 6 << 20;

/// Limits, as `run` and `update` take them.
fn limits(args: &Args, host: &mut Host) -> Result<(), Fail> {
    if let Some(text) = args.value("memory") {
        let memory = bytes("-m, --memory", text)?;
        if memory > 0 && memory < MEMORY_MIN {
            return Err(Fail::Daemon("Minimum memory limit allowed is 6MB".to_owned()));
        }
        host.insert("Memory".to_owned(), json!(memory));
    }
    if let Some(text) = args.value("memory-swap") {
        let swap = if text == "-1" { -1 } else { bytes("--memory-swap", text)? };
        host.insert("MemorySwap".to_owned(), json!(swap));
    }
    if let Some(text) = args.value("cpus") {
        let cpus: f64 = text.parse().map_err(|_| {
            wrong("--cpus", text, &format!("failed to parse {text} as a rational number"))
        })?;
        host.insert("NanoCpus".to_owned(), json!((cpus * 1e9) as i64));
    }
    for (option, key) in [("cpu-shares", "CpuShares"), ("pids-limit", "PidsLimit")] {
        if let Some(text) = args.value(option) {
            let number: i64 = text.parse().map_err(|_| {
                let why = format!("strconv.ParseInt: parsing \"{text}\": invalid syntax");
                wrong(&format!("--{option}"), text, &why)
            })?;
            host.insert(key.to_owned(), json!(number));
        }
    }
    if let Some(text) = args.value("restart").filter(|it| !it.is_empty()) {
        let (name, count) = text.split_once(':').unwrap_or((text, "0"));
        let count: u32 = count.parse().map_err(|_| {
            Fail::Refused(
                "invalid restart policy format: maximum retry count must be an integer".to_owned(),
            )
        })?;
        if !["no", "always", "on-failure", "unless-stopped"].contains(&name) {
            return Err(Fail::Daemon(format!("invalid restart policy '{name}'")));
        }
        let policy = json!({ "Name": name, "MaximumRetryCount": count });
        host.insert("RestartPolicy".to_owned(), policy);
    }
    Ok(())
}

/// What `run` and `create` are given.
///
/// # Errors
/// In Docker's words (observed on 20.10 with the client 28.2).
pub fn chosen(args: &Args) -> Result<Host, Fail> {
    let restarts = args.value("restart").is_some_and(|it| !it.is_empty() && it != "no");
    if restarts && args.has("rm") {
        return Err(Fail::Refused(
            "conflicting options: cannot specify both --restart and --rm".to_owned(),
        ));
    }
    let mut host = Host::new();
    limits(args, &mut host)?;
    if let (Some(memory), None) =
        (host.get("Memory").and_then(Value::as_i64), host.get("MemorySwap"))
    {
        host.insert("MemorySwap".to_owned(), json!(memory * 2));
    }
    if args.has("privileged") {
        host.insert("Privileged".to_owned(), json!(true));
    }
    if args.has("publish-all") {
        host.insert("PublishAllPorts".to_owned(), json!(true));
    }
    if let Some(text) = args.value("shm-size") {
        host.insert("ShmSize".to_owned(), json!(bytes("--shm-size", text)?));
    }
    let limits = args.values("storage-opt");
    if !limits.is_empty() {
        let pairs: Option<serde_json::Map<String, Value>> = limits
            .iter()
            .map(|it| it.split_once('=').map(|(key, value)| (key.to_owned(), json!(value))))
            .collect();
        let pairs = pairs.ok_or_else(|| Fail::Refused("invalid storage option".to_owned()))?;
        host.insert("StorageOpt".to_owned(), Value::Object(pairs));
    }
    for (option, key) in [
        ("cap-add", "CapAdd"),
        ("cap-drop", "CapDrop"),
        ("security-opt", "SecurityOpt"),
        ("dns", "Dns"),
    ] {
        let all = args.values(option);
        if !all.is_empty() {
            host.insert(key.to_owned(), json!(all));
        }
    }
    let names = args.values("add-host");
    for text in &names {
        if !text.contains([':', '=']) {
            return Err(wrong("--add-host", text, &format!("bad format for add-host: \"{text}\"")));
        }
    }
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|it| it.replacen('=', ":", 1)).collect();
        host.insert("ExtraHosts".to_owned(), json!(names));
    }
    Ok(host)
}

/// Lines of `--env-file`: a name alone takes the client's variable, if it is set.
///
/// # Errors
/// A file that cannot be read.
pub fn env_files(ctx: &mut Ctx<'_>, args: &Args) -> Result<Vec<String>, Fail> {
    let mut all = Vec::new();
    for path in args.values("env-file") {
        let text = files::read(ctx.sys, &path).map_err(|errno| {
            Fail::Refused(format!("open {path}: {}", errno.message().to_lowercase()))
        })?;
        for line in String::from_utf8_lossy(&text).lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match (line.contains('='), ctx.var(line)) {
                (true, _) => all.push(line.to_owned()),
                (false, Some(value)) => {
                    all.push(format!("{line}={}", String::from_utf8_lossy(value)));
                }
                (false, None) => {}
            }
        }
    }
    Ok(all)
}

/// What `--mount` asks for: as `--volume` would, or memory with its options.
pub enum Mount {
    Bind(String),
    Memory(String, String),
}

/// `type=bind,source=/a,target=/b,readonly`.
///
/// # Errors
/// In Docker's words.
pub fn mount(ctx: &mut Ctx<'_>, text: &str) -> Result<Mount, Fail> {
    let bad = |why: String| wrong("--mount", text, &why);
    let (mut kind, mut source, mut target) = ("volume", "", "");
    let (mut read_only, mut options) = (false, Vec::new());
    for field in text.split(',') {
        let (key, value) = match field.split_once('=') {
            Some(pair) => pair,
            None if ["readonly", "ro"].contains(&field) => (field, "true"),
            None => return Err(bad(format!("invalid field '{field}' must be a key=value pair"))),
        };
        match key {
            "type" => kind = value,
            "source" | "src" => source = value,
            "target" | "dst" | "destination" => target = value,
            "readonly" | "ro" => read_only = value == "true" || value == "1",
            "tmpfs-size" => options.push(format!("size={value}")),
            "tmpfs-mode" => options.push(format!("mode={value}")),
            "volume-driver" | "volume-opt" | "volume-label" | "volume-nocopy"
            | "bind-propagation" | "consistency" => {}
            _ => return Err(bad(format!("unexpected key '{key}' in '{field}'"))),
        }
    }
    let refused =
        |why: &str| Fail::Daemon(format!("invalid mount config for type \"{kind}\": {why}"));
    if target.is_empty() {
        return Err(bad("target is required".to_owned()));
    }
    let end = if read_only { ":ro" } else { "" };
    match kind {
        "tmpfs" => Ok(Mount::Memory(target.to_owned(), options.join(","))),
        "volume" if source.is_empty() => Ok(Mount::Bind(target.to_owned())),
        "volume" => Ok(Mount::Bind(format!("{source}:{target}{end}"))),
        "bind" if source.is_empty() => Err(refused("field Source must not be empty")),
        "bind" if files::exists(ctx.sys, source) => {
            Ok(Mount::Bind(format!("{source}:{target}{end}")))
        }
        "bind" => Err(refused(&format!("bind source path does not exist: {source}"))),
        _ => Err(refused("mount type unknown")),
    }
}

pub fn update(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let mut asked = Host::new();
    limits(args, &mut asked)?;
    if asked.is_empty() {
        return Err(Fail::Client(
            "you must provide one or more flags when using this command".to_owned(),
        ));
    }
    without_effect(ctx, args);
    let mut complaints = String::new();
    for word in &args.words {
        match updated(ctx, engine, word, &asked) {
            Ok(()) => ctx.line(word),
            Err(fail) => complaints += &format!("{}\n", fail.line()),
        }
    }
    ctx.flush();
    ctx.err(&complaints);
    Ok(Next::Exit(i32::from(!complaints.is_empty())))
}

fn updated(ctx: &mut Ctx<'_>, engine: &Engine, word: &str, asked: &Host) -> Result<(), Fail> {
    let mut container = engine.find_container(ctx.sys, word)?;
    let number = |host: &Host, key: &str| host.get(key).and_then(Value::as_i64).unwrap_or(0);
    let (memory, swap) = (number(asked, "Memory"), number(&container.host, "MemorySwap"));
    if memory > 0 && swap >= 0 && memory > swap && !asked.contains_key("MemorySwap") {
        return Err(Fail::Daemon(format!(
            "Cannot update container {}: Memory limit should be smaller than already set memoryswap limit, \
             update the memoryswap at the same time",
            container.id
        )));
    }
    let restarts = asked.get("RestartPolicy").is_some_and(|it| it["Name"] != "no");
    if container.auto_remove && restarts {
        return Err(Fail::Daemon(format!(
            "Cannot update container {}: Restart policy cannot be updated because AutoRemove is enabled for \
             the container",
            container.id
        )));
    }
    container.host.extend(asked.clone());
    Ok(engine.keep_container(ctx.sys, &container)?)
}
