//! The union of real directories: served by the engine, written back, and taken up by the real
//! kernel; and the other way round.

use super::bed::{Bed, Mounted, run};
use super::manifest::{Counts, MERGED, manifest, same};
use std::path::Path;
use std::process::Command;

pub const TESTS: &[(&str, fn())] = &[
    ("union/written-back-for-the-kernel", written_back_for_the_kernel),
    ("union/taken-up-from-the-kernel", taken_up_from_the_kernel),
    ("union/on-ext4-with-origins", on_ext4_with_origins),
    ("union/what-stays-keeps-its-inode", what_stays_keeps_its_inode),
    ("union/tree-as-on-the-kernel", tree_as_on_the_kernel),
    ("union/kept-when-it-cannot-be-written", kept_when_it_cannot_be_written),
    ("union/signal-writes-back", signal_writes_back),
    ("union/options-in-both-directions", options_in_both_directions),
    ("union/data-only-layers", data_only_layers),
    ("union/immutable-files-of-layers", immutable_files_of_layers),
];

/// Upper directories compare by all that is in them but the names of inodes.
const UPPER: Counts = Counts {
    mtimes: false,
    without_xattrs: &[
        "trusted.overlay.origin",
        "trusted.overlay.uuid",
        "trusted.overlay.upper",
        "user.overlay.origin",
        "user.overlay.uuid",
    ],
};

/// Two lower layers with some of everything.
const LOWERS: &str = "mkdir -p l1 l2; cd l2
mkdir -p dir/sub empty gone plain; echo one >dir/a; echo two >dir/b; echo three >dir/sub/c; echo f >gone/f
ln dir/a dir/a-too; ln -s ../dir/a link; mkfifo fifo; mknod dev c 5 1; truncate -s 300000 sparse
printf middle | dd of=sparse bs=1 seek=150000 conv=notrunc status=none
head -c 3000000 /dev/urandom >big; setfattr -n user.note -v kept big; chown 12:34 plain; chmod 2750 plain
setfacl -m u:99:rx dir/sub; touch -d 2001-02-03T04:05:06 dir/b; echo exec >run; chmod 4755 run
cd ../l1; mkdir -p dir; echo over >dir/b; mknod gone c 0 0; echo top >top";

/// Changes through the merged directory, of every kind.
const CHANGES: &str = "echo more >>dir/a; rm dir/b; echo again >dir/b; rm -r dir/sub; mkdir dir/sub
echo new >dir/sub/n; mkdir -p n1/n2; echo deep >n1/n2/n3; ln n1/n2/n3 hard; ln -s /x soft; mkfifo pipe
mknod null c 1 3; rm link; rm -r empty; mkdir gone; echo back >gone/f; mv top top2; chmod 600 dev
printf patch | dd of=big bs=1 seek=1000000 conv=notrunc status=none; setfattr -n user.note -v new big
truncate -s 20M holes; printf end >>holes; chown 7:8 run; touch -d 1999-01-01 fifo
dd if=big of=copy bs=64k count=9 status=none; setfacl -m u:77:rw hard; mkdir -m 1777 open; truncate -s 9 sparse";

/// Changes that another mount makes to what the first one left.
const MORE: &str = "rm -r n1 dir/sub; mv gone here; echo x >>hard; rm top2 pipe; mkdir dir/sub
mv copy dir/copy; truncate -s 100 big; printf z | dd of=holes bs=1 seek=10000000 conv=notrunc status=none
ln dir/copy again; setfattr -x user.note big; chmod 711 open; mkdir n1; echo other >n1/n2; rm soft; mkdir soft";

/// How the lab is mounted: its lower layers, and options with a comma before each.
#[derive(Clone, Copy)]
struct How {
    lowers: &'static str,
    more: &'static str,
}

const PLAIN: How = How { lowers: "l1:l2", more: "" };

