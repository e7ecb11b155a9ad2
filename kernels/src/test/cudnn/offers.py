"""Asks NVIDIA's own cuDNN, without a GPU, which engines it offers for the project's convolutions: see docs/cudnn.md.

    python3 kernels/src/test/cudnn/offers.py FOLDER_OF_LIBCUDNN [-v] [part of a shape's name]...

The properties of the device (an H200's) are given as text, which cuDNN takes since 9.8. It answers which engines there
are, whether their plans can be made and how much memory they need; not how fast they are. -v lists the engines.
"""
import collections
import ctypes
import sys

DEVICE = (b'{"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,'
          b'"multiProcessorCount":132,"warpSize":32,"maxSharedMemoryPerBlock":49152,'
          b'"maxSharedMemoryPerBlockOptin":232448,"reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,'
          b'"maxCtasPerSM":32,"maxThreadsPerBlock":1024,"maxThreadsPerSM":2048,"pciDeviceId":9013,"isTccDriver":0,'
          b'"supportCoopLaunch":1,"totalGlobalMem":150754820096,"smClockRateKHz":1980000,"memClockRateKHz":3201000,'
          b'"l2CacheSize":62914560,"cudaDeviceId":0,"deviceVer":900,"driverVer":13000,"deviceName":"NVIDIA H200"}')

# descriptors
CONVOLUTION, ENGINE, ENGINE_CONFIG, HEURISTICS, PLAN, KNOB_CHOICE, GRAPH, TENSOR, DEVICE_PROPERTIES = (
    1, 2, 3, 4, 5, 7, 15, 17, 38)
OPERATION = {"forward": 10, "weights": 11, "data": 12}
# alpha, beta, convolution, then the tensors
ATTRIBUTES = {"forward": (700, 701, 702, {"w": 703, "x": 704, "y": 705}),
              "data": (706, 707, 708, {"w": 709, "x": 710, "y": 711}),
              "weights": (712, 713, 714, {"w": 715, "x": 716, "y": 717})}
# types of attributes
DATA_TYPE, BOOLEAN, INT64, FLOAT, MODE, HEURISTIC_MODE, KNOB, NUMERICAL, DESCRIPTOR, BEHAVIOR, CHAR, INT32 = (
    1, 2, 3, 4, 7, 8, 9, 11, 15, 19, 20, 21)
TYPES = {"f32": 0, "bf16": 9}
NUMERICAL_NOTES = ("tensor-core", "down-convert", "reduced-reduction", "fft", "nondeterministic", "winograd",
                   "winograd4", "winograd6", "winograd13", "strict-nan")
BEHAVIOR_NOTES = ("runtime-compiled", "int8-filter", "int8-bias", "native-graph", "cublaslt")

cudnn = None


class Refused(Exception):
    pass


def check(status):
    if status:
        text = ctypes.create_string_buffer(4096)
        cudnn.cudnnGetLastErrorString(text, ctypes.c_size_t(len(text)))
        name = ctypes.cast(cudnn.cudnnGetErrorString(status), ctypes.c_char_p).value.decode()
        raise Refused(f"{name}: {text.value.decode().strip()}")


class Descriptor:
    def __init__(self, kind):
        self.handle = ctypes.c_void_p()
        check(cudnn.cudnnBackendCreateDescriptor(kind, ctypes.byref(self.handle)))

    def set(self, name, kind, *values):
        c = {FLOAT: ctypes.c_float, BOOLEAN: ctypes.c_bool, INT64: ctypes.c_int64, DESCRIPTOR: ctypes.c_void_p}.get(
            kind, ctypes.c_int)
        array = (c * len(values))(*[v.handle if isinstance(v, Descriptor) else v for v in values])
        check(cudnn.cudnnBackendSetAttribute(self.handle, name, kind, ctypes.c_int64(len(values)), array))
        return self

    def finalize(self):
        check(cudnn.cudnnBackendFinalize(self.handle))
        return self

    def get(self, name, kind, capacity=64, of=None):
        count = ctypes.c_int64()
        if kind == DESCRIPTOR:
            made = [Descriptor(of) for _ in range(capacity)]
            array = (ctypes.c_void_p * capacity)(*[d.handle for d in made])
        else:
            array = (ctypes.c_int64 if kind == INT64 else ctypes.c_int) * capacity
            array = array()
        check(cudnn.cudnnBackendGetAttribute(self.handle, name, kind, ctypes.c_int64(capacity), ctypes.byref(count),
                                             array))
        return made[:count.value] if kind == DESCRIPTOR else list(array[:min(count.value, capacity)])


