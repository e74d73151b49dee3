# libtorch (CPU part) and Arrow C++ from the roots that ./dev stages out of the PyPI wheels.
# find_package(Torch) wants a CUDA toolkit; imported targets do not. Every preset links the same libtorch, and the stand-ins of
# libcudart and libcupti; the image cresset-worker-cuda has NVIDIA's own in their place (e2e/images/recipes.py). The preset cuda
# adds libtorch's part for GPUs where CRESSET_TORCH_CUDA names the folder of a whole torch 2.11.0, as pip installs it; it is
# remembered until it is set to nothing.
include_guard()
foreach(package libpng libturbojpeg)  # images that the worker reads
  string(REPLACE "lib" "" name ${package})
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${package})
endforeach()

if(DEFINED ENV{CRESSET_TORCH_ROOT})
  set(torch_root $ENV{CRESSET_TORCH_ROOT})
else()
  file(REAL_PATH ${cresset_cache}/torch/current torch_root)
endif()
if(DEFINED ENV{CRESSET_ARROW_ROOT})
  set(arrow_root $ENV{CRESSET_ARROW_ROOT})
else()
  file(REAL_PATH ${cresset_cache}/arrow/current arrow_root)
endif()
if(NOT EXISTS ${torch_root}/lib/libtorch_cpu.so OR NOT EXISTS ${arrow_root}/include/arrow/api.h)
  message(FATAL_ERROR "libtorch (${torch_root}) or Arrow (${arrow_root}) is not staged: run ./dev build, "
                      "or configure with -DCRESSET_TORCH=OFF for the parts that need neither")
endif()

function(cresset_imported name location)
  add_library(${name} SHARED IMPORTED GLOBAL)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${location} IMPORTED_NO_SONAME OFF)
endfunction()
cresset_imported(torch_c10_so ${torch_root}/lib/libc10.so)
cresset_imported(torch_cpu_so ${torch_root}/lib/libtorch_cpu.so)
add_library(torch_cpu INTERFACE)
target_include_directories(torch_cpu SYSTEM INTERFACE ${torch_root}/include
                                                      ${torch_root}/include/torch/csrc/api/include)
target_compile_definitions(torch_cpu INTERFACE USE_C10D_GLOO USE_DISTRIBUTED)
target_link_libraries(torch_cpu INTERFACE torch_cpu_so torch_c10_so Threads::Threads)
set(CRESSET_TORCH_CUDA "" CACHE PATH "the folder of a whole torch, with libtorch_cuda")
if(DEFINED ENV{CRESSET_TORCH_CUDA})
  set_property(CACHE CRESSET_TORCH_CUDA PROPERTY VALUE "$ENV{CRESSET_TORCH_CUDA}")
endif()
if(CRESSET_CUDA AND CRESSET_TORCH_CUDA)
  # Nothing of ours names a symbol of it: its operations register themselves. It finds cuBLAS and its like beside itself, but
  # libcudart and libcupti would be libtorch_cpu's stand-ins, if the program itself did not want NVIDIA's.
  cresset_imported(torch_cuda_so ${CRESSET_TORCH_CUDA}/lib/libtorch_cuda.so)
  target_link_options(torch_cpu INTERFACE -Wl,-rpath,${torch_root}/cuda/lib LINKER:--unresolved-symbols=ignore-in-shared-libs)
  foreach(name cudart cupti)
    cresset_imported(real_${name}_so ${torch_root}/cuda/lib/lib${name}.so.13)
  endforeach()
  target_link_libraries(torch_cpu INTERFACE -Wl,--push-state,--no-as-needed torch_cuda_so real_cudart_so real_cupti_so -Wl,--pop-state)
  set(CRESSET_LIBTORCH_CUDA ON)  # its headers and those of cuBLAS and its like, which c10d's want, lie beside it
  set(libtorch_cuda_include ${cuda_root}/include ${CRESSET_TORCH_CUDA}/../nvidia/cu13/include ${CRESSET_TORCH_CUDA}/../nvidia/nccl/include)
endif()
# libtorch_cpu.so itself wants libcudart, libcupti and libgomp: rpath-link at link time, rpath at run time.
target_link_options(torch_cpu INTERFACE -Wl,-rpath-link,${torch_root}/lib -Wl,--disable-new-dtags
                    -Wl,-rpath,${torch_root}/lib)

add_library(arrow INTERFACE)
target_include_directories(arrow SYSTEM INTERFACE ${arrow_root}/include)
target_link_options(arrow INTERFACE -Wl,-rpath-link,${arrow_root}/lib -Wl,--disable-new-dtags -Wl,-rpath,${arrow_root}/lib)
# libparquet exports what is linked into it: 2,158 symbols of OpenSSL, and another simdjson. Whatever stands first in the search
# order wins for the whole process, and calling into another version of one's own library crashes: so
# Debian's come first. (Parquet uses OpenSSL for encrypted files only, which Cresset does not read.)
target_link_options(arrow INTERFACE LINKER:--push-state,--no-as-needed -lssl -lcrypto -lsimdjson
                    LINKER:--pop-state)
foreach(part parquet arrow_s3 arrow)  # the wheel has no unversioned names
  cresset_imported(${part}_so ${arrow_root}/lib/lib${part}.so.2600)
  target_link_libraries(arrow INTERFACE ${part}_so)
endforeach()

# cresset_torch_library(worker_model SOURCES network.cc … DEPS …)
# A library of which some files see torch: they start from worker_device's precompiled header.
function(cresset_torch_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  cresset_library(${name} OWN_HEADER SOURCES ${arg_SOURCES} DEPS ${arg_DEPS} PRIVATE_DEPS torch_cpu ${arg_PRIVATE_DEPS})
  cresset_start_with(${name} worker_device ATen/ATen.h ${arg_SOURCES})
endfunction()
