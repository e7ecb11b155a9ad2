// The part of NCCL's types that the simulator speaks, with the values of NVIDIA's documentation, and the few calls of the
// simulated driver that its library makes.
#pragma once

#include "driver/extension.h"

#include <cstddef>
#include <cstdint>

#define NCCL_API extern "C" __attribute__((visibility("default")))

namespace nccl {

enum Result : int {
    NCCL_SUCCESS = 0,
    NCCL_UNHANDLED_CUDA_ERROR = 1,
    NCCL_SYSTEM_ERROR = 2,
    NCCL_INTERNAL_ERROR = 3,
    NCCL_INVALID_ARGUMENT = 4,
    NCCL_INVALID_USAGE = 5,
    NCCL_REMOTE_ERROR = 6,
    NCCL_IN_PROGRESS = 7,
};

constexpr int NCCL_FLOAT32 = 7;
constexpr int NCCL_SUM = 0;
constexpr int NCCL_AVG = 4;

/// What one rank makes and all others get by other means.
struct UniqueId {
    char internal[128];
};

}  // namespace nccl

extern "C" {
int cuCtxGetCurrent(void** context);
int cuCtxGetDevice(int* device);
int cuStreamGetCtx(void* stream, void** context);
int cuStreamIsCapturing(void* stream, int* status);
int cuStreamSynchronize(void* stream);
}
