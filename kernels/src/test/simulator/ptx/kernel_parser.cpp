#include "ptx/kernel_parser.hpp"

#include "ptx/decoder.hpp"

namespace sim {
namespace {

const std::map<std::string, Special> specialNames = {
    {"%tid.x", Special::tidX}, {"%tid.y", Special::tidY}, {"%tid.z", Special::tidZ},
    {"%ntid.x", Special::ntidX}, {"%ntid.y", Special::ntidY}, {"%ntid.z", Special::ntidZ},
    {"%ctaid.x", Special::ctaidX}, {"%ctaid.y", Special::ctaidY}, {"%ctaid.z", Special::ctaidZ},
    {"%nctaid.x", Special::nctaidX}, {"%nctaid.y", Special::nctaidY}, {"%nctaid.z", Special::nctaidZ},
    {"%laneid", Special::laneid}, {"%warpid", Special::warpid}, {"%nwarpid", Special::nwarpid},
    {"%smid", Special::smid}, {"%nsmid", Special::nsmid}, {"%gridid", Special::gridid},
    {"%lanemask_eq", Special::maskEq}, {"%lanemask_lt", Special::maskLt}, {"%lanemask_le", Special::maskLe},
    {"%lanemask_gt", Special::maskGt}, {"%lanemask_ge", Special::maskGe},
    {"%dynamic_smem_size", Special::dynamicShared}, {"%total_smem_size", Special::totalShared}};

class KernelParser {
public:
    KernelParser(Cursor& in, const Module& module, const std::vector<SharedDeclaration>& shared, Kernel& kernel)
        : in_(in), module_(module), moduleShared_(shared), kernel_(kernel), slots_(kernel), scopes_(1) {}

    void parse() {
        kernel_.name = in_.identifier("the kernel's name");
        if (in_.accept("(") && !in_.accept(")")) {
            do parameter();
            while (in_.accept(","));
            in_.expect(")");
        }
        while (!in_.is("{")) tuning();
        body();
        Statement end;
        end.opcode = {"ret"};
        end.line = in_.line();
        emit(end, always, false, "the end of the kernel");
        for (auto& jump : jumps_) {
            auto label = labels_.find(jump.second);
            if (label == labels_.end()) invalidPtx(kernel_.code[jump.first].line, "no label " + jump.second);
            kernel_.code[jump.first].target = label->second;
        }
    }

private:
    void parameter() {
        in_.expect(".param");
        size_t alignment = 0;
        Type type = parseTypeAndAlignment(in_, alignment);
        while (in_.is(".ptr") || in_.is(".global") || in_.is(".align")) {  // a hint about what it points to
            if (in_.next().text == ".align") in_.next();
        }
        Param param{in_.identifier("a parameter's name"), 0, bytesOf(type), type, false};
        if (in_.accept("[")) {
            param.bytes *= in_.integer();
            param.array = true;
            in_.expect("]");
        }
        param.offset = (kernel_.paramBytes + alignment - 1) / alignment * alignment;
        kernel_.paramBytes = param.offset + param.bytes;
        if (kernel_.paramBytes > 4096) invalidPtx(in_.line(), "more than 4096 bytes of parameters");
        kernel_.params.push_back(param);
    }

    void tuning() {
        Token directive = in_.next();
        if (directive.text == ".maxntid" || directive.text == ".reqntid") {
            unsigned sizes[3] = {1, 1, 1};
            for (int i = 0; i == 0 || (i < 3 && in_.accept(",")); i++) sizes[i] = in_.integer();
            kernel_.maxThreads = sizes[0] * sizes[1] * sizes[2];
            if (directive.text == ".reqntid") std::copy(sizes, sizes + 3, kernel_.required);
        } else if (directive.text == ".minnctapersm" || directive.text == ".maxnreg") {
            in_.integer();
        } else {
            invalidPtx(directive.line, "expected '{', found '" + directive.text + "'");
        }
    }

