#!/bin/bash
# Records what a real Docker says to the commands of recorded/*.txt. Needs docker.io (dockerd),
# docker-registry and busybox-static of Debian, and root. Everything lies below a temporary folder;
# no bridge and no packet filter of the system is touched.
#
#     tests/docker/record.sh [NAME…]  records all anew, or recorded/NAME.txt (lines with `$ ` stay, answers
#                                     are replaced)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lab=$(mktemp -d /tmp/record-docker.XXXXXX)
export DOCKER_HOST=unix://$lab/sock
dockerd --data-root "$lab/data" --exec-root "$lab/exec" --pidfile "$lab/pid" -H "$DOCKER_HOST" \
    --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --userland-proxy=false >"$lab/log" 2>&1 &
daemon=$!
printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s/registry\nhttp:\n  addr: 127.0.0.1:5000\n' "$lab" >"$lab/registry.yml"
docker-registry serve "$lab/registry.yml" >"$lab/registry.log" 2>&1 &
registry=$!
trap 'kill $registry; kill $daemon; wait $daemon || true; rm -rf "$lab"' EXIT
until docker version >/dev/null 2>&1; do sleep 0.2; done

# The tree of the first image; tests/docker/machine.rs makes the same for the simulated machine.
mkdir -p "$lab/base" "$lab/work" && cd "$lab/base"
mkdir -p bin etc www/dir tmp && chmod 1777 tmp
cp /bin/busybox bin/
for c in sh cat echo ls rm mkdir chmod chown mv cp touch ln sleep true false mount id env hostname df stat find head wc pwd printf sed; do
    ln -s busybox bin/$c
done
echo "root:x:0:0:root:/root:/bin/sh" >etc/passwd
echo "root:x:0:" >etc/group
echo one >www/one; echo two >www/two; echo three >www/dir/three
tar --sort=name --mtime=@1600000000 --owner=0 --group=0 -cf "$lab/work/base.tar" .
cd "$lab/work"

version="docker client $(docker version -f '{{.Client.Version}}'), engine $(docker version -f '{{.Server.Version}}')"
[ $# -gt 0 ] || set -- $(cd "$here/recorded" && ls | sed 's/[.]txt$//')
for name in "$@"; do
    file=$here/recorded/$name.txt
    ids=$(docker ps -aq) && [ -z "$ids" ] || docker rm -f $ids >/dev/null
    docker system prune -af --volumes >/dev/null; docker volume prune -f >/dev/null
    {
        echo "# $version"
        grep '^\$ ' "$file" | cut -c 3- | while IFS= read -r line; do
            printf '$ %s\n' "$line"
            bash -c "$line" </dev/null 2>&1 && status=0 || status=$?
            printf '[%s]\n' "$status"
        done
    } | sed "s,$lab/data,/var/lib/docker,g; s,$lab/exec,/var/run/docker,g; s,$lab/work,/work,g; /IPv4 forwarding is disabled/d" >"$lab/new"
    cp "$lab/new" "$file"
done
