//! Lookup: from a name in a directory to the stack of real objects behind it.
//!
//! The cache answers first. Otherwise layers are asked from the top to the first stop; what each
//! said is in the trace. Writes nothing but what a lookup writes on Linux too: `origin` and
//! `impure` for a merged directory that lacks them (R2.13).

mod index;

use super::Overlay;
use super::entry::{Dentry, Lower, LowerRef, flag};
use super::format::metacopy;
use super::format::opaque::Opaque;
use super::format::redirect::{self, Redirect};
use super::params::RedirectMode;
use super::profile::Feature;
use crate::errno::Errno;
use crate::fs::Cx;
use crate::trace::step::{Layer as TraceLayer, Verb, Verdict};
use crate::trace::{Rule, Step};
use crate::types::{FileType, Ino, Result};

/// Under which name the next layer is asked.
#[derive(Clone, Debug)]
enum Target {
    /// As the caller spelled it.
    Same,
    Relative(Vec<u8>),
    /// From the root of the layer.
    Absolute(Vec<u8>),
}

/// What was found on the way down.
struct Search<'a> {
    dir: u64,
    name: &'a [u8],
    target: Target,
    /// The topmost object is a directory.
    is_dir: bool,
    /// No layer below is asked.
    stop: bool,
    /// The last layer looked at hides what is below (opaque directory or whiteout).
    opaque: bool,
    /// The last file looked at has its data below.
    metacopy: bool,
    /// A redirect was taken, and the last one looked for was a path.
    redirected: bool,
    absolute: bool,
    /// This layer is the last one, so what it says about those below does not matter.
    last: bool,
    xwhiteouts: bool,
    /// The object found last, for the trace.
    kind: FileType,
}

/// The outcome of asking all layers.
pub(super) struct Found {
    pub kind: FileType,
    pub upper: Option<Ino>,
    pub lower: Vec<LowerRef>,
    pub opaque: bool,
    pub xwhiteouts: bool,
    /// The upper file has no data of its own.
    pub metacopy: bool,
    /// The data is in a data-only layer, under this path.
    pub lazy: Option<Vec<u8>>,
    /// The index directory has an entry for it.
    pub indexed: bool,
    /// The upper object was found by its name, not by the index alone.
    pub linked: bool,
}

impl Found {
    /// An object that no layer has yet.
    pub fn nothing(kind: FileType) -> Found {
        Found {
            kind,
            upper: None,
            lower: Vec::new(),
            opaque: false,
            xwhiteouts: false,
            metacopy: false,
            lazy: None,
            indexed: false,
            linked: false,
        }
    }
}

