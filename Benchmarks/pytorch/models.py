"""The networks of lra-train as PyTorch modules, built from the `network` part of a configuration.

Parameters have the names and shapes of docs/checkpoints.md, so a file of ours loads with
`load_state_dict`. Formulas are those of docs/models.md. Letters in shapes: B rows, L length,
D width, C kernels a channel, N stored states, F frequencies.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

RECOMPUTED_LENGTH = 16384  # from here on the backward pass makes state-space kernels again
POWERS = ("real", "complex", "factored")


def parameter(*shape):
    return nn.Parameter(torch.zeros(*shape))


class Norm(nn.Module):
    """Layer norm over channels, or batch norm over rows and positions; [B, L, D]."""

    def __init__(self, kind, width):
        super().__init__()
        if kind == "layer":
            self.ln = nn.LayerNorm(width)
        else:
            self.bn = nn.BatchNorm1d(width)
            self.bn.num_batches_tracked = None
        self.kind = kind

    def forward(self, x):
        if self.kind == "layer":
            return self.ln(x)
        return self.bn(x.flatten(0, 1)).view_as(x)  # several times as fast as [B, D, L]


class Attention(nn.Module):
    """Multi-head attention over the whole sequence, or over windows and their neighbours; [B, L, D]."""

    def __init__(self, width, heads, causal, rotary, window=None, back=0, forward=0):
        super().__init__()
        if rotary or (causal and window):
            raise ValueError("rotary and causal local attention are not written here")
        self.heads, self.causal, self.window, self.reach = heads, causal, window, (back, forward)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x, lengths):
        q, k, v = (
            f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.q, self.k, self.v)
        )
        y = self.windows(q, k, v) if self.window else F.scaled_dot_product_attention(
            q, k, v, is_causal=self.causal
        )
        return self.o(y.transpose(1, 2).flatten(2))

    def windows(self, q, k, v):
        """Each window's queries against its own and its neighbours' keys; [B, heads, L, d]."""
        size, (back, forward) = self.window, self.reach
        outputs = []
        for start in range(0, q.shape[2], size):
            seen = slice(max(0, start - back * size), start + (forward + 1) * size)
            outputs.append(
                F.scaled_dot_product_attention(
                    q[:, :, start : start + size], k[:, :, seen], v[:, :, seen]
                )
            )
        return torch.cat(outputs, 2)


class FeedForward(nn.Module):
    """Linear, gelu or silu, linear."""

    def __init__(self, width, expand, activation=F.gelu):
        super().__init__()
        self.up, self.down = nn.Linear(width, expand * width), nn.Linear(expand * width, width)
        self.activation = activation

    def forward(self, x, lengths=None):
        return self.down(self.activation(self.up(x)))


def convolve(u, kernel):
    """The circular convolution of u [B, D, L] with [D, n], n >= 2 L - 1, cut to [B, D, L]."""
    n = kernel.shape[-1]
    y = torch.fft.irfft(torch.fft.rfft(u, n=n) * torch.fft.rfft(kernel), n=n)
    return y[..., : u.shape[-1]]


def power_sum(c, x, length, powers):
    """Re sum_n c_n exp(x_n l) for l < length: c [R, M, N] and x [R, N] give [R, M, length].

    One batched matrix product with all powers. Those come from exp, cos and sin ("real"), from the
    exponential of complex numbers ("complex"), or from l = a step + b ("factored"): exp(x a step)
    exp(x b), where the first factor goes to c unless its rows outnumber the steps.
    """

    def split(t, dim, sign=1):
        return torch.cat((t.real, sign * t.imag), dim) if t.is_complex() else t

    def exponentials(places):
        # few of them, so doubles cost nothing and keep phases of many turns exact
        wide = x.to(torch.complex128 if x.is_complex() else torch.float64)
        return torch.exp(wide[..., None] * places).to(x.dtype)

    if powers == "factored":
        step = 2 ** round(math.log2(length) / 2 + 0.5)
        near = exponentials(torch.arange(step))
        far = exponentials(torch.arange(0, length, step))
        if c.shape[1] > step:
            e = (far[..., None] * near[..., None, :]).flatten(-2)[..., :length]
            return torch.bmm(split(c, 2, -1), split(e, 1))
        c = (c[:, :, None] * far.transpose(1, 2)[:, None]).flatten(1, 2)
        return torch.bmm(split(c, 2, -1), split(near, 1)).unflatten(1, (-1, far.shape[-1])).flatten(2)[
            ..., :length
        ]
    places = torch.arange(length, dtype=x.real.dtype)
    if not x.is_complex() or powers == "complex":
        e = split(torch.exp(x[..., None] * places), 1)
    else:
        size, phase = torch.exp(x.real[..., None] * places), x.imag[..., None] * places
        e = torch.cat((size * torch.cos(phase), size * torch.sin(phase)), 1)
    return torch.bmm(split(c, 2, -1), e)


class StateSpace(nn.Module):
    """out(gelu(k * u + d u)), gated by its second half; subclasses make k [C, D, L]."""

    masks_input = False

    def __init__(self, width, model, powers):
        super().__init__()
        self.width, self.powers, self.gated = width, powers, model["gated"]
        self.kernels = 2 if model["bidirectional"] else 1
        self.d = parameter(width)
        self.out = nn.Linear(width, 2 * width if self.gated else width)

    def forward(self, x, lengths):
        u, length = x.transpose(1, 2), x.shape[1]
        if lengths is not None and self.masks_input:
            u = u * (torch.arange(length) < lengths[:, None])[:, None].to(u.dtype)
        if length >= RECOMPUTED_LENGTH and torch.is_grad_enabled():
            k = checkpoint(self.kernel, length, use_reentrant=False)
        else:
            k = self.kernel(length)
        ahead = k[1].flip(-1) if self.kernels == 2 else torch.zeros_like(k[0])
        # d u is part of the kernel's first value
        full = torch.cat((k[0][:, :1] + self.d[:, None], k[0][:, 1:], ahead), 1)
        y = self.out(F.gelu(convolve(u, full).transpose(1, 2).contiguous()))
        return F.glu(y) if self.gated else y

    def channels(self, t):
        """[..., copies, N] as [..., D, N]: channel h reads copy h mod copies."""
        return t.repeat(*[1] * (t.ndim - 2), self.width // t.shape[-2], 1)


class S4D(StateSpace):
    """K[l] = 2 Re sum_n c_n b_n f_n g_n^l."""

    masks_input = True

    def __init__(self, width, model, powers, states, copies, discretization, eigenvalues):
        super().__init__(width, model, powers)
        self.bilinear = discretization == "bilinear"
        self.log_dt = parameter(width)
        self.log_neg_re, self.im = parameter(copies, states // 2), parameter(copies, states // 2)
        self.b = parameter(copies, states // 2, 2)
        self.c = parameter(self.kernels, width, states // 2, 2)

    def kernel(self, length):
        dt = torch.exp(self.log_dt)[:, None]
        a = self.channels(torch.complex(-torch.exp(self.log_neg_re), self.im))
        c = 2 * torch.view_as_complex(self.c) * self.channels(torch.view_as_complex(self.b))
        x = a * dt
        if self.bilinear:
            c, x = c * dt / (1 - x / 2), torch.log((1 + x / 2) / (1 - x / 2))
        else:
            c = c * (torch.exp(x) - 1) / a
        return power_sum(c.transpose(0, 1), x, length, self.powers).transpose(0, 1)


class DLR(StateSpace):
    """K[l] = Re sum_n w_n exp(lambda_n l), the same lambda for all channels."""

    def __init__(self, width, model, powers, states, version):
        super().__init__(width, model, powers)
        self.version = version
        if version != "imaginary":
            self.sqrt_neg_re = parameter(states)
        if version != "real":
            self.im = parameter(states)
        self.w = parameter(self.kernels, width, states, *([] if version == "real" else [2]))

    def kernel(self, length):
        if self.version == "real":
            w, x = self.w, -(self.sqrt_neg_re**2)
        else:
            w = torch.view_as_complex(self.w)
            decay = -(self.sqrt_neg_re**2) if self.version == "complex" else torch.zeros_like(self.im)
            x = torch.complex(decay, self.im)
        k = power_sum(w.flatten(0, 1)[None], x[None], length, self.powers)
        return k.view(self.kernels, self.width, length)


class S4(StateSpace):
    """Normal plus rank one, by the generating function of the stored C' = C (I - A'^len)."""

    masks_input = True

    def __init__(self, width, model, powers, states, copies, rank, maximumLength=None):
        super().__init__(width, model, powers)
        if rank != 1:
            raise ValueError(f"S4 of rank {rank} is not written here, only of rank 1")
        self.maximum = maximumLength
        self.log_dt = parameter(width)
        self.log_neg_re, self.im = parameter(copies, states // 2), parameter(copies, states // 2)
        self.p, self.b = parameter(1, copies, states // 2, 2), parameter(copies, states // 2, 2)
        self.c = parameter(self.kernels, width, states // 2, 2)
        self.register_buffer("len", torch.zeros(1))

    def model(self):
        """dt [D, 1] and w, p, b [D, N]."""
        w, p, b = torch.complex(-torch.exp(self.log_neg_re), self.im), self.p[0], self.b
        p, b = torch.view_as_complex(p), torch.view_as_complex(b)
        return torch.exp(self.log_dt)[:, None], self.channels(w), self.channels(p), self.channels(b)

    @torch.no_grad()
    def truncate(self, length):
        """Turns C into C', once."""
        dt, w, p, c = (t.to(torch.complex128) for t in (*self.model()[:3], torch.view_as_complex(self.c)))
        w, p, c = (torch.cat((t, t.conj()), -1) for t in (w, p, c))
        a = dt[..., None] / 2 * (torch.diag_embed(w) - p[:, :, None] * p[:, None].conj())
        one = torch.eye(w.shape[-1], dtype=a.dtype)
        power = torch.linalg.matrix_power(torch.linalg.solve(one - a, one + a), length)
        c = c - torch.einsum("chn,hnm->chm", c, power)
        self.c.copy_(torch.view_as_real(c[..., : self.c.shape[-2]]))
        self.len.fill_(length)

    def kernel(self, length):
        if self.len.item() == 0:
            self.truncate(self.maximum or length)
        full = int(self.len.item())
        if length > full:
            raise ValueError(f"a kernel of length {full} cannot serve sequences of {length}")
        dt, w, p, b = self.model()
        c = torch.view_as_complex(self.c)
        # all inner products of (b, p) with (c, conj p): v [D, 2 (C + 1), N]
        right = torch.cat((c, p.conj()[None]))
        v = (torch.stack((b, p))[:, None] * right).flatten(0, 1).transpose(0, 1)
        count, even = (full + 1) // 2, full % 2 == 0
        t = torch.tan(math.pi * torch.arange(count, dtype=torch.float64) / full).to(dt.dtype)
        g = self.cauchy(v, w * dt, 2 * t) * dt[..., None]
        g = g.unflatten(1, (2, -1))
        (bc, bp), (pc, pp) = ((row[:, :-1], row[:, -1:]) for row in g.unbind(1))
        spectrum = (bc - bp * pc / (1 + pp)) * torch.complex(torch.ones_like(t), t)
        if even:  # the limit at the last node, where the tangent is infinite
            last = (dt * (b * c).sum(-1, keepdim=True).real.transpose(0, 1).squeeze(-1))[..., None]
            spectrum = torch.cat((spectrum, last.to(spectrum.dtype)), -1)
        return torch.fft.irfft(spectrum, n=full)[..., :length].transpose(0, 1)

    @staticmethod
    def cauchy(v, w, y):
        """sum_n v / (i y - w) + conj(v) / (i y - conj(w)): v [D, M, N], w [D, N], y [F] give [D, M, F].

        Over a common denominator this is (i y 2 Re v - 2 Re(v conj w)) / (|w|^2 - y^2 - 2 i y Re w),
        whose numerators are real and whose inverse denominators are shared by all M.
        """
        denominators = torch.complex(
            (w.real**2 + w.imag**2)[..., None] - y**2, (-2 * w.real)[..., None] * y
        )
        # a reciprocal is vectorized, a division is not
        inverse = torch.view_as_real(denominators.reciprocal()).flatten(2)  # [D, N, 2 F]
        numerators = 2 * torch.cat((v.real, (v * w.conj()[:, None]).real), 1)
        product = torch.bmm(numerators, inverse).unflatten(2, (-1, 2))
        first, second = torch.view_as_complex(product).chunk(2, 1)
        return 1j * y * first - second


