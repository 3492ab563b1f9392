#!/bin/sh
# Installs what the lab needs on this machine (Debian 12, root). Usage: packages.sh CACHE.
set -eu
cache=$1
. "$(dirname "$0")/apt.sh"
export DEBIAN_FRONTEND=noninteractive
missing() { for package; do [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || echo "$package"; done; }
wanted=$(missing mmdebstrap e2fsprogs openssh-client openssl gcc libc6-dev dpkg-dev rsync jq golang-1.19-go buildah containerd)
if [ -n "$wanted" ]; then
  apt-get update -q
  # shellcheck disable=SC2086
  apt-get install -q -y --no-install-recommends $wanted
fi
command -v kubectl >/dev/null || apt-get install -q -y --no-install-recommends kubernetes-client
# The emulator of Debian 12 panics its guests; that of its backports does not.
if [ -n "$(missing qemu-system-x86)" ]; then
  list=/etc/apt/sources.list.d/why137-lab-backports.list
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" > "$list"
  apt-get update -q
  apt-get install -q -y --no-install-recommends -t bookworm-backports qemu-system-x86
  rm "$list"
fi
