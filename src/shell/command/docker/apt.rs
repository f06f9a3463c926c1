//! `apt-get` and `apt` of Debian's images: packages whose files were recorded. There is no network; what is
//! not recorded is refused and said so.

use crate::drivers::files;
use crate::errno::Errno;
use crate::oci::packages::{self, File, Package, Recorded, What};
use crate::shell::command::ctx::Ctx;
use crate::shell::command::{Command, Package as From, Start, exec, find};
use crate::store::{Rope, Seg};
use crate::sys::{AT_FDCWD, at};
use crate::types::{Mode, OpenFlags};

pub const APT_GET: Command = Command {
    name: "apt-get",
    usage: "Usage: {} [options] command\n       {} [options] install|remove pkg1 [pkg2 ...]\n",
    summary: "packages of Debian whose files were recorded, in containers",
    package: From::Other("apt 2.6.1 (amd64)"),
    trouble: 100,
    start: Start::Swift(main),
};

pub const APT: Command = Command { name: "apt", ..APT_GET };

const LISTS: &str = "/var/lib/apt/lists";
const SITE: &str = "http://deb.debian.org/debian bookworm";

/// What was asked for.
#[derive(Default)]
struct Asked {
    verb: String,
    names: Vec<String>,
    yes: bool,
    quiet: bool,
    no_recommends: bool,
}

fn main(ctx: &mut Ctx<'_>) -> i32 {
    let asked = match parse(ctx) {
        Ok(asked) => asked,
        Err(text) => {
            ctx.err(format!("E: {text}\n"));
            return 100;
        }
    };
    let recorded = packages::recorded();
    if ctx.call.command.name == "apt" {
        ctx.flush();
        ctx.err(
            "\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n",
        );
    }
    let done = match asked.verb.as_str() {
        "update" => update(ctx, &recorded, &asked),
        "install" => install(ctx, &recorded, &asked),
        "remove" | "purge" => remove(ctx, &recorded, &asked),
        "clean" | "autoclean" => Ok(()),
        "upgrade" | "dist-upgrade" | "full-upgrade" | "autoremove" => {
            head(ctx, &asked);
            ctx.line("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.");
            Ok(())
        }
        "" => {
            ctx.out(APT_GET.usage.replace("{}", ctx.call.command.name));
            return 1;
        }
        verb => Err(format!("Invalid operation {verb}")),
    };
    match done {
        Ok(()) => 0,
        Err(text) => {
            ctx.flush();
            for line in text.lines() {
                ctx.err(format!("E: {line}\n"));
            }
            100
        }
    }
}

fn parse(ctx: &Ctx<'_>) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut words = ctx.args().iter().map(|it| String::from_utf8_lossy(it).into_owned());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-y" | "--yes" | "--assume-yes" => asked.yes = true,
            "-q" | "-qq" | "--quiet" => {
                asked.quiet |= word != "-q";
                asked.yes |= word == "-qq";
            }
            "-yq" | "-qy" | "-yqq" | "-qqy" => {
                asked.yes = true;
                asked.quiet |= word.len() > 3;
            }
            "--no-install-recommends" => asked.no_recommends = true,
            "--no-install-suggests"
            | "--allow-unauthenticated"
            | "-f"
            | "--fix-missing"
            | "--reinstall"
            | "--purge"
            | "--auto-remove"
            | "--install-recommends"
            | "--allow-downgrades" => {}
            "-o" | "-t" => {
                words.next();
            }
            option if option.starts_with("-o") || option.starts_with("--option=") => {}
            option if option.starts_with('-') => {
                return Err(format!("Command line option {option} is not understood"));
            }
            _ if asked.verb.is_empty() => asked.verb = word,
            _ => asked.names.push(word),
        }
    }
    Ok(asked)
}

/// Says that this is a record, in its own words.
fn told(ctx: &mut Ctx<'_>) {
    ctx.flush();
    ctx.err(format!("layerglass: no network: {}\n", packages::PROVENANCE));
}

fn head(ctx: &mut Ctx<'_>, asked: &Asked) {
    if !asked.quiet {
        ctx.line("Reading package lists...\nBuilding dependency tree...");
    }
}

fn failed(path: &str) -> impl Fn(Errno) -> String {
    let path = path.to_owned();
    move |errno| format!("Could not open file {path} - open ({errno})")
}

