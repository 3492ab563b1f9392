#!/bin/sh
# Makes the image that the pods of the lab run (busybox and eat), also under the name of the sandbox's image, as
# $CACHE/small.tar. Usage: small-images.sh CACHE.
set -eu
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$cache/small
rm -rf "$work"
mkdir -p "$work/root/bin" "$work/root/tmp" "$work/image"
cp "$cache/root/bin/busybox" "$work/root/bin/busybox"
for name in sh sleep cat dd ls kill mkdir tail trap; do ln -s busybox "$work/root/bin/$name"; done
gcc -static -O1 -o "$work/root/bin/eat" "$here/eat.c"
tar cf "$work/image/layer.tar" -C "$work/root" .
layer=$(sha256sum "$work/image/layer.tar" | cut -d ' ' -f 1)
cat > "$work/image/config.json" <<X
{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["/bin/sleep","2147483647"]},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
X
echo '[{"Config":"config.json","RepoTags":["docker.io/lab/busybox:1","docker.io/lab/pause:1"],"Layers":["layer.tar"]}]' > "$work/image/manifest.json"
tar cf "$cache/small.part" -C "$work/image" config.json layer.tar manifest.json
mv "$cache/small.part" "$cache/small.tar"
rm -rf "$work"
