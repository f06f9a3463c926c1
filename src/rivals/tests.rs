use super::*;
use crate::view::rivals::{Role, difference, script};
use std::sync::OnceLock;

mod figures;
mod table;

const BIG: u64 = 64 << 20;

/// The script of costs on the smaller image. What a step changed is written out after it, as it was when this was
/// measured.
fn costs() -> String {
    let text = script("costs").unwrap().text.replace(":1g", ":64m");
    let text = text.replace("500000000", "30000000").replace("900000000", "50000000");
    // Programs of the image were read once before anything was measured.
    let end = |line: &str| match line {
        _ if line.starts_with("docker exec") => " && sync\n",
        _ if line.starts_with("docker run") => {
            " && docker exec one sh -c 'cat /dev/null' && sync\n"
        }
        _ => "\n",
    };
    text.lines().map(|line| format!("{line}{}", end(line))).collect()
}

fn on(drivers: &[&str], text: &str) -> Vec<Vec<Step>> {
    let one = |driver: &&str| {
        let drivers = [(*driver).to_owned()];
        // Device Mapper was measured with 5.4, whose ext4 begins its journal anew with each mount; the others do not
        // differ in it.
        let kernel = if *driver == "devicemapper" { "5.4" } else { "6.18" };
        let kernel = profile::by_name(kernel).unwrap();
        Bout::on(kernel, &drivers, text).unwrap().finish().remove(0)
    };
    drivers.iter().map(one).collect()
}

/// The script of costs on every driver that is built; run once for all tests.
fn costs_of_all() -> &'static [(&'static str, Vec<Step>)] {
    static ALL: OnceLock<Vec<(&str, Vec<Step>)>> = OnceLock::new();
    ALL.get_or_init(|| built().into_iter().zip(on(&built(), &costs())).collect())
}

/// What a container costs that is created and not started, as it was measured: a third of three.
fn created_of_all() -> &'static [(&'static str, i64)] {
    static ALL: OnceLock<Vec<(&str, i64)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let text = "docker pull -q lab/drivers:64m\n\
            for it in one two three; do docker create --name $it lab/drivers:64m true > /dev/null; done\n";
        let steps = on(&built(), text);
        built().into_iter().zip(steps.iter().map(|it| it[1].cost.growth() / 3)).collect()
    })
}

/// Device Mapper was measured with the directory renamed before the file was deleted: which of the two takes a block that both
/// write depends on that.
fn renamed_first() -> &'static [Step] {
    static STEPS: OnceLock<Vec<Step>> = OnceLock::new();
    STEPS.get_or_init(|| {
        let text = costs();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(figures::What::Delete.step(), figures::What::Rename.step());
        on(&["devicemapper"], &(lines.join("\n") + "\n")).remove(0)
    })
}

/// Bytes by which the storage in use grew on a driver.
fn grown(driver: &str, what: figures::What) -> i64 {
    use figures::What::{Delete, Rename};
    if driver == "devicemapper" && [Delete, Rename].contains(&what) {
        let other = if what == Delete { Rename } else { Delete };
        return renamed_first()[other.step()].cost.growth();
    }
    if what == figures::What::Container {
        return created_of_all().iter().find(|it| it.0 == driver).unwrap().1;
    }
    costs_of_all().iter().find(|it| it.0 == driver).unwrap().1[what.step()].cost.growth()
}

/// The same of two drivers.
fn costs_on(drivers: [&str; 2]) -> [&'static [Step]; 2] {
    drivers.map(|name| &costs_of_all().iter().find(|it| it.0 == name).unwrap().1[..])
}

#[test]
fn every_driver_prints_the_same() {
    for n in 0..9 {
        let steps: Vec<&Step> = costs_of_all().iter().map(|it| &it.1[n]).collect();
        // AUFS tells of its own marks (moby's driver; measured).
        let heard: Vec<&Step> =
            steps.iter().copied().filter(|it| !it.output.contains(".wh.")).collect();
        assert_eq!(difference(&heard), None, "{}", steps[0].line);
        assert!(steps.iter().all(|it| it.status == 0), "{}", steps[0].line);
    }
}

#[test]
fn a_union_copies_late_and_vfs_copies_early() {
    let all = costs_on(["overlay2", "vfs"]);
    assert_eq!(all[0].len(), 9);
    let cost = |driver: usize, n: usize| all[driver][n].cost;
    // A container is a few directories, or two copies of everything.
    assert!(cost(0, 1).allocated < 1 << 20, "{:?}", cost(0, 1));
    assert!(cost(1, 1).allocated > 2 * BIG, "{:?}", cost(1, 1));
    for driver in 0..2 {
        assert!(cost(driver, 2).read >= BIG && cost(driver, 2).allocated < 1 << 16);
    }
    // The first byte written copies the file up, the second does not.
    assert_eq!((cost(0, 3).copied, cost(0, 4).copied), (BIG, 0));
    assert_eq!((cost(1, 3).copied, cost(1, 3).allocated), (0, 0));
    assert!(cost(0, 5).freed >= BIG && cost(1, 5).freed >= BIG);
    // A directory of a lower layer is copied by mv, file by file.
    assert!(cost(0, 6).allocated >= 100 * 4096 && cost(0, 6).metadata > 300, "{:?}", cost(0, 6));
    assert_eq!((cost(1, 6).allocated, cost(1, 6).metadata), (0, 1), "{:?}", all[1][6]);
}

