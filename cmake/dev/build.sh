# Configure, build, format, lint. Needs lib.sh, install.sh, wheels.sh.

JOBS=${CRESSET_JOBS:-$(nproc)}

configure_preset() {
  local log=$ROOT/build/configure-$1.log
  mkdir -p "$ROOT/build"
  (cd "$ROOT" && cmake --preset "$1") >"$log" 2>&1 && return 0
  tail -n 30 "$log" >&2
  return 1
}

# build_preset PRESET [TARGET...]: everything without targets.
build_preset() {
  local preset=$1; shift
  install_packages
  stage_libraries || die "libtorch and Arrow could not be staged; the reason is above"
  [ "$preset" != cuda ] || stage_nvcc || die "nvcc could not be staged; the reason is above"
  configure_preset "$preset" || die "cmake --preset $preset failed; the reason is above"
  ninja -C "$ROOT/build/$preset" -j "$JOBS" "$@" >&2
}

# libtorch's part for GPUs in what is built next: of the torch that CRESSET_TORCH_CUDA names, or else of one that is fetched.
with_libtorch_cuda() {
  [ -z "${CRESSET_TORCH_CUDA:-}" ] || return 0
  install_packages
  use_pytorch || die "PyTorch could not be installed; the reason is above"
  CRESSET_TORCH_CUDA=$("$CRESSET_PYTORCH" -c 'import torch; print(*torch.__path__)') || die "PyTorch does not start; the reason is above"
  export CRESSET_TORCH_CUDA
}

verb_build() {
  local preset=release
  case ${1:-} in
    --preset) preset=${2:?"--preset wants a name: release, dev, asan, asan-torch, tsan or cuda"}; shift 2 ;;
    cuda) preset=cuda; shift ;;
    gpu) preset=cuda; shift; with_libtorch_cuda ;;
  esac
  step "building $preset ${*:-everything}" -- build_preset "$preset" "$@"
}

sources() { git -C "$ROOT" ls-files -co --exclude-standard -- '*.h' '*.cc' '*.cu' | sed "s#^#$ROOT/#"; }

format_check() { sources | xargs -r -n 40 clang-format --dry-run -Werror; }
shell_check() {
  local file rc=0
  for file in dev .ci/run $(git -C "$ROOT" ls-files -- '*.sh'); do bash -n "$ROOT/$file" || rc=1; done
  return $rc
}

schemas_check() { use_venv && python "$ROOT/cmake/dev/crd_check.py"; }

verb_fmt() { install_packages; step "formatting" -- bash -c 'xargs -r clang-format -i' < <(sources); }

verb_lint() {
  local rc=0
  install_packages
  step "lint: arrows, file lengths, headers, pure folders, unit tests, TODOs" -- "$PYTHON" "$ROOT/cmake/lint.py" || rc=1
  step "lint: format (./dev fmt repairs it)" -- format_check || rc=1
  step "lint: shell" -- shell_check || rc=1
  step "lint: schemas of our kinds" -- schemas_check || rc=1
  return $rc
}
