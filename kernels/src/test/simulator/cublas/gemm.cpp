// cublasGemmEx in float32: operands checked like those of a kernel, products summed in double and rounded once. TF32
// rounds the operands to 10 bits of mantissa, so that a program that asks for it where it promises float32 is seen.
#include "cublas/handle.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

using namespace blas;

namespace {

/// A column-major matrix in device memory.
struct Matrix {
    unsigned long long address;
    int rows, columns, stride;

    size_t bytes() const {
        return rows == 0 || columns == 0 ? 0 : (static_cast<size_t>(stride) * (columns - 1) + rows) * sizeof(float);
    }
    float* column(int j) const { return reinterpret_cast<float*>(address) + static_cast<size_t>(stride) * j; }
    bool overlaps(const Matrix& other) const {
        return address < other.address + other.bytes() && other.address < address + bytes();
    }
};

struct Product {
    Matrix a, b, c;
    bool transA, transB, tf32;
    float alpha, beta;
    int m, n, k;
    unsigned long long workspace;
    size_t workspaceBytes;
};

/// To the nearest number with 10 bits of mantissa, halves away from zero, as `cvt.rna.tf32.f32` does.
float toTf32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7f800000u) != 0x7f800000u) bits = (bits + 0x1000u) & ~0x1fffu;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

using Check = int (*)(unsigned long long, size_t, const char*);

/// What lies between the columns belongs to somebody else and is not touched.
int check(Check access, const Matrix& matrix, const char* what) {
    for (int j = 0; j < matrix.columns; j++) {
        auto start = reinterpret_cast<unsigned long long>(matrix.column(j));
        if (int code = access(start, matrix.rows * sizeof(float), what)) return code;
    }
    return 0;
}

/// op(matrix), rows by columns, without gaps, rounded for the product.
std::vector<float> pack(const Matrix& matrix, bool transposed, int rows, int columns, bool tf32) {
    std::vector<float> packed(static_cast<size_t>(rows) * columns);
    for (int j = 0; j < columns; j++) {
        for (int i = 0; i < rows; i++) {
            float value = transposed ? matrix.column(i)[j] : matrix.column(j)[i];
            packed[static_cast<size_t>(rows) * j + i] = tf32 ? toTf32(value) : value;
        }
    }
    return packed;
}

int multiply(const Product& p) {
    if (int code = check(gregSimRead, p.a, "cublasGemmEx: A")) return code;
    if (int code = check(gregSimRead, p.b, "cublasGemmEx: B")) return code;
    if (p.beta != 0) {
        if (int code = check(gregSimRead, p.c, "cublasGemmEx: C")) return code;
    }
    if (int code = check(gregSimWrite, p.c, "cublasGemmEx: C")) return code;
    if (p.workspace) {
        if (int code = gregSimWrite(p.workspace, p.workspaceBytes, "cublasGemmEx: workspace")) return code;
    }
    std::vector<float> a = pack(p.a, p.transA, p.m, p.k, p.tf32);
    std::vector<float> b = pack(p.b, p.transB, p.k, p.n, p.tf32);
    std::vector<double> sums(p.m);
    for (int j = 0; j < p.n; j++) {
        std::fill(sums.begin(), sums.end(), 0);
        for (int l = 0; l < p.k; l++) {
            double right = b[static_cast<size_t>(p.k) * j + l];
            const float* left = a.data() + static_cast<size_t>(p.m) * l;
            for (int i = 0; i < p.m; i++) sums[i] += left[i] * right;
        }
        float* c = p.c.column(j);
        for (int i = 0; i < p.m; i++) {
            c[i] = static_cast<float>(p.beta == 0 ? p.alpha * sums[i] : p.alpha * sums[i] + double{p.beta} * c[i]);
        }
    }
    return 0;
}

