//! `layerglass run`: a script on a fresh simulated machine.

use layerglass::machine::Machine;
use layerglass::vfs::Pid;
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    /// Run this text instead of a file
    #[arg(short = 'c', value_name = "CMDS")]
    command: Option<String>,
    /// The script (`-` or nothing: standard input), then its arguments
    #[arg(value_name = "FILE", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

pub fn run(args: &Args) -> ExitCode {
    let mut machine = Machine::boot();
    machine.feed(&stdin());
    let pid = match start(&mut machine, args) {
        Ok(pid) => pid,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(127);
        }
    };
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr().lock());
    // A reader that has gone away ends us quietly, as SIGPIPE would.
    let status = machine.finish(pid, &mut |is_err, bytes| {
        let done = if is_err { err.write_all(bytes) } else { out.write_all(bytes) };
        done.and_then(|()| out.flush()).is_ok()
    });
    ExitCode::from(u8::try_from(status & 0xff).unwrap_or(1))
}

/// Starts what the command line asks for.
fn start(machine: &mut Machine, args: &Args) -> Result<Pid, String> {
    let words = || args.words.iter().map(|it| it.as_bytes().to_vec());
    let bash = |more: &[&[u8]]| more.iter().map(|it| it.to_vec()).collect::<Vec<_>>();
    if let Some(text) = &args.command {
        let mut argv = bash(&[b"bash", b"-c", text.as_bytes()]);
        argv.extend(words());
        return Ok(machine.start(&argv));
    }
    let Some(path) = args.words.first().filter(|it| *it != "-") else {
        let mut argv = bash(&[b"bash", b"-s"]);
        argv.extend(words().skip(1));
        return Ok(machine.start(&argv));
    };
    let text = std::fs::read(path).map_err(|err| match err.kind() {
        ErrorKind::NotFound => format!("bash: {path}: No such file or directory"),
        ErrorKind::PermissionDenied => format!("bash: {path}: Permission denied"),
        ErrorKind::IsADirectory => format!("bash: {path}: Is a directory"),
        _ => format!("bash: {path}: {err}"),
    })?;
    Ok(machine.start_script(&text, &words().collect::<Vec<_>>()))
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
