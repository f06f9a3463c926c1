//! `pvs`, `vgs` and `lvs`: tables.

use super::model::{Group, Kind, Logical};
use super::{
    Found, Wanted, active, disk, group, has, names, scan, short, status, usage, value, warn,
};
use crate::shell::command::common::args::Parsed;
use crate::shell::command::ctx::Ctx;

const OPTIONS: &str = "a|all o|options= |noheadings |nosuffix |units= |separator= q|quiet v|verbose S|select= O|sort= |segments";

/// A column: its name in `-o`, its heading, whether it stands to the right.
struct Column {
    id: &'static str,
    head: &'static str,
    right: bool,
}

const fn column(id: &'static str, head: &'static str, right: bool) -> Column {
    Column { id, head, right }
}

const PV: &[Column] = &[
    column("pv_name", "PV", false),
    column("vg_name", "VG", false),
    column("pv_fmt", "Fmt", false),
    column("pv_attr", "Attr", false),
    column("pv_size", "PSize", true),
    column("pv_free", "PFree", true),
    column("pv_uuid", "PV UUID", false),
    column("pv_used", "Used", true),
];
const VG: &[Column] = &[
    column("vg_name", "VG", false),
    column("pv_count", "#PV", true),
    column("lv_count", "#LV", true),
    column("snap_count", "#SN", true),
    column("vg_attr", "Attr", false),
    column("vg_size", "VSize", true),
    column("vg_free", "VFree", true),
    column("vg_uuid", "VG UUID", false),
    column("vg_extent_size", "Ext", true),
    column("vg_free_count", "Free", true),
];
const LV: &[Column] = &[
    column("lv_name", "LV", false),
    column("vg_name", "VG", false),
    column("lv_attr", "Attr", false),
    column("lv_size", "LSize", true),
    column("pool_lv", "Pool", false),
    column("origin", "Origin", false),
    column("data_percent", "Data%", true),
    column("metadata_percent", "Meta%", true),
    column("move_pv", "Move", false),
    column("mirror_log", "Log", false),
    column("copy_percent", "Cpy%Sync", true),
    column("convert_lv", "Convert", false),
    column("seg_monitor", "Monitor", false),
    column("lv_uuid", "LV UUID", false),
    column("lv_path", "Path", false),
    column("chunk_size", "Chunk", true),
    column("thin_id", "ThId", true),
    column("transaction_id", "TransId", true),
    column("lv_profile", "LProfile", false),
    column("devices", "Devices", false),
    column("lv_metadata_size", "MSize", true),
];

/// How a table is shown.
struct Look {
    columns: Vec<&'static Column>,
    bare: bool,
    separator: Option<String>,
}

impl Look {
    fn of(
        ctx: &mut Ctx<'_>,
        parsed: &Parsed,
        all: &'static [Column],
        usual: usize,
    ) -> Result<Look, i32> {
        let mut columns: Vec<&Column> = all.iter().take(usual).collect();
        if let Some(text) = value(parsed, "o") {
            let more = text.strip_prefix('+');
            if more.is_none() {
                columns.clear();
            }
            for word in more.unwrap_or(&text).split(',') {
                let same = |it: &&Column| {
                    it.id == word
                        || it.id.split_once('_').is_some_and(|it| it.1 == word && !word.is_empty())
                };
                match all.iter().find(same) {
                    Some(column) => columns.push(column),
                    None => return usage(ctx, format_args!("Unrecognised field: {word}")),
                }
            }
        }
        let bare = has(parsed, "noheadings");
        Ok(Look { columns, bare, separator: value(parsed, "separator") })
    }

    fn print(&self, ctx: &mut Ctx<'_>, rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let heads = self.columns.iter().map(|it| it.head.to_owned()).collect::<Vec<_>>();
        if let Some(separator) = &self.separator {
            for row in (!self.bare).then_some(&heads).into_iter().chain(rows) {
                let cells: Vec<&str> = row.iter().map(|it| it.trim_end()).collect();
                ctx.line(format!("  {}", cells.join(separator)));
            }
            return;
        }
        let width = |at: usize| {
            // Numbers that change have room for all they may become.
            let least = if heads[at].ends_with('%') { 6 } else { 0 };
            let head = if self.bare { 0 } else { heads[at].len().max(least) };
            rows.iter().map(|it| it[at].chars().count()).max().unwrap_or(0).max(head)
        };
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        if !self.bare {
            let cells = heads.iter().zip(&widths).map(|(it, w)| format!("{it:<w$}"));
            ctx.line(format!("  {}", cells.collect::<Vec<_>>().join(" ")));
        }
        for row in rows {
            let cells = row.iter().zip(&widths).zip(&self.columns).map(|((it, w), column)| {
                if column.right { format!("{it:>w$}") } else { format!("{it:<w$}") }
            });
            ctx.line(format!("  {}", cells.collect::<Vec<_>>().join(" ")));
        }
    }
}

