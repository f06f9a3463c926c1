//! A small Debian 10, the base of most images here.

use super::accounts::Suite;
use super::plan::Plan;
use super::{Image, Layer};
use crate::oci::config::RunConfig;

/// Where images look for programs.
pub const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// When the base was made.
pub const CREATED: &str = "2021-07-22T00:30:39.331743917Z";
const TIME: i64 = 1_626_652_800;

const FILES: &str = "
bin/bash @bash 1168776
bin/cat @cat 43744
bin/chgrp @chgrp 64320
bin/chmod @chmod 64288
bin/chown @chown 72512
bin/cp @cp 146880
bin/dash @sh 121464
bin/date @date 109408
bin/dd @dd 76712
bin/df @df 93744
bin/echo @echo 39296
bin/false @false 39256
bin/grep @grep 199200
bin/ln @ln 68768
bin/ls @ls 138856
bin/mkdir @mkdir 89288
bin/mknod @mknod 68464
bin/mktemp @mktemp 43808
bin/mount @mount 51280
bin/mv @mv 138728
bin/pwd @pwd 39616
bin/readlink @readlink 47776
bin/rm @rm 68416
bin/rmdir @rmdir 47456
bin/sed @sed 122224
bin/sh -> dash
bin/sleep @sleep 43712
bin/sync @sync 39072
bin/touch @touch 97152
bin/true @true 34888
bin/umount @umount 34888
bin/uname @uname 39584
boot/
dev/
etc/debian_version 6
etc/default/useradd 1117
etc/fstab 37
etc/host.conf 9
etc/issue 27
etc/ld.so.conf 34
etc/login.defs 10477
etc/nsswitch.conf 494
etc/pam.d/common-auth 1221
etc/profile 767
etc/security/limits.conf 2161
etc/shells 73
home/
lib/x86_64-linux-gnu/libc-2.28.so 1824496 755
lib/x86_64-linux-gnu/libc.so.6 -> libc-2.28.so
lib/x86_64-linux-gnu/libm-2.28.so 1579448
lib/x86_64-linux-gnu/libm.so.6 -> libm-2.28.so
lib/x86_64-linux-gnu/libpthread-2.28.so 146968 755
lib/x86_64-linux-gnu/libpthread.so.0 -> libpthread-2.28.so
lib/x86_64-linux-gnu/libselinux.so.1 154832
lib/x86_64-linux-gnu/libtinfo.so.6 -> libtinfo.so.6.1
lib/x86_64-linux-gnu/libtinfo.so.6.1 183528
lib64/ld-linux-x86-64.so.2 -> /lib/x86_64-linux-gnu/ld-2.28.so
media/
mnt/
opt/
proc/
root/ 700
root/.bashrc 570
root/.profile 148
run/lock/ 1777
sbin/ldconfig 387
srv/
sys/
tmp/ 1777
usr/bin/apt @apt 18752
usr/bin/apt-get @apt-get 43416
usr/bin/basename @basename 39296
usr/bin/cut @cut 43936
usr/bin/diff @diff 166616
usr/bin/dirname @dirname 35120
usr/bin/dpkg 282696 755
usr/bin/du @du 113832
usr/bin/env @env 43776
usr/bin/expr @expr 47848
usr/bin/find @find 291368
usr/bin/getent @getent 35000
usr/bin/head @head 47872
usr/bin/id @id 43776
usr/bin/install @install 155200
usr/bin/md5sum 47880 755
usr/bin/nproc @nproc 39264
usr/bin/od @od 72768
usr/bin/perl 3197768 755
usr/bin/printenv @printenv 35080
usr/bin/seq @seq 52096
usr/bin/sha256sum @sha256sum 56072
usr/bin/sort @sort 118176
usr/bin/stat @stat 85184
usr/bin/tac @tac 43712
usr/bin/tail @tail 72480
usr/bin/tee @tee 39328
usr/bin/test @test 56000
usr/bin/tr @tr 47904
usr/bin/truncate @truncate 43424
usr/bin/uniq @uniq 47968
usr/bin/wc @wc 47776
usr/bin/whoami @whoami 35136
usr/bin/xargs @xargs 76296
usr/bin/yes @yes 34896
usr/games/
usr/include/
usr/lib/locale/C.UTF-8/LC_CTYPE 199772
usr/local/bin/
usr/local/sbin/
usr/sbin/adduser 37322 755
usr/sbin/chroot @chroot 43720
usr/sbin/useradd 126424 755
usr/share/doc/base-files/copyright 1228
usr/share/zoneinfo/UTC 127
usr/src/
var/backups/
var/cache/apt/archives/partial/ 700
var/cache/debconf/templates.dat 437654
var/lib/apt/lists/partial/ 700
var/lib/dpkg/status 86322
var/local/ 2775
var/lock -> /run/lock
var/log/apt/history.log 0
var/mail/ 2775
var/run -> /run
var/spool/mail -> ../mail
var/tmp/ 1777
";

