#include "cudnn/descriptor.hpp"

#include <cstring>

namespace dnn {
namespace {

/// What the program may do with an attribute.
struct Rule {
    int name;
    AttributeType type;
    int64_t least;   // elements
    int64_t most;
    bool required;
    bool readable;
    bool writable;
    std::vector<DescriptorType> refers;
};

constexpr int64_t any = 1 << 20;

std::vector<Rule> operation(int first, const std::vector<int>& tensors) {
    std::vector<Rule> rules = {
        {first, FLOAT, 1, 1, true, true, true, {}},
        {first + 1, FLOAT, 1, 1, true, true, true, {}},
        {first + 2, DESCRIPTOR, 1, 1, true, false, true, {CONVOLUTION}},
    };
    for (int tensor : tensors) rules.push_back({tensor, DESCRIPTOR, 1, 1, true, false, true, {TENSOR}});
    return rules;
}

/// Stricter than cuDNN, which has defaults for some: what the backend means, it says.
const std::map<DescriptorType, std::vector<Rule>> schema = {
    {TENSOR,
     {{900, INT64, 1, 1, true, true, true, {}},
      {901, DATA_TYPE, 1, 1, true, true, true, {}},
      {902, INT64, 4, 4, true, true, true, {}},
      {903, INT64, 4, 4, true, true, true, {}},
      {906, INT64, 1, 1, true, true, true, {}}}},
    {CONVOLUTION,
     {{100, DATA_TYPE, 1, 1, true, true, true, {}},
      {101, CONVOLUTION_MODE, 1, 1, true, true, true, {}},
      {102, INT64, 2, 2, true, true, true, {}},
      {103, INT64, 2, 2, true, true, true, {}},
      {104, INT64, 2, 2, true, true, true, {}},
      {105, INT64, 2, 2, true, true, true, {}},
      {106, INT64, 1, 1, true, true, true, {}}}},
    {FORWARD, operation(700, {703, 704, 705})},
    {BACKWARD_DATA, operation(706, {709, 710, 711})},
    {BACKWARD_WEIGHTS, operation(712, {715, 716, 717})},
    {GRAPH,
     {{800, HANDLE, 1, 1, true, false, true, {}},
      {801, DESCRIPTOR, 1, 1, true, false, true, {FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS}},
      {802, INT64, 1, 1, false, true, false, {}}}},
    {HEURISTICS,
     {{200, HEURISTIC_MODE, 1, 1, true, true, true, {}},
      {201, DESCRIPTOR, 1, 1, true, false, true, {GRAPH}},
      {202, DESCRIPTOR, 0, any, false, true, false, {ENGINE_CONFIG}}}},
    {ENGINE,
     {{1300, DESCRIPTOR, 1, 1, true, false, true, {GRAPH}},
      {1301, INT64, 1, 1, true, true, true, {}},
      {1303, NUMERICAL_NOTE, 0, any, false, true, false, {}},
      {1305, BEHAVIOR_NOTE, 0, any, false, true, false, {}}}},
    {KNOB_CHOICE,
     {{600, KNOB_TYPE, 1, 1, true, true, true, {}}, {601, INT64, 1, 1, true, true, true, {}}}},
    {ENGINE_CONFIG,
     {{300, DESCRIPTOR, 1, 1, true, true, true, {ENGINE}}, {302, DESCRIPTOR, 0, any, false, true, true, {KNOB_CHOICE}}}},
    {PLAN,
     {{400, HANDLE, 1, 1, true, false, true, {}},
      {401, DESCRIPTOR, 1, 1, true, false, true, {ENGINE_CONFIG}},
      {402, INT64, 1, 1, false, true, false, {}}}},
    {VARIANT_PACK,
     {{1000, INT64, 1, any, true, true, true, {}},
      {1001, VOID_PTR, 1, any, true, true, true, {}},
      {1003, VOID_PTR, 1, 1, true, true, true, {}}}},
    {DEVICE_PROPERTIES, {{2701, HANDLE, 1, 1, true, false, true, {}}, {2702, CHAR, 0, any, false, true, false, {}}}},
};

std::map<const void*, Reference>& live() {
    static auto* all = new std::map<const void*, Reference>();
    return *all;
}

const Rule& ruleOf(const Descriptor& descriptor, int name, int type) {
    for (const Rule& rule : schema.at(descriptor.type)) {
        if (rule.name != name) continue;
        require(rule.type == type, ATTRIBUTE_TYPE,
                "attribute " + std::to_string(name) + " has type " + std::to_string(rule.type) + ", not "
                    + std::to_string(type));
        return rule;
    }
    throw Error(BAD_PARAM,
                "a descriptor of type " + std::to_string(descriptor.type) + " has no attribute " + std::to_string(name));
}

template <class T>
T element(const void* array, int64_t index) {
    T value;
    memcpy(&value, static_cast<const char*>(array) + index * sizeof(T), sizeof(T));
    return value;
}

bool eightBytes(AttributeType type) { return type == INT64 || type == VOID_PTR || type == HANDLE || type == DESCRIPTOR; }

Reference referenced(const Rule& rule, const void* pointer) {
    Reference target = descriptorOf(pointer);
    bool fits = false;
    for (DescriptorType type : rule.refers) fits = fits || type == target->type;
    require(fits, DESCRIPTOR_TYPE,
            "attribute " + std::to_string(rule.name) + " cannot refer to a descriptor of type "
                + std::to_string(target->type));
    require(target->finalized, NOT_FINALIZED,
            "attribute " + std::to_string(rule.name) + " refers to a descriptor that is not finalized");
    return target;
}

void set(Descriptor& descriptor, int name, int type, int64_t count, const void* elements) {
    require(!descriptor.finalized, BAD_PARAM, "an attribute is set after the descriptor was finalized");
    const Rule& rule = ruleOf(descriptor, name, type);
    require(rule.writable, BAD_PARAM, "attribute " + std::to_string(name) + " can only be read");
    require(count >= rule.least && count <= rule.most, BAD_PARAM,
            "attribute " + std::to_string(name) + " cannot have " + std::to_string(count) + " elements");
    require(count == 0 || elements, NULL_POINTER, "attribute " + std::to_string(name) + ": the elements are null");
    Attribute attribute;
    for (int64_t i = 0; i < count; i++) {
        if (type == FLOAT) attribute.floats.push_back(element<float>(elements, i));
        else if (type == DESCRIPTOR) attribute.descriptors.push_back(referenced(rule, element<const void*>(elements, i)));
        else if (eightBytes(rule.type)) attribute.numbers.push_back(element<int64_t>(elements, i));
        else attribute.numbers.push_back(element<int32_t>(elements, i));
        if (type == HANDLE) handleOf(reinterpret_cast<const void*>(attribute.numbers.back()));
    }
    descriptor.attributes[name] = std::move(attribute);
}

/// The program makes empty descriptors, and they become what is read.
void fill(const Rule& rule, const void* pointer, const Reference& content) {
    Reference target = descriptorOf(pointer);
    require(target->type == rule.refers.front(), DESCRIPTOR_TYPE,
            "attribute " + std::to_string(rule.name) + " is read into a descriptor of type "
                + std::to_string(target->type));
    require(!target->finalized && target->attributes.empty(), BAD_PARAM,
            "attribute " + std::to_string(rule.name) + " is read into a descriptor that is in use");
    *target = *content;
    target->destroyed = false;
}

void get(const Descriptor& descriptor, int name, int type, int64_t capacity, int64_t* count, void* elements) {
    require(descriptor.finalized, NOT_INITIALIZED, "an attribute is read before the descriptor is finalized");
    const Rule& rule = ruleOf(descriptor, name, type);
    require(rule.readable, NOT_SUPPORTED, "attribute " + std::to_string(name) + " cannot be read");
    require(capacity >= 0, BAD_PARAM, "the capacity is negative");
    auto found = descriptor.attributes.find(name);
    Attribute attribute = found == descriptor.attributes.end() ? Attribute{} : found->second;
    auto all = static_cast<int64_t>(
        type == FLOAT ? attribute.floats.size()
                      : type == DESCRIPTOR ? attribute.descriptors.size() : attribute.numbers.size());
    if (count) *count = all;
    require(capacity == 0 || elements, NULL_POINTER, "attribute " + std::to_string(name) + ": no room to read into");
    auto* bytes = static_cast<char*>(elements);
    for (int64_t i = 0; i < std::min(all, capacity); i++) {
        if (type == FLOAT) {
            memcpy(bytes + 4 * i, &attribute.floats[i], 4);
        } else if (type == DESCRIPTOR) {
            fill(rule, element<const void*>(elements, i), attribute.descriptors[i]);
        } else if (eightBytes(rule.type)) {
            memcpy(bytes + 8 * i, &attribute.numbers[i], 8);
        } else if (type == CHAR) {
            bytes[i] = static_cast<char>(attribute.numbers[i]);
        } else {
            auto number = static_cast<int32_t>(attribute.numbers[i]);
            memcpy(bytes + 4 * i, &number, 4);
        }
    }
}

void finalize(Descriptor& descriptor) {
    require(!descriptor.finalized, BAD_PARAM, "the descriptor is finalized twice");
    for (const Rule& rule : schema.at(descriptor.type)) {
        require(!rule.required || descriptor.has(rule.name), BAD_PARAM,
                "attribute " + std::to_string(rule.name) + " of a descriptor of type " + std::to_string(descriptor.type)
                    + " was not set");
    }
    validate(descriptor);
    descriptor.finalized = true;
}

}  // namespace

int64_t Descriptor::number(int attribute) const { return attributes.at(attribute).numbers.at(0); }
const std::vector<int64_t>& Descriptor::numbers(int attribute) const { return attributes.at(attribute).numbers; }
float Descriptor::real(int attribute, float otherwise) const {
    return has(attribute) ? attributes.at(attribute).floats.at(0) : otherwise;
}
const Reference& Descriptor::descriptor(int attribute) const { return attributes.at(attribute).descriptors.at(0); }

size_t liveDescriptors() { return live().size(); }

Reference descriptorOf(const void* pointer) {
    require(pointer, NULL_POINTER, "the descriptor is null");
    auto found = live().find(pointer);
    require(found != live().end(), BAD_PARAM, "the descriptor was destroyed or never created");
    return found->second;
}

Reference finalizedOf(const void* pointer, DescriptorType type) {
    Reference descriptor = descriptorOf(pointer);
    require(descriptor->type == type, DESCRIPTOR_TYPE,
            "expected a descriptor of type " + std::to_string(type) + ", got one of type "
                + std::to_string(descriptor->type));
    require(descriptor->finalized, NOT_FINALIZED, "the descriptor is not finalized");
    return descriptor;
}

/// For the interface: what a call does.
void createDescriptor(int type, void** handle) {
    require(handle, NULL_POINTER, "there is no place for the descriptor");
    require(schema.count(static_cast<DescriptorType>(type)) > 0, NOT_SUPPORTED,
            "the software device has no descriptors of type " + std::to_string(type));
    auto made = std::make_shared<Descriptor>();
    made->type = static_cast<DescriptorType>(type);
    live()[made.get()] = made;
    *handle = made.get();
}

void destroyDescriptor(void* handle) {
    Reference descriptor = descriptorOf(handle);
    descriptor->destroyed = true;
    live().erase(handle);
}

void setAttribute(void* handle, int name, int type, int64_t count, const void* elements) {
    set(*descriptorOf(handle), name, type, count, elements);
}

void getAttribute(void* handle, int name, int type, int64_t capacity, int64_t* count, void* elements) {
    get(*descriptorOf(handle), name, type, capacity, count, elements);
}

void finalizeDescriptor(void* handle) { finalize(*descriptorOf(handle)); }

}  // namespace dnn
