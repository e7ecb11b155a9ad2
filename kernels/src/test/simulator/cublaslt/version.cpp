// cuBLAS is loaded together with libcublasLt, which does the work in NVIDIA's. Here it only has to be there.
#include <cstddef>

extern "C" __attribute__((visibility("default"))) size_t cublasLtGetVersion() { return 0; }
