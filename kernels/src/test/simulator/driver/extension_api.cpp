#include "driver/extension.h"

#include "driver/state.hpp"

using namespace sim;

int gregSimSubmit(void* stream, int (*work)(void*), void* argument, void (*release)(void*)) {
    auto owner = std::shared_ptr<void>(argument, [release](void* held) {
        if (release) release(held);
    });
    return call("gregSimSubmit", [&] {
        context();
        submit(stream, [work, owner] {
            auto code = static_cast<CUresult>(work(owner.get()));
            if (code != CUDA_SUCCESS) throw Error(code, lastMessage(code));
        });
    });
}

int gregSimRead(unsigned long long address, size_t bytes, const char* what) {
    return call("gregSimRead", [&] { Memory::get().checkRead(address, bytes, what); });
}

int gregSimWrite(unsigned long long address, size_t bytes, const char* what) {
    return call("gregSimWrite", [&] {
        Memory::get().checkWrite(address, bytes, what);
        Memory::get().markWritten(address, bytes);
    });
}

void gregSimReport(const char* message) { report(Error(CUDA_ERROR_INVALID_VALUE, message)); }

const char* gregSimLastError() { return lastError().c_str(); }
