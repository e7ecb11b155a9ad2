// Initialisation, the devices (one unless GREG_SIM_DEVICES says more, all alike), their attributes, and the words for error codes.
#include "driver/state.hpp"

#include <cstdlib>

using namespace sim;

namespace sim {

unsigned capability() {
    static const unsigned value = getenv("GREG_SIM_SM") ? static_cast<unsigned>(atoi(getenv("GREG_SIM_SM"))) : 90;
    return value;
}

namespace {

const char* const deviceName = "greg software CUDA device (PTX interpreter)";

int deviceCount() {
    static const int count = getenv("GREG_SIM_DEVICES") ? atoi(getenv("GREG_SIM_DEVICES")) : 1;
    return count;
}

/// The newest CUDA that the driver supports: 12060 is 12.6.
int driverVersion() {
    static const int version = getenv("GREG_SIM_CUDA") ? atoi(getenv("GREG_SIM_CUDA")) : 12060;
    return version;
}

/// By the number of the attribute in cuda.h; 0 for whatever the device does not have.
int attribute(int which) {
    switch (which) {
        case 1: case 2: case 3: return 1024;               // threads of a block, x, y
        case 4: return 64;                                 // z
        case 5: return 0x7fffffff;                         // blocks of a grid, x
        case 6: case 7: return 65535;                      // y, z
        case 8: return 48 * 1024;                          // shared memory of a block
        case 9: return 65536;                              // constant memory
        case 10: return 32;                                // warp
        case 12: case 82: return 65536;                    // registers
        case 13: case 36: return 1;                        // clock rates, kHz: no figure comes from this device
        case 14: return 512;                               // alignment of textures
        case 16: return static_cast<int>(multiprocessors);
        case 31: return 1;                                 // concurrent kernels
        case 33: return 0;
        case 37: return 64;                                // bits of the bus
        case 38: return 1 << 20;                           // level-2 cache
        case 39: return 2048;                              // threads of a multiprocessor
        case 40: return 1;                                 // copy engines
        case 41: return 1;                                 // unified addresses
        case 75: return static_cast<int>(capability() / 10);
        case 76: return static_cast<int>(capability() % 10);
        case 78: return 0;                                 // priorities
        case 81: return 100 * 1024;                        // shared memory of a multiprocessor
        case 97: return 99 * 1024;                         // of a block, when asked for
        case 99: return 1;                                 // host memory can be registered
        case 106: return 32;                               // blocks of a multiprocessor
        default: return 0;
    }
}

}  // namespace

void requireDevice(CUdevice device) {
    if (!state().initialised) throw Error(CUDA_ERROR_NOT_INITIALIZED, "cuInit was not called");
    if (device < 0 || device >= deviceCount()) {
        throw Error(CUDA_ERROR_INVALID_DEVICE, text("device %d of %d", device, deviceCount()));
    }
}

}  // namespace sim

API(cuInit, unsigned flags)
    if (flags != 0) throw Error(CUDA_ERROR_INVALID_VALUE, "flags must be 0");
    state().initialised = true;
END

API(cuDriverGetVersion, int* version)
    out(version, "version") = driverVersion();
END

API(cuDeviceGetCount, int* count)
    requireDevice(0);
    out(count, "count") = deviceCount();
END

API(cuDeviceGet, CUdevice* device, int ordinal)
    requireDevice(ordinal);
    out(device, "device") = ordinal;
END

API(cuDeviceGetName, char* name, int length, CUdevice device)
    requireDevice(device);
    if (length < 1) throw Error(CUDA_ERROR_INVALID_VALUE, "no room for the name");
    snprintf(name, static_cast<size_t>(length), "%s", deviceName);
END

API(cuDeviceGetUuid, unsigned char* uuid, CUdevice device)
    requireDevice(device);
    memcpy(uuid, "greg-software-00", 16);
    uuid[15] = static_cast<unsigned char>('0' + device);
END

API(cuDeviceTotalMem_v2, size_t* bytes, CUdevice device)
    requireDevice(device);
    out(bytes, "bytes") = Memory::get().totalBytes();
END

API(cuDeviceGetAttribute, int* value, int which, CUdevice device)
    requireDevice(device);
    out(value, "value") = attribute(which);
END

API(cuDeviceComputeCapability, int* major, int* minor, CUdevice device)
    requireDevice(device);
    out(major, "major") = attribute(75);
    out(minor, "minor") = attribute(76);
END

API(cuDeviceGetPCIBusId, char* id, int length, CUdevice device)
    requireDevice(device);
    snprintf(id, static_cast<size_t>(length), "0000:%02x:00.0", static_cast<unsigned>(device));
END

SIM_API CUresult cuGetErrorName(CUresult code, const char** name) {
    *name = errorName(code);
    return *name ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/// The driver's sentence and, unlike a real driver's, what exactly happened the last time.
SIM_API CUresult cuGetErrorString(CUresult code, const char** sentence) {
    thread_local std::string full;
    *sentence = errorSentence(code);
    if (!*sentence) return CUDA_ERROR_INVALID_VALUE;
    if (lastMessage(code).empty()) return CUDA_SUCCESS;
    full = *sentence + std::string(" [") + lastMessage(code) + "]";
    *sentence = full.c_str();
    return CUDA_SUCCESS;
}

/// Stops (or resumes) the report of errors on stderr.
SIM_API void gregSimQuiet(int on) { quiet = on != 0; }

/// Gives the device another size of memory. Whatever is not written to costs the host nothing, so that allocations of
/// many gigabytes can be tested at their end.
API(gregSimMemory, size_t bytes)
    Memory::get().resize(bytes);
END

/// Of launches that run from now on only these blocks are run (by linear index, x fastest); all again if count is 0.
API(gregSimBlocks, size_t first, size_t count)
    selectBlocks({first, count});
END

namespace {

void forget(CUdeviceptr address, size_t bytes) {
    Memory::get().checkWrite(address, bytes, "forgetting");
    Memory::get().markUnwritten(address, bytes);
}

}  // namespace

/// Declares bytes as never written, for a pool that hands the same memory out again.
API(gregSimForget, CUdeviceptr address, size_t bytes)
    forget(address, bytes);
END

/// The same behind the work that is in the stream already; recorded if the stream is captured.
API(gregSimForgetLater, CUdeviceptr address, size_t bytes, void* stream)
    submit(stream, [=] { forget(address, bytes); });
END