impl How {
    fn options(self, bed: &Bed, upper: &str) -> String {
        let dir = bed.path("").display().to_string();
        let How { lowers, more } = self;
        let lowers: String = lowers
            .split_inclusive(':')
            .map(|it| if it == ":" { it.to_owned() } else { format!("{dir}{it}") })
            .collect();
        format!("lowerdir={lowers},upperdir={dir}{upper},workdir={dir}{upper}.work{more}")
    }

    fn by_kernel(self, bed: &Bed, upper: &str) {
        let options = self.options(bed, upper);
        bed.sh(&format!("mkdir -p k; mount -t overlay overlay -o {options} k"));
    }

    fn by_engine(self, bed: &Bed, upper: &str) -> Mounted {
        Mounted::new(&["-o", &self.options(bed, upper)], &bed.dir("f"))
    }
}

fn kernel_mount(bed: &Bed, upper: &str) {
    PLAIN.by_kernel(bed, upper);
}

fn options(bed: &Bed, upper: &str) -> String {
    PLAIN.options(bed, upper)
}

fn uppers(bed: &Bed) {
    for name in ["ours", "ours.work", "theirs", "theirs.work", "f"] {
        bed.dir(name);
    }
}

/// Does it to ours by the engine and to theirs by the kernel, and compares all that can be seen.
fn both(bed: &Bed, script: &str) {
    both_as(bed, PLAIN, script);
}

fn both_as(bed: &Bed, how: How, script: &str) {
    let it = how.by_engine(bed, "ours");
    how.by_kernel(bed, "theirs");
    bed.sh(&format!("cd f; {script}"));
    bed.sh(&format!("cd k; {script}"));
    same("merged", &manifest(&bed.path("f"), MERGED), &manifest(&bed.path("k"), MERGED));
    let ours = manifest(&bed.path("f"), Counts { mtimes: true, ..MERGED });
    it.unmount(&bed.path("f"));
    bed.sh("umount k");
    same("upper", &manifest(&bed.path("ours"), UPPER), &manifest(&bed.path("theirs"), UPPER));
    assert_eq!(bed.sh("ls -A ours.work"), bed.sh("ls -A theirs.work"));
    // The kernel takes ours up, and shows what we showed, stamps included.
    how.by_kernel(bed, "ours");
    if how.more.contains("nfs_export") {
        // A mount shows a link more than the one before it: theirs too.
        let taken = manifest(&bed.path("k"), MERGED);
        bed.sh("umount k");
        how.by_kernel(bed, "theirs");
        same("taken up", &taken, &manifest(&bed.path("k"), MERGED));
    } else {
        let taken = manifest(&bed.path("k"), Counts { mtimes: true, ..MERGED });
        same("taken up", &ours, &taken);
    }
    bed.sh("umount k");
}

/// The engine takes up what the kernel left in theirs, and changes nothing of it.
fn taken_up_as(bed: &Bed, how: How) {
    how.by_kernel(bed, "theirs");
    let kernel = manifest(&bed.path("k"), Counts { mtimes: true, ..MERGED });
    bed.sh("umount k");
    let all = Counts { mtimes: true, without_xattrs: &[] };
    let before = manifest(&bed.path("theirs"), all);
    let it = how.by_engine(bed, "theirs");
    same("merged", &manifest(&bed.path("f"), Counts { mtimes: true, ..MERGED }), &kernel);
    it.unmount(&bed.path("f"));
    same("upper", &manifest(&bed.path("theirs"), all), &before);
}

/// What only some options allow, or do otherwise.
const RENAMES: &str = "mv dir moved 2>/dev/null || true; mv plain moved/ 2>/dev/null || true
chmod 640 moved/b 2>/dev/null || true; mkdir dir 2>/dev/null || true; echo q >dir/q
for i in dir/a moved/a; do test ! -e $i || echo more >>$i; done; chmod 604 run; mv big bigger; chmod 660 sparse
ln run run2; rm -r empty; mkdir empty; touch -d 1999-01-01 top";

const RENAMES_AGAIN: &str =
    "mv moved/sub there 2>/dev/null || true; rm run; chmod 777 bigger; echo x >>sparse
