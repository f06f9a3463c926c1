//! `cargo xtask serve`: builds the page, serves it on this machine, rebuilds when a file changes.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{build, process, repo, say, tools};

struct Options {
    port: u16,
    dev: bool,
}

fn parse(args: &[String]) -> Result<Options> {
    let mut options = Options { port: 0, dev: false };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--dev" => options.dev = true,
            "--port" => {
                let port = args.next().context("--port needs a number")?;
                options.port = port.parse().with_context(|| format!("not a port: {port}"))?;
            }
            other => bail!("serve does not know '{other}'"),
        }
    }
    if options.port == 0 {
        options.port = free_port(8080)?;
    }
    Ok(options)
}

/// The first port from `first` on that nobody listens on.
fn free_port(first: u16) -> Result<u16> {
    let mut ports = first..first.saturating_add(100);
    ports
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .with_context(|| format!("no free port from {first} on"))
}

/// Runs until Ctrl-C.
pub fn run(args: &[String]) -> Result<()> {
    let options = parse(args)?;
    tools::ensure(tools::WEB)?;
    let address = format!("http://127.0.0.1:{}/", options.port);
    say::step(&format!("Building the page; it will be at {address}"));
    let kind = if options.dev { build::Kind::Dev } else { build::Kind::Release };
    let mut trunk = build::trunk("serve", kind)?;
    // Its own folder: a served page has a reload script that must never reach dist/app.
    trunk.arg("--dist").arg(repo::root().join("dist/serve"));
    trunk.args(["--port", &options.port.to_string()]);
    std::fs::create_dir_all(repo::root().join("dist/serve"))?;
    announce(options.port, address);
    process::run(&mut trunk)
}

/// Says when the page can be opened: Trunk listens once its first build is done.
fn announce(port: u16, address: String) {
    std::thread::spawn(move || {
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(200));
        }
        println!("\nLayerglass is ready: open {address} (Ctrl-C stops it)");
    });
}
