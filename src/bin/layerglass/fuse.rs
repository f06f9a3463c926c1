//! `layerglass fuse`: the simulated machine, or the union of real directories, mounted.

use layerglass::fuse::socket::Listening;
use layerglass::fuse::{Ended, Host, Layers, Mount};
use layerglass::machine::Machine;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Run this script on the machine first
    #[arg(long, value_name = "SCRIPT", conflicts_with = "options")]
    setup: Option<PathBuf>,
    /// The directory of the machine to mount
    #[arg(long, value_name = "PATH", default_value = "/", conflicts_with = "options")]
    root: PathBuf,
    /// Let `layerglass run --socket` run on the machine
    #[arg(long, value_name = "SOCKET")]
    socket: Option<PathBuf>,
    /// Mount the union of real directories: lowerdir=A:B,upperdir=U,workdir=W and further options
    /// of an overlay. The upper directory is written back at the end
    #[arg(short = 'o', value_name = "OPTIONS")]
    options: Option<OsString>,
    /// An existing directory
    #[arg(value_name = "MOUNTPOINT")]
    at: PathBuf,
}

pub fn run(args: &Args) -> ExitCode {
    Mount::guard_signals();
    match served(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("layerglass fuse: {why}");
            ExitCode::FAILURE
        }
    }
}

fn served(args: &Args) -> Result<(), String> {
    let (host, layers) = match &args.options {
        Some(options) => {
            let (host, layers) = Layers::mount(options.as_bytes())?;
            (host, Some(layers))
        }
        None => (machine(args)?, None),
    };
    let socket = args.socket.as_deref().map(|path| {
        Listening::new(&host, path).map_err(|err| format!("--socket {}: {err}", path.display()))
    });
    let socket = socket.transpose()?;
    let mount = Mount::new(host.clone(), &args.at)
        .map_err(|err| format!("{}: {err}", args.at.display()))?;
    println!("mounted on {}", mount.path().display());
    let ended = mount.wait();
    drop(socket);
    // Whatever ended the mount, the upper directory is written back.
    if let Some(layers) = layers {
        layers.finish(&host)?;
    }
    match ended {
        Ended::Unmounted | Ended::Signal(_) => Ok(()),
        Ended::Failed(err) => Err(err.to_string()),
    }
}

/// The simulated machine, set up.
fn machine(args: &Args) -> Result<Host, String> {
    let mut machine = Machine::boot();
    Host::real_clock(&mut machine);
    if let Some(script) = &args.setup {
        set_up(&mut machine, script)?;
    }
    let root = &args.root;
    Host::new(machine, root.as_os_str().as_bytes(), None)
        .map_err(|err| format!("--root {}: {}", root.display(), err.message()))
}

/// Runs the script; what it prints goes where ours goes.
fn set_up(machine: &mut Machine, script: &Path) -> Result<(), String> {
    let text = std::fs::read(script).map_err(|err| format!("{}: {err}", script.display()))?;
    let name = script.as_os_str().as_bytes().to_vec();
    machine.feed(b"");
    let pid = machine.start_script(&text, &[name]);
    let status = machine.finish(pid, &mut |is_err, bytes| {
        use std::io::Write;
        let _ = match is_err {
            true => std::io::stderr().write_all(bytes),
            false => std::io::stdout().write_all(bytes),
        };
        true
    });
    match status {
        0 => Ok(()),
        status => Err(format!("{}: the script ended with status {status}", script.display())),
    }
}
