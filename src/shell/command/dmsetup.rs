//! `dmsetup`: devices of the device mapper, thin pools among them.

use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::block::mapper::{Mapped, Request, TARGETS};
use crate::block::{Ask, Device, Tell, What};
use crate::errno::Errno;

pub const COMMAND: Command = rare(Command {
    name: "dmsetup",
    usage: "Usage:\n\n{}\n\tversion\n\tcreate <dev_name> [-u|--uuid <uuid>] [--notable | --table <table> | <table_file>]\n\tremove [-f|--force] <dev_name>...\n\tsuspend <dev_name>...\n\tresume <dev_name>...\n\tload <dev_name> [<table>|<table_file>]\n\ttable [<dev_name>...]\n\tstatus [<dev_name>...]\n\tinfo [-c|--columns] [<dev_name>...]\n\tdeps [<dev_name>...]\n\tls [--tree]\n\tmessage <dev_name> <sector> <message>\n\ttargets\n",
    summary: "devices of the device mapper, thin pools among them",
    package: Package::Other("Library version:   1.02.185 (2022-05-18)"),
    trouble: 1,
    start: Start::Patient(run),
});

pub const FSTRIM: Command = rare(Command {
    name: "fstrim",
    usage: "\nUsage:\n {} [options] <mount point>\n\nDiscard unused blocks on a mounted filesystem.\n",
    summary: "give blocks that a file system does not need back to the device below",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Swift(fstrim),
});

#[derive(Default)]
struct Wish {
    table: Option<String>,
    no_table: bool,
    uuid: String,
    columns: bool,
    tree: bool,
    target: Option<String>,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "u|uuid= |notable |table= f|force c|C|columns |tree |target= |noheadings o|options= r|readonly \
         v|verbose y|yes |noflush |nolockfs |addnodeonresume |addnodeoncreate |retry h|help",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish::default();
    for given in &parsed.options {
        match given.id {
            "u" => wish.uuid = given.text(),
            "notable" => wish.no_table = true,
            "table" => wish.table = Some(given.text()),
            "c" | "C" | "columns" => wish.columns = true,
            "tree" => wish.tree = true,
            "target" => wish.target = Some(given.text()),
            "h" => return usage(ctx, 0),
            _ => {}
        }
    }
    let words: Vec<String> =
        parsed.operands.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    let Some((verb, rest)) = words.split_first() else {
        ctx.err("No command specified.\n");
        return usage(ctx, 1);
    };
    let rest: Vec<String> =
        rest.iter().map(|it| it.strip_prefix("/dev/mapper/").unwrap_or(it).to_owned()).collect();
    act(ctx, &wish, verb, &rest)
}

fn usage(ctx: &mut Ctx<'_>, status: i32) -> i32 {
    let text = ctx.call.command.usage.replace("{}", "dmsetup");
    if status == 0 {
        ctx.out(text)
    } else {
        ctx.err(text)
    }
    status
}

fn act(ctx: &mut Ctx<'_>, wish: &Wish, verb: &str, names: &[String]) -> i32 {
    match (verb, names) {
        ("version", _) => {
            ctx.line("Library version:   1.02.185 (2022-05-18)\nDriver version:    4.50.0");
            0
        }
        ("targets", _) => {
            for (name, version) in TARGETS {
                ctx.line(format!("{name:<16} {version}"));
            }
            0
        }
        ("create", [name, file @ ..]) => create(ctx, wish, name, file.first()),
        ("load" | "reload", [name, file @ ..]) => match table(ctx, wish, file.first()) {
            Ok(table) => load(ctx, name, &table),
            Err(status) => status,
        },
        ("remove", [_, ..]) => {
            each(ctx, names, |ctx, name| call(ctx, "remove", name, &Request::Remove { name }))
        }
        ("suspend", [_, ..]) => {
            each(ctx, names, |ctx, name| call(ctx, "suspend", name, &Request::Suspend { name }))
        }
        ("resume", [_, ..]) => {
            each(ctx, names, |ctx, name| call(ctx, "resume", name, &Request::Resume { name }))
        }
        ("message", [name, _, words @ ..]) if !words.is_empty() => {
            let text = words.join(" ");
            call(ctx, "message", name, &Request::Message { name, text: &text })
        }
        ("ls", _) => list(ctx, wish),
        ("status" | "table" | "info" | "deps", _) => show(ctx, wish, verb, names),
        ("mknodes" | "udevcookies", _) => 0,
        ("create" | "load" | "reload" | "remove" | "suspend" | "resume" | "message", _) => {
            ctx.err("Incorrect number of arguments\n");
            usage(ctx, 1)
        }
        _ => {
            ctx.err("Unknown command\n");
            usage(ctx, 1)
        }
    }
}