def tensor(uid, dims, kind, pitch):
    n, c, h, w = dims
    return (Descriptor(TENSOR).set(906, INT64, uid).set(901, DATA_TYPE, TYPES[kind]).set(902, INT64, *dims)
            .set(903, INT64, h * w * pitch, 1, w * pitch, pitch).set(900, INT64, 16).finalize())


def padded(channels, multiple):
    return -(-channels // multiple) * multiple


def graph(kind, x, w, y, stride, pad, dilation, multiple, types, beta=0.0):
    """Pixels of x and y are a multiple of so many elements apart, 1 for as many as they have channels."""
    convolution = (Descriptor(CONVOLUTION).set(106, INT64, 2).set(100, DATA_TYPE, TYPES["f32"]).set(101, MODE, 1)
                   .set(105, INT64, *pad).set(104, INT64, *pad).set(103, INT64, *stride).set(102, INT64, *dilation)
                   .finalize())
    alpha_, beta_, convolution_, tensors = ATTRIBUTES[kind]
    operation = Descriptor(OPERATION[kind])
    operation.set(convolution_, DESCRIPTOR, convolution)
    for uid, (name, dims) in enumerate((("x", x), ("w", w), ("y", y))):
        pitch = dims[1] if name == "w" else padded(dims[1], multiple)
        operation.set(tensors[name], DESCRIPTOR, tensor(uid + 1, dims, types[name], pitch))
    operation.set(alpha_, FLOAT, 1.0).set(beta_, FLOAT, beta).finalize()
    return Descriptor(GRAPH).set(801, DESCRIPTOR, operation).finalize()


def offers(operations, mode, device):
    heuristics = (Descriptor(HEURISTICS).set(201, DESCRIPTOR, operations).set(200, HEURISTIC_MODE, mode)
                  .set(204, DESCRIPTOR, device).finalize())
    found = []
    for config in heuristics.get(202, DESCRIPTOR, 128, ENGINE_CONFIG):
        engine = config.get(300, DESCRIPTOR, 1, ENGINE)[0]
        choices = config.get(302, DESCRIPTOR, 64, KNOB_CHOICE)
        knobs = [(choice.get(600, KNOB, 1)[0], choice.get(601, INT64, 1)[0]) for choice in choices]
        behavior = [BEHAVIOR_NOTES[n] for n in engine.get(1305, BEHAVIOR)]
        # a kernel that is compiled would also be loaded, by a driver that is not there
        need = None if "runtime-compiled" in behavior else workspace(config, device)
        found.append((engine.get(1301, INT64, 1)[0], knobs,
                      [NUMERICAL_NOTES[n] for n in engine.get(1303, NUMERICAL)], behavior, need))
    return found


def workspace(config, device):
    """Bytes that the plan of an engine configuration needs, or why it cannot be made."""
    try:
        plan = Descriptor(PLAN).set(401, DESCRIPTOR, config).set(407, DESCRIPTOR, device).finalize()
        return plan.get(402, INT64, 1)[0]
    except Refused as refused:
        return str(refused)


def summary(found):
    """All; compiled ahead; of these without tensor cores, and deterministic; what is known of their plans."""
    ahead = [f for f in found if "runtime-compiled" not in f[3]]
    strict = [f for f in ahead if not {"tensor-core", "down-convert"} & set(f[2])]
    same = [f for f in ahead if "nondeterministic" not in f[2]]
    text = f"{len(found)}/{len(ahead)}/{len(strict)}/{len(same)}"
    known = [f[4] for f in ahead if isinstance(f[4], int)]
    return f"{text} {max(known, default=0) / 2**20:.1f}" + ("" if len(known) == len(ahead) else " refused")


# name: n, channels, height, width, filters, kernel, stride, pad, dilation, groups
SHAPES = {
    "3x3 16": (128, 16, 32, 32, 16, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "3x3 32": (128, 32, 16, 16, 32, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "3x3 64": (128, 64, 8, 8, 64, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "3x3 16->32 stride 2": (128, 16, 32, 32, 32, (3, 3), (2, 2), (1, 1), (1, 1), 1),
    "3x3 13": (128, 13, 32, 32, 13, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "first layer 3->16": (128, 3, 32, 32, 16, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "first layer 4->16": (128, 4, 32, 32, 16, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "first layer 8->16": (128, 8, 32, 32, 16, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    "1x1 16->32 stride 2": (128, 16, 32, 32, 32, (1, 1), (2, 2), (0, 0), (1, 1), 1),
    "7x7 stride 2, 224 px, 4->64": (32, 4, 224, 224, 64, (7, 7), (2, 2), (3, 3), (1, 1), 1),
    "7x7 stride 2, 224 px, 8->64": (32, 8, 224, 224, 64, (7, 7), (2, 2), (3, 3), (1, 1), 1),
    "1x1 256->64, 56 px": (32, 256, 56, 56, 64, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    "depthwise 3x3 32": (128, 32, 16, 16, 32, (3, 3), (1, 1), (1, 1), (1, 1), 32),
    "depthwise 3x3 16, multiplier 2": (128, 16, 16, 16, 32, (3, 3), (1, 1), (1, 1), (1, 1), 16),
    "groups 32 of 128": (32, 128, 28, 28, 128, (3, 3), (1, 1), (1, 1), (1, 1), 32),
    "groups 3 of 24->48 stride 2": (2, 24, 6, 6, 48, (3, 3), (2, 2), (1, 1), (1, 1), 3),
    "groups 3 of 6->9, pitch 8 and 12": (1, 6, 5, 5, 9, (3, 3), (1, 1), (1, 1), (1, 1), 3, 4),
    "dilation 2": (2, 8, 9, 9, 16, (3, 3), (1, 1), (2, 2), (2, 2), 1),
    "dilation 2x3, stride 2": (2, 4, 11, 13, 16, (3, 3), (2, 2), (1, 3), (2, 3), 1),
    "3x1, stride 1x2, pad 1x0": (2, 4, 9, 6, 8, (3, 1), (1, 2), (1, 0), (1, 1), 1),
    "1x3, stride 1x2, pad 0x1": (1, 16, 8, 9, 16, (1, 3), (1, 2), (0, 1), (1, 1), 1),
    "1x1, pad 2": (2, 8, 4, 4, 16, (1, 1), (1, 1), (2, 2), (1, 1), 1),
    "1 pixel 64->16": (2, 64, 1, 1, 16, (1, 1), (1, 1), (0, 0), (1, 1), 1),
}


def problem(shape):
    n, c, h, w, k, kernel, stride, pad, dilation, groups, *multiple = shape
    out = [(size + 2 * p - d * (r - 1) - 1) // s + 1
           for size, p, d, r, s in zip((h, w), pad, dilation, kernel, stride)]
    return (n, c, h, w), (k, c // groups, *kernel), (n, k, *out), stride, pad, dilation, *(multiple or [1])


def main():
    global cudnn
    cudnn = ctypes.CDLL(sys.argv[1] + "/libcudnn.so.9")
    cudnn.cudnnGetErrorString.restype = ctypes.c_void_p
    cudnn.cudnnGetVersion.restype = ctypes.c_size_t
    print("cuDNN", cudnn.cudnnGetVersion())
    device = Descriptor(DEVICE_PROPERTIES)
    check(cudnn.cudnnBackendSetAttribute(device.handle, 2702, CHAR, ctypes.c_int64(len(DEVICE) + 1), DEVICE))
    device.finalize()
    verbose = "-v" in sys.argv
    print("engine configurations by heuristics A, B and fallback: all / whose kernels need not be compiled / of these without"
          "\n tensor cores / of these deterministic, and MiB of the largest workspace")
    f32 = {"x": "f32", "w": "f32", "y": "f32"}
    bf16 = {"x": "bf16", "w": "bf16", "y": "bf16"}
    cases = [(kind, "f32", f32, 0.0) for kind in OPERATION]
    cases += [("data", "f32, beta 1", f32, 1.0), ("weights", "f32, beta 1", f32, 1.0)]
    cases += [(kind, "bf16", bf16, 0.0) for kind in OPERATION]
    cases += [("data", "bf16, beta 1", bf16, 1.0), ("weights", "bf16, dw f32", {**bf16, "w": "f32"}, 0.0)]
    reasons = collections.Counter()
    only = [a for a in sys.argv[2:] if a != "-v"]
    for name, shape in SHAPES.items():
        if only and not any(o in name for o in only):
            continue
        print(name)
        for kind, label, types, beta in cases:
            row = []
            for mode in (3, 1, 2):
                try:
                    found = offers(graph(kind, *problem(shape), types, beta), mode, device)
                    row.append(summary(found))
                    if verbose:
                        for f in found:
                            print("     ", mode, f)
                except Refused as refused:
                    row.append("refused")
                    reasons[str(refused)] += 1
            print(f"    {kind:8} {label:14}", "  ".join(f"{cell:>20}" for cell in row))
    for reason, count in reasons.most_common():
        print(count, "x", reason)


main()
