//! What `cp` and `mv` were asked for.

use crate::shell::command::common::quote;
use crate::shell::command::ctx::Ctx;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    Never,
    Operands,
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    Overwrite,
    Ask,
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reflink {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sparse {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Debug)]
pub struct Options {
    pub moving: bool,
    pub recursive: bool,
    pub follow: Option<Follow>,
    pub mode: bool,
    /// `--no-preserve=mode`: as if newly made.
    pub no_mode: bool,
    pub owner: bool,
    pub times: bool,
    pub links: bool,
    pub xattrs: bool,
    /// Xattrs were asked for by name: failing to keep them is an error.
    pub need_xattrs: bool,
    pub attributes_only: bool,
    pub existing: Existing,
    pub force: bool,
    pub remove: bool,
    pub update: bool,
    pub verbose: bool,
    pub hard: bool,
    pub symbolic: bool,
    pub one_file_system: bool,
    pub parents: bool,
    pub strip_slashes: bool,
    pub backup: bool,
    pub suffix: String,
    pub reflink: Reflink,
    pub sparse: Sparse,
    pub copy_contents: bool,
    pub target_directory: Option<Vec<u8>>,
    pub no_target_directory: bool,
}

impl Options {
    pub fn new(moving: bool) -> Options {
        Options {
            moving,
            recursive: moving,
            follow: moving.then_some(Follow::Never),
            mode: moving,
            no_mode: false,
            owner: moving,
            times: moving,
            links: moving,
            xattrs: moving,
            need_xattrs: false,
            attributes_only: false,
            existing: Existing::Overwrite,
            force: false,
            remove: false,
            update: false,
            verbose: false,
            hard: false,
            symbolic: false,
            one_file_system: false,
            parents: false,
            strip_slashes: false,
            backup: false,
            suffix: "~".into(),
            reflink: Reflink::Auto,
            sparse: Sparse::Auto,
            copy_contents: false,
            target_directory: None,
            no_target_directory: false,
        }
    }

    fn preserve(&mut self, ctx: &mut Ctx<'_>, list: &str, on: bool) -> Result<(), i32> {
        for word in list.split(',') {
            match word {
                "mode" => (self.mode, self.no_mode) = (on, !on),
                "timestamps" => self.times = on,
                "ownership" => self.owner = on,
                "links" => self.links = on,
                "context" => {}
                "xattr" => (self.xattrs, self.need_xattrs) = (on, on),
                "all" => {
                    (self.mode, self.owner, self.times) = (on, on, on);
                    (self.links, self.xattrs) = (on, on);
                }
                other => {
                    let option = if on { "--preserve" } else { "--no-preserve" };
                    ctx.warn(format_args!(
                        "invalid argument {} for {}",
                        quote::locale(other.as_bytes()),
                        quote::locale(option.as_bytes())
                    ));
                    ctx.err("Valid arguments are:\n  - ‘mode’\n  - ‘timestamps’\n  - ‘ownership’\n  - ‘links’\n  - ‘context’\n  - ‘xattr’\n  - ‘all’\n");
                    ctx.try_help();
                    return Err(1);
                }
            }
        }
        Ok(())
    }

    /// Does a symbolic link of the source stand for what it points to?
    pub fn follows(&self, operand: bool) -> bool {
        match self.follow {
            Some(Follow::Always) => true,
            Some(Follow::Operands) => operand,
            Some(Follow::Never) => false,
            None => !self.recursive,
        }
    }
}

pub fn read_cp(ctx: &mut Ctx<'_>) -> Result<(Options, Vec<Vec<u8>>), i32> {
    let parsed = ctx.parse(
        "a|archive |attributes-only b |backup=? |copy-contents d f|force i|interactive H l|link \
         L|dereference n|no-clobber P|no-dereference p |preserve=? |no-preserve= |parents R|recursive r \
         |reflink=? |remove-destination |sparse= |strip-trailing-slashes s|symbolic-link S|suffix= \
         t|target-directory= T|no-target-directory u|update v|verbose x|one-file-system Z |context=?",
    )?;
    let mut o = Options::new(false);
    for given in &parsed.options {
        match given.id {
            "a" => {
                (o.recursive, o.links, o.follow) = (true, true, Some(Follow::Never));
                (o.mode, o.owner, o.times, o.xattrs) = (true, true, true, true);
            }
            "attributes-only" => o.attributes_only = true,
            "copy-contents" => o.copy_contents = true,
            "d" => (o.links, o.follow) = (true, Some(Follow::Never)),
            "f" => o.force = true,
            "i" => o.existing = Existing::Ask,
            "n" => o.existing = Existing::Keep,
            "H" => o.follow = Some(Follow::Operands),
            "L" => o.follow = Some(Follow::Always),
            "P" => o.follow = Some(Follow::Never),
            "l" => o.hard = true,
            "s" => o.symbolic = true,
            "p" => (o.mode, o.owner, o.times) = (true, true, true),
            "preserve" if given.value.is_none() => (o.mode, o.owner, o.times) = (true, true, true),
            "preserve" => o.preserve(ctx, &given.text(), true)?,
            "no-preserve" => o.preserve(ctx, &given.text(), false)?,
            "parents" => o.parents = true,
            "R" | "r" => o.recursive = true,
            "reflink" => {
                o.reflink = match given.text().as_str() {
                    "" | "always" => Reflink::Always,
                    "never" => Reflink::Never,
                    _ => Reflink::Auto,
                }
            }
            "sparse" => {
                o.sparse = match given.text().as_str() {
                    "always" => Sparse::Always,
                    "never" => Sparse::Never,
                    _ => Sparse::Auto,
                }
            }
            "remove-destination" => o.remove = true,
            "strip-trailing-slashes" => o.strip_slashes = true,
            "x" => o.one_file_system = true,
            _ => common(&mut o, given),
        }
    }
    if o.hard && o.symbolic {
        return Err(ctx.usage("cannot make both hard and symbolic links"));
    }
    if o.parents && o.no_target_directory {
        return Err(
            ctx.usage("cannot combine --target-directory (-t) and --no-target-directory (-T)")
        );
    }
    Ok((o, parsed.operands))
}

pub fn read_mv(ctx: &mut Ctx<'_>) -> Result<(Options, Vec<Vec<u8>>), i32> {
    let parsed = ctx.parse(
        "b |backup=? Z |context f|force i|interactive n|no-clobber |strip-trailing-slashes S|suffix= \
         t|target-directory= T|no-target-directory u|update v|verbose",
    )?;
    let mut o = Options::new(true);
    for given in &parsed.options {
        match given.id {
            "f" => (o.existing, o.force) = (Existing::Overwrite, true),
            "i" => o.existing = Existing::Ask,
            "n" => o.existing = Existing::Keep,
            "strip-trailing-slashes" => o.strip_slashes = true,
            _ => common(&mut o, given),
        }
    }
    Ok((o, parsed.operands))
}

fn common(o: &mut Options, given: &crate::shell::command::common::args::Given) {
    match given.id {
        "b" | "backup" => o.backup = !matches!(given.text().as_str(), "none" | "off"),
        "S" => (o.backup, o.suffix) = (true, given.text()),
        "t" => o.target_directory = Some(given.bytes().to_vec()),
        "T" => o.no_target_directory = true,
        "u" => o.update = true,
        "v" => o.verbose = true,
        _ => {}
    }
}
