#include "ptx/decoder.hpp"

#include <cstring>

namespace sim {

Slots::Slots(Kernel& kernel) : kernel_(kernel) { add("_", 0, false); }

Slot Slots::add(const std::string& name, uint64_t value, bool defined) {
    if (kernel_.values.size() >= 60000) throw Error(CUDA_ERROR_INVALID_PTX, "more than 60000 registers");
    kernel_.values.push_back(value);
    kernel_.defined.push_back(defined);
    kernel_.names.push_back(name);
    return static_cast<Slot>(kernel_.values.size() - 1);
}

Slot Slots::declare(const std::string& name) { return add(name, 0, false); }

Slot Slots::constant(uint64_t bits) {
    auto known = constants_.find(bits);
    if (known != constants_.end()) return known->second;
    return constants_[bits] = add(text("0x%llx", static_cast<unsigned long long>(bits)), bits, true);
}

Slot Slots::special(Special which, const std::string& name) {
    auto known = specials_.find(which);
    if (known != specials_.end()) return known->second;
    Slot slot = add(name, 0, true);
    kernel_.specials.emplace_back(slot, which);
    return specials_[which] = slot;
}

Decoder::Decoder(const Statement& statement, Instr& instr, Slots& slots, const Kernel& of)
    : out(instr), kernel(of), statement_(statement), slots_(slots),
      modifiers_(statement.opcode.begin() + 1, statement.opcode.end()) {}

bool Decoder::take(const char* modifier) {
    for (auto it = modifiers_.begin(); it != modifiers_.end(); ++it) {
        if (*it == modifier) {
            modifiers_.erase(it);
            return true;
        }
    }
    return false;
}

int Decoder::takeOne(std::initializer_list<const char*> modifiers) {
    int index = 0;
    for (const char* modifier : modifiers) {
        if (take(modifier)) return index;
        index++;
    }
    return -1;
}

Type Decoder::typeOrNone() {
    for (auto it = modifiers_.begin(); it != modifiers_.end(); ++it) {
        Type type = typeOf(*it);
        if (type == Type::none) continue;
        modifiers_.erase(it);
        return type;
    }
    return Type::none;
}

Type Decoder::type() {
    Type type = typeOrNone();
    if (type == Type::none) fail("a type is missing");
    return type;
}

bool Decoder::rounding(bool integer) {
    int which = integer ? takeOne({"rni", "rzi", "rmi", "rpi"}) : takeOne({"rn", "rz", "rm", "rp", "rna"});
    if (which >= 0) out.rounding = static_cast<Rounding>(which);
    return which >= 0;
}

void Decoder::dropPrefix(const char* prefix) {
    for (auto it = modifiers_.begin(); it != modifiers_.end();) {
        it = it->compare(0, strlen(prefix), prefix) == 0 ? modifiers_.erase(it) : it + 1;
    }
}

void Decoder::expectOperands(size_t least, size_t most) {
    if (operands() < least || operands() > most) {
        fail(text("it has %zu operands, expected %zu", operands(), operands() < least ? least : most));
    }
}

void Decoder::destination(size_t index, size_t to) {
    const Operand& to_ = operand(index);
    if (to_.kind == Operand::Sink) {
        out.d[to] = sink;
    } else if (to_.kind == Operand::Register && to_.slot != sink && !to_.negated) {
        out.d[to] = to_.slot;
    } else {
        fail(text("operand %zu must be a register to write to", index + 1));
    }
}

Slot Decoder::sourceSlot(const Operand& from, Type type) {
    if (from.kind == Operand::Register && !from.negated) return from.slot;
    if (from.kind == Operand::Integer) {
        if (isFloat(type) && type != Type::f16x2 && type != Type::bf16x2) fail("an integer where a real is expected");
        return slots_.constant(from.bits);
    }
    if (from.kind == Operand::Real) {
        if (from.single) return slots_.constant(from.bits);
        if (type != Type::f32) return slots_.constant(from.bits);
        double value;
        memcpy(&value, &from.bits, sizeof value);
        auto narrow = static_cast<float>(value);
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        return slots_.constant(bits);
    }
    fail("an operand is no register and no number" + (from.name.empty() ? "" : ": " + from.name));
}

void Decoder::source(size_t index, Type type, size_t to) { out.s[to] = sourceSlot(operand(index), type); }

void Decoder::address(size_t index, size_t to) {
    const Operand& at = operand(index);
    if (at.kind != Operand::Address || !at.name.empty()) fail(text("operand %zu must be an address", index + 1));
    out.s[to] = at.slot;
    out.offset = at.offset;
}

void Decoder::simple(Type type, size_t sources) {
    expectOperands(sources + 1, sources + 1);
    destination(0);
    for (size_t i = 0; i < sources; i++) source(i + 1, type, i);
}

void Decoder::finish() {
    if (!modifiers_.empty()) fail("modifier ." + modifiers_[0] + " is not supported by the simulator here");
    if (!out.run) fail("this form is not supported by the simulator");
}

void Decoder::fail(const std::string& what) const {
    std::string full;
    for (const std::string& part : statement_.opcode) full += (full.empty() ? "" : ".") + part;
    invalidPtx(statement_.line, full + ": " + what);
}

void decode(const Statement& statement, Instr& out, Slots& slots, const Kernel& kernel) {
    static const DecodeTable table = [] {
        DecodeTable all;
        for (const DecodeTable& part : {integerOps(), bitOps(), floatOps(), approximateOps(), compareOps(),
                 convertOps(), moveOps(), memoryOps(), atomicOps(), warpOps(), controlOps()}) {
            all.insert(part.begin(), part.end());
        }
        return all;
    }();
    Decoder decoder(statement, out, slots, kernel);
    auto found = table.find(statement.opcode[0]);
    if (found == table.end()) decoder.fail("the simulator does not know this instruction");
    found->second(decoder);
    decoder.finish();
}

}  // namespace sim