class MovingAverage(nn.Module):
    """K[l] = sum_n p beta gamma q^l / sqrt(N), both ways, plus omega x; [B, L, D]."""

    def __init__(self, width, states, bidirectional, powers):
        super().__init__()
        rows = 2 * width if bidirectional else width
        self.width, self.bidirectional, self.powers = width, bidirectional, powers
        self.delta, self.alpha, self.beta, self.gamma = (parameter(rows, states) for _ in range(4))
        self.omega = parameter(width)

    def forward(self, x):
        p = torch.sigmoid(self.delta)
        c = p * self.beta * self.gamma / math.sqrt(p.shape[1])
        decay = torch.log1p(-p * torch.sigmoid(self.alpha))
        k = power_sum(c[:, None], decay, x.shape[1], self.powers)[:, 0]
        first = k[: self.width, :1] + self.omega[:, None]
        if self.bidirectional:
            k, back = k.chunk(2)
            first, back = first + back[:, :1], back[:, 1:].flip(-1)
        else:
            back = torch.zeros_like(k[:, 1:])
        full = torch.cat((first, k[:, 1:], torch.zeros_like(first), back), 1)
        return convolve(x.transpose(1, 2), full).transpose(1, 2)


class Mega(nn.Module):
    """Moving average, gated attention in chunks and feed-forward, with norms of its own."""

    def __init__(self, width, norm, prenorm, powers, model):
        super().__init__()
        self.z, self.v = model["queryWidth"], model["valueWidth"]
        self.chunk, self.scores, self.prenorm = model.get("chunk"), model["scores"], prenorm
        self.reach = self.chunk or model["maximumPositions"]
        self.norm, self.ff_norm = Norm(norm, width), Norm(norm, width)
        self.ema = MovingAverage(width, model["states"], model["bidirectional"], powers)
        self.v_proj, self.h_proj = nn.Linear(width, self.v), nn.Linear(self.v, width)
        self.mx = nn.Linear(width, self.z + self.v + 2 * width)
        self.qk_scale, self.qk_shift = parameter(2, self.z), parameter(2, self.z)
        self.rel_bias = parameter(2 * self.reach - 1)
        self.ff = FeedForward(width, model["expand"], F.silu)

    def attend(self, q, k, v):
        """[B L / m, m, z or v], chunks of m as rows; bias [i, j] is that of j - i."""
        m = q.shape[1]
        bias = self.rel_bias[self.reach - m : self.reach - 1 + m].unfold(0, m, 1).flip(0)
        k = k.transpose(1, 2)
        if self.scores == "softmax":
            scores = torch.softmax(torch.baddbmm(bias, q, k, alpha=self.z**-0.5), -1)
        elif self.scores == "laplace":
            scale = 1 / (0.282095 * math.sqrt(2))  # of x - 0.707107 before erf
            scores = torch.baddbmm((bias - 0.707107) * scale, q, k, alpha=scale / m)
            scores = 0.5 + 0.5 * torch.erf(scores)
        else:
            scores = torch.relu(torch.baddbmm(bias, q, k, alpha=1 / m)) ** 2
        return torch.bmm(scores, v)

    def forward(self, x, lengths):
        width, m = x.shape[2], min(self.chunk or x.shape[1], x.shape[1])
        if x.shape[1] % m:
            raise ValueError(f"chunks of {m} that do not divide {x.shape[1]} are not written here")
        y = self.norm(x) if self.prenorm else x
        v = F.silu(self.v_proj(y))
        gate, zr, h = self.mx(F.silu(self.ema(y))).split((width, self.z + self.v, width), -1)
        z, r = F.silu(zr).split((self.z, self.v), -1)
        q, k = (torch.addcmul(shift, z, scale) for scale, shift in zip(self.qk_scale, self.qk_shift))
        a = self.attend(*(t.reshape(-1, m, t.shape[-1]) for t in (q, k, v))).view(v.shape)
        y = torch.lerp(x, F.silu(h + self.h_proj(a * r)), torch.sigmoid(gate))
        if self.prenorm:
            return y + self.ff(self.ff_norm(y))
        y = self.norm(y)
        return self.ff_norm(y + self.ff(y))


