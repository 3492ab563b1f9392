#!/bin/sh
# Lays the lab's files over the guest's root, makes its keys, and its disk. Usage: settings.sh CACHE.
set -eu
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$cache/root
cp -r "$here/files/." "$root/"
cp "$cache"/bin/* "$root/usr/local/bin/"

keys=$cache/keys
if [ ! -e "$keys/done" ]; then
  rm -rf "$keys"
  mkdir -p "$keys"
  cd "$keys"
  # Elliptic curves: RSA is slow under emulation.
  ssh-keygen -q -t ed25519 -N '' -C lab -f ssh
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=lab-ca -keyout ca.key -out ca.crt 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=kube-apiserver -keyout apiserver.key -out apiserver.csr 2>/dev/null
  echo 'subjectAltName=DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:10.0.2.15,IP:10.96.0.1' > names
  openssl x509 -req -in apiserver.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile names -out apiserver.crt 2>/dev/null
  openssl ecparam -name prime256v1 -genkey -noout -out sa.key
  openssl ec -in sa.key -pubout -out sa.pub 2>/dev/null
  touch done
fi
for key in ca.crt apiserver.crt apiserver.key sa.key sa.pub; do cp "$keys/$key" "$root/etc/kubernetes/"; done
mkdir -p "$root/root/.ssh"
chmod 700 "$root/root/.ssh"
cp "$keys/ssh.pub" "$root/root/.ssh/authorized_keys"
chown -R root:root "$root/root/.ssh"

mkdir -p "$root/var/lib/lab"
cp "$cache/small.tar" "$root/var/lib/lab/"
echo node1 > "$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 node1\n' > "$root/etc/hosts"
[ -s "$root/etc/machine-id" ] || tr -d - < /proc/sys/kernel/random/uuid > "$root/etc/machine-id"
echo '/dev/vda / ext4 defaults,noatime 0 0' > "$root/etc/fstab"
# In a node-wide OOM the kernel is to choose among pods, as on a node whose services are protected.
for unit in ssh systemd-journald rsyslog dbus systemd-networkd systemd-udevd systemd-logind serial-getty@ containerd; do
  mkdir -p "$root/etc/systemd/system/$unit.service.d"
  printf '[Service]\nOOMScoreAdjust=-999\n' > "$root/etc/systemd/system/$unit.service.d/oom.conf"
done
chroot "$root" systemctl --quiet enable systemd-networkd ssh containerd rsyslog lab-etcd kube-apiserver kube-controller-manager kube-scheduler kubelet lab-ledger lab-events
for unit in docker docker.socket etcd earlyoom auditd systemd-oomd oomd cron e2scrub_all.timer fstrim.timer logrotate.timer; do chroot "$root" systemctl --quiet disable "$unit" 2>/dev/null || true; done
chroot "$root" systemctl --quiet mask systemd-networkd-wait-online.service systemd-firstboot.service apt-daily.timer apt-daily-upgrade.timer man-db.timer systemd-oomd.socket
gcc -static -O1 -o "$root/usr/local/bin/eat" "$here/eat.c"
cp "$root/usr/local/bin/eat" "$root/usr/local/bin/hog"

# Images are unpacked here, where it takes seconds.
rm -rf "$root/var/lib/containerd"
run=$(mktemp -d)
printf 'version = 2\nroot = "%s/var/lib/containerd"\nstate = "%s/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "%s/socket"\n' "$root" "$run" "$run" > "$run/config.toml"
containerd --config "$run/config.toml" 2> "$run/log" &
containerd=$!
trap 'kill $containerd 2>/dev/null || true' EXIT
tries=0
until ctr --address "$run/socket" version > /dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || { cat "$run/log" >&2; exit 1; }
  sleep 0.2
done
for image in small why137; do ctr --address "$run/socket" --namespace k8s.io images import "$cache/$image.tar"; done
kill "$containerd"
wait "$containerd" || true
trap - EXIT
rm -rf "$run"

rm -f "$cache/disk.img"
truncate -s 6G "$cache/disk.part"
mkfs.ext4 -q -d "$root" "$cache/disk.part"
mv "$cache/disk.part" "$cache/disk.img"
cp "$root"/boot/vmlinuz-* "$root"/boot/initrd.img-* "$cache/"
