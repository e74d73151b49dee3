# The two functions that every folder's list is made of, and the flags that they all share.
include_guard()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

option(CRESSET_TORCH "build what needs libtorch and Arrow (most of the worker)" ON)
option(CRESSET_CUDA "build the kernels for GPUs (worker/cuda), which needs nvcc" OFF)
set(CRESSET_TOGETHER "" CACHE STRING "whose sources are compiled together, in a third of the time: tests, all, or nothing when empty")
set(CRESSET_SANITIZE "" CACHE STRING "what goes into -fsanitize= (address,undefined or thread)")

find_program(CRESSET_CCACHE ccache)
if(CRESSET_CCACHE)
  if(DEFINED ENV{CRESSET_CACHE})
    set(cresset_cache $ENV{CRESSET_CACHE})
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cresset_cache $ENV{XDG_CACHE_HOME}/cresset)
  else()
    set(cresset_cache $ENV{HOME}/.cache/cresset)
  endif()
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_DIR=${cresset_cache}/ccache CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1 CCACHE_MAXSIZE=4G
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${CRESSET_CCACHE})
endif()

add_library(cresset_flags INTERFACE)
target_include_directories(cresset_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(cresset_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Werror;-Wno-missing-field-initializers>)
# What __FILE__ says, so that an object is found in the cache of another checkout.
target_compile_options(cresset_flags INTERFACE -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)
# boost 1.74 and g++ 12 at -O2 disagree about these two inside library headers.
target_compile_options(cresset_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-restrict>)
target_compile_definitions(cresset_flags INTERFACE BOOST_ASIO_NO_DEPRECATED CRESSET_VERSION="${PROJECT_VERSION}")
if(CRESSET_SANITIZE)
  # What is left out costs a third of the compile time: a null pointer ends the run under ASan anyway.
  add_compile_options(-fsanitize=${CRESSET_SANITIZE} -fno-sanitize=null,vptr,object-size -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CRESSET_SANITIZE})
  if(CRESSET_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan)
  endif()
endif()

# Sources of one folder see each other then, so what they keep in anonymous namespaces must differ in name, or the
# namespace is nested in one of the file's name (cresset::runtime::informer_test).
function(cresset_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)  # takes the other files for headers
endfunction()

# cresset_header_key(TARGET KEY): what ccache takes for the precompiled header of `target`, which is in no two
# checkouts the same, byte for byte: without it nothing behind that header is ever found in the cache of another one.
# The key says of what headers it is made; how it is compiled, each command says.
function(cresset_header_key target key)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.gch.sum
       CONTENT "${CMAKE_CXX_COMPILER_VERSION} ${key}\n")
endfunction()

# cresset_shared_header(NAME HEADERS…): what nearly every file of a kind includes, compiled once for all targets of
# that directory's flags that cresset_reuse_header(TARGET NAME) then starts with it. With g++ alone.
function(cresset_shared_header name)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE cresset_flags nlohmann_json::nlohmann_json)
  target_compile_options(${name} PRIVATE -fPIC -fpch-preprocess)
  target_precompile_headers(${name} PRIVATE ${ARGN})
  cresset_header_key(${name} "${ARGN} of nlohmann ${nlohmann_json_VERSION}, GoogleTest ${GTest_VERSION}")
endfunction()

function(cresset_reuse_header target name)
  if(NOT TARGET ${name})
    return()
  endif()
  target_compile_options(${target} PRIVATE -fPIC -fpch-preprocess)  # as the header was: -fPIE would not fit
  target_precompile_headers(${target} REUSE_FROM ${name})
endfunction()

# cresset_reaches(VARIABLE FILE HEADER): whether FILE (of the tree) includes HEADER, itself or through others.
function(cresset_reaches variable file header)
  string(MAKE_C_IDENTIFIER "cresset_reaches_${header}_from_${file}" key)
  get_property(known GLOBAL PROPERTY ${key})
  if("${known}" STREQUAL "")
    set(known FALSE)
    set_property(GLOBAL PROPERTY ${key} FALSE)
    file(STRINGS ${CMAKE_SOURCE_DIR}/${file} lines REGEX "^#include [<\"]")
    foreach(line ${lines})
      string(REGEX REPLACE "^#include [<\"]([^>\"]*).*" "\\1" included ${line})
      if(included STREQUAL header)
        set(known TRUE)
      elseif(EXISTS ${CMAKE_SOURCE_DIR}/${included})
        cresset_reaches(known ${included} ${header})
      endif()
      if(known)
        break()
      endif()
    endforeach()
    set_property(GLOBAL PROPERTY ${key} ${known})
  endif()
  set(${variable} ${known} PARENT_SCOPE)
endfunction()

# cresset_start_with(TARGET NAME HEADER SOURCES…): those of its sources that include HEADER anyway start from the
# precompiled NAME, which has it. The others do not: what they need they must include. Behind such a header g++ 12 at
# -O2 tells of overflows in std::string that are none (GCC bug 105651).
function(cresset_start_with target name header)
  cresset_reuse_header(${target} ${name})
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  foreach(source ${ARGN})
    cresset_reaches(has_it ${folder}/${source} ${header})
    if(NOT has_it)
      set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
endfunction()

