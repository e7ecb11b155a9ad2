// What the lanes of a warp do together: shfl vote activemask redux bar.warp.sync. A lane that gets there waits until
// all lanes of its mask that are still in the kernel are there too; s[3] is the mask.
#include "ops/kit.hpp"

#include <algorithm>

namespace sim {
namespace {

/// If all lanes of the mask are here, they do it at once.
void join(Warp& w, const Instr& i) {
    const uint32_t* masks = w.source<uint32_t>(i.s[3]);
    uint32_t mask = masks[__builtin_ctz(w.exec)];
    bool together = (mask & w.alive) == w.exec;
    for (uint32_t rest = w.exec; rest; rest &= rest - 1) {
        auto lane = static_cast<unsigned>(__builtin_ctz(rest));
        together &= masks[lane] == mask;
        if (masks[lane] >> lane & 1) continue;
        w.lane = lane;
        throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION, text("lane %u is not in its own mask 0x%x", lane, masks[lane]));
    }
    if (together) i.together(w, i);
    else w.wait(w.atWarp);
}

void joinAnyway(Warp& w, const Instr&) { w.wait(w.atWarp); }

template <class F>
void forLanes(Warp& w, F f) {
    for (uint32_t rest = w.exec; rest; rest &= rest - 1) f(static_cast<unsigned>(__builtin_ctz(rest)));
}

/// All lanes must agree on who takes part.
void sameMask(Warp& w, const Instr& i) {
    const uint32_t* masks = w.source<uint32_t>(i.s[3]);
    uint32_t mask = masks[__builtin_ctz(w.exec)];
    forLanes(w, [&](unsigned lane) {
        if (masks[lane] != mask) {
            throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION,
                        text("the lanes of a warp give different masks: 0x%x and 0x%x", mask, masks[lane]));
        }
    });
}

enum Direction : uint8_t { up, down, butterfly, indexed };

/// PTX's pseudocode: c holds the clamp (low 5 bits) and the mask of the segment (bits 8 to 12).
void shuffle(Warp& w, const Instr& i) {
    sameMask(w, i);
    const uint32_t* b = w.source<uint32_t>(i.s[1]);
    const uint32_t* c = w.source<uint32_t>(i.s[2]);
    const uint32_t* values = w.lanes<uint32_t>(i.s[0]);
    uint32_t results[Warp::size] = {};
    uint32_t valid = 0;
    uint32_t known = 0;
    uint32_t asked = 0;
    forLanes(w, [&](unsigned lane) {
        int by = static_cast<int>(b[lane] & 31);
        int clamp = c[lane] & 31;
        int segment = c[lane] >> 8 & 31;
        int self = static_cast<int>(lane);
        int highest = (self & segment) | (clamp & ~segment);
        int lowest = self & segment;
        int from = i.mode == up ? self - by : i.mode == down ? self + by : i.mode == butterfly ? self ^ by : lowest | (by & ~segment);
        bool inside = i.mode == up ? from >= highest : from <= highest;
        if (!inside) from = self;
        valid |= static_cast<uint32_t>(inside) << lane;
        if (!(w.exec >> from & 1)) return;  // a lane that takes no part has nothing defined to give
        known |= 1u << lane;
        asked |= 1u << from;
        results[lane] = values[from];
    });
    if (asked & ~w.defined[i.s[0]]) {
        w.exec = asked;
        w.undefined(i.s[0]);
    }
    uint32_t members = w.exec;
    w.result(i.d[0], results);
    w.defined[i.d[0]] &= ~(members & ~known);
    if (i.d[1] != sink) w.resultBits(i.d[1], valid);
}

void shfl(Decoder& d) {
    if (!d.take("sync")) d.fail(".sync is missing");
    int mode = d.takeOne({"up", "down", "bfly", "idx"});
    if (mode < 0 || d.type() != Type::b32) d.fail("expected .up .down .bfly or .idx and .b32");
    d.out.mode = static_cast<uint8_t>(mode);
    d.simple(Type::u32, 4);
    d.out.d[1] = d.operand(0).second;
    if (d.kernel.widths[d.out.d[1]] != 1 && d.out.d[1] != sink) d.fail("what follows | must be a predicate");
    d.out.run = &join;
    d.out.together = &shuffle;
}

enum Vote : uint8_t { all, any, uniform, ballot };

void voting(Warp& w, const Instr& i) {
    sameMask(w, i);
    uint32_t yes = (w.sourceBits(i.s[0]) ^ (i.offset ? ~0u : 0u)) & w.exec;
    bool outcome = i.mode == all ? yes == w.exec : i.mode == any ? yes != 0 : yes == w.exec || yes == 0;
    if (i.mode != ballot) return w.resultBits(i.d[0], outcome ? ~0u : 0u);
    uint32_t results[Warp::size];
    std::fill_n(results, Warp::size, yes);
    w.result(i.d[0], results);
}