Matrix operand(const char* name, const void* pointer, int rows, int columns, int stride, int type) {
    std::string prefix = std::string(name) + ": ";
    require(type == CUDA_R_32F, CUBLAS_STATUS_NOT_SUPPORTED, prefix + "only CUDA_R_32F is simulated");
    require(stride >= std::max(1, rows), CUBLAS_STATUS_INVALID_VALUE,
            prefix + "leading dimension " + std::to_string(stride) + " of " + std::to_string(rows) + " rows");
    auto address = reinterpret_cast<unsigned long long>(pointer);
    require(address, CUBLAS_STATUS_INVALID_VALUE, prefix + "the pointer is null");
    require(address % sizeof(float) == 0, CUBLAS_STATUS_INVALID_VALUE, prefix + "the pointer is not aligned to 4 bytes");
    return {address, rows, columns, stride};
}

void requireReady(const Handle& target) {
    require(target.hasStream && target.stream, CUBLAS_STATUS_INVALID_VALUE,
            "no stream is set: the product would run on the default stream");
    int capturing = 0;
    requireDriver(cuStreamIsCapturing(target.stream, &capturing), CUBLAS_STATUS_INVALID_VALUE);
    require(!capturing || target.workspace, CUBLAS_STATUS_ALLOC_FAILED,
            "the stream is captured and no workspace is set, so that cuBLAS would have to allocate one");
}

}  // namespace

CUBLAS_API Status cublasGemmEx(void* pointer, int transA, int transB, int m, int n, int k, const void* alpha,
                               const void* a, int typeA, int lda, const void* b, int typeB, int ldb, const void* beta,
                               void* c, int typeC, int ldc, int compute, int algorithm) {
    return call("cublasGemmEx", [&] {
        Handle& target = handle(pointer);
        for (int trans : {transA, transB}) {
            require(trans == CUBLAS_OP_N || trans == CUBLAS_OP_T, CUBLAS_STATUS_INVALID_VALUE,
                    "operation " + std::to_string(trans) + ", expected CUBLAS_OP_N or CUBLAS_OP_T");
        }
        require(m >= 0 && n >= 0 && k >= 0, CUBLAS_STATUS_INVALID_VALUE, "m, n or k is negative");
        require(compute == CUBLAS_COMPUTE_32F || compute == CUBLAS_COMPUTE_32F_FAST_TF32, CUBLAS_STATUS_NOT_SUPPORTED,
                "compute type " + std::to_string(compute) + " is not simulated");
        require(algorithm == CUBLAS_GEMM_DEFAULT, CUBLAS_STATUS_NOT_SUPPORTED,
                "algorithm " + std::to_string(algorithm) + ", expected CUBLAS_GEMM_DEFAULT");
        require(alpha && beta, CUBLAS_STATUS_INVALID_VALUE, "alpha or beta is null");
        auto* product = new Product();
        std::unique_ptr<Product> owner(product);
        product->transA = transA == CUBLAS_OP_T;
        product->transB = transB == CUBLAS_OP_T;
        product->a = operand("A", a, product->transA ? k : m, product->transA ? m : k, lda, typeA);
        product->b = operand("B", b, product->transB ? n : k, product->transB ? k : n, ldb, typeB);
        product->c = operand("C", c, m, n, ldc, typeC);
        require(!product->c.overlaps(product->a) && !product->c.overlaps(product->b), CUBLAS_STATUS_INVALID_VALUE,
                "C overlaps A or B");
        product->tf32 = compute == CUBLAS_COMPUTE_32F_FAST_TF32;
        product->alpha = *static_cast<const float*>(alpha);  // pointer mode host: read during the call
        product->beta = *static_cast<const float*>(beta);
        product->m = m;
        product->n = n;
        product->k = k;
        product->workspace = target.workspace;
        product->workspaceBytes = target.workspaceBytes;
        requireReady(target);
        auto work = [](void* argument) { return multiply(*static_cast<Product*>(argument)); };
        auto release = [](void* argument) { delete static_cast<Product*>(argument); };
        requireDriver(gregSimSubmit(target.stream, work, owner.release(), release), CUBLAS_STATUS_EXECUTION_FAILED);
    });
}
