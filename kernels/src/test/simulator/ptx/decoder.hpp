// From one parsed statement to one Instr: modifiers are taken off the opcode one by one, and what is left over at the
// end is an error, so that nothing in the text is ever ignored by accident.
#pragma once

#include "ptx/lexer.hpp"
#include "ptx/program.hpp"

namespace sim {

struct Operand {
    enum Kind { Register, Integer, Real, Address, Vector, Name, Sink } kind = Sink;
    Slot slot = sink;           // Register; base of Address
    uint64_t bits = 0;          // Integer; Real as a double or, if single, as 32 bits
    bool single = false;        // a 0f literal
    bool negated = false;       // !%p
    std::string name;           // Name: a label; Address: the parameter's name
    int64_t offset = 0;         // Address
    Slot second = sink;         // the q of p|q
    std::vector<Operand> parts; // Vector
};

struct Statement {
    std::vector<std::string> opcode;
    std::vector<Operand> operands;
    unsigned line = 0;
};

/// Slots of a kernel under construction.
class Slots {
public:
    explicit Slots(Kernel& kernel);
    Slot declare(const std::string& name, Type type);
    /// Of 64 bits if wide, else of 32.
    Slot constant(uint64_t bits, bool wide);
    Slot special(Special which, const std::string& name);

private:
    Slot add(const std::string& name, uint64_t value, bool defined, unsigned width);
    Kernel& kernel_;
    std::map<std::pair<uint64_t, bool>, Slot> constants_;
    std::map<Special, Slot> specials_;
};

class Decoder {
public:
    Decoder(const Statement& statement, Instr& out, Slots& slots, const Kernel& kernel);

    Instr& out;
    const Kernel& kernel;

    const std::string& name() const { return statement_.opcode[0]; }
    /// Takes the modifier off, if it is there.
    bool take(const char* modifier);
    /// Takes the first of these that is there and returns its position, or -1.
    int takeOne(std::initializer_list<const char*> modifiers);
    /// Takes the next modifier that is a type.
    Type type();
    Type typeOrNone();
    /// .rn .rz .rm .rp (or, for integers, .rni .rzi .rmi .rpi); false if there is none.
    bool rounding(bool integer = false);
    /// Takes whatever starts so (.L1::..., .L2::...).
    void dropPrefix(const char* prefix);

    size_t operands() const { return statement_.operands.size(); }
    void expectOperands(size_t least, size_t most);
    const Operand& operand(size_t index) const { return statement_.operands.at(index); }
    /// Binds operand -> destination slot, or source slot (an immediate becomes a constant of that type). A register must
    /// have as many bits as the type; if `widening`, which conversions and memory accesses are, it may have more.
    void destination(size_t operand, Type type, size_t to = 0, bool widening = false);
    void source(size_t operand, Type type, size_t to, bool widening = false);
    Slot destinationSlot(const Operand& operand, Type type, bool widening = false);
    Slot sourceSlot(const Operand& operand, Type type, bool widening = false);
    /// Base into s[to], offset into out.offset.
    void address(size_t operand, size_t to);

    /// d, a, b... of one type: the most common form.
    void simple(Type type, size_t sources);
    void finish();
    [[noreturn]] void fail(const std::string& what) const;

private:
    void requireWidth(Slot slot, Type type, bool widening) const;

    const Statement& statement_;
    Slots& slots_;
    std::vector<std::string> modifiers_;
};

/// Fills in the handler of the statement; one of these a family of instructions.
using Decode = void (*)(Decoder&);
using DecodeTable = std::map<std::string, Decode>;
DecodeTable integerOps();
DecodeTable bitOps();
DecodeTable floatOps();
DecodeTable approximateOps();
DecodeTable compareOps();
DecodeTable convertOps();
DecodeTable moveOps();
DecodeTable memoryOps();
DecodeTable atomicOps();
DecodeTable warpOps();
DecodeTable controlOps();

/// Decodes one statement, throws on an instruction or a modifier that is not known.
void decode(const Statement& statement, Instr& out, Slots& slots, const Kernel& kernel);

}  // namespace sim
