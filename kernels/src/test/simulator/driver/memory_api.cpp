// Allocation, copies, fills and page-locked host memory.
#include "driver/state.hpp"

#include <cstdlib>

using namespace sim;

namespace {

Memory& memory() { return Memory::get(); }

/// A host address that the copy may use: not null, not one of the device's.
void requireHost(const void* host, size_t bytes) {
    if (bytes == 0) return;
    if (!host) throw Error(CUDA_ERROR_INVALID_VALUE, "the host pointer is null");
    if (memory().contains(reinterpret_cast<uint64_t>(host))) {
        throw Error(CUDA_ERROR_INVALID_VALUE, text("%p is a device pointer, a host pointer is expected", host));
    }
}

void upload(CUdeviceptr to, const void* from, size_t bytes) {
    memory().checkWrite(to, bytes, "copy to the device");
    memcpy(reinterpret_cast<void*>(to), from, bytes);
    memory().markWritten(to, bytes);
}

void download(void* to, CUdeviceptr from, size_t bytes) {
    memory().checkRead(from, bytes, "copy to the host");
    memcpy(to, reinterpret_cast<const void*>(from), bytes);
}

void copy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    memory().checkWrite(from, bytes, "copy from");
    memory().checkWrite(to, bytes, "copy to");
    memory().move(to, from, bytes);
}

template <class T>
void fill(CUdeviceptr to, T value, size_t count) {
    if (to % sizeof(T)) throw Error(CUDA_ERROR_INVALID_VALUE, "the address is not a multiple of the element");
    memory().checkWrite(to, count * sizeof(T), "fill");
    auto* data = reinterpret_cast<T*>(to);
    for (size_t i = 0; i < count; i++) data[i] = value;
    memory().markWritten(to, count * sizeof(T));
}

/// A call that returns when its work is done: like one on the default stream, and never part of a capture.
void atOnce(const char* what, const Work& work) {
    refuseDuringCapture(what);
    Context& current = context();
    for (const auto& stream : std::set<std::shared_ptr<Stream>>(current.streams)) {
        if (!stream->nonBlocking) drain(*stream, stream->submitted);
    }
    work();
}

/// Pageable memory is read before the call returns, page-locked memory when the copy runs.
void uploadLater(CUdeviceptr to, const void* from, size_t bytes, void* stream) {
    context();
    requireHost(from, bytes);
    memory().checkWrite(to, bytes, "copy to the device");
    std::shared_ptr<Stream> queue = streamOf(stream);
    if (isPinned(from, bytes)) {
        submit(stream, [=] { upload(to, from, bytes); });
        return;
    }
    if (queue && queue->capture) {
        spoil(*queue->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              "a copy from pageable host memory: a replay would read it again");
    }
    auto staged = std::make_shared<std::vector<char>>(static_cast<const char*>(from),
                                                      static_cast<const char*>(from) + bytes);
    submit(stream, [=] { upload(to, staged->data(), bytes); });
}

void downloadLater(void* to, CUdeviceptr from, size_t bytes, void* stream) {
    context();
    requireHost(to, bytes);
    memory().checkWrite(from, bytes, "copy to the host");
    std::shared_ptr<Stream> queue = streamOf(stream);
    bool pinned = isPinned(to, bytes);
    if (!pinned && queue && queue->capture) {
        spoil(*queue->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED,
              "a copy to pageable host memory: a replay would write to it again");
    }
    submit(stream, [=] { download(to, from, bytes); });
    if (!pinned && queue) drain(*queue, queue->submitted);
}

void* allocatePinned(size_t bytes) {
    refuseDuringCapture("an allocation");
    context();
    if (bytes == 0) throw Error(CUDA_ERROR_INVALID_VALUE, "an allocation of 0 bytes");
    void* host = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (!host) throw Error(CUDA_ERROR_OUT_OF_MEMORY, text("the host has no %zu bytes left", bytes));
    state().pinned[reinterpret_cast<uint64_t>(host)] = bytes;
    return host;
}

}  // namespace

API(cuMemAlloc_v2, CUdeviceptr* address, size_t bytes)
    refuseDuringCapture("an allocation");
    Context& current = context();
    out(address, "address") = memory().allocate(bytes, "");
    current.allocations[*address] = bytes;
END

