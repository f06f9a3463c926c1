//! `losetup`: loop devices, which make a block device of a file.

use super::common::args::sized;
use super::ctx::Ctx;
use super::realpath::{Missing, canonical};
use super::{Command, Package, Start, rare};
use crate::block::{Ask, Device, Loop, Setup, Tell, What};
use crate::errno::Errno;

pub const COMMAND: Command = rare(Command {
    name: "losetup",
    usage: "\nUsage:\n {} [options] [<loopdev>]\n {} [options] -f | <loopdev> <file>\n\nSet up and control loop devices.\n",
    summary: "make a block device of a file",
    package: Package::UtilLinux,
    trouble: 1,
    start: Start::Swift(run),
});

#[derive(Default)]
struct Wish {
    list: bool,
    all: bool,
    find: bool,
    show: bool,
    detach: Vec<String>,
    detach_all: bool,
    resize: Option<String>,
    of_file: Option<String>,
    columns: Option<String>,
    bare: bool,
    setup: Setup,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "a|all d|detach D|detach-all f|find c|set-capacity= j|associated= L|nooverlap o|offset= |sizelimit= \
         b|sector-size= P|partscan r|read-only |show v|verbose J|json l|list n|noheadings O|output= |raw h V",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish::default();
    let mut detach = false;
    for given in &parsed.options {
        match given.id {
            "a" => wish.all = true,
            "l" => wish.list = true,
            "d" => detach = true,
            "D" => wish.detach_all = true,
            "f" => wish.find = true,
            "c" => wish.resize = Some(given.text()),
            "j" => wish.of_file = Some(given.text()),
            "n" => wish.bare = true,
            "O" => {
                wish.columns = Some(given.text());
                wish.list = true;
            }
            "r" => wish.setup.read_only = true,
            "show" => wish.show = true,
            "o" | "sizelimit" => {
                let Some(bytes) = sized(given.bytes()) else {
                    let what = if given.id == "o" { "offset" } else { "size" };
                    ctx.warn(format_args!("failed to parse {what}: '{}'", given.text()));
                    return 1;
                };
                match given.id {
                    "o" => wish.setup.offset = bytes,
                    _ => wish.setup.limit = bytes,
                }
            }
            "V" => {
                let line = ctx.call.command.version_line();
                ctx.line(line);
                return 0;
            }
            "h" => {
                let usage = ctx.call.command.usage.replace("{}", "losetup");
                ctx.out(usage);
                return 0;
            }
            _ => {}
        }
    }
    let words: Vec<String> =
        parsed.operands.iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    if detach {
        wish.detach = words.clone();
        if words.is_empty() {
            return ctx.usage("no loop device specified");
        }
    }
    act(ctx, &wish, &words)
}

fn act(ctx: &mut Ctx<'_>, wish: &Wish, words: &[String]) -> i32 {
    if wish.detach_all {
        let all: Vec<String> = loops(ctx).iter().map(|it| format!("/dev/{}", it.0.name)).collect();
        return detach(ctx, &all);
    }
    if !wish.detach.is_empty() {
        return detach(ctx, &wish.detach);
    }
    if let Some(device) = &wish.resize {
        return match ctx.sys.block(&Ask::Resize { device: device.as_bytes() }) {
            Ok(_) => 0,
            Err(errno) => {
                ctx.warn(format_args!("{device}: set capacity failed: {}", errno.message()));
                1
            }
        };
    }
    if wish.list || (words.is_empty() && !wish.all && !wish.find && wish.of_file.is_none()) {
        return table(ctx, wish);
    }
    if wish.all || wish.of_file.is_some() {
        return lines(ctx, wish.of_file.as_deref());
    }
    match (wish.find, words) {
        (true, []) => match free(ctx) {
            Ok(device) => {
                ctx.line(device);
                0
            }
            Err(status) => status,
        },
        (true, [file]) => match free(ctx) {
            Ok(device) => attach(ctx, wish, &device, file),
            Err(status) => status,
        },
        (false, [device]) => one(ctx, device),
        (false, [device, file]) => attach(ctx, wish, &full(device), file),
        _ => ctx.usage("unexpected arguments"),
    }
}

/// A device by its bare name.
fn full(device: &str) -> String {
    if device.contains('/') { device.to_owned() } else { format!("/dev/{device}") }
}

/// A free device; its node is there.
pub fn free(ctx: &mut Ctx<'_>) -> Result<String, i32> {
    match ctx.sys.block(&Ask::FreeLoop) {
        Ok(Tell::Number(number)) => Ok(format!("/dev/loop{number}")),
        Ok(_) | Err(Errno::EPERM) => {
            ctx.warn("cannot find an unused loop device: Permission denied");
            Err(1)
        }
        Err(errno) => {
            ctx.warn(format_args!("cannot find an unused loop device: {}", errno.message()));
            Err(1)
        }
    }
}

