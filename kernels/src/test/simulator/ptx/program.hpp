// A module after parsing: kernels as arrays of decoded instructions over numbered slots. A slot is a register, a
// special register or a constant, so that an operand is always one index.
#pragma once

#include "ptx/types.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sim {

class Warp;
struct Instr;

/// What the lanes of a warp that execute the instruction do.
using Handler = void (*)(Warp&, const Instr&);

using Slot = uint16_t;
constexpr Slot sink = 0;        // "_": may be written, is never read
constexpr Slot always = 0xffff;  // no predicate

enum class Space : uint8_t { generic, global, shared, constant, param };
enum class Rounding : uint8_t { nearest, zero, down, up, nearestAway };

struct Instr {
    Handler run = nullptr;
    Handler together = nullptr;  // what lanes that have waited for each other do
    Slot predicate = always;
    bool negated = false;
    bool constant = false; // .nc: nobody writes there
    bool uniform = false;  // .uni: the lanes promise to agree
    bool ftz = false;
    bool saturate = false;
    Rounding rounding = Rounding::nearest;
    Space space = Space::generic;
    uint8_t width = 0;  // bytes of one element of a memory access
    uint8_t count = 1;  // elements of a vector access
    uint8_t mode = 0;   // what else the handler tells apart
    Slot d[4] = {sink, sink, sink, sink};
    Slot s[5] = {sink, sink, sink, sink, sink};
    int64_t offset = 0;   // of an address
    uint32_t target = 0;  // of a branch
    unsigned line = 0;
};

enum class Special : uint8_t {
    tidX, tidY, tidZ, ntidX, ntidY, ntidZ, ctaidX, ctaidY, ctaidZ, nctaidX, nctaidY, nctaidZ,
    laneid, warpid, nwarpid, smid, nsmid, gridid, maskEq, maskLt, maskLe, maskGt, maskGe, dynamicShared, totalShared
};

struct Param {
    std::string name;
    size_t offset;
    size_t bytes;
    Type type;
    bool array;
};

/// A static shared variable; addresses inside the shared window start at `sharedStart`, with a gap after each one.
struct SharedVariable {
    std::string name;
    uint32_t address;
    uint32_t bytes;
};

constexpr uint32_t sharedStart = 0x400;
constexpr uint32_t sharedDynamic = 0x100000;
constexpr uint32_t sharedGap = 64;
constexpr uint64_t sharedWindow = 0x5ead00000000;  // where generic addresses of shared memory lie

struct Kernel {
    std::string name;
    std::string file;  // of the module, for messages
    std::vector<Param> params;
    size_t paramBytes = 0;
    std::vector<Instr> code;
    std::vector<std::string> texts;  // of the instructions, for messages
    std::vector<uint64_t> values;   // what each slot holds when a thread starts
    std::vector<uint8_t> defined;   // and whether it holds anything
    std::vector<uint8_t> widths;    // its bits: 1 for a predicate, 16, 32 or 64
    std::vector<std::string> names;
    std::vector<std::pair<Slot, Special>> specials;
    std::vector<SharedVariable> shared;
    uint32_t sharedEnd = sharedStart;  // first address after the static variables and their gaps
    uint32_t sharedBytes = 0;          // what the variables take on a device, without gaps
    bool usesDynamicShared = false;
    bool fences = false;  // membar or fence: blocks may talk to each other
    bool readsConstants = false;  // ld.global.nc
    unsigned maxThreads = 1024;
    unsigned required[3] = {0, 0, 0};
};

struct GlobalVariable {
    uint64_t address;
    size_t bytes;
    bool constant;
};

struct Module {
    unsigned version = 0;  // 70 for .version 7.0
    unsigned target = 0;   // 80 for .target sm_80
    std::map<std::string, Kernel> kernels;
    std::map<std::string, GlobalVariable> globals;
};

}  // namespace sim
