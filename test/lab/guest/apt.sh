# To be sourced, with $cache set: the mirrors that this machine's apt uses, and an apt of its own for another release.
sources=$(cat /etc/apt/sources.list.d/*.sources /dev/null)
mirror=$(printf '%s\n' "$sources" | awk '/^URIs:/ { print $2; exit }')
security=$(printf '%s\n' "$sources" | awk '/^URIs:/ { uri = $2 } /^Suites:.*security/ { print uri; exit }')

# private_apt RELEASE: afterwards APT_CONFIG="$cache/apt-RELEASE.conf" gives that release's packages and sources.
private_apt() {
  dir=$cache/apt-$1
  mkdir -p "$dir/etc/apt.conf.d" "$dir/etc/preferences.d" "$dir/state/lists/partial" "$dir/cache/archives/partial"
  cp -r /etc/apt/auth.conf.d /etc/apt/keyrings "$dir/etc/" 2>/dev/null || true
  touch "$dir/state/status"
  signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
  printf 'deb %s %s %s main\n' "$signed" "$mirror" "$1" > "$dir/etc/sources.list"
  case $1 in
    # The newest kernel of an old release is among its security updates.
    bullseye) printf 'deb %s %s bullseye-security main\n' "$signed" "$security" >> "$dir/etc/sources.list" ;;
    # Kubernetes itself is a source package there; the release has binaries of its client alone.
    bookworm) printf 'deb-src %s %s bookworm main\n' "$signed" "$mirror" >> "$dir/etc/sources.list" ;;
  esac
  cat > "$dir.conf" <<X
Dir::Etc "$dir/etc"; Dir::Etc::sourcelist "$dir/etc/sources.list"; Dir::Etc::sourceparts "/nonexistent";
Dir::State "$dir/state"; Dir::State::status "$dir/state/status"; Dir::Cache "$dir/cache";
APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Check-Valid-Until "false";
X
  APT_CONFIG=$dir.conf apt-get update -q
}
