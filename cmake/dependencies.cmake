# Debian's packages as imported targets; libtorch and Arrow out of their wheels, staged by ./dev.
include_guard()
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS system)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(simdjson REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(minizip REQUIRED IMPORTED_TARGET minizip)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core)
find_path(tl_expected_include tl/expected.hpp REQUIRED)
find_library(rapidcheck_library rapidcheck REQUIRED)
find_library(cpprest_library cpprest REQUIRED)
# Whole, and nothing of it exported: libarrow exports the utf8proc that is linked into it, of another version, and
# the first in the search order would win for both (cmake/torch.cmake).
find_library(utf8proc_archive libutf8proc.a REQUIRED)
add_library(utf8proc INTERFACE)
target_link_options(utf8proc INTERFACE
                    -Wl,--push-state,--whole-archive,${utf8proc_archive},--pop-state,--exclude-libs,libutf8proc.a)

if(CRESSET_TORCH)
  include(torch)
endif()
