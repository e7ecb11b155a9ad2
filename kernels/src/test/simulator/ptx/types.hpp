// PTX types: .u8 to .u64, .s8 to .s64, .b8 to .b64, .f16 .bf16 .f32 .f64, the packed pairs and .pred.
#pragma once

#include <cstdint>
#include <string>

namespace sim {

enum class Type : uint8_t {
    none, pred, b8, b16, b32, b64, u8, u16, u32, u64, s8, s16, s32, s64, f16, bf16, f16x2, bf16x2, f32, f64
};

inline Type typeOf(const std::string& name) {
    static const char* const names[] = {"none", "pred", "b8", "b16", "b32", "b64", "u8", "u16", "u32", "u64",
        "s8", "s16", "s32", "s64", "f16", "bf16", "f16x2", "bf16x2", "f32", "f64"};
    for (int i = 1; i < 20; i++) {
        if (name == names[i]) return static_cast<Type>(i);
    }
    return Type::none;
}

inline unsigned bytesOf(Type type) {
    switch (type) {
        case Type::none: return 0;
        case Type::pred: case Type::b8: case Type::u8: case Type::s8: return 1;
        case Type::b16: case Type::u16: case Type::s16: case Type::f16: case Type::bf16: return 2;
        case Type::b64: case Type::u64: case Type::s64: case Type::f64: return 8;
        default: return 4;
    }
}

inline bool isSigned(Type type) { return type >= Type::s8 && type <= Type::s64; }
inline bool isFloat(Type type) { return type >= Type::f16; }

}  // namespace sim
