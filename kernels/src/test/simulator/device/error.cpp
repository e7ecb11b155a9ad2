#include "device/error.hpp"

#include <cstdarg>
#include <cstdio>
#include <map>

namespace sim {
namespace {

struct Known {
    const char* name;
    const char* sentence;
};

#define KNOWN(code, sentence) {code, {#code, sentence}}
const std::map<CUresult, Known> known = {
    KNOWN(CUDA_SUCCESS, "no error"),
    KNOWN(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    KNOWN(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    KNOWN(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    KNOWN(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    KNOWN(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    KNOWN(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    KNOWN(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    KNOWN(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for execution on the device"),
    KNOWN(CUDA_ERROR_INVALID_PTX, "a PTX JIT compilation failed"),
    KNOWN(CUDA_ERROR_JIT_COMPILER_NOT_FOUND, "PTX JIT compiler library not found"),
    KNOWN(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle"),
    KNOWN(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    KNOWN(CUDA_ERROR_NOT_READY, "device not ready"),
    KNOWN(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered"),
    KNOWN(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    KNOWN(CUDA_ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated"),
    KNOWN(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE, "primary context is active"),
    KNOWN(CUDA_ERROR_CONTEXT_IS_DESTROYED, "context is destroyed"),
    KNOWN(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, "part or all of the requested memory range is already mapped"),
    KNOWN(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, "pointer does not correspond to a registered memory region"),
    KNOWN(CUDA_ERROR_ILLEGAL_INSTRUCTION, "an illegal instruction was encountered"),
    KNOWN(CUDA_ERROR_MISALIGNED_ADDRESS, "misaligned address"),
    KNOWN(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure"),
    KNOWN(CUDA_ERROR_NOT_SUPPORTED, "operation not supported"),
    KNOWN(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    KNOWN(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "operation failed due to a previous error during capture"),
    KNOWN(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "capture was not initiated in this stream"),
    KNOWN(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "capture contains a fork that was not joined to the primary stream"),
    KNOWN(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "dependency created on uncaptured work in another stream"),
    KNOWN(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "operation would make the legacy stream depend on a capturing stream"),
    KNOWN(CUDA_ERROR_CAPTURED_EVENT, "operation not permitted on an event last recorded in a capturing stream"),
    KNOWN(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "attempt to end capture from a thread that did not start it"),
    KNOWN(CUDA_ERROR_UNKNOWN, "unknown error"),
};
#undef KNOWN

std::map<CUresult, std::string> last;
std::string newest;

}  // namespace

bool quiet = false;

std::string text(const char* format, ...) {
    char buffer[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return buffer;
}

CUresult report(const Error& error) {
    last[error.code()] = error.message();
    if (error.code() != CUDA_ERROR_NOT_READY) {
        newest = error.message();
        if (!quiet) fprintf(stderr, "software CUDA device: %s: %s\n", errorName(error.code()), error.what());
    }
    return error.code();
}

const std::string& lastError() { return newest; }

const std::string& lastMessage(CUresult code) {
    static const std::string nothing;
    auto found = last.find(code);
    return found == last.end() ? nothing : found->second;
}

const char* errorName(CUresult code) {
    auto found = known.find(code);
    return found == known.end() ? nullptr : found->second.name;
}

const char* errorSentence(CUresult code) {
    auto found = known.find(code);
    return found == known.end() ? nullptr : found->second.sentence;
}

}  // namespace sim
