//! `df`: space on file systems.

use super::common::mounts::{self, Mount};
use super::common::size::{Unit, human};
use super::common::{quote, width};
use super::ctx::Ctx;
use super::{Command, Package, Start, rare};
use crate::types::StatFs;

pub const DF: Command = rare(Command {
    name: "df",
    usage: "Usage: {} [OPTION]... [FILE]...\nShow information about the file system on which each FILE resides,\nor all file systems by default.\n",
    summary: "show free space of file systems",
    package: Package::Coreutils,
    trouble: 1,
    start: Start::Swift(run),
});

/// The name of a file system's magic number as `stat -f` prints it.
pub fn magic_name(magic: u64) -> String {
    match magic {
        0xef53 => "ext2/ext3".into(),
        0x0102_1994 => "tmpfs".into(),
        0x794c_7630 => "overlayfs".into(),
        0x9fa0 => "proc".into(),
        0x6265_6572 => "sysfs".into(),
        0x5846_5342 => "xfs".into(),
        0x9123_683e => "btrfs".into(),
        0x1cd1 => "devpts".into(),
        0x8584_58f6 => "ramfs".into(),
        0x2fc1_2fc1 => "zfs".into(),
        0x6173_7566 | 0x6175_6673 => "aufs".into(),
        other => format!("UNKNOWN (0x{other:x})"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Source,
    Fstype,
    Size,
    Used,
    Avail,
    Pcent,
    Itotal,
    Iused,
    Iavail,
    Ipcent,
    File,
    Target,
}

use Column::{
    Avail, File, Fstype, Iavail, Ipcent, Itotal, Iused, Pcent, Size, Source, Target, Used,
};

impl Column {
    fn parse(word: &str) -> Option<Column> {
        Some(match word {
            "source" => Source,
            "fstype" => Fstype,
            "size" => Size,
            "used" => Used,
            "avail" => Avail,
            "pcent" => Pcent,
            "itotal" => Itotal,
            "iused" => Iused,
            "iavail" => Iavail,
            "ipcent" => Ipcent,
            "file" => File,
            "target" => Target,
            _ => return None,
        })
    }

    fn left(self) -> bool {
        matches!(self, Source | Fstype | File | Target)
    }

    /// The least width of the column.
    fn least(self) -> usize {
        match self {
            Source => 14,
            Fstype | File => 4,
            Pcent | Ipcent => 4,
            Target => 0,
            _ => 5,
        }
    }
}

struct Wish {
    all: bool,
    unit: Unit,
    posix: bool,
    columns: Vec<Column>,
    only: Vec<String>,
    except: Vec<String>,
    local: bool,
    total: bool,
    output: bool,
    inodes: bool,
}

fn run(ctx: &mut Ctx<'_>) -> i32 {
    let parsed = match ctx.parse(
        "a|all B|block-size= h|human-readable H|si i|inodes k l|local |no-sync |output=? P|portability \
         |sync |total t|type= T|print-type x|exclude-type= v",
    ) {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    let mut wish = Wish {
        all: false,
        unit: Unit::Block(1024),
        posix: false,
        columns: Vec::new(),
        only: Vec::new(),
        except: Vec::new(),
        local: false,
        total: false,
        output: false,
        inodes: false,
    };
    let mut with_type = false;
    for given in &parsed.options {
        match given.id {
            "a" => wish.all = true,
            "B" => match Unit::parse(given.bytes()) {
                Some(unit) => wish.unit = unit,
                None => {
                    ctx.warn(format_args!("invalid -B argument '{}'", given.text()));
                    return 1;
                }
            },
            "h" => wish.unit = Unit::Human,
            "H" => wish.unit = Unit::Si,
            "i" => wish.inodes = true,
            "k" => wish.unit = Unit::Block(1024),
            "l" => wish.local = true,
            "P" => wish.posix = true,
            "total" => wish.total = true,
            "t" => wish.only.push(given.text()),
            "x" => wish.except.push(given.text()),
            "T" => with_type = true,
            "output" => {
                wish.output = true;
                if let Err(status) = output_columns(ctx, &mut wish, &given.text()) {
                    return status;
                }
            }
            _ => {}
        }
    }
    if !wish.output {
        wish.columns = vec![Source];
        if with_type {
            wish.columns.push(Fstype);
        }
        wish.columns.extend(if wish.inodes {
            [Itotal, Iused, Iavail, Ipcent]
        } else {
            [Size, Used, Avail, Pcent]
        });
        wish.columns.push(Target);
    } else if wish.columns.is_empty() {
        wish.columns = vec![
            Source, Fstype, Itotal, Iused, Iavail, Ipcent, Size, Used, Avail, Pcent, File, Target,
        ];
    }
    report(ctx, &wish, &parsed.operands)
}

fn output_columns(ctx: &mut Ctx<'_>, wish: &mut Wish, list: &str) -> Result<(), i32> {
    for word in list.split(',').filter(|w| !w.is_empty()) {
        let Some(column) = Column::parse(word) else {
            let shown = quote::locale(word.as_bytes());
            return Err(ctx.usage(format_args!("option --output: field {shown} unknown")));
        };
        if wish.columns.contains(&column) {
            let shown = quote::locale(word.as_bytes());
            return Err(
                ctx.usage(format_args!("option --output: field {shown} used more than once"))
            );
        }
        wish.columns.push(column);
    }
    Ok(())
}

struct Row {
    mount: Mount,
    fs: StatFs,
    file: String,
    dummy: bool,
}

fn report(ctx: &mut Ctx<'_>, wish: &Wish, files: &[Vec<u8>]) -> i32 {
    let table = mounts::read(ctx);
    let (mut rows, mut status) = (Vec::new(), 0);
    if files.is_empty() {
        all_rows(ctx, wish, &table, &mut rows);
    }
    for file in files {
        match ctx.stat(file) {
            Ok(attr) => {
                let found = mounts::of_file(ctx, &table, file, &attr);
                if let Some(mount) = found
                    && wanted(wish, &mount)
                {
                    let fs = ctx.sys.statfs(file).unwrap_or_default();
                    let name = String::from_utf8_lossy(file).into_owned();
                    rows.push(Row { mount, fs, file: name, dummy: false });
                }
            }
            Err(errno) => {
                ctx.fail_file(file, errno);
                status = 1;
            }
        }
    }
    if rows.is_empty() {
        if status == 0 {
            ctx.warn("no file systems processed");
        }
        return 1;
    }
    print(ctx, wish, &rows);
    status
}

fn wanted(wish: &Wish, mount: &Mount) -> bool {
    (wish.only.is_empty() || wish.only.contains(&mount.fstype))
        && !wish.except.contains(&mount.fstype)
}

/// Every mount that has space; of several on one device the one with the shortest path.
fn all_rows(ctx: &mut Ctx<'_>, wish: &Wish, table: &[Mount], rows: &mut Vec<Row>) {
    let mut seen: Vec<(u64, usize)> = Vec::new();
    for mount in table {
        let hidden =
            table.iter().rfind(|m| m.target == mount.target).map(|m| m.id) != Some(mount.id);
        if !wanted(wish, mount) || hidden && !wish.all {
            continue;
        }
        let target = mount.target.as_bytes().to_vec();
        let Ok(fs) = ctx.sys.statfs(&target) else { continue };
        let dummy = fs.blocks == 0;
        if dummy && !wish.all && wish.only.is_empty() {
            continue;
        }
        let dev = ctx.stat(&target).map_or(0, |a| a.dev.encode());
        if !wish.all {
            if let Some((_, at)) = seen.iter().find(|(d, _)| *d == dev) {
                let old: &mut Row = &mut rows[*at];
                if mount.target.len() < old.mount.target.len() && mount.root == "/" {
                    (old.mount, old.fs) = (mount.clone(), fs);
                }
                continue;
            }
            seen.push((dev, rows.len()));
        }
        rows.push(Row { mount: mount.clone(), fs, file: "-".into(), dummy });
    }
}

fn header(wish: &Wish, column: Column) -> String {
    match column {
        Source => "Filesystem".into(),
        Fstype => "Type".into(),
        Size if wish.posix => match wish.unit {
            Unit::Block(n) => format!("{n}-blocks"),
            _ => "Size".into(),
        },
        Size => match wish.unit {
            Unit::Human | Unit::Si => "Size".into(),
            Unit::Block(n) | Unit::Letter(n, _) => format!("{}-blocks", unit_name(n)),
        },
        Used => "Used".into(),
        Avail => match wish.unit {
            Unit::Human | Unit::Si if !wish.posix => "Avail".into(),
            _ if wish.output => "Avail".into(),
            _ => "Available".into(),
        },
        Pcent if wish.posix => "Capacity".into(),
        Pcent => "Use%".into(),
        Itotal => "Inodes".into(),
        Iused => "IUsed".into(),
        Iavail => "IFree".into(),
        Ipcent => "IUse%".into(),
        File => "File".into(),
        Target => "Mounted on".into(),
    }
}

/// `1K`, `1M`, `1kB`, or the plain number.
fn unit_name(bytes: u64) -> String {
    if bytes.is_multiple_of(1024) {
        let text = human(bytes, 1024);
        return text.replace(".0", "");
    }
    if bytes.is_multiple_of(1000) {
        return format!("{}B", human(bytes, 1000).replace(".0", ""));
    }
    bytes.to_string()
}

fn percent(used: u64, available: u64) -> String {
    let all = u128::from(used) + u128::from(available);
    if all == 0 {
        return "-".into();
    }
    format!("{}%", (u128::from(used) * 100).div_ceil(all))
}

fn cell(wish: &Wish, row: &Row, column: Column) -> String {
    let fs = &row.fs;
    let used = fs.blocks.saturating_sub(fs.bfree);
    let bytes = |blocks: u64| wish.unit.show(blocks.saturating_mul(fs.bsize));
    let count = |n: u64| match wish.unit {
        Unit::Human => human(n, 1024),
        Unit::Si => human(n, 1000),
        _ => n.to_string(),
    };
    let none = fs.files == 0 && !row.dummy;
    match column {
        Source => row.mount.source.clone(),
        Fstype => row.mount.fstype.clone(),
        Target => row.mount.target.clone(),
        File => row.file.clone(),
        Size if row.dummy => "0".into(),
        Size => bytes(fs.blocks),
        Used => bytes(used),
        Avail => bytes(fs.bavail),
        Pcent => percent(used, fs.bavail),
        Itotal => count(fs.files),
        Iused => count(fs.files.saturating_sub(fs.ffree)),
        Iavail => count(fs.ffree),
        Ipcent if none => "-".into(),
        Ipcent => percent(fs.files.saturating_sub(fs.ffree), fs.ffree),
    }
}

fn total(wish: &Wish, rows: &[Row]) -> Row {
    let sum = |f: &dyn Fn(&StatFs) -> u64| rows.iter().map(|r| f(&r.fs)).sum();
    let fs = StatFs {
        bsize: 1,
        blocks: sum(&|f| f.blocks * f.bsize),
        bfree: sum(&|f| f.bfree * f.bsize),
        bavail: sum(&|f| f.bavail * f.bsize),
        files: sum(&|f| f.files),
        ffree: sum(&|f| f.ffree),
        ..StatFs::default()
    };
    let at_source = wish.columns.contains(&Source);
    let mount = Mount {
        source: "total".into(),
        fstype: "-".into(),
        target: if at_source { "-" } else { "total" }.into(),
        ..Mount::default()
    };
    Row { mount, fs, file: "-".into(), dummy: false }
}

fn print(ctx: &mut Ctx<'_>, wish: &Wish, rows: &[Row]) {
    let mut lines: Vec<Vec<String>> = vec![wish.columns.iter().map(|c| header(wish, *c)).collect()];
    lines.extend(rows.iter().map(|r| wish.columns.iter().map(|c| cell(wish, r, *c)).collect()));
    if wish.total {
        let last = total(wish, rows);
        lines.push(wish.columns.iter().map(|c| cell(wish, &last, *c)).collect());
    }
    let widths: Vec<usize> = (0..wish.columns.len())
        .map(|at| {
            let widest = lines.iter().map(|l| width::of(&l[at])).max().unwrap_or(0);
            widest.max(wish.columns[at].least())
        })
        .collect();
    for line in &lines {
        let mut text = String::new();
        for (at, cell) in line.iter().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            let gap = " ".repeat(widths[at].saturating_sub(width::of(cell)));
            let last = at + 1 == line.len();
            match (wish.columns[at].left(), last) {
                (true, true) => text.push_str(cell),
                (true, false) => text.push_str(&format!("{cell}{gap}")),
                (false, _) => text.push_str(&format!("{gap}{cell}")),
            }
        }
        ctx.line(text);
    }
}
