# The language CUDA for worker/cuda, with nvcc from the root that ./dev stages out of NVIDIA's wheels, or from a whole
# toolkit (CRESSET_CUDA_ROOT=/usr/local/cuda).
include_guard()
set(CRESSET_CUDA_ROOT "" CACHE PATH "the toolkit of nvcc")
if(DEFINED ENV{CRESSET_CUDA_ROOT})
  set_property(CACHE CRESSET_CUDA_ROOT PROPERTY VALUE $ENV{CRESSET_CUDA_ROOT})
elseif(NOT EXISTS ${CRESSET_CUDA_ROOT}/bin/nvcc)
  file(REAL_PATH ${cresset_cache}/cuda/current staged)
  set_property(CACHE CRESSET_CUDA_ROOT PROPERTY VALUE ${staged})
endif()
set(cuda_root ${CRESSET_CUDA_ROOT})
if(NOT EXISTS ${cuda_root}/bin/nvcc)
  message(FATAL_ERROR "nvcc (${cuda_root}) is not staged: run ./dev build cuda, or configure with -DCRESSET_CUDA=OFF")
endif()
set(CMAKE_CUDA_COMPILER ${cuda_root}/bin/nvcc)
set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
# Those that libtorch has code for from T4 on, where nvcc 13 begins: T4 and RTX 20, A100 and what else is of 8, H100 and
# H200 as they are; whatever came later makes its own of the last one's PTX.
set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 90)
# In the program: the libcudart.so beside libtorch may be a stand-in, in which a program with kernels does not start. With
# libtorch's part for GPUs the real one stands before it on the link line and serves both.
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
enable_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER_VERSION MATCHES "^13\\.")
  message(FATAL_ERROR "nvcc (${cuda_root}) is of CUDA ${CMAKE_CUDA_COMPILER_VERSION}; libtorch's is 13")
endif()
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # CMake 3.25 does not know that nvcc can
