// Handles, and what is set on them.
#include "cublas/handle.hpp"

#include <set>

namespace blas {
namespace {

/// Also the dead ones, so that the use of a destroyed handle is seen.
std::set<Handle*>& handles() {
    static auto* all = new std::set<Handle*>();
    return *all;
}

constexpr size_t OWN_BYTES = 4096;
constexpr unsigned long long WORKSPACE_ALIGNMENT = 256;

void* currentContext() {
    void* context = nullptr;
    requireDriver(cuCtxGetCurrent(&context), CUBLAS_STATUS_NOT_INITIALIZED);
    require(context, CUBLAS_STATUS_NOT_INITIALIZED, "no context is current on this thread");
    return context;
}

}  // namespace

Status call(const char* name, const std::function<void()>& body) {
    try {
        body();
        return CUBLAS_STATUS_SUCCESS;
    } catch (const Misuse& misuse) {
        if (!misuse.message.empty()) gregSimReport((std::string(name) + ": " + misuse.message).c_str());
        return misuse.status;
    }
}

void require(bool condition, Status status, const std::string& message) {
    if (!condition) throw Misuse{status, message};
}

void requireDriver(int code, Status status) {
    if (code != 0) throw Misuse{status, ""};
}

Handle& handle(void* pointer) {
    auto found = handles().find(static_cast<Handle*>(pointer));
    require(found != handles().end(), CUBLAS_STATUS_NOT_INITIALIZED, "this is no handle of cuBLAS");
    Handle& known = **found;
    require(known.live, CUBLAS_STATUS_NOT_INITIALIZED, "the handle was destroyed");
    require(known.context == currentContext(), CUBLAS_STATUS_INVALID_VALUE,
            "the handle belongs to another context than the current one");
    return known;
}

}  // namespace blas

using namespace blas;

CUBLAS_API Status cublasCreate_v2(void** out) {
    return call("cublasCreate", [&] {
        require(out, CUBLAS_STATUS_INVALID_VALUE, "the pointer to the handle is null");
        void* context = currentContext();
        // NVIDIA's allocates too, which is why no handle can be created while a stream is captured
        unsigned long long own = 0;
        requireDriver(cuMemAlloc_v2(&own, OWN_BYTES), CUBLAS_STATUS_ALLOC_FAILED);
        auto* created = new Handle();
        created->context = context;
        created->own = own;
        handles().insert(created);
        *out = created;
    });
}

CUBLAS_API Status cublasDestroy_v2(void* pointer) {
    return call("cublasDestroy", [&] {
        Handle& dying = handle(pointer);
        requireDriver(cuCtxSynchronize(), CUBLAS_STATUS_INTERNAL_ERROR);
        requireDriver(cuMemFree_v2(dying.own), CUBLAS_STATUS_INTERNAL_ERROR);
        dying.live = false;
    });
}

CUBLAS_API Status cublasSetStream_v2(void* pointer, void* stream) {
    return call("cublasSetStream", [&] {
        Handle& target = handle(pointer);
        void* context = nullptr;
        requireDriver(cuStreamGetCtx(stream, &context), CUBLAS_STATUS_INVALID_VALUE);
        require(context == target.context, CUBLAS_STATUS_INVALID_VALUE, "the stream belongs to another context");
        target.stream = stream;
        target.hasStream = true;
        target.workspace = 0;
        target.workspaceBytes = 0;
    });
}

CUBLAS_API Status cublasSetWorkspace_v2(void* pointer, void* workspace, size_t bytes) {
    return call("cublasSetWorkspace", [&] {
        Handle& target = handle(pointer);
        auto address = reinterpret_cast<unsigned long long>(workspace);
        require(target.hasStream, CUBLAS_STATUS_INVALID_VALUE, "set the stream first: setting it takes the workspace away");
        require(address && bytes, CUBLAS_STATUS_INVALID_VALUE, "the workspace is empty");
        require(address % WORKSPACE_ALIGNMENT == 0, CUBLAS_STATUS_INVALID_VALUE,
                "the workspace is not aligned to 256 bytes");
        requireDriver(gregSimWrite(address, bytes, "cublasSetWorkspace: workspace"), CUBLAS_STATUS_INVALID_VALUE);
        target.workspace = address;
        target.workspaceBytes = bytes;
    });
}

/// 0, 1, 2: major version, minor version, patch level.
CUBLAS_API Status cublasGetProperty(int property, int* value) {
    return call("cublasGetProperty", [&] {
        require(property >= 0 && property <= 2 && value, CUBLAS_STATUS_INVALID_VALUE, "no such property, or no place for it");
        *value = property == 0 ? major : 0;
    });
}

CUBLAS_API const char* cublasGetStatusName(Status status) {
    switch (status) {
        case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_STATUS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
        case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_STATUS_ARCH_MISMATCH: return "CUBLAS_STATUS_ARCH_MISMATCH";
        case CUBLAS_STATUS_MAPPING_ERROR: return "CUBLAS_STATUS_MAPPING_ERROR";
        case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_STATUS_INTERNAL_ERROR: return "CUBLAS_STATUS_INTERNAL_ERROR";
        case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
    }
    return "unknown status";
}

/// The name and, where NVIDIA's has a sentence, what exactly was wrong.
CUBLAS_API const char* cublasGetStatusString(Status status) {
    static std::string sentence;
    sentence = cublasGetStatusName(status);
    if (status != CUBLAS_STATUS_SUCCESS) sentence += std::string(" [") + gregSimLastError() + "]";
    return sentence.c_str();
}