pub fn pvs(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(OPTIONS) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let look = match Look::of(ctx, &parsed, PV, 6) {
        Ok(look) => look,
        Err(status) => return status,
    };
    let wanted = names(&parsed);
    let Found { groups, labels } = scan(ctx);
    let mut last = 0;
    for name in &wanted {
        if !labels.iter().any(|it| it.device == *name) {
            warn(ctx, format_args!("Failed to find physical volume \"{name}\"."));
            last = super::FAILED;
        }
    }
    let mut rows = Vec::new();
    for label in labels.iter().filter(|it| wanted.is_empty() || wanted.contains(&it.device)) {
        let place = groups.iter().find_map(|it| {
            let at = it.physical.iter().position(|own| own.id == label.id)?;
            Some((it, at))
        });
        let cell = |column: &&Column| physical(label, place, column.id);
        rows.push(look.columns.iter().map(cell).collect::<Vec<_>>());
    }
    look.print(ctx, &rows);
    last
}

fn physical(label: &disk::Label, place: Option<(&Group, usize)>, id: &str) -> String {
    let of =
        |f: &dyn Fn(&Group, usize) -> String| place.map_or(String::new(), |(it, at)| f(it, at));
    let size = place.map_or(label.size, |(it, at)| it.physical[at].extents * it.extent);
    let free = place.map_or(label.size, |(it, at)| it.free_of(at) * it.extent);
    match id {
        "pv_name" => label.device.clone(),
        "vg_name" => of(&|it, _| it.name.clone()),
        "pv_fmt" => "lvm2".to_owned(),
        "pv_attr" => if place.is_some() { "a--" } else { "---" }.to_owned(),
        "pv_size" => short(size, false),
        "pv_free" => short(free, false),
        "pv_used" => short(size - free, false),
        "pv_uuid" => label.id.clone(),
        _ => String::new(),
    }
}

pub fn vgs(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(OPTIONS) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let look = match Look::of(ctx, &parsed, VG, 7) {
        Ok(look) => look,
        Err(status) => return status,
    };
    let mut groups = scan(ctx).groups;
    let wanted = names(&parsed);
    let mut last = 0;
    for name in &wanted {
        last = status(group(ctx, name).map(drop)).max(last);
    }
    groups.retain(|it| wanted.is_empty() || wanted.contains(&it.name));
    let rows: Vec<Vec<String>> = groups
        .iter()
        .map(|own| look.columns.iter().map(|it| of_group(own, it.id)).collect())
        .collect();
    look.print(ctx, &rows);
    last
}

fn of_group(own: &Group, id: &str) -> String {
    let lost = own.physical.iter().any(|it| it.device == "[unknown]");
    match id {
        "vg_name" => own.name.clone(),
        "pv_count" => own.physical.len().to_string(),
        "lv_count" => own.logical.iter().filter(|it| it.visible).count().to_string(),
        "snap_count" => "0".to_owned(),
        "vg_attr" => if lost { "wz-pn-" } else { "wz--n-" }.to_owned(),
        "vg_size" => short(own.extents() * own.extent, false),
        "vg_free" => short(own.free() * own.extent, false),
        "vg_free_count" => own.free().to_string(),
        "vg_extent_size" => short(own.extent, false),
        "vg_uuid" => own.id.clone(),
        _ => String::new(),
    }
}

pub fn lvs(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(OPTIONS) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let look = match Look::of(ctx, &parsed, LV, 12) {
        Ok(look) => look,
        Err(status) => return status,
    };
    let (wanted, last) = Wanted::of(ctx, &parsed);
    let mut rows = Vec::new();
    for own in scan(ctx).groups {
        let mut all: Vec<&Logical> = own.logical.iter().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        for it in all {
            if wanted.has(&own, it) && (it.visible || has(&parsed, "a")) {
                rows.push(
                    look.columns.iter().map(|column| logical(ctx, &own, it, column.id)).collect(),
                );
            }
        }
    }
    look.print(ctx, &rows);
    last
}

