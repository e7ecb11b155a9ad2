"""Small members of torchvision's families, and of Wide ResNet, for NetworkNumbersTest.

    python3 networks.py > networks.txt        (PyTorch 1.13, torchvision 0.14; float64, from inputs exact in float32)

Inputs come from the integer hash of resnet20-gradient.py. Networks of the first kind run forward and backward in training
mode (dropout off); printed are logits, loss, and of every gradient its norm and 4 projections on +-1 vectors. Those of
the second kind run forward in evaluation mode. With the argument "float32" the same in float32.
"""
import sys
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision

DTYPE = torch.float32 if "float32" in sys.argv else torch.float64


def hashed(stream, n):
    x = np.arange(n, dtype=np.uint32) + np.uint32(0x9E3779B9 * (stream + 1) & 0xFFFFFFFF)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return x


def between(stream, shape, low, high):
    u = (hashed(stream, int(np.prod(shape))) >> np.uint32(8)).astype(np.float32) * np.float32(2.0 ** -24)
    values = np.float32(low) + (np.float32(high) - np.float32(low)) * u
    return torch.tensor(values.reshape(shape)).to(DTYPE)


KINKS = []
relu, hardtanh = F.relu, F.hardtanh


def watched_relu(x, inplace=False):
    KINKS.append(x.abs().min().item())
    return relu(x)


def watched_hardtanh(x, low, high, inplace=False):
    KINKS.append(torch.minimum((x - low).abs(), (x - high).abs()).min().item())
    return hardtanh(x, low, high)


F.relu, F.hardtanh = watched_relu, watched_hardtanh


class WideBlock(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(cin)
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.convShortcut = nn.Conv2d(cin, cout, 1, stride, 0, bias=False) if cin != cout else None

    def forward(self, x):
        a = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(a))))
        return y + (x if self.convShortcut is None else self.convShortcut(a))


class Stage(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, depth, k, classes=10):
        super().__init__()
        n, w = (depth - 4) // 6, [16, 16 * k, 32 * k, 64 * k]
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        for s in range(3):
            blocks = [WideBlock(w[s] if i == 0 else w[s + 1], w[s + 1], 2 if i == 0 and s > 0 else 1) for i in range(n)]
            setattr(self, "block%d" % (s + 1), Stage(*blocks))
        self.bn1 = nn.BatchNorm2d(w[3])
        self.fc = nn.Linear(w[3], classes)

    def forward(self, x):
        y = F.relu(self.bn1(self.block3(self.block2(self.block1(self.conv1(x))))))
        return self.fc(y.mean((2, 3)))


class Plain(nn.Module):
    def __init__(self, features, *classifier):
        super().__init__()
        self.features = features
        self.classifier = nn.Sequential(*classifier) if len(classifier) > 1 else classifier[0]

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def vgg(batch_norm):
    features = torchvision.models.vgg.make_layers([8, "M", 12, 16, "M"], batch_norm)
    return Plain(features, nn.Linear(16 * 9, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 20), nn.ReLU(), nn.Dropout(),
                 nn.Linear(20, 5))


def alexnet():
    pool = nn.MaxPool2d(2)
    relu = nn.ReLU()
    return Plain(nn.Sequential(nn.Conv2d(3, 64, 11, 4, 5), relu, pool, nn.Conv2d(64, 192, 5, padding=2), relu, pool,
                               nn.Conv2d(192, 384, 3, padding=1), relu, nn.Conv2d(384, 256, 3, padding=1), relu,
                               nn.Conv2d(256, 256, 3, padding=1), relu, pool), nn.Linear(256, 10))


def mlp():
    widths = [784] + [100] * 6 + [10]
    net = nn.Sequential(nn.Flatten())
    for i in range(7):
        net.add_module("fc%d" % (i + 1), nn.Linear(widths[i], widths[i + 1]))
    return net


