#!/bin/bash
# A real etcd and kube-apiserver on loopback, for integration tests: no kubelet, no network namespace.
#
#   control_plane.sh start DIR [--controllers LIST [--qps N] [--controllers-flag FLAG]...]
#                               ready when it returns; DIR/kubeconfig is the administrator's
#   control_plane.sh stop DIR   ends what start started and removes DIR
#
# Several may run at once, each in its own DIR. RBAC is on, service-account tokens and TokenReview work, and
# pods can be created without a service account being there first. --controllers adds a controller-manager
# with the named controllers ("default": garbage collection, jobs, namespaces and service accounts), which
# sends at most N requests a second (300) and takes each FLAG (--NAME=VALUE) after its own.
set -u
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$CLUSTER_SOURCE/pki.sh"

DEFAULT_CONTROLLERS=garbage-collector-controller,job-controller,namespace-controller
DEFAULT_CONTROLLERS+=,serviceaccount-controller,root-ca-certificate-publisher-controller
READY_SECONDS=${CRESSET_READY_SECONDS:-60}

usage() { sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

# run NAME COMMAND...: starts it with a log of its own and remembers it.
run() {
  local name=$1 pid; shift
  setsid "$@" >"$DIR/$name.log" 2>&1 </dev/null &
  pid=$!
  disown $pid
  state_set "$name" "$(identity $pid)"
}

free_ports() {
  "$PYTHON" - "$1" <<'P'
import socket, sys
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))
P
}

start_etcd() { run etcd "$CRESSET_KUBE" etcd "${ETCD_FLAGS[@]}"; }

start_apiserver() { # API_PORT
  run apiserver "$CRESSET_KUBE" kube-apiserver "${APISERVER_ETCD_FLAGS[@]}" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$1" \
    --endpoint-reconciler-type=none --service-cluster-ip-range=$SERVICE_CIDR \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
    --client-ca-file="$PKI/ca.crt" --authorization-mode=RBAC \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --service-account-issuer=$SERVICE_ACCOUNT_ISSUER --disable-admission-plugins=ServiceAccount \
    --max-requests-inflight=3000 --max-mutating-requests-inflight=1000 \
    --shutdown-delay-duration=0s --profiling=false \
    --audit-policy-file="$CLUSTER_SOURCE/config/audit-policy.yaml" --audit-log-path="$DIR/audit.log" \
    --audit-log-maxsize=$AUDIT_LOG_MEGABYTES
}

start_controllers() { # LIST QPS FLAG...
  local list=$1 qps=$2; shift 2
  write_kubeconfig "$DIR/kcm.kubeconfig" "$SERVER" kcm
  run kcm "$CRESSET_KUBE" kube-controller-manager --kubeconfig="$DIR/kcm.kubeconfig" --controllers="$list" \
    --secure-port=0 --leader-elect=false --kube-api-qps="$qps" --kube-api-burst=$((qps * 2)) \
    --use-service-account-credentials=true --service-account-private-key-file="$PKI/sa.key" \
    --root-ca-file="$PKI/ca.crt" "$@"
}

try_start() {
  local ports
  ports=($(free_ports 3)) || return 1
  SERVER=https://127.0.0.1:${ports[2]}
  etcd_flags "${ports[0]}" "${ports[1]}"
  start_etcd
  start_apiserver "${ports[2]}"
  wait_for "$READY_SECONDS" ready_or_dead
  api_is_ready "$SERVER" "$PKI/ca.crt"
}
ready_or_dead() { api_is_ready "$SERVER" "$PKI/ca.crt" || is_gone "$(state_get apiserver)" || is_gone "$(state_get etcd)"; }

start() {
  local controllers="" qps=300 flags=()
  while [ $# -gt 0 ]; do
    case $1 in
      --controllers) controllers=${2:?"--controllers wants a list"}; shift 2 ;;
      --qps) qps=${2:?"--qps wants a number"}; shift 2 ;;
      --controllers-flag) flags+=("${2:?"--controllers-flag wants a flag"}"); shift 2 ;;
      *) usage ;;
    esac
  done
  [ "$controllers" != default ] || controllers=$DEFAULT_CONTROLLERS
  use_kube || exit 1
  [ ! -e "$STATE" ] || stop
  mkdir -p "$DIR" && : > "$STATE" || die "cannot write to $DIR"
  make_control_plane_pki || die "openssl could not make the keys in $PKI"
  if ! try_start; then
    # Another process may have taken a port between the look and the use: once more, with new ones.
    stop_processes; rm -rf "$DIR/etcd"
    try_start || { tail -n 25 "$DIR/etcd.log" "$DIR/apiserver.log" >&2; stop_processes
      die "the control plane in $DIR was not ready in $READY_SECONDS s; the logs' ends are above"; }
  fi
  write_kubeconfig "$DIR/kubeconfig" "$SERVER" admin
  [ -z "$controllers" ] || start_controllers "$controllers" "$qps" "${flags[@]}"
  echo "$DIR/kubeconfig"
}

stop_processes() {
  end_process "$(state_get kcm)" 2
  end_process "$(state_get apiserver)" 1   # it would wait for open watches
  end_process "$(state_get etcd)" 2
}

stop() {
  [ -e "$STATE" ] || die "there is no control plane in $DIR (no file $STATE)"
  stop_processes
  rm -rf --one-file-system "$DIR"
}

[ $# -ge 2 ] || usage
verb=$1 DIR=$(realpath -m "$2"); shift 2
STATE=$DIR/state PKI=$DIR/pki
case $verb in start) start "$@" ;; stop) [ $# = 0 ] || usage; stop ;; *) usage ;; esac
