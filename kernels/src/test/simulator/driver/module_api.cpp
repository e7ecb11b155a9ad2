// Modules, functions and launches.
#include "driver/state.hpp"
#include "ptx/parser.hpp"

#include <cstdlib>
#include <unistd.h>

using namespace sim;

namespace sim {
unsigned capability();
}

namespace {

constexpr uint32_t sharedOptIn = 99 * 1024;

void load(void** handle, const void* image) {
    Context& current = context();
    // drivers from CUDA 12.3 on allow it, those before do not
    refuseDuringCapture("the loading of a module");
    if (!image) throw Error(CUDA_ERROR_INVALID_VALUE, "the image is null");
    const char* source = static_cast<const char*>(image);
    if (memcmp(source, "\177ELF", 4) == 0) {
        throw Error(CUDA_ERROR_NO_BINARY_FOR_GPU, "the image is machine code; the software device runs PTX only");
    }
    if (getenv("GREG_SIM_NO_JIT")) throw Error(CUDA_ERROR_JIT_COMPILER_NOT_FOUND, "as GREG_SIM_NO_JIT asks for");
    auto loaded = std::make_shared<LoadedModule>();
    loaded->context = &current;
    loaded->module = parseModule(source, "", capability());
    loaded->handle = state().modules.add(loaded);
    out(handle, "module") = loaded->handle;
}

/// The text of the error into the caller's log buffer (options 5 and 6 of cuModuleLoadDataEx).
void writeLog(unsigned count, const int* options, void** values, const std::string& message) {
    char* buffer = nullptr;
    size_t size = 0;
    for (unsigned i = 0; i < count; i++) {
        if (options[i] == 5) buffer = static_cast<char*>(values[i]);
        if (options[i] == 6) size = reinterpret_cast<size_t>(values[i]) & 0xffffffff;
    }
    if (buffer && size) snprintf(buffer, size, "%s", message.c_str());
}

/// Copies from memory that may not be there: fewer parameters given than the kernel has is an error, not a crash. The
/// system looks at an address first when it is asked to write what lies there into a pipe.
bool readable(void* to, const void* from, size_t bytes) {
    static int ends[2] = {-1, -1};
    if (ends[0] < 0 && pipe(ends) != 0) return false;
    return write(ends[1], from, bytes) == static_cast<ssize_t>(bytes)
        && read(ends[0], to, bytes) == static_cast<ssize_t>(bytes);
}

void readParam(void* to, const void* from, size_t bytes, size_t index, const Kernel& kernel) {
    if (!from || !readable(to, from, bytes)) {
        throw Error(CUDA_ERROR_INVALID_VALUE,
                    "kernel " + kernel.name + text(" has %zu parameters, but number %zu (", kernel.params.size(), index)
                        + kernel.params[index].name + text(", %zu bytes) cannot be read at %p", bytes, from));
    }
}

std::vector<uint8_t> params(const Kernel& kernel, void** pointers, void** extra) {
    std::vector<uint8_t> bytes(kernel.paramBytes);
    if (pointers && extra) throw Error(CUDA_ERROR_INVALID_VALUE, "kernelParams and extra exclude each other");
    if (extra) {
        const void* buffer = nullptr;
        size_t size = 0;
        for (; *extra; extra += 2) {
            auto key = reinterpret_cast<uint64_t>(extra[0]);
            if (key == 1) buffer = extra[1];
            else if (key == 2) size = *static_cast<size_t*>(extra[1]);
            else throw Error(CUDA_ERROR_INVALID_VALUE, "extra holds something unknown");
        }
        if (size != bytes.size() || (size && !buffer)) {
            throw Error(CUDA_ERROR_INVALID_VALUE,
                        "kernel " + kernel.name + text(" takes %zu bytes of parameters, given are %zu", bytes.size(), size));
        }
        if (size) memcpy(bytes.data(), buffer, size);
        return bytes;
    }
    if (!pointers && !kernel.params.empty()) {
        throw Error(CUDA_ERROR_INVALID_VALUE,
                    "kernel " + kernel.name + text(" has %zu parameters, none are given", kernel.params.size()));
    }
    for (size_t i = 0; i < kernel.params.size(); i++) {
        const Param& param = kernel.params[i];
        const void* pointer = nullptr;
        readParam(&pointer, pointers + i, sizeof pointer, i, kernel);
        readParam(bytes.data() + param.offset, pointer, param.bytes, i, kernel);
    }
    return bytes;
}

void checkShape(const Function& function, const Dim& grid, const Dim& block, uint32_t dynamic) {
    const Kernel& kernel = *function.kernel;
    std::string name = "kernel " + kernel.name + ": ";
    if (grid.count() == 0 || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535) {
        throw Error(CUDA_ERROR_INVALID_VALUE, name + text("a grid of (%u,%u,%u) blocks", grid.x, grid.y, grid.z));
    }
    if (block.count() == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || block.count() > 1024) {
        throw Error(CUDA_ERROR_INVALID_VALUE,
                    name + text("a block of (%u,%u,%u) threads; 1024 at most", block.x, block.y, block.z));
    }
    const unsigned* required = kernel.required;
    bool other = required[0] && (block.x != required[0] || block.y != required[1] || block.z != required[2]);
    if (block.count() > kernel.maxThreads || other) {
        throw Error(CUDA_ERROR_INVALID_VALUE,
                    name + text("a block of (%u,%u,%u) threads, but .maxntid or .reqntid says %u", block.x, block.y,
                                block.z, kernel.maxThreads));
    }
    if (kernel.sharedBytes + dynamic > sharedOptIn || dynamic > function.dynamicLimit
        || (function.dynamicLimit <= 48 * 1024 && kernel.sharedBytes + dynamic > 48 * 1024)) {
        throw Error(CUDA_ERROR_INVALID_VALUE,
                    name + text("%u static and %u dynamic bytes of shared memory; the limit of dynamic ones is %u",
                                kernel.sharedBytes, dynamic, function.dynamicLimit));
    }
    if (dynamic && !kernel.usesDynamicShared) {
        throw Error(CUDA_ERROR_INVALID_VALUE, name + text("%u dynamic bytes of shared memory, which it never uses", dynamic));
    }
}

}  // namespace