void vote(Decoder& d) {
    if (!d.take("sync")) d.fail(".sync is missing");
    int mode = d.takeOne({"all", "any", "uni", "ballot"});
    if (mode < 0) d.fail("expected .all .any .uni or .ballot");
    if (d.type() != (mode == ballot ? Type::b32 : Type::pred)) d.fail("expected .pred (.b32 for .ballot)");
    d.out.mode = static_cast<uint8_t>(mode);
    d.expectOperands(3, 3);
    d.destination(0, mode == ballot ? Type::b32 : Type::pred);
    Operand voice = d.operand(1);
    d.out.offset = voice.negated;
    voice.negated = false;
    d.out.s[0] = d.sourceSlot(voice, Type::pred);
    d.source(2, Type::u32, 3);
    d.out.run = &join;
    d.out.together = &voting;
}

void whoIsHere(Warp& w, const Instr& i) {
    uint32_t results[Warp::size];
    std::fill_n(results, Warp::size, w.exec);
    w.result(i.d[0], results);
}

void activemask(Decoder& d) {
    if (d.type() != Type::b32) d.fail("the type must be .b32");
    d.simple(Type::b32, 0);
    d.out.run = &joinAnyway;
    d.out.together = &whoIsHere;
}

enum Reduction : uint8_t { add, minimum, maximum, conjunction, disjunction, exclusive };

template <class T>
void reduce(Warp& w, const Instr& i) {
    sameMask(w, i);
    const T* values = w.source<T>(i.s[0]);
    T result = values[__builtin_ctz(w.exec)];
    bool started = false;
    forLanes(w, [&](unsigned lane) {
        T a = values[lane];
        if (!started) result = a;
        else if (i.mode == add) result += a;
        else if (i.mode == minimum) result = std::min(result, a);
        else if (i.mode == maximum) result = std::max(result, a);
        else if (i.mode == conjunction) result &= a;
        else if (i.mode == disjunction) result |= a;
        else result ^= a;
        started = true;
    });
    T results[Warp::size];
    std::fill_n(results, Warp::size, result);
    w.result(i.d[0], results);
}

void redux(Decoder& d) {
    if (!d.take("sync")) d.fail(".sync is missing");
    int mode = d.takeOne({"add", "min", "max", "and", "or", "xor"});
    if (mode < 0) d.fail("which operation?");
    d.out.mode = static_cast<uint8_t>(mode);
    Type type = d.type();
    if (bytesOf(type) != 4 || isFloat(type)) d.fail("the type must be .u32 .s32 or .b32");
    d.expectOperands(3, 3);
    d.destination(0, type);
    d.source(1, type, 0);
    d.source(2, Type::u32, 3);
    d.out.run = &join;
    d.out.together = type == Type::s32 ? &reduce<int32_t> : &reduce<uint32_t>;
}

/// Orders what these lanes did to shared memory before against what they do next.
void warpBarrier(Warp& w, const Instr& i) {
    sameMask(w, i);
    uint32_t epoch = 0;
    forLanes(w, [&](unsigned lane) { epoch = std::max(epoch, w.epoch[lane]); });
    forLanes(w, [&](unsigned lane) { w.epoch[lane] = epoch + 1; });
}

void blockBarrier(Warp& w, const Instr& i) {
    const uint32_t* threads = i.s[0] == sink ? nullptr : w.source<uint32_t>(i.s[0]);
    forLanes(w, [&](unsigned lane) {
        if (!threads || threads[lane] == w.block->size()) return;
        w.lane = lane;
        throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION,
                    text("a barrier for %u of the %u threads: the simulator knows only barriers of the whole block",
                         threads[lane], w.block->size()));
    });
    bool all = w.exec == w.alive;
    w.barrierPc = all ? w.pc : 0;
    if (!all) return w.wait(w.atBarrier);
    w.atBarrier = w.exec;
    w.running = w.active = 0;
}

/// mode: which of the 16 barriers; count 1: all threads of a warp must be at the same instruction.
void bar(Decoder& d) {
    bool aligned = d.name() == "bar" || d.take("aligned");
    if (d.take("warp")) {
        if (!d.take("sync")) d.fail(".sync is missing");
        d.expectOperands(1, 1);
        d.source(0, Type::u32, 3);
        d.out.run = &join;
        d.out.together = &warpBarrier;
        return;
    }
    d.take("cta");
    if (!d.take("sync")) d.fail("only .sync is supported");
    d.expectOperands(1, 2);
    if (d.operand(0).kind != Operand::Integer || d.operand(0).bits > 15) d.fail("the barrier must be a number, 0 to 15");
    d.out.mode = static_cast<uint8_t>(d.operand(0).bits);
    d.out.count = aligned;
    if (d.operands() == 2) d.source(1, Type::u32, 0);
    d.out.run = &blockBarrier;
}

}  // namespace

DecodeTable warpOps() {
    return {{"shfl", shfl}, {"vote", vote}, {"activemask", activemask}, {"redux", redux}, {"bar", bar},
        {"barrier", bar}};
}

}  // namespace sim
