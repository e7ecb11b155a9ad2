"""PyTorch's side of greg.bench.gpu.PenaltyGpu: the same parameters, the same step, timed with CUDA events.

    python3 penalty_torch.py FOLDER

reads FOLDER/penalty-gpu.json (device, shapes, greg's times), writes FOLDER/penalty-torch.json and FOLDER/penalty-both.md, which
has the tables of both, and prints its own. With --device cpu the steps are only checked, for machines without a GPU.

The step is what a training loop of the reference kind does: over the convolutions `grad += lambda * w`, with a penalty for each
filter, then torch.optim.SGD with momentum and weight decay, in its foreach form (`foreach=True`) and in its fused form
(`fused=True`) where this PyTorch has it. greg's step does the same and leaves the L1 norm of every filter as well.

Two ways of launching, as in greg:
    loop    one set of parameters again and again, from an idle device; the host's part is in it
    graph   several copies of the parameters in turn, replayed from a CUDA graph behind other work, so that the device is
            never waiting for the host and the data are not in its cache
"""

import argparse
import json
import pathlib
import statistics
import sys

import torch

MOMENTUM, WEIGHT_DECAY, LEARNING_RATE = 0.9, 5e-4, 0.01


class Copy:
    """One network's parameters with static gradients, penalties of the filters, and an optimiser."""

    def __init__(self, shapes, penalised, device, seed, largest=1e-3, **form):
        """A small largest coefficient: the gradients are never renewed, and a large one would make them run away."""
        generator = torch.Generator(device=device).manual_seed(seed)

        def uniform(shape, low, high):
            return torch.empty(shape, device=device).uniform_(low, high, generator=generator)

        self.weights = [torch.nn.Parameter(uniform(shape, -0.05, 0.05)) for shape in shapes]
        for weight in self.weights:
            weight.grad = uniform(weight.shape, -0.05, 0.05)
        # a coefficient for each filter and input channel, as the reference keeps them
        self.penalised = [
            (weight, uniform((shape[0], 1), 0, largest).expand(shape[0], shape[1]).contiguous())
            for weight, shape, wanted in zip(self.weights, shapes, penalised)
            if wanted
        ]
        self.optimizer = torch.optim.SGD(
            self.weights, lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, **form
        )

    def penalty(self):
        with torch.no_grad():
            for weight, coefficient in self.penalised:
                weight.grad += coefficient[:, :, None, None] * weight

    def step(self):
        self.penalty()
        self.optimizer.step()

    def check(self):
        """Two steps of every weight against the formula in float64."""
        expected = []
        coefficients = {id(weight): c[:, :, None, None].double() for weight, c in self.penalised}
        for weight in self.weights:
            w, g, v = weight.detach().double(), weight.grad.double(), 0
            for _ in range(2):
                g = g + coefficients.get(id(weight), 0) * w
                v = MOMENTUM * v + g + WEIGHT_DECAY * w
                w = w - LEARNING_RATE * v
            expected.append(w)
        for _ in range(2):
            self.step()
        for weight, value in zip(self.weights, expected):
            if not torch.allclose(weight.detach().double(), value, rtol=1e-5, atol=1e-7):
                sys.exit("penalty_torch: PyTorch's step is not the formula; no time is taken of it")


def quartiles(samples):
    q1, median, q3 = statistics.quantiles(samples, n=4, method="inclusive")
    return {"q1": q1, "median": median, "q3": q3}


