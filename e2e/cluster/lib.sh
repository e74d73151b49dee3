# Shared by cluster.sh and control_plane.sh: the programs, the state file, processes, waiting.
# Source it; it finds ROOT by itself.

ROOT=${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
CLUSTER_SOURCE=$ROOT/e2e/cluster
. "$ROOT/cmake/dev/lib.sh"
. "$ROOT/cmake/dev/wheels.sh"
. "$ROOT/cmake/dev/tools.sh"

CLUSTER_DOMAIN=cluster.local
SERVICE_CIDR=10.96.0.0/20
API_SERVICE_IP=10.96.0.1
DNS_SERVICE_IP=10.96.0.10
SERVICE_ACCOUNT_ISSUER=https://kubernetes.default.svc.$CLUSTER_DOMAIN
# More than an audit log ever has: whoever reads it reads one file. With 0 it is turned at 100 MB (before Kubernetes 1.36).
AUDIT_LOG_MEGABYTES=1000000

# The state file: one KEY=VALUE a line, rewritten atomically. Needs $STATE.
state_get() { sed -n "s/^$1=//p" "$STATE" 2>/dev/null; }
state_set() { { grep -v "^$1=" "$STATE" 2>/dev/null; echo "$1=$2"; } > "$STATE.new"; mv "$STATE.new" "$STATE"; }

# identity PID [PROC]: "PID:START", where START tells this process from a later one of that number.
identity() {
  local stat
  stat=$(cat "${2:-/proc}/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  set -- "$1" $stat
  [ "$2" != Z ] && [ "$2" != X ] && printf '%s:%s' "$1" "${21}"
}

# is_alive PID:START [PROC]
is_alive() { [ -n "$1" ] && [ "$(identity "${1%%:*}" "${2:-/proc}")" = "$1" ]; }
is_gone() { ! is_alive "$@"; }

# end_process PID:START SECONDS: SIGTERM, then SIGKILL after the bound.
end_process() {
  is_alive "$1" || return 0
  kill "${1%%:*}" 2>/dev/null
  wait_for "$2" is_gone "$1" && return 0
  kill -KILL "${1%%:*}" 2>/dev/null
  wait_for 5 is_gone "$1"
}

# put FILE: standard input becomes FILE, which is only touched when it changes.
put() {
  cat > "$1.new"
  if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

# wait_or_explain SECONDS WHAT LOG COMMAND...: waits; on failure prints the end of LOG and returns 1.
wait_or_explain() {
  local seconds=$1 what=$2 log=$3; shift 3
  wait_for "$seconds" "$@" && return 0
  say "error: $what did not happen in $seconds s. The end of $log:"
  tail -n 25 "$log" >&2
  return 1
}

# api_is_ready SERVER CA
api_is_ready() { [ "$(curl -s -m 2 --cacert "$2" "$1/readyz" 2>/dev/null)" = ok ]; }
