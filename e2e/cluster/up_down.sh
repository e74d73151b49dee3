# The order in which the cluster comes up and goes down. Source it after the other parts.

API_SECONDS=60 NODE_SECONDS=90 DNS_SECONDS=90

kubectl_here() { "${CRESSET_KUBE%/*}/kubectl" --kubeconfig="$DIR/kubeconfig" "$@"; }
log_of() { echo "$DIR/logs/$NODE/$1.log"; }

api_server_is_ready() { api_is_ready "https://127.0.0.1:$API_PORT" "$PKI/ca.crt"; }
containerd_is_ready() { node_ctr version; }
node_is_ready() {
  [ "$(kubectl_here get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
}
# Pods that are created before it exists are refused and tried again late.
default_account_exists() { kubectl_here get serviceaccount default; }
dns_is_ready() { [ "$(kubectl_here -n kube-system get deployment coredns -o 'jsonpath={.status.readyReplicas}')" = 1 ]; }

programs_run() { local p; for p in $PROGRAMS; do node_runs "$p" || return 1; done; }

is_up() {
  node_is_up && programs_run && is_alive "$(state_get relay)" && [ "$(state_get ports)" = "$API_PORT $GATEWAY_PORT" ] &&
    api_server_is_ready && node_is_ready && dns_is_ready
}

up() {
  local begin
  begin=$(now_ms)
  use_kube && use_relay || exit 1
  if is_up >/dev/null 2>&1; then
    say "the cluster is up already; nothing was changed"
    tell_how_to_use_it
    return 0
  fi
  # What a killed run left is no base to build on, unless it is a node that only needs more time or a program.
  node_is_up && [ -n "$(state_get complete)" ] || clean_up
  check_ports
  build_images $SYSTEM_IMAGES >/dev/null || exit 1
  mkdir -p "$DIR/logs"
  step "starting the control plane" -- start_control_plane || exit 1
  step "starting the node" -- start_the_node || exit 1
  step "handing it the images that are built" -- load_images $("$PYTHON" "$ROOT/e2e/images/images.py" names) || exit 1
  state_set complete yes
  say "the cluster is ready after $(seconds_since "$begin") s"
  tell_how_to_use_it
}

start_control_plane() {
  make_node || return 1
  make_cluster_pki || { say "error: openssl could not make the keys in $PKI"; return 1; }
  write_configuration
  start_etcd
  start_apiserver
  start_containerd
  if [ "$(state_get ports)" != "$API_PORT $GATEWAY_PORT" ]; then
    end_process "$(state_get relay)" 2
    check_ports
    state_set ports "$API_PORT $GATEWAY_PORT"
  fi
  start_relay relay "127.0.0.1:$API_PORT=127.0.0.1:$API_PORT_INSIDE" "127.0.0.1:$GATEWAY_PORT=$GATEWAY" || return 1
  write_kubeconfig "$DIR/kubeconfig" "https://127.0.0.1:$API_PORT" admin
  prepare_containerd || return 1
  wait_or_explain $API_SECONDS "the API server's readiness" "$(log_of apiserver)" api_server_is_ready
}

prepare_containerd() {
  wait_or_explain 30 "containerd's start" "$(log_of containerd)" containerd_is_ready || return 1
  if ! node_runs kubelet && forget_containers; then
    node_stop containerd
    start_containerd
    wait_or_explain 30 "containerd's second start" "$(log_of containerd)" containerd_is_ready || return 1
  fi
  load_images $SYSTEM_IMAGES
}

start_the_node() {
  start_kcm
  start_scheduler
  start_kubelet
  start_proxy
  wait_or_explain $NODE_SECONDS "the node's readiness" "$(log_of kubelet)" node_is_ready || return 1
  wait_or_explain 30 "the default service account" "$(log_of kcm)" default_account_exists || return 1
  kubectl_here apply -f "$DIR/dns.yaml" >"$DIR/logs/dns.log" 2>&1 || { cat "$DIR/logs/dns.log" >&2; return 1; }
  wait_or_explain $DNS_SECONDS "the cluster DNS's readiness" "$(log_of kubelet)" dns_is_ready
}

tell_how_to_use_it() {
  say "  kubeconfig   $DIR/kubeconfig      (export KUBECONFIG=$DIR/kubeconfig, or ./dev kubectl …)"
  say "  API server   https://127.0.0.1:$API_PORT"
  say "  gateway      http://127.0.0.1:$GATEWAY_PORT     (once the chart is installed)"
  say "  NetworkPolicies are stored and not enforced here: CNI's bridge plugin knows none"
}

# clean_up: everything but the images that the node has.
clean_up() {
  stop_relays
  unmake_node
  rm -rf --one-file-system "$DIR/etcd" "$DIR/pki" "$DIR/logs" "$DIR/kubeconfig" "$DIR/dns.yaml" "$NODE_DIR/conf"
  rm -f "$STATE" "$STATE.new"
}

down() {
  case "${1:-}" in "" | --all) ;; *) usage ;; esac
  clean_up
  [ "${1:-}" != --all ] || { rm -rf --one-file-system "$DIR"; rm -f "$DIR.lock"; }
  say "the cluster is down"
}

status() {
  local program
  if ! node_is_up; then echo "no cluster runs in $DIR"; return 1; fi
  use_kube || return 1
  for program in $PROGRAMS; do
    printf '%-12s %s\n' "$program" "$(node_runs "$program" && echo runs || echo "does not run")"
  done
  if is_up >/dev/null 2>&1; then echo "the cluster is ready"; else echo "the cluster is not ready"; return 1; fi
}
