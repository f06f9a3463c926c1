//! Storage drivers side by side: the same script on machines that differ in their driver, as plain data.

use crate::types::{Layout, Meter};
use serde::{Deserialize, Serialize};

/// A script that shows something about storage drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// By which a page finds its words for it.
    pub key: &'static str,
    pub text: &'static str,
}

/// The scripts that come along.
pub const SCRIPTS: &[Script] = &[
    Script { key: "costs", text: include_str!("rivals/costs.sh") },
    Script { key: "pages", text: include_str!("rivals/pages.sh") },
    Script { key: "hundred", text: include_str!("rivals/hundred.sh") },
    Script { key: "deep", text: include_str!("rivals/deep.sh") },
    Script { key: "looks", text: include_str!("rivals/looks.sh") },
];

/// The built-in script of this name.
pub fn script(key: &str) -> Option<&'static Script> {
    SCRIPTS.iter().find(|it| it.key == key)
}

/// One command of the script on one machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// 1 is the first.
    pub n: usize,
    /// The command.
    pub line: String,
    pub status: i32,
    /// What it printed, both streams in their order; the beginning, if it is long.
    pub output: String,
    /// What it cost on all file systems of the machine.
    pub cost: Meter,
    /// Bytes of storage in use after it, beyond what the bare machine had.
    pub used: i64,
    pub picture: Picture,
    /// How containers share the pages of the large file; `None` when none that runs has it.
    pub pages: Option<Pages>,
}

/// What the driver holds after a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Layers of images, parents before children, then those of containers.
    pub items: Vec<Item>,
    /// The storage below, where several trees share it.
    pub layout: Option<Layout>,
}

/// Something that the driver keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The instruction that made the layer, or the container's name.
    pub name: String,
    pub role: Role,
    /// Position of what it stands on.
    pub parent: Option<usize>,
    /// Bytes of storage that only it holds.
    pub own: u64,
    /// Bytes that its tree reaches in storage that is shared; the same as `own` where nothing is.
    pub refers: u64,
    /// Files and directories that the driver keeps for it.
    pub names: u64,
    /// Marks of removal among them: whiteouts.
    pub marks: u64,
    /// Of the large file, where its extents can be asked for: bytes of each, and whether it is shared.
    pub extents: Vec<(u64, bool)>,
    /// Those beyond the ones that are listed.
    pub further: Further,
}

/// Extents that a picture has no room for: how many, and the bytes in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Further {
    pub count: usize,
    pub own: u64,
    pub shared: u64,
}

impl Item {
    /// All extents of the large file: how many, and bytes in those that only this item holds.
    pub fn extents_in_all(&self) -> (usize, u64) {
        let own: u64 = self.extents.iter().filter(|it| !it.1).map(|it| it.0).sum();
        (self.extents.len() + self.further.count, own + self.further.own)
    }
}

/// What an item is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A layer of images.
    #[default]
    Layer,
    /// The engine's own files of a container.
    Init,
    /// What a container writes.
    Container,
}

/// Who shares the page cache: pages belong to an inode of a file system, so containers share them
/// when they read the same inode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// Containers that run and have the file.
    pub containers: usize,
    /// Inodes that they read it from.
    pub inodes: usize,
    /// Bytes of page cache when each of them has read it all.
    pub bytes: u64,
}

/// Where the runs of one step are not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The first line of the output that is not the same in all; `None`: the statuses alone differ.
    pub line: Option<usize>,
    /// That line of each, or the status.
    pub texts: Vec<String>,
}

/// The first difference between the runs of one step.
pub fn difference(steps: &[&Step]) -> Option<Difference> {
    let (first, rest) = steps.split_first()?;
    let lines = steps.iter().map(|it| it.output.lines().count()).max().unwrap_or(0);
    for n in 0..lines {
        let of = |step: &Step| step.output.lines().nth(n).map(str::to_owned);
        let own = of(first);
        if rest.iter().any(|it| of(it) != own) {
            let texts = steps.iter().map(|it| of(it).unwrap_or_default()).collect();
            return Some(Difference { line: Some(n + 1), texts });
        }
    }
    rest.iter().any(|it| it.status != first.status).then(|| Difference {
        line: None,
        texts: steps.iter().map(|it| it.status.to_string()).collect(),
    })
}

/// A command line that lets Docker start over on a machine with another storage driver: what it had is
/// removed, and what is below the new driver is made as an administrator would make it.
pub fn switch(driver: &str) -> String {
    let ground = match driver {
        "btrfs" => {
            "truncate -s 32G /var/lib/docker.img; mkfs.btrfs -q /var/lib/docker.img; \
             mount -o loop /var/lib/docker.img /var/lib/docker; "
        }
        "zfs" => {
            "truncate -s 32G /var/lib/docker.img; \
             zpool create -f -m none zpool-docker $(losetup -f --show /var/lib/docker.img); \
             zfs create -o mountpoint=/var/lib/docker zpool-docker/docker; "
        }
        _ => "",
    };
    format!(
        "docker rm -f $(docker ps -aq) > /dev/null 2>&1; zpool destroy zpool-docker 2> /dev/null; umount /var/lib/docker 2> /dev/null; \
         rm -rf /var/lib/docker /var/lib/docker.img; mkdir -p /etc/docker /var/lib/docker; {ground}\
         echo '{{\"storage-driver\": \"{driver}\"}}' > /etc/docker/daemon.json; docker info -f '{{{{.Driver}}}}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(output: &str, status: i32) -> Step {
        Step { output: output.to_owned(), status, ..Step::default() }
    }

    #[test]
    fn the_first_line_that_differs_is_told() {
        let (a, b, c) = (step("1\n2\n3\n", 0), step("1\n2\n3\n", 0), step("1\nx\n", 0));
        assert_eq!(difference(&[&a, &b]), None);
        let found = difference(&[&a, &b, &c]).expect("one differs");
        assert_eq!(found.line, Some(2));
        assert_eq!(found.texts, ["2", "2", "x"]);
        let longer = difference(&[&a, &step("1\n2\n3\n4\n", 0)]).expect("a line more");
        assert_eq!((longer.line, longer.texts), (Some(4), vec![String::new(), "4".to_owned()]));
        let status = difference(&[&a, &step("1\n2\n3\n", 1)]).expect("another status");
        assert_eq!((status.line, status.texts), (None, vec!["0".to_owned(), "1".to_owned()]));
    }
}
