// The functions that the backend calls, and those by which tests look inside.
#include "cudnn/execute.hpp"

#include <cstring>
#include <functional>
#include <map>
#include <mutex>

extern "C" int cuStreamIsCapturing(void* stream, int* status);
extern "C" int cuCtxGetCurrent(void** context);
extern "C" int cuDriverGetVersion(int* version);

namespace dnn {

void createDescriptor(int type, void** handle);
void destroyDescriptor(void* handle);
void setAttribute(void* handle, int name, int type, int64_t count, const void* elements);
void getAttribute(void* handle, int name, int type, int64_t capacity, int64_t* count, void* elements);
void finalizeDescriptor(void* handle);

namespace {

constexpr size_t version = 92400;

std::map<const void*, std::unique_ptr<Handle>>& handles() {
    static auto* all = new std::map<const void*, std::unique_ptr<Handle>>();
    return *all;
}

std::string& lastError() {
    thread_local std::string text;
    return text;
}

Status call(const char* name, const std::function<void()>& body) {
    static std::recursive_mutex mutex;
    std::lock_guard<std::recursive_mutex> lock(mutex);
    try {
        body();
        return SUCCESS;
    } catch (const Error& error) {
        lastError() = std::string(name) + ": " + error.what();
        return error.status();
    }
}

}  // namespace

Handle& handleOf(const void* pointer) {
    auto found = handles().find(pointer);
    require(found != handles().end(), BAD_PARAM, "the cuDNN handle was destroyed or never created");
    return *found->second;
}

bool capturing(const Handle& handle) {
    int status = 0;
    return handle.stream && cuStreamIsCapturing(handle.stream, &status) == 0 && status != 0;
}

void refuseDuringCapture(const Handle& handle, const char* what) {
    require(!capturing(handle), EXECUTION_FAILED_CUDA_DRIVER, std::string(what) + " while the stream is being captured");
}

}  // namespace dnn

using namespace dnn;

CUDNN_API size_t cudnnGetVersion() { return version; }

/// Built for the version of CUDA that the driver has.
CUDNN_API size_t cudnnGetCudartVersion() {
    int driver = 0;
    cuDriverGetVersion(&driver);
    return driver;
}

CUDNN_API const char* cudnnGetErrorString(int status) {
#define NAMED(name, text) \
    case name: return text
    switch (status) {
        NAMED(SUCCESS, "CUDNN_STATUS_SUCCESS");
        NAMED(NOT_INITIALIZED, "CUDNN_STATUS_NOT_INITIALIZED");
        NAMED(BAD_PARAM, "CUDNN_STATUS_BAD_PARAM");
        NAMED(NULL_POINTER, "CUDNN_STATUS_BAD_PARAM_NULL_POINTER");
        NAMED(MISALIGNED_POINTER, "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER");
        NAMED(NOT_FINALIZED, "CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED");
        NAMED(OUT_OF_BOUND, "CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND");
        NAMED(SIZE_INSUFFICIENT, "CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT");
        NAMED(SHAPE_MISMATCH, "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH");
        NAMED(DUPLICATED_ENTRIES, "CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES");
        NAMED(ATTRIBUTE_TYPE, "CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE");
        NAMED(DESCRIPTOR_TYPE, "CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE");
        NAMED(NOT_SUPPORTED, "CUDNN_STATUS_NOT_SUPPORTED");
        NAMED(NOT_SUPPORTED_DATA_TYPE, "CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE");
        NAMED(NOT_SUPPORTED_LAYOUT, "CUDNN_STATUS_NOT_SUPPORTED_LAYOUT");
        NAMED(RUNTIME_PREREQUISITE_MISSING, "CUDNN_STATUS_NOT_SUPPORTED_RUNTIME_PREREQUISITE_MISSING");
        NAMED(INTERNAL_ERROR, "CUDNN_STATUS_INTERNAL_ERROR");
        NAMED(EXECUTION_FAILED, "CUDNN_STATUS_EXECUTION_FAILED");
        NAMED(EXECUTION_FAILED_CUDA_DRIVER, "CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER");
        default: return "CUDNN_UNKNOWN_STATUS";
    }
#undef NAMED
}

CUDNN_API void cudnnGetLastErrorString(char* message, size_t size) {
    if (!message || size == 0) return;
    strncpy(message, lastError().c_str(), size - 1);
    message[size - 1] = 0;
}

CUDNN_API Status cudnnCreate(void** handle) {
    return call("cudnnCreate", [&] {
        require(handle, NULL_POINTER, "there is no place for the handle");
        void* context = nullptr;
        require(cuCtxGetCurrent(&context) == 0 && context, NOT_INITIALIZED, "no context is current on this thread");
        auto made = std::make_unique<Handle>();
        *handle = made.get();
        handles()[*handle] = std::move(made);
    });
}

CUDNN_API Status cudnnDestroy(void* handle) {
    return call("cudnnDestroy", [&] {
        handleOf(handle);
        handles().erase(handle);
    });
}

CUDNN_API Status cudnnSetStream(void* handle, void* stream) {
    return call("cudnnSetStream", [&] { handleOf(handle).stream = stream; });
}

CUDNN_API Status cudnnBackendCreateDescriptor(int type, void** descriptor) {
    return call("cudnnBackendCreateDescriptor", [&] { createDescriptor(type, descriptor); });
}

CUDNN_API Status cudnnBackendDestroyDescriptor(void* descriptor) {
    return call("cudnnBackendDestroyDescriptor", [&] { destroyDescriptor(descriptor); });
}

CUDNN_API Status cudnnBackendSetAttribute(void* descriptor, int name, int type, int64_t count, const void* elements) {
    return call("cudnnBackendSetAttribute", [&] { setAttribute(descriptor, name, type, count, elements); });
}

CUDNN_API Status cudnnBackendGetAttribute(void* descriptor, int name, int type, int64_t capacity, int64_t* count,
                                          void* elements) {
    return call("cudnnBackendGetAttribute", [&] { getAttribute(descriptor, name, type, capacity, count, elements); });
}

CUDNN_API Status cudnnBackendFinalize(void* descriptor) {
    return call("cudnnBackendFinalize", [&] { finalizeDescriptor(descriptor); });
}

CUDNN_API Status cudnnBackendExecute(void* handle, void* plan, void* pack) {
    return call("cudnnBackendExecute", [&] {
        execute(handleOf(handle), finalizedOf(plan, PLAN), finalizedOf(pack, VARIANT_PACK));
    });
}

/// For tests: the number of descriptors that were created and not destroyed.
CUDNN_API size_t gregSimCudnnDescriptors() { return liveDescriptors(); }

/// For tests: every run of this engine takes so much longer.
CUDNN_API void gregSimCudnnDelay(int64_t engine, int microseconds) { delay(engine, microseconds); }

/// For tests: runs of this engine fail, or work again.
CUDNN_API void gregSimCudnnDisable(int64_t engine, int fails) { disable(engine, fails != 0); }
