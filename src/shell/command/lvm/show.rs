//! `pvdisplay`, `vgdisplay` and `lvdisplay`: a paragraph for each.

use super::model::{Group, Kind, Logical};
use super::{Found, Wanted, active, fail, group, names, report, scan, short, status};
use crate::shell::command::ctx::Ctx;

fn paragraph(ctx: &mut Ctx<'_>, title: &str, width: usize, rows: &[(&str, String)]) {
    ctx.line(format!("  --- {title} ---"));
    for (name, value) in rows {
        ctx.line(format!("  {name:<width$}{value}"));
    }
    ctx.line("   ");
}

pub fn pvdisplay(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("a|all q|quiet v|verbose") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let wanted = names(&parsed);
    let Found { groups, labels } = scan(ctx);
    let mut last = 0;
    for name in &wanted {
        if !labels.iter().any(|it| it.device == *name) {
            last = status(fail(ctx, format_args!("Failed to find physical volume \"{name}\".")));
        }
    }
    for own in &groups {
        for (at, it) in own.physical.iter().enumerate() {
            if !wanted.is_empty() && !wanted.contains(&it.device) {
                continue;
            }
            let free = own.free_of(at);
            let rest = it.size - it.extents * own.extent;
            let mark = if free == 0 { "yes (but full)" } else { "yes " };
            let rows = [
                ("PV Name", it.device.clone()),
                ("VG Name", own.name.clone()),
                ("PV Size", format!("{} / not usable {}", short(it.size, true), short(rest, true))),
                ("Allocatable", mark.to_owned()),
                ("PE Size", short(own.extent, true)),
                ("Total PE", it.extents.to_string()),
                ("Free PE", free.to_string()),
                ("Allocated PE", (it.extents - free).to_string()),
                ("PV UUID", it.id.clone()),
            ];
            paragraph(ctx, "Physical volume", 22, &rows);
        }
    }
    for label in &labels {
        let owned = groups.iter().any(|it| it.physical.iter().any(|it| it.id == label.id));
        if owned || !wanted.is_empty() && !wanted.contains(&label.device) {
            continue;
        }
        let size = short(label.size, true);
        ctx.line(format!("  \"{}\" is a new physical volume of \"{size}\"", label.device));
        let rows = [
            ("PV Name", label.device.clone()),
            ("VG Name", String::new()),
            ("PV Size", size),
            ("Allocatable", "NO".to_owned()),
            ("PE Size", "0   ".to_owned()),
            ("Total PE", "0".to_owned()),
            ("Free PE", "0".to_owned()),
            ("Allocated PE", "0".to_owned()),
            ("PV UUID", label.id.clone()),
        ];
        paragraph(ctx, "NEW Physical volume", 22, &rows);
    }
    last
}

pub fn vgdisplay(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("a|all q|quiet v|verbose") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let wanted = names(&parsed);
    let mut last = 0;
    for name in &wanted {
        last = status(group(ctx, name).map(drop)).max(last);
    }
    for own in scan(ctx).groups {
        if !wanted.is_empty() && !wanted.contains(&own.name) {
            continue;
        }
        let visible: Vec<&Logical> = own.logical.iter().filter(|it| it.visible).collect();
        let open =
            visible.iter().filter(|it| active::opened(ctx, &own, &it.name) > Some(0)).count();
        let (all, free) = (own.extents(), own.free());
        let size = |extents: u64| short(extents * own.extent, true);
        let there = own.physical.iter().filter(|it| it.device != "[unknown]").count();
        let rows = [
            ("VG Name", own.name.clone()),
            ("System ID", String::new()),
            ("Format", "lvm2".to_owned()),
            ("Metadata Areas", there.to_string()),
            ("Metadata Sequence No", own.seqno.to_string()),
            ("VG Access", "read/write".to_owned()),
            ("VG Status", "resizable".to_owned()),
            ("MAX LV", "0".to_owned()),
            ("Cur LV", visible.len().to_string()),
            ("Open LV", open.to_string()),
            ("Max PV", "0".to_owned()),
            ("Cur PV", own.physical.len().to_string()),
            ("Act PV", there.to_string()),
            ("VG Size", size(all)),
            ("PE Size", short(own.extent, true)),
            ("Total PE", all.to_string()),
            ("Alloc PE / Size", format!("{} / {}", all - free, size(all - free))),
            ("Free  PE / Size", format!("{free} / {}", size(free))),
            ("VG UUID", own.id.clone()),
        ];
        paragraph(ctx, "Volume group", 22, &rows);
    }
    last
}

pub fn lvdisplay(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse("a|all q|quiet v|verbose") {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let (wanted, last) = Wanted::of(ctx, &parsed);
    for own in scan(ctx).groups {
        for it in own.logical.iter().filter(|it| it.visible) {
            if wanted.has(&own, it) {
                let rows = rows(ctx, &own, it);
                paragraph(ctx, "Logical volume", 23, &rows);
            }
        }
    }
    last
}

fn rows(ctx: &mut Ctx<'_>, own: &Group, it: &Logical) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if !it.is_pool() {
        rows.push(("LV Path", format!("/dev/{}/{}", own.name, it.name)));
    }
    rows.push(("LV Name", it.name.clone()));
    rows.push(("VG Name", own.name.clone()));
    rows.push(("LV UUID", it.id.clone()));
    rows.push(("LV Write Access", "read/write".to_owned()));
    let opened = active::opened(ctx, own, &it.name);
    let state = if opened.is_some() { "available" } else { "NOT available" };
    match it.kind() {
        Some(Kind::Pool { meta, data, .. }) => {
            rows.push(("LV Pool metadata", meta.clone()));
            rows.push(("LV Pool data", data.clone()));
            rows.push(("LV Status", state.to_owned()));
            rows.push(("# open", opened.unwrap_or(0).to_string()));
            rows.push(("LV Size", short(it.extents() * own.extent, true)));
            let (data, meta) = report::fill(ctx, own, &it.name);
            if opened.is_some() {
                rows.push(("Allocated pool data", format!("{data}%")));
                rows.push(("Allocated metadata", format!("{meta}%")));
            }
        }
        kind => {
            if let Some(Kind::Thin { pool, origin, .. }) = kind {
                rows.push(("LV Pool name", pool.clone()));
                if let Some(origin) = origin {
                    rows.push(("LV Thin origin name", origin.clone()));
                }
            }
            rows.push(("LV Status", state.to_owned()));
            rows.push(("# open", opened.unwrap_or(0).to_string()));
            rows.push(("LV Size", short(it.extents() * own.extent, true)));
        }
    }
    rows.push(("Current LE", it.extents().to_string()));
    rows.push(("Segments", it.segments.len().to_string()));
    rows.push(("Allocation", "inherit".to_owned()));
    rows.push(("Read ahead sectors", "auto".to_owned()));
    rows
}
