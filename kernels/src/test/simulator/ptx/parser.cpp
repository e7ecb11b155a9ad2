#include "ptx/parser.hpp"

#include "device/memory.hpp"
#include "ptx/kernel_parser.hpp"

#include <cstring>

namespace sim {
namespace {

/// Everything outside kernels: directives and variables.
class ModuleParser {
public:
    ModuleParser(const std::string& source, const std::string& name, unsigned capability)
        : in_(tokenise(source)), name_(name), capability_(capability) {}

    Module parse() {
        try {
            header();
            while (in_.peek().kind != Token::End) item();
        } catch (...) {
            for (auto& global : module_.globals) Memory::get().free(global.second.address);
            throw;
        }
        return std::move(module_);
    }

private:
    void header() {
        in_.expect(".version");
        Token version = in_.next();
        module_.version = static_cast<unsigned>(strtod(version.text.c_str(), nullptr) * 10 + 0.5);
        if (module_.version < 60 || module_.version > 90) invalidPtx(version.line, "unknown version " + version.text);
        in_.expect(".target");
        Token target = in_.next();
        if (target.text.compare(0, 3, "sm_") != 0) invalidPtx(target.line, "unknown target " + target.text);
        module_.target = static_cast<unsigned>(strtoul(target.text.c_str() + 3, nullptr, 10));
        if (module_.target > capability_) {
            throw Error(CUDA_ERROR_NO_BINARY_FOR_GPU,
                        text("the module is for sm_%u, the device is sm_%u", module_.target, capability_));
        }
        while (in_.accept(",")) in_.next();
        if (in_.accept(".address_size") && in_.next().text != "64") invalidPtx(in_.line(), "only 64-bit addresses");
    }

    void item() {
        bool external = false;
        while (in_.is(".visible") || in_.is(".extern") || in_.is(".weak")) external |= in_.next().text == ".extern";
        unsigned line = in_.line();
        std::string what = in_.identifier("a directive");
        if (what == ".entry") {
            Kernel kernel = parseKernel(in_, module_, shared_, name_);
            if (!module_.kernels.emplace(kernel.name, kernel).second) invalidPtx(line, kernel.name + " exists already");
        } else if (what == ".shared") {
            for (SharedDeclaration& variable : parseShared(in_, external)) shared_.push_back(variable);
        } else if (what == ".global" || what == ".const") {
            variable(what == ".const");
        } else if (what == ".pragma") {
            in_.next();
            in_.expect(";");
        } else {
            invalidPtx(line, what + " is not supported by the simulator at the level of a module");
        }
    }

    void variable(bool constant) {
        size_t alignment = 0;
        Type type = parseTypeAndAlignment(in_, alignment);
        do {
            std::string name = in_.identifier("a name");
            unsigned line = in_.line();
            size_t elements = 1;
            bool open = false;
            while (in_.accept("[")) {
                if (in_.is("]")) open = true;
                else elements *= in_.integer();
                in_.expect("]");
            }
            std::vector<uint64_t> values;
            if (in_.accept("=")) initialiser(type, values);
            if (open) elements = values.size();
            if (values.size() > elements || elements == 0) invalidPtx(line, name + ": more values than elements");
            size_t bytes = elements * bytesOf(type);
            uint64_t address = Memory::get().allocate(bytes, "variable " + name);
            if (!module_.globals.emplace(name, GlobalVariable{address, bytes, constant}).second) {
                Memory::get().free(address);
                invalidPtx(line, name + " exists already");
            }
            auto* data = reinterpret_cast<unsigned char*>(address);
            memset(data, 0, bytes);  // PTX: variables without an initialiser are zero
            for (size_t i = 0; i < values.size(); i++) memcpy(data + i * bytesOf(type), &values[i], bytesOf(type));
            Memory::get().markWritten(address, bytes);
        } while (in_.accept(","));
        in_.expect(";");
    }

    void initialiser(Type type, std::vector<uint64_t>& values) {
        if (in_.accept("{")) {
            do initialiser(type, values);
            while (in_.accept(","));
            in_.expect("}");
        } else if (in_.atReal()) {
            bool single = false;
            uint64_t bits = in_.real(single);
            if (type == Type::f32 && !single) {
                double wide;
                memcpy(&wide, &bits, sizeof wide);
                auto narrow = static_cast<float>(wide);
                bits = 0;
                memcpy(&bits, &narrow, sizeof narrow);
            }
            values.push_back(bits);
        } else {
            values.push_back(in_.integer());
        }
    }

    Cursor in_;
    std::string name_;
    unsigned capability_;
    Module module_;
    std::vector<SharedDeclaration> shared_;
};

}  // namespace

Module parseModule(const std::string& source, const std::string& name, unsigned capability) {
    return ModuleParser(source, name, capability).parse();
}

}  // namespace sim
