//! nginx in four versions on the same base: what a new version moves, and what it does not.

use super::plan::Plan;
use super::{Image, Layer, debian};
use crate::oci::config::RunConfig;

const FILES: &str = "
docker-entrypoint.d/
etc/default/nginx 284
etc/init.d/nginx 4002 755
etc/logrotate.d/nginx 351
etc/nginx/conf.d/
etc/nginx/fastcgi_params 1007
etc/nginx/mime.types 5231
etc/nginx/modules -> /usr/lib/nginx/modules
etc/nginx/scgi_params 636
etc/nginx/uwsgi_params 664
etc/ssl/certs/ca-certificates.crt 196565
usr/bin/curl 262728 755
usr/bin/envsubst 35352 755
usr/bin/openssl 736776 755
usr/lib/nginx/modules/ngx_http_geoip_module.so 24216
usr/lib/nginx/modules/ngx_http_image_filter_module.so 27896
usr/lib/nginx/modules/ngx_http_js_module.so 1018504
usr/lib/nginx/modules/ngx_http_xslt_filter_module.so 19160
usr/lib/nginx/modules/ngx_stream_geoip_module.so 20696
usr/lib/nginx/modules/ngx_stream_js_module.so 982680
usr/sbin/nginx @nginx 1416776
usr/share/doc/nginx/COPYRIGHT 1397
usr/share/man/man8/nginx.8.gz 1964
var/cache/nginx/
var/lib/dpkg/info/nginx.list 1262
var/log/nginx/access.log -> /dev/stdout
var/log/nginx/error.log -> /dev/stderr
";

const LIBRARIES: &str =
    "usr/lib/x86_64-linux-gnu/libicudata.so.63.1 usr/lib/x86_64-linux-gnu/libssl.so.1.1
usr/lib/x86_64-linux-gnu/libcrypto.so.1.1 usr/lib/x86_64-linux-gnu/libxml2.so.2.9.4
usr/lib/x86_64-linux-gnu/libgd.so.3.0.5 usr/lib/x86_64-linux-gnu/libx265.so.165
usr/lib/x86_64-linux-gnu/libicui18n.so.63.1 usr/lib/x86_64-linux-gnu/libtiff.so.5.4.0
usr/lib/x86_64-linux-gnu/libX11.so.6.3.0 usr/lib/x86_64-linux-gnu/libfontconfig.so.1.12.0
usr/share/fonts/truetype/dejavu/DejaVuSans.ttf usr/lib/x86_64-linux-gnu/libkrb5.so.3.3";

const CONF: &str = "user nginx;
worker_processes auto;

error_log /var/log/nginx/error.log notice;
pid /var/run/nginx.pid;

events {
    worker_connections 1024;
}

http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
";

const SITE: &str = "server {
    listen 80;
    server_name localhost;

    location / {
        root /usr/share/nginx/html;
        index index.html index.htm;
    }
}
";

const PAGE: &str = "<!DOCTYPE html>
<html>
<head><title>A page of a simulated nginx</title></head>
<body><h1>It is served from a layer</h1></body>
</html>
";

/// Runs what the command line says, after the scripts beside it.
const ENTRYPOINT: &str = "#!/bin/sh
# Stands for the script of the same name and size in the real image.
set -e

