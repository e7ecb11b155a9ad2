// A cuBLAS handle: the context and stream that it works on, and its workspace.
#pragma once

#include "cublas/types.hpp"

#include <functional>
#include <string>

namespace blas {

struct Handle {
    void* context = nullptr;
    bool live = true;
    bool hasStream = false;
    void* stream = nullptr;
    /// What the library allocates for itself when it is created.
    unsigned long long own = 0;
    /// What the program gave it, or 0. Setting the stream takes it away again, as with NVIDIA's library.
    unsigned long long workspace = 0;
    size_t workspaceBytes = 0;
};

/// A misuse of the library.
struct Misuse {
    Status status;
    std::string message;
};

/// Body of an API function: a misuse becomes its status, and its message that of gregSimLastError.
Status call(const char* name, const std::function<void()>& body);

/// Throws unless the condition holds.
void require(bool condition, Status status, const std::string& message);
/// The same for a status of the driver, whose own message is the last one.
void requireDriver(int code, Status status);

/// The handle, if it lives and its context is the current one.
Handle& handle(void* pointer);

}  // namespace blas