    void body() {
        in_.expect("{");
        int depth = 1;
        while (depth > 0) {
            if (in_.accept("{")) {
                depth++;
                scopes_.emplace_back();
            } else if (in_.accept("}")) {
                depth--;
                scopes_.pop_back();
            } else if (in_.accept(".reg")) {
                registers();
            } else if (in_.accept(".shared")) {
                for (SharedDeclaration& variable : parseShared(in_, false)) place(variable);
            } else if (in_.accept(".pragma")) {
                in_.next();
                in_.expect(";");
            } else if (in_.peek(1).text == ":" && in_.peek().kind == Token::Identifier) {
                Token label = in_.next();
                in_.next();
                if (!labels_.emplace(label.text, kernel_.code.size()).second) {
                    invalidPtx(label.line, "label " + label.text + " exists already");
                }
            } else {
                instruction();
            }
        }
    }

    void registers() {
        Type type = typeOf(in_.identifier("a type").substr(1));
        if (type == Type::none) invalidPtx(in_.line(), ".reg needs a type");
        do {
            Token name = in_.next();
            if (in_.accept("<")) {
                uint64_t count = in_.integer();
                in_.expect(">");
                for (uint64_t i = 0; i < count; i++) declare(name.text + std::to_string(i), type, name.line);
            } else {
                declare(name.text, type, name.line);
            }
        } while (in_.accept(","));
        in_.expect(";");
    }

    void declare(const std::string& name, Type type, unsigned line) {
        if (specialNames.count(name) || specialNames.count(name + ".x")) {
            invalidPtx(line, name + " is a special register and cannot be declared");
        }
        if (!scopes_.back().emplace(name, slots_.declare(name, type)).second) {
            invalidPtx(line, name + " exists already");
        }
    }

    uint32_t place(const SharedDeclaration& variable) {
        if (variable.dynamic) {
            kernel_.usesDynamicShared = true;
            return sharedAddresses_[variable.name] = sharedDynamic;
        }
        uint32_t align = variable.alignment;
        uint32_t address = (kernel_.sharedEnd + align - 1) / align * align;
        kernel_.sharedBytes = (kernel_.sharedBytes + align - 1) / align * align + variable.bytes;
        kernel_.sharedEnd = address + variable.bytes + sharedGap;
        kernel_.shared.push_back({variable.name, address, variable.bytes});
        if (!sharedAddresses_.emplace(variable.name, address).second) {
            invalidPtx(in_.line(), variable.name + " exists already");
        }
        return address;
    }

    void instruction() {
        Slot predicate = always;
        bool negated = false;
        Statement statement;
        statement.line = in_.line();
        std::string full;
        if (in_.accept("@")) {
            negated = in_.accept("!");
            std::string name = in_.identifier("a predicate");
            predicate = lookup(name);
            if (predicate == sink) invalidPtx(statement.line, "no register " + name);
            full = std::string("@") + (negated ? "!" : "") + name + " ";
        }
        statement.opcode = splitAtDots(in_.identifier("an instruction"));
        while (!in_.is(";")) {
            statement.operands.push_back(operand());
            if (!in_.is(";")) in_.expect(",");
        }
        in_.next();
        for (const std::string& part : statement.opcode) full += (&part == &statement.opcode[0] ? "" : ".") + part;
        emit(statement, predicate, negated, full);
    }

    void emit(const Statement& statement, Slot predicate, bool negated, const std::string& text) {
        Instr instr;
        instr.predicate = predicate;
        instr.negated = negated;
        instr.line = statement.line;
        decode(statement, instr, slots_, kernel_);
        kernel_.fences |= statement.opcode[0] == "membar" || statement.opcode[0] == "fence";
        kernel_.readsConstants |= instr.constant;
        if (statement.opcode[0] == "bra") jumps_.emplace_back(kernel_.code.size(), statement.operands.at(0).name);
        kernel_.code.push_back(instr);
        kernel_.texts.push_back(text);
    }