if [ \"$1\" = nginx ] && [ -d /docker-entrypoint.d ]; then
    for script in /docker-entrypoint.d/*.sh; do
        if [ -x \"$script\" ]; then
            echo \"$0: Launching $script\"
            \"$script\"
        fi
    done
    echo \"$0: Configuration complete; ready for start up\"
fi

exec \"$@\"
";

const STEP: &str = "#!/bin/sh
# Stands for the script of the same name and size in the real image; there is nothing to adjust.
exit 0
";

/// A script, filled with comments up to a size.
fn sized(text: &str, size: usize) -> String {
    let mut text = text.to_owned();
    while text.len() < size {
        let line = (size - text.len()).min(80);
        text += &match line {
            1 => "\n".to_owned(),
            line => format!("#{}\n", "-".repeat(line - 2)),
        };
    }
    text
}

/// What sets a version apart.
struct Version {
    names: &'static [&'static str],
    version: &'static str,
    njs: &'static str,
    run_key: &'static str,
    created: &'static str,
    time: i64,
    size: u64,
    /// The scripts before the start: absent in old versions.
    scripts: bool,
}

const VERSIONS: [Version; 4] = [
    Version {
        names: &["nginx:1.21.1", "nginx:1.21", "nginx:latest"],
        version: "1.21.1",
        njs: "0.6.1",
        run_key: "nginx-1.21.1",
        created: "2021-07-22T10:16:35.421749371Z",
        time: 1_626_948_990,
        size: 63_936_812,
        scripts: true,
    },
    Version {
        names: &["nginx:1.21.0"],
        version: "1.21.0",
        njs: "0.5.3",
        run_key: "nginx-1.21.0",
        created: "2021-06-23T01:24:06.112849731Z",
        time: 1_624_411_440,
        size: 63_934_120,
        scripts: true,
    },
    Version {
        names: &["nginx:1.20", "nginx:1.20.1"],
        version: "1.20.1",
        njs: "0.5.3",
        run_key: "nginx-1.20.1",
        created: "2021-07-01T11:37:24.337188311Z",
        time: 1_625_139_440,
        size: 63_871_904,
        scripts: true,
    },
    Version {
        names: &["nginx:1.18", "nginx:1.18.0"],
        version: "1.18.0",
        njs: "0.4.4",
        run_key: "nginx-1.18.0",
        created: "2021-04-10T09:02:11.771928312Z",
        time: 1_618_045_330,
        size: 63_415_201,
        scripts: false,
    },
];

pub fn images() -> Vec<Image> {
    VERSIONS.iter().map(image).collect()
}

fn image(version: &Version) -> Image {
    let mut layers = vec![debian::layer(), run_layer(version)];
    if version.scripts {
        layers.extend(script_layers());
    }
    let env = [
        debian::PATH.to_owned(),
        format!("NGINX_VERSION={}", version.version),
        format!("NJS_VERSION={}", version.njs),
        "PKG_RELEASE=1~buster".to_owned(),
    ];
    let words = |words: &[&str]| Some(words.iter().map(|it| (*it).to_owned()).collect());
    let label =
        ("maintainer".to_owned(), "NGINX Docker Maintainers <docker-maint@nginx.com>".to_owned());
    Image {
        names: version.names,
        created: version.created,
        config: RunConfig {
            exposed_ports: Some([("80/tcp".to_owned(), Default::default())].into()),
            env: Some(env.to_vec()),
            cmd: words(&["nginx", "-g", "daemon off;"]),
            entrypoint: if version.scripts { words(&["/docker-entrypoint.sh"]) } else { None },
            labels: Some([label].into()),
            stop_signal: Some("SIGQUIT".to_owned()),
            ..RunConfig::default()
        },
        layers,
        steps: steps(version),
    }
}

fn run_layer(version: &Version) -> Layer {
    let plan = Plan::default()
        .with(FILES)
        .text("etc/nginx/nginx.conf", CONF, 0o644)
        .text("etc/nginx/conf.d/default.conf", SITE, 0o644)
        .text("usr/share/nginx/html/index.html", PAGE, 0o644)
        .text("usr/share/nginx/html/50x.html", PAGE, 0o644)
        .text("etc/nginx/version", &format!("{}\n", version.version), 0o644)
        .filled(version.size, LIBRARIES);
    Layer { key: version.run_key, time: version.time, plan }
}

/// Four layers of one file each, the same in every version.
fn script_layers() -> Vec<Layer> {
    let one = |key, path, text: &str, size, time| Layer {
        key,
        time,
        plan: Plan::default().text(path, &sized(text, size), 0o775),
    };
    vec![
        one("nginx-entrypoint", "docker-entrypoint.sh", ENTRYPOINT, 1202, 1_624_000_000),
        one(
            "nginx-10",
            "docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
            STEP,
            1961,
            1_624_000_001,
        ),
        one(
            "nginx-20",
            "docker-entrypoint.d/20-envsubst-on-templates.sh",
            STEP,
            1037,
            1_624_000_002,
        ),
        one(
            "nginx-30",
            "docker-entrypoint.d/30-tune-worker-processes.sh",
            STEP,
            4613,
            1_624_000_003,
        ),
    ]
}

fn steps(version: &Version) -> Vec<(&'static str, String, bool)> {
    let at = version.created;
    let nop = |text: &str| (at, format!("/bin/sh -c #(nop) {text}"), false);
    let copy = |hash: &str, to: &str| {
        let digits = crate::oci::digest::Digest::of(to.as_bytes()).hex();
        let hash = format!("{hash}{}", &digits[..64 - hash.len()]);
        (at, format!("/bin/sh -c #(nop) COPY file:{hash} in {to} "), true)
    };
    let mut steps = debian::steps();
    steps.extend([
        nop(" LABEL maintainer=NGINX Docker Maintainers <docker-maint@nginx.com>"),
        nop(&format!(" ENV NGINX_VERSION={}", version.version)),
        nop(&format!(" ENV NJS_VERSION={}", version.njs)),
        nop(" ENV PKG_RELEASE=1~buster"),
        (
            at,
            "/bin/sh -c set -x     && addgroup --system --gid 101 nginx     && adduser --system --uid 101 nginx  \
                && apt-get update     && apt-get install --no-install-recommends -y nginx"
                .to_owned(),
            true,
        ),
    ]);
    if version.scripts {
        steps.extend([
            copy("65504f71f5855ca0", "/"),
            copy("0b866ff3fc1ef5b0", "/docker-entrypoint.d"),
            copy("0fd5fca330dcd6a7", "/docker-entrypoint.d"),
            copy("09a214a3e07c919a", "/docker-entrypoint.d"),
            nop(" ENTRYPOINT [\"/docker-entrypoint.sh\"]"),
        ]);
    }
    steps.extend([
        nop(" EXPOSE 80"),
        nop(" STOPSIGNAL SIGQUIT"),
        nop(" CMD [\"nginx\" \"-g\" \"daemon off;\"]"),
    ]);
    steps
}
