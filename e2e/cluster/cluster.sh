#!/bin/bash
# The embedded cluster: a real Kubernetes on one node, in namespaces of its own. `./dev up` calls this.
#
#   cluster.sh up                    one Ready node; again, it changes nothing
#   cluster.sh down [--all]          ends it; --all also forgets the images that the node has
#   cluster.sh status                prints what runs, and whether the cluster is ready (exit status)
#   cluster.sh load NAME...          hands built images (see e2e/images) to the node
#   cluster.sh exec COMMAND...       runs a command in the node's namespaces
#   cluster.sh stop|kill|start NAME  one program: etcd apiserver kcm scheduler containerd kubelet proxy
#   cluster.sh relay PORT HOST:PORT  makes an address of the cluster (DNS names work) reachable on 127.0.0.1:PORT
#   cluster.sh forward HOST:PORT     the same in the foreground, on a port that it prints (ADDRESS TARGET)
#
# CRESSET_E2E_DIR (default /var/lib/cresset-e2e) holds everything, CRESSET_API_PORT (6443) and
# CRESSET_GATEWAY_PORT (8080) are where the API server and the gateway are on 127.0.0.1, and
# CRESSET_GATEWAY_SERVICE (cresset-gateway.cresset-system.svc.cluster.local:80) is what the latter leads to.
set -u -o pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$CLUSTER_SOURCE/pki.sh"

DIR=$(realpath -m "${CRESSET_E2E_DIR:-/var/lib/cresset-e2e}")
STATE=$DIR/state PKI=$DIR/pki
CLUSTER_NAME=cresset-e2e
[ "$DIR" = /var/lib/cresset-e2e ] || CLUSTER_NAME=cresset-e2e-$(printf '%s' "$DIR" | sha256sum | cut -c1-8)
API_PORT=${CRESSET_API_PORT:-6443}
GATEWAY_PORT=${CRESSET_GATEWAY_PORT:-8080}
GATEWAY=${CRESSET_GATEWAY_SERVICE:-cresset-gateway.cresset-system.svc.$CLUSTER_DOMAIN:80}
SYSTEM_IMAGES="pause coredns"
PROGRAMS="etcd apiserver kcm scheduler containerd kubelet proxy"
. "$CLUSTER_SOURCE/node.sh"
. "$CLUSTER_SOURCE/components.sh"
. "$CLUSTER_SOURCE/load_images.sh"
. "$CLUSTER_SOURCE/relay.sh"
. "$CLUSTER_SOURCE/up_down.sh"

usage() { sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

take_lock() {
  mkdir -p "$DIR" || die "cannot make $DIR"
  exec 9>"$DIR.lock"
  flock -n 9 || { say "waiting for another command on $DIR"; flock 9; }
}

need_node() { node_is_up || die "no cluster runs in $DIR; \`./dev up\` starts one"; }

one_program() { # VERB NAME
  need_node
  case " $PROGRAMS " in *" $2 "*) ;; *) die "program is '$2'; allowed are: $PROGRAMS" ;; esac
  case $1 in
    stop) node_stop "$2" ;;
    kill) node_stop "$2" KILL ;;
    start) use_kube && "start_$2" ;;
  esac
}

[ $# -ge 1 ] || usage
verb=$1; shift
[ "$(id -u)" = 0 ] || die "the embedded cluster needs root (namespaces, mounts, cgroups): run it with sudo"
use_node node1
case $verb in
  up) [ $# = 0 ] || usage; take_lock; up ;;
  down) take_lock; down "$@" ;;
  status) status ;;
  load) [ $# -ge 1 ] || usage; need_node; take_lock; load_images "$@" ;;
  exec) [ $# -ge 1 ] || usage; need_node; in_node "$@" ;;
  stop | kill | start) [ $# = 1 ] || usage; take_lock; one_program "$verb" "$1" ;;
  relay) [ $# = 2 ] || usage; need_node; take_lock; start_relay "relay.$1" "127.0.0.1:$1=$2" ;;
  forward) [ $# = 1 ] || usage; need_node; exec_relay "127.0.0.1:0=$1" ;;
  *) usage ;;
esac
