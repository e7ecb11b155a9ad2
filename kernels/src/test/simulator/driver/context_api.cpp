// Contexts: created, retained, made current, synchronised, destroyed.
#include "driver/state.hpp"

#include <algorithm>

using namespace sim;

namespace {

Context* create(CUdevice device, bool primary) {
    requireDevice(device);
    auto created = std::make_shared<Context>();
    created->device = device;
    created->primary = primary;
    created->handle = state().contexts.add(created);
    return created.get();
}

Context* live(const void* handle) {
    try {
        return state().contexts.get(handle).get();
    } catch (const Error& error) {
        throw Error(CUDA_ERROR_INVALID_CONTEXT, error.message());
    }
}

void* currentOrNull() {
    return contextStack().empty() ? nullptr : contextStack().back();
}

void releasePrimary(CUdevice device) {
    requireDevice(device);
    State::Primary& primary = state().primaries[device];
    if (primary.users == 0) throw Error(CUDA_ERROR_INVALID_CONTEXT, "the primary context is not retained");
    if (--primary.users > 0) return;
    destroy(*primary.context);
    primary.context.reset();
}

}  // namespace

API(cuCtxCreate_v2, void** handle, unsigned, CUdevice device)
    void* created = create(device, false)->handle;
    contextStack().push_back(created);
    out(handle, "handle") = created;
END

API(cuCtxDestroy_v2, void* handle)
    Context* dying = live(handle);
    if (dying->primary) throw Error(CUDA_ERROR_INVALID_CONTEXT, "a primary context is released, not destroyed");
    std::vector<void*>& stack = contextStack();
    if (!stack.empty() && stack.back() == handle) stack.pop_back();
    destroy(*dying);
END

API(cuDevicePrimaryCtxRetain, void** handle, CUdevice device)
    requireDevice(device);
    State::Primary& primary = state().primaries[device];
    if (primary.users++ == 0) primary.context = state().contexts.get(create(device, true)->handle);
    out(handle, "handle") = primary.context->handle;
END

API(cuDevicePrimaryCtxRelease_v2, CUdevice device)
    releasePrimary(device);
END

API(cuDevicePrimaryCtxReset_v2, CUdevice device)
    requireDevice(device);
    if (state().primaries[device].users > 0) {
        state().primaries[device].users = 1;
        releasePrimary(device);
    }
END

API(cuDevicePrimaryCtxGetState, CUdevice device, unsigned* flags, int* active)
    requireDevice(device);
    out(flags, "flags") = 0;
    out(active, "active") = state().primaries[device].users > 0;
END

API(cuDevicePrimaryCtxSetFlags_v2, CUdevice, unsigned)
END

API(cuCtxPushCurrent_v2, void* handle)
    contextStack().push_back(live(handle)->handle);
END

API(cuCtxPopCurrent_v2, void** handle)
    if (contextStack().empty()) throw Error(CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
    if (handle) *handle = contextStack().back();
    contextStack().pop_back();
END

API(cuCtxSetCurrent, void* handle)
    std::vector<void*>& stack = contextStack();
    void* next = handle ? live(handle)->handle : nullptr;
    if (!stack.empty()) stack.pop_back();
    if (next) stack.push_back(next);
END

API(cuCtxGetCurrent, void** handle)
    out(handle, "handle") = currentOrNull();
END

API(cuCtxGetDevice, CUdevice* device)
    out(device, "device") = context().device;
END

API(cuCtxGetFlags, unsigned* flags)
    context();
    out(flags, "flags") = 0;
END

API(cuCtxGetApiVersion, void*, unsigned* version)
    out(version, "version") = 12060;
END

API(cuCtxGetStreamPriorityRange, int* least, int* greatest)
    out(least, "least") = 0;
    out(greatest, "greatest") = 0;
END

API(cuCtxSynchronize)
    Context& current = context();
    for (const auto& capture : state().captures) {
        if (capture->origin->context == &current) {
            spoil(*capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a synchronisation while a stream is captured");
        }
    }
    synchronise(current);
END