fn each(ctx: &mut Ctx<'_>, names: &[String], f: impl Fn(&mut Ctx<'_>, &str) -> i32) -> i32 {
    names.iter().fold(0, |status, name| status.max(f(ctx, name)))
}

/// One ioctl with dmsetup's words for a failure.
fn call(ctx: &mut Ctx<'_>, what: &str, name: &str, request: &Request<'_>) -> i32 {
    match ctx.sys.block(&Ask::Mapper(*request)) {
        Ok(Tell::Text(text)) if !text.is_empty() => {
            ctx.line(text);
            0
        }
        Ok(_) => 0,
        Err(Errno::ENXIO) if what != "message" => {
            ctx.err(format!("Device {name} not found\nCommand failed.\n"));
            1
        }
        Err(errno) => failed(ctx, what, name, errno),
    }
}

fn failed(ctx: &mut Ctx<'_>, what: &str, name: &str, errno: Errno) -> i32 {
    let why = errno.message();
    ctx.err(format!("device-mapper: {what} ioctl on {name}  failed: {why}\nCommand failed.\n"));
    1
}

/// The text of a table: an option, a file, or the input.
fn table(ctx: &mut Ctx<'_>, wish: &Wish, file: Option<&String>) -> Result<String, i32> {
    if let Some(table) = &wish.table {
        return Ok(table.replace("\\n", "\n"));
    }
    let path = file.map_or(b"-".to_vec(), |it| it.as_bytes().to_vec());
    match ctx.read_input(&path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(errno) => {
            let shown = String::from_utf8_lossy(&path).into_owned();
            ctx.err(format!("{shown}: fopen failed: {}\nCommand failed.\n", errno.message()));
            Err(1)
        }
    }
}

fn create(ctx: &mut Ctx<'_>, wish: &Wish, name: &str, file: Option<&String>) -> i32 {
    let table = match wish.no_table {
        true => None,
        false => match table(ctx, wish, file) {
            Ok(table) => Some(table),
            Err(status) => return status,
        },
    };
    let request = Request::Create { name, uuid: &wish.uuid };
    if let Err(errno) = ctx.sys.block(&Ask::Mapper(request)) {
        return failed(ctx, "create", name, errno);
    }
    let Some(table) = table else { return 0 };
    let mut status = load(ctx, name, &table);
    if status == 0 {
        status = call(ctx, "resume", name, &Request::Resume { name });
    }
    if status != 0 {
        let _ = ctx.sys.block(&Ask::Mapper(Request::Remove { name }));
    }
    status
}

fn load(ctx: &mut Ctx<'_>, name: &str, table: &str) -> i32 {
    call(ctx, "reload", name, &Request::Load { name, table })
}

/// All mapped devices, by number.
fn devices(ctx: &mut Ctx<'_>) -> Vec<(Device, Mapped)> {
    let Ok(Tell::Devices(all)) = ctx.sys.block(&Ask::List) else { return Vec::new() };
    let mapped = |it: Device| match it.what.clone() {
        What::Mapped(mapped) => Some((it, mapped)),
        _ => None,
    };
    all.into_iter().filter_map(mapped).collect()
}

fn list(ctx: &mut Ctx<'_>, wish: &Wish) -> i32 {
    let all = devices(ctx);
    if all.is_empty() {
        ctx.line("No devices found");
    }
    let number = |it: &Device| format!("({}:{})", it.dev.major, it.dev.minor);
    if !wish.tree {
        for (device, _) in &all {
            ctx.line(format!("{}\t{}", device.name, number(device)));
        }
        return 0;
    }
    let below = |it: &Mapped| -> Vec<crate::types::Dev> {
        it.live.iter().flat_map(|it| it.below()).collect()
    };
    let tops = all
        .iter()
        .filter(|(device, _)| !all.iter().any(|(_, other)| below(other).contains(&device.dev)));
    for (device, mapped) in tops {
        ctx.line(format!("{} {}", device.name, number(device)));
        branch(ctx, &all, &below(mapped), " ");
    }
    0
}

/// What a device stands on, a line each.
fn branch(
    ctx: &mut Ctx<'_>,
    all: &[(Device, Mapped)],
    devices: &[crate::types::Dev],
    indent: &str,
) {
    for (at, dev) in devices.iter().enumerate() {
        let last = at + 1 == devices.len();
        let corner = if last { "└─" } else { "├─" };
        let number = format!("({}:{})", dev.major, dev.minor);
        match all.iter().find(|it| it.0.dev == *dev) {
            None => ctx.line(format!("{indent}{corner} {number}")),
            Some((device, mapped)) => {
                ctx.line(format!("{indent}{corner}{} {number}", device.name));
                let below: Vec<_> = mapped.live.iter().flat_map(|it| it.below()).collect();
                let deeper = format!("{indent}{}", if last { "   " } else { "│  " });
                branch(ctx, all, &below, &deeper);
            }
        }
    }
}

