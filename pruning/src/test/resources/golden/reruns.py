"""Reruns of lenet5-greg2-filter and vgg11n-greg2-filter in PyTorch 1.13 from initial weights times 1 + N(0, 1) * 2^-23.

    python3 reruns.py greg/lenet5-greg2-filter 12 > greg/lenet5-greg2-filter/variation-more.json

in this folder. The unchanged rerun (seed 0) must equal the recorded case to the bit, which is asserted. One thread; a
developer's tool, no part of the build.
"""
import gzip, json, struct, sys
import numpy as np, torch
import torch.nn.functional as F

torch.set_num_threads(1)
folder, seeds = sys.argv[1], int(sys.argv[2])
case = json.load(open(folder + '/case.json'))
layers = json.load(open(folder + '/pruned.json'))['layers']
trace = [json.loads(line) for line in gzip.open(folder + '/trace.jsonl.gz')]
h, f32 = case['hyperparameters'], lambda x: float(np.float32(x))
records = np.frombuffer(gzip.open('records/cifar10-first-2048.bin.gz').read(), np.uint8).reshape(-1, 3073)


def weights():
    data = open(folder + '/init.safetensors', 'rb').read()
    start = 8 + struct.unpack('<Q', data[:8])[0]
    state = {}
    for name, t in json.loads(data[8:start]).items():
        if name != '__metadata__' and t['dtype'] == 'F32':
            a, b = t['data_offsets']
            state[name] = torch.from_numpy(np.frombuffer(data[start + a:start + b], np.float32).reshape(t['shape']).copy())
    return state


def batch(i):
    r = records[32 * (i % 64):][:32]
    x = torch.from_numpy(r[:, 1:].reshape(32, 3, 32, 32).astype(np.float32)) / 255
    if case['data']['normalize'] == 'gray':
        return (x.mean(1, keepdim=True) - .5) / .25, torch.from_numpy(r[:, 0].astype(np.int64))
    mean, std = torch.tensor([.485, .456, .406]), torch.tensor([.229, .224, .225])
    return (x - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1), torch.from_numpy(r[:, 0].astype(np.int64))


def lenet5(x, s):
    for name in ('conv1', 'conv2', 'conv3'):
        x = F.relu(F.conv2d(x, s[name + '.weight'], s[name + '.bias']))
        x = F.max_pool2d(x, 2) if name != 'conv3' else x.flatten(1)
    return F.linear(F.relu(F.linear(x, s['fc1.weight'], s['fc1.bias'])), s['fc2.weight'], s['fc2.bias'])


def vgg11(x, s):
    i = 0
    for width in case['cfg']:
        if width == 'M':
            x, i = F.max_pool2d(x, 2), i + 1
            continue
        n = 'features.%d.' % (i + 1)
        x = F.conv2d(x, s['features.%d.weight' % i], padding=1)
        x = F.batch_norm(x, s[n + 'running_mean'], s[n + 'running_var'], s[n + 'weight'], s[n + 'bias'], True, .1, 1e-5)
        x, i = F.relu(x), i + 3
    return F.linear(x.mean((2, 3)), s['classifier.weight'], s['classifier.bias'])


def run(seed):
    """|loss - recorded|, |history / recorded history - 1| by iteration; kept filters that differ by layer."""
    state, random = weights(), np.random.RandomState(seed)
    for name in [n for n in state if 'running' not in n]:
        noise = random.randn(*state[name].shape) * 2.0 ** -23 if seed else 0
        state[name] = torch.nn.Parameter(torch.from_numpy((state[name].numpy() * (1 + noise)).astype(np.float32)))
    sgd = torch.optim.SGD([p for p in state.values() if isinstance(p, torch.nn.Parameter)], lr=h['lr_prune'],
                          momentum=h['momentum'], weight_decay=h['weight_decay'])
    penalty, history, picked, differ, loss_diff, ratio_diff = {}, {}, {}, {}, [], []
    net = {'lenet5': lenet5, 'vgg11': vgg11}[case['arch']]
    worst = 0
    for line in trace:
        if line['type'] == 'reg':
            layer = line['layer']
            if line['pr'] == 0:
                continue
            w = state[layer + '.weight'].data
            scores = w.abs().mean((1, 2, 3))
            gone = picked.get(layer, scores.sort()[1][:layers[layer]['n_pruned']])
            kept = torch.tensor([g for g in range(len(scores)) if g not in set(gone.tolist())])
            ratio = scores[kept].mean() / scores[gone].mean()
            history[layer] = history[layer] * .9 + ratio * .1 if layer in history else ratio
            worst = max(worst, abs(history[layer].item() / line['mag_ratio_momentum'] - 1))
            if layer in picked:
                penalty[layer] = torch.full((len(scores),), f32(line['reg_min']))
                penalty[layer][gone] = f32(line['reg_max'])
            else:
                penalty[layer] = torch.full((len(scores),), f32(line['reg_max']))
            if line['picked'] and layer not in picked:
                picked[layer] = gone
                differ[layer] = len(set(kept.tolist()) - set(layers[layer]['kept']))
            continue
        x, y = batch(line['iter'])
        loss = F.cross_entropy(net(x, state), y)
        sgd.zero_grad()
        loss.backward()
        for layer, p in penalty.items():
            w = state[layer + '.weight']
            w.grad += p.view(-1, 1, 1, 1) * w.data
        sgd.step()
        loss_diff.append(abs(loss.item() - line['loss']))
        ratio_diff.append(worst)
    return loss_diff, ratio_diff, differ


recorded = json.load(open(folder + '/variation.json'))['runs'][0]
runs = []
for seed in range(seeds + 1):
    loss_diff, ratio_diff, differ = run(seed)
    if seed == 0:
        assert max(loss_diff) == 0 and max(ratio_diff) == 0 and not any(differ.values()), 'another PyTorch or machine'
        continue
    runs.append({'perturbation_seed': seed, 'max_abs_loss_diff_within_first': {
        n: max(loss_diff[:int(n)]) for n in recorded['max_abs_loss_diff_within_first']
    }, 'max_rel_mag_ratio_momentum_diff_before_iteration': {
        n: ratio_diff[min(int(n), len(ratio_diff)) - 1]
        for n in recorded['max_rel_mag_ratio_momentum_diff_before_iteration']
    }, 'n_kept_groups_that_differ': differ})
print(json.dumps({'what': 'as variation.json: further reruns, by reruns.py', 'runs': runs}, indent=1))