mv bigger dir/; mv run2 run3; rm -rf moved; test -e dir || mkdir dir; echo y >dir/a";

fn options_in_both_directions() {
    for more in [
        ",redirect_dir=on",
        ",metacopy=on",
        ",index=on",
        ",nfs_export=on",
        ",index=on,metacopy=on,redirect_dir=on",
        ",userxattr",
        ",xino=on",
        ",redirect_dir=nofollow,uuid=null",
    ] {
        let bed = Bed::new("options");
        bed.sh(LOWERS);
        uppers(&bed);
        let how = How { more, ..PLAIN };
        both_as(&bed, how, RENAMES);
        taken_up_as(&bed, how);
        both_as(&bed, how, RENAMES_AGAIN);
        // Without temporary names, which the next mount takes away.
        let index =
            "for i in ours theirs; do ls $i.work/index 2>/dev/null | grep -c ^00 || true; done";
        let counts = bed.sh(index);
        let counts: Vec<_> = counts.lines().collect();
        assert_eq!(counts[0], counts[1], "{more}");
        assert_eq!(counts[0] != "0", more.contains("nfs_export"), "{more}: {counts:?}");
    }
}

fn data_only_layers() {
    let bed = Bed::new("data");
    bed.sh(
        "mkdir -p l1 l2 d/store; head -c 300000 /dev/urandom >d/store/one; echo two >d/store/two
         cd l1; truncate -s 300000 one; truncate -s 4 two; touch plain
         for i in one two; do setfattr -n trusted.overlay.metacopy $i
         setfattr -n trusted.overlay.redirect -v /store/$i $i; done",
    );
    uppers(&bed);
    let how = How { lowers: "l1:l2::d", more: ",metacopy=on" };
    both_as(
        &bed,
        how,
        "cmp one ../d/store/one; cat two; chmod 600 one; echo more >>two; test ! -e store",
    );
    taken_up_as(&bed, how);
    both_as(&bed, how, "echo x >>one; rm two; echo again >two");
}

