//! `docker images --tree`, as the client 27 lays it out.

use super::{Next, Row};
use crate::oci::digest::Digest;
use crate::oci::engine::Engine;
use crate::oci::human;
use crate::shell::command::ctx::Ctx;
use crate::shell::command::docker::cli::Done;

/// Room between columns.
const GAP: &str = "   ";

/// What stands beside a name.
struct Facts {
    id: String,
    usage: String,
    content: String,
    used: bool,
}

impl Facts {
    fn line(&self) -> String {
        let used = if self.used { "✔" } else { " " };
        format!(
            "{GAP}{:<12}{GAP}{:>10}{GAP}{:>12}{GAP} {used}  ",
            self.id, self.usage, self.content
        )
    }
}

/// An image with all of its names, and the platform it is for.
pub fn print(ctx: &mut Ctx<'_>, engine: &Engine, rows: &[Row]) -> Done {
    ctx.line("WARNING: This is an experimental feature. The output may change and shouldn't be depended on.");
    let containers = engine.containers(ctx.sys);
    // Only the store of containerd knows the platforms of an image, and what it was transferred as.
    let knows = engine.driver.name() == "overlayfs";
    let platform = "└─ linux/amd64";
    let names = rows.iter().map(|it| it.repository.len() + it.tag.len() + 1);
    let least = if knows { platform.len() } else { "IMAGE".len() };
    let width = names.max().unwrap_or(0).max(least);
    ctx.line(format!(
        "{:width$}{GAP}{:<12}{GAP}{:>10}{GAP}{:>12}{GAP}USED",
        "IMAGE", "ID", "DISK USAGE", "CONTENT SIZE"
    ));
    let mut shown: Vec<Digest> = Vec::new();
    for row in rows {
        let id = row.image.id;
        if shown.contains(&id) {
            continue;
        }
        if !shown.is_empty() {
            ctx.line("");
        }
        shown.push(id);
        let names: Vec<String> = rows
            .iter()
            .filter(|it| it.image.id == id && it.repository != "<none>")
            .map(|it| format!("{}:{}", it.repository, it.tag))
            .collect();
        let content = if knows { engine.content_size(ctx.sys, &row.image) } else { 0 };
        let unpacked = engine.image_size(ctx.sys, &row.image);
        let facts = Facts {
            id: id.short(),
            usage: human::size(unpacked + content),
            content: human::size(content),
            used: containers.iter().any(|it| it.image == id.to_string()),
        };
        let names = names.iter().map(|it| format!("{it:width$}")).collect::<Vec<_>>().join("\n");
        let names = if names.is_empty() { " ".repeat(width) } else { names };
        ctx.line(format!("{names}{}", facts.line()));
        if knows {
            ctx.line(format!("{platform:width$}{}", facts.line()));
        }
    }
    Ok(Next::Exit(0))
}
