// Communicators and all-reduce. Sums are added in the order of the ranks, so that they have the same bits in each
// run; NVIDIA's have the same bits on each rank only.
#include "nccl/meeting.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <set>
#include <vector>

using namespace nccl;

namespace {

struct Comm {
    std::unique_ptr<Meeting> meeting;
    int ranks;
    int rank;
    void* context;
    bool live = true;
    void* lastStream = nullptr;
    std::atomic<int> state{NCCL_SUCCESS};
};

struct Misuse {
    Result result;
    std::string message;
};

std::string& lastMessage() {
    static thread_local std::string message;
    return message;
}

int call(const char* name, const std::function<void()>& body) {
    try {
        body();
        return NCCL_SUCCESS;
    } catch (const Misuse& misuse) {
        lastMessage() = std::string(name) + ": " + misuse.message;
        gregSimReport(lastMessage().c_str());
        return misuse.result;
    }
}

void require(bool condition, const std::string& message, Result result = NCCL_INVALID_ARGUMENT) {
    if (!condition) throw Misuse{result, message};
}

/// Also the dead ones, so that the use of a destroyed communicator is seen.
std::set<Comm*>& comms() {
    static auto* all = new std::set<Comm*>();
    return *all;
}

Comm& comm(void* pointer) {
    auto found = comms().find(static_cast<Comm*>(pointer));
    require(found != comms().end(), "this is no communicator");
    require((*found)->live, "the communicator was destroyed", NCCL_INVALID_USAGE);
    return **found;
}

/// How many groups are open on this thread, and what was asked for in them.
int& groups() {
    static thread_local int open = 0;
    return open;
}

std::vector<std::function<void()>>& grouped() {
    static thread_local std::vector<std::function<void()>> work;
    return work;
}

struct Work {
    Comm* comm;
    Operation operation;
    unsigned long long from;
    unsigned long long to;
};

void allReduce(Meeting& meeting, const Comm& comm, bool mean, const char* from, char* to, size_t bytes) {
    std::memcpy(meeting.chunk(comm.rank), from, bytes);
    meeting.wait();
    auto* sum = reinterpret_cast<float*>(to);
    size_t count = bytes / sizeof(float);
    std::memcpy(sum, meeting.chunk(0), bytes);
    for (int rank = 1; rank < comm.ranks; rank++) {
        auto* term = reinterpret_cast<const float*>(meeting.chunk(rank));
        for (size_t i = 0; i < count; i++) sum[i] += term[i];
    }
    if (mean) {
        for (size_t i = 0; i < count; i++) sum[i] /= static_cast<float>(comm.ranks);
    }
    meeting.wait();
}

int run(void* argument) {
    auto& work = *static_cast<Work*>(argument);
    Comm& comm = *work.comm;
    size_t bytes = work.operation.count * sizeof(float);
    if (int code = gregSimRead(work.from, bytes, "ncclAllReduce: sendbuff")) return code;
    if (int code = gregSimWrite(work.to, bytes, "ncclAllReduce: recvbuff")) return code;
    try {
        Meeting& meeting = *comm.meeting;
        meeting.agree(work.operation);
        for (size_t done = 0; done < bytes; done += Meeting::CHUNK) {
            size_t part = std::min(Meeting::CHUNK, bytes - done);
            auto* from = reinterpret_cast<const char*>(work.from) + done;
            auto* to = reinterpret_cast<char*>(work.to) + done;
            allReduce(meeting, comm, work.operation.kind == NCCL_AVG, from, to, part);
        }
        return 0;
    } catch (const std::string& message) {
        comm.state = NCCL_REMOTE_ERROR;
        gregSimReport(("ncclAllReduce: " + message).c_str());
        return 719; // CUDA_ERROR_LAUNCH_FAILED
    }
}

void submit(void* pointer, void* stream, const Operation& operation, const void* from, void* to) {
    Comm& target = comm(pointer);
    require(operation.type == NCCL_FLOAT32, "data type " + std::to_string(operation.type) + " is not simulated");
    require(operation.kind == NCCL_SUM || operation.kind == NCCL_AVG,
            "operation " + std::to_string(operation.kind) + ", expected ncclSum or ncclAvg");
    require(from && to, "a pointer is null");
    require(stream, "no stream: the work would run on the default stream");
    void* context = nullptr;
    require(cuStreamGetCtx(stream, &context) == 0 && context == target.context,
            "the stream belongs to another context than the communicator");
    auto address = reinterpret_cast<unsigned long long>(from);
    auto result = reinterpret_cast<unsigned long long>(to);
    size_t bytes = operation.count * sizeof(float);
    require(address == result || address + bytes <= result || result + bytes <= address,
            "sendbuff and recvbuff overlap and are not the same");
    if (operation.count == 0) return;
    int capturing = 0;
    require(cuStreamIsCapturing(stream, &capturing) == 0, "the stream is broken", NCCL_UNHANDLED_CUDA_ERROR);
    if (!capturing) target.lastStream = stream;
    auto* work = new Work{&target, operation, address, result};
    int code = gregSimSubmit(stream, run, work, [](void* held) { delete static_cast<Work*>(held); });
    require(code == 0, gregSimLastError(), NCCL_UNHANDLED_CUDA_ERROR);
}

}  // namespace