#[test]
fn the_picture_shows_layers_and_marks() {
    let all = costs_on(["overlay2", "vfs"]);
    let held = |driver: usize, n: usize, role: Role| {
        let items = all[driver][n].picture.items.iter();
        items.filter(|it| it.role == role).cloned().collect::<Vec<_>>()
    };
    let layers = held(0, 6, Role::Layer);
    assert_eq!(layers.len(), 2);
    assert_eq!(layers[1].parent, Some(0));
    assert!(layers[1].own >= BIG && layers[0].own < 4 << 20);
    let container = &held(0, 6, Role::Container)[0];
    assert_eq!((container.name.as_str(), container.marks), ("one", 2), "{container:?}");
    assert!(container.own < 1 << 20);
    let copy = &held(1, 2, Role::Container)[0];
    assert!(copy.own > BIG && copy.marks == 0 && copy.names > 150, "{copy:?}");
    assert_eq!(held(0, 8, Role::Container).len(), 0, "the container is gone");
}

#[test]
fn pages_are_shared_where_the_inode_is_the_same() {
    let text = script("pages").unwrap().text;
    // Reading takes long without optimisation, and changes nothing of this.
    let text: String =
        text.lines().filter(|it| !it.contains("cat ")).map(|it| format!("{it}\n")).collect();
    let all = on(&["overlay2", "vfs"], &text);
    let pages = |driver: usize, n: usize| {
        let it = all[driver][n].pages.unwrap();
        (it.containers, it.inodes, it.bytes)
    };
    assert_eq!(pages(0, 1), (3, 1, BIG));
    assert_eq!(pages(1, 1), (3, 3, 3 * BIG));
    // One has copied the file up: its pages are its own now.
    assert_eq!(pages(0, 2), (3, 2, 2 * BIG + 1));
}

#[test]
fn a_machine_changes_its_driver_with_one_line() {
    use crate::view::rivals::switch;
    let mut text =
        "docker run -d --name one busybox sleep 100 > /dev/null; docker ps -q | wc -l\n".to_owned();
    for driver in ["vfs", "overlay2"] {
        text += &format!("{}\ndocker ps -aq | wc -l; docker images -q | wc -l\n", switch(driver));
        text += "docker run --rm --name two busybox echo works\n";
    }
    let mut machine = crate::machine::Machine::boot();
    let done = machine.run_script(text.as_bytes());
    let out = String::from_utf8_lossy(&done.stdout()).into_owned();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines, ["1", "vfs", "0", "0", "works", "overlay2", "0", "0", "works"]);
}

#[test]
fn no_image_is_deeper_than_the_store_takes() {
    let all = on(&["overlay2"], script("deep").unwrap().text);
    let printed = |n: usize| all[0][n].output.trim();
    assert_eq!(printed(2), "124");
    assert!(printed(3).ends_with("max depth exceeded"), "{}", printed(3));
    assert_eq!(printed(4), "124");
}

#[test]
fn a_bout_tells_what_is_wrong_with_it() {
    let of = |drivers: &[&str]| {
        let drivers: Vec<String> = drivers.iter().map(|it| (*it).to_owned()).collect();
        Bout::new(&drivers, "true").err()
    };
    assert_eq!(of(&[]).unwrap(), "no storage driver is named");
    assert_eq!(of(&["vfs", "vfs"]).unwrap(), "the storage driver vfs is named twice");
    assert_eq!(of(&["ext9"]).unwrap(), "the storage driver ext9 is not built yet");
    let wrong = on(&["vfs"], "echo a\nif true; then");
    assert_eq!(wrong[0].len(), 2);
    assert!(wrong[0][1].output.contains("syntax error"), "{:?}", wrong[0][1]);
}

/// `--storage-opt size=`: words and limits of dockerd 20.10 for overlay2, vfs and btrfs (observed on 6.18); zfs sets the
/// dataset's quota.
#[test]
fn a_container_is_limited_where_the_driver_can() {
    let text = "docker pull -q busybox > /dev/null\n\
        docker create --storage-opt size=20M --name ok busybox true > /dev/null && echo made\n\
        docker create --storage-opt size=nope --name no busybox true > /dev/null\n\
        docker create --storage-opt foo=1 --name foo busybox true > /dev/null\n\
        docker run --rm --storage-opt size=20M busybox dd if=/dev/zero of=/f bs=1M count=30 2>&1 | head -n 1\n\
        docker inspect ok | grep -A2 StorageOpt | tail -n 2 | tr -d ' \\n'\n";
    let said = |driver: &str| {
        let steps = on(&[driver], text).remove(0);
        steps[1..].iter().map(|it| it.output.trim().to_owned()).collect::<Vec<_>>()
    };
    const DAEMON: &str = "Error response from daemon: ";
    let refused = |why: &str| format!("{DAEMON}{why}");
    let overlay = "--storage-opt is supported only for overlay over xfs with 'pquota' mount option";
    let all = said("overlay2");
    assert_eq!(all[..3], [refused(overlay), refused(overlay), refused("Unknown option foo")]);
    assert_eq!(all[3], format!("docker: {}", refused(overlay)));
    let vfs = "Filesystem does not support, or has not enabled quotas";
    let all = said("vfs");
    assert_eq!(all[..3], [refused(vfs), refused(vfs), refused("Storage opt foo not supported")]);
    let full = "dd: error writing '/f': Disk quota exceeded";
    let kept = "\"size\":\"20M\"}";
    let all = said("btrfs");
    assert_eq!(all[..4], ["made", &refused("invalid size: 'nope'"), "", full]);
    assert!(all[4].starts_with(kept), "{all:?}");
    let all = said("zfs");
    assert_eq!(
        (&all[0][..], &all[2][..], &all[3][..]),
        ("made", &*refused("Unknown option foo"), full)
    );
    assert!(all[1].starts_with(DAEMON) && all[1].contains("zfs set"), "{all:?}");
    assert!(said("aufs")[0].ends_with("--storage-opt is not supported for aufs"));
    assert!(said("devicemapper")[0].contains("dm.basesize"));
}