class Stopwatch:
    def __init__(self, cache_bytes, loop, samples, warmup):
        self.scratch = torch.ones(max(4 * cache_bytes, 1 << 20) // 4, device="cuda")
        self.loop, self.samples, self.warmup = loop, samples, warmup
        self.start, self.stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))

    def measure(self, sample):
        for _ in range(self.warmup):
            sample()
        return quartiles([sample() for _ in range(self.samples)])

    def between(self, work, per):
        self.start.record()
        work()
        self.stop.record()
        self.stop.synchronize()
        return 1e3 * self.start.elapsed_time(self.stop) / per

    def of_loop(self, step):
        def work():
            for _ in range(self.loop):
                step()

        def sample():
            torch.cuda.synchronize()
            return self.between(work, self.loop)

        return self.measure(sample)

    def of_graph(self, steps):
        # the usual warm-up on a side stream: the optimiser's state is allocated before the capture
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for step in steps:
                for _ in range(3):
                    step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for step in steps:
                step()

        def sample():
            for _ in range(4):
                self.scratch.sum()
            return self.between(graph.replay, len(steps))

        return self.measure(sample)


def forms(shapes, penalised, device):
    """The forms of SGD that this PyTorch has on this device."""
    yield "foreach", {"foreach": True}
    try:
        Copy(shapes, penalised, device, 0, fused=True).step()
    except (TypeError, RuntimeError) as absent:
        print(f"penalty_torch: no fused SGD in PyTorch {torch.__version__} on {device}: {absent}", file=sys.stderr)
    else:
        yield "fused", {"fused": True}


def greg_row(greg, data, mode):
    return next(
        row for row in greg["rows"] if (row["data"], row["kernel"], row["mode"]) == (data, "update", mode)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--loop", type=int, default=20)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--warmup", type=int, default=50)
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit(f"penalty_torch: PyTorch {torch.__version__} sees no GPU; --device cpu only checks the steps")
    greg = json.loads((options.folder / "penalty-gpu.json").read_text())
    timed = options.device == "cuda" and greg["timed"]
    watch = Stopwatch(greg["cache_bytes"], options.loop, options.samples, options.warmup) if timed else None

    rows = []
    for data in greg["sets"]:
        shapes, penalised = data["shapes"], data["penalised"]
        copies = greg_row(greg, data["name"], "graph")["copies"]
        for name, form in forms(shapes, penalised, options.device):
            Copy(shapes, penalised, options.device, 1, largest=1.0, **form).check()
            row = {"data": data["name"], "tensors": data["tensors"], "form": name, "copies": copies}
            if timed:
                sets = [Copy(shapes, penalised, "cuda", c, **form) for c in range(copies)]
                row["loop_us"] = watch.of_loop(sets[0].step)
                try:
                    row["graph_us"] = watch.of_graph([one.step for one in sets])
                except RuntimeError as refused:
                    print(f"penalty_torch: {name} SGD of {data['name']} cannot be captured: {refused}", file=sys.stderr)
                del sets
                torch.cuda.empty_cache()
            rows.append(row)

    if timed:
        lines = [
            f"PyTorch {torch.__version__}, `grad += lambda * w` for each convolution, then SGD:",
            "",
            "| data | SGD | launched by | PyTorch, us (quartiles) | greg, us | PyTorch / greg |",
            "|---|---|---|---|---|---|",
        ]
        for row in rows:
            for mode in ("loop", "graph"):
                if mode + "_us" not in row:
                    continue
                ours = greg_row(greg, row["data"], mode)["us"]["median"]
                t = row[mode + "_us"]
                row[mode + "_ratio"] = t["median"] / ours
                lines.append(
                    f"| {row['data']} | {row['form']} | {mode} | {t['median']:.1f} ({t['q1']:.1f} to {t['q3']:.1f})"
                    f" | {ours:.1f} | {t['median'] / ours:.2f} |"
                )
    else:
        done = ", ".join(f"{row['data']} {row['form']}" for row in rows)
        lines = [f"PyTorch {torch.__version__} on {options.device}: steps checked, not timed: {done}."]
    result = {"torch": torch.__version__, "timed": timed, "rows": rows}
    (options.folder / "penalty-torch.json").write_text(json.dumps(result, indent=2) + "\n")
    text = "\n".join(lines) + "\n"
    ours = (options.folder / "penalty-gpu.md").read_text()
    (options.folder / "penalty-both.md").write_text(ours + "\n" + text)
    print("\n" + text, end="")


if __name__ == "__main__":
    main()
