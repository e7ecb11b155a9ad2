#include "cudnn/execute.hpp"

#include "cudnn/convolve.hpp"
#include "driver/extension.h"

#include <chrono>
#include <cstring>

namespace dnn {
namespace {

constexpr int64_t workspaceAlignment = 16;

/// A run: what a kernel has as its arguments.
struct Run {
    Geometry geometry;
    const Engine* engine;
    Reference plan;
    bool replayed;
    uint64_t x, w, y, workspace;
    int64_t workspaceBytes;
};

uint64_t pointerOf(const Descriptor& pack, const Tensor& tensor, const char* name) {
    const std::vector<int64_t>& ids = pack.numbers(1000);
    for (size_t i = 0; i < ids.size(); i++) {
        if (ids[i] != tensor.uid) continue;
        auto address = static_cast<uint64_t>(pack.numbers(1001)[i]);
        require(address, NULL_POINTER, std::string(name) + " is null");
        require(address % tensor.alignment == 0, MISALIGNED_POINTER,
                std::string(name) + " is not a multiple of " + std::to_string(tensor.alignment) + " bytes");
        return address;
    }
    throw Error(BAD_PARAM, std::string(name) + ", id " + std::to_string(tensor.uid) + ", is not in the variant pack");
}

int read(const Tensor& tensor, uint64_t address, const char* what) {
    return gregSimRead(address, tensor.extent() * tensor.elementBytes(), what);
}

/// What lies between the elements stays as it is: neither read nor written.
int written(const Tensor& t, uint64_t address, const char* what) {
    if (!t.gaps()) return gregSimWrite(address, t.extent() * t.elementBytes(), what);
    for (int64_t pixel = 0; pixel < t.dims[0] * t.dims[2] * t.dims[3]; pixel++) {
        int code = gregSimWrite(address + pixel * t.strides[3] * t.elementBytes(), t.dims[1] * t.elementBytes(), what);
        if (code) return code;
    }
    return 0;
}

/// Memory that is nobody's: a read of it after this run must not find anything sensible.
int scribble(const Run& run) {
    if (run.workspaceBytes == 0) return 0;
    int code = gregSimWrite(run.workspace, run.workspaceBytes, "convolution: workspace");
    if (code == 0) memset(reinterpret_cast<void*>(run.workspace), 0xff, run.workspaceBytes);
    return code;
}

void linger(int microseconds) {
    auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
    while (std::chrono::steady_clock::now() < end) {
    }
}

int perform(void* argument) {
    const Run& run = *static_cast<Run*>(argument);
    const Geometry& g = run.geometry;
    // a graph replays kernels that the plan has loaded
    if (run.replayed && run.plan->destroyed) return gregSimRead(0, 1, "convolution: a destroyed plan replayed,");
    static unsigned turn = 0;
    turn++;
    const Tensor& output = g.output();
    int code = 0;
    if (&output != &g.x || g.beta != 0) code = read(g.x, run.x, "convolution: x");
    if (!code && (&output != &g.w || g.beta != 0)) code = read(g.w, run.w, "convolution: w");
    if (!code && (&output != &g.y || g.beta != 0)) code = read(g.y, run.y, "convolution: y");
    if (!code) code = scribble(run);
    uint64_t result = &output == &g.x ? run.x : &output == &g.w ? run.w : run.y;
    if (!code) code = written(output, result, "convolution: result");
    if (code) return code;
    convolve(g, run.engine->arithmetic, turn, reinterpret_cast<void*>(run.x), reinterpret_cast<void*>(run.w),
             reinterpret_cast<void*>(run.y));
    linger(delayOf(run.engine->index));
    return 0;
}

}  // namespace

void execute(const Handle& handle, const Reference& plan, const Reference& pack) {
    require(&handleOf(reinterpret_cast<const void*>(plan->number(400))) == &handle, BAD_PARAM,
            "the plan belongs to another handle");
    const Reference& configuration = plan->descriptor(401);
    require(!configuration->destroyed, BAD_PARAM, "the plan's engine configuration was destroyed");
    auto* run = new Run();
    std::unique_ptr<Run> owner(run);
    run->geometry = geometryBehind(*plan);
    run->engine = &engineOf(configuration->descriptor(300)->number(1301), run->geometry);
    run->plan = plan;
    run->replayed = capturing(handle);
    run->x = pointerOf(*pack, run->geometry.x, "x");
    run->w = pointerOf(*pack, run->geometry.w, "w");
    run->y = pointerOf(*pack, run->geometry.y, "y");
    run->workspaceBytes = plan->number(402);
    run->workspace = pack->number(1003);
    require(run->workspaceBytes == 0 || run->workspace, NULL_POINTER,
            "the workspace is null, the plan needs " + std::to_string(run->workspaceBytes) + " bytes");
    require(run->workspace % workspaceAlignment == 0, MISALIGNED_POINTER, "the workspace is misaligned");
    bool fails = run->engine->runFails != SUCCESS || disabled(run->engine->index);
    require(!fails, EXECUTION_FAILED,
            "engine " + std::to_string(run->engine->index) + " (" + run->engine->name + ") fails when it is run");
    owner.release();
    int code = gregSimSubmit(handle.stream, perform, run, [](void* argument) { delete static_cast<Run*>(argument); });
    require(code == 0, EXECUTION_FAILED_CUDA_DRIVER, "the launch failed with the driver's code " + std::to_string(code));
}

}  // namespace dnn