fn update(ctx: &mut Ctx<'_>, recorded: &Recorded, asked: &Asked) -> Result<(), String> {
    told(ctx);
    let partial = format!("{LISTS}/partial");
    files::mkdir_all(ctx.sys, &partial, 0o755).map_err(failed(&partial))?;
    for (name, size) in &recorded.lists {
        let path = format!("{LISTS}/{name}");
        write(ctx, &path, &[], *size, 0o644, (0, 0)).map_err(failed(&path))?;
    }
    if !asked.quiet {
        ctx.line(format!("Get:1 {SITE} InRelease [151 kB]"));
        ctx.line(format!("Get:2 {SITE}/main amd64 Packages [8790 kB]"));
        ctx.line("Fetched 8941 kB in 1s (8941 kB/s)\nReading package lists...");
    }
    Ok(())
}

fn has_lists(ctx: &mut Ctx<'_>) -> bool {
    files::names(ctx.sys, LISTS).iter().any(|it| it.ends_with("_Packages"))
}

/// Where dpkg keeps the list of a package's files, if it is installed.
fn list_of(ctx: &mut Ctx<'_>, package: &Package) -> Option<String> {
    let name = package.name;
    let paths = [format!("{name}.list"), format!("{name}:amd64.list")];
    let paths = paths.map(|it| format!("/var/lib/dpkg/info/{it}"));
    paths.into_iter().find(|path| files::exists(ctx.sys, path))
}

fn install(ctx: &mut Ctx<'_>, recorded: &Recorded, asked: &Asked) -> Result<(), String> {
    head(ctx, asked);
    let names: Vec<String> = asked
        .names
        .iter()
        .map(|it| it.split(['=', '/', ':']).next().unwrap_or_default().to_owned())
        .collect();
    let lists = has_lists(ctx);
    let unknown: Vec<&String> =
        names.iter().filter(|it| !lists || recorded.find(it).is_none()).collect();
    if !unknown.is_empty() {
        let lines: Vec<String> =
            unknown.iter().map(|it| format!("Unable to locate package {it}")).collect();
        if lists {
            let known: Vec<&str> = recorded.packages.iter().map(|it| it.name).collect();
            ctx.flush();
            ctx.err(format!("layerglass: recorded are {}\n", known.join(" ")));
        }
        return Err(lines.join("\n"));
    }
    let mut news = Vec::new();
    for package in recorded.closure(&names, !asked.no_recommends) {
        if list_of(ctx, package).is_none() {
            news.push(package);
        } else if names.iter().any(|it| it == package.name) {
            ctx.line(format!(
                "{} is already the newest version ({}).",
                package.name, package.version
            ));
        }
    }
    let mut sorted: Vec<&str> = news.iter().map(|it| it.name).collect();
    sorted.sort_unstable();
    if !asked.quiet {
        let more: Vec<&str> =
            sorted.iter().copied().filter(|it| !names.iter().any(|name| name == it)).collect();
        if !more.is_empty() {
            ctx.line(format!(
                "The following additional packages will be installed:\n{}",
                wrapped(&more)
            ));
        }
        if !sorted.is_empty() {
            ctx.line(format!(
                "The following NEW packages will be installed:\n{}",
                wrapped(&sorted)
            ));
        }
    }
    ctx.line(format!(
        "0 upgraded, {} newly installed, 0 to remove and 0 not upgraded.",
        news.len()
    ));
    if news.is_empty() {
        return Ok(());
    }
    if !asked.yes && news.len() > names.len() {
        ctx.line("Do you want to continue? [Y/n] Abort.");
        return Err(String::new());
    }
    told(ctx);
    fetched(ctx, &news, asked);
    for package in &news {
        unpack(ctx, package)?;
    }
    for package in &news {
        set_up(ctx, package, asked)?;
    }
    log(ctx, &news, asked)
}

/// Names in lines as apt breaks them.
fn wrapped(names: &[&str]) -> String {
    let mut lines = Vec::new();
    let mut line = String::from(" ");
    for name in names {
        if line.len() + 1 + name.len() > 79 {
            lines.push(std::mem::replace(&mut line, String::from(" ")));
        }
        line += &format!(" {name}");
    }
    lines.push(line);
    lines.join("\n")
}

