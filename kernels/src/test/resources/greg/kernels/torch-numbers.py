# Prints torch-numbers.txt: python3 torch-numbers.py > torch-numbers.txt (PyTorch 1.13, CPU)
import torch, torch.nn.functional as F
torch.set_num_threads(1)

def ramp(*dims, step=7, mod=23, scale=8):
    """element i is ((i * step) mod mod - mod // 2) / scale: exact in float32, and Java can repeat it"""
    n = 1
    for d in dims: n *= d
    return (((torch.arange(n) * step) % mod - mod // 2).float() / scale).reshape(dims)

def section(name):
    print('[' + name + ']')

def show(name, t):
    print(name, '=', ' '.join('%.9g' % v for v in t.detach().flatten().tolist()))

# conv
def conv(tag, x, w, b, **kw):
    x.requires_grad_(); w.requires_grad_(); b.requires_grad_()
    y = F.conv2d(x, w, b, **kw)
    y.backward(ramp(*y.shape, step=5, mod=13, scale=4))
    section(tag)
    show('y', y); show('dx', x.grad); show('dw', w.grad); show('db', b.grad)
conv('conv strided', ramp(2, 2, 5, 4), ramp(3, 2, 3, 2, step=11), ramp(3, step=3), stride=(2, 1), padding=(1, 0))
conv('conv grouped', ramp(1, 4, 6, 5), ramp(4, 2, 2, 2, step=11), ramp(4, step=3), padding=1, dilation=2, groups=2)
conv('conv depthwise', ramp(2, 3, 3, 3), ramp(3, 1, 3, 3, step=11), ramp(3, step=3), padding=1, groups=3)

# batch norm
def bn(tag, relu, residual):
    x = ramp(2, 3, 2, 3); x.requires_grad_()
    r = ramp(2, 3, 2, 3, step=9); r.requires_grad_()
    gamma = torch.tensor([0.5, -1.5, 2.0], requires_grad=True); beta = torch.tensor([0.25, 0.5, -0.125], requires_grad=True)
    m = torch.tensor([0.5, -0.5, 0.125]); v = torch.tensor([1.0, 2.0, 0.5])
    y = F.batch_norm(x, m, v, gamma, beta, False, 0.1, 1e-5)
    y = y + r if residual else y
    y = F.relu(y) if relu else y
    section(tag); show('inference', y)
    y = F.batch_norm(x, m, v, gamma, beta, True, 0.1, 1e-5)
    y = y + r if residual else y
    y = F.relu(y) if relu else y
    y.backward(ramp(2, 3, 2, 3, step=5, mod=13, scale=4))
    show('y', y); show('mean', m); show('var', v); show('dx', x.grad)
    if residual: show('dresidual', r.grad)
    show('dgamma', gamma.grad); show('dbeta', beta.grad)
bn('bn', False, False); bn('bn relu', True, False); bn('bn add relu', True, True)

# pools
def pool(tag, f, *dims, mod=23):
    x = ramp(*dims, mod=mod); x.requires_grad_()
    y = f(x)
    y.backward(ramp(*y.shape, step=5, mod=13, scale=4))
    section(tag); show('y', y); show('dx', x.grad)
pool('max', lambda x: F.max_pool2d(x, 3, 2, 1), 1, 2, 5, 5)
pool('max ties', lambda x: F.max_pool2d(x, 3, 2, 1), 1, 2, 7, 7, mod=3)
pool('max ceil', lambda x: F.max_pool2d(x, 2, 2, 0, ceil_mode=True), 1, 1, 5, 5)
pool('avg', lambda x: F.avg_pool2d(x, 3, 2, 1), 1, 2, 5, 5)
pool('avg ceil', lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), 1, 1, 6, 4)
pool('global', lambda x: F.adaptive_avg_pool2d(x, 1), 2, 2, 3, 3)

# cross entropy
z = ramp(3, 6); z[1] *= 1e4; z[2, 4] = z[2, 0]; z.requires_grad_()
loss = F.cross_entropy(z, torch.tensor([2, 5, 4])); loss.backward()
section('cross entropy'); show('logits', z); show('loss', loss); show('dlogits', z.grad)

# steps
def steps(tag, make, lrs, reg=0.0):
    w = torch.nn.Parameter(ramp(7)); o = make([w])
    for s, lr in enumerate(lrs):
        o.param_groups[0]['lr'] = lr
        w.grad = ramp(7, step=3 + s, mod=11)
        w.grad += reg * w.data
        o.step()
    section(tag); show('w', w)
    for k, v in o.state[w].items():
        if torch.is_tensor(v) and v.dim(): show(k, v)
SGD, Adam = torch.optim.SGD, torch.optim.Adam
steps('sgd', lambda p: SGD(p, lr=1, momentum=0.9, weight_decay=5e-4), [0.1, 0.1, 0.01])
steps('nesterov', lambda p: SGD(p, lr=1, momentum=0.9, weight_decay=5e-4, nesterov=True), [0.1, 0.1, 0.01])
steps('plain', lambda p: SGD(p, lr=1), [0.1, 0.1, 0.01])
steps('penalty', lambda p: SGD(p, lr=1, momentum=0.9, weight_decay=5e-4), [0.1, 0.1, 0.01], torch.tensor([.3, 0, .1, .3, 0, .1, .3]))
steps('adam', lambda p: Adam(p, lr=1, weight_decay=5e-4), [2.0 ** -10] * 3)

# product
a = ramp(3, 4); b = ramp(4, 2, step=11)
section('gemm'); show('c', a @ b)
