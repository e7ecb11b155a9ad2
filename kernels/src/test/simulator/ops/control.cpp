// bra ret exit trap, and what needs no work in a simulator that runs in order: membar fence nanosleep.
#include "ops/kit.hpp"

namespace sim {
namespace {

constexpr uint32_t endless = 50000000;  // jumps backward of one thread

void jump(Thread& t, const Instr& i) {
    if (i.target < t.pc && ++t.backward > endless) {
        throw Error(CUDA_ERROR_LAUNCH_TIMEOUT, text("a loop that does not end: %u rounds", endless));
    }
    t.pc = i.target;
}

void bra(Decoder& d) {
    d.take("uni");
    d.expectOperands(1, 1);
    if (d.operand(0).kind != Operand::Name) d.fail("the target must be a label");
    d.out.run = &jump;
}

void leave(Thread& t, const Instr&) { t.block->wait(t, Thread::State::left); }

void ret(Decoder& d) {
    d.take("uni");
    d.expectOperands(0, 0);
    d.out.run = &leave;
}

void trapped(Thread&, const Instr&) { throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION, "the kernel executed trap"); }

void trap(Decoder& d) {
    d.expectOperands(0, 0);
    d.out.run = &trapped;
}

void nothing(Thread&, const Instr&) {}

void ordering(Decoder& d) {
    for (const char* word : {"sc", "acq_rel", "cta", "gl", "gpu", "sys", "u32"}) d.take(word);
    d.expectOperands(0, 1);
    d.out.run = &nothing;
}

}  // namespace

DecodeTable controlOps() {
    return {{"bra", bra}, {"ret", ret}, {"exit", ret}, {"trap", trap}, {"membar", ordering}, {"fence", ordering},
        {"nanosleep", ordering}};
}

}  // namespace sim