fn fetched(ctx: &mut Ctx<'_>, news: &[&Package], asked: &Asked) {
    if asked.quiet {
        return;
    }
    let kib: u64 = news.iter().map(|it| it.installed).sum();
    let size = kib as f64 * 1024.0;
    let shown =
        if size < 1e6 { format!("{:.0} kB", size / 1e3) } else { format!("{:.1} MB", size / 1e6) };
    ctx.line(format!("After this operation, {shown} of additional disk space will be used."));
    for (at, package) in news.iter().enumerate() {
        let Package { name, arch, version, archive, .. } = package;
        ctx.line(format!("Get:{} {SITE}/main amd64 {name} {arch} {version} [{archive}]", at + 1));
    }
}

fn full_name(package: &Package) -> String {
    match package.arch {
        "all" => package.name.to_owned(),
        _ if package.name.starts_with("lib") => format!("{}:{}", package.name, package.arch),
        _ => package.name.to_owned(),
    }
}

fn unpack(ctx: &mut Ctx<'_>, package: &Package) -> Result<(), String> {
    let name = full_name(package);
    ctx.line(format!("Selecting previously unselected package {name}."));
    ctx.line(format!("Unpacking {name} ({}) ...", package.version));
    let paths: Vec<String> = package.files.iter().map(File::path).collect();
    let mask = ctx.sys.umask(0);
    let done = package.files.iter().try_for_each(|file| {
        let path = file.path();
        let text = path.ends_with(".list").then(|| format!("/.\n{}\n", paths.join("\n")));
        lay(ctx, file, &path, text.as_deref()).map_err(failed(&path))
    });
    ctx.sys.umask(mask);
    done
}

/// One file of a package.
fn lay(ctx: &mut Ctx<'_>, file: &File, path: &str, text: Option<&str>) -> Result<(), Errno> {
    match file.what {
        What::Dir => {
            let there = files::exists(ctx.sys, path);
            files::mkdir_all(ctx.sys, path, 0o755)?;
            if !there {
                rights(ctx, path, file.mode, file.owner)?;
            }
            Ok(())
        }
        What::Symlink(target) => {
            files::mkdir_all(ctx.sys, file.dir, 0o755)?;
            let _ = ctx.sys.unlinkat(AT_FDCWD, path.as_bytes(), 0);
            ctx.sys.symlinkat(target.as_bytes(), AT_FDCWD, path.as_bytes())
        }
        What::Bytes(size) => {
            files::mkdir_all(ctx.sys, file.dir, 0o755)?;
            if let Some(text) = text {
                return write(ctx, path, text.as_bytes(), 0, file.mode, file.owner);
            }
            // Programs that this machine can run are those; others say that they are not simulated.
            let is_program = file.mode & 0o111 != 0 && file.dir.ends_with("bin");
            let head = match is_program {
                true => exec::image(find(file.name).map_or(super::programs::STUB, |it| it.name)),
                false => Vec::new(),
            };
            let rest = size.saturating_sub(head.len() as u64);
            write(ctx, path, &head, rest, file.mode, file.owner)
        }
    }
}

fn rights(ctx: &mut Ctx<'_>, path: &str, mode: u32, owner: (u32, u32)) -> Result<(), Errno> {
    if owner != (0, 0) {
        ctx.sys.fchownat(AT_FDCWD, path.as_bytes(), Some(owner.0), Some(owner.1), 0)?;
    }
    ctx.sys.fchmodat(AT_FDCWD, path.as_bytes(), Mode::new(mode))
}

/// A file with these bytes and `rest` generated ones; what was in its place goes.
fn write(
    ctx: &mut Ctx<'_>,
    path: &str,
    head: &[u8],
    rest: u64,
    mode: u32,
    owner: (u32, u32),
) -> Result<(), Errno> {
    match ctx.sys.unlinkat(AT_FDCWD, path.as_bytes(), 0) {
        Ok(()) | Err(Errno::ENOENT) => {}
        Err(errno) => return Err(errno),
    }
    let mut rope = Rope::default();
    if !head.is_empty() {
        rope.segs.push(Seg::Shared { bytes: head.into(), off: 0, len: head.len() });
    }
    if rest > 0 {
        let seed = crate::types::Fnv::of(path.as_bytes());
        rope.segs.push(Seg::Generated { seed, at: 0, len: rest });
    }
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::EXCL | OpenFlags::CLOEXEC;
    let fd = ctx.sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644)?;
    let done = if rope.is_empty() { Ok(()) } else { ctx.sys.pwrite_rope(fd, &rope, 0) };
    let _ = ctx.sys.close(fd);
    done?;
    rights(ctx, path, mode, owner)
}

