// A position in the tokens of a module, and the constant expressions, which need nothing else.
#pragma once

#include "ptx/lexer.hpp"

namespace sim {

class Cursor {
public:
    explicit Cursor(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    const Token& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    unsigned line() const { return peek().line; }
    bool is(const char* text) const { return peek().kind != Token::String && peek().text == text; }
    /// Steps over it, if it is there.
    bool accept(const char* text);
    void expect(const char* text);
    Token next();
    std::string identifier(const char* what);

    bool atNumber() const { return peek().kind == Token::Number || is("-") || is("~") || is("(") || is("WARP_SZ"); }
    bool atReal() const;
    /// An integer constant expression.
    uint64_t integer() { return binary(0); }
    /// A real literal, maybe negated; single tells that it is 0f... and the bits are those of a float.
    uint64_t real(bool& single);

private:
    uint64_t binary(int level);
    uint64_t unary();

    std::vector<Token> tokens_;
    size_t at_ = 0;
};

}  // namespace sim
