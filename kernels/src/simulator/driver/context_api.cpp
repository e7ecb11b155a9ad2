// Contexts: created, retained, made current, synchronised, destroyed.
#include "driver/state.hpp"

#include <algorithm>

using namespace sim;

namespace {

Context* create(bool primary) {
    if (!state().initialised) throw Error(CUDA_ERROR_NOT_INITIALIZED, "cuInit was not called");
    auto created = std::make_shared<Context>();
    created->primary = primary;
    return state().contexts.add(created);
}

Context* live(void* handle) {
    try {
        return state().contexts.get(handle).get();
    } catch (const Error& error) {
        throw Error(CUDA_ERROR_INVALID_CONTEXT, error.message());
    }
}

Context* currentOrNull() {
    return contextStack().empty() ? nullptr : contextStack().back();
}

void releasePrimary() {
    if (state().primaryUsers == 0) throw Error(CUDA_ERROR_INVALID_CONTEXT, "the primary context is not retained");
    if (--state().primaryUsers > 0) return;
    destroy(*state().primary);
    state().primary.reset();
}

}  // namespace

API(cuCtxCreate_v2, void** handle, unsigned, CUdevice device)
    if (device != 0) throw Error(CUDA_ERROR_INVALID_DEVICE, text("device %d of 1", device));
    Context* created = create(false);
    contextStack().push_back(created);
    out(handle, "handle") = created;
END

API(cuCtxDestroy_v2, void* handle)
    Context* dying = live(handle);
    if (dying->primary) throw Error(CUDA_ERROR_INVALID_CONTEXT, "a primary context is released, not destroyed");
    std::vector<Context*>& stack = contextStack();
    if (!stack.empty() && stack.back() == dying) stack.pop_back();
    destroy(*dying);
END

API(cuDevicePrimaryCtxRetain, void** handle, CUdevice device)
    if (device != 0) throw Error(CUDA_ERROR_INVALID_DEVICE, text("device %d of 1", device));
    if (state().primaryUsers++ == 0) state().primary = state().contexts.get(create(true));
    out(handle, "handle") = state().primary.get();
END

API(cuDevicePrimaryCtxRelease_v2, CUdevice)
    releasePrimary();
END

API(cuDevicePrimaryCtxReset_v2, CUdevice)
    if (state().primaryUsers > 0) {
        state().primaryUsers = 1;
        releasePrimary();
    }
END

API(cuDevicePrimaryCtxGetState, CUdevice, unsigned* flags, int* active)
    out(flags, "flags") = 0;
    out(active, "active") = state().primaryUsers > 0;
END

API(cuDevicePrimaryCtxSetFlags_v2, CUdevice, unsigned)
END

API(cuCtxPushCurrent_v2, void* handle)
    contextStack().push_back(live(handle));
END

API(cuCtxPopCurrent_v2, void** handle)
    if (contextStack().empty()) throw Error(CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
    if (handle) *handle = contextStack().back();
    contextStack().pop_back();
END

API(cuCtxSetCurrent, void* handle)
    std::vector<Context*>& stack = contextStack();
    Context* next = handle ? live(handle) : nullptr;
    if (!stack.empty()) stack.pop_back();
    if (next) stack.push_back(next);
END

API(cuCtxGetCurrent, void** handle)
    out(handle, "handle") = currentOrNull();
END

API(cuCtxGetDevice, CUdevice* device)
    context();
    out(device, "device") = 0;
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