fn show(ctx: &mut Ctx<'_>, wish: &Wish, verb: &str, names: &[String]) -> i32 {
    let all = devices(ctx);
    let mut status = 0;
    let wanted: Vec<&(Device, Mapped)> = match names {
        [] => all.iter().collect(),
        names => {
            let mut found = Vec::new();
            for name in names {
                match all.iter().find(|it| it.0.name == *name) {
                    Some(it) => found.push(it),
                    None => {
                        ctx.err(format!("Device {name} not found\nCommand failed.\n"));
                        status = 1;
                    }
                }
            }
            found
        }
    };
    if wanted.is_empty() && names.is_empty() {
        ctx.line("No devices found");
        return status;
    }
    if verb == "info" && wish.columns {
        ctx.line("Name             Maj Min Stat Open Targ Event  UUID");
    }
    for (device, mapped) in wanted {
        let prefix = if names.len() == 1 { String::new() } else { format!("{}: ", device.name) };
        match verb {
            "status" => {
                let request = Request::Status { name: &device.name };
                let Ok(Tell::Text(text)) = ctx.sys.block(&Ask::Mapper(request)) else { continue };
                lines(ctx, &prefix, &text, wish.target.as_deref());
            }
            "table" => {
                let text: Vec<String> = mapped.live.iter().map(|it| it.line()).collect();
                lines(ctx, &prefix, &text.join("\n"), wish.target.as_deref());
            }
            "deps" => {
                let below: Vec<_> = mapped.live.iter().flat_map(|it| it.below()).collect();
                let list: String =
                    below.iter().map(|it| format!(" ({}, {})", it.major, it.minor)).collect();
                ctx.line(format!("{prefix}{} dependencies\t:{list}", below.len()));
            }
            _ => info(ctx, device, mapped, wish.columns),
        }
    }
    status
}

fn lines(ctx: &mut Ctx<'_>, prefix: &str, text: &str, target: Option<&str>) {
    for line in text.lines() {
        if target.is_none_or(|it| line.split(' ').nth(2) == Some(it)) {
            ctx.line(format!("{prefix}{line}"));
        }
    }
}

fn info(ctx: &mut Ctx<'_>, device: &Device, mapped: &Mapped, columns: bool) {
    let open = match ctx.sys.block(&Ask::Mapper(Request::Opened { name: &device.name })) {
        Ok(Tell::Number(open)) => open,
        _ => 0,
    };
    let (major, minor) = (device.dev.major, device.dev.minor);
    let targets = mapped.live.len();
    if columns {
        let stat = if mapped.live.is_empty() { "--" } else { "L-" };
        let state = if mapped.suspended { "s" } else { "-" };
        ctx.line(format!(
            "{:<16} {major:>3} {minor:>3} {stat}{state}w {open:>4} {targets:>4}     0  {}",
            device.name, mapped.uuid
        ));
        return;
    }
    let state = if mapped.suspended { "SUSPENDED" } else { "ACTIVE" };
    let tables = match (mapped.live.is_empty(), mapped.loaded.is_some()) {
        (true, true) => "INACTIVE",
        (true, false) => "None",
        (false, true) => "LIVE & INACTIVE",
        (false, false) => "LIVE",
    };
    ctx.line(format!(
        "Name:              {}\nState:             {state}\nRead Ahead:        256\nTables present:    {tables}\nOpen count:        {open}\nEvent number:      0\nMajor, minor:      {major}, {minor}\nNumber of targets: {targets}",
        device.name
    ));
    if !mapped.uuid.is_empty() {
        ctx.line(format!("UUID: {}", mapped.uuid));
    }
    ctx.line("");
}

fn fstrim(ctx: &mut Ctx<'_>) -> i32 {
    let parsed =
        match ctx.parse("a|all A|fstab o|offset= l|length= m|minimum= v|verbose n|dry-run h V") {
            Ok(parsed) => parsed,
            Err(status) => return status,
        };
    let verbose = parsed.options.iter().any(|it| it.id == "v");
    let [path] = &parsed.operands[..] else { return ctx.usage("no mountpoint specified") };
    let shown = String::from_utf8_lossy(path).into_owned();
    match ctx.sys.block(&Ask::Trim { path }) {
        Ok(Tell::Number(bytes)) => {
            if verbose {
                let human = super::common::size::human(bytes, 1024);
                let (number, unit) = human.split_at(human.len().saturating_sub(1));
                ctx.line(format!("{shown}: {number} {unit}iB ({bytes} bytes) trimmed"));
            }
            0
        }
        Ok(_) => 0,
        Err(Errno::EOPNOTSUPP) => {
            ctx.warn(format_args!("{shown}: the discard operation is not supported"));
            1
        }
        Err(errno) => {
            ctx.warn(format_args!("{shown}: FITRIM ioctl failed: {}", errno.message()));
            1
        }
    }
}