fn attach(ctx: &mut Ctx<'_>, wish: &Wish, device: &str, file: &str) -> i32 {
    let ask = Ask::Attach { device: device.as_bytes(), file: file.as_bytes(), setup: wish.setup };
    match ctx.sys.block(&ask) {
        Ok(_) => {
            if wish.show {
                ctx.line(device);
            }
            0
        }
        Err(errno) => {
            ctx.warn(format_args!("{file}: failed to set up loop device: {}", errno.message()));
            1
        }
    }
}

fn detach(ctx: &mut Ctx<'_>, devices: &[String]) -> i32 {
    let mut status = 0;
    for device in devices {
        let device = full(device);
        if let Err(errno) = ctx.sys.block(&Ask::Detach { device: device.as_bytes() }) {
            // Without a driver or a node: what the C library says of a device that is none.
            let why = match errno {
                Errno::ENXIO | Errno::ENOENT | Errno::ENOTBLK => Errno::ENODEV,
                errno => errno,
            };
            let what = if why == Errno::ENODEV { "failed to use device" } else { "detach failed" };
            ctx.warn(format_args!("{device}: {what}: {}", why.message()));
            status = 1;
        }
    }
    status
}

/// All loop devices with their files.
pub fn loops(ctx: &mut Ctx<'_>) -> Vec<(Device, Loop)> {
    let Ok(Tell::Devices(all)) = ctx.sys.block(&Ask::List) else { return Vec::new() };
    let with_file = |it: Device| match it.what.clone() {
        What::Loop(file) => Some((it, file)),
        _ => None,
    };
    all.into_iter().filter_map(with_file).collect()
}

fn cell(name: &str, device: &Device, file: &Loop) -> Option<String> {
    let number = |on: bool| u8::from(on).to_string();
    Some(match name {
        "NAME" => format!("/dev/{}", device.name),
        "SIZELIMIT" => file.setup.limit.to_string(),
        "OFFSET" => file.setup.offset.to_string(),
        "AUTOCLEAR" => number(file.setup.autoclear),
        "RO" => number(file.setup.read_only),
        "BACK-FILE" => String::from_utf8_lossy(&file.path).into_owned(),
        "BACK-INO" => file.ino.0.to_string(),
        "DIO" | "PARTSCAN" => "0".to_owned(),
        "LOG-SEC" => "512".to_owned(),
        "MAJ:MIN" => format!("{}:{}", device.dev.major, device.dev.minor),
        _ => return None,
    })
}

fn table(ctx: &mut Ctx<'_>, wish: &Wish) -> i32 {
    const USUAL: &str = "NAME,SIZELIMIT,OFFSET,AUTOCLEAR,RO,BACK-FILE,DIO,LOG-SEC";
    let names = wish.columns.clone().unwrap_or_else(|| USUAL.to_owned()).to_uppercase();
    let names: Vec<&str> = names.split(',').collect();
    let all = loops(ctx);
    if all.is_empty() {
        return 0;
    }
    let mut rows = Vec::new();
    if !wish.bare {
        rows.push(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    }
    for (device, file) in &all {
        let mut row = Vec::new();
        for name in &names {
            match cell(name, device, file) {
                Some(text) => row.push(text),
                None => {
                    ctx.warn(format_args!("unknown column: {name}"));
                    return 1;
                }
            }
        }
        rows.push(row);
    }
    let left = |at: usize| matches!(names[at], "NAME" | "BACK-FILE" | "MAJ:MIN");
    super::lsblk::print(ctx, &rows, left);
    0
}

/// The old form of the list.
fn lines(ctx: &mut Ctx<'_>, of_file: Option<&str>) -> i32 {
    let wanted = of_file.map(|it| {
        canonical(ctx, it.as_bytes(), Missing::None).unwrap_or_else(|_| it.as_bytes().to_vec())
    });
    for (device, file) in loops(ctx) {
        if wanted.as_ref().is_none_or(|it| *it == *file.path) {
            show(ctx, &device, &file);
        }
    }
    0
}

fn one(ctx: &mut Ctx<'_>, name: &str) -> i32 {
    let name = full(name);
    match loops(ctx).into_iter().find(|it| format!("/dev/{}", it.0.name) == name) {
        Some((device, file)) => {
            show(ctx, &device, &file);
            0
        }
        None => {
            let errno = ctx.stat(name.as_bytes()).map_or_else(|it| it, |_| Errno::ENXIO);
            ctx.warn(format_args!("{name}: {}", errno.message()));
            1
        }
    }
}

fn show(ctx: &mut Ctx<'_>, device: &Device, file: &Loop) {
    let dev = ctx.stat(&file.path).map_or(0, |it| it.dev.encode());
    let mut text = format!("/dev/{}: [{dev:04}]:{} (", device.name, file.ino.0);
    text += &String::from_utf8_lossy(&file.path);
    text += ")";
    if file.setup.offset > 0 {
        text += &format!(", offset {}", file.setup.offset);
    }
    if file.setup.limit > 0 {
        text += &format!(", sizelimit {}", file.setup.limit);
    }
    ctx.line(text);
}
