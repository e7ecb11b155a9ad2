// bra ret exit trap, and what needs no work in a simulator that runs in order: membar fence nanosleep.
#include "ops/kit.hpp"

namespace sim {
namespace {

constexpr uint32_t endless = 50000000;  // jumps backward of one warp

void jump(Warp& w, const Instr& i) {
    if (i.target < w.pc && ++w.backward > endless) {
        w.lane = static_cast<uint32_t>(__builtin_ctz(w.exec));
        throw Error(CUDA_ERROR_LAUNCH_TIMEOUT, text("a loop that does not end: %u rounds", endless));
    }
    w.jump(i.target);
}

void bra(Decoder& d) {
    d.out.uniform = d.take("uni");
    d.expectOperands(1, 1);
    if (d.operand(0).kind != Operand::Name) d.fail("the target must be a label");
    d.out.run = &jump;
}

void leave(Warp& w, const Instr&) { w.leave(); }

void ret(Decoder& d) {
    d.out.uniform = d.take("uni");
    d.expectOperands(0, 0);
    d.out.run = &leave;
}

void trapped(Thread&, const Instr&) { throw Error(CUDA_ERROR_ILLEGAL_INSTRUCTION, "the kernel executed trap"); }

void trap(Decoder& d) {
    d.expectOperands(0, 0);
    d.out.run = &eachLane<trapped>;
}

void nothing(Warp&, const Instr&) {}

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
