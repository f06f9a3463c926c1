//! Images that lie beside nginx on a real disk, in small; busybox, and one that says hello.

use super::plan::Plan;
use super::{Image, Layer, debian};
use crate::oci::config::RunConfig;

/// Name, key, when, bytes, what the server is called.
const SERVERS: [(&[&str], &str, i64, u64, &str); 8] = [
    (
        &["redis:6", "redis:6.2", "redis:latest"],
        "redis-6",
        1_626_940_000,
        3_521_411,
        "redis-server",
    ),
    (&["redis:5"], "redis-5", 1_620_400_000, 3_287_140, "redis-server"),
    (&["postgres:13", "postgres:latest"], "postgres-13", 1_626_941_000, 6_512_033, "postgres"),
    (&["postgres:12"], "postgres-12", 1_622_941_000, 6_411_092, "postgres"),
    (&["mysql:8", "mysql:8.0", "mysql:latest"], "mysql-8", 1_626_800_000, 8_734_021, "mysqld"),
    (&["mysql:5.7"], "mysql-5.7", 1_626_800_100, 7_812_044, "mysqld"),
    (
        &["memcached:1.6", "memcached:latest"],
        "memcached-1.6",
        1_626_942_000,
        1_680_124,
        "memcached",
    ),
    (
        &["rabbitmq:3.8", "rabbitmq:latest"],
        "rabbitmq-3.8",
        1_626_700_000,
        4_800_211,
        "rabbitmq-server",
    ),
];

const CREATED: &str = "2021-07-22T12:04:11.820417211Z";

/// What a server's image is filled with.
const SERVER_FILES: &str =
    "usr/local/bin/server usr/local/lib/server/libserver.so usr/local/share/server/data.bin";

const ENTRYPOINT: &str = "#!/bin/sh
# Stands for the script of the real image: runs what the command line says.
exec \"$@\"
";

pub fn images() -> Vec<Image> {
    let mut all: Vec<Image> = SERVERS
        .iter()
        .map(|(names, key, time, size, server)| {
            let plan = Plan::default()
                .text("usr/local/bin/docker-entrypoint.sh", ENTRYPOINT, 0o755)
                .filled(*size, SERVER_FILES);
            let mut steps = debian::steps();
            steps.push((CREATED, format!("/bin/sh -c set -eux; install {server}"), true));
            steps.push((CREATED, format!("/bin/sh -c #(nop)  CMD [\"{server}\"]"), false));
            Image {
                names,
                created: CREATED,
                config: RunConfig {
                    env: Some(vec![debian::PATH.to_owned()]),
                    cmd: Some(vec![(*server).to_owned()]),
                    entrypoint: Some(vec!["docker-entrypoint.sh".to_owned()]),
                    ..RunConfig::default()
                },
                layers: vec![debian::layer(), Layer { key, time: *time, plan }],
                steps,
            }
        })
        .collect();
    all.push(busybox());
    all.push(hello());
    all
}

const BUSYBOX: &str = "
bin/[ @[ 1024
bin/busybox 1031440 755
bin/cat @cat 1024
bin/chmod @chmod 1024
bin/chown @chown 1024
bin/cp @cp 1024
bin/cut @cut 1024
bin/date @date 1024
bin/dd @dd 1024
bin/df @df 1024
bin/diff @diff 1024
bin/du @du 1024
bin/echo @echo 1024
bin/env @env 1024
bin/false @false 1024
bin/find @find 1024
bin/grep @grep 1024
bin/head @head 1024
bin/hostname @hostname 1024
bin/id @id 1024
bin/ln @ln 1024
bin/ls @ls 1024
bin/mkdir @mkdir 1024
bin/mkfifo @mkfifo 1024
bin/mknod @mknod 1024
bin/mount @mount 1024
bin/mv @mv 1024
bin/printf @printf 1024
bin/pwd @pwd 1024
bin/readlink @readlink 1024
bin/rm @rm 1024
bin/rmdir @rmdir 1024
bin/sed @sed 1024
bin/seq @seq 1024
bin/sh @sh 1024
bin/sha256sum @sha256sum 1024
bin/sleep @sleep 1024
bin/sort @sort 1024
bin/stat @stat 1024
bin/tail @tail 1024
bin/tee @tee 1024
bin/test @test 1024
bin/touch @touch 1024
bin/tr @tr 1024
bin/true @true 1024
bin/umount @umount 1024
bin/uname @uname 1024
bin/uniq @uniq 1024
bin/wc @wc 1024
bin/whoami @whoami 1024
bin/xargs @xargs 1024
bin/yes @yes 1024
dev/
etc/localtime 127
etc/network/if-up.d/
home/
root/ 700
tmp/ 1777
usr/sbin/
var/spool/mail/
var/www/
";

pub(super) fn busybox() -> Image {
    let passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
    let plan = Plan::default()
        .with(BUSYBOX)
        .text("etc/passwd", passwd, 0o644)
        .text("etc/group", "root:x:0:\nnobody:x:65534:\n", 0o644)
        .text("etc/shadow", "root:*:18785:0:99999:7:::\nnobody:*:18785:0:99999:7:::\n", 0o640);
    let added = "/bin/sh -c #(nop) ADD file:d2aa2bd4c6b1c2f8d1b1f5a6f4b8d1c0e6a7c9a2a3b4c5d6e7f8091a2b3c4d5e in / ";
    Image {
        names: &["busybox:latest", "busybox:1.33"],
        created: "2021-06-07T17:19:58.341274722Z",
        config: RunConfig {
            env: Some(vec![
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            ]),
            cmd: Some(vec!["sh".to_owned()]),
            ..RunConfig::default()
        },
        layers: vec![Layer { key: "busybox", time: 1_623_000_000, plan }],
        steps: vec![
            ("2021-06-07T17:19:58.221474532Z", added.to_owned(), true),
            ("2021-06-07T17:19:58.341274722Z", "/bin/sh -c #(nop)  CMD [\"sh\"]".to_owned(), false),
        ],
    }
}

fn hello() -> Image {
    let plan = Plan::default().with("hello @hello 13256");
    let copied = "/bin/sh -c #(nop) COPY file:e02f6f2b7dc5b1c7b5bc3a9d0c4f6a1e2d3c4b5a69788796a5b4c3d2e1f00112 in / ";
    Image {
        names: &["hello-world:latest"],
        created: "2021-03-05T23:25:25.230064203Z",
        config: RunConfig {
            env: Some(vec![
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            ]),
            cmd: Some(vec!["/hello".to_owned()]),
            ..RunConfig::default()
        },
        layers: vec![Layer { key: "hello-world", time: 1_614_986_000, plan }],
        steps: vec![
            ("2021-03-05T23:25:25.026417311Z", copied.to_owned(), true),
            (
                "2021-03-05T23:25:25.230064203Z",
                "/bin/sh -c #(nop)  CMD [\"/hello\"]".to_owned(),
                false,
            ),
        ],
    }
}
