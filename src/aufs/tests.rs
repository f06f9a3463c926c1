//! What is known of AUFS, played on a whole machine by its own commands. Each test names the line of
//! containers.md (F1, F3) that it holds, measured on Linux 5.4 unless it says otherwise.

mod random;
mod rules;

use crate::machine::Machine;

/// Two lower branches and a writable one, mounted at /m.
const LAB: &str = "mkdir -p /rw /ro1 /ro2 /m; cd /
echo one > /ro1/one; echo deep > /ro2/deep; echo top > /ro1/both; echo below > /ro2/both
mkdir -p /ro1/dir /ro2/dir; echo a > /ro1/dir/a; echo b > /ro2/dir/b
";
const MOUNT: &str = "mount -t aufs -o br:/rw=rw:/ro1=ro+wh:/ro2=ro+wh none /m\n";

/// Output and errors of a script on a fresh machine.
fn fresh(script: &str) -> String {
    let done = Machine::boot().run_script(script.as_bytes());
    let bytes: Vec<u8> = done.events.into_iter().flat_map(|it| it.1).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// On a mounted union.
#[track_caller]
fn expect(script: &str, output: &str) {
    assert_eq!(fresh(&format!("{LAB}{MOUNT}{script}")), output, "{script}");
}

#[track_caller]
fn bare(script: &str, output: &str) {
    assert_eq!(fresh(&format!("{LAB}{script}")), output, "{script}");
}

#[test]
fn f1_a_mount_shows_its_number_and_its_branches() {
    let out = fresh(&format!(
        "{LAB}mount -t aufs -o br:/rw=rw:/ro1=ro+wh:/ro2=ro,dio none /m; grep aufs /proc/mounts
        grep aufs /proc/filesystems; cd /sys/fs/aufs/si_*; ls; cat br0 br1 br2"
    ));
    let line = out.lines().next().unwrap();
    let si = line.strip_prefix("none /m aufs rw,relatime,si=").unwrap();
    let (si, rest) = si.split_at(16);
    assert!(si.bytes().all(|it| it.is_ascii_hexdigit()), "{line}");
    assert_eq!(rest, ",dio 0 0");
    let rest = out.split_once('\n').unwrap().1;
    assert_eq!(
        rest,
        "nodev\taufs\nbr0\nbr1\nbr2\nbrid0\nbrid1\nbrid2\n/rw=rw\n/ro1=ro+wh\n/ro2=ro\n"
    );
}

#[test]
fn f1_a_writable_branch_gets_what_aufs_needs_there() {
    expect(
        "stat -c '%n %F %a %s %h' /rw/.wh*; ls -A /ro1 /m",
        "/rw/.wh..wh.aufs regular empty file 444 0 1\n/rw/.wh..wh.orph directory 700 4096 2\n\
         /rw/.wh..wh.plnk directory 700 4096 2\n/m:\nboth\ndeep\ndir\none\n\n/ro1:\nboth\ndir\none\n",
    );
}

#[test]
fn f1_whiteouts_are_names_of_one_file() {
    expect(
        "rm /m/one /m/deep /m/both; ls /m; ls -A /rw; stat -c '%h %a %s' /rw/.wh.one
         [ /rw/.wh.one -ef /rw/.wh..wh.aufs ] && echo same; ls /ro1 /ro2 | wc -l",
        "dir\n.wh..wh.aufs\n.wh..wh.orph\n.wh..wh.plnk\n.wh.both\n.wh.deep\n.wh.one\n4 444 0\nsame\n9\n",
    );
}

#[test]
fn f1_without_links_whiteouts_are_files_of_their_own() {
    bare(
        "mount -t aufs -o br:/rw=rw+nolwh:/ro1 none /m; rm /m/one /m/both; stat -c '%h %a' /rw/.wh.one
         ls /m",
        "1 444\ndir\n",
    );
}

#[test]
fn f1_a_file_of_the_top_branch_alone_leaves_nothing() {
    expect(
        "echo x > /m/new; rm /m/new; mkdir /m/d; rmdir /m/d; ls -A /rw",
        ".wh..wh.aufs\n.wh..wh.orph\n.wh..wh.plnk\n",
    );
}

#[test]
fn f1_and_f3_a_directory_made_over_a_whiteout_is_opaque() {
    expect(
        "rm -r /m/dir; ls -A /rw | tail -1; mkdir /m/dir; ls -A /m/dir /rw/dir
         stat -c %h /rw/dir/.wh..wh..opq; echo n > /m/dir/n; ls /m/dir; ls -A /rw | grep -c '^.wh.dir'",
        ".wh.dir\n/m/dir:\n\n/rw/dir:\n.wh..wh..opq\n2\nn\n0\n",
    );
}

#[test]
fn f1_the_lookup_goes_from_the_top_to_the_first_stop() {
    expect(
        "cat /m/both /m/dir/a /m/dir/b; trace /m/both | sed 's/(inode.*/(inode)/'; rm /m/dir/b
         trace /m/dir/b | tail -4",
        "top\na\nb\n/m/both:\n  /both\n    br0 rw    nothing here         A2.3   A branch that lacks the name is passed over.\n\
        \u{20}   br1 ro+wh file                 A2.2   The first branch from the top that has something else than a directory provides it.\n\
        \u{20}   br2 ro+wh not asked            A2.8   A branch above has answered for good, so this one is not asked.\n\
         => file (inode)\n\
        \u{20}   br0 rw    whiteout: deleted    A2.4   A file .wh.NAME hides NAME in this branch and in all below.\n\
        \u{20}   br1 ro+wh not asked            A2.8   A branch above has answered for good, so this one is not asked.\n\
        \u{20}   br2 ro+wh not asked            A2.8   A branch above has answered for good, so this one is not asked.\n\
         => No such file or directory (ENOENT)\n",
    );
}

#[test]
fn f1_whiteouts_of_a_read_only_branch_count_with_wh_alone() {
    let lab = "touch /ro1/.wh.deep; mkdir -p /ro1/dir; touch /ro1/dir/.wh..wh..opq\n";
    bare(
        &format!("{lab}mount -t aufs -o br=/rw:/ro1:/ro2 none /m; ls -A /m /m/dir"),
        "/m:\nboth\ndeep\ndir\none\n\n/m/dir:\na\nb\n",
    );
    bare(
        &format!("{lab}mount -t aufs -o br=/rw:/ro1=ro+wh:/ro2 none /m; ls -A /m /m/dir"),
        "/m:\nboth\ndir\none\n\n/m/dir:\na\n",
    );
}

#[test]
fn f1_and_f3_names_of_aufs_are_forbidden() {
    expect(
        "touch /m/.wh.x; mkdir /m/.wh..wh.y; cat /m/.wh..wh.aufs; mv /m/one /m/.wh.one; ln /m/one /m/.wh.l",
        "touch: setting times of '/m/.wh.x': Operation not permitted\n\
         mkdir: cannot create directory ‘/m/.wh..wh.y’: Operation not permitted\n\
         cat: /m/.wh..wh.aufs: Operation not permitted\n\
         mv: cannot stat '/m/.wh.one': Operation not permitted\n\
         ln: failed to create hard link '/m/.wh.l' => '/m/one': Operation not permitted\n",
    );
}

#[test]
fn f1_a_file_is_copied_whole_at_the_first_write() {
    expect(
        "cat /m/one > /dev/null; ls /rw; echo more >> /m/one; cat /m/one; cat /ro1/one; ls /rw
         chmod 600 /m/dir/a; ls /rw/dir; stat -c %a /m/dir/a /ro1/dir/a",
        "one\nmore\none\none\na\n600\n644\n",
    );
}

#[test]
fn f1_and_f3_blocks_of_zeros_are_not_copied() {
    bare(
        "dd if=/dev/zero of=/ro1/zeros bs=1M count=256 2>/dev/null; du -k /ro1/zeros
         head -c 1048576 /dev/urandom > /ro1/random; mount -t aufs -o br:/rw=rw:/ro1=ro none /m
         echo x >> /m/zeros; du -k /rw/zeros; stat -c %s /m/zeros; echo x >> /m/random; du -k /rw/random",
        "262144\t/ro1/zeros\n4\t/rw/zeros\n268435458\n1028\t/rw/random\n",
    );
}

#[test]
fn f1_and_f3_hard_links_survive_a_copy_up() {
    expect(
        "umount /m; ln /ro1/one /ro1/two; mount -t aufs -o br:/rw=rw:/ro1=ro none /m
         i=$(stat -c %i /m/one); [ $i = $(stat -c %i /m/two) ] && echo one inode
         echo more >> /m/one; cat /m/one /m/two; [ $i = $(stat -c %i /m/two) ] && echo the same
         stat -c '%h' /m/one /m/two; ls /rw/.wh..wh.plnk | wc -l; ls /rw
         echo again >> /m/two; ls /rw; stat -c %h /rw/one; [ \"$(ls /rw/.wh..wh.plnk)\" = $i.$(stat -c %i /rw/one) ] && echo named
         umount /m; stat -c %h /rw/one; ls -A /rw/.wh..wh.plnk; cat /ro1/one",
        "one inode\none\nmore\none\nmore\nthe same\n2\n2\n1\none\none\ntwo\n3\nnamed\n2\none\n",
    );
}

#[test]
fn f1_names_that_were_not_used_get_their_link_at_unmount() {
    // What auplink of aufs-tools does for umount.aufs, and Docker calls it itself.
    expect(
        "umount /m; ln /ro1/one /ro1/dir/two; mount -t aufs -o br:/rw=rw:/ro1=ro none /m
         echo more >> /m/one; umount /m; cat /rw/dir/two; [ /rw/one -ef /rw/dir/two ] && echo linked
         mount -t aufs -o br:/rw=rw:/ro1=ro,noplink none /m; rm -r /rw/one /rw/dir; echo x >> /m/one
         cat /m/dir/two; umount /m; ls /rw",
        "one\nmore\nlinked\none\none\n",
    );
}

#[test]
fn f1_numbers_stay_through_a_copy_up() {
    expect(
        "a=$(stat -c %i /m/one); d=$(stat -c %i /m/dir); echo x >> /m/one; chmod 700 /m/dir
         [ $a = $(stat -c %i /m/one) ] && echo file; [ $d = $(stat -c %i /m/dir) ] && echo directory
         [ $a = $(ls -i /m/one | cut -d' ' -f1) ] && [ $a = $(ls -i /m | grep one | tr -s ' ' | cut -d' ' -f1) ] && echo listed",
        "file\ndirectory\nlisted\n",
    );
}

#[test]
fn f1_and_f3_a_lower_directory_is_not_renamed() {
    expect(
        "a=$(stat -c %i /m/dir/a); mv /m/dir /m/moved; ls -A /m/moved /rw/moved; ls -A /rw | grep dir
         [ $a != $(stat -c %i /m/moved/a) ] && echo new inodes
         mkdir /m/mine; touch /m/mine/f; i=$(stat -c %i /m/mine); mv /m/mine /m/yours
         [ $i = $(stat -c %i /m/yours) ] && ls -A /m/yours /rw/yours",
        "/m/moved:\na\nb\n\n/rw/moved:\na\nb\n.wh.dir\nnew inodes\n/m/yours:\nf\n\n/rw/yours:\nf\n",
    );
}

#[test]
fn f1_a_file_is_renamed_after_a_copy_up() {
    expect(
        "i=$(stat -c %i /m/one); mv /m/one /m/dir/uno; [ $i = $(stat -c %i /m/dir/uno) ] && cat /m/dir/uno
         ls -A /rw /rw/dir; mv /m/dir/uno /m/one; ls -A /rw; ls /ro1",
        "one\n/rw:\n.wh..wh.aufs\n.wh..wh.orph\n.wh..wh.plnk\n.wh.one\ndir\n\n/rw/dir:\nuno\n\
         .wh..wh.aufs\n.wh..wh.orph\n.wh..wh.plnk\ndir\none\nboth\ndir\none\n",
    );
}

#[test]
fn f1_rmdir_wants_a_directory_that_looks_empty() {
    expect(
        "rmdir /m/dir; rm /m/dir/a /m/dir/b; ls -A /rw/dir; rmdir /m/dir; ls -A /rw; ls /m",
        "rmdir: failed to remove '/m/dir': Directory not empty\n.wh.a\n.wh.b\n.wh..wh.aufs\n\
         .wh..wh.orph\n.wh..wh.plnk\n.wh.dir\nboth\ndeep\none\n",
    );
}

#[test]
fn f1_a_removed_directory_that_is_open_waits_among_the_orphans() {
    expect(
        "rm /m/dir/a /m/dir/b; cd /m/dir; rmdir /m/dir; ls -A /rw/.wh..wh.orph | wc -l; cd /
         ls -A /rw/.wh..wh.orph | wc -l",
        "1\n0\n",
    );
}

#[test]
fn open_files_follow_a_copy_up() {
    expect(
        "exec 3< /m/one; read a <&3; echo more >> /m/one; read b <&3; echo $a $b
         exec 4< /m/deep; rm /m/deep; cat <&4; exec 4<&-; ls /m | grep -c deep",
        "one more\ndeep\n0\n",
    );
}

#[test]
fn f1_new_files_go_where_the_policy_says() {
    let two = "mkdir -p /b0 /b1/sub /b2\n";
    // Measured: top -> b0, sub/f -> b1.
    bare(
        &format!(
            "{two}mount -t aufs -o br=/b0=rw:/b1=rw none /m; touch /m/top /m/sub/f; ls /b0 /b1/sub"
        ),
        "/b0:\ntop\n\n/b1/sub:\nf\n",
    );
    // Measured: 1 and 3 -> b0, 2 and 4 -> b1; directories all on one.
    bare(
        &format!(
            "{two}rmdir /b1/sub; mount -t aufs -o br=/b0=rw:/b1=rw,create=rr none /m
             touch /m/r1; touch /m/r2; touch /m/r3; touch /m/r4; mkdir /m/d1 /m/d2; ls /b0; echo; ls /b1"
        ),
        "d1\nd2\nr1\nr3\n\nr2\nr4\n",
    );
    bare(
        &format!(
            "{two}mount -t tmpfs -o size=1M none /b0; mount -t tmpfs -o size=8M none /b2
             mount -t aufs -o br=/b0=rw:/b2=rw,create=mfs none /m; touch /m/f; ls /b0 /b2
             mount | grep -o create=mfs; mount -o remount,create=pmfs /m; mkdir /b0/sub; touch /m/sub/g
             ls /b0/sub"
        ),
        "/b0:\n\n/b2:\nf\ncreate=mfs\ng\n",
    );
}

#[test]
fn f1_copies_go_where_the_policy_says() {
    let four = "mkdir -p /b0/d /b1 /b2/d /b3/d; echo x > /b3/d/f\n";
    for (policy, branch) in [("tdp", 0), ("bup", 2), ("bu", 2)] {
        bare(
            &format!(
                "{four}mount -t aufs -o br=/b0=rw:/b1=rw:/b2=rw:/b3=ro,cpup={policy} none /m
                 echo y >> /m/d/f; ls -d /b?/d/f"
            ),
            &format!("/b{branch}/d/f\n/b3/d/f\n"),
        );
    }
    bare(
        &format!(
            "{four}rm -r /b2/d; mount -t aufs -o br=/b0=rw:/b1=rw:/b2=rw:/b3=ro,cpup=bu none /m
             echo y >> /m/d/f; ls -d /b?/d/f"
        ),
        "/b2/d/f\n/b3/d/f\n",
    );
}

#[test]
fn f1_a_whiteout_above_overrules_the_policy() {
    bare(
        "mkdir -p /b0 /b1 /b2; echo x > /b2/f; mount -t aufs -o br=/b0=rw:/b1=rw:/b2=ro,create=rr none /m
         rm /m/f; ls -A /b0 /b1 | grep '^.wh.f'; touch /m/a; echo y > /m/f; cat /m/f; ls /b0 /b1",
        ".wh.f\ny\n/b0:\na\nf\n\n/b1:\n",
    );
}

#[test]
fn f3_space_is_that_of_the_first_writable_branch_or_the_sum() {
    bare(
        "mkdir /a /b; mount -t tmpfs -o size=1M none /a; mount -t tmpfs -o size=2M none /b
         mount -t aufs -o br=/a=rw:/b=ro none /m; df -k --output=size /m | tail -1; stat -f -c '%T %l' /m
         umount /m; mount -t aufs -o br=/a=rw:/b=ro,sum none /m; df -k --output=size /m | tail -1",
        "     1024\naufs 242\n     3072\n",
    );
}

#[test]
fn f3_up_to_127_branches() {
    let out = fresh(
        "mkdir /m; o=br:; for i in $(seq 127); do mkdir -p /b/$i; echo $i > /b/$i/f$i; o=$o:/b/$i; done
         mount -t aufs -o ${o/::/:} none /m && ls /m | wc -l; mkdir /b/128
         mount -o remount,append:/b/128 /m || dmesg | tail -1 | sed 's/.*aufs/aufs/'",
    );
    assert_eq!(
        out,
        "127\nmount: /m: mount(2) system call failed: No space left on device.\n       dmesg(1) may have more \
         information after failed mount system call.\naufs: number of branches exceeded /b/128\n"
    );
}

#[test]
fn branches_come_and_go_while_mounted() {
    expect(
        "mkdir /new; echo new > /new/new; echo newer > /new/one; mount -o remount,append:/new=ro /m
         cat /m/new /m/one; mount -o remount,del:/new /m; ls /m | grep -c new
         mount -o remount,prepend:/new=rw /m; cat /m/one; touch /m/t; ls /new
         cat /sys/fs/aufs/*/br0; mount -o remount,mod:/new=ro /m; ls -A /new; touch /m/u; ls /rw
         mount -o remount,add:1:/ro1/dir /m",
        "new\none\n0\nnewer\nnew\none\nt\n/new=rw\nnew\none\nt\nu\n\
         mount: /m: mount point not mounted or bad option.\n       dmesg(1) may have more information after failed mount system call.\n",
    );
}

#[test]
fn a_branch_in_use_stays() {
    expect(
        "mount -o remount,append:/ro2=ro /m; mount -o remount,del:/ro1/dir /m; exec 3< /m/deep; mount -o remount,del:/ro2 /m; exec 3<&-; mount -o remount,del:/ro2 /m && ls /m",
        "mount: /m: mount point is busy.\n       dmesg(1) may have more information after failed mount system call.\nboth\ndir\none\n",
    );
}

#[test]
fn a_mount_that_makes_no_sense_is_refused_with_a_reason() {
    for (options, status, line) in [
        ("dio", 32, "aufs: no branches"),
        ("br=/rw:/nowhere", 32, "aufs: lookup failed /nowhere (-2)"),
        ("br=/rw:/ro1/one", 32, "aufs: /ro1/one is not a directory"),
        ("br=/rw:/rw", 32, "aufs: /rw duplicated"),
        ("br=/rw:/ro1:/ro1/dir", 32, "aufs: /ro1/dir is overlapped"),
        ("br=/rw=wr", 32, "aufs: wrong permission wr"),
        ("br=/rw,wibble", 32, "aufs: unknown option wibble"),
        ("br=/ro1=ro:/rw=rw", 0, "aufs: first branch should be rw"),
    ] {
        let out = fresh(&format!(
            "{LAB}mount -t aufs -o {options} none /m >/dev/null 2>&1; echo $?; dmesg | tail -1"
        ));
        let (code, log) = out.split_once('\n').unwrap();
        assert_eq!(code, status.to_string(), "{options}: {out}");
        assert!(log.trim_end().ends_with(line), "{options}: {log}");
    }
}

#[test]
fn a_union_is_no_branch_of_a_union() {
    expect(
        "mkdir /n /u /w /o; mount -t aufs -o br=/n:/m/dir none /o 2>/dev/null; echo $?
         mount -t overlay -o lowerdir=/m,upperdir=/u,workdir=/w overlay /o && cat /o/one
         mount -o remount,append:/o=ro /m 2>/dev/null; echo $?; cat /o/both",
        "32\none\n32\ntop\n",
    );
}

#[test]
fn without_dirperm1_every_branch_is_asked() {
    // Why Docker asks for dirperm1: a chmod of a directory did not help (moby issue 783).
    let lab = "mkdir /ro1/shut; echo x > /ro1/shut/f; chmod 700 /ro1/shut\n";
    let go = "chmod 755 /m/shut; su nobody -s /bin/sh -c 'cat /m/shut/f' 2>&1\n";
    bare(
        &format!("{lab}mount -t aufs -o br=/rw=rw:/ro1=ro none /m\n{go}"),
        "cat: /m/shut/f: Permission denied\n",
    );
    bare(&format!("{lab}mount -t aufs -o br=/rw=rw:/ro1=ro,dirperm1 none /m\n{go}"), "x\n");
}

#[test]
fn changes_made_in_a_branch_are_noticed_or_not() {
    let go = "ls /m/late 2>/dev/null; echo late > /ro1/late; cat /m/late 2>&1; rm /ro1/one; cat /m/one 2>&1";
    let missing = "cat: /m/one: No such file or directory\n";
    expect(&format!("cat /m/one\n{go}"), &format!("one\nlate\n{missing}"));
    bare(
        &format!("mount -t aufs -o br=/rw:/ro1,udba=none none /m; cat /m/one\n{go}"),
        "one\ncat: /m/late: No such file or directory\none\n",
    );
}

#[test]
fn a_read_only_union_shows_and_refuses() {
    bare(
        "mount -t aufs -o ro,br=/ro1:/ro2 none /m; cat /m/one; touch /m/x; rm /m/one; ls -A /ro1
         umount /m; mount -t aufs -o br=/ro1=ro:/ro2=ro none /m; touch /m/x",
        "one\ntouch: cannot touch '/m/x': Read-only file system\nrm: cannot remove '/m/one': Read-only file system\n\
         both\ndir\none\ntouch: cannot touch '/m/x': Read-only file system\n",
    );
}

#[test]
fn the_picture_has_branches_for_columns_and_whiteouts_where_they_lie() {
    let mut machine = Machine::boot();
    machine.run_script(format!("{LAB}{MOUNT}rm /m/one; rm -r /m/dir; mkdir /m/dir").as_bytes());
    let mut kernel = machine.kernel.clone();
    let none = crate::store::Map::new();
    let mounts = crate::view::build::mounts(&mut kernel, &none);
    let mount = &mounts[0];
    let labels: Vec<&str> = mount.layers.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(labels, ["br0 rw", "br1 ro+wh", "br2 ro+wh"]);
    let roles = |path: &str| -> Vec<crate::view::Role> {
        mount.row(path).unwrap().cells.iter().map(|it| it.role).collect()
    };
    use crate::view::Role::{Absent, Opaque, Shadowed, Visible, Whiteout};
    assert_eq!(roles("one"), [Whiteout, Shadowed, Absent]);
    assert_eq!(roles("dir"), [Opaque, Shadowed, Shadowed]);
    assert_eq!(roles("both"), [Absent, Visible, Shadowed]);
    assert!(mount.rows.iter().all(|it| !it.path.contains(".wh.")));
}
