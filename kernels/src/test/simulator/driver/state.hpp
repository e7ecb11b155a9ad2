// What the driver knows: contexts, streams with their queues, events, modules, graphs, and which handles are alive.
//
// Work is deferred as on a device: a call on a stream puts it into the stream's queue, and it runs when somebody waits
// for it. A stream that nobody waits for does not run, so that a missing synchronisation between two streams shows.
#pragma once

#include "device/block.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <thread>

namespace sim {

struct Context;
struct Stream;
struct Graph;

using Work = std::function<void()>;
using Clock = std::chrono::steady_clock;

struct Capture {
    Stream* origin = nullptr;
    CUstreamCaptureMode mode = CAPTURE_GLOBAL;
    std::thread::id thread;
    bool invalidated = false;
    std::shared_ptr<Graph> graph;
    /// Nodes of each stream that takes part, and up to which one another stream waits for them.
    std::map<Stream*, uint64_t> recorded;
    std::map<Stream*, uint64_t> joined;
};

struct Stream {
    Context* context = nullptr;
    bool nonBlocking = false;
    std::deque<Work> queue;
    uint64_t submitted = 0;  // pieces of work ever put into the queue
    uint64_t finished = 0;
    std::shared_ptr<Capture> capture;
};

struct Event {
    Context* context = nullptr;
    bool timed = true;
    bool recorded = false;
    uint64_t generation = 0;         // of the last record
    uint64_t finishedGeneration = 0;
    Clock::time_point time;
    std::shared_ptr<Stream> stream;  // null: the legacy stream, which has run already
    uint64_t ticket = 0;
    std::shared_ptr<Capture> capture;  // recorded while capturing: stands for a node, not for a time
    uint64_t captureTicket = 0;
};

struct LoadedModule {
    void* handle = nullptr;
    Context* context = nullptr;
    Module module;
    bool loaded = true;
    std::map<std::string, void*> fetched;  // functions, which are loaded when they are fetched for the first time
};

struct Function {
    std::shared_ptr<LoadedModule> module;
    const Kernel* kernel = nullptr;
    uint32_t dynamicLimit = 48 * 1024;
};

struct Graph {
    std::vector<Work> nodes;  // in the order of capture, which respects every dependency
};

struct Context {
    void* handle = nullptr;
    CUdevice device = 0;
    bool primary = false;
    std::string failure;  // of a kernel: the context is lost, every call returns it
    CUresult failureCode = CUDA_SUCCESS;
    std::map<uint64_t, size_t> allocations;
    std::set<std::shared_ptr<Stream>> streams;
};

/// Handles that the program holds: numbers that are never used twice, so that one that was destroyed is told from one
/// that never existed, and stays wrong when something new is created.
template <class T>
class Registry {
public:
    /// `kind` tells the handles of this registry from those of others.
    Registry(unsigned kind, const char* what) : base_(uint64_t{0x7e00 + kind} << 32), what_(what) {}
    void* add(std::shared_ptr<T> object) {
        uint64_t handle = base_ + 16 * ++created_;
        live_[handle] = std::move(object);
        return reinterpret_cast<void*>(handle);
    }
    std::shared_ptr<T> get(const void* handle) const {
        auto number = reinterpret_cast<uint64_t>(handle);
        auto found = live_.find(number);
        if (found != live_.end()) return found->second;
        bool once = number > base_ && number <= base_ + 16 * created_;
        throw Error(CUDA_ERROR_INVALID_HANDLE,
                    text("%p is no live %s", handle, what_) + (once ? " any more: it was destroyed" : " and never was"));
    }
    void remove(const void* handle) {
        get(handle);
        live_.erase(reinterpret_cast<uint64_t>(handle));
    }
    template <class F>
    void removeIf(F condition) {
        for (auto it = live_.begin(); it != live_.end();) it = condition(*it->second) ? live_.erase(it) : std::next(it);
    }

private:
    uint64_t base_;
    const char* what_;
    uint64_t created_ = 0;
    std::map<uint64_t, std::shared_ptr<T>> live_;
};

struct State {
    bool initialised = false;
    Registry<Context> contexts{0, "context"};
    Registry<Stream> streams{1, "stream"};
    Registry<Event> events{2, "event"};
    Registry<LoadedModule> modules{3, "module"};
    Registry<Function> functions{4, "function"};
    Registry<Graph> graphs{5, "graph"};
    Registry<std::shared_ptr<Graph>> executables{6, "executable graph"};
    struct Primary {
        std::shared_ptr<Context> context;
        unsigned users = 0;
    };
    std::map<CUdevice, Primary> primaries;
    std::set<std::shared_ptr<Capture>> captures;
    std::map<uint64_t, size_t> pinned;  // page-locked host memory
};

State& state();
/// Handles of the contexts of this thread; the last one is current.
std::vector<void*>& contextStack();

/// An error unless there is such a device.
void requireDevice(CUdevice device);

/// The current context; an error if there is none or if a kernel has destroyed it.
Context& context();
void synchronise(Context& context);
void destroy(Context& context);

/// The stream behind a handle, null for the legacy default stream (0 or 1).
std::shared_ptr<Stream> streamOf(const void* handle);
/// Runs a stream's work until `ticket` pieces are done.
void drain(Stream& stream, uint64_t ticket);
/// Runs, queues or captures a piece of work, as the stream is.
void submit(const void* stream, Work work);
void submitNow(Work work);

/// Calls that CUDA forbids while a stream is being captured; they also spoil the capture.
void refuseDuringCapture(const char* call);
[[noreturn]] void spoil(Capture& capture, CUresult code, const std::string& why);
void requireValid(const Capture& capture);

bool isPinned(const void* host, size_t bytes);

/// Body of an API function: one at a time, errors become codes.
CUresult call(const char* name, const std::function<void()>& body);

template <class T>
T& out(T* pointer, const char* name) {
    if (!pointer) throw Error(CUDA_ERROR_INVALID_VALUE, std::string(name) + " is null");
    return *pointer;
}

}  // namespace sim

#define API(name, ...) \
    SIM_API CUresult name(__VA_ARGS__) { \
        return sim::call(#name, [&] {
#define END \
    });     \
    }