/// The ten letters of a volume's state.
fn letters(ctx: &mut Ctx<'_>, own: &Group, it: &Logical) -> String {
    let opened = active::opened(ctx, own, &it.name);
    let pool_of = |name: &str| match own.get(name).and_then(Logical::kind) {
        Some(Kind::Pool { zero, .. }) => *zero,
        _ => false,
    };
    let (kind, target, zero) = match it.kind() {
        Some(Kind::Pool { zero, .. }) => ('t', 't', *zero),
        Some(Kind::Thin { pool, .. }) => ('V', 't', pool_of(pool)),
        _ if it.name.ends_with("_tdata") => ('T', '-', false),
        _ if it.name.ends_with("_tmeta") || it.name.ends_with("_pmspare") => ('e', '-', false),
        _ => ('-', '-', false),
    };
    let state = if opened.is_some() { 'a' } else { '-' };
    // Behind a layer the pool is held by its own name too.
    let layer = format!("{}-tpool", active::name(own, &it.name));
    let held = opened.is_some_and(|it| it > 0) || active::opened_at(ctx, &layer) > Some(1);
    let open = if held { 'o' } else { '-' };
    let health = match it.is_pool() && opened.is_some() {
        true if active::state(ctx, &active::pool_device(own, &it.name))
            .iter()
            .any(|it| it == "out_of_data_space") =>
        {
            'D'
        }
        _ => '-',
    };
    let target = if it.visible || kind == 'T' { target } else { '-' };
    let target = if kind == 'T' || kind == 'e' { '-' } else { target };
    let skip = if it.skip { 'k' } else { '-' };
    let zero = if zero { 'z' } else { '-' };
    [kind, 'w', 'i', '-', state, open, target, zero, health, skip].iter().collect()
}

fn percent(used: &str, total: &str) -> Option<String> {
    let (used, total): (f64, f64) = (used.parse().ok()?, total.parse().ok()?);
    Some(format!("{:.2}", if total > 0.0 { used * 100.0 / total } else { 0.0 }))
}

/// How full a pool is: data, metadata.
pub fn fill(ctx: &mut Ctx<'_>, own: &Group, pool: &str) -> (String, String) {
    let words = active::state(ctx, &active::pool_device(own, pool));
    let of = |at: usize| {
        let (used, total) = words.get(at)?.split_once('/')?;
        percent(used, total)
    };
    (of(2).unwrap_or_default(), of(1).unwrap_or_default())
}

fn logical(ctx: &mut Ctx<'_>, own: &Group, it: &Logical, id: &str) -> String {
    let empty = String::new;
    match (id, it.kind()) {
        ("lv_name", _) if it.visible => it.name.clone(),
        ("lv_name", _) => format!("[{}]", it.name),
        ("vg_name", _) => own.name.clone(),
        ("lv_attr", _) => letters(ctx, own, it),
        ("lv_size", _) => short(it.extents() * own.extent, false),
        ("pool_lv", Some(Kind::Thin { pool, .. })) => pool.clone(),
        ("origin", Some(Kind::Thin { origin, .. })) => origin.clone().unwrap_or_default(),
        ("data_percent", Some(Kind::Pool { .. })) => fill(ctx, own, &it.name).0,
        ("metadata_percent", Some(Kind::Pool { .. })) => fill(ctx, own, &it.name).1,
        ("data_percent", Some(Kind::Thin { .. })) => {
            let words = active::state(ctx, &active::name(own, &it.name));
            let total = (it.extents() * own.extent).to_string();
            words.first().and_then(|used| percent(used, &total)).unwrap_or_default()
        }
        ("seg_monitor", Some(Kind::Pool { .. })) => "not monitored".to_owned(),
        ("lv_uuid", _) => it.id.clone(),
        ("lv_path", kind) if it.visible && !matches!(kind, Some(Kind::Pool { .. })) => {
            format!("/dev/{}/{}", own.name, it.name)
        }
        ("chunk_size", Some(Kind::Pool { chunk, .. })) => short(*chunk, false),
        ("chunk_size", _) => "0 ".to_owned(),
        ("thin_id", Some(Kind::Thin { id, .. })) => id.to_string(),
        (
            "transaction_id",
            Some(Kind::Thin { transaction, .. } | Kind::Pool { transaction, .. }),
        ) => transaction.to_string(),
        ("lv_profile", _) => it.profile.clone().unwrap_or_default(),
        ("lv_metadata_size", Some(Kind::Pool { meta, .. })) => {
            own.get(meta).map_or_else(empty, |it| short(it.extents() * own.extent, false))
        }
        ("devices", Some(Kind::Pool { data, .. })) => format!("{data}(0)"),
        ("devices", Some(Kind::Linear { on, at })) => {
            own.physical.get(*on).map_or_else(empty, |it| format!("{}({at})", it.device))
        }
        _ => empty(),
    }
}
