# The language CUDA for worker/cuda, with nvcc from the root that ./dev stages out of NVIDIA's wheels, or from a whole
# toolkit (CRESSET_CUDA_ROOT=/usr/local/cuda).
include_guard()
if(DEFINED ENV{CRESSET_CUDA_ROOT})
  set(cuda_root $ENV{CRESSET_CUDA_ROOT})
else()
  file(REAL_PATH ${cresset_cache}/cuda/current cuda_root)
endif()
if(NOT EXISTS ${cuda_root}/bin/nvcc)
  message(FATAL_ERROR "nvcc (${cuda_root}) is not staged: run ./dev build cuda, or configure with -DCRESSET_CUDA=OFF")
endif()
set(CMAKE_CUDA_COMPILER ${cuda_root}/bin/nvcc)
set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
set(CMAKE_CUDA_COMPILER_LAUNCHER ${CMAKE_CXX_COMPILER_LAUNCHER})
# A100, H100 and H200 as they are; whatever came later makes its own of the last one's PTX.
set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
# In the program: the libcudart.so beside libtorch may be a stand-in, in which a program with kernels does not start.
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
enable_language(CUDA)
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)  # CMake 3.25 does not know that nvcc can
