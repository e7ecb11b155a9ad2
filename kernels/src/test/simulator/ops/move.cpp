// mov: copies, packing {a,b} into a wider register and unpacking it again.
#include "ops/kit.hpp"

namespace sim {
namespace {

void copy(Thread& t, const Instr& i) { t.set<uint64_t>(i.d[0], t.get<uint64_t>(i.s[0])); }

/// count parts of width bytes each, the first one lowest.
void pack(Thread& t, const Instr& i) {
    uint64_t bits = 0;
    uint64_t mask = (uint64_t{1} << (8 * i.width)) - 1;
    for (unsigned k = 0; k < i.count; k++) bits |= (t.get<uint64_t>(i.s[k]) & mask) << (8 * i.width * k);
    t.set<uint64_t>(i.d[0], bits);
}

void unpack(Thread& t, const Instr& i) {
    auto bits = t.get<uint64_t>(i.s[0]);
    uint64_t mask = (uint64_t{1} << (8 * i.width)) - 1;
    for (unsigned k = 0; k < i.count; k++) t.set<uint64_t>(i.d[k], bits >> (8 * i.width * k) & mask);
}

void mov(Decoder& d) {
    Type type = d.type();
    d.expectOperands(2, 2);
    bool into = d.operand(0).kind == Operand::Vector;
    bool from = d.operand(1).kind == Operand::Vector;
    if (!into && !from) {
        d.destination(0);
        d.source(1, type, 0);
        d.out.run = &copy;
        return;
    }
    const std::vector<Operand>& parts = d.operand(into ? 0 : 1).parts;
    if ((into && from) || parts.size() < 2 || parts.size() > 4 || bytesOf(type) % parts.size() != 0) {
        d.fail("a register on one side, two or four parts of it on the other");
    }
    d.out.count = static_cast<uint8_t>(parts.size());
    d.out.width = static_cast<uint8_t>(bytesOf(type) / parts.size());
    for (size_t k = 0; k < parts.size(); k++) {
        if (from) d.out.s[k] = d.sourceSlot(parts[k], type);
        else if (parts[k].kind == Operand::Register) d.out.d[k] = parts[k].slot;
        else if (parts[k].kind != Operand::Sink) d.fail("the parts must be registers");
    }
    if (from) d.destination(0);
    else d.source(1, type, 0);
    d.out.run = into ? &unpack : &pack;
}

}  // namespace

DecodeTable moveOps() { return {{"mov", mov}}; }

}  // namespace sim
