# ./dev fuzz: libFuzzer's targets in tests/fuzz. Clang is installed for this verb alone. Needs lib.sh, install.sh, build.sh.

FUZZ_PACKAGES="clang-14 libclang-rt-14-dev"

# Without libtorch and Arrow: no target needs them.
configure_fuzz() {
  local preset=fuzz
  case " $* " in *" --sanitized "*) preset=fuzz-asan ;; esac
  configure_preset $preset || die "cmake --preset $preset failed; the reason is above"
}

verb_fuzz() {
  install_packages
  ! command -v dpkg-query >/dev/null || install_debian $(not_installed $FUZZ_PACKAGES)
  case " $* " in *" --help "* | *" -h "*) ;; *) configure_fuzz "$@" ;; esac
  exec "$PYTHON" "$ROOT/tests/fuzz/suite.py" --jobs "$JOBS" "$@"
}
