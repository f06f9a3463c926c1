//! `zfs list`.

use super::super::ctx::Ctx;
use super::get::{is_number, value};
use super::{datasets, fail, has, names, parse, table};
use crate::types::control::DatasetFacts;

pub fn run(ctx: &mut Ctx<'_>, words: &[Vec<u8>]) -> i32 {
    let parsed = match parse(ctx, "H p r d= o= s= S= t=", words) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let last = |id: &str| parsed.options.iter().rfind(|it| it.id == id).map(|it| it.text());
    let types = last("t").unwrap_or_else(|| "filesystem".to_owned());
    let columns = last("o").unwrap_or_else(|| "name,used,avail,refer,mountpoint".to_owned());
    let columns =
        columns.replace("space", "name,avail,used,usedsnap,usedds,usedrefreserv,usedchild");
    let columns: Vec<&str> = columns.split(',').collect();
    let all = datasets(ctx);
    let wanted = names(&parsed);
    let mut status = 0;
    for name in wanted.iter().filter(|name| !all.iter().any(|it| it.name == **name)) {
        status = fail(ctx, format_args!("cannot open '{name}': dataset does not exist"));
    }
    let snapshots = types.split(',').any(|it| ["all", "snapshot", "snap"].contains(&it));
    let plain = types.split(',').any(|it| ["all", "filesystem", "fs"].contains(&it));
    let depth: Option<usize> = match (last("d"), has(&parsed, "r")) {
        (Some(depth), _) => depth.parse().ok(),
        (None, true) => Some(usize::MAX),
        (None, false) if plain => Some(0),
        // Asked for its snapshots, a dataset shows its own.
        (None, false) => Some(1),
    };
    let shown = |it: &&DatasetFacts| {
        let kind = if it.is_snapshot { snapshots } else { plain };
        let near = |name: &String| {
            let exact = it.name == *name;
            exact || steps(name, &it.name).is_some_and(|steps| steps <= depth.unwrap_or(0))
        };
        let named = wanted.is_empty() || wanted.iter().any(near);
        // A snapshot that is named is shown whatever the types are.
        (kind || wanted.contains(&it.name)) && named
    };
    let mut rows: Vec<&DatasetFacts> = all.iter().filter(shown).collect();
    sort(&mut rows, &parsed);
    let exact = has(&parsed, "p");
    let mounted = super::mounting::mounted(ctx);
    let mut cells = Vec::new();
    for it in rows {
        let mut row = Vec::new();
        for column in &columns {
            match value(it, column, exact, &mounted) {
                Some((text, _)) => row.push(text),
                None => {
                    return fail(
                        ctx,
                        format_args!("bad property list: invalid property '{column}'"),
                    );
                }
            }
        }
        cells.push(row);
    }
    if has(&parsed, "H") {
        cells.iter().for_each(|row| ctx.line(row.join("\t")));
        return status;
    }
    if cells.is_empty() {
        if wanted.is_empty() {
            ctx.err("no datasets available\n");
        }
        return status;
    }
    let head: Vec<String> = columns.iter().map(|it| heading(it)).collect();
    let right: Vec<bool> = columns.iter().map(|it| is_number(it)).collect();
    table(ctx, Some(&head), &cells, &right);
    status
}

/// How many names down one dataset is from another; `None` when it is not below.
fn steps(above: &str, name: &str) -> Option<usize> {
    let rest = name.strip_prefix(above)?;
    rest.starts_with(['/', '@']).then(|| rest.matches(['/', '@']).count())
}

fn heading(column: &str) -> String {
    match column {
        "available" => "AVAIL",
        "referenced" => "REFER",
        "usedbysnapshots" => "USEDSNAP",
        "usedbydataset" => "USEDDS",
        "usedbychildren" => "USEDCHILD",
        "recordsize" => "RECSIZE",
        "compression" => "COMPRESS",
        "readonly" => "RDONLY",
        other => return other.to_uppercase(),
    }
    .to_owned()
}

fn sort(rows: &mut [&DatasetFacts], parsed: &super::Parsed) {
    for given in parsed.options.iter().rev() {
        let key = given.text();
        let by = |it: &&DatasetFacts| match &key[..] {
            "used" => it.used,
            "avail" | "available" => it.avail,
            "refer" | "referenced" => it.refer,
            _ => it.created.sec as u64 * 1_000_000_000 + u64::from(it.created.nsec),
        };
        match given.id {
            "s" if key == "name" => rows.sort_by(|a, b| a.name.cmp(&b.name)),
            "S" if key == "name" => rows.sort_by(|a, b| b.name.cmp(&a.name)),
            "s" => rows.sort_by_key(by),
            "S" => rows.sort_by_key(|it| std::cmp::Reverse(by(it))),
            _ => {}
        }
    }
}
