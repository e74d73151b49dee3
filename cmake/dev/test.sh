# ./dev test: the stages, what each counted, and the sum as the very last line. Needs the other parts.

STAGES="lint build unit integration sanitizers stories"
MORE_STAGES="sanitizers_torch dockerfile"
APART="gpu"   # wants a GPU: by its name alone
RESULTS=$ROOT/build/test

# check NAME COMMAND...: one counted check; its result becomes a JUnit file like any other.
check() {
  local name=$1 rc=0; shift
  "$@" >&2 || rc=$?
  "$PYTHON" "$ROOT/cmake/dev/results.py" note "$RESULTS/$STAGE/$name.xml" "$name" $rc
}

stage_lint() {
  install_packages
  check arrows_file_lengths_headers_pure_folders_unit_tests_todos "$PYTHON" "$ROOT/cmake/lint.py"
  check format format_check
  check shell_syntax shell_check
  check schemas schemas_check
}

stage_build() {
  build_preset release || return 1
  use_kube && use_relay && use_versitygw && use_fake_gcs_server || return 1
  check every_header_compiles_alone ninja -C "$ROOT/build/release" -j "$JOBS" headers_alone
  check preset_dev_configures configure_preset dev   # no other stage makes it
  check the_worker_with_kernels_for_gpus_builds build_preset cuda cresset-worker kernels worker_cuda_test
  check the_worker_with_kernels_for_gpus_starts "$ROOT/build/cuda/worker/cresset-worker" --version
}

# ended NAME CODE REPORT CODE...: a run that ended with none of the later codes, or left no report, died: a
# failure of its own, since what it did not reach is in no count.
ended() {
  local name=$1 code=$2 report=$3; shift 3
  [ -s "$report" ] || code+=", and it left no report"
  case " $* " in *" $code "*) return 0 ;; esac
  "$PYTHON" "$ROOT/cmake/dev/results.py" note "$RESULTS/$STAGE/ended-$name.xml" "$name as a whole" "$code"
}

# run_ctest PRESET [LABEL]: cases are counted by GoogleTest's own reports, a crash by ctest's. 8: some failed.
run_ctest() {
  local cases=$RESULTS/$STAGE/cases-$1 report=$RESULTS/$STAGE/ctest-$1.xml rc=0
  mkdir -p "$cases"
  GTEST_OUTPUT=xml:$cases/ ctest --test-dir "$ROOT/build/$1" -j "$JOBS" -L "${2:-unit}" --output-on-failure --no-tests=error \
    --output-junit "$report" >&2 || rc=$?
  ended "ctest-$1" $rc "$report" 0 8
}

# run_pytest NAME FOLDER... 1: some failed.
run_pytest() {
  local name=$1 report=$RESULTS/$STAGE/$1.xml rc=0; shift
  python -m pytest -q -p no:cacheprovider --rootdir="$ROOT" -o junit_family=xunit2 --durations=5 --junitxml="$report" "$@" >&2 || rc=$?
  ended "$name" $rc "$report" 0 1
}

stage_unit() { build_preset release && run_ctest release; }

# The folders of integration, longest first.
INTEGRATION="tests/integration/hardship tests/faults tests/integration tests/soak e2e/cluster tests/transitions
  tests/upgrade tests/stores cmake/dev tests/bench tests/fuzz e2e/images"
# What states seconds, and so runs when they are through.
ALONE="e2e/cluster/seconds_test.py"

