# Libraries out of Python wheels (libtorch, Arrow), nvcc, and the tests' virtual environment.
# Needs lib.sh. Everything lands below $CRESSET_CACHE, named by the content it was made from.

DEV_DIR=$ROOT/cmake/dev
PYTHON=${CRESSET_PYTHON:-/usr/bin/python3}

wheels_are_here() {
  local sum
  while read -r sum; do
    grep -qxF "$sum" "$CRESSET_CACHE/wheels/.verified" 2>/dev/null || return 1
  done < <(grep -o 'sha256:[0-9a-f]*' "$DEV_DIR/wheels.txt")
  [ "$(ls "$CRESSET_CACHE"/wheels/*.whl 2>/dev/null | wc -l)" -ge 4 ]
}

# download_wheels FOLDER LIST
download_wheels() {
  "$PYTHON" -m pip --quiet --disable-pip-version-check download --no-deps --require-hashes -d "$1" -r "$2"
}

fetch_wheels() {
  wheels_are_here && return 0
  mkdir -p "$CRESSET_CACHE/wheels"
  step "downloading the torch and Arrow wheels (600 MB, once)" -- \
    download_wheels "$CRESSET_CACHE/wheels" "$DEV_DIR/wheels.txt" || return 1
  grep -o 'sha256:[0-9a-f]*' "$DEV_DIR/wheels.txt" > "$CRESSET_CACHE/wheels/.verified"
}

stage_torch() { fetch_wheels && "$PYTHON" "$DEV_DIR/stage.py" torch "$CRESSET_CACHE/wheels" "$1"; }
stage_arrow() { fetch_wheels && "$PYTHON" "$DEV_DIR/stage.py" arrow "$CRESSET_CACHE/wheels" "$1"; }

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

# A toolkit as nvcc expects it: bin, include, nvvm, lib64.
stage_cuda() {
  local wheel
  fetch_wheels && download_wheels "$1/wheels" "$DEV_DIR/cuda.txt" || return 1
  for wheel in "$1"/wheels/*.whl "$CRESSET_CACHE"/wheels/nvidia_cuda_runtime-*.whl; do
    "$PYTHON" -m zipfile -e "$wheel" "$1" || return 1
  done
  mv "$1"/nvidia/cu13/* "$1" && mv "$1/lib" "$1/lib64" && ln -s libcudart.so.13 "$1/lib64/libcudart.so" &&
    find "$1/bin" "$1/nvvm/bin" -maxdepth 1 -type f -exec chmod +x {} + && rm -r "$1/wheels" "$1/nvidia" "$1"/*.dist-info
}

# nvcc: exports CRESSET_CUDA_ROOT, if it is not a toolkit's already.
stage_nvcc() {
  local key
  [ -z "${CRESSET_CUDA_ROOT:-}" ] || return 0
  key=$(content_key "$DEV_DIR/wheels.sh" "$DEV_DIR/cuda.txt" "$DEV_DIR/wheels.txt")
  cached "$CRESSET_CACHE/cuda/$key" stage_cuda "staging nvcc out of NVIDIA's wheels (downloads 100 MB)" || return 1
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
