// PTX text into tokens: identifiers keep their dots (ld.global.v4.f32, %tid.x, .reg), comments disappear.
#pragma once

#include "device/error.hpp"

#include <string>
#include <vector>

namespace sim {

struct Token {
    enum Kind { Identifier, Number, Punctuation, String, End } kind;
    std::string text;
    unsigned line;
};

/// All tokens, the last one of kind End. Throws CUDA_ERROR_INVALID_PTX with the line.
std::vector<Token> tokenise(const std::string& source);

/// CUDA_ERROR_INVALID_PTX at this line.
[[noreturn]] void invalidPtx(unsigned line, const std::string& what);

/// "add.s32" at its dots: "add", "s32".
std::vector<std::string> splitAtDots(const std::string& name);

}  // namespace sim
