// Capturing a stream into a graph, and replaying it.
#include "driver/state.hpp"

using namespace sim;

namespace {

/// Streams let go of the capture, whatever became of it.
void finish(const std::shared_ptr<Capture>& capture) {
    for (const auto& stream : capture->origin->context->streams) {
        if (stream->capture == capture) stream->capture.reset();
    }
    state().captures.erase(capture);
}

void instantiate(void** handle, void* graph) {
    auto copy = std::make_shared<Graph>(*state().graphs.get(graph));
    out(handle, "executable graph") = state().executables.add(std::make_shared<std::shared_ptr<Graph>>(copy));
}

}  // namespace

API(cuStreamBeginCapture_v2, void* handle, CUstreamCaptureMode mode)
    context();
    std::shared_ptr<Stream> stream = streamOf(handle);
    if (!stream) throw Error(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the default stream cannot be captured");
    if (stream->capture) {
        spoil(*stream->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream is being captured already");
    }
    auto capture = std::make_shared<Capture>();
    capture->origin = stream.get();
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    capture->graph = std::make_shared<Graph>();
    capture->recorded[stream.get()] = 0;
    stream->capture = capture;
    state().captures.insert(capture);
END

API(cuStreamEndCapture, void* handle, void** graph)
    context();
    std::shared_ptr<Stream> stream = streamOf(handle);
    if (!stream || !stream->capture || stream->capture->origin != stream.get()) {
        throw Error(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "no capture was begun in this stream");
    }
    std::shared_ptr<Capture> capture = stream->capture;
    if (capture->mode != CAPTURE_RELAXED && capture->thread != std::this_thread::get_id()) {
        capture->invalidated = true;
        throw Error(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "another thread has begun this capture");
    }
    finish(capture);
    out(graph, "graph") = nullptr;
    requireValid(*capture);
    for (const auto& part : capture->recorded) {
        if (part.first != stream.get() && part.second > capture->joined[part.first]) {
            throw Error(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "another stream took part and was not waited for");
        }
    }
    *graph = state().graphs.add(capture->graph);
END

API(cuStreamIsCapturing, void* handle, CUstreamCaptureStatus* status)
    std::shared_ptr<Stream> stream = streamOf(handle);
    bool captured = stream && stream->capture;
    out(status, "status") = !captured ? CAPTURE_NONE : stream->capture->invalidated ? CAPTURE_INVALIDATED : CAPTURE_ACTIVE;
END

API(cuGraphGetNodes, void* handle, void** nodes, size_t* count)
    std::shared_ptr<Graph> graph = state().graphs.get(handle);
    if (nodes) throw Error(CUDA_ERROR_NOT_SUPPORTED, "only the number of nodes can be asked for");
    out(count, "count") = graph->nodes.size();
END

API(cuGraphDestroy, void* handle)
    state().graphs.remove(handle);
END

API(cuGraphInstantiateWithFlags, void** handle, void* graph, unsigned long long)
    context();
    instantiate(handle, graph);
END

API(cuGraphUpload, void* executable, void* stream)
    context();
    state().executables.get(executable);
    streamOf(stream);
END

API(cuGraphLaunch, void* handle, void* stream)
    context();
    std::shared_ptr<Graph> graph = *state().executables.get(handle);
    std::shared_ptr<Stream> target = streamOf(stream);
    if (target && target->capture) {
        spoil(*target->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a graph is launched into a captured stream");
    }
    submit(stream, [graph] {
        for (const Work& node : graph->nodes) node();
    });
END

API(cuGraphExecDestroy, void* handle)
    refuseDuringCapture("the destruction of an executable graph");
    state().executables.remove(handle);
END
