// A convolution as its operation graph describes it.
#pragma once

#include "cudnn/descriptor.hpp"

namespace dnn {

struct Tensor {
    int64_t uid = 0;
    int64_t alignment = 0;
    DataType type = FLOAT32;
    int64_t dims[4] = {};     // N, C, H, W
    int64_t strides[4] = {};
    int64_t elements() const { return dims[0] * dims[1] * dims[2] * dims[3]; }
    int64_t elementBytes() const { return type == BFLOAT16 ? 2 : 4; }
    /// Elements from the first to behind the last one.
    int64_t extent() const {
        int64_t last = 0;
        for (int i = 0; i < 4; i++) last += (dims[i] - 1) * strides[i];
        return last + 1;
    }
    /// Whether something lies between the elements.
    bool gaps() const { return extent() != elements(); }
};

struct Geometry {
    DescriptorType kind = FORWARD;
    Tensor x, w, y;
    int64_t stride[2] = {}, pad[2] = {}, dilation[2] = {};
    int64_t groups = 1;
    float alpha = 1, beta = 0;
    const Tensor& output() const { return kind == FORWARD ? y : kind == BACKWARD_DATA ? x : w; }
};

Tensor tensorOf(const Descriptor& tensor);
Geometry geometryOf(const Descriptor& operation);

}  // namespace dnn