API(cuModuleLoadData, void** module, const void* image)
    load(module, image);
END

API(cuModuleLoadDataEx, void** module, const void* image, unsigned count, int* options, void** values)
    try {
        load(module, image);
    } catch (const Error& error) {
        writeLog(count, options, values, error.message());
        throw;
    }
END

API(cuModuleUnload, void* handle)
    Context& current = context();
    refuseDuringCapture("the unloading of a module");
    std::shared_ptr<LoadedModule> module = state().modules.get(handle);
    synchronise(current);
    module->loaded = false;
    for (auto& global : module->module.globals) Memory::get().free(global.second.address);
    state().functions.removeIf([&](const Function& function) { return function.module == module; });
    state().modules.remove(handle);
END

API(cuModuleGetFunction, void** handle, void* moduleHandle, const char* name)
    context();
    std::shared_ptr<LoadedModule> module = state().modules.get(moduleHandle);
    auto found = module->module.kernels.find(name);
    if (found == module->module.kernels.end()) {
        std::string all;
        for (const auto& kernel : module->module.kernels) all += " " + kernel.first;
        throw Error(CUDA_ERROR_NOT_FOUND, "no kernel " + std::string(name) + "; there are:" + all);
    }
    void*& fetched = module->fetched[name];
    if (!fetched) {
        // a driver loads functions lazily: when they are asked for
        refuseDuringCapture("the first fetch of a function");
        auto function = std::make_shared<Function>();
        function->module = module;
        function->kernel = &found->second;
        fetched = state().functions.add(function);
    }
    out(handle, "function") = fetched;
END

API(cuModuleGetGlobal_v2, CUdeviceptr* address, size_t* bytes, void* moduleHandle, const char* name)
    context();
    std::shared_ptr<LoadedModule> module = state().modules.get(moduleHandle);
    auto found = module->module.globals.find(name);
    if (found == module->module.globals.end()) throw Error(CUDA_ERROR_NOT_FOUND, "no variable " + std::string(name));
    if (address) *address = found->second.address;
    if (bytes) *bytes = found->second.bytes;
END

API(cuFuncGetAttribute, int* value, int which, void* handle)
    std::shared_ptr<Function> function = state().functions.get(handle);
    const Kernel& kernel = *function->kernel;
    switch (which) {
        case 0: out(value, "value") = static_cast<int>(kernel.maxThreads); break;
        case 1: out(value, "value") = static_cast<int>(kernel.sharedBytes); break;
        case 2: case 3: case 7: out(value, "value") = 0; break;
        case 4: out(value, "value") = 32; break;
        case 5: out(value, "value") = static_cast<int>(function->module->module.version); break;
        case 6: out(value, "value") = static_cast<int>(capability()); break;
        case 8: out(value, "value") = static_cast<int>(function->dynamicLimit); break;
        default: throw Error(CUDA_ERROR_INVALID_VALUE, text("attribute %d of a function", which));
    }
END

API(cuFuncSetAttribute, void* handle, int which, int value)
    std::shared_ptr<Function> function = state().functions.get(handle);
    if (which == 9) return;  // a preference
    if (which != 8 || value < 0 || static_cast<uint32_t>(value) + function->kernel->sharedBytes > sharedOptIn) {
        throw Error(CUDA_ERROR_INVALID_VALUE, text("attribute %d of a function to %d", which, value));
    }
    function->dynamicLimit = static_cast<uint32_t>(value);
END

API(cuFuncSetCacheConfig, void* handle, int)
    state().functions.get(handle);
END

API(cuFuncGetModule, void** module, void* handle)
    out(module, "module") = state().functions.get(handle)->module->handle;
END

API(cuOccupancyMaxActiveBlocksPerMultiprocessor, int* blocks, void* handle, int threads, size_t dynamic)
    std::shared_ptr<Function> function = state().functions.get(handle);
    if (threads < 1 || threads > 1024) throw Error(CUDA_ERROR_INVALID_VALUE, text("blocks of %d threads", threads));
    size_t shared = function->kernel->sharedBytes + dynamic;
    size_t fit = std::min<size_t>(32, 2048 / ((static_cast<size_t>(threads) + 31) / 32 * 32));
    out(blocks, "blocks") = static_cast<int>(shared ? std::min<size_t>(fit, 100 * 1024 / shared) : fit);
END

API(cuLaunchKernel, void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
    unsigned blockZ, unsigned dynamic, void* stream, void** pointers, void** extra)
    Context& current = context();
    std::shared_ptr<Function> function = state().functions.get(handle);
    std::shared_ptr<LoadedModule> module = function->module;
    if (module->context != &current) throw Error(CUDA_ERROR_INVALID_HANDLE, "the function belongs to another context");
    Launch launch{function->kernel, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, dynamic, {}};
    checkShape(*function, launch.grid, launch.block, dynamic);
    launch.params = params(*function->kernel, pointers, extra);
    submit(stream, [launch, module] {
        if (!module->loaded) {
            throw Error(CUDA_ERROR_INVALID_HANDLE, "kernel " + launch.kernel->name + " of a module that was unloaded");
        }
        execute(launch);
    });
END
