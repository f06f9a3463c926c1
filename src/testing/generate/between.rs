//! Mounts: unmounted, mounted again, read-only for a while, and layers that change in between.

use super::Maker;

impl Maker<'_> {
    /// The mount of the script; layers of overlays are mounted before.
    pub(super) fn first_mount(&mut self) {
        if self.rng.one_in(if self.plan.nested { 2 } else { 12 }) && self.lowers() > 1 {
            self.nested();
        }
        if self.data_of_mount.is_none() && self.rng.one_in(8) {
            return self.mount_by_calls();
        }
        self.mount(&[]);
    }

    /// The same mount by the calls that take one option at a time.
    fn mount_by_calls(&mut self) {
        let mut words: Vec<String> = Vec::new();
        for layer in self.layers.iter().filter(|it| it.starts_with('l')) {
            words.push(format!("lowerdir+={layer}"));
        }
        for layer in self.layers.iter().filter(|it| it.starts_with('d')) {
            words.push(format!("datadir+={layer}"));
        }
        if self.layers.iter().any(|it| it == "u") {
            words.extend(["upperdir=u".into(), "workdir=w".into()]);
        }
        words.extend(self.plan.options.split(',').filter(|it| !it.is_empty()).map(str::to_owned));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.push("fsmount", &words);
        self.push("mount", &["-n"]);
    }

    fn mount(&mut self, how: &[&str]) {
        let data = self.data_of_mount.clone();
        let args: Vec<&str> = how.iter().copied().chain(data.as_deref()).collect();
        self.push("mount", &args);
    }

    fn lowers(&self) -> usize {
        self.layers.iter().filter(|it| it.starts_with('l')).count()
    }

    /// The lowest layers become an overlay, which is the lowest layer instead.
    fn nested(&mut self) {
        let count = self.lowers();
        let below = 1 + self.rng.below(count.min(3));
        let names: Vec<String> = (1..=count).map(|n| format!("l{n}")).collect();
        let (above, inside) = names.split_at(count - below);
        let upper = self.rng.one_in(2) || inside.len() == 1;
        self.push("d", &["n1"]);
        let mut data = format!("lowerdir={}", inside.join(":"));
        if upper {
            self.push("d", &["x1"]);
            self.push("d", &["y1"]);
            data.push_str(",upperdir=x1,workdir=y1");
        }
        let own = if self.plan.root {
            self.rng.pick(&[
                "",
                "",
                "redirect_dir=on",
                "index=on",
                "xino=on",
                "metacopy=on",
                "userxattr",
            ])
        } else {
            "userxattr"
        };
        if !own.is_empty() {
            data.push(',');
            data.push_str(own);
        }
        self.push("mount", &[&data, "n1"]);
        if upper {
            for _ in 0..self.rng.below(5) {
                self.in_layer("n1");
            }
        }
        let mut lowest = "n1";
        if self.rng.one_in(12) {
            self.push("d", &["n2"]);
            self.push("mount", &["lowerdir=n1:l1", "n2"]);
            lowest = "n2";
        }
        let lowers: Vec<&str> = above.iter().map(String::as_str).chain([lowest]).collect();
        let mut all = format!("lowerdir={}", lowers.join(":"));
        for it in self.layers.iter().filter(|it| it.starts_with('d')) {
            all.push_str(&format!("::{it}"));
        }
        let has_upper = self.layers.iter().any(|it| it == "u");
        if has_upper {
            all.push_str(",upperdir=u,workdir=w");
        } else if lowers.len() == 1 {
            // One layer alone is no union.
            all.push_str(":l1");
        }
        if !self.plan.options.is_empty() {
            all.push(',');
            all.push_str(&self.plan.options);
        }
        self.data_of_mount = Some(all);
        if upper {
            self.layers.push("n1".into());
        }
    }

    /// Unmount and mount again, or something like it.
    pub(super) fn again(&mut self) {
        if self.plan.online && self.rng.one_in(2) {
            let at = self.rng.below(self.layers.len());
            let layer = self.layers[at].clone();
            return self.in_layer(&layer);
        }
        match self.rng.below(13) {
            12 => {
                // With an index a second overlay on the same upper layer is refused.
                let index = ["index=on", "nfs_export=on"];
                if index.iter().any(|it| self.plan.options.contains(it)) {
                    self.push("d", &["m2"]);
                    self.push("mount", &["+xino=off", "m2"]);
                    self.push("umount", &["m2"]);
                }
                self.push("mounts", &[]);
            }
            0 | 1 => {
                // Somebody may hold something.
                self.push("umount", &[]);
                self.mount(&["-n"]);
            }
            2 => {
                self.push("remount", &["ro"]);
                for _ in 0..self.rng.below(4) {
                    self.plain_operation();
                }
                self.push("remount", &["rw"]);
            }
            3 => {
                self.unmount();
                self.mount(&["-n", "-r"]);
                for _ in 0..self.rng.below(5) {
                    self.plain_operation();
                }
                if self.rng.one_in(2) {
                    self.push("remount", &["rw"]);
                }
                self.unmount();
                self.mount(&["-n"]);
            }
            4..=7 => {
                self.unmount();
                for _ in 0..1 + self.rng.below(4) {
                    let at = self.rng.below(self.layers.len());
                    let layer = self.layers[at].clone();
                    self.in_layer(&layer);
                }
                self.mount(&["-n"]);
            }
            8 => {
                self.close_all();
                self.push("umount", &[]);
                self.mount(&["-n"]);
            }
            _ => {
                self.unmount();
                self.mount(&["-n"]);
            }
        }
    }

    fn unmount(&mut self) {
        self.let_go();
        self.push("process", &["0"]);
        self.who = 0;
        self.push("umount", &[]);
    }

    /// A change in a layer that nobody shows: what a package manager or a hand would do.
    fn in_layer(&mut self, layer: &str) {
        let path = format!("{layer}/{}", self.path());
        let other = format!("{layer}/{}", self.fresh());
        match self.rng.below(12) {
            0 | 1 => self.push("unlink", &[&path]),
            2 => self.push("rmdir", &[&path]),
            3 => self.push("rename", &[&path, &other]),
            4 => {
                let mode = self.mode(false);
                self.push("chmod", &[&path, &mode]);
            }
            5 => {
                let name = format!("{}.overlay.opaque", self.private);
                let verb = self.rng.pick(&["setxattr", "removexattr"]);
                let args: &[&str] =
                    if verb == "setxattr" { &[&path, &name, "y"] } else { &[&path, &name] };
                self.push(verb, args);
            }
            6 => self.push("truncate", &[&path, "2"]),
            7 => self.push("link", &[&path, &other]),
            8 => self.push("put", &[&path, "0", "other"]),
            _ => {
                let mut files = Vec::new();
                self.node(&other, layer, &mut files);
            }
        }
    }
}
