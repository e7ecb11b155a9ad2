// Errors of the simulator: the driver's code and a message that says what was done, where, and what was expected.
#pragma once

#include "driver/cuda_types.hpp"

#include <exception>
#include <string>

namespace sim {

/// A mistake of the program under test. The interpreter adds kernel, line, block and thread on the way up.
class Error : public std::exception {
public:
    Error(CUresult code, std::string message) : code_(code), message_(std::move(message)) {}
    CUresult code() const { return code_; }
    const std::string& message() const { return message_; }
    const char* what() const noexcept override { return message_.c_str(); }

private:
    CUresult code_;
    std::string message_;
};

/// printf into a string.
std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));

/// Remembers the error for gregSimLastError and cuGetErrorString, prints it to stderr, and returns its code.
CUresult report(const Error& error);

/// Tests that plant mistakes need no report of them on stderr.
extern bool quiet;

/// The message of the last error of any code.
const std::string& lastError();

/// The message of the last error with this code, or an empty string.
const std::string& lastMessage(CUresult code);

/// CUDA_ERROR_... and the driver's sentence for it; null for a code that does not exist.
const char* errorName(CUresult code);
const char* errorSentence(CUresult code);

}  // namespace sim
