// A file in shared memory in which the ranks of a communicator meet: processes, or threads of one with a device each.
#pragma once

#include "nccl/types.hpp"

#include <atomic>
#include <string>

namespace nccl {

constexpr int MOST_RANKS = 16;

/// What a rank is about to do; all must agree.
struct Operation {
    int kind;
    int type;
    uint64_t count;
};

class Meeting {
public:
    static constexpr size_t CHUNK = 1 << 20;

    /// An empty file for ranks to meet in; returns its name.
    static std::string create();

    /// Waits until all ranks are there. Throws a std::string that says what is wrong.
    Meeting(const std::string& name, int ranks, int rank);
    ~Meeting();
    Meeting(const Meeting&) = delete;

    /// Waits for all ranks; throws a std::string if one has died or this one was aborted.
    void wait();
    /// Compares what the ranks are about to do; throws as wait does if they differ.
    void agree(const Operation& mine);
    /// This rank's or another's part of the file, CHUNK bytes.
    char* chunk(int rank);
    /// From another thread: waiting ends.
    void abort() { aborted = true; }

private:
    struct Head;
    Head* head = nullptr;
    int ranks;
    int rank;
    uint64_t round = 0;
    std::atomic<bool> aborted{false};

    void waitFor(uint64_t target);
};

}  // namespace nccl