const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu/perl-base/unicore/tables.bin
usr/lib/x86_64-linux-gnu/libapt-pkg.so.5.0.2 usr/share/locale/locale-archive
usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.25 usr/lib/x86_64-linux-gnu/libgnutls.so.30.23.2
usr/lib/x86_64-linux-gnu/libunistring.so.2.1.0 lib/x86_64-linux-gnu/ld-2.28.so
usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache usr/share/zoneinfo/tzdata.bin
usr/lib/x86_64-linux-gnu/libp11-kit.so.0.3.0 lib/x86_64-linux-gnu/libsystemd.so.0.25.0
usr/lib/x86_64-linux-gnu/libzstd.so.1.3.8 lib/x86_64-linux-gnu/libpcre.so.3.13.3
lib/x86_64-linux-gnu/libgcrypt.so.20.2.4 usr/share/doc/changelogs.bin";

const RELEASE: &str = "PRETTY_NAME=\"Debian GNU/Linux 10 (buster)\"
NAME=\"Debian GNU/Linux\"
VERSION_ID=\"10\"
VERSION=\"10 (buster)\"
VERSION_CODENAME=buster
ID=debian
";

const LIBRARIES_12: &str = "usr/lib/x86_64-linux-gnu/perl-base/unicore/tables.bin
usr/lib/x86_64-linux-gnu/libapt-pkg.so.6.0.0 usr/share/locale/locale-archive
usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30 usr/lib/x86_64-linux-gnu/libgnutls.so.30.34.3
usr/lib/x86_64-linux-gnu/libunistring.so.2.2.0 usr/lib/x86_64-linux-gnu/libdb-5.3.so
usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache usr/share/zoneinfo/tzdata.bin
usr/lib/x86_64-linux-gnu/libp11-kit.so.0.3.1 usr/lib/x86_64-linux-gnu/libsystemd.so.0.35.0
usr/lib/x86_64-linux-gnu/libzstd.so.1.5.4 usr/lib/x86_64-linux-gnu/libpcre2-8.so.0.11.2
usr/lib/x86_64-linux-gnu/libgcrypt.so.20.4.1 usr/share/doc/changelogs.bin";

const RELEASE_12: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"
NAME=\"Debian GNU/Linux\"
VERSION_ID=\"12\"
VERSION=\"12 (bookworm)\"
VERSION_CODENAME=bookworm
ID=debian
";

const CREATED_12: &str = "2025-09-08T00:00:00Z";

/// Debian 12, small as well: the suite whose packages are recorded.
pub fn bookworm() -> Image {
    let plan = Plan::default()
        .with(FILES)
        .text("etc/passwd", &Suite::Bookworm.passwd(), 0o644)
        .text("etc/group", &Suite::Bookworm.group(), 0o644)
        .text("etc/shadow", &Suite::Bookworm.shadow(20_338), 0o640)
        .text("etc/os-release", RELEASE_12, 0o644)
        .text("etc/debian_version", "12.12\n", 0o644)
        .filled(74_796_210, LIBRARIES_12);
    let layer = Layer { key: "debian-bookworm", time: 1_757_289_600, plan };
    let by = |text: &str| (CREATED_12, text.to_owned());
    let (created, added) = by("# debian.sh --arch 'amd64' out/ 'bookworm' '@1757289600'");
    Image {
        names: &["debian:bookworm-slim", "debian:12-slim"],
        created: CREATED_12,
        config: RunConfig {
            env: Some(vec![PATH.to_owned()]),
            cmd: Some(vec!["bash".to_owned()]),
            ..RunConfig::default()
        },
        layers: vec![layer],
        steps: vec![(created, added, true)],
    }
}

/// The one layer.
pub fn layer() -> Layer {
    let plan = Plan::default()
        .with(FILES)
        .text("etc/passwd", &Suite::Buster.passwd(), 0o644)
        .text("etc/group", &Suite::Buster.group(), 0o644)
        .text("etc/shadow", &Suite::Buster.shadow(18_829), 0o640)
        .text("etc/os-release", RELEASE, 0o644)
        .filled(69_256_441, LIBRARIES);
    Layer { key: "debian-buster", time: TIME, plan }
}

/// The steps that made it.
pub fn steps() -> Vec<(&'static str, String, bool)> {
    let added = "/bin/sh -c #(nop) ADD file:4ff85d9f6aa24674600e5c5e6ed1b4c1e1a8c0d2a6f0b6c3b7b3cd7a2c9c2c11 in / ";
    vec![
        ("2021-07-22T00:30:39.026484957Z", added.to_owned(), true),
        (CREATED, "/bin/sh -c #(nop)  CMD [\"bash\"]".to_owned(), false),
    ]
}

pub fn image() -> Image {
    Image {
        names: &["debian:buster-slim", "debian:10-slim"],
        created: CREATED,
        config: RunConfig {
            env: Some(vec![PATH.to_owned()]),
            cmd: Some(vec!["bash".to_owned()]),
            ..RunConfig::default()
        },
        layers: vec![layer()],
        steps: steps(),
    }
}
