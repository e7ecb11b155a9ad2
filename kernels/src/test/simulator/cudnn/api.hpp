// The part of cuDNN 9's interface that the backend uses: numbers of its header, and errors.
#pragma once

#include <cstdint>
#include <exception>
#include <string>

#define CUDNN_API extern "C" __attribute__((visibility("default")))

namespace dnn {

enum Status {
    SUCCESS = 0,
    NOT_INITIALIZED = 1001,
    BAD_PARAM = 2000,
    NULL_POINTER = 2002,
    MISALIGNED_POINTER = 2003,
    NOT_FINALIZED = 2004,
    OUT_OF_BOUND = 2005,
    SIZE_INSUFFICIENT = 2006,
    SHAPE_MISMATCH = 2008,
    DUPLICATED_ENTRIES = 2009,
    ATTRIBUTE_TYPE = 2010,
    DESCRIPTOR_TYPE = 2012,
    NOT_SUPPORTED = 3000,
    NOT_SUPPORTED_DATA_TYPE = 3003,
    NOT_SUPPORTED_LAYOUT = 3004,
    RUNTIME_PREREQUISITE_MISSING = 3008,
    INTERNAL_ERROR = 4000,
    EXECUTION_FAILED = 5000,
    EXECUTION_FAILED_CUDA_DRIVER = 5001,
};

enum DescriptorType {
    CONVOLUTION = 1,
    ENGINE = 2,
    ENGINE_CONFIG = 3,
    HEURISTICS = 4,
    PLAN = 5,
    KNOB_CHOICE = 7,
    FORWARD = 10,
    BACKWARD_WEIGHTS = 11,
    BACKWARD_DATA = 12,
    GRAPH = 15,
    VARIANT_PACK = 16,
    TENSOR = 17,
    DEVICE_PROPERTIES = 38,
};

enum AttributeType {
    HANDLE = 0,
    DATA_TYPE = 1,
    INT64 = 3,
    FLOAT = 4,
    VOID_PTR = 6,
    CONVOLUTION_MODE = 7,
    HEURISTIC_MODE = 8,
    KNOB_TYPE = 9,
    NUMERICAL_NOTE = 11,
    DESCRIPTOR = 15,
    BEHAVIOR_NOTE = 19,
    CHAR = 20,
};

enum DataType { FLOAT32 = 0, BFLOAT16 = 9 };
enum HeuristicMode { MODE_B = 1, MODE_FALLBACK = 2, MODE_A = 3 };
enum NumericalNote { TENSOR_CORE = 0, REDUCED_PRECISION = 2, NONDETERMINISTIC = 4, STRICT_NAN = 9 };
enum BehaviorNote { RUNTIME_COMPILATION = 0 };
enum KnobType { TILE_SIZE = 2, STAGES = 14 };

/// A call that is refused: cuDNN's code, and a text for cudnnGetLastErrorString.
class Error : public std::exception {
public:
    Error(Status status, std::string message) : status_(status), message_(std::move(message)) {}
    Status status() const { return status_; }
    const char* what() const noexcept override { return message_.c_str(); }

private:
    Status status_;
    std::string message_;
};

inline void require(bool condition, Status status, const std::string& message) {
    if (!condition) throw Error(status, message);
}

/// The library's handle.
struct Handle {
    void* stream = nullptr;
};

/// The live handle behind a pointer of the program.
Handle& handleOf(const void* pointer);

/// An error while the handle's stream is being captured.
void refuseDuringCapture(const Handle& handle, const char* what);
bool capturing(const Handle& handle);

}  // namespace dnn
