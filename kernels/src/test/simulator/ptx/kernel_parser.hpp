// One .entry: parameters, registers, shared variables and instructions.
#pragma once

#include "ptx/cursor.hpp"
#include "ptx/program.hpp"

namespace sim {

struct SharedDeclaration {
    std::string name;
    uint32_t bytes;
    uint32_t alignment;
    bool dynamic;
};

/// Reads [.align n] .type.
Type parseTypeAndAlignment(Cursor& in, size_t& alignment);
/// Reads what follows .shared, up to and with the semicolon.
std::vector<SharedDeclaration> parseShared(Cursor& in, bool external);
/// Reads what follows .entry. `shared` are the variables of the module, which count for the kernels that name them.
Kernel parseKernel(Cursor& in, const Module& module, const std::vector<SharedDeclaration>& shared,
                   const std::string& file);

}  // namespace sim
