# Images for a node's containerd. Source it after lib.sh and node.sh.

CONTAINERD_SOCKET=/run/containerd/containerd.sock

node_ctr() { in_node ctr --address $CONTAINERD_SOCKET --namespace k8s.io "$@"; }

# build_images NAME...: makes them in the shared store; prints the table.
build_images() {
  case " $* " in *" coredns "*) use_kube || return 1 ;; esac
  case " $* " in *" versitygw "*) use_versitygw || return 1 ;; esac
  case " $* " in *" cresset-worker"*) stage_libraries || return 1 ;; esac
  "$PYTHON" "$ROOT/e2e/images/images.py" build "$@"
}

# has_image NAME: whether the node has the tree's last build of it, under both tags.
has_image() {
  local tag
  tag=$("$PYTHON" "$ROOT/e2e/images/images.py" tag "$1") || return 1
  node_ctr images ls -q "name==$tag" | grep -qxF "$tag" && [ "$(image_digest "localhost/$1:dev")" = "$(image_digest "$tag")" ]
}
image_digest() { node_ctr images ls "name==$1" | awk -v name="$1" '$1 == name {print $3}'; }

# load_images NAME...: hands built images to the node, without the layers it has already.
load_images() {
  local name missing=() present
  for name in "$@"; do has_image "$name" || missing+=("$name"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  present=$(mktemp)
  node_ctr content ls -q > "$present"
  "$PYTHON" "$ROOT/e2e/images/images.py" archive --present "$present" - "${missing[@]}" |
    node_ctr images import --digests=false - >"$DIR/logs/$NODE/import.log" 2>&1
  local rc=$?
  rm -f "$present"
  [ $rc = 0 ] || { tail -n 25 "$DIR/logs/$NODE/import.log" >&2; return 1; }
}

# forget_containers: what a killed run left in containerd's books. True when there was something.
forget_containers() {
  local left
  left=$(node_ctr containers ls -q)
  [ -n "$left" ] || return 1
  node_ctr containers rm $left >/dev/null 2>&1
  return 0
}