def fill(net):
    with torch.no_grad():
        for k, (name, p) in enumerate(net.named_parameters()):
            if p.dim() > 1:
                bound = np.float32(np.sqrt(6.0 / (p.numel() // p.shape[0])))
                p.copy_(between(k, p.shape, -bound, bound))
            elif name.endswith("weight"):
                p.copy_(between(k, p.shape, 0.5, 1.5))
            else:
                p.copy_(between(k, p.shape, -0.25, 0.25))


def show(*values):
    print(*[v if isinstance(v, str) else "%.9g" % v for v in values])


def train(title, net, classes, size, images, batch=4):
    """images: the stream of the input, chosen so that no ReLU sees a value whose sign rounding could turn; a turned one
    is a jump of the gradients. With the argument "margins" the nearest distance of 40 streams is printed."""
    net = net.to(DTYPE).train()
    for m in net.modules():
        if isinstance(m, nn.Dropout):
            m.p = 0.0
    fill(net)
    labels = torch.tensor((hashed(1001, batch) % np.uint32(classes)).astype(np.int64))
    if "margins" in sys.argv:
        for stream in range(3000, 3040):
            KINKS.clear()
            net(between(stream, (batch, 3, size, size), -1.75, 1.75))
            print(title, stream, "%.2g" % min(KINKS))
        return
    logits = net(between(images, (batch, 3, size, size), -1.75, 1.75))
    loss = F.cross_entropy(logits, labels)
    loss.backward()
    show(title, "logits", *logits.flatten().tolist())
    show(title, "loss", loss.item())
    for name, p in net.named_parameters():
        g = p.grad.flatten().double()
        bits = hashed(2000, g.numel())
        signs = [torch.tensor(1.0 - 2.0 * ((bits >> np.uint32(j)) & np.uint32(1))) for j in range(4)]
        show(title, name, g.norm().item(), *[(g * s).sum().item() for s in signs])


def evaluate(title, net, channels, size, batch=2):
    net = net.to(DTYPE).eval()
    fill(net)
    show(title, "logits", *net(between(1000, (batch, channels, size, size), -1.75, 1.75)).flatten().tolist())


R = torchvision.models.resnet
train("basic", R.ResNet(R.BasicBlock, [1, 1, 1, 1], num_classes=10), 10, 33, 3038)
train("bottleneck", R.ResNet(R.Bottleneck, [1, 1, 1, 1], num_classes=10), 10, 33, 3010)
train("mobilenet", torchvision.models.MobileNetV2(10, inverted_residual_setting=[[1, 8, 1, 1], [6, 16, 2, 2], [4, 24, 2, 2]]), 10, 32, 3015)
train("wide", WideResNet(16, 1), 10, 12, 3030)
evaluate("resnet18", torchvision.models.resnet18(num_classes=10), 3, 64, 1)
evaluate("vgg", vgg(False), 3, 13)
evaluate("vgg_bn", vgg(True), 3, 13)
evaluate("alexnet", alexnet(), 3, 32)
evaluate("mlp", mlp(), 1, 28)

if "count" in sys.argv:  # parameters, number of tensors and a hash of names and shapes, for NetworkNamesTest
    import hashlib
    V = torchvision.models
    nets = {n: getattr(V, n)() for n in (
        "resnet18 resnet34 resnet50 resnet101 resnet152 vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn"
        " alexnet mobilenet_v2").split()}
    for d, k in ((16, 4), (16, 8), (22, 8), (28, 10), (40, 2), (40, 4)):
        nets["wrn_%d_%d" % (d, k)] = WideResNet(d, k)
    nets["mlp_7_linear"] = mlp()
    nets["alexnet at 32"] = alexnet()
    for name, net in nets.items():
        lines = ["%s %s\n" % (n, "x".join(map(str, t.shape))) for n, t in net.state_dict().items() if t.dim() > 0]
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
        print("%s,%d,%d,%s" % (name, sum(p.numel() for p in net.parameters()), len(lines), digest))
