// mov: copies, packing {a,b} into a wider register and unpacking it again.
#include "ops/kit.hpp"

namespace sim {
namespace {

struct Same { template <class T> static T apply(T a) { return a; } };

Handler copy(Type type) {
    return type == Type::pred ? &unary<Same, bool> : bytesOf(type) == 8 ? &unary<Same, uint64_t> : &unary<Same, uint32_t>;
}

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
        d.destination(0, type);
        d.source(1, type, 0);
        d.out.run = copy(type);
        return;
    }
    const std::vector<Operand>& parts = d.operand(into ? 0 : 1).parts;
    if ((into && from) || parts.size() < 2 || parts.size() > 4 || bytesOf(type) % parts.size() != 0) {
        d.fail("a register on one side, two or four parts of it on the other");
    }
    d.out.count = static_cast<uint8_t>(parts.size());
    d.out.width = static_cast<uint8_t>(bytesOf(type) / parts.size());
    Type part = d.out.width == 1 ? Type::b8 : d.out.width == 2 ? Type::b16 : Type::b32;
    for (size_t k = 0; k < parts.size(); k++) {
        if (from) d.out.s[k] = d.sourceSlot(parts[k], part);
        else d.out.d[k] = d.destinationSlot(parts[k], part);
    }
    if (from) d.destination(0, type);
    else d.source(1, type, 0);
    d.out.run = into ? &eachLane<unpack> : &eachLane<pack>;
}

}  // namespace

DecodeTable moveOps() { return {{"mov", mov}}; }

}  // namespace sim
