#!/bin/sh
# Puts node and journalctl, with every library that they load, into a directory that becomes the whole file system of
# the image: no shell, no package manager, nothing else. Usage: collect.sh DIRECTORY.
set -eu
out=$1
mkdir -p "$out/usr/bin" "$out/etc" "$out/tmp" "$out/var/lib" "$out/run" "$out/proc" "$out/sys" "$out/dev"
chmod 1777 "$out/tmp"
# As Debian has it since 12: /lib and the like are links into /usr.
for dir in bin lib lib64 sbin; do [ -L "/$dir" ] && ln -s "usr/$dir" "$out/$dir" && mkdir -p "$out/usr/$dir"; done

# A file at its own place, and at the place that it is a link to.
copy() {
  real=$(readlink -f "$1")
  for path in "$1" "$real"; do
    # /lib/… is /usr/lib/….
    case $path in /lib/* | /lib64/*) path=/usr$path ;; esac
    [ -e "$out$path" ] && continue
    mkdir -p "$out$(dirname "$path")"
    cp "$real" "$out$path"
    chmod 755 "$out$path"
  done
}
libraries() { ldd "$1" | grep -o '/[^ )]*'; }

cp "$(readlink -f "$(command -v node)")" "$out/usr/bin/node"
cp "$(command -v journalctl)" "$out/usr/bin/journalctl"
for library in $(libraries "$out/usr/bin/node") $(libraries "$out/usr/bin/journalctl"); do copy "$library"; done
# What journalctl opens by name when a journal needs it: its compressions and its patterns (-g).
found=$(ldconfig -p)
for name in libzstd.so.1 liblz4.so.1 liblzma.so.5 libpcre2-8.so.0; do
  library=$(printf '%s\n' "$found" | awk -v name="$name" '$1 == name { print $NF; exit }')
  [ -n "$library" ] || { echo "collect.sh: $name is missing; install it, or journals that need it cannot be read." >&2; exit 1; }
  copy "$library"
  for needed in $(libraries "$library"); do copy "$needed"; done
done

printf 'root:x:0:0:root:/:/usr/sbin/nologin\nnobody:x:65532:65532:nobody:/:/usr/sbin/nologin\n' > "$out/etc/passwd"
printf 'root:x:0:\nadm:x:4:\nnobody:x:65532:\n' > "$out/etc/group"
cp /etc/os-release "$out/etc/os-release"
mkdir -p "$out/app/licenses"
# The licences of what was taken from Debian and Node.js.
for package in systemd libsystemd-shared libsystemd0 libc6 libstdc++6 libgcc-s1 libzstd1 liblz4-1 liblzma5 libpcre2-8-0; do
  [ -e "/usr/share/doc/$package/copyright" ] && cp -L "/usr/share/doc/$package/copyright" "$out/app/licenses/$package"
done
for licence in /usr/local/LICENSE /usr/local/share/doc/node/LICENSE; do [ -e "$licence" ] && cp "$licence" "$out/app/licenses/nodejs"; done
# The same files give the same image.
find "$out" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