fn append(ctx: &mut Ctx<'_>, path: &str, text: &str) -> Result<(), String> {
    let dir = path.rsplit_once('/').map_or("", |it| it.0);
    files::mkdir_all(ctx.sys, dir, 0o755).map_err(failed(dir))?;
    let flags = OpenFlags::WRONLY | OpenFlags::CREAT | OpenFlags::APPEND | OpenFlags::CLOEXEC;
    let fd = ctx.sys.openat(AT_FDCWD, path.as_bytes(), flags, 0o644).map_err(failed(path))?;
    let done = ctx.write_all(fd, text.as_bytes());
    let _ = ctx.sys.close(fd);
    done.map_err(failed(path))
}

fn set_up(ctx: &mut Ctx<'_>, package: &Package, asked: &Asked) -> Result<(), String> {
    if !asked.quiet {
        ctx.line(format!("Setting up {} ({}) ...", full_name(package), package.version));
    }
    let Package { name, installed, arch, version, depends, .. } = package;
    let depends = match depends.is_empty() {
        true => String::new(),
        false => format!("Depends: {}\n", depends.join(", ")),
    };
    let text = format!(
        "Package: {name}\nStatus: install ok installed\nInstalled-Size: {installed}\nArchitecture: {arch}\n\
         Version: {version}\n{depends}\n"
    );
    append(ctx, "/var/lib/dpkg/status", &text)
}

/// What apt and dpkg write down, and the cache of the linker.
fn log(ctx: &mut Ctx<'_>, news: &[&Package], asked: &Asked) -> Result<(), String> {
    if !asked.quiet {
        ctx.line("Processing triggers for libc-bin (2.36-9+deb12u14) ...");
    }
    let now = ctx.sys.clock().sec;
    let stamp = crate::oci::human::rfc3339(now, 0).replace('T', " ").replace('Z', "");
    let words: Vec<String> =
        ctx.args().iter().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    let all: Vec<String> =
        news.iter().map(|it| format!("{}:{} ({})", it.name, it.arch, it.version)).collect();
    let history = format!(
        "\nStart-Date: {stamp}\nCommandline: apt-get {}\nInstall: {}\nEnd-Date: {stamp}\n",
        words.join(" "),
        all.join(", ")
    );
    append(ctx, "/var/log/apt/history.log", &history)?;
    let mut text = String::new();
    for package in news {
        let Package { name, arch, version, .. } = package;
        text += &format!("{stamp} install {name}:{arch} <none> {version}\n");
        text += &format!("{stamp} status installed {name}:{arch} {version}\n");
    }
    append(ctx, "/var/log/dpkg.log", &text)?;
    // Measured: some 12 kB in a small installation.
    write(ctx, "/etc/ld.so.cache", &[], 12_000, 0o644, (0, 0)).map_err(failed("/etc/ld.so.cache"))
}

fn remove(ctx: &mut Ctx<'_>, recorded: &Recorded, asked: &Asked) -> Result<(), String> {
    head(ctx, asked);
    let mut going = Vec::new();
    for name in &asked.names {
        let package =
            recorded.find(name).ok_or_else(|| format!("Unable to locate package {name}"))?;
        match list_of(ctx, package) {
            Some(_) => going.push(package),
            None => ctx.line(format!("Package '{name}' is not installed, so not removed")),
        }
    }
    ctx.line(format!(
        "0 upgraded, 0 newly installed, {} to remove and 0 not upgraded.",
        going.len()
    ));
    for package in going {
        ctx.line(format!("Removing {} ({}) ...", full_name(package), package.version));
        for file in package.files.iter().rev() {
            let flags = if file.what == What::Dir { at::REMOVEDIR } else { 0 };
            // Directories that others use stay.
            let _ = ctx.sys.unlinkat(AT_FDCWD, file.path().as_bytes(), flags);
        }
    }
    Ok(())
}
