#include "ptx/cursor.hpp"

#include <cstring>

namespace sim {
namespace {

bool hexadecimal(const std::string& text) { return text.size() > 1 && text[0] == '0' && strchr("xX", text[1]); }

bool bitPattern(const std::string& text) { return text.size() > 2 && text[0] == '0' && strchr("fFdD", text[1]); }

}  // namespace

bool Cursor::accept(const char* text) {
    if (!is(text)) return false;
    at_++;
    return true;
}

void Cursor::expect(const char* text) {
    if (!accept(text)) invalidPtx(line(), std::string("expected '") + text + "', found '" + peek().text + "'");
}

Token Cursor::next() {
    Token token = peek();
    if (token.kind == Token::End) invalidPtx(token.line, "the text ends in the middle of something");
    at_++;
    return token;
}

std::string Cursor::identifier(const char* what) {
    Token token = next();
    if (token.kind != Token::Identifier) {
        invalidPtx(token.line, std::string("expected ") + what + ", found '" + token.text + "'");
    }
    return token.text;
}

bool Cursor::atReal() const {
    const std::string& number = peek(is("-") ? 1 : 0).text;
    if (peek(is("-") ? 1 : 0).kind != Token::Number || hexadecimal(number)) return false;
    return bitPattern(number) || number.find_first_of(".eE") != std::string::npos;
}

uint64_t Cursor::real(bool& single) {
    bool minus = accept("-");
    Token token = next();
    uint64_t bits;
    if (bitPattern(token.text)) {
        single = strchr("fF", token.text[1]);
        if (token.text.size() != (single ? 10 : 18)) invalidPtx(token.line, token.text + " has the wrong length");
        bits = strtoull(token.text.c_str() + 2, nullptr, 16);
    } else {
        single = false;
        double value = strtod(token.text.c_str(), nullptr);
        memcpy(&bits, &value, sizeof bits);
    }
    if (minus) bits ^= single ? 0x80000000ull : 0x8000000000000000ull;
    return bits;
}

uint64_t Cursor::binary(int level) {
    static const std::vector<std::vector<const char*>> levels = {
        {"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}};
    if (level == static_cast<int>(levels.size())) return unary();
    uint64_t left = binary(level + 1);
    while (true) {
        const char* found = nullptr;
        for (const char* sign : levels[level]) {
            if (is(sign)) found = sign;
        }
        if (!found) return left;
        unsigned where = line();
        next();
        uint64_t right = binary(level + 1);
        if (strchr("/%", found[0]) && right == 0) invalidPtx(where, "a division by zero");
        switch (found[0]) {
            case '|': left |= right; break;
            case '^': left ^= right; break;
            case '&': left &= right; break;
            case '<': left <<= right; break;
            case '>': left >>= right; break;
            case '+': left += right; break;
            case '-': left -= right; break;
            case '*': left *= right; break;
            case '/': left = static_cast<int64_t>(left) / static_cast<int64_t>(right); break;
            default: left = static_cast<int64_t>(left) % static_cast<int64_t>(right); break;
        }
    }
}

uint64_t Cursor::unary() {
    if (accept("-")) return -unary();
    if (accept("~")) return ~unary();
    if (accept("WARP_SZ")) return 32;
    if (accept("(")) {
        uint64_t value = binary(0);
        expect(")");
        return value;
    }
    Token token = next();
    char* end = nullptr;
    bool octal = token.text.size() > 1 && token.text[0] == '0' && isdigit(static_cast<unsigned char>(token.text[1]));
    bool two = token.text.compare(0, 2, "0b") == 0;
    uint64_t value = two ? strtoull(token.text.c_str() + 2, &end, 2)
                         : strtoull(token.text.c_str(), &end, hexadecimal(token.text) ? 16 : octal ? 8 : 10);
    if (token.kind != Token::Number || (*end && strcmp(end, "U") != 0)) {
        invalidPtx(token.line, "expected a whole number, found '" + token.text + "'");
    }
    return value;
}

}  // namespace sim
