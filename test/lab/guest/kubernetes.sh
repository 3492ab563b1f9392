#!/bin/sh
# Builds kubelet and the control plane from Debian's source package of Kubernetes (whole and vendored: no module is
# fetched). Usage: kubernetes.sh CACHE. Needs what packages.sh installs; about 15 minutes of two cores.
set -eu
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
. "$here/apt.sh"
work=$cache/kubernetes
out=$cache/bin
mkdir -p "$work" "$out"
cd "$work"
if [ ! -d src ]; then
  private_apt bookworm
  APT_CONFIG=$cache/apt-bookworm.conf apt-get source --download-only kubernetes
  dpkg-source --no-check -x kubernetes_*.dsc src.part
  mv src.part src
fi
version=$(sed -n '1s/.*really\([0-9.]*\)-.*/\1/p' src/debian/changelog)
mkdir -p gopath/src/k8s.io
ln -sfn "$work/src" gopath/src/k8s.io/kubernetes
cd gopath/src/k8s.io/kubernetes
. "$here/reflect2.sh"
export GOPATH="$work/gopath" GO111MODULE=off CGO_ENABLED=0 GOCACHE="$work/gocache" PATH="/usr/lib/go-1.19/bin:$PATH"
pkg=k8s.io/kubernetes/vendor/k8s.io/component-base/version
flags="-s -w -X $pkg.gitVersion=v$version -X $pkg.gitMajor=1 -X $pkg.gitMinor=20"
build() {
  [ -x "$out/$1" ] && return 0
  echo "building $1"
  go build -o "$out/$1.part" -ldflags "$flags" "k8s.io/kubernetes/cmd/$1"
  mv "$out/$1.part" "$out/$1"
}
build kubelet
[ -e "$work/generated" ] || { make generated_files && touch "$work/generated"; }
for program in kube-apiserver kube-controller-manager kube-scheduler; do build "$program"; done
rm -rf "$work/gocache"
