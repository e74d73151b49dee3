# The verbs that have to do with the embedded cluster. Needs the other parts of cmake/dev.

E2E_DIR=$(realpath -m "${CRESSET_E2E_DIR:-/var/lib/cresset-e2e}")
CLUSTER=$ROOT/e2e/cluster/cluster.sh
IMAGES="pause coredns versitygw cresset cresset-worker"

cluster_is_up() { "$CLUSTER" status >/dev/null 2>&1; }

# What the demo and the stories are told about the cluster.
export_cluster() {
  export KUBECONFIG=$E2E_DIR/kubeconfig
  export CRESSET_GATEWAY=http://127.0.0.1:${CRESSET_GATEWAY_PORT:-8080}
  export CRESSET_AUDIT_LOG=$E2E_DIR/logs/audit.log
}

verb_up() {
  [ $# = 0 ] || die "./dev up takes no arguments, found: $*"
  need_root up "namespaces, mounts and cgroups"
  install_packages
  "$CLUSTER" up
}

verb_down() { need_root down "it ends what ./dev up started"; "$CLUSTER" down "$@"; }

verb_images() {
  local names=${*:-$IMAGES} targets=()
  install_packages
  case " $names " in *" cresset "*) targets+=(cresset) ;; esac
  case " $names " in *" cresset-worker "*) targets+=(cresset-worker) ;; esac
  [ ${#targets[@]} = 0 ] || step "building ${targets[*]}" -- build_preset release "${targets[@]}" || return 1
  case " $names " in *" cresset-worker-cuda "*) step "building the CUDA worker" -- build_preset cuda cresset-worker || return 1 ;; esac
  [ -n "${CRESSET_TORCH_ROOT:-}" ] || stage_libraries || return 1
  use_kube && use_versitygw || return 1
  step "making images" -- "$PYTHON" "$ROOT/e2e/images/images.py" build $names || return 1
  ! is_root || ! cluster_is_up || step "handing them to the cluster's node" -- "$CLUSTER" load $names
}

verb_kubectl() {
  use_kube || return 1
  [ -e "$E2E_DIR/kubeconfig" ] || [[ " $* " == *" --kubeconfig"* ]] || die "no cluster in $E2E_DIR; ./dev up starts one"
  export KUBECONFIG=$E2E_DIR/kubeconfig
  exec "${CRESSET_KUBE%/*}/kubectl" "$@"
}

verb_helm() {
  use_helm "${CRESSET_HELM:-4}" || return 1
  export KUBECONFIG=$E2E_DIR/kubeconfig
  exec "$CRESSET_HELM_BIN" "$@"
}

install_chart() {
  use_helm 4 && "$CRESSET_HELM_BIN" upgrade --install cresset "$ROOT/helm/cresset" --namespace cresset-system \
    --create-namespace --values "$ROOT/build/images/values.yaml" --wait --timeout 120s >"$ROOT/build/helm.log" 2>&1 && return 0
  cat "$ROOT/build/helm.log" >&2
  "${CRESSET_KUBE%/*}/kubectl" -n cresset-system get pods,events >&2
  return 1
}

# ready_for_stories: images, cluster and chart are there.
ready_for_stories() {
  verb_images && verb_up && export_cluster && use_venv && use_kube &&
    step "installing the chart" -- install_chart
}

verb_demo() {
  need_root demo "it starts a Kubernetes cluster"
  install_packages
  use_venv || return 1
  export_cluster
  exec python "$ROOT/e2e/demo/demo.py" "$@"
}

verb_e2e() {
  local story=${1:-}
  [ -z "$story" ] || [ -d "$ROOT/e2e/stories/$story" ] ||
    die "there is no story '$story'; allowed are: $(cd "$ROOT/e2e/stories" && ls -d */ | tr -d / | grep -v '^support$\|^__' | xargs)"
  need_root e2e "it starts a Kubernetes cluster"
  ready_for_stories || return 1
  python -m pytest -q -p no:cacheprovider "$ROOT/e2e/stories/$story" "${@:2}"
}

# benches: a file of tests/bench that has a main is one, or a folder with such a bench.py.
benches() { (cd "$ROOT/tests/bench" && grep -l '^def main(' ./*.py ./*/bench.py) | sed 's#^\./##; s#\(/bench\)\?\.py$##' | xargs; }

# What the lines "# builds: TARGET..." and "# needs: TOOL..." of a bench name is made first.
verb_bench() {
  local name=${1:-} file targets tool preset=release
  benches | tr ' ' '\n' | grep -qxF -- "$name" || die "./dev bench wants a name, found '$name'; allowed are: $(benches)"
  file=$ROOT/tests/bench/$name.py
  [ -e "$file" ] || file=$ROOT/tests/bench/$name/bench.py
  targets=$(sed -n 's/^# builds: //p' "$file")
  install_packages
  case " ${*:2} " in *" --device cuda "*) with_libtorch_cuda; preset=cuda ;; esac
  [ -z "$targets" ] || step "building $targets" -- build_preset $preset $targets || return 1
  for tool in $(sed -n 's/^# needs: //p' "$file") kube; do "use_$tool" || return 1; done
  use_venv || return 1
  export_cluster
  exec python "$file" "${@:2}"
}
