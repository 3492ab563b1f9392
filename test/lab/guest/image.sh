#!/bin/sh
# Builds the agent's image by its Dockerfile, twice, and leaves it as $CACHE/why137.tar for the guest.
# Usage: image.sh CACHE REPOSITORY. Prints name=value lines: digest, again (of the second build), bytes, compressedBytes.
set -eu
cache=$1
repository=$2
build() { buildah --root "$cache/buildah" --runroot "$cache/buildah-run" --storage-driver vfs "$@"; }
make_image() {
  build bud --isolation chroot --network host --timestamp 0 --build-arg NODE_IMAGE=localhost/lab-node:24 --no-cache --quiet --tag "docker.io/library/why137:0.1.0" "$repository" >&2
  rm -rf "$cache/oci"
  build push --quiet docker.io/library/why137:0.1.0 "oci:$cache/oci:why137" >&2
  sed -n 's/.*"manifests":\[{[^}]*"digest":"\([^"]*\)".*/\1/p' "$cache/oci/index.json"
}
first=$(make_image)
second=$(make_image)
echo "digest=$first"
echo "again=$second"
echo "compressedBytes=$(cat "$cache"/oci/blobs/sha256/* | wc -c)"
rm -f "$cache/why137.part"
build push --quiet docker.io/library/why137:0.1.0 "docker-archive:$cache/why137.part:docker.io/library/why137:0.1.0" >&2
echo "bytes=$(stat -c %s "$cache/why137.part")"
mv "$cache/why137.part" "$cache/why137.tar"
