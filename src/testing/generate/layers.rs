//! Layers full of every kind of object, also such as no kernel leaves behind.

use super::{Maker, NAMES};

impl Maker<'_> {
    /// Fills a layer with a small tree.
    pub(super) fn layer(&mut self, layer: &str) {
        let count = match (layer, self.rng.below(3)) {
            ("u", 0 | 1) => 0,
            (_, n) => 3 + n * 3,
        };
        let mut dirs = vec![String::new()];
        let mut taken: Vec<String> = Vec::new();
        let mut files: Vec<String> = Vec::new();
        for _ in 0..count {
            let parent = dirs[self.rng.below(dirs.len())].clone();
            let path = format!("{parent}{}", self.rng.pick(NAMES));
            if taken.contains(&path) {
                continue;
            }
            taken.push(path.clone());
            if !self.likely.contains(&path) {
                self.likely.push(path.clone());
            }
            let full = format!("{layer}/{path}");
            if self.node(&full, layer, &mut files) && path.matches('/').count() < 2 {
                dirs.push(format!("{path}/"));
            }
        }
        if layer.starts_with('d') {
            self.data.extend(files.iter().filter_map(|it| Some(it.split_once('/')?.1.to_owned())));
        }
        if self.plan.root && self.rng.one_in(12) && layer != "u" {
            let name = format!("{}.overlay.opaque", self.private);
            self.push("setxattr", &[layer, &name, "x"]);
        }
        if self.rng.one_in(16) {
            let mode = self.mode(true);
            self.push("chmod", &[layer, &mode]);
        }
    }

    /// Makes one object; true for a directory.
    pub(super) fn node(&mut self, path: &str, layer: &str, files: &mut Vec<String>) -> bool {
        let mut args = vec![path.to_owned()];
        // What an index is for.
        let indexes = ["index", "nfs_export"].iter().any(|it| self.plan.options.contains(it));
        let names = indexes && !files.is_empty() && self.rng.one_in(5);
        let kind = if names { 16 } else { self.rng.below(22) };
        let verb = match kind {
            0..=7 => "d",
            8..=14 if self.refers(layer, &mut args) => "f",
            8 if self.rng.one_in(3) => {
                args.push("0755".into());
                self.executables.extend(path.split_once('/').map(|it| it.1.to_owned()));
                "x"
            }
            8..=14 => {
                args.push(self.data());
                "f"
            }
            15 => {
                args.push(self.rng.pick(&["a", "d", "d/a", "../a", "nowhere"]).to_owned());
                "l"
            }
            16 if !files.is_empty() => {
                let at = self.rng.below(files.len());
                args.push(files[at].clone());
                self.push("h", &[path, &args[1].clone()]);
                return false;
            }
            17 => "p",
            18 | 19 => "w",
            20 if self.plan.root => {
                args.push("1:3".into());
                "c"
            }
            _ => {
                args.push(String::new());
                if layer != "u" && self.rng.one_in(2) {
                    args.push(format!("{}.overlay.whiteout=y", self.private));
                }
                "f"
            }
        };
        self.decorate(verb, kind, &mut args);
        let mut words: Vec<&[u8]> = args.iter().map(String::as_bytes).collect();
        let list = match verb {
            "f" | "d" if self.rng.one_in(15) => self.access_list(verb == "d"),
            _ => Vec::new(),
        };
        words.extend((!list.is_empty()).then_some(&list[..]));
        self.push_bytes(verb, &words);
        if verb == "f" {
            files.push(path.to_owned());
            if (8..=14).contains(&kind) && self.rng.one_in(60) {
                self.large(path);
            }
        }
        verb == "d"
    }

    /// A file of several pieces of a copy-up, with holes between what it has.
    fn large(&mut self, path: &str) {
        for _ in 0..1 + self.rng.below(2) {
            let places = &["4096", "70000", "1048570", "1048576", "1500000", "2097152", "2097153"];
            let off = self.rng.pick(places);
            self.push("put", &[path, off, "far"]);
        }
    }

    /// An access list, or one for what will be made in a directory, as `name=value`.
    fn access_list(&mut self, dir: bool) -> Vec<u8> {
        let default = dir && self.rng.one_in(2);
        let name = if default { "system.posix_acl_default=" } else { "system.posix_acl_access=" };
        [name.as_bytes(), &super::acl::acl(&mut self.rng, false, self.plan.root)].concat()
    }

    pub(super) fn data(&mut self) -> String {
        match self.rng.below(8) {
            0 => String::new(),
            1 => "0123456789".repeat(self.rng.below(900)),
            _ => format!("data{}", self.rng.below(100)),
        }
    }

    /// A file without data of its own, which a data-only layer has (or nobody).
    fn refers(&mut self, layer: &str, args: &mut Vec<String>) -> bool {
        if self.data.is_empty() || layer.starts_with('d') || self.rng.one_in(2) {
            return false;
        }
        let at = self.rng.below(self.data.len());
        let path = match self.rng.below(8) {
            0 => self.fresh(),
            _ => self.data[at].clone(),
        };
        args.extend([String::new(), format!("size={}", self.rng.below(6))]);
        args.push(format!("{}.overlay.metacopy=", self.private));
        args.push(format!("{}.overlay.redirect=/{path}", self.private));
        true
    }

    /// Under which name layers below have the content of an object that nobody ever moved.
    fn redirect(&mut self) -> String {
        let to = self.rng.pick(&["a", "b", "d", "/a", "/d", "/d/a", "/b/d", "/e", "/a/b", "d/a"]);
        format!("{}.overlay.redirect={to}", self.private)
    }

    fn decorate(&mut self, verb: &str, kind: usize, args: &mut Vec<String>) {
        if verb == "w" {
            return;
        }
        if self.rng.one_in(3) && verb != "l" {
            args.push(self.mode(verb == "d"));
        }
        if self.plan.root && self.rng.one_in(4) {
            args.push(self.rng.pick(&["1000:1000", "0:50", "1001:0"]).to_owned());
        }
        if self.rng.one_in(5) && (verb == "d" || verb == "f") && kind < 15 {
            args.push(format!("user.k={}", self.rng.below(10)));
        }
        let metacopies = self.plan.options.contains("metacopy");
        let bare = args.iter().all(|it| !it.contains(".overlay."));
        if metacopies && bare && self.rng.one_in(3) && verb == "f" && kind < 15 {
            args.push(format!("{}.overlay.metacopy=", self.private));
            if self.rng.one_in(3) {
                let to = self.redirect();
                args.push(to);
            }
        }
        if self.plan.root && self.rng.one_in(40) && (verb == "d" || verb == "f") {
            // Immutable, append-only, noatime.
            args.push(self.rng.pick(&["flags=0x10", "flags=0x20", "flags=0x80"]).to_owned());
        }
        if verb == "d" && self.rng.one_in(12) {
            let to = self.redirect();
            args.push(to);
        }
        if verb == "d" && self.rng.one_in(6) {
            let value = self.rng.pick(&["y", "y", "y", "x", "n"]);
            args.push(format!("{}.overlay.opaque={value}", self.private));
        }
    }
}