/// Waits for all work, as the driver does, so that a free never takes memory from a kernel that was launched before.
API(cuMemFree_v2, CUdeviceptr address)
    refuseDuringCapture("a free");
    Context& current = context();
    if (address == 0) return;
    synchronise(current);
    memory().free(address);
    GlobalRaces::get().forget(address, current.allocations[address]);
    current.allocations.erase(address);
END

API(cuMemGetInfo_v2, size_t* free, size_t* total)
    context();
    out(total, "total") = memory().totalBytes();
    out(free, "free") = memory().totalBytes() - memory().liveBytes();
END

API(cuMemGetAddressRange_v2, CUdeviceptr* base, size_t* bytes, CUdeviceptr address)
    uint64_t start = 0;
    size_t length = 0;
    if (!memory().find(address, start, length)) memory().checkWrite(address, 1, "address range");
    if (base) *base = start;
    if (bytes) *bytes = length;
END

API(cuMemcpyHtoD_v2, CUdeviceptr to, const void* from, size_t bytes)
    requireHost(from, bytes);
    atOnce("a copy", [=] { upload(to, from, bytes); });
END

API(cuMemcpyDtoH_v2, void* to, CUdeviceptr from, size_t bytes)
    requireHost(to, bytes);
    atOnce("a copy", [=] { download(to, from, bytes); });
END

API(cuMemcpyDtoD_v2, CUdeviceptr to, CUdeviceptr from, size_t bytes)
    atOnce("a copy", [=] { copy(to, from, bytes); });
END

API(cuMemcpyHtoDAsync_v2, CUdeviceptr to, const void* from, size_t bytes, void* stream)
    uploadLater(to, from, bytes, stream);
END

API(cuMemcpyDtoHAsync_v2, void* to, CUdeviceptr from, size_t bytes, void* stream)
    downloadLater(to, from, bytes, stream);
END

API(cuMemcpyDtoDAsync_v2, CUdeviceptr to, CUdeviceptr from, size_t bytes, void* stream)
    context();
    memory().checkWrite(from, bytes, "copy from");
    memory().checkWrite(to, bytes, "copy to");
    submit(stream, [=] { copy(to, from, bytes); });
END

API(cuMemsetD8_v2, CUdeviceptr to, unsigned char value, size_t count)
    atOnce("a fill", [=] { fill(to, value, count); });
END

API(cuMemsetD16_v2, CUdeviceptr to, unsigned short value, size_t count)
    atOnce("a fill", [=] { fill(to, value, count); });
END

API(cuMemsetD32_v2, CUdeviceptr to, unsigned value, size_t count)
    atOnce("a fill", [=] { fill(to, value, count); });
END

API(cuMemsetD8Async, CUdeviceptr to, unsigned char value, size_t count, void* stream)
    memory().checkWrite(to, count, "fill");
    submit(stream, [=] { fill(to, value, count); });
END

API(cuMemsetD16Async, CUdeviceptr to, unsigned short value, size_t count, void* stream)
    memory().checkWrite(to, 2 * count, "fill");
    submit(stream, [=] { fill(to, value, count); });
END

API(cuMemsetD32Async, CUdeviceptr to, unsigned value, size_t count, void* stream)
    memory().checkWrite(to, 4 * count, "fill");
    submit(stream, [=] { fill(to, value, count); });
END

API(cuMemAllocHost_v2, void** host, size_t bytes)
    out(host, "host") = allocatePinned(bytes);
END

API(cuMemHostAlloc, void** host, size_t bytes, unsigned)
    out(host, "host") = allocatePinned(bytes);
END

API(cuMemFreeHost, void* host)
    refuseDuringCapture("a free");
    synchronise(context());
    if (state().pinned.erase(reinterpret_cast<uint64_t>(host)) == 0) {
        throw Error(CUDA_ERROR_INVALID_VALUE, text("%p was not allocated here, or is free already", host));
    }
    std::free(host);
END

API(cuMemHostRegister_v2, void* host, size_t bytes, unsigned)
    refuseDuringCapture("page-locking");
    context();
    requireHost(host, bytes);
    if (!state().pinned.emplace(reinterpret_cast<uint64_t>(host), bytes).second) {
        throw Error(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, text("%p", host));
    }
END

API(cuMemHostUnregister, void* host)
    refuseDuringCapture("the end of page-locking");
    synchronise(context());
    if (state().pinned.erase(reinterpret_cast<uint64_t>(host)) == 0) {
        throw Error(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, text("%p", host));
    }
END
