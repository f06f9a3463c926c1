//! `docker port`.

use super::Next;
use super::args::Args;
use super::cli::{Done, Fail};
use crate::oci::engine::Engine;
use crate::shell::command::ctx::Ctx;

pub fn list(ctx: &mut Ctx<'_>, engine: &Engine, args: &Args) -> Done {
    let container = engine.find_container(ctx.sys, &args.words[0])?;
    let Some(wanted) = args.words.get(1) else {
        let mut lines: Vec<String> =
            container.ports.iter().map(|(port, (ip, on))| format!("{port} -> {ip}:{on}")).collect();
        lines.sort();
        lines.into_iter().for_each(|line| ctx.line(line));
        return Ok(Next::Exit(0));
    };
    let full = if wanted.contains('/') { wanted.clone() } else { format!("{wanted}/tcp") };
    let found: Vec<_> = container.ports.iter().filter(|it| it.0 == full).collect();
    if found.is_empty() {
        let shown = &args.words[0];
        return Err(Fail::Client(format!(
            "Error: No public port '{wanted}' published for {shown}"
        )));
    }
    found.iter().for_each(|(_, (ip, on))| ctx.line(format!("{ip}:{on}")));
    Ok(Next::Exit(0))
}
