#!/bin/sh
# Makes the guest's root from Debian 13 and its kernels from Debian 13, 12 and 11. Usage: root.sh CACHE.
# Needs root, mmdebstrap, and a mirror as the machine's own apt names it. About two minutes.
set -eu
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$cache/root.part
. "$here/apt.sh"

# What a run that was broken off left mounted is not to be emptied with it.
for dir in dev/pts dev/shm dev sys proc; do umount "$root/$dir" 2>/dev/null || true; done
rm -rf --one-file-system "$root"
packages=linux-image-cloud-amd64,initramfs-tools,kmod,udev,systemd,systemd-sysv,dbus,openssh-server,iproute2,procps,rsyslog,ca-certificates
packages=$packages,containerd,runc,busybox-static,containernetworking-plugins,etcd-server,conntrack,iptables,socat,systemd-oomd,oomd,earlyoom,auditd,docker.io,docker-cli,systemd-timesyncd-
mmdebstrap --variant=important --include="$packages" trixie "$root" "$mirror"

mkdir -p "$cache/debs" "$root/var/tmp/kernels"
for release in bookworm bullseye; do
  [ -e "$cache/debs/$release" ] && continue
  private_apt "$release"
  kernel=$(APT_CONFIG=$cache/apt-$release.conf apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
  (cd "$cache/debs" && APT_CONFIG=$cache/apt-$release.conf apt-get download "$kernel")
  echo "$kernel" > "$cache/debs/$release"
done
cp "$cache"/debs/*.deb "$root/var/tmp/kernels/"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
trap 'umount "$root/dev" "$root/proc" 2>/dev/null || true' EXIT
# Nothing is started while packages are set up.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
DEBIAN_FRONTEND=noninteractive chroot "$root" sh -c 'dpkg -i --force-depends /var/tmp/kernels/*.deb'
umount "$root/dev" "$root/proc"
trap - EXIT
rm -rf "$root/usr/sbin/policy-rc.d" "$root/var/tmp/kernels"
mv "$root" "$cache/root"
