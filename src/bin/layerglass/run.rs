//! `layerglass run`: a script on a fresh simulated machine.

use layerglass::machine::steps::{Did, Steps};
use layerglass::machine::{KernelProfile, Machine, profile};
use layerglass::rivals;
use layerglass::trace::Step;
use layerglass::types::Meter;
use layerglass::vfs::Pid;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(
    after_help = "The exit status is that of the script; 127 if FILE does not exist, 2 for wrong usage."
)]
pub struct Args {
    /// Run this text instead of a file
    #[arg(short = 'c', value_name = "CMDS", allow_hyphen_values = true)]
    command: Option<String>,
    /// Docker's storage driver
    #[arg(long, value_name = "DRIVER", default_value = "overlay2", value_parser = rivals::DRIVERS)]
    driver: String,
    /// The kernel to be
    #[arg(long, value_name = "VERSION", default_value = "6.18", value_parser = kernels())]
    kernel: String,
    /// Print one JSON object for each command at the top level
    #[arg(long)]
    json: bool,
    /// Run on the machine that `layerglass fuse --socket` has mounted
    #[arg(long, value_name = "SOCKET")]
    socket: Option<String>,
    /// The script (`-` or nothing: standard input), then its arguments
    #[arg(value_name = "FILE", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// The names of the kernels to choose from.
fn kernels() -> clap::builder::PossibleValuesParser {
    profile::ALL.iter().map(|it| it.name).collect::<Vec<_>>().into()
}

pub fn run(args: &Args) -> ExitCode {
    if let Err(why) = possible(args) {
        eprintln!("layerglass run: {why}");
        return ExitCode::from(2);
    }
    if let Some(socket) = &args.socket {
        return elsewhere(args, socket);
    }
    let kernel = profile::by_name(&args.kernel).unwrap_or(&profile::V6_18);
    let (mut machine, pid) = match start(args, kernel) {
        Ok(started) => started,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(127);
        }
    };
    let status = if args.json { report(&mut machine, pid) } else { stream(&mut machine, pid) };
    ExitCode::from(u8::try_from(status & 0xff).unwrap_or(1))
}

/// What is asked for and cannot be done.
fn possible(args: &Args) -> Result<(), String> {
    if layerglass::drivers::by_name(&args.driver, "").is_none() {
        let driver = &args.driver;
        return Err(format!("the storage driver {driver} is not built yet"));
    }
    if args.driver != rivals::DRIVERS[0] && args.socket.is_some() {
        return Err(
            "--driver and --socket do not go together: that machine is configured".to_owned()
        );
    }
    if args.socket.is_some() && args.json {
        return Err("--json and --socket do not go together".to_owned());
    }
    // Everything after FILE belongs to the script, so an unknown option arrives here.
    let first = args.words.first().filter(|it| args.command.is_none() && it.len() > 1);
    match first.filter(|it| it.starts_with('-')) {
        Some(odd) => Err(format!("unknown option {odd} (a FILE of that name: ./{odd})")),
        None => Ok(()),
    }
}

/// Runs on the machine that is mounted elsewhere.
#[cfg(all(feature = "fuse", target_os = "linux"))]
fn elsewhere(args: &Args, socket: &str) -> ExitCode {
    use layerglass::fuse::socket;
    let script = match script(args) {
        Ok(script) => script,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(127);
        }
    };
    let run = socket::Run { argv: argv(args, script.is_some()), script };
    match socket::call(socket.as_ref(), &run) {
        Ok(status) => ExitCode::from(u8::try_from(status & 0xff).unwrap_or(1)),
        Err(err) => {
            eprintln!("layerglass run: --socket {socket}: {err}");
            ExitCode::from(2)
        }
    }
}

#[cfg(not(all(feature = "fuse", target_os = "linux")))]
fn elsewhere(_: &Args, _: &str) -> ExitCode {
    eprintln!("layerglass run: --socket: this program was built without `fuse`");
    ExitCode::from(2)
}

/// Name and arguments of the bash that is wanted.
fn argv(args: &Args, has_script: bool) -> Vec<Vec<u8>> {
    let words = args.words.iter().map(|it| it.as_bytes().to_vec());
    let bash = |option: &str| vec![b"bash".to_vec(), option.as_bytes().to_vec()];
    match &args.command {
        Some(text) => {
            bash("-c").into_iter().chain([text.as_bytes().to_vec()]).chain(words).collect()
        }
        None if has_script => words.collect(),
        None => bash("-s").into_iter().chain(words.skip(1)).collect(),
    }
}

/// A machine, and the process of its shell.
fn start(args: &Args, kernel: &KernelProfile) -> Result<(Machine, Pid), String> {
    let script = script(args)?;
    let mut machine = Machine::boot_as(kernel);
    let init = machine.init();
    layerglass::drivers::ground::prepare(&mut machine.kernel.sys(init), &args.driver)
        .map_err(|why| format!("layerglass run: --driver {}: {why}", args.driver))?;
    if args.json {
        machine.report();
    }
    machine.feed(&stdin());
    let argv = argv(args, script.is_some());
    let pid = match script {
        Some(text) => machine.start_script(&text, &argv),
        None => machine.start(&argv),
    };
    Ok((machine, pid))
}

/// The text of FILE, if there is one.
fn script(args: &Args) -> Result<Option<Vec<u8>>, String> {
    let file = args.words.first().filter(|it| *it != "-" && args.command.is_none());
    let Some(path) = file else { return Ok(None) };
    std::fs::read(path).map(Some).map_err(|err| match err.kind() {
        ErrorKind::NotFound => format!("bash: {path}: No such file or directory"),
        ErrorKind::PermissionDenied => format!("bash: {path}: Permission denied"),
        ErrorKind::IsADirectory => format!("bash: {path}: Is a directory"),
        _ => format!("bash: {path}: {err}"),
    })
}

/// Standard input, unless it is a terminal that nobody types into.
fn stdin() -> Vec<u8> {
    let mut input = Vec::new();
    let mut stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let _ = stdin.read_to_end(&mut input);
    }
    input
}

/// Runs to the end, with output as it comes; the status.
fn stream(machine: &mut Machine, pid: Pid) -> i32 {
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    // A reader that has gone away ends us quietly, as SIGPIPE would.
    machine.finish(pid, &mut |is_err, bytes| {
        let done = if is_err { err.write_all(bytes) } else { out.write_all(bytes) };
        done.and_then(|()| out.flush()).is_ok()
    })
}

/// A command of the script as a line of JSON.
#[derive(serde::Serialize)]
struct Command {
    n: usize,
    cmd: String,
    status: i32,
    stdout: String,
    stderr: String,
    cost: Meter,
    trace: Vec<Step>,
}

impl Command {
    fn of(did: Did) -> Command {
        let (stdout, stderr) = (did.text(false), did.text(true));
        let Did { n, line, status, cost, trace, .. } = did;
        Command { n, cmd: line, status, stdout, stderr, cost, trace }
    }

    /// Prints it; `false` when nobody reads any more.
    fn print(&self) -> bool {
        let mut out = std::io::stdout().lock();
        let line = serde_json::to_string(self).unwrap_or_default();
        writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
    }
}

/// Runs to the end, with a line for each command; the status.
fn report(machine: &mut Machine, pid: Pid) -> i32 {
    let mut steps = Steps::of(machine, pid);
    loop {
        if let Some(did) = steps.go_on(machine, 1_000) {
            if !Command::of(did).print() {
                return 141;
            }
        }
        if let Some(status) = steps.status() {
            return status;
        }
    }
}
