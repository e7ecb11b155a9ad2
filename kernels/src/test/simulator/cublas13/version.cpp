// Which cuBLAS this build of ../cublas is.
#include "cublas/types.hpp"

namespace blas {

const int major = 13;

}  // namespace blas
