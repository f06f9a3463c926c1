//! The lines of `-v` and `-t`.

use super::extract::takes_attribute;
use super::options::{Options, shown};
use crate::shell::command::common::{mode, time};
use crate::shell::command::ctx::Ctx;
use crate::sys::Fd;
use crate::tar::{Entry, Kind};

/// Writes lines; columns grow with what they have held.
pub struct Listing {
    /// Standard error where standard output is taken.
    to: Fd,
    width: usize,
}

impl Listing {
    pub fn new(to: Fd) -> Listing {
        Listing { to, width: 19 }
    }

    /// The name alone, or with `long` everything.
    pub fn line(&mut self, ctx: &mut Ctx<'_>, options: &Options, long: bool, it: &Line<'_>) {
        let mut text = if long { self.long(options, it) } else { shown(it.name) };
        text.push('\n');
        if long && options.xattrs && options.verbose > 1 {
            let shown_ones = it.entry.xattrs.iter().filter(|it| takes_attribute(options, &it.0));
            for (name, value) in shown_ones {
                let (len, name) = (value.len(), shown(name));
                text.push_str(&format!("  x: {len} {name}\n"));
            }
        }
        match self.to {
            1 => ctx.out(text),
            _ => ctx.err(text),
        }
    }

    fn long(&mut self, options: &Options, it: &Line<'_>) -> String {
        let entry = it.entry;
        let letter = match entry.kind {
            Kind::Reg => '-',
            Kind::Dir => 'd',
            Kind::Symlink(_) => 'l',
            Kind::Link(_) => 'h',
            Kind::Fifo => 'p',
            Kind::Chr(_) => 'c',
            Kind::Blk(_) => 'b',
        };
        let has_attributes = entry.xattrs.iter().any(|it| takes_attribute(options, &it.0));
        let more = match (options.xattrs, !has_attributes) {
            (false, _) => "",
            (true, true) => " ",
            (true, false) => "*",
        };
        let who = |name: &[u8], id: u32| match name {
            name if name.is_empty() || options.numeric => id.to_string(),
            name => String::from_utf8_lossy(name).into_owned(),
        };
        let (owner, group) = (who(it.owner, entry.uid), who(it.group, entry.gid));
        let size = match entry.kind {
            Kind::Chr(dev) | Kind::Blk(dev) => format!("{},{}", dev.major, dev.minor),
            Kind::Reg => entry.size.to_string(),
            _ => "0".to_owned(),
        };
        self.width = self.width.max(owner.len() + group.len() + size.len() + 2);
        let room = self.width - owner.len() - group.len() - 2;
        let format = if options.full_time { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M" };
        let time = time::strftime(format.as_bytes(), entry.mtime);
        let time = String::from_utf8_lossy(&time);
        let perms = mode::permissions(entry.mode);
        let name = shown(it.name);
        let tail = match &entry.kind {
            Kind::Symlink(to) => format!(" -> {}", shown(to)),
            Kind::Link(to) => format!(" link to {}", shown(to)),
            _ => String::new(),
        };
        format!("{letter}{perms}{more} {owner}/{group} {size:>room$} {time} {name}{tail}")
    }
}

/// What a line is about.
pub struct Line<'a> {
    pub entry: &'a Entry,
    pub name: &'a [u8],
    pub owner: &'a [u8],
    pub group: &'a [u8],
}
