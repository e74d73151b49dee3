# Libraries out of Python wheels (libtorch, Arrow), nvcc, and the tests' virtual environment.
# Needs lib.sh. Everything lands below $CRESSET_CACHE, named by the content it was made from.

DEV_DIR=$ROOT/cmake/dev
PYTHON=${CRESSET_PYTHON:-/usr/bin/python3}

# wheels_are_here LIST VERIFIED: each lies there, and its hash was looked at.
wheels_are_here() {
  local name version sum
  while read -r name version sum; do
    grep -qxF "$sum" "$2" 2>/dev/null && compgen -G "$CRESSET_CACHE/wheels/${name//-/_}-$version-*.whl" >/dev/null || return 1
  done < <(sed -n 's/^\([^#=]*\)==\([^ ]*\) --hash=/\1 \2 /p' "$1")
}

# fetch_wheels LIST VERIFIED WORDS: those of a list, once.
fetch_wheels() {
  local list=$DEV_DIR/$1 verified=$CRESSET_CACHE/wheels/$2
  wheels_are_here "$list" "$verified" && return 0
  mkdir -p "$CRESSET_CACHE/wheels"
  step "downloading $3, once" -- "$PYTHON" -m pip --quiet --disable-pip-version-check download --no-deps --require-hashes \
    -d "$CRESSET_CACHE/wheels" -r "$list" || return 1
  grep -o 'sha256:[0-9a-f]*' "$list" > "$verified"
}
fetch_library_wheels() { fetch_wheels wheels.txt .verified "the torch and Arrow wheels (600 MB)"; }

stage_torch() { fetch_library_wheels && "$PYTHON" "$DEV_DIR/stage.py" torch "$CRESSET_CACHE/wheels" "$1"; }
stage_arrow() { fetch_library_wheels && "$PYTHON" "$DEV_DIR/stage.py" arrow "$CRESSET_CACHE/wheels" "$1"; }

# Stages both roots and exports CRESSET_TORCH_ROOT and CRESSET_ARROW_ROOT.
stage_libraries() {
  local key
  key=$(content_key "$DEV_DIR/stage.py" "$DEV_DIR/wheels.txt")
  cached "$CRESSET_CACHE/torch/$key" stage_torch "staging libtorch out of its wheel" || return 1
  cached "$CRESSET_CACHE/arrow/$key" stage_arrow "staging Arrow out of its wheel" || return 1
  point_at "$CRESSET_CACHE/torch/current" "$key"
  point_at "$CRESSET_CACHE/arrow/current" "$key"
  export CRESSET_TORCH_ROOT=$CRESSET_CACHE/torch/$key CRESSET_ARROW_ROOT=$CRESSET_CACHE/arrow/$key
}

stage_cuda() {
  fetch_library_wheels && fetch_wheels cuda.txt .verified-cuda "NVIDIA's compiler (100 MB)" &&
    "$PYTHON" "$DEV_DIR/stage_cuda.py" "$CRESSET_CACHE/wheels" "$1"
}

# Whether build/cuda was configured with the nvcc of somebody's toolkit that is still there: CMake goes on with it.
keeps_toolkit() {
  local known
  known=$(sed -n 's/^CRESSET_CUDA_ROOT:PATH=//p' "$ROOT/build/cuda/CMakeCache.txt" 2>/dev/null)
  case $known in "" | "$CRESSET_CACHE/cuda/"*) return 1 ;; esac
  [ -x "$known/bin/nvcc" ]
}

# nvcc: exports CRESSET_CUDA_ROOT, if it is not a toolkit's already.
stage_nvcc() {
  local key
  [ -z "${CRESSET_CUDA_ROOT:-}" ] || return 0
  ! keeps_toolkit || return 0
  key=$(content_key "$DEV_DIR/stage_cuda.py" "$DEV_DIR/cuda.txt" "$DEV_DIR/wheels.txt")
  cached "$CRESSET_CACHE/cuda/$key" stage_cuda "staging nvcc out of NVIDIA's wheels" || return 1
  point_at "$CRESSET_CACHE/cuda/current" "$key"
  export CRESSET_CUDA_ROOT=$CRESSET_CACHE/cuda/$key
}

# make_venv_of LIST NEW_DIR
make_venv_of() {
  # A venv holds its own path, so it is made at its final place, which `cached` renames NEW_DIR to.
  local final=${2%.new}
  rm -rf "$final" && "$PYTHON" -m venv "$final" &&
    "$final/bin/pip" --quiet --disable-pip-version-check install --no-deps --require-hashes \
      -r "$1" && rm -rf "$2" && mv "$final" "$2"
}
make_venv() { make_venv_of "$DEV_DIR/python.txt" "$1"; }

# The Python of the tests: exports CRESSET_VENV and puts it first on PATH.
use_venv() {
  local key
  key=$(content_key "$DEV_DIR/python.txt")
  cached "$CRESSET_CACHE/venv/$key" make_venv "installing the tests' Python packages" || return 1
  point_at "$CRESSET_CACHE/venv/current" "$key"
  export CRESSET_VENV=$CRESSET_CACHE/venv/$key
  export PATH=$CRESSET_VENV/bin:$PATH
}
