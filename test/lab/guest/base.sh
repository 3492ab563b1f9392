#!/bin/sh
# Makes the image that stands in for node:24-trixie-slim: Debian 13, Node.js 24 and npm, each from its own registry.
# Usage: base.sh CACHE. Needs root, mmdebstrap, buildah, npm; about a minute.
set -eu
cache=$1
. "$(dirname "$0")/apt.sh"
work=$cache/base
for dir in dev/pts dev/shm dev sys proc; do umount "$work/root/$dir" 2>/dev/null || true; done
rm -rf --one-file-system "$work"
mkdir -p "$work/npm"
mmdebstrap --variant=minbase --include=ca-certificates,systemd trixie "$work/root" "$mirror"
cd "$work/npm"
arch=$(node -p process.arch)
npm pack --silent "node-linux-$arch@24"
mkdir node && tar xzf node-linux-*.tgz -C node --strip-components=1
cp node/bin/node "$work/root/usr/local/bin/node"
cp node/LICENSE "$work/root/usr/local/LICENSE"
rm node-linux-*.tgz
npm pack --silent npm@11
mkdir -p "$work/root/usr/local/lib/node_modules/npm"
tar xzf npm-*.tgz -C "$work/root/usr/local/lib/node_modules/npm" --strip-components=1
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/root/usr/local/bin/npm"
chmod 755 "$work/root/usr/local/lib/node_modules/npm/bin/npm-cli.js"
# The registry as this machine reaches it.
cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/ca-certificates.crt"
npm config get registry | sed 's/^/registry=/' > "$work/root/root/.npmrc"
echo cafile=/etc/ssl/certs/ca-certificates.crt >> "$work/root/root/.npmrc"

build() { buildah --root "$cache/buildah" --runroot "$cache/buildah-run" --storage-driver vfs "$@"; }
container=$(build from scratch)
build add --quiet "$container" "$work/root" /
build config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
build commit --quiet "$container" localhost/lab-node:24
build rm "$container"
rm -rf --one-file-system "$work"
