# One node of the cluster: its namespaces, its cgroup, its processes. Source it after lib.sh.
#
# Everything of a node lives in $NODE_DIR and behind one process (node/init.sh); killing that process ends
# the node. Needs $DIR, $STATE, $CLUSTER_NAME; use_node NAME sets the NODE_* variables.

NODE_SHADOWED="lib/kubelet lib/containerd lib/cni log/pods log/containers"   # below /var, a node's own

use_node() {
  NODE=$1
  NODE_DIR=$DIR/nodes/$1
  NODE_ADDRESS=10.88.0.1 NODE_PREFIX=24
  POD_CIDR=10.244.0.0/24
  CGROUP=$CLUSTER_NAME-$1
}

node_init() { state_get "$NODE.init"; }
node_is_up() { is_alive "$(node_init)"; }

# in_node COMMAND...: inside the node's namespaces, and without this script's locks.
in_node() { local init; init=$(node_init); nsenter --target "${init%%:*}" --net --mount --pid -- "$@" 8>&- 9>&-; }

node_proc() { local init; init=$(node_init); echo "/proc/${init%%:*}/root/proc"; }

# node_runs NAME: whether the node's process of that name is alive.
node_runs() { is_alive "$(state_get "$NODE.$1")" "$(node_proc)"; }

# node_start NAME COMMAND...: starts it in the node unless it runs; its log is $DIR/logs/NODE/NAME.log.
node_start() {
  local name=$1 pid; shift
  node_runs "$name" && return 0
  pid=$(in_node sh -c 'log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null & echo $!' \
    start "$DIR/logs/$NODE/$name.log" "$@")
  state_set "$NODE.$name" "$(identity "$pid" "$(node_proc)")"
}

# node_stop NAME [SIGNAL]
node_stop() {
  local id
  id=$(state_get "$NODE.$1")
  node_runs "$1" || return 0
  in_node kill "-${2:-TERM}" "${id%%:*}"
  wait_for 10 is_gone "$id" "$(node_proc)" || in_node kill -KILL "${id%%:*}"
}

cgroup_hierarchies() { ls -d /sys/fs/cgroup/*/ | grep -v /unified/ ; [ ! -e /sys/fs/cgroup/cgroup.procs ] || echo /sys/fs/cgroup/; }

make_cgroup() {
  local parent
  for parent in $(cgroup_hierarchies); do
    [ -e "$parent/cgroup.procs" ] || continue
    mkdir -p "$parent$CGROUP"
    for file in cpuset.cpus cpuset.mems; do   # a cpuset takes no process before it has both
      [ -e "$parent$file" ] && cat "$parent$file" > "$parent$CGROUP/$file"
    done
  done
  return 0
}

cgroup_is_removed() {
  local folder left=0
  for folder in /sys/fs/cgroup/*/"$CGROUP" /sys/fs/cgroup/"$CGROUP"; do
    [ -d "$folder" ] || continue
    find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null
    [ ! -d "$folder" ] || left=1
  done
  return $left
}

# make_node: the namespaces, once; the process that holds them outlives this one.
make_node() {
  local folder
  node_is_up && return 0
  for folder in $NODE_SHADOWED; do
    mkdir -p "$NODE_DIR/var/$folder"
    [ -d "/var/$folder" ] || { state_set "made./var/$folder" yes; mkdir "/var/$folder"; }
  done
  mkdir -p "$DIR/logs/$NODE" "$NODE_DIR/conf/cni"
  rm -f "$NODE_DIR/init"
  make_cgroup
  setsid unshare --net --mount --pid --fork "$CLUSTER_SOURCE/node/init.sh" \
    "$NODE_DIR" "$NODE_ADDRESS/$NODE_PREFIX" </dev/null >"$DIR/logs/$NODE/init.log" 2>&1 8>&- 9>&- &
  disown $!
  wait_or_explain 10 "the start of $NODE's namespaces" "$DIR/logs/$NODE/init.log" test -e "$NODE_DIR/init" || return 1
  state_set "$NODE.init" "$(identity "$(cat "$NODE_DIR/init")")"
}

# unmake_node: ends everything in the node; nothing stays but files.
unmake_node() {
  local init folder
  init=$(node_init)
  if is_alive "$init"; then
    kill -KILL "${init%%:*}"
    wait_for 20 is_gone "$init" || die "process ${init%%:*} of $NODE does not end"
  fi
  wait_for 20 cgroup_is_removed || die "the cgroup $CGROUP still has processes: $(cat /sys/fs/cgroup/*/"$CGROUP"/cgroup.procs 2>/dev/null | xargs)"
  for folder in $NODE_SHADOWED; do
    [ -z "$(state_get "made./var/$folder")" ] || rmdir --ignore-fail-on-non-empty "/var/$folder" 2>/dev/null
  done
  rm -rf --one-file-system "$NODE_DIR/var/lib/kubelet" "$NODE_DIR/var/lib/cni" "$NODE_DIR/var/log" "$NODE_DIR/init"
}
