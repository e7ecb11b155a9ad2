// Streams and events.
#include "driver/state.hpp"

using namespace sim;

namespace {

void create(void** handle, unsigned flags) {
    Context& current = context();
    if (flags > STREAM_NON_BLOCKING) throw Error(CUDA_ERROR_INVALID_VALUE, text("flags %u", flags));
    auto stream = std::make_shared<Stream>();
    stream->context = &current;
    stream->nonBlocking = flags == STREAM_NON_BLOCKING;
    current.streams.insert(stream);
    out(handle, "stream") = state().streams.add(stream);
}

/// A stream that is being captured has no state to ask for.
void refuseCaptured(const std::shared_ptr<Stream>& stream, const char* what) {
    if (stream && stream->capture) {
        spoil(*stream->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, std::string(what) + " of a captured stream");
    }
}

void synchroniseLegacy() { submitNow([] {}); }

void record(void* eventHandle, void* streamHandle) {
    Context& current = context();
    std::shared_ptr<Event> event = state().events.get(eventHandle);
    if (event->context != &current) throw Error(CUDA_ERROR_INVALID_HANDLE, "the event belongs to another context");
    std::shared_ptr<Stream> stream = streamOf(streamHandle);
    event->recorded = true;
    if (stream && stream->capture) {
        requireValid(*stream->capture);
        event->capture = stream->capture;
        event->stream = stream;
        event->captureTicket = stream->capture->recorded[stream.get()];
        return;
    }
    event->capture.reset();
    uint64_t generation = ++event->generation;
    event->stream = stream;
    submit(streamHandle, [event, generation] {
        event->finishedGeneration = generation;
        event->time = Clock::now();
    });
    event->ticket = stream ? stream->submitted : 0;
}

void requireRecorded(const Event& event, const char* what) {
    if (event.capture) {
        if (event.capture->graph && state().captures.count(event.capture)) event.capture->invalidated = true;
        throw Error(CUDA_ERROR_CAPTURED_EVENT, std::string(what) + ": the event was recorded in a captured stream");
    }
}

/// The waiting stream joins the capture of the event, or the event's stream is joined to it again.
void waitCaptured(const std::shared_ptr<Stream>& stream, const Event& event) {
    if (!stream) throw Error(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "the default stream cannot join a capture");
    requireValid(*event.capture);
    if (!state().captures.count(event.capture)) {
        throw Error(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "the event belongs to a capture that has ended");
    }
    if (stream->capture && stream->capture != event.capture) {
        spoil(*stream->capture, CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "two captures cannot be merged");
    }
    if (stream->submitted != stream->finished && !stream->capture) drain(*stream, stream->submitted);
    stream->capture = event.capture;
    event.capture->recorded[stream.get()];
    uint64_t& joined = event.capture->joined[event.stream.get()];
    joined = std::max(joined, event.captureTicket);
}

}  // namespace

API(cuStreamCreate, void** handle, unsigned flags)
    create(handle, flags);
END

API(cuStreamCreateWithPriority, void** handle, unsigned flags, int)
    create(handle, flags);
END

API(cuStreamDestroy_v2, void* handle)
    std::shared_ptr<Stream> stream = state().streams.get(handle);
    refuseCaptured(stream, "the destruction");
    Context& current = context();
    drain(*stream, stream->submitted);
    current.streams.erase(stream);
    state().streams.remove(handle);
END

API(cuStreamSynchronize, void* handle)
    context();
    std::shared_ptr<Stream> stream = streamOf(handle);
    refuseCaptured(stream, "a synchronisation");
    if (stream) drain(*stream, stream->submitted);
    else synchroniseLegacy();
END

/// Not ready once, and then the work is done: a loop that polls comes to an end.
API(cuStreamQuery, void* handle)
    context();
    std::shared_ptr<Stream> stream = streamOf(handle);
    refuseCaptured(stream, "a query");
    if (!stream || stream->finished == stream->submitted) return;
    drain(*stream, stream->submitted);
    throw Error(CUDA_ERROR_NOT_READY, "the stream has work to do");
END

API(cuStreamGetCtx, void* handle, void** contextHandle)
    std::shared_ptr<Stream> stream = streamOf(handle);
    out(contextHandle, "context") = (stream ? *stream->context : context()).handle;
END

API(cuStreamGetFlags, void* handle, unsigned* flags)
    std::shared_ptr<Stream> stream = streamOf(handle);
    out(flags, "flags") = stream && stream->nonBlocking ? STREAM_NON_BLOCKING : 0;
END

API(cuStreamGetPriority, void* handle, int* priority)
    streamOf(handle);
    out(priority, "priority") = 0;
END

API(cuStreamWaitEvent, void* handle, void* eventHandle, unsigned)
    context();
    std::shared_ptr<Stream> stream = streamOf(handle);
    std::shared_ptr<Event> event = state().events.get(eventHandle);
    if (!event->recorded) return;  // as the driver: nothing to wait for
    if (event->capture) return waitCaptured(stream, *event);
    if (stream && stream->capture) {
        spoil(*stream->capture, CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "the event was recorded outside the capture");
    }
    std::shared_ptr<Stream> other = event->stream;
    uint64_t ticket = event->ticket;
    if (other) submit(handle, [other, ticket] { drain(*other, ticket); });
END

API(cuLaunchHostFunc, void* handle, void (*function)(void*), void* argument)
    context();
    submit(handle, [=] { function(argument); });
END

API(cuEventCreate, void** handle, unsigned flags)
    Context& current = context();
    auto event = std::make_shared<Event>();
    event->context = &current;
    event->timed = !(flags & EVENT_DISABLE_TIMING);
    out(handle, "event") = state().events.add(event);
END

API(cuEventDestroy_v2, void* handle)
    state().events.remove(handle);
END

API(cuEventRecord, void* event, void* stream)
    record(event, stream);
END

API(cuEventRecordWithFlags, void* event, void* stream, unsigned)
    record(event, stream);
END

API(cuEventSynchronize, void* handle)
    context();
    std::shared_ptr<Event> event = state().events.get(handle);
    requireRecorded(*event, "a synchronisation");
    refuseDuringCapture("a wait for an event");
    if (event->stream) drain(*event->stream, event->ticket);
END

API(cuEventQuery, void* handle)
    context();
    std::shared_ptr<Event> event = state().events.get(handle);
    requireRecorded(*event, "a query");
    refuseDuringCapture("a query of an event");
    if (event->finishedGeneration == event->generation) return;
    if (event->stream) drain(*event->stream, event->ticket);
    throw Error(CUDA_ERROR_NOT_READY, "the event has not been reached");
END

API(cuEventElapsedTime, float* milliseconds, void* startHandle, void* endHandle)
    context();
    std::shared_ptr<Event> start = state().events.get(startHandle);
    std::shared_ptr<Event> end = state().events.get(endHandle);
    for (const auto& event : {start, end}) {
        requireRecorded(*event, "a time");
        if (!event->timed) throw Error(CUDA_ERROR_INVALID_HANDLE, "the event was created without timing");
        if (!event->recorded) throw Error(CUDA_ERROR_INVALID_HANDLE, "the event was never recorded");
        if (event->finishedGeneration != event->generation) {
            throw Error(CUDA_ERROR_NOT_READY, "the event has not been reached");
        }
    }
    out(milliseconds, "milliseconds") = std::chrono::duration<float, std::milli>(end->time - start->time).count();
END
