# Shared by ./dev, e2e/cluster and their helpers: messages, timing, the cache. Source it with ROOT set.
# Nothing here changes the machine except below $CRESSET_CACHE.

CRESSET_CACHE=${CRESSET_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cresset}
export CRESSET_CACHE

say()  { printf '%s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die()  { printf 'error: %s\n' "$*" >&2; exit 1; }

# now_ms: milliseconds since the epoch, without a child process.
now_ms() { local t=${EPOCHREALTIME/./}; printf '%s' "${t%???}"; }

# seconds_since MS: "12.3"
seconds_since() {
  local d=$(( $(now_ms) - $1 ))
  printf '%d.%d' $((d / 1000)) $((d % 1000 / 100))
}

# step WORDS -- COMMAND...: says what happens, runs it, says how long it took.
step() {
  local words=() begin rc=0
  while [ "$1" != -- ]; do words+=("$1"); shift; done
  shift
  say "==> ${words[*]}"
  begin=$(now_ms)
  "$@" || rc=$?
  if [ $rc = 0 ]; then say "    done in $(seconds_since "$begin") s"
  else say "    FAILED after $(seconds_since "$begin") s: ${words[*]}"; fi
  return $rc
}

# content_key FILE...: 16 hex digits that change only when a file's content does.
content_key() { cat "$@" | sha256sum | cut -c1-16; }

# wait_for SECONDS COMMAND...: polls until the command succeeds; fails after the bound.
wait_for() {
  local end=$(( $(now_ms) + $1 * 1000 )); shift
  until "$@" >/dev/null 2>&1; do
    [ "$(now_ms)" -lt $end ] || return 1
    sleep 0.05
  done
}

# cached DIR FUNCTION WORDS...: runs `FUNCTION NEW_DIR` once to make DIR, whole or not at all.
cached() {
  local dir=$1 make=$2; shift 2
  [ -e "$dir/.complete" ] && return 0
  mkdir -p "$(dirname "$dir")"
  exec 8>"$dir.lock"
  flock -n 8 || { say "waiting for another ./dev to finish: $*"; flock 8; }
  if [ ! -e "$dir/.complete" ]; then
    rm -rf "$dir.new" "$dir"
    mkdir -p "$dir.new"
    step "$@" -- "$make" "$dir.new" 8>&- || { rm -rf "$dir.new"; exec 8>&-; return 1; }
    touch "$dir.new/.complete"
    mv "$dir.new" "$dir"
  fi
  exec 8>&-
}

# point_at LINK TARGET: makes LINK a symlink to TARGET atomically.
point_at() { [ "$(readlink "$1")" = "$2" ] || { ln -sfn "$2" "$1.new.$$" && mv -T "$1.new.$$" "$1"; }; }
