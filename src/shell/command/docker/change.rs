//! `--change` of `docker commit` and `docker import`: instructions of a Dockerfile that only change how
//! containers run.

use super::cli::Fail;
use crate::oci::build::state::{Arguments, Dialect, State};
use crate::oci::build::{Fault, instruction, source};
use crate::oci::config::RunConfig;

/// The instructions that may stand there (observed on 20.10).
const KNOWN: [&str; 10] = [
    "cmd",
    "entrypoint",
    "env",
    "expose",
    "healthcheck",
    "label",
    "onbuild",
    "user",
    "volume",
    "workdir",
];

/// Applies instructions to a configuration.
pub fn apply(config: RunConfig, changes: &[String]) -> Result<RunConfig, Fail> {
    if changes.is_empty() {
        return Ok(config);
    }
    let text = changes.join("\n");
    if text.trim().is_empty() {
        return Err(Fail::Daemon("file with no instructions".to_owned()));
    }
    let wrong = |fault: Fault| Fail::Daemon(fault.text);
    let source = source::read(&text).map_err(wrong)?;
    for node in &source.nodes {
        let name = node.name.to_lowercase();
        if !KNOWN.contains(&name.as_str()) {
            return Err(Fail::Daemon(format!("{name} is not a valid change command")));
        }
    }
    let mut state = State::new(None, "", Dialect::Classic);
    state.config = config;
    for node in &source.nodes {
        let instruction = instruction::parse(node, source.escape).map_err(wrong)?;
        state
            .apply(&instruction, &Arguments::default(), source.escape, Dialect::Classic)
            .map_err(wrong)?;
    }
    Ok(state.config)
}
