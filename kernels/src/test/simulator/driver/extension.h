// What other simulated libraries of the device (cuDNN, cuBLAS) need of it: to put their work on streams, so that it is
// deferred, ordered and captured like a kernel, and to have the memory they touch checked.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Runs, queues or captures work(argument), as the stream is (null: the default stream). Work returns 0 or the code of
/// a check that failed, which then loses the context. It may run more than once (graphs); `release` is called when it
/// can never run again, also if it never did. Returns a CUresult.
__attribute__((visibility("default"))) int gregSimSubmit(void* stream, int (*work)(void*), void* argument,
                                                         void (*release)(void*));

/// Checks that all bytes lie in one live allocation; a read also that all of them were written, a write marks them as
/// written. `what` names the operation and the operand in the message. Returns a CUresult.
__attribute__((visibility("default"))) int gregSimRead(unsigned long long address, size_t bytes, const char* what);
__attribute__((visibility("default"))) int gregSimWrite(unsigned long long address, size_t bytes, const char* what);

/// Reports a misuse of the library as the driver reports its own: gregSimLastError tells it, and stderr.
__attribute__((visibility("default"))) void gregSimReport(const char* message);

/// The message of the last error of any kind; an empty string before the first one.
__attribute__((visibility("default"))) const char* gregSimLastError(void);

#ifdef __cplusplus
}
#endif
