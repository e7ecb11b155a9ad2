#include "nccl/meeting.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace nccl {

struct Meeting::Head {
    std::atomic<int> ranks;
    std::atomic<int> processes[MOST_RANKS];
    std::atomic<uint64_t> rounds[MOST_RANKS];
    Operation operations[MOST_RANKS];
};

namespace {

constexpr size_t HEAD = 4096;
constexpr size_t SIZE = HEAD + MOST_RANKS * Meeting::CHUNK;
constexpr useconds_t PAUSE = 50;

[[noreturn]] void fail(const std::string& what) { throw what + ": " + strerror(errno); }

}  // namespace

std::string Meeting::create() {
    char name[] = "/dev/shm/greg-sim-nccl-XXXXXX";
    int file = mkstemp(name);
    if (file < 0) fail("no file in /dev/shm");
    int sized = ftruncate(file, SIZE); // zeros, which take no memory until they are touched
    close(file);
    if (sized != 0) fail(name);
    return name;
}

Meeting::Meeting(const std::string& name, int ranks, int rank) : ranks(ranks), rank(rank) {
    static_assert(sizeof(Head) <= HEAD, "the head does not fit");
    int file = open(name.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) fail("unique id: " + name);
    void* all = mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (all == MAP_FAILED) fail("unique id: " + name);
    head = static_cast<Head*>(all);
    try {
        int unset = 0;
        if (!head->ranks.compare_exchange_strong(unset, ranks) && unset != ranks) {
            throw std::to_string(ranks) + " ranks, another rank says " + std::to_string(unset);
        }
        unset = 0;
        if (!head->processes[rank].compare_exchange_strong(unset, getpid())) {
            throw "rank " + std::to_string(rank) + " is there already";
        }
        while (true) {
            int present = 0;
            for (int r = 0; r < ranks; r++) present += head->processes[r] != 0;
            if (present == ranks) break;
            usleep(PAUSE);
        }
        wait();
    } catch (...) {
        munmap(all, SIZE);
        throw;
    }
    unlink(name.c_str()); // all have opened it
}

Meeting::~Meeting() { munmap(head, SIZE); }

void Meeting::waitFor(uint64_t target) {
    head->rounds[rank] = target;
    for (int other = 0; other < ranks; other++) {
        while (head->rounds[other] < target) {
            if (aborted) throw std::string("the communicator was aborted");
            if (kill(head->processes[other], 0) != 0 && errno == ESRCH) {
                throw "rank " + std::to_string(other) + " has ended";
            }
            usleep(PAUSE);
        }
    }
}

void Meeting::wait() { waitFor(++round); }

void Meeting::agree(const Operation& mine) {
    head->operations[rank] = mine;
    wait();
    std::string difference;
    for (int other = 0; other < ranks; other++) {
        const Operation& theirs = head->operations[other];
        if (theirs.kind != mine.kind || theirs.type != mine.type || theirs.count != mine.count) {
            difference = "rank " + std::to_string(other) + " does something else (operation " +
                         std::to_string(theirs.kind) + " on " + std::to_string(theirs.count) + " elements; here " +
                         std::to_string(mine.kind) + " on " + std::to_string(mine.count) + ")";
        }
    }
    wait(); // before anybody writes its next operation
    if (!difference.empty()) throw difference;
}

char* Meeting::chunk(int of) { return reinterpret_cast<char*>(head) + HEAD + of * CHUNK; }

}  // namespace nccl
