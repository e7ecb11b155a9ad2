#include "driver/state.hpp"

#include <cstdlib>
#include <mutex>

namespace sim {

State& state() {
    static auto* state = new State();
    return *state;
}

std::vector<void*>& contextStack() {
    thread_local std::vector<void*> stack;
    return stack;
}

Context& context() {
    std::vector<void*>& stack = contextStack();
    if (stack.empty() || !stack.back()) throw Error(CUDA_ERROR_INVALID_CONTEXT, "no context is current on this thread");
    Context& current = *state().contexts.get(stack.back());
    if (current.failureCode != CUDA_SUCCESS) {
        throw Error(current.failureCode, "the context is lost since: " + current.failure);
    }
    return current;
}

CUresult call(const char* name, const std::function<void()>& body) {
    static std::recursive_mutex mutex;
    std::lock_guard<std::recursive_mutex> lock(mutex);
    try {
        body();
        return CUDA_SUCCESS;
    } catch (const Error& error) {
        return report(Error(error.code(), std::string(name) + ": " + error.message()));
    } catch (const std::bad_alloc&) {
        return report(Error(CUDA_ERROR_OUT_OF_MEMORY, std::string(name) + ": the host has no memory left"));
    }
}

std::shared_ptr<Stream> streamOf(const void* handle) {
    if (reinterpret_cast<uint64_t>(handle) <= 1) return nullptr;
    if (reinterpret_cast<uint64_t>(handle) == 2) {
        throw Error(CUDA_ERROR_NOT_SUPPORTED, "the per-thread default stream; create a stream");
    }
    return state().streams.get(handle);
}

void drain(Stream& stream, uint64_t ticket) {
    while (stream.finished < ticket && !stream.queue.empty()) {
        Work work = std::move(stream.queue.front());
        stream.queue.pop_front();
        stream.finished++;
        try {
            work();
        } catch (const Error& error) {
            Context& lost = *stream.context;
            if (lost.failureCode == CUDA_SUCCESS) {
                lost.failureCode = error.code();
                lost.failure = error.message();
            }
            for (const auto& other : lost.streams) {
                other->queue.clear();
                other->finished = other->submitted;
            }
            throw;
        }
    }
}

void synchronise(Context& context) {
    for (const auto& stream : std::set<std::shared_ptr<Stream>>(context.streams)) drain(*stream, stream->submitted);
}

void submitNow(Work work) {
    Context& current = context();
    for (const auto& capture : state().captures) {
        if (capture->mode != CAPTURE_RELAXED && !capture->origin->nonBlocking) {
            spoil(*capture, CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "the default stream would wait for a captured stream");
        }
    }
    for (const auto& stream : std::set<std::shared_ptr<Stream>>(current.streams)) {
        if (!stream->nonBlocking) drain(*stream, stream->submitted);
    }
    try {
        work();
    } catch (const Error& error) {
        current.failureCode = error.code();
        current.failure = error.message();
        throw;
    }
}

void submit(const void* handle, Work work) {
    std::shared_ptr<Stream> stream = streamOf(handle);
    if (!stream) return submitNow(std::move(work));
    Context& current = context();
    if (stream->context != &current) throw Error(CUDA_ERROR_INVALID_HANDLE, "the stream belongs to another context");
    if (stream->capture) {
        requireValid(*stream->capture);
        stream->capture->graph->nodes.push_back(std::move(work));
        stream->capture->recorded[stream.get()]++;
        return;
    }
    static const bool blocking = getenv("CUDA_LAUNCH_BLOCKING") && std::string(getenv("CUDA_LAUNCH_BLOCKING")) == "1";
    constexpr size_t longest = 4096;  // a device's queue is finite too
    stream->queue.push_back(std::move(work));
    stream->submitted++;
    if (blocking || stream->queue.size() > longest) drain(*stream, stream->submitted);
}

void requireValid(const Capture& capture) {
    if (capture.invalidated) {
        throw Error(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "an earlier call has spoilt this capture");
    }
}

void spoil(Capture& capture, CUresult code, const std::string& why) {
    capture.invalidated = true;
    throw Error(code, why + "; the capture is spoilt");
}

void refuseDuringCapture(const char* what) {
    for (const auto& capture : state().captures) {
        bool mine = capture->thread == std::this_thread::get_id();
        if (capture->mode == CAPTURE_GLOBAL || (capture->mode == CAPTURE_THREAD_LOCAL && mine)) {
            spoil(*capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, std::string(what) + " while a stream is captured");
        }
    }
}

bool isPinned(const void* host, size_t bytes) {
    auto address = reinterpret_cast<uint64_t>(host);
    auto after = state().pinned.upper_bound(address);
    if (after == state().pinned.begin()) return false;
    auto around = std::prev(after);
    return address + bytes <= around->first + around->second;
}

void destroy(Context& context) {
    if (context.failureCode == CUDA_SUCCESS) {
        try {
            synchronise(context);
        } catch (const Error& error) {
            report(Error(error.code(), "destroying a context: " + error.message()));
        }
    }
    State& all = state();
    if (!context.allocations.empty() && context.failureCode == CUDA_SUCCESS) {
        size_t bytes = 0;
        for (const auto& allocation : context.allocations) bytes += allocation.second;
        fprintf(stderr, "software CUDA device: a context is destroyed with %zu allocations (%zu bytes) not freed\n",
                context.allocations.size(), bytes);
    }
    for (const auto& allocation : context.allocations) {
        Memory::get().free(allocation.first);
        GlobalRaces::get().forget(allocation.first, allocation.second);
    }
    all.functions.removeIf([&](const Function& function) { return function.module->context == &context; });
    all.modules.removeIf([&](LoadedModule& module) {
        if (module.context != &context) return false;
        if (module.loaded) {
            for (auto& global : module.module.globals) Memory::get().free(global.second.address);
        }
        module.loaded = false;
        return true;
    });
    all.events.removeIf([&](const Event& event) { return event.context == &context; });
    all.streams.removeIf([&](const Stream& stream) { return stream.context == &context; });
    for (auto it = all.captures.begin(); it != all.captures.end();) {
        it = (*it)->origin->context == &context ? all.captures.erase(it) : std::next(it);
    }
    all.contexts.remove(context.handle);
}

}  // namespace sim
