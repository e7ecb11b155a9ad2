// What finalizing a tensor, a convolution and its operation checks. The rules and the wording of the shapes are cuDNN's.
#include "cudnn/geometry.hpp"

namespace dnn {
namespace {

void requireType(int64_t type) {
    require(type == FLOAT32 || type == BFLOAT16, NOT_SUPPORTED_DATA_TYPE,
            "data type " + std::to_string(type) + ": the software device has float and bfloat16");
}

}  // namespace

Tensor tensorOf(const Descriptor& descriptor) {
    Tensor tensor;
    tensor.uid = descriptor.number(906);
    tensor.alignment = descriptor.number(900);
    requireType(descriptor.number(901));
    tensor.type = static_cast<DataType>(descriptor.number(901));
    for (int i = 0; i < 4; i++) {
        tensor.dims[i] = descriptor.numbers(902)[i];
        tensor.strides[i] = descriptor.numbers(903)[i];
        require(tensor.dims[i] > 0, BAD_PARAM,
                "Tensor dimension " + std::to_string(i) + " has invalid size " + std::to_string(tensor.dims[i]));
    }
    require(tensor.alignment > 0 && tensor.alignment % tensor.elementBytes() == 0, BAD_PARAM,
            "Tensor pointer alignment (" + std::to_string(tensor.alignment)
                + ") must be positive and a multiple of element size");
    // cuDNN takes NCHW as well, in which its fast engines transpose: the backend never means it
    require(tensor.strides[1] == 1, NOT_SUPPORTED_LAYOUT, "the channels of a tensor are not next to each other");
    require(tensor.strides[3] >= tensor.dims[1] && tensor.strides[2] == tensor.strides[3] * tensor.dims[3]
                && tensor.strides[0] == tensor.strides[2] * tensor.dims[2],
            NOT_SUPPORTED_LAYOUT, "the strides of a tensor are not those of NHWC");
    return tensor;
}

Geometry geometryOf(const Descriptor& operation) {
    static const std::map<DescriptorType, std::vector<int>> names = {
        // alpha, beta, convolution, x, w, y
        {FORWARD, {700, 701, 702, 704, 703, 705}},
        {BACKWARD_DATA, {706, 707, 708, 710, 709, 711}},
        {BACKWARD_WEIGHTS, {712, 713, 714, 716, 715, 717}},
    };
    const std::vector<int>& name = names.at(operation.type);
    Geometry g;
    g.kind = operation.type;
    g.alpha = operation.real(name[0], 1);
    g.beta = operation.real(name[1], 0);
    const Descriptor& convolution = *operation.descriptor(name[2]);
    g.x = tensorOf(*operation.descriptor(name[3]));
    g.w = tensorOf(*operation.descriptor(name[4]));
    g.y = tensorOf(*operation.descriptor(name[5]));
    require(g.x.uid != g.w.uid && g.x.uid != g.y.uid && g.w.uid != g.y.uid, DUPLICATED_ENTRIES,
            "two tensors of an operation have the same id");
    require(g.x.dims[1] % g.w.dims[1] == 0, BAD_PARAM,
            "(0 == wDimA[1]) || (0 == xDimA[1]) || (0 != xDimA[1] % wDimA[1])");
    g.groups = g.x.dims[1] / g.w.dims[1];
    require(g.w.dims[0] % g.groups == 0, BAD_PARAM, "0 != wDimA[0] % g");
    require(g.y.dims[0] == g.x.dims[0], BAD_PARAM, "yDimA[N_DIM] != xDimA[N_DIM]");
    require(g.y.dims[1] == g.w.dims[0], BAD_PARAM, "yDesc.getVectCount() * yDimA[CK_DIM] != wDimA[WK_DIM]");
    for (int i = 0; i < 2; i++) {
        g.dilation[i] = convolution.numbers(102)[i];
        g.stride[i] = convolution.numbers(103)[i];
        g.pad[i] = convolution.numbers(105)[i];
        int64_t reach = g.x.dims[2 + i] + 2 * g.pad[i] - g.dilation[i] * (g.w.dims[2 + i] - 1) - 1;
        require(reach >= 0 && g.y.dims[2 + i] == reach / g.stride[i] + 1, BAD_PARAM,
                "is_valid_spatial_dim: y has " + std::to_string(g.y.dims[2 + i]) + " in spatial dimension "
                    + std::to_string(i));
    }
    return g;
}

void validateConvolution(const Descriptor& convolution) {
    requireType(convolution.number(100));
    require(convolution.number(100) == FLOAT32, NOT_SUPPORTED_DATA_TYPE, "the computation is not in float");
    require(convolution.number(101) == 1, NOT_SUPPORTED, "the mode is not cross-correlation");
    require(convolution.number(106) == 2, NOT_SUPPORTED, "there are not two spatial dimensions");
    for (int i = 0; i < 2; i++) {
        require(convolution.numbers(102)[i] > 0, BAD_PARAM, "a dilation is not positive");
        require(convolution.numbers(103)[i] > 0, BAD_PARAM, "a stride is not positive");
        require(convolution.numbers(105)[i] >= 0, BAD_PARAM, "a padding is negative");
        require(convolution.numbers(104)[i] == convolution.numbers(105)[i], NOT_SUPPORTED,
                "the padding is not the same on both sides");
    }
}

}  // namespace dnn
