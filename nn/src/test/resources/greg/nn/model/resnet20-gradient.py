"""One forward and backward pass of a CIFAR ResNet-20 in training mode, for ResNet20GradientTest.

    python3 resnet20-gradient.py > resnet20-gradient.txt        (PyTorch 1.13; float64, from inputs exact in float32)

Batch of 4 images, weights and labels come from an integer hash that Java computes alike (HashedNumbers). Printed are the
loss, the logits, all running statistics, and of every gradient its norm, 4 projections on +-1 vectors (bits 0..3 of the
hash in stream 2000) and 8 elements. A projection of an error vector is about as large as the error's norm.
With the argument "float32" the same in float32, to see how much of a difference is rounding.
"""
import sys
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

DTYPE = torch.float32 if "float32" in sys.argv else torch.float64


def hashed(stream, n):
    x = np.arange(n, dtype=np.uint32) + np.uint32(0x9E3779B9 * (stream + 1) & 0xFFFFFFFF)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def unit(stream, n):  # in [0, 1), 24 bits
    return (hashed(stream, n) >> np.uint32(8)).astype(np.float32) * np.float32(2.0 ** -24)


def between(stream, shape, low, high):  # low + (high - low) u, each operation rounded to float32
    n = int(np.prod(shape))
    values = np.float32(low) + (np.float32(high) - np.float32(low)) * unit(stream, n)
    return torch.tensor(values.reshape(shape)).to(DTYPE)


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.stride, self.pad = stride, (cout - cin) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.pad:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.pad, self.pad))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*[Block(16, 16, 1) for _ in range(3)])
        self.layer2 = nn.Sequential(Block(16, 32, 2), Block(32, 32, 1), Block(32, 32, 1))
        self.layer3 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1), Block(64, 64, 1))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        y = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(F.adaptive_avg_pool2d(y, 1).flatten(1))


net = ResNet20().to(DTYPE).train()
with torch.no_grad():
    for k, (name, p) in enumerate(net.named_parameters()):
        if p.dim() > 1:
            bound = np.float32(np.sqrt(6.0 / (p.numel() // p.shape[0])))
            p.copy_(between(k, p.shape, -bound, bound))
        elif name.endswith("weight"):
            p.copy_(between(k, p.shape, 0.5, 1.5))
        else:
            p.copy_(between(k, p.shape, -0.25, 0.25))
x = between(1000, (4, 3, 32, 32), -1.75, 1.75)
labels = torch.tensor((hashed(1001, 4) % np.uint32(10)).astype(np.int64))
logits = net(x)
loss = F.cross_entropy(logits, labels)
loss.backward()


def show(kind, name, values):
    print(kind, name, *["%.9g" % v for v in values])


show("loss", "-", [loss.item()])
show("logits", "-", logits.flatten().tolist())
for name, p in net.named_parameters():
    g = p.grad.flatten().double()
    bits = hashed(2000, g.numel())
    signs = [torch.tensor(1.0 - 2.0 * ((bits >> np.uint32(j)) & np.uint32(1))) for j in range(4)]
    samples = [g[j * (g.numel() - 1) // 7].item() for j in range(8)]
    show("gradient", name, [g.norm().item()] + [(g * s).sum().item() for s in signs] + samples)
for name, b in net.named_buffers():
    if "running" in name:
        show("buffer", name, b.flatten().tolist())
