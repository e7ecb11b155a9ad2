#include "ptx/lexer.hpp"

#include <cctype>
#include <cstring>

namespace sim {
namespace {

bool startsName(char c) {
    return isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' || c == '.';
}

bool continuesName(char c) {
    return isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '.';
}

/// Skips blanks and both kinds of comments.
void skipBlanks(const std::string& source, size_t& at, unsigned& line) {
    while (at < source.size()) {
        if (source[at] == '\n') line++;
        if (isspace(static_cast<unsigned char>(source[at]))) {
            at++;
        } else if (source.compare(at, 2, "//") == 0) {
            at = source.find('\n', at);
            if (at == std::string::npos) at = source.size();
        } else if (source.compare(at, 2, "/*") == 0) {
            size_t end = source.find("*/", at + 2);
            if (end == std::string::npos) invalidPtx(line, "a comment that never ends");
            for (; at < end + 2; at++) line += source[at] == '\n';
        } else {
            return;
        }
    }
}

}  // namespace

void invalidPtx(unsigned line, const std::string& what) {
    throw Error(CUDA_ERROR_INVALID_PTX, text("PTX line %u: ", line) + what);
}

std::vector<std::string> splitAtDots(const std::string& name) {
    std::vector<std::string> parts;
    size_t from = 0;
    while (true) {
        size_t dot = name.find('.', from);
        parts.push_back(name.substr(from, dot - from));
        if (dot == std::string::npos) return parts;
        from = dot + 1;
    }
}

std::vector<Token> tokenise(const std::string& source) {
    std::vector<Token> tokens;
    size_t at = 0;
    unsigned line = 1;
    for (skipBlanks(source, at, line); at < source.size(); skipBlanks(source, at, line)) {
        size_t start = at;
        char c = source[at];
        Token::Kind kind = Token::Punctuation;
        if (startsName(c)) {
            kind = Token::Identifier;
            at++;
            while (at < source.size() && (continuesName(source[at]) || source.compare(at, 2, "::") == 0)) {
                at += source[at] == ':' ? 2 : 1;
            }
        } else if (isdigit(static_cast<unsigned char>(c))) {
            kind = Token::Number;
            while (at < source.size() && continuesName(source[at])) {
                char e = source[at++];
                bool decimal = source.compare(start, 2, "0x") != 0 && source.compare(start, 2, "0X") != 0;
                if (decimal && (e == 'e' || e == 'E') && at < source.size() && strchr("+-", source[at])
                    && !strchr("fFdD", source[start + 1])) {
                    at++;
                }
            }
        } else if (c == '"') {
            kind = Token::String;
            at = source.find('"', at + 1);
            if (at == std::string::npos) invalidPtx(line, "a string that never ends");
            at++;
        } else {
            at += source.compare(at, 2, "<<") == 0 || source.compare(at, 2, ">>") == 0 ? 2 : 1;
        }
        tokens.push_back({kind, source.substr(start, at - start), line});
    }
    tokens.push_back({Token::End, "", line});
    return tokens;
}

}  // namespace sim