# run_folder FOLDER: what is shown goes into a file of its own. Without what is below it and listed itself.
run_folder() {
  local name=${1//\//-} folder inner=()
  for folder in $INTEGRATION $ALONE; do
    case $folder in "$1"/*) inner+=("--ignore=$ROOT/$folder") ;; esac
  done
  run_pytest "$name" "$ROOT/$1" "${inner[@]}" >"$RESULTS/$STAGE/$name.log" 2>&1 </dev/null
}

# Each folder in a run of its own, so that one that cannot be collected does not take the others with it; two at once,
# with control planes of their own: alone, each waits for a good part of its time.
stage_integration() {
  local folder name running=0
  build_preset release || return 1
  use_venv && use_kube && use_relay && use_versitygw && use_fake_gcs_server && use_helm 3 && use_helm 4 || return 1
  set -m   # a process group for each, so that none outlives this
  trap 'for job in $(jobs -p); do kill -INT -- "-$job"; done 2>/dev/null; wait' EXIT
  for folder in $INTEGRATION; do
    [ $running -lt 2 ] || { wait -n; running=$((running - 1)); }
    say "==> $folder"
    run_folder "$folder" &
    running=$((running + 1))
  done
  wait
  for folder in $ALONE; do run_folder "$folder"; done
  for folder in $INTEGRATION $ALONE; do
    name=${folder//\//-}
    say "==> $folder"
    cat "$RESULTS/$STAGE/$name.log" >&2
    # Killed, what it did not reach is in no count.
    compgen -G "$RESULTS/$STAGE/*$name.xml" >/dev/null || check "$name-left_a_report" false
  done
}

stage_sanitizers() {
  local preset
  for preset in asan tsan; do build_preset $preset && run_ctest $preset || return 1; done
}

# The parts that need libtorch, for `--all`: libtorch itself is not instrumented.
stage_sanitizers_torch() { build_preset asan-torch && run_ctest asan-torch; }

# On a Debian that has nothing yet, so that a package which packages.txt lacks shows here.
stage_dockerfile() {
  local target
  need_root "test dockerfile" "it makes root file systems"
  for target in cresset cresset-worker cresset-worker-cuda; do check "dockerfile_$target" "$ROOT/e2e/images/dockerfile.sh" $target; done
}

# On a machine with a GPU, where it fails if CUDA finds none.
stage_gpu() {
  with_libtorch_cuda
  build_preset cuda cresset-worker kernels worker_cuda_test worker_train_gpu_test worker_dist_nccl_test || return 1
  run_ctest cuda gpu
}

stage_stories() {
  need_root "test stories" "it starts a Kubernetes cluster"
  [ ! -e "$E2E_DIR/state" ] || say "the cluster in $E2E_DIR is ended first, kept or not: the stories begin with a new one" \
    "(CRESSET_E2E_DIR, CRESSET_API_PORT and CRESSET_GATEWAY_PORT give them another beside it)"
  "$CLUSTER" down >/dev/null 2>&1
  if ready_for_stories; then run_pytest pytest "$ROOT/e2e/stories"
  else check the_cluster_and_the_chart_come_up false; fi
  "$CLUSTER" down
}

run_stage() {
  local begin rc=0
  STAGE=$1 begin=$(now_ms)
  rm -rf "${RESULTS:?}/$STAGE" && mkdir -p "$RESULTS/$STAGE"
  say ""
  say "######## $STAGE"
  # A subshell, so that what a stage exports and where it dies stays inside.
  (stage_"$STAGE") || { rc=1; check "stage_$STAGE" false; }
  seconds_since "$begin" > "$RESULTS/$STAGE/seconds"
  return $rc
}

# The operator under every fault; what differs is in build/faults. --sanitized: an operator of the preset asan, whose
# reports end it (O5), behind the proxy of release.
verb_faults() {
  local word words=() operator=()
  for word in "$@"; do
    case $word in --sanitized) operator=(--operator "$ROOT/build/asan/operator/cresset" --patience 120) ;; *) words+=("$word") ;; esac
  done
  install_packages
  step "building cresset and the fault proxy" -- build_preset release cresset fault_proxy || return 1
  [ ${#operator[@]} = 0 ] || step "building cresset under ASan and UBSan" -- build_preset asan cresset || return 1
  use_venv && use_kube || return 1
  exec python "$ROOT/tests/faults/suite.py" "${operator[@]}" "${words[@]}"
}

# with_operator FOLDER ARGUMENTS...: tests/FOLDER/suite.py with an operator before a real kube-apiserver.
with_operator() {
  local folder=$1; shift
  install_packages
  step "building cresset" -- build_preset release cresset || return 1
  use_venv && use_kube || return 1
  exec python "$ROOT/tests/$folder/suite.py" "$@"
}
verb_transitions() { with_operator transitions "$@"; }
verb_soak() { with_operator soak "$@"; }
verb_keep_state() { with_operator upgrade "$@"; }

verb_test() {
  local stage stages=${*:-$STAGES}
  [ "$stages" != --all ] || stages="$STAGES $MORE_STAGES"
  for stage in $stages; do
    case " $STAGES $MORE_STAGES $APART " in *" $stage "*) ;; *) die "stage is '$stage'; allowed are: --all, $STAGES $MORE_STAGES $APART" ;; esac
  done
  rm -rf "$RESULTS"
  for stage in $stages; do
    run_stage "$stage" || [ "$stage" != build ] || break   # nothing after a build that failed can run
  done
  "$PYTHON" "$ROOT/cmake/dev/results.py" sum "$RESULTS" $stages
}
