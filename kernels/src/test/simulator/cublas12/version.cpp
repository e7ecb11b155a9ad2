// Which cuBLAS this build of ../cublas is.
#include "cublas/types.hpp"

namespace blas {

const int major = 12;

}  // namespace blas