# cresset_library(operator_net_client SOURCES a.cc b.cc DEPS operator_base PRIVATE_DEPS OpenSSL::SSL)
# One static library a folder, named by its path. DEPS are the arrows that its headers may use. OWN_HEADER: it has a
# precompiled header of its own, or none.
function(cresset_library name)
  cmake_parse_arguments(arg "OWN_HEADER" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC cresset_flags ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
  set(tests ${CMAKE_SOURCE_DIR}/tests)
  cmake_path(IS_PREFIX tests ${CMAKE_CURRENT_SOURCE_DIR} is_for_tests)
  if(CRESSET_TOGETHER STREQUAL "all" OR (CRESSET_TOGETHER AND is_for_tests))
    cresset_compile_together(${name})
    if(NOT arg_OWN_HEADER)
      cresset_reuse_header(${name} ${cresset_header_of_libraries})
    endif()
  elseif(CRESSET_TOGETHER AND NOT arg_OWN_HEADER)
    cresset_start_with(${name} library_header nlohmann/json.hpp ${arg_SOURCES})
  endif()
endfunction()

# A property holds for a thousand states; under a sanitizer, which looks for another kind of wrong, for a
# hundred. A sanitizer keeps each allocation's stack in a table of 2^20 buckets, which the deep stacks of the
# generators fill: eight frames keep it short.
if(CRESSET_SANITIZE)
  set(cresset_test_environment RC_PARAMS=max_success=100 ASAN_OPTIONS=malloc_context_size=8)
else()
  set(cresset_test_environment RC_PARAMS=max_success=1000)
endif()

# cresset_test(operator_base SOURCES clock_test.cc … THREADLESS error_test.cc … [DEPS more] [LABELS unit])
# One executable a library: NAME_test, every case a ctest case of its own run. THREADLESS: sources whose tests start no
# thread, which ThreadSanitizer has nothing to say of. OPTIMISED: one that would be slow without (what is inline in a
# header is the test's, whose objects come first, also for the library).
function(cresset_test library)
  cmake_parse_arguments(arg "OPTIMISED" "" "SOURCES;THREADLESS;DEPS;LABELS" ${ARGN})
  set(test ${library}_test)
  if(NOT CRESSET_SANITIZE MATCHES thread)
    list(APPEND arg_SOURCES ${arg_THREADLESS})
  endif()
  add_executable(${test} ${arg_SOURCES})
  target_link_libraries(${test} PRIVATE ${library} cresset_flags ${arg_DEPS} GTest::gmock GTest::gtest_main)
  if(CRESSET_TOGETHER)
    cresset_compile_together(${test})
    if(NOT arg_OPTIMISED)
      cresset_reuse_header(${test} test_header)
    endif()
  endif()
  if(arg_OPTIMISED)
    target_compile_options(${test} PRIVATE -O1)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_test(NAME ${test} COMMAND ${test})
  set_tests_properties(${test} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 400
                       ENVIRONMENT "CRESSET_SOURCE_DIR=${CMAKE_SOURCE_DIR};${cresset_test_environment}")
endfunction()

# cresset_folders(base net/client …): adds each folder that has a list of its own.
function(cresset_folders)
  foreach(folder ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    endif()
  endforeach()
endfunction()

# cresset_headers_alone(): no header leans on what its includer happened to include. NAME.cc includes NAME.h
# first (cmake/lint.py), which shows it; the target `headers_alone` compiles those that have no such twin, or one that
# starts from a compiled header that NAME.h itself does not include. Torch-free folders only where torch is off.
function(cresset_headers_alone)
  file(GLOB_RECURSE headers RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
       ${CMAKE_SOURCE_DIR}/operator/*.h ${CMAKE_SOURCE_DIR}/crds/*.h ${CMAKE_SOURCE_DIR}/controllers/*.h
       ${CMAKE_SOURCE_DIR}/worker/*.h)
  if(NOT CRESSET_TORCH)
    list(FILTER headers EXCLUDE REGEX "^worker/(cpu|cuda|device|data|model|model/networks|dist|train|serve)/[^/]*\\.h$")
  endif()
  list(FILTER headers EXCLUDE REGEX "gloo_shim|^worker/cuda/launch.h")
  foreach(header ${headers})
    string(REGEX REPLACE "h$" "cc" twin ${header})
    set(shown FALSE)
    if(EXISTS ${CMAKE_SOURCE_DIR}/${twin})
      set(shown TRUE)
      foreach(compiled nlohmann/json.hpp ATen/ATen.h)
        cresset_reaches(of_twin ${twin} ${compiled})
        cresset_reaches(of_header ${header} ${compiled})
        if(of_twin AND NOT of_header)
          set(shown FALSE)
        endif()
      endforeach()
    endif()
    if(shown)
      continue()
    endif()
    string(REGEX REPLACE "[/.]" "_" name ${header})
    set(source ${CMAKE_BINARY_DIR}/headers_alone/${name}.cc)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n")
    list(APPEND sources ${source})
  endforeach()
  add_library(headers_alone OBJECT EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(headers_alone PRIVATE cresset_flags nlohmann_json::nlohmann_json)
  if(CRESSET_TORCH)
    target_link_libraries(headers_alone PRIVATE torch_cpu arrow)
  endif()
endfunction()
