#include "ptx/decoder.hpp"

#include <cstring>

namespace sim {

Slots::Slots(Kernel& kernel) : kernel_(kernel) { add("_", 0, false, 64); }

Slot Slots::add(const std::string& name, uint64_t value, bool defined, unsigned width) {
    if (kernel_.values.size() >= 60000) throw Error(CUDA_ERROR_INVALID_PTX, "more than 60000 registers");
    kernel_.values.push_back(value);
    kernel_.defined.push_back(defined);
    kernel_.widths.push_back(static_cast<uint8_t>(width));
    kernel_.names.push_back(name);
    return static_cast<Slot>(kernel_.values.size() - 1);
}

Slot Slots::declare(const std::string& name, Type type) {
    return add(name, 0, false, type == Type::pred ? 1 : 8 * bytesOf(type));
}

Slot Slots::constant(uint64_t bits, bool wide) {
    auto known = constants_.find({bits, wide});
    if (known != constants_.end()) return known->second;
    Slot slot = add(text("0x%llx", static_cast<unsigned long long>(bits)), bits, true, wide ? 64 : 32);
    return constants_[{bits, wide}] = slot;
}

Slot Slots::special(Special which, const std::string& name) {
    auto known = specials_.find(which);
    if (known != specials_.end()) return known->second;
    Slot slot = add(name, 0, true, which == Special::gridid ? 64 : 32);
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

void Decoder::requireWidth(Slot slot, Type type, bool widening) const {
    unsigned needed = type == Type::pred ? 1 : 8 * bytesOf(type);
    unsigned width = kernel.widths[slot];
    bool known = kernel.defined[slot] && width == 32;  // a special register
    if (slot == sink || width == needed || (width > 1 && needed > 1 && width > needed && (widening || known))) return;
    fail(text("it takes %u bits, register ", needed) + kernel.names[slot] + text(" has %u", width));
}

void Decoder::destination(size_t index, Type type, size_t to, bool widening) {
    out.d[to] = destinationSlot(operand(index), type, widening);
}

Slot Decoder::destinationSlot(const Operand& to, Type type, bool widening) {
    if (to.kind == Operand::Sink) return sink;
    if (to.kind != Operand::Register || to.slot == sink || to.negated || kernel.defined[to.slot]) {
        fail("a result needs a register to go to");
    }
    requireWidth(to.slot, type, widening);
    return to.slot;
}

Slot Decoder::sourceSlot(const Operand& from, Type type, bool widening) {
    bool wide = bytesOf(type) == 8;
    if (from.kind == Operand::Register && !from.negated) {
        requireWidth(from.slot, type, widening);
        return from.slot;
    }
    if (from.kind == Operand::Integer) {
        if (isFloat(type) && type != Type::f16x2 && type != Type::bf16x2) fail("an integer where a real is expected");
        return slots_.constant(type != Type::pred ? from.bits : from.bits ? ~0u : 0u, wide);
    }
    if (from.kind == Operand::Real) {
        if (from.single || type != Type::f32) return slots_.constant(from.bits, wide);
        double value;
        memcpy(&value, &from.bits, sizeof value);
        auto narrow = static_cast<float>(value);
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        return slots_.constant(bits, wide);
    }
    fail("an operand is no register and no number" + (from.name.empty() ? "" : ": " + from.name));
}

void Decoder::source(size_t index, Type type, size_t to, bool widening) {
    out.s[to] = sourceSlot(operand(index), type, widening);
}

void Decoder::address(size_t index, size_t to) {
    const Operand& at = operand(index);
    if (at.kind != Operand::Address || !at.name.empty()) fail(text("operand %zu must be an address", index + 1));
    bool narrow = kernel.widths[at.slot] != 64;
    if (narrow && (out.space != Space::shared || kernel.widths[at.slot] != 32)) {
        fail("an address of 64 bits is expected, register " + kernel.names[at.slot]
             + text(" has %u", kernel.widths[at.slot]));
    }
    out.s[to] = at.slot;
    out.offset = at.offset;
}

void Decoder::simple(Type type, size_t sources) {
    expectOperands(sources + 1, sources + 1);
    destination(0, type);
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
