"""PyTorch's side of greg.bench.gpu.StepGpu, which starts it and asks it for one step after another.

A request is a line of JSON on standard input, for example

    {"arch": "resnet56", "batch": 128, "size": 32, "classes": 10, "mode": "amp", "penalty": true, "samples": 50}

and so is the answer: times in microseconds of steps that the host waited for, and the mean of as many that it did not, or why
there are none ("skipped"). The first line says which PyTorch this is. With --device cpu it can be tried without a GPU.

A step is forward, cross-entropy, backward and SGD with momentum and weight decay, on one batch that lies on the device. With a
penalty it also does what the reference implementation does between backward and update, `grad += lambda * w` for one convolution
after another, with a coefficient for each filter and input channel.

    eager          as most people write it: NCHW, TF32
    channels_last  the same in NHWC
    graph          NHWC, the whole step captured once as a CUDA graph
    compile        NHWC, torch.compile(mode="reduce-overhead")
    amp, amp_graph, amp_compile
                   the last three under autocast to bfloat16
"""

import argparse
import gc
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional

WARMUP = 10


def conv_norm(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)


class Basic(nn.Module):
    """Two 3x3 convolutions; where the width changes, the shortcut is option A: every other pixel, zeros for new channels."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(inputs, outputs, 3, stride)
        self.conv2, self.bn2 = conv_norm(outputs, outputs, 3)
        self.stride, self.more = stride, outputs - inputs

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.more:
            before = self.more // 2
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, before, self.more - before))
        return functional.relu(y + x)


class CifarResNet(nn.Module):
    def __init__(self, depth, classes):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, 16, 3)
        widths = [16 << stage for stage in range(3) for _ in range((depth - 2) // 6)]
        pairs = zip([16] + widths, widths)
        self.blocks = nn.Sequential(*(Basic(a, b, 1 if a == b else 2) for a, b in pairs))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = self.blocks(functional.relu(self.bn1(self.conv1(x))))
        return self.linear(x.mean((2, 3)))


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(inputs, width, 1)
        self.conv2, self.bn2 = conv_norm(width, width, 3, stride)
        self.conv3, self.bn3 = conv_norm(width, 4 * width, 1)
        same = stride == 1 and inputs == 4 * width
        self.downsample = None if same else nn.Sequential(*conv_norm(inputs, 4 * width, 1, stride))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class ImageNetResNet(nn.Module):
    """Where torchvision is missing."""

    def __init__(self, blocks, classes):
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, 64, 7, 2)
        layers, inputs = [], 64
        for stage, count in enumerate(blocks):
            for block in range(count):
                layers.append(Bottleneck(inputs, 64 << stage, 2 if stage and not block else 1))
                inputs = 256 << stage
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(self.layers(x).mean((2, 3)))


def network(arch, size, classes):
    depth = int(arch.removeprefix("resnet"))
    if size < 224:
        return CifarResNet(depth, classes)
    try:
        import torchvision

        return getattr(torchvision.models, arch)(num_classes=classes)
    except ImportError:
        return ImageNetResNet({50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}[depth], classes)


class Step:
    def __init__(self, request, device):
        self.mode, self.device = request["mode"], device
        torch.manual_seed(1)
        memory = torch.contiguous_format if self.mode == "eager" else torch.channels_last
        net = network(request["arch"], request["size"], request["classes"])
        net = net.to(device, memory_format=memory).train()
        size = request["size"]
        images = torch.randn(request["batch"], 3, size, size, device=device)
        self.images = images.contiguous(memory_format=memory)
        self.labels = torch.randint(request["classes"], (request["batch"],), device=device)
        self.optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
        self.penalised = []
        if request["penalty"]:
            self.penalised = [
                (m.weight, torch.full(m.weight.shape[:2], 1e-4, device=device))
                for m in net.modules()
                if isinstance(m, nn.Conv2d)
            ]
        self.net = torch.compile(net, mode="reduce-overhead") if "compile" in self.mode else net
        self.graph = None
        if "graph" in self.mode:
            self.capture()

    def compute(self):
        with torch.autocast(self.device, torch.bfloat16, enabled=self.mode.startswith("amp")):
            loss = functional.cross_entropy(self.net(self.images), self.labels)
        loss.backward()
        with torch.no_grad():
            for weight, coefficient in self.penalised:
                weight.grad += coefficient[:, :, None, None] * weight
        self.optimizer.step()

    def capture(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.optimizer.zero_grad()
                self.compute()
        torch.cuda.current_stream().wait_stream(side)
        # gradients that are made by the capture are written anew by each replay
        self.optimizer.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.compute()

    def run(self):
        if self.graph:
            self.graph.replay()
        else:
            self.optimizer.zero_grad(set_to_none=True)
            self.compute()


def measure(step, samples, wait):
    for _ in range(WARMUP):
        step.run()
    waited = []
    for _ in range(samples):
        wait()
        start = time.perf_counter()
        step.run()
        wait()
        waited.append(1e6 * (time.perf_counter() - start))
    start = time.perf_counter()
    for _ in range(samples):
        step.run()
    wait()
    return {"waited_us": waited, "queued_us": [1e6 * (time.perf_counter() - start) / samples]}


def step_for(request, device, kept):
    # compiling takes a minute; a GPU's memory may not hold several networks
    key = json.dumps({name: value for name, value in request.items() if name != "samples"}, sort_keys=True)
    step = kept.get(key) or Step(request, device)
    if device == "cpu":
        kept[key] = step
    return step


def answer(request, device, wait, kept):
    try:
        return measure(step_for(request, device, kept), request["samples"], wait)
    except Exception as refused:  # whatever this version or this machine lacks for the mode
        first = (str(refused).strip() or type(refused).__name__).splitlines()[0]
        return {"skipped": f"{type(refused).__name__}: {first[:160]}"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    device = parser.parse_args().device
    # what libraries print must not come between the answers
    answers, sys.stdout = sys.stdout, sys.stderr
    where, wait = "the CPU", lambda: None
    if device == "cuda":
        if not torch.cuda.is_available():
            sys.exit(f"step_torch: PyTorch {torch.__version__} sees no GPU; --device cpu tries the script without one")
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
        where = f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
        wait = torch.cuda.synchronize
    print(json.dumps({"version": f"PyTorch {torch.__version__} on {where}"}), file=answers, flush=True)
    kept = {}
    for line in sys.stdin:
        result = answer(json.loads(line), device, wait, kept)
        gc.collect()
        if device == "cuda":
            torch.cuda.empty_cache()
        print(json.dumps(result), file=answers, flush=True)


if __name__ == "__main__":
    main()
