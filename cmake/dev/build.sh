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

verb_build() {
  local preset=release
  case ${1:-} in
    --preset) preset=${2:?"--preset wants a name: release, dev, asan, asan-torch, tsan or cuda"}; shift 2 ;;
    cuda) preset=cuda; shift ;;
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