/// Protected files of layers: below they stay so, and above nothing that was protected is changed.
fn immutable_files_of_layers() {
    let bed = Bed::new("immutable");
    bed.sh(LOWERS);
    uppers(&bed);
    bed.sh("for i in ours theirs; do mkdir $i/held; echo own >$i/held/own; echo log >$i/log; done
         chattr +i l2/big l2/dir/b ours/held/own theirs/held/own; chattr +a l2/run ours/log theirs/log");
    let script = "! rm -f big 2>&-; ! echo x 2>&- >>dir/b; ! mv held/own held/o 2>&-; ! chmod 1 held/own 2>&-
         echo more >>log; ! rm -f log 2>&-; echo x >>run; lsattr big log held/own run | cut -c 5-6
         chattr -i big; echo y >>big; ! rm -f run 2>&-";
    let how = PLAIN;
    let it = how.by_engine(&bed, "ours");
    how.by_kernel(&bed, "theirs");
    assert_eq!(bed.sh(&format!("cd f; {script}")), bed.sh(&format!("cd k; {script}")));
    same("merged", &manifest(&bed.path("f"), MERGED), &manifest(&bed.path("k"), MERGED));
    it.unmount(&bed.path("f"));
    bed.sh("umount k");
    let flags =
        |dir: &str| bed.sh(&format!("cd {dir}; lsattr -d log held/own run big | cut -c 5-6"));
    assert_eq!(flags("ours"), flags("theirs"));
    same("upper", &manifest(&bed.path("ours"), UPPER), &manifest(&bed.path("theirs"), UPPER));
    bed.sh("chattr -R -ai l2 ours theirs 2>/dev/null || true");
}
fn written_back_for_the_kernel() {
    let bed = Bed::new("back");
    bed.sh(LOWERS);
    uppers(&bed);
    both(&bed, CHANGES);
    both(&bed, MORE);
}

fn taken_up_from_the_kernel() {
    let bed = Bed::new("taken");
    bed.sh(LOWERS);
    uppers(&bed);
    kernel_mount(&bed, "ours");
    bed.sh(&format!("cd k; {CHANGES}"));
    let kernel = manifest(&bed.path("k"), Counts { mtimes: true, ..MERGED });
    bed.sh("umount k");
    let before = manifest(&bed.path("ours"), Counts { mtimes: true, without_xattrs: &[] });
    let it = Mounted::new(&["-o", &options(&bed, "ours")], &bed.path("f"));
    let ours = manifest(&bed.path("f"), Counts { mtimes: true, ..MERGED });
    same("merged", &ours, &kernel);
    it.unmount(&bed.path("f"));
    // Nobody changed anything.
    let after = manifest(&bed.path("ours"), Counts { mtimes: true, without_xattrs: &[] });
    same("upper", &after, &before);
}

/// The numbers that `stat` shows in the merged tree, which rest on origins once files are copied up.
fn numbers(root: &Path, names: &[&str]) -> Vec<u64> {
    use std::os::unix::fs::MetadataExt;
    names.iter().map(|it| std::fs::symlink_metadata(root.join(it)).unwrap().ino()).collect()
}

fn on_ext4_with_origins() {
    let bed = Bed::new("ext4");
    bed.sh("truncate -s 200M img; mkfs.ext4 -q -F img; mkdir disk; mount -o loop img disk");
    bed.sh(&format!("cd disk; {LOWERS}"));
    for name in ["l1", "l2"] {
        bed.sh(&format!("ln -s disk/{name} {name}"));
    }
    bed.sh("mkdir -p disk/ours disk/ours.work disk/theirs disk/theirs.work f");
    bed.sh("for i in ours theirs; do ln -s disk/$i $i; ln -s disk/$i.work $i.work; done");
    let names = ["dir/a", "big", "run", "dir", "link", "fifo"];
    let lower = numbers(&bed.path("disk/l2"), &names);
    let it = Mounted::new(&["-o", &options(&bed, "ours")], &bed.path("f"));
    assert_eq!(numbers(&bed.path("f"), &names)[1..3], lower[1..3]);
    bed.sh("cd f; echo x >>big; chmod 700 run; chown -h 5 link; touch fifo; mkdir dir/new");
    let ours = numbers(&bed.path("f"), &names);
    it.unmount(&bed.path("f"));
    kernel_mount(&bed, "ours");
    let theirs = numbers(&bed.path("k"), &names);
    // Copied up, but still the number of the file below: the handle that we wrote is the real one.
    assert_eq!((&theirs[1..3], &ours), (&lower[1..3], &theirs));
    bed.sh("umount k");
}

fn what_stays_keeps_its_inode() {
    let bed = Bed::new("stays");
    bed.sh(LOWERS);
    uppers(&bed);
    bed.sh("cd ours; mkdir d; echo a >d/a; ln d/a b; head -c 100000 /dev/zero >c; mkdir -p x/y; echo z >x/y/z");
    let before = numbers(&bed.path("ours"), &["d", "b", "c", "x", "x/y", "x/y/z"]);
    let it = Mounted::new(&["-o", &options(&bed, "ours")], &bed.path("f"));
    // Renames in a ring, a new directory in the way of an old one, a swap, a file that takes the
    // name of one that went away.
    bed.sh(
        "cd f; rm d/a; echo again >d/a; mv c t; mv b c; mv t b; mv x/y Y; mv x Y/x; echo mid | dd of=b bs=1 seek=5000 conv=notrunc status=none
         rm -f d/a; mv d D; mkdir d; mkdir x; mv Y x/y",
    );
    let ours = manifest(&bed.path("f"), MERGED);
    it.unmount(&bed.path("f"));
    let after = numbers(&bed.path("ours"), &["D", "c", "b", "x/y/x", "x/y", "x/y/z"]);
    assert_eq!(before, after);
    kernel_mount(&bed, "ours");
    same("taken up", &ours, &manifest(&bed.path("k"), MERGED));
    bed.sh("umount k");
}

/// A tree of many files, and what people do with one.
fn tree_as_on_the_kernel() {
    let files: usize = std::env::var("LAYERGLASS_FUSE_TREE").map_or(300, |it| it.parse().unwrap());
    let bed = Bed::new("tree");
    bed.sh("mkdir l1 l2");
    for at in 0..files {
        let dir = bed.dir(&format!("l{}/src/d{}/e{}", at % 2 + 1, at % 40, at % 7));
        std::fs::write(dir.join(format!("f{at}")), format!("file {at}\n").repeat(at % 200))
            .unwrap();
    }
    uppers(&bed);
    let git = "git -c user.name=n -c user.email=e -c core.fsync=none -c gc.auto=0";
    both(
        &bed,
        &format!(
            "export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
             cp -a src copy; diff -r src copy
             tar cf all.tar --sort=name --mtime=@0 src; mkdir out; tar xf all.tar -C out; rm all.tar
             diff -r src out/src
             cd src; {git} init -q -b main .; {git} add -A; {git} commit -qm first; rm -rf d1 d2
             for i in d3/e*/*; do echo changed >>$i; done; {git} add -A; {git} commit -qm second
             {git} gc -q; {git} fsck --strict; test -z \"$({git} status --porcelain)\"
             rm -rf .git; cd ..; rm -rf copy/d[1-3]* out; find copy -name f1\\* -delete; mv src/d4 src/d44
             rm -rf src/d5; mkdir src/d5; chmod -R go-w copy"
        ),
    );
}

fn kept_when_it_cannot_be_written() {
    let bed = Bed::new("kept");
    bed.sh(LOWERS);
    bed.sh(
        "mkdir small f; mount -t tmpfs -o size=1m small small; mkdir small/ours small/ours.work",
    );
    bed.sh("ln -s small/ours ours; ln -s small/ours.work ours.work; echo before >ours/before; mkdir ours/d");
    let before =
        manifest(&bed.path("ours"), Counts { mtimes: true, without_xattrs: &["trusted."] });
    let it = Mounted::new(&["-o", &options(&bed, "ours")], &bed.path("f"));
    bed.sh("cd f; echo precious >precious; mkdir e; mv before e/after; rm big; setfattr -n user.k -v v precious");
    // The disk fills up behind our back.
    bed.sh("head -c 2M /dev/zero >small/filler 2>/dev/null || true; echo more >f/last");
    bed.sh("head -c 300000 /dev/urandom >f/too-much || true");
    run(Command::new("umount").arg(bed.path("f")));
    let (status, _, err) = it.wait();
    assert_eq!(status.code(), Some(1), "{err}");
    let kept = err.lines().find_map(|it| it.strip_prefix("kept in ")).expect(&err).to_owned();
    // Nothing was touched, and the archive has it all.
    let after = manifest(&bed.path("ours"), Counts { mtimes: true, without_xattrs: &["trusted."] });
    same("upper", &after, &before);
    let out = bed.sh(&format!(
        "mkdir x; tar xf {kept} -C x --xattrs --xattrs-include='*'; cat x/precious x/e/after x/last
         getfattr --only-values -n user.k x/precious; stat -c ' %F' x/big; rm {kept}"
    ));
    assert_eq!(out, "precious\nbefore\nmore\nv character special file\n");
}

fn signal_writes_back() {
    let bed = Bed::new("signal");
    bed.sh(LOWERS);
    uppers(&bed);
    let it = Mounted::new(&["-o", &options(&bed, "ours")], &bed.path("f"));
    bed.sh("echo written >f/w; rm f/big");
    let held = std::fs::File::open(bed.path("f/w")).unwrap();
    it.signal("TERM");
    it.ends_well();
    drop(held);
    assert_eq!(bed.sh("cat ours/w; stat -c %F ours/big"), "written\ncharacter special file\n");
}
