//! Running other programs: always from the repository root, always naming the command when it
//! fails.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::repo;

/// A command that will run in the repository root without standard input.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(repo::root()).stdin(Stdio::null());
    command
}

/// The cargo that runs xtask, so that every step uses the same toolchain.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program()];
    words.extend(command.get_args());
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Runs a command with its output on ours.
pub fn run(command: &mut Command) -> Result<()> {
    let text = shown(command);
    let status = command.status().with_context(|| format!("could not start: {text}"))?;
    if !status.success() {
        bail!("failed ({status}): {text}");
    }
    Ok(())
}

/// Runs a command and returns its standard output; an error carries what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let text = shown(command);
    let output = command.output().with_context(|| format!("could not start: {text}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("failed ({}): {text}\n{}", output.status, stderr.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command, passes its output on line by line as it comes, and returns the lines with
/// whether it succeeded.
pub fn tee(command: &mut Command) -> Result<(bool, Vec<String>)> {
    let text = shown(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start: {text}"))?;
    let stderr = child.stderr.take();
    let errors = std::thread::spawn(move || stderr.map(|pipe| copy_lines(pipe, true)));
    let lines = child.stdout.take().map(|pipe| copy_lines(pipe, false)).unwrap_or_default();
    let errors = errors.join().ok().flatten().unwrap_or_default();
    let status = child.wait()?;
    Ok((status.success(), [lines, errors].concat()))
}

/// Runs a talkative command and shows each line of its output to `see` instead of the person; an
/// error carries the last lines of both outputs.
pub fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<()> {
    let text = shown(command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start: {text}"))?;
    let stderr = child.stderr.take();
    let errors = std::thread::spawn(move || stderr.map(|pipe| lines_of(pipe, |_| ())));
    let lines = child.stdout.take().map(|pipe| lines_of(pipe, &mut see)).unwrap_or_default();
    let errors = errors.join().ok().flatten().unwrap_or_default();
    let status = child.wait()?;
    if !status.success() {
        let last = |lines: &[String]| lines[lines.len().saturating_sub(20)..].join("\n");
        bail!("failed ({status}): {text}\n{}\n{}", last(&lines), last(&errors));
    }
    Ok(())
}

fn copy_lines(pipe: impl Read, to_stderr: bool) -> Vec<String> {
    lines_of(pipe, |line| if to_stderr { eprintln!("{line}") } else { println!("{line}") })
}

fn lines_of(pipe: impl Read, mut see: impl FnMut(&str)) -> Vec<String> {
    let mut lines = Vec::new();
    for line in BufReader::new(pipe).split(b'\n').map_while(|line| line.ok()) {
        let line = String::from_utf8_lossy(&line).into_owned();
        see(&line);
        lines.push(line);
    }
    lines
}

/// The first program of that name on the PATH.
pub fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let extra = ["/usr/sbin", "/sbin"].map(PathBuf::from); // mkfs lives there
    std::env::split_paths(&path).chain(extra).map(|dir| dir.join(name)).find(|p| is_program(p))
}

fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// Whether this process is root, by the owner of its own entry in /proc; elsewhere by `id -u`.
pub fn is_root() -> bool {
    output(command("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0")
}