    Operand operand() {
        Operand result;
        unsigned line = in_.line();
        if (in_.accept("{")) {
            result.kind = Operand::Vector;
            do result.parts.push_back(operand());
            while (in_.accept(","));
            in_.expect("}");
        } else if (in_.accept("[")) {
            result.kind = Operand::Address;
            Operand base = operand();
            if (base.kind == Operand::Integer) base.slot = slots_.constant(base.bits, true);
            if (base.kind != Operand::Register && base.kind != Operand::Integer && base.kind != Operand::Name) {
                invalidPtx(line, "not an address");
            }
            result.slot = base.slot;
            result.name = base.name;
            if (in_.accept("+")) result.offset = static_cast<int64_t>(in_.integer());
            in_.expect("]");
        } else if (in_.atReal()) {
            result.kind = Operand::Real;
            result.bits = in_.real(result.single);
        } else if (in_.atNumber()) {
            result.kind = Operand::Integer;
            result.bits = in_.integer();
        } else {
            result.negated = in_.accept("!");
            named(in_.identifier("an operand"), result);
            if (in_.accept("|")) {
                std::string second = in_.identifier("a register");
                result.second = second == "_" ? sink : lookup(second);
                if (second != "_" && result.second == sink) invalidPtx(line, "no register " + second);
            }
        }
        return result;
    }

    /// A register, a special register, a variable's address, a parameter or a label.
    void named(const std::string& name, Operand& result) {
        result.kind = Operand::Register;
        auto special = specialNames.find(name);
        auto global = module_.globals.find(name);
        if (name == "_") {
            result.kind = Operand::Sink;
        } else if ((result.slot = lookup(name)) != sink) {
            return;
        } else if (special != specialNames.end()) {
            result.slot = slots_.special(special->second, name);
        } else if (global != module_.globals.end()) {
            result.kind = Operand::Integer;
            result.bits = global->second.address;
        } else if (sharedAddresses_.count(name) || declaredByModule(name)) {
            result.kind = Operand::Integer;
            result.bits = sharedAddresses_[name];
        } else {
            result.kind = Operand::Name;
            result.name = name;
            if (name[0] == '%') invalidPtx(in_.line(), "no register " + name);
        }
    }

    bool declaredByModule(const std::string& name) {
        for (const SharedDeclaration& variable : moduleShared_) {
            if (variable.name == name) {
                place(variable);
                return true;
            }
        }
        return false;
    }

    Slot lookup(const std::string& name) const {
        for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
            auto found = scope->find(name);
            if (found != scope->end()) return found->second;
        }
        return sink;
    }

    Cursor& in_;
    const Module& module_;
    const std::vector<SharedDeclaration>& moduleShared_;
    Kernel& kernel_;
    Slots slots_;
    std::vector<std::map<std::string, Slot>> scopes_;
    std::map<std::string, uint32_t> sharedAddresses_;
    std::map<std::string, uint32_t> labels_;
    std::vector<std::pair<size_t, std::string>> jumps_;
};

}  // namespace

Type parseTypeAndAlignment(Cursor& in, size_t& alignment) {
    if (in.accept(".align")) alignment = in.integer();
    std::string name = in.identifier("a type");
    Type type = typeOf(name.substr(1));
    if (type == Type::none || type == Type::pred) invalidPtx(in.line(), "not a type of memory: " + name);
    if (alignment == 0) alignment = bytesOf(type);
    return type;
}

std::vector<SharedDeclaration> parseShared(Cursor& in, bool external) {
    std::vector<SharedDeclaration> all;
    size_t alignment = 0;
    Type type = parseTypeAndAlignment(in, alignment);
    do {
        SharedDeclaration variable{in.identifier("a name"), bytesOf(type), static_cast<uint32_t>(alignment), external};
        while (in.accept("[")) {
            if (!in.is("]")) variable.bytes *= in.integer();
            else if (!external) invalidPtx(in.line(), "only an .extern .shared array has no length");
            in.expect("]");
        }
        all.push_back(variable);
    } while (in.accept(","));
    in.expect(";");
    return all;
}

Kernel parseKernel(Cursor& in, const Module& module, const std::vector<SharedDeclaration>& shared,
                   const std::string& file) {
    Kernel kernel;
    kernel.file = file;
    KernelParser(in, module, shared, kernel).parse();
    return kernel;
}

}  // namespace sim
