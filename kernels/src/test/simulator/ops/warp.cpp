// What the lanes of a warp do together: shfl vote activemask redux bar.warp.sync. A lane that gets there waits until
// all lanes of its mask that are still in the kernel are there too; s[3] is the mask.
#include "ops/kit.hpp"

namespace sim {
namespace {

void join(Thread& t, const Instr& i) {
    auto mask = t.get<uint32_t>(i.s[3]);
    if (!(mask >> (t.index % 32) & 1)) {
        throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION, text("lane %u is not in its own mask 0x%x", t.index % 32, mask));
    }
    t.block->wait(t, Thread::State::atWarp);
}

void joinAnyway(Thread& t, const Instr&) { t.block->wait(t, Thread::State::atWarp); }

template <class F>
void forLanes(Block& block, unsigned first, uint32_t lanes, F f) {
    for (unsigned lane = 0; lane < 32; lane++) {
        if (lanes >> lane & 1) f(lane, block.thread(first + lane));
    }
}

/// All lanes must agree on who takes part.
void sameMask(Block& block, unsigned first, uint32_t lanes, const Instr& i) {
    uint32_t mask = 0;
    forLanes(block, first, lanes, [&](unsigned, Thread& t) {
        if (mask && mask != t.get<uint32_t>(i.s[3])) {
            throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION,
                        text("the lanes of a warp give different masks: 0x%x and 0x%x", mask, t.get<uint32_t>(i.s[3])));
        }
        mask = t.get<uint32_t>(i.s[3]);
    });
}

enum Direction : uint8_t { up, down, butterfly, indexed };

/// PTX's pseudocode: c holds the clamp (low 5 bits) and the mask of the segment (bits 8 to 12).
void shuffle(Block& block, unsigned first, uint32_t lanes, const Instr& i) {
    sameMask(block, first, lanes, i);
    uint32_t results[32];
    bool valid[32];
    bool known[32];
    forLanes(block, first, lanes, [&](unsigned lane, Thread& t) {
        int b = static_cast<int>(t.get<uint32_t>(i.s[1]) & 31);
        uint32_t c = t.get<uint32_t>(i.s[2]);
        int clamp = c & 31;
        int segment = c >> 8 & 31;
        int self = static_cast<int>(lane);
        int highest = (self & segment) | (clamp & ~segment);
        int lowest = self & segment;
        int from = i.mode == up ? self - b : i.mode == down ? self + b : i.mode == butterfly ? self ^ b : lowest | (b & ~segment);
        valid[lane] = i.mode == up ? from >= highest : from <= highest;
        if (!valid[lane]) from = self;
        known[lane] = lanes >> from & 1;  // a lane that takes no part has nothing defined to give
        if (known[lane]) results[lane] = block.thread(first + static_cast<unsigned>(from)).get<uint32_t>(i.s[0]);
    });
    forLanes(block, first, lanes, [&](unsigned lane, Thread& t) {
        if (known[lane]) t.set<uint32_t>(i.d[0], results[lane]);
        else t.setUndefined(i.d[0]);
        if (i.d[1] != sink) t.set<bool>(i.d[1], valid[lane]);
    });
}

void shfl(Decoder& d) {
    if (!d.take("sync")) d.fail(".sync is missing");
    int mode = d.takeOne({"up", "down", "bfly", "idx"});
    if (mode < 0 || d.type() != Type::b32) d.fail("expected .up .down .bfly or .idx and .b32");
    d.out.mode = static_cast<uint8_t>(mode);
    d.simple(Type::u32, 4);
    d.out.d[1] = d.operand(0).second;
    d.out.run = &join;
    d.out.together = &shuffle;
}

enum Vote : uint8_t { all, any, uniform, ballot };