NCCL_API int ncclGetVersion(int* version) {
    return call("ncclGetVersion", [&] {
        require(version, "the pointer is null");
        *version = 22703;
    });
}

NCCL_API const char* ncclGetErrorString(int result) {
    switch (result) {
        case NCCL_SUCCESS: return "no error";
        case NCCL_UNHANDLED_CUDA_ERROR: return "unhandled cuda error";
        case NCCL_SYSTEM_ERROR: return "unhandled system error";
        case NCCL_INTERNAL_ERROR: return "internal error";
        case NCCL_INVALID_ARGUMENT: return "invalid argument";
        case NCCL_INVALID_USAGE: return "invalid usage";
        case NCCL_REMOTE_ERROR: return "remote process exited or there was a network error";
        default: return "unknown result code";
    }
}

NCCL_API const char* ncclGetLastError(void*) { return lastMessage().c_str(); }

NCCL_API int ncclGetUniqueId(UniqueId* id) {
    return call("ncclGetUniqueId", [&] {
        require(id, "the pointer is null");
        try {
            std::string name = Meeting::create();
            std::memset(id->internal, 0, sizeof id->internal);
            std::memcpy(id->internal, name.c_str(), name.size());
        } catch (const std::string& message) {
            throw Misuse{NCCL_SYSTEM_ERROR, message};
        }
    });
}

NCCL_API int ncclCommInitRank(void** out, int ranks, UniqueId id, int rank) {
    return call("ncclCommInitRank", [&] {
        require(out, "the pointer is null");
        require(ranks >= 1 && ranks <= MOST_RANKS, std::to_string(ranks) + " ranks, expected 1 to 16");
        require(rank >= 0 && rank < ranks, "rank " + std::to_string(rank) + " of " + std::to_string(ranks));
        require(id.internal[0] == '/' && memchr(id.internal, 0, sizeof id.internal), "this is no unique id");
        auto created = std::make_unique<Comm>();
        require(cuCtxGetCurrent(&created->context) == 0 && created->context, "no context is current on this thread",
                NCCL_UNHANDLED_CUDA_ERROR);
        try {
            created->meeting = std::make_unique<Meeting>(id.internal, ranks, rank);
        } catch (const std::string& message) {
            throw Misuse{NCCL_SYSTEM_ERROR, message};
        }
        created->ranks = ranks;
        created->rank = rank;
        *out = created.get();
        comms().insert(created.release());
    });
}

NCCL_API int ncclCommDestroy(void* pointer) {
    return call("ncclCommDestroy", [&] {
        Comm& dying = comm(pointer);
        if (dying.lastStream) {
            require(cuStreamSynchronize(dying.lastStream) == 0, gregSimLastError(), NCCL_UNHANDLED_CUDA_ERROR);
        }
        dying.live = false;
    });
}

NCCL_API int ncclCommAbort(void* pointer) {
    return call("ncclCommAbort", [&] {
        Comm& dying = comm(pointer);
        dying.meeting->abort();
        dying.live = false;
    });
}

NCCL_API int ncclCommGetAsyncError(void* pointer, int* state) {
    return call("ncclCommGetAsyncError", [&] {
        require(state, "the pointer is null");
        *state = comm(pointer).state;
    });
}

NCCL_API int ncclGroupStart() {
    return call("ncclGroupStart", [] { groups()++; });
}

NCCL_API int ncclGroupEnd() {
    return call("ncclGroupEnd", [] {
        require(groups() > 0, "no group was started", NCCL_INVALID_USAGE);
        if (--groups() > 0) return;
        std::vector<std::function<void()>> all;
        all.swap(grouped());
        for (auto& work : all) work();
    });
}

NCCL_API int ncclAllReduce(const void* from, void* to, size_t count, int type, int operation, void* pointer, void* stream) {
    return call("ncclAllReduce", [&] {
        Operation wanted{operation, type, count};
        if (groups() == 0) submit(pointer, stream, wanted, from, to);
        else grouped().push_back([=] { submit(pointer, stream, wanted, from, to); });
    });
}
