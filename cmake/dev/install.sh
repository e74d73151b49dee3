# What the machine must have: Debian 12, its packages, room on the disk. Needs lib.sh.

OS_RELEASE=/etc/os-release
COLD_MEGABYTES=15000 WARM_MEGABYTES=3000

is_root() { [ "$(id -u)" = 0 ]; }

need_root() { is_root || die "./dev $1 needs root ($2). Run it as root: sudo ./dev $1"; }

check_distribution() {
  local name=unknown version=""
  [ ! -r "$OS_RELEASE" ] || { name=$(. "$OS_RELEASE"; echo "$ID"); version=$(. "$OS_RELEASE"; echo "${VERSION_ID:-}"); }
  [ "$name $version" = "debian 12" ] && return 0
  [ -z "${CRESSET_ANY_DISTRIBUTION:-}" ] || { warn "this is $name $version, not Debian 12; going on as you asked"; return 0; }
  die "this is $name $version, and packages are needed that ./dev only knows for Debian 12: $*." \
    "Use a Debian 12 machine or container, or install their like by hand and set CRESSET_ANY_DISTRIBUTION=1"
}

check_disk() {
  local need=$WARM_MEGABYTES folder free
  [ -e "$CRESSET_CACHE/kube/current" ] || need=$COLD_MEGABYTES
  for folder in "$ROOT" "$CRESSET_CACHE"; do
    mkdir -p "$folder" 2>/dev/null || die "cannot write to $folder; set CRESSET_CACHE to a folder that you own"
    free=$(df -Pm "$folder" | awk 'NR == 2 {print $4}')
    [ "$free" -ge $need ] || die "$folder has $free MB free, $need MB are needed." \
      "Make room, or set CRESSET_CACHE to a folder on a larger disk (\`rm -r $CRESSET_CACHE\` frees what ./dev cached)"
  done
}

# not_installed PACKAGE...: those of them.
not_installed() {
  local have
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p')
  printf '%s\n' "$@" | grep -vxF -f <(printf '%s\n' "$have")
}

missing_packages() {
  local word packages=()
  for word in $(grep -v '^#' "$ROOT/cmake/dev/packages.txt"); do
    case $word in
      *\?*) command -v "${word%\?*}" >/dev/null || packages+=("${word#*\?}") ;;
      *) packages+=("$word") ;;
    esac
  done
  not_installed "${packages[@]}"
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  local log=$CRESSET_CACHE/apt.log
  { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; } >"$log" 2>&1 ||
    { say "the end of $log:"; tail -n 15 "$log" >&2; return 1; }
}

# install_debian [PACKAGE...]: installs packages that are missing.
install_debian() {
  [ $# -gt 0 ] || return 0
  check_distribution "$*"
  is_root || die "these Debian packages are missing: $*. Install them, or run ./dev as root"
  step "installing Debian packages: $*" -- apt_install "$@" ||
    die "apt-get could not install them; the reason is above"
}

# install_packages: whatever of packages.txt is missing.
install_packages() {
  check_disk
  if ! command -v dpkg-query >/dev/null; then check_distribution "cmake/dev/packages.txt"; return 0; fi
  install_debian $(missing_packages)
}
