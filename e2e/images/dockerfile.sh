#!/bin/bash
# What `docker build --target TARGET .` does, with buildah, and a look at what came out.
#
#   dockerfile.sh [TARGET]      cresset (the default), cresset-worker or cresset-worker-cuda; needs root
#
# Its base is a Debian 12 that mmdebstrap makes from apt's own sources, since not every machine reaches an
# image registry; CUDA_BUILD leaves out the 3 GB of libtorch's part for GPUs; $CRESSET_CACHE stands in for the empty /cache, so that wheels are not fetched and objects not
# compiled again. The image's program must run, and nothing of what built it may be in the image.
set -u -o pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
for part in lib install; do . "$ROOT/cmake/dev/$part.sh"; done

TARGET=${1:-cresset}
WORK=$ROOT/build/dockerfile
BASE=localhost/cresset-base:12

buildah_here() { buildah --root "$WORK/storage" --runroot "$WORK/run" "$@"; }

need_programs() {
  local program missing=()
  for program in buildah mmdebstrap; do command -v $program >/dev/null || missing+=($program); done
  [ ${#missing[@]} = 0 ] && return 0
  check_distribution "${missing[*]}"
  step "installing Debian packages: ${missing[*]}" -- apt_install "${missing[@]}"
}

make_base() {
  local sources=/etc/apt/sources.list.d/debian.sources container
  [ -e $sources ] || sources=/etc/apt/sources.list
  mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$WORK/base.tar" $sources || return 1
  container=$(buildah_here from scratch) && buildah_here add -q "$container" "$WORK/base.tar" / >/dev/null &&
    buildah_here commit -q --rm "$container" "$BASE" >/dev/null && rm "$WORK/base.tar"
}

build() {
  buildah_here build --isolation chroot --volume "$CRESSET_CACHE:/cache" --build-arg "BASE=$BASE" \
    --build-arg CUDA_BUILD=cuda --target "$TARGET" --tag "localhost/$TARGET:docker" "$ROOT" >"$WORK/build.log" 2>&1 && return 0
  tail -n 30 "$WORK/build.log" >&2
  return 1
}

look() {
  local container folder entry rc=0
  container=$(buildah_here from "localhost/$TARGET:docker") && folder=$(buildah_here mount "$container") || return 1
  entry=$(buildah_here inspect --type container --format '{{index .OCIv1.Config.Entrypoint 0}}' "$container") || return 1
  (cd "$folder" && find . -type f -o -type l | sed 's#^\./##' | LC_ALL=C sort) > "$WORK/files.txt"
  [ -s "$WORK/files.txt" ] || { say "error: the image is empty"; rc=1; }
  ! grep -qE '^(src|cache|usr/bin/(sh|bash|g\+\+))(/|$)' "$WORK/files.txt" ||
    { say "error: the image holds more than its program needs, see $WORK/files.txt"; rc=1; }
  buildah_here run --isolation chroot "$container" -- "$entry" --help >"$WORK/help.txt" 2>&1 &&
    grep -qi usage "$WORK/help.txt" || { say "error: $entry --help said:"; cat "$WORK/help.txt" >&2; rc=1; }
  return $rc
}

main() {
  case $TARGET in cresset | cresset-worker | cresset-worker-cuda) ;;
    *) die "target is '$TARGET'; allowed are: cresset, cresset-worker, cresset-worker-cuda" ;;
  esac
  is_root || die "it makes root file systems, which needs root: sudo $0 $TARGET"
  need_programs || return 1
  # What an earlier run left may be mounted: buildah forgets it, not rm.
  [ ! -d "$WORK/storage" ] || buildah_here rm --all >/dev/null 2>&1
  mkdir -p "$WORK"
  buildah_here inspect --type image "$BASE" >/dev/null 2>&1 || step "making a Debian 12 to build in" -- make_base || return 1
  step "building the Dockerfile's $TARGET (log: $WORK/build.log)" -- build || return 1
  step "looking at what came out" -- look
  local rc=$?
  buildah_here rm --all >/dev/null
  return $rc
}
main
