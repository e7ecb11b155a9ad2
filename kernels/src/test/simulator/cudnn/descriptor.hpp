// Descriptors: typed attributes that are set one by one and checked together when the descriptor is finalized.
#pragma once

#include "cudnn/api.hpp"

#include <map>
#include <memory>
#include <vector>

namespace dnn {

struct Descriptor;
using Reference = std::shared_ptr<Descriptor>;

struct Attribute {
    std::vector<int64_t> numbers;  // of any integral type, and addresses
    std::vector<float> floats;
    std::vector<Reference> descriptors;
};

struct Descriptor {
    DescriptorType type;
    bool finalized = false;
    bool destroyed = false;
    std::map<int, Attribute> attributes;

    /// Attributes that were set or that finalizing has computed.
    int64_t number(int attribute) const;
    const std::vector<int64_t>& numbers(int attribute) const;
    float real(int attribute, float otherwise) const;
    const Reference& descriptor(int attribute) const;
    bool has(int attribute) const { return attributes.count(attribute) > 0; }
};

/// Checks the attributes of a descriptor that is to be finalized, and computes those that can only be read.
void validate(Descriptor& descriptor);

/// The number of descriptors that were created and not destroyed.
size_t liveDescriptors();

Reference descriptorOf(const void* pointer);
/// A live and finalized one of this type.
Reference finalizedOf(const void* pointer, DescriptorType type);

}  // namespace dnn
