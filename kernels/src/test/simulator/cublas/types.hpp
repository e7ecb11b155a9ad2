// The part of cuBLAS's types that the simulator speaks, with the values of NVIDIA's documentation, and the few calls of
// the simulated driver that its library makes.
#pragma once

#include "driver/extension.h"

#include <cstddef>
#include <cstdint>

#define CUBLAS_API extern "C" __attribute__((visibility("default")))

namespace blas {

enum Status : int {
    CUBLAS_STATUS_SUCCESS = 0,
    CUBLAS_STATUS_NOT_INITIALIZED = 1,
    CUBLAS_STATUS_ALLOC_FAILED = 3,
    CUBLAS_STATUS_INVALID_VALUE = 7,
    CUBLAS_STATUS_ARCH_MISMATCH = 8,
    CUBLAS_STATUS_MAPPING_ERROR = 11,
    CUBLAS_STATUS_EXECUTION_FAILED = 13,
    CUBLAS_STATUS_INTERNAL_ERROR = 14,
    CUBLAS_STATUS_NOT_SUPPORTED = 15,
};

enum Operation : int { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 };
enum Compute : int { CUBLAS_COMPUTE_32F = 68, CUBLAS_COMPUTE_32F_FAST_TF32 = 77 };
constexpr int CUDA_R_32F = 0;
constexpr int CUBLAS_GEMM_DEFAULT = -1;

/// CUDA version of the library, which its soname promises: 12 or 13.
extern const int major;

}  // namespace blas

extern "C" {
int cuCtxGetCurrent(void** context);
int cuCtxSynchronize(void);
int cuMemAlloc_v2(unsigned long long* address, size_t bytes);
int cuMemFree_v2(unsigned long long address);
int cuStreamGetCtx(void* stream, void** context);
int cuStreamIsCapturing(void* stream, int* status);
}