void voting(Block& block, unsigned first, uint32_t lanes, const Instr& i) {
    sameMask(block, first, lanes, i);
    uint32_t yes = 0;
    forLanes(block, first, lanes, [&](unsigned lane, Thread& t) {
        if (t.get<bool>(i.s[0]) != (i.offset != 0)) yes |= 1u << lane;
    });
    bool outcome = i.mode == all ? yes == lanes : i.mode == any ? yes != 0 : yes == lanes || yes == 0;
    forLanes(block, first, lanes, [&](unsigned, Thread& t) {
        if (i.mode == ballot) t.set<uint32_t>(i.d[0], yes);
        else t.set<bool>(i.d[0], outcome);
    });
}

void vote(Decoder& d) {
    if (!d.take("sync")) d.fail(".sync is missing");
    int mode = d.takeOne({"all", "any", "uni", "ballot"});
    if (mode < 0) d.fail("expected .all .any .uni or .ballot");
    if (d.type() != (mode == ballot ? Type::b32 : Type::pred)) d.fail("expected .pred (.b32 for .ballot)");
    d.out.mode = static_cast<uint8_t>(mode);
    d.expectOperands(3, 3);
    d.destination(0);
    Operand voice = d.operand(1);
    d.out.offset = voice.negated;
    voice.negated = false;
    d.out.s[0] = d.sourceSlot(voice, Type::pred);
    d.source(2, Type::u32, 3);
    d.out.run = &join;
    d.out.together = &voting;
}

void whoIsHere(Block& block, unsigned first, uint32_t lanes, const Instr& i) {
    forLanes(block, first, lanes, [&](unsigned, Thread& t) { t.set<uint32_t>(i.d[0], lanes); });
}

void activemask(Decoder& d) {
    if (d.type() != Type::b32) d.fail("the type must be .b32");
    d.simple(Type::b32, 0);
    d.out.run = &joinAnyway;
    d.out.together = &whoIsHere;
}

enum Reduction : uint8_t { add, minimum, maximum, conjunction, disjunction, exclusive };

template <class T>
void reduce(Block& block, unsigned first, uint32_t lanes, const Instr& i) {
    sameMask(block, first, lanes, i);
    T result = 0;
    bool started = false;
    forLanes(block, first, lanes, [&](unsigned, Thread& t) {
        T a = t.get<T>(i.s[0]);
        if (!started) result = a;
        else if (i.mode == add) result += a;
        else if (i.mode == minimum) result = std::min(result, a);
        else if (i.mode == maximum) result = std::max(result, a);
        else if (i.mode == conjunction) result &= a;
        else if (i.mode == disjunction) result |= a;
        else result ^= a;
        started = true;
    });
    forLanes(block, first, lanes, [&](unsigned, Thread& t) { t.set<T>(i.d[0], result); });
}

void redux(Decoder& d) {
    if (!d.take("sync")) d.fail(".sync is missing");
    int mode = d.takeOne({"add", "min", "max", "and", "or", "xor"});
    if (mode < 0) d.fail("which operation?");
    d.out.mode = static_cast<uint8_t>(mode);
    Type type = d.type();
    if (bytesOf(type) != 4 || isFloat(type)) d.fail("the type must be .u32 .s32 or .b32");
    d.expectOperands(3, 3);
    d.destination(0);
    d.source(1, type, 0);
    d.source(2, Type::u32, 3);
    d.out.run = &join;
    d.out.together = type == Type::s32 ? &reduce<int32_t> : &reduce<uint32_t>;
}

/// Orders what these lanes did to shared memory before against what they do next.
void warpBarrier(Block& block, unsigned first, uint32_t lanes, const Instr& i) {
    sameMask(block, first, lanes, i);
    uint32_t epoch = 0;
    forLanes(block, first, lanes, [&](unsigned, Thread& t) { epoch = std::max(epoch, t.warpEpoch); });
    forLanes(block, first, lanes, [&](unsigned, Thread& t) { t.warpEpoch = epoch + 1; });
}

void blockBarrier(Thread& t, const Instr& i) {
    if (i.s[0] != sink && t.get<uint32_t>(i.s[0]) != t.block->size()) {
        throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION,
                    text("a barrier for %u of the %u threads: the simulator knows only barriers of the whole block",
                         t.get<uint32_t>(i.s[0]), t.block->size()));
    }
    t.block->wait(t, Thread::State::atBarrier);
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