class Block(nn.Module):
    """x + layer(norm(x)), or norm(x + layer(x))."""

    def __init__(self, network, layer):
        super().__init__()
        self.prenorm, self.norm, self.layer = network["prenorm"], Norm(network["norm"], network["width"]), layer

    def forward(self, x, lengths):
        if self.prenorm:
            return x + self.layer(self.norm(x), lengths)
        return self.norm(x + self.layer(x, lengths))


class MegaBlock(nn.Module):
    """Only gives Mega the names of a block."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x, lengths):
        return self.layer(x, lengths)


def block(network, description, powers):
    """The block of one entry of `network.layers`, a dictionary from its kind to its options."""
    width = network["width"]
    ((kind, options),) = description.items()
    for option in ("activation", "bias", "norm", "prenorm", "maximumLength"):
        places = [options, *(v for v in options.values() if isinstance(v, dict))]
        if any(place.get(option) is not None for place in places):
            raise ValueError(f"the option '{option}' of a layer is not written here")
    if kind == "mega":
        return MegaBlock(Mega(width, network["norm"], network["prenorm"], powers, options["model"]))
    if kind == "stateSpace":
        ((family, numbers),) = options["model"]["family"].items()
        families = {"s4": S4, "s4d": S4D, "dlr": DLR}
        if family not in families:
            raise ValueError(f"the family '{family}' is not written here")
        return Block(network, families[family](width, options["model"], powers, **numbers))
    if kind == "feedForward":
        return Block(network, FeedForward(width, **options))
    if kind in ("attention", "localAttention"):
        return Block(network, Attention(width, **options))
    raise ValueError(f"the layer '{kind}' is not written here")


class Decoder(nn.Module):
    """Pooling and head: [B, L, D] to [B, outputs], [B / 2, outputs] of pairs, or [B, L, outputs]."""

    def __init__(self, network):
        super().__init__()
        width, outputs = network["width"], network["outputs"]
        self.head, self.pooling = network["head"], network["pooling"]
        if self.pooling not in ("mean", "max", "last", "first", "all"):
            raise ValueError(f"the pooling '{self.pooling}' is not written here")
        self.over_lengths = network["poolsOverLengths"]
        if self.head == "linear":
            self.lin = nn.Linear(width, outputs)
        elif self.head == "mlp":
            self.up, self.down = nn.Linear(width, width), nn.Linear(width, outputs)
        elif self.head == "pairs":
            self.lins = nn.ModuleList((nn.Linear(4 * width, width), nn.Linear(width, outputs)))
        elif self.head != "identity":
            raise ValueError(f"the head '{self.head}' is not written here")

    def pool(self, x, lengths):
        if lengths is None or not self.over_lengths:
            lengths = torch.full((x.shape[0],), x.shape[1])
        keep = (torch.arange(x.shape[1]) < lengths[:, None])[..., None]
        if self.pooling == "mean":
            return (x * keep.to(x.dtype)).sum(1) / lengths[:, None].to(x.dtype)
        if self.pooling == "max":
            return x.masked_fill(~keep, -math.inf).amax(1)
        return x[torch.arange(len(x)), lengths - 1 if self.pooling == "last" else 0]

    def forward(self, x, lengths):
        if self.pooling != "all":
            x = self.pool(x, lengths)
        if self.head == "linear":
            return self.lin(x)
        if self.head == "mlp":
            return self.down(F.relu(self.up(x)))
        if self.head == "pairs":
            a, b = x.chunk(2)
            return self.lins[1](F.gelu(self.lins[0](torch.cat((a, b, a - b, a * b), -1))))
        return x


class Network(nn.Module):
    """Encoder, blocks, last norm, head: tokens [B, L] or values [B, L, inputs] to logits."""

    def __init__(self, network, powers="real"):
        super().__init__()
        for option in ("rotary", "residual", "classToken", "pairActivation", "pairWidth"):
            if network.get(option) not in (None, False, "sequential"):
                raise ValueError(f"the option '{option}' is not written here")
        if network["positions"] == "learned" or network["dropout"] > 0:
            raise ValueError("learned positions and dropout are not written here")
        self.width, self.sinusoidal = network["width"], network["positions"] == "sinusoidal"
        encoder = network["encoder"]
        if "embedding" in encoder:
            self.enc = nn.Embedding(encoder["embedding"]["vocabulary"], self.width)
        else:
            self.enc = nn.Linear(encoder["linear"]["inputs"], self.width)
        self.blocks = nn.ModuleList(
            block(network, layer, powers) for _ in range(network["depth"]) for layer in network["layers"]
        )
        mega = "mega" in network["layers"][0]
        self.final = Norm(network["norm"], self.width) if network["prenorm"] and not mega else None
        self.dec = Decoder(network)
        self.table = None

    def positions(self, x):
        """sin and cos of t 10000^(-2m / D) side by side, [L, D], made once."""
        if self.table is None or self.table.shape[0] != x.shape[1] or self.table.dtype != x.dtype:
            rate = 10000 ** (-torch.arange(0, self.width, 2, dtype=torch.float64) / self.width)
            angle = torch.arange(x.shape[1], dtype=torch.float64)[:, None] * rate
            self.table = torch.stack((angle.sin(), angle.cos()), -1).flatten(1).to(x.dtype)
        return self.table

    def forward(self, x, lengths=None):
        x = self.enc(x)
        if self.sinusoidal:
            x = x + self.positions(x)
        for layer in self.blocks:
            x = layer(x, lengths)
        return self.dec(x if self.final is None else self.final(x), lengths)

    @torch.no_grad()
    def load(self, tensors):
        """Takes weights and running statistics by name; extents of 1 do not count."""
        own = self.state_dict()
        missing, surplus = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
        if missing or surplus:
            raise ValueError(f"weights missing: {missing}; weights too many: {surplus}")
        for name, value in own.items():
            given = tensors[name]
            if [n for n in value.shape if n > 1] != [n for n in given.shape if n > 1]:
                raise ValueError(f"'{name}' has the shape {list(given.shape)}, not {list(value.shape)}")
            value.copy_(given.reshape(value.shape))  # a state dictionary shares its storage


def loss(logits, target):
    """Cross entropy of classes (-100 is ignored), or the mean error of values (-10000 is ignored)."""
    if target.is_floating_point():
        counted = target != -10000
        return (logits.reshape(target.shape)[counted] - target[counted]).abs().mean()
    return F.cross_entropy(logits.flatten(0, -2), target.flatten().long())