impl Overlay {
    /// The handle of the inode under a name, or `None` for a negative entry.
    pub(super) fn find(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Result<Option<u64>> {
        match self.cached(dir, name) {
            Some(Dentry::Positive(handle)) => Ok(Some(handle)),
            Some(_) => Ok(None),
            // A removed directory is not asked: what its whiteouts hid does not come back (observed on 6.18).
            None if self.node(dir)?.has(flag::DEAD) => {
                self.decide(cx, dir, Rule::DirRemoved, Some(Errno::ENOENT));
                Ok(None)
            }
            None if name.len() as u64 > self.namelen => Err(Errno::ENAMETOOLONG),
            None => self.find_in_layers(cx, dir, name),
        }
    }

    fn find_in_layers(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Result<Option<u64>> {
        self.begin(cx, Verb::Lookup, |o| o.path_in(dir, name));
        let res = self.ask_layers(cx, dir, name);
        self.end(cx, Verb::Lookup, res.as_ref().err().copied());
        res
    }

    fn ask_layers(&mut self, cx: &mut Cx<'_>, dir: u64, name: &[u8]) -> Result<Option<u64>> {
        let parent = self.node(dir)?;
        if !parent.is_dir() {
            return Err(Errno::ENOTDIR);
        }
        let (upper_dir, stack) = (parent.upper, parent.lower.clone());
        let mut search = Search::new(dir, name);
        let follow = self.config.redirect != RedirectMode::NoFollow;
        let upper = match upper_dir {
            Some(at) => {
                search.last = !follow && stack.as_slice().is_empty() && self.data_layers == 0;
                self.ask(cx, 0, at, &mut search)?
            }
            None => None,
        };
        let whiteout = upper.is_none() && search.opaque;
        let opaque = upper.is_some() && search.opaque;
        let upper_meta = upper.is_some() && search.metacopy;
        let origin = match upper {
            Some(ino) if !search.is_dir => self.read_origin(cx, ino, search.kind)?,
            _ => None,
        };
        let (lower, verified) = self.ask_lowers(cx, &mut search, stack, upper, origin)?;
        let lazy = self.take_lazy(&mut search, &lower);
        if lazy.is_none() {
            self.check_followed(cx, &search)?;
        }
        if search.metacopy || upper_meta && lower.is_empty() {
            return Err(self.refused(cx, &search, Rule::MetacopyNoData, Errno::EIO));
        }
        if upper.is_none() && lower.is_empty() {
            self.cache_negative(cx, dir, name, whiteout);
            return Ok(None);
        }
        let mut known = verified;
        let lower = match origin {
            Some(origin) if lower.is_empty() => {
                self.decide_in(cx, dir, name, Rule::OriginFound, None);
                known = Some(origin);
                vec![origin]
            }
            _ => lower,
        };
        if upper.is_none() {
            known = lower.first().copied();
        }
        let index = match known {
            Some(origin) => self.ask_index(cx, (dir, name), (upper, origin), search.kind)?,
            None => None,
        };
        let linked = upper.is_some();
        let upper = upper.or(index);
        let upper_meta = match index.filter(|_| !linked) {
            Some(index) => self.follow_index(cx, &mut search, index)?,
            None => upper_meta,
        };
        if search.is_dir && lower.len() + usize::from(upper.is_some()) > 1 {
            self.decide_in(cx, dir, name, Rule::TopMetadata, None);
        }
        let kind = search.kind;
        let xwhiteouts = search.xwhiteouts;
        let found = Found {
            kind,
            upper,
            lower,
            opaque,
            xwhiteouts,
            metacopy: upper_meta,
            lazy,
            indexed: index.is_some(),
            linked,
        };
        let handle = self.instantiate(cx, dir, name, &found)?;
        self.cache_positive(cx, dir, name, handle);
        Ok(Some(handle))
    }

    /// Is the upper object that only the index knows a copy of metadata? The way to it has to be allowed
    /// whatever it is: a redirect below counts though the data has been copied since, and so does its own
    /// (observed on 6.18).
    fn follow_index(
        &mut self,
        cx: &mut Cx<'_>,
        search: &mut Search<'_>,
        index: Ino,
    ) -> Result<bool> {
        let fs = self.upper_fs();
        if let Some(value) = self.raw_private(cx, fs, index, self.names().redirect)? {
            redirect::parse(&value)?;
            search.redirected = true;
        }
        let value = self.raw_private(cx, fs, index, self.names().metacopy)?;
        if let Some(value) = &value {
            metacopy::check(value)?;
        }
        search.metacopy = value.is_some();
        self.check_followed(cx, search)?;
        Ok(search.metacopy)
    }

    /// Asks the lower layers of the parent from the top, and those of the root after an absolute
    /// redirect.
    fn ask_lowers(
        &mut self,
        cx: &mut Cx<'_>,
        search: &mut Search<'_>,
        mut stack: Lower,
        upper: Option<Ino>,
        origin: Option<LowerRef>,
    ) -> Result<(Vec<LowerRef>, Option<LowerRef>)> {
        // Where there are data-only layers redirects are read as if they were followed, and refused.
        let reads = self.config.redirect != RedirectMode::NoFollow || self.data_layers > 0;
        let bottom = self.last_merged();
        let kind = search.kind;
        let mut from_root = false;
        if matches!(search.target, Target::Absolute(_)) {
            stack = self.node(super::entry::ROOT)?.lower.clone();
            from_root = true;
        }
        let mut out = Vec::new();
        let mut verified = None;
        let mut at = 0;
        while let Some(&low) = stack.as_slice().get(at).filter(|_| !search.stop) {
            self.check_followed(cx, search)?;
            // Of a file the lowest layer may say where a data-only layer has the data.
            if search.is_dir || self.data_layers == 0 {
                search.last = match reads {
                    true => low.layer == bottom,
                    false => at + 1 == stack.as_slice().len(),
                };
            }
            at += 1;
            let Some(ino) = self.ask(cx, low.layer, low.ino, search)? else { continue };
            if let Some(upper) = upper.filter(|_| out.is_empty() && search.is_dir) {
                let low = LowerRef { layer: low.layer, ino };
                self.fix_origin(cx, search.dir, search.name, upper, low)?;
            }
            if let Some(upper) = upper.filter(|_| out.is_empty()) {
                let low = LowerRef { layer: low.layer, ino };
                let asks = match search.is_dir {
                    true => self.indexes_all(),
                    false => self.config.index && origin.is_some(),
                };
                if asks {
                    match self.verify_origin(cx, search, upper, low) {
                        Ok(()) => verified = Some(low),
                        Err(_) if search.is_dir => break,
                        Err(errno) => return Err(errno),
                    }
                }
            }
            // Of several copies of metadata the topmost one counts, and the data at the end.
            if !search.metacopy || out.is_empty() {
                out.push(LowerRef { layer: low.layer, ino });
            }
            if !from_root && matches!(search.target, Target::Absolute(_)) {
                stack = self.node(super::entry::ROOT)?.lower.clone();
                from_root = true;
                at = usize::from(low.layer);
            }
        }
        if search.stop {
            self.trace_hidden(cx, search, &stack, at);
        }
        if upper.is_some() || out.len() > 1 {
            // The topmost object is what people see.
            search.kind = if search.is_dir { FileType::Dir } else { kind };
        }
        Ok((out, verified))
    }

    /// Does an upper object come from this lower one, as its origin says (R2.18)?
    fn verify_origin(
        &self,
        cx: &mut Cx<'_>,
        search: &Search<'_>,
        upper: Ino,
        low: LowerRef,
    ) -> Result<()> {
        let stored = self.raw_private(cx, self.upper_fs(), upper, self.names().origin)?;
        match stored.is_some_and(|it| it == self.origin_value(cx, low)) {
            true => Ok(()),
            false => Err(self.refused(cx, search, Rule::OriginMismatch, Errno::ESTALE)),
        }
    }

    /// May the search go on below what was found so far? What this mount does not follow is in the
    /// way of every further layer, and of the result (observed on 6.18).
    fn check_followed(&self, cx: &mut Cx<'_>, search: &Search<'_>) -> Result<()> {
        if search.metacopy && !self.config.metacopy {
            return Err(self.refused(cx, search, Rule::MetacopyOff, Errno::EPERM));
        }
        if search.redirected && self.config.redirect == RedirectMode::NoFollow {
            return Err(self.refused(cx, search, Rule::RedirectNotFollowed, Errno::EPERM));
        }
        Ok(())
    }

    /// The path in data-only layers, if that is where the search leads: no option is needed for that.
    fn take_lazy(&self, search: &mut Search<'_>, lower: &[LowerRef]) -> Option<Vec<u8>> {
        let leads = search.metacopy && search.absolute && !lower.is_empty();
        match &search.target {
            Target::Absolute(path) if leads && self.data_layers > 0 => {
                search.metacopy = false;
                Some(path.clone())
            }
            _ => None,
        }
    }

    /// Asks one layer; `base` is the directory to look in (the layer's root for a path).
    fn ask(
        &mut self,
        cx: &mut Cx<'_>,
        layer: u16,
        base: Ino,
        search: &mut Search<'_>,
    ) -> Result<Option<Ino>> {
        let res = match search.target.clone() {
            Target::Same => self.ask_name(cx, layer, base, search.name, (b"", b""), search),
            Target::Relative(name) => self.ask_name(cx, layer, base, &name, (b"", b""), search),
            Target::Absolute(path) => self.ask_path(cx, layer, base, &path, search),
        };
        if let Err(errno) = res {
            self.trace_lookup(cx, search, layer, Rule::LookupError, || Verdict::Error(errno));
        }
        res
    }

    /// Walks an absolute redirect in one layer, obeying whiteouts, opaque marks and further
    /// redirects on the way (R2.10).
    fn ask_path(
        &mut self,
        cx: &mut Cx<'_>,
        layer: u16,
        root: Ino,
        path: &[u8],
        search: &mut Search<'_>,
    ) -> Result<Option<Ino>> {
        let mut base = root;
        let mut at = 1;
        loop {
            let end = path[at..].iter().position(|&b| b == b'/').map_or(path.len(), |n| at + n);
            let around = (&path[..at], &path[end..]);
            match self.ask_name(cx, layer, base, &path[at..end], around, search)? {
                Some(ino) if end == path.len() => return Ok(Some(ino)),
                Some(ino) => base = ino,
                None => return Ok(None),
            }
            at = end + 1;
        }
    }

    /// Looks for one component. `around` is the path before and after it: with nothing after it
    /// is the object itself.
    fn ask_name(
        &mut self,
        cx: &mut Cx<'_>,
        layer: u16,
        base: Ino,
        name: &[u8],
        around: (&[u8], &[u8]),
        search: &mut Search<'_>,
    ) -> Result<Option<Ino>> {
        if name == b"." || name == b".." {
            return Err(Errno::EACCES);
        }
        let fs = self.layer_fs(layer);
        let Some(ino) = self.raw_lookup(cx, fs, base, name)? else {
            self.trace_lookup(cx, search, layer, Rule::AbsentGoOn, || Verdict::Absent);
            return Ok(None);
        };
        let attr = self.raw_attr(cx, fs, ino)?;
        if self.is_whiteout(cx, fs, ino, &attr) {
            search.stop = true;
            search.opaque = true;
            let device = super::format::whiteout::is_device(&attr);
            let rule = if device { Rule::WhiteoutStops } else { Rule::XattrWhiteout };
            self.trace_lookup(cx, search, layer, rule, || Verdict::Whiteout);
            return Ok(None);
        }
        let whole = around.1.is_empty();
        if attr.is_dir() {
            if whole && search.metacopy {
                search.stop = true;
                self.trace_lookup(cx, search, layer, Rule::WrongTypeStops, || Verdict::Hidden);
                return Ok(None);
            }
            self.ask_dir(cx, layer, ino, around, search)
        } else {
            self.ask_file(cx, layer, ino, attr.kind, around, search)
        }
    }

    fn ask_file(
        &mut self,
        cx: &mut Cx<'_>,
        layer: u16,
        ino: Ino,
        kind: FileType,
        around: (&[u8], &[u8]),
        search: &mut Search<'_>,
    ) -> Result<Option<Ino>> {
        let whole = around.1.is_empty();
        if search.is_dir || !whole || search.metacopy && kind != FileType::Reg {
            search.stop = true;
            self.trace_lookup(cx, search, layer, Rule::WrongTypeStops, || Verdict::File(kind));
            return Ok(None);
        }
        let fs = self.layer_fs(layer);
        search.kind = kind;
        search.metacopy = kind == FileType::Reg
            && self.profile.has(Feature::Metacopy)
            && match self.raw_private(cx, fs, ino, self.names().metacopy)? {
                Some(value) => metacopy::check(&value).map(|()| true)?,
                None => false,
            };
        search.stop = !search.metacopy;
        if search.stop {
            self.trace_lookup(cx, search, layer, Rule::FirstHitWins, || Verdict::File(kind));
            return Ok(Some(ino));
        }
        self.trace_lookup(cx, search, layer, Rule::MetacopyGoOn, || Verdict::Metacopy);
        if !search.last {
            self.take_redirect(cx, layer, ino, around, search)?;
        }
        Ok(Some(ino))
    }

    fn ask_dir(
        &mut self,
        cx: &mut Cx<'_>,
        layer: u16,
        ino: Ino,
        around: (&[u8], &[u8]),
        search: &mut Search<'_>,
    ) -> Result<Option<Ino>> {
        let fs = self.layer_fs(layer);
        if self.is_trap(fs, ino) {
            let errno = self.refused(cx, search, Rule::Overlapping, Errno::ELOOP);
            return Err(errno);
        }
        let whole = around.1.is_empty();
        if whole {
            search.is_dir = true;
            search.kind = FileType::Dir;
        }
        if search.last {
            self.trace_lookup(cx, search, layer, Rule::MergeDirs, || Verdict::Dir);
            return Ok(Some(ino));
        }
        match self.opaque_value(cx, fs, ino)? {
            Opaque::Opaque => {
                search.stop = true;
                search.opaque |= whole;
                self.trace_lookup(cx, search, layer, Rule::OpaqueStops, || Verdict::OpaqueDir);
                return Ok(Some(ino));
            }
            Opaque::Xwhiteouts if whole && layer > 0 => {
                search.xwhiteouts = true;
                self.layers[usize::from(layer)].xwhiteouts = true;
            }
            _ => {}
        }
        if !self.take_redirect(cx, layer, ino, around, search)? {
            self.trace_lookup(cx, search, layer, Rule::MergeDirs, || Verdict::Dir);
        }
        Ok(Some(ino))
    }

    /// Obeys a redirect found on an object: layers below are asked for another name. True if
    /// there is one.
    fn take_redirect(
        &mut self,
        cx: &mut Cx<'_>,
        layer: u16,
        ino: Ino,
        (before, after): (&[u8], &[u8]),
        search: &mut Search<'_>,
    ) -> Result<bool> {
        let fs = self.layer_fs(layer);
        search.absolute = false;
        if !self.profile.has(Feature::Redirects) {
            return Ok(false);
        }
        let Some(value) = self.raw_private(cx, fs, ino, self.names().redirect)? else {
            return Ok(false);
        };
        let redirect = redirect::parse(&value)?;
        search.redirected = true;
        if let Redirect::Absolute(_) = redirect {
            search.absolute = true;
            // An opaque directory on the way here does not count (R2.10).
            search.stop = false;
        }
        self.trace_lookup(cx, search, layer, Rule::RedirectFollowed, || {
            Verdict::Redirect(String::from_utf8_lossy(&value).into_owned())
        });
        search.target = match redirect {
            Redirect::Absolute(path) => Target::Absolute([&path, after].concat()),
            Redirect::Relative(name) if before.is_empty() => Target::Relative(name),
            Redirect::Relative(name) => Target::Absolute([before, &name, after].concat()),
        };
        Ok(true)
    }

    fn trace_lookup(
        &self,
        cx: &mut Cx<'_>,
        search: &Search<'_>,
        layer: u16,
        rule: Rule,
        verdict: impl FnOnce() -> Verdict,
    ) {
        cx.trace.step(|| Step::Lookup {
            overlay: self.id,
            path: self.path_in(search.dir, search.name),
            layer: trace_layer(layer),
            verdict: verdict(),
            rule,
        });
    }

    /// The layers that were not asked.
    fn trace_hidden(&self, cx: &mut Cx<'_>, search: &Search<'_>, stack: &Lower, from: usize) {
        if cx.trace.is_on() {
            for low in stack.as_slice().iter().skip(from) {
                self.trace_lookup(cx, search, low.layer, Rule::Hidden, || Verdict::Hidden);
            }
        }
    }

    fn refused(&self, cx: &mut Cx<'_>, search: &Search<'_>, rule: Rule, errno: Errno) -> Errno {
        cx.trace.step(|| Step::Decide {
            overlay: self.id,
            path: self.path_in(search.dir, search.name),
            rule,
            errno: Some(errno),
        });
        errno
    }
}

/// A layer as the trace calls it.
pub(super) fn trace_layer(layer: u16) -> TraceLayer {
    if layer == 0 { TraceLayer::Upper } else { TraceLayer::Lower(layer) }
}

impl<'a> Search<'a> {
    fn new(dir: u64, name: &'a [u8]) -> Search<'a> {
        Search {
            dir,
            name,
            target: Target::Same,
            is_dir: false,
            stop: false,
            opaque: false,
            metacopy: false,
            redirected: false,
            absolute: false,
            last: false,
            xwhiteouts: false,
            kind: FileType::Reg,
        }
    }
}
