"""Calls of operators whose arguments must fit each other in ways that no type tells.

A recipe gives values by the names of arguments for a family of operators (its in-place, out= and functional forms); values that an
operator does not take are left aside, and what it takes beyond them has its default. Shapes are small and unlike each other, so that a
dimension taken for another one shows.
"""
import functools

import torch

LONG = torch.int64


def real(*shape, dtype=torch.float32):
    return torch.randn(shape, dtype=dtype)


def positive(*shape):
    return torch.rand(shape) + 0.5


def whole(low, high, *shape, dtype=LONG):
    return torch.randint(low, high, shape, dtype=dtype)


def quantized(*shape, dtype=torch.quint8, scale=0.05, zero=64):
    return torch.quantize_per_tensor(torch.randn(shape), scale, zero if dtype == torch.quint8 else 3, dtype)


def per_channel(*shape, dtype=torch.qint8, axis=0):
    scales = torch.rand(shape[axis], dtype=torch.float64) * 0.05 + 0.02
    zeros = torch.zeros(shape[axis], dtype=LONG)
    return torch.quantize_per_channel(torch.randn(shape), scales, zeros, axis, dtype)


# ---- convolutions ----

def conv(ndim, transposed=False):
    """Plain, strided and padded, grouped and dilated, without bias, one sample without a batch dimension."""
    for groups, stride, padding, dilation, bias in ((1, 1, 0, 1, True), (1, 2, 1, 1, True), (2, 1, 1, 2, True), (2, 2, 0, 1, False)):
        channels = (4, 2 * groups)
        weight = real(4, channels[1] // groups if transposed else 4 // groups, *[3, 2, 3][:ndim])
        if not transposed:
            weight = real(4, 4 // groups, *[3, 2, 3][:ndim])
        outs = weight.shape[1] * groups if transposed else weight.shape[0]
        kernel = list(weight.shape[2:])
        picture = real(2, 4, *[6, 7, 5][:ndim])
        each = lambda n: [n] * ndim
        yield dict(input=picture, self=picture, weight=weight, bias=real(outs) if bias else None, stride=each(stride), padding=each(padding),
                   dilation=each(dilation), groups=groups, transposed=transposed, output_padding=each(0), kernel_size=kernel, benchmark=False,
                   deterministic=False, cudnn_enabled=False, allow_tf32=False)


def conv_all():
    for ndim in (1, 2, 3):
        yield from conv(ndim)
    yield from conv(2, transposed=True)


def conv_mode():
    for padding in ("same", "valid"):
        for call in conv(2):
            if call["stride"] == [1, 1]:
                yield {**call, "padding": padding}


def conv_one_group(ndim, transposed=False):
    for call in conv(ndim, transposed):
        if call["groups"] == 1:
            yield call
            yield {**call, "bias": None}


def conv_backward(ndim):
    for call in conv(ndim):
        output = torch.convolution(call["input"], call["weight"], None, call["stride"], call["padding"], call["dilation"], False,
                                   call["output_padding"], call["groups"])
        for mask in ([True, True, True], [True, False, True]):
            grad = torch.randn_like(output)
            yield {**call, "grad_output": grad, "gO": grad, "output_mask": mask, "bias_sizes": [call["weight"].shape[0]],
                   "ggI": torch.randn_like(call["input"]), "ggW": torch.randn_like(call["weight"]), "ggb": real(call["weight"].shape[0])}


def slow_conv2d_backward():
    for call in conv_backward(2):
        if call["groups"] == 1 and call["dilation"] == [1, 1]:
            yield call


def depthwise3d():
    for stride in (1, 2):
        yield dict(self=real(2, 3, 5, 6, 5), weight=real(6, 1, 3, 2, 3), kernel_size=[3, 2, 3], bias=real(6), stride=[stride] * 3,
                   padding=[1, 0, 1], dilation=[1, 1, 1])


def conv_tbc():
    for pad in (0, 1):
        self, weight, bias = real(6, 2, 3), real(3, 3, 4), real(4)
        yield dict(self=self, weight=weight, bias=bias, pad=pad, input=self)


def conv_tbc_backward():
    for call in conv_tbc():
        yield {**call, "self": torch.randn_like(torch.conv_tbc(call["self"], call["weight"], call["bias"], call["pad"]))}


# ---- recurrent ----

def cells(gates):
    for batch, bias in ((2, True), (2, False), (1, True)):
        hidden = real(batch, 4)
        yield dict(input=real(batch, 3), hx=[hidden, real(batch, 4)] if gates == 4 else hidden, w_ih=real(4 * gates, 3), w_hh=real(4 * gates, 4),
                   b_ih=real(4 * gates) if bias else None, b_hh=real(4 * gates) if bias else None)


def parameters(gates, layers, directions, bias, inputs=3, hidden=4):
    for layer in range(layers):
        for _ in range(directions):
            wide = inputs if layer == 0 else hidden * directions
            yield from (real(gates * hidden, wide), real(gates * hidden, hidden))
            if bias:
                yield from (real(gates * hidden), real(gates * hidden))


def recurrent(gates, packed=False):
    for layers, both, bias, first in ((1, False, True, False), (2, True, True, True), (1, True, False, False)):
        state = real(layers * (1 + both), 2, 4)
        common = dict(params=list(parameters(gates, layers, 1 + both, bias)), has_biases=bias, num_layers=layers, dropout=0.0, train=False,
                      bidirectional=both, batch_first=first, hx=[state, torch.randn_like(state)] if gates == 4 else state)
        yield {**common, "input": real(2, 5, 3) if first else real(5, 2, 3)}
        if packed:
            yield {**common, "data": real(8, 3), "batch_sizes": torch.tensor([2, 2, 2, 1, 1])}


def fused_lstm():
    yield dict(input_gates=real(2, 16), hidden_gates=real(2, 16), cx=real(2, 4), input_bias=real(16), hidden_bias=real(16))


# ---- norms ----

def batch_norm():
    for shape in ((3, 4), (2, 3, 4), (2, 3, 4, 5)):
        channels = shape[1]
        for training in (True, False):
            yield dict(input=real(*shape), self=real(*shape), weight=real(channels), bias=real(channels), running_mean=real(channels),
                       running_var=positive(channels), training=training, train=training, momentum=0.1, eps=1e-5, cudnn_enabled=False,
                       mean=real(channels), var=positive(channels), invstd=positive(channels))


def batch_norm_backward():
    for call in batch_norm():
        yield {**call, "grad_output": torch.randn_like(call["input"]), "grad_out": torch.randn_like(call["input"]), "impl_index": 0,
               "save_mean": call["running_mean"], "save_invstd": call["running_var"], "save_var_transform": call["running_var"],
               "output_mask": [True, True, True], "reservedSpace": torch.zeros(0, dtype=torch.uint8), "update": call["train"],
               "reserve": torch.zeros(0, dtype=torch.uint8)}


def weight_norm():
    v = real(4, 3, 2)
    for dim in (0, 2):
        g = torch.norm_except_dim(v, 2, dim).clone() * 1.5
        norms = torch.norm_except_dim(v, 2, dim)
        yield dict(v=v, g=g, dim=dim, grad_w=torch.randn_like(v), saved_v=v, saved_g=g, saved_norms=norms)


# ---- embeddings ----

def bags():
    for mode in (0, 1, 2):
        for weighted, last, padding in ((False, False, -1), (mode == 0, False, 1), (False, True, -1)):
            offsets = torch.tensor([0, 3, 3, 5, 7]) if last else torch.tensor([0, 3, 3, 5])
            yield dict(weight=real(6, 4), indices=whole(0, 6, 7), offsets=offsets, scale_grad_by_freq=False, mode=mode, sparse=False,
                       per_sample_weights=real(7) if weighted else None, include_last_offset=last, padding_idx=padding)


def bags_backward():
    for call in bags():
        found = torch._embedding_bag(*[call[n] for n in ("weight", "indices", "offsets", "scale_grad_by_freq", "mode", "sparse", "per_sample_weights",
                                                        "include_last_offset", "padding_idx")])
        output, offset2bag, bag_size, maximum = found
        yield {**call, "grad": torch.randn_like(output), "offset2bag": offset2bag, "bag_size": bag_size, "maximum_indices": maximum,
               "num_weights": 6}


def renorm():
    yield dict(self=real(5, 4), weight=real(5, 4), indices=torch.tensor([0, 3, 3]), input=torch.tensor([0, 3, 3]), max_norm=1.0, norm_type=2.0)


def rowwise(bits):
    per = 8 // bits
    width = 8 // per
    tail = 8 if bits == 8 else 4
    for last in (False, True):
        offsets = torch.tensor([0, 2, 5, 7]) if last else torch.tensor([0, 2, 5])
        weight = {8: torch.ops.quantized.embedding_bag_byte_prepack, 4: torch.ops.quantized.embedding_bag_4bit_prepack,
                  2: torch.ops.quantized.embedding_bag_2bit_prepack}[bits](real(6, 8))
        assert weight.shape[1] == width + tail
        yield dict(weight=weight, indices=whole(0, 6, 7), offsets=offsets, scale_grad_by_freq=False, mode=0, pruned_weights=False,
                   per_sample_weights=None, compressed_indices_mapping=None, include_last_offset=last)
        if bits != 8:
            yield dict(weight=weight, indices=whole(0, 6, 7), offsets=offsets, mode=0, per_sample_weights=real(7), include_last_offset=last)


def rowwise_ints(bits):
    """With indices and offsets of 32 bits."""
    for call in rowwise(bits):
        yield {**call, "indices": call["indices"].int(), "offsets": call["offsets"].int()}


def float_rows():
    for shape in ((6, 8), (3, 16)):
        yield dict(weight=real(*shape))


# ---- losses, attention, matrices ----

def ctc():
    log_probs = torch.log_softmax(real(6, 2, 5), 2)
    lengths, targets = [6, 5], torch.tensor([[1, 2, 2], [3, 4, 0]])
    for reduction in (0, 1, 2):
        common = dict(log_probs=log_probs, targets=targets, blank=0, zero_infinity=False, reduction=reduction)
        yield {**common, "input_lengths": lengths, "target_lengths": [3, 2]}
        yield {**common, "input_lengths": torch.tensor(lengths), "target_lengths": torch.tensor([3, 2])}


def ctc_backward():
    for call in ctc():
        loss, alpha = torch._ctc_loss(call["log_probs"], call["targets"], [6, 5], [3, 2])
        yield {**call, "grad": torch.ones_like(loss), "neg_log_likelihood": loss, "log_alpha": alpha}


def flash():
    for causal in (False, True):
        for heads, length in ((1, 4), (2, 5)):
            q, k, v = (real(2, heads, length, 8) for _ in range(3))
            yield dict(query=q, key=k, value=v, dropout_p=0.0, is_causal=causal, attn_mask=None, scale=None)
    yield dict(query=q, key=k, value=v, dropout_p=0.0, is_causal=False, attn_mask=real(5, 5), scale=0.3)


def flash_backward():
    for call in flash():
        out, logsumexp = torch._scaled_dot_product_flash_attention_for_cpu(call["query"], call["key"], call["value"], 0.0, call["is_causal"],
                                                                            attn_mask=call["attn_mask"], scale=call["scale"])
        yield {**call, "out": out, "logsumexp": logsumexp, "grad_out": torch.randn_like(out)}


def multi_head():
    for weights in (True, False):
        x = real(2, 5, 8)
        yield dict(query=x, key=x, value=x, embed_dim=8, num_head=2, qkv_weight=real(24, 8), qkv_bias=real(24), proj_weight=real(8, 8),
                   proj_bias=real(8), mask=None, need_weights=weights, average_attn_weights=True)


def encoder_layer():
    for norm_first in (False, True):
        for gelu in (False, True):
            yield dict(src=real(2, 5, 8), embed_dim=8, num_heads=2, qkv_weight=real(24, 8), qkv_bias=real(24), proj_weight=real(8, 8),
                       proj_bias=real(8), use_gelu=gelu, norm_first=norm_first, eps=1e-5, norm_weight_1=real(8), norm_bias_1=real(8),
                       norm_weight_2=real(8), norm_bias_2=real(8), ffn_weight_1=real(12, 8), ffn_bias_1=real(12), ffn_weight_2=real(8, 12),
                       ffn_bias_2=real(8))


def qkv():
    yield dict(qkv=real(2, 5, 24), qkv_bias=real(24), num_heads=2, num_head=2)


def int_mm():
    for rows, inner, columns in ((17, 8, 16), (3, 4, 5)):
        yield dict(self=whole(-9, 9, rows, inner, dtype=torch.int8), mat2=whole(-9, 9, inner, columns, dtype=torch.int8))


def int8pack():
    yield dict(self=real(3, 8, dtype=torch.bfloat16), mat2=whole(-9, 9, 16, 8, dtype=torch.int8), scales=positive(16).bfloat16())
    yield dict(self=real(3, 8), mat2=whole(-9, 9, 16, 8, dtype=torch.int8), scales=positive(16))


def int4pack():
    weight = whole(0, 16, 64, 64, dtype=torch.int32)
    packed = torch._convert_weight_to_int4pack_for_cpu(weight, 2)
    yield dict(self=real(3, 64), mat2=packed, qGroupSize=32, qScaleAndZeros=positive(2, 64, 2))


def int4weight():
    yield dict(self=whole(0, 16, 64, 64, dtype=torch.int32), innerKTiles=2)


def grouped_mm():
    yield dict(self=real(2, 8, 16, dtype=torch.bfloat16), mat2=real(2, 16, 8, dtype=torch.bfloat16))
    yield dict(self=real(8, 16, dtype=torch.bfloat16), mat2=real(2, 16, 8, dtype=torch.bfloat16), offs=torch.tensor([3, 8], dtype=torch.int32))


def linear_backward():
    yield dict(self=real(3, 4), grad_output=real(3, 5), weight=real(5, 4), output_mask=[True, True, True])


def square():
    for shape in ((4, 4), (2, 3, 3)):
        a = real(*shape)
        yield dict(self=a, A=a @ a.mT + torch.eye(shape[-1]), B=real(*shape), left=True, check_errors=False, hermitian=False, upper=False)


# ---- optimisers ----

def fused_optimiser(steps=True):
    group = lambda: [real(3, 4), real(5)]
    for amsgrad, learned in ((False, False), (True, False), (False, True)):
        rate = torch.tensor(0.01) if learned else 0.01
        yield dict(self=group(), grads=group(), exp_avgs=group(), exp_avg_sqs=[g.abs() for g in group()],
                   max_exp_avg_sqs=[g.abs() for g in group()] if amsgrad else [], state_steps=[torch.tensor(2.0), torch.tensor(2.0)],
                   state_sums=[g.abs() for g in group()], momentum_buffer_list=group(), lr=rate, beta1=0.9, beta2=0.99, weight_decay=0.1,
                   eps=1e-8, amsgrad=amsgrad, maximize=False, lr_decay=0.01, momentum=0.9, dampening=0.0, nesterov=False,
                   is_first_step=False)


def amp():
    yield dict(self=[real(3, 4), real(2)], found_inf=torch.tensor(0.0), inv_scale=torch.tensor([0.5]))
    yield dict(self=[torch.tensor([1.0, float("inf")])], found_inf=torch.tensor(0.0), inv_scale=torch.tensor([0.5]))


def amp_scale():
    for found in (0.0, 1.0):
        yield dict(self=torch.tensor(65536.0), growth_tracker=torch.tensor(4, dtype=torch.int32), found_inf=torch.tensor(found),
                   scale_growth_factor=2.0, scale_backoff_factor=0.5, growth_interval=5)


def foreach_scalars():
    group = lambda: [real(3, 4), real(2)]
    yield dict(self=group(), tensor1=group(), tensor2=[g + 3 for g in group()], scalars=torch.tensor([0.5, 2.0]), value=torch.tensor(0.5))
    yield dict(self=group(), other=torch.tensor(2.0), scalars=[0.5, 2.0])


# ---- quantised ----

def fake_quantize():
    x = real(3, 4)
    scalar = dict(scale=torch.tensor([0.1]), zero_point=torch.tensor([3], dtype=torch.int32), fake_quant_enabled=torch.tensor([1]))
    channels = dict(scale=positive(3) / 10, zero_point=torch.tensor([0, 3, -2], dtype=torch.int32), axis=0)
    for limits in (dict(quant_min=0, quant_max=255), dict(quant_min=-128, quant_max=127)):
        common = dict(self=x, grad=real(3, 4), grad_factor=0.5, **limits)
        yield {**common, **scalar}
        yield {**common, **channels}
        yield {**common, **scalar, "zero_point": torch.tensor([3.0])}
        yield {**common, **channels, "zero_point": torch.tensor([0.0, 3.0, 2.0])}


def moving_average():
    for on, rows in ((1, False), (0, False), (1, True)):
        count = 3 if rows else 1
        yield dict(self=real(3, 4), observer_on=torch.tensor([on]), fake_quant_on=torch.tensor([1]), running_min=-positive(count),
                   running_max=positive(count), scale=positive(count), zero_point=torch.zeros(count, dtype=torch.int32), averaging_const=0.01,
                   quant_min=0, quant_max=255, ch_axis=0, per_row_fake_quant=rows, symmetric_quant=False)


def quantize():
    for dtype, number in ((torch.quint8, 13), (torch.qint8, 12), (torch.qint32, 14)):
        yield dict(self=real(3, 4), scale=0.1, zero_point=3, dtype=number, reduce_range=False)
        yield dict(self=real(3, 4), scale=torch.tensor(0.1), zero_point=torch.tensor(3), dtype=number)
        yield dict(tensors=[real(3, 4), real(2)], scales=torch.tensor([0.1, 0.2]), zero_points=torch.tensor([0, 3]), dtype=number)
        yield dict(self=real(3, 4), scales=positive(3).double() / 10, zero_points=torch.tensor([0, 3, 1]), axis=0, dtype=number)


def channelwise():
    yield dict(self=per_channel(3, 4))
    yield dict(self=per_channel(2, 3, 4, axis=1))


def empty_quantized():
    yield dict(size=[3, 4], dtype=13, scale=0.1, zero_point=3, scales=positive(3).double(), zero_points=torch.zeros(3, dtype=LONG), axis=0,
               qtensor=quantized(2, 2), memory_format=None)


def quantized_norm(ndims):
    for ndim in ndims:
        for dtype in (torch.quint8, torch.qint8):
            x = quantized(*[2, 3, 4, 5, 2][:ndim], dtype=dtype)
            yield dict(qx=x, input=x, weight=real(3), bias=real(3), mean=real(3), var=positive(3), eps=1e-5, output_scale=0.1,
                       output_zero_point=30 if dtype == torch.quint8 else 3)


def quantized_group_norm():
    for dtype in (torch.quint8, torch.qint8):
        yield dict(qx=quantized(2, 6, 4, 3, dtype=dtype), num_groups=3, weight=real(6), bias=real(6), eps=1e-5, output_scale=0.1,
                   output_zero_point=3)


def quantized_layer_norm():
    yield dict(input=quantized(2, 3, 4), normalized_shape=[4], weight=real(4), bias=real(4), eps=1e-5, output_scale=0.1, output_zero_point=30)


def quantized_pool(ndim):
    for dtype in (torch.quint8, torch.qint8):
        for stride in (2, 1):
            x = quantized(*[2, 3, 6, 7, 5][:ndim + 2], dtype=dtype)
            each = lambda n: [n] * ndim
            yield dict(qx=x, self=x, input=x, kernel_size=each(2), stride=each(stride), padding=each(0), dilation=each(1), ceil_mode=False)


def quantized_scalar():
    for dtype in (torch.quint8, torch.qint8):
        for c in (2.5, -1.5):
            x = quantized(3, 4, dtype=dtype)
            yield dict(qa=x, b=torch.tensor(c), c=torch.tensor(c), out=torch.zeros(0), other=c)


def quantized_conv(ndim, transposed=False):
    for groups, stride, padding in ((1, 1, 0), (1, 2, 1), (2, 1, 1)):
        each = lambda n: [n] * ndim
        wide = [3, 2, 3][:ndim]
        weight = real(4, 4 // groups, *wide)
        packed = (torch.quantize_per_tensor(weight, 0.05, 0, torch.qint8) if transposed or groups > 1 else per_channel(4, 4 // groups, *wide))
        x = quantized(2, 4, *[6, 7, 5][:ndim])
        yield dict(qx=x, act=x, input=x, X=x, qaccum=quantized(2, 4, *[6 - wide[i] + 1 for i in range(ndim)]), weight=packed, W=packed, packed_weight=packed,
                   packed_weights=packed, W_prepack=packed, B=real(4), bias=real(4), pack_stride=each(stride),
                   pack_padding=each(padding), pack_dilation=each(1), pack_groups=groups, pack_output_padding=each(0), stride=each(stride),
                   padding=each(padding), dilation=each(1), output_padding=each(0), groups=groups, output_scale=0.3, output_zero_point=20,
                   reduce_range=False, negative_slope=0.1, scale=0.3, zero_point=20)


def quantized_linear():
    for bias in (True, False):
        for weight in (torch.quantize_per_tensor(real(5, 4), 0.05, 0, torch.qint8), per_channel(5, 4)):
            x = quantized(3, 4)
            yield dict(X=x, qx=x, input=x, W=weight, W_prepack=weight, w_ih=weight, w_hh=weight, B=real(5) if bias else None, bias=real(5),
                       Y_scale_i=0.2, Y_zero_point_i=10, output_scale=0.2, output_zero_point=10, negative_slope=0.1, reduce_range=False)


def float_linear():
    """For operators that quantise as they go: the input in floats."""
    for call in quantized_linear():
        x = real(3, 4)
        yield {**call, "X": x, "qx": x, "input": x}
        yield {**call, "X": x, "W": real(5, 4), "W_prepack": real(5, 4), "weight": real(5, 4), "bias": real(5)}


def quantized_tables():
    for rows in ((6, 8), (5, 16)):
        table = torch.quantize_per_channel(real(*rows), positive(rows[0]) / 50, positive(rows[0]), 0, torch.quint8)
        for last in (False, True):
            yield dict(W=table, weight=table, indices=whole(0, 5, 7), offsets=torch.tensor([0, 2, 5, 7]) if last else torch.tensor([0, 2, 5]),
                       mode=0, include_last_offset=last, pruned_weights=False, scale_grad_by_freq=False)


# ---- sparse ----

def coo(*shape, count=4, dtype=torch.float32, coalesced=True):
    indices = torch.stack([whole(0, n, count) for n in shape])
    values = real(count, dtype=dtype) if dtype.is_floating_point else whole(-4, 5, count, dtype=dtype)
    found = torch.sparse_coo_tensor(indices, values, shape)
    return found.coalesce() if coalesced else found


def sparse_coo():
    for coalesced in (True, False):
        x = coo(4, 5, coalesced=coalesced)
        yield dict(self=x, sparse=x, mask=coo(4, 5), dim=0, other=coo(4, 5), mat1=x, mat2=real(5, 3), dense=real(5, 3), coalesced=True,
                   size=[4, 5], sparse_dim=2, dense_dim=0, the_template=coo(4, 5), grad=real(4, 5), src=coo(4, 5), n=2)
    yield dict(self=real(4, 5), mask=coo(4, 5), mat1=coo(4, 5), mat2=real(5, 3), sparse=coo(4, 5), dense=real(5, 3), sparse_dim=2)
    x = coo(2, 3, 4)
    yield dict(self=x, dim=1, size=[2, 3, 6], sparse_dim=3, dense_dim=0, dims=[0, 1], other=coo(2, 3, 4))


def sparse_mm():
    for alpha in (1, 2.0):
        yield dict(self=real(4, 3), mat1=coo(4, 5), mat2=real(5, 3), beta=1, alpha=alpha, sparse=coo(4, 5), dense=real(5, 3), vec=real(5))
        yield dict(self=coo(4, 3), mat1=coo(4, 5), mat2=real(5, 3), beta=1, alpha=alpha)
        yield dict(self=coo(4, 5), mat2=real(5, 3), other=coo(5, 4), dense=real(5, 3), sparse=coo(4, 5))


def compressed():
    dense = real(4, 6) * (torch.rand(4, 6) > 0.5)
    for x in (dense.to_sparse_csr(), dense.to_sparse_csc(), dense.to_sparse_bsr((2, 3)), dense.to_sparse_bsc((2, 3))):
        yield dict(self=x, mat2=real(6, 3), other=x.clone())
    for x in (dense.to_sparse_csr(), dense.double().to_sparse_csr()):
        yield dict(self=x, mat1=x, mat2=real(6, 3, dtype=x.dtype), dense=real(6, 3, dtype=x.dtype))


def compressed_parts():
    dense = real(4, 6) * (torch.rand(4, 6) > 0.5)
    for kind, compress in enumerate((dense.to_sparse_csr, dense.to_sparse_csc), 2):
        x = compress()
        rows = kind == 2
        first, second = (x.crow_indices(), x.col_indices()) if rows else (x.ccol_indices(), x.row_indices())
        yield dict(compressed_indices=first, plain_indices=second, crow_indices=first, col_indices=second, ccol_indices=first, row_indices=second,
                   values=x.values(), size=[4, 6], layout=kind)


def coo_parts():
    indices = torch.tensor([[0, 1, 3], [2, 0, 4]])
    for values in (real(3), real(3, 2)):
        size = [4, 5, *values.shape[1:]]
        yield dict(indices=indices, values=values, size=size, sparse_dim=2, dense_dim=values.ndim - 1, is_coalesced=False)


def to_sparse():
    dense = real(4, 6) * (torch.rand(4, 6) > 0.5)
    yield dict(self=dense, sparse_dim=2, blocksize=[2, 3], dense_dim=0)
    yield dict(self=dense, sparse_dim=1, blocksize=[2, 2])


# ---- the rest ----

def lists_of_tensors():
    yield dict(self=real(4, 6), split_sizes=[1, 3], split_size=2, dim=0, sections=2, chunks=2, indices=[1, 3])
    yield dict(self=real(4, 6), split_sizes=[2, 4], split_size=3, dim=1, sections=3, chunks=3, indices=[2])


def pictures():
    for ndim in (1, 2, 3):
        x = real(2, 3, *[4, 5, 3][:ndim])
        size = [6, 7, 5][:ndim]
        yield dict(self=x, input=x, size=size[0], scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False,
                   output_size=size, scales=None, scale_factors=None)
        yield dict(self=x, input=x, size=size, scale_factor=None, mode="linear" if ndim == 1 else "bilinear" if ndim == 2 else "trilinear",
                   align_corners=False, recompute_scale_factor=None, antialias=False)
        yield dict(self=x, input=x, size=None, scale_factor=[2.0] * ndim, mode="nearest", scale_factors=[2.0] * ndim, output_size=None,
                   align_corners=None, antialias=False)
        yield dict(self=x, input=x, size=None, scale_factor=2, mode="nearest")
        yield dict(self=x, input=x, size=None, scale_factor=2.0, mode="nearest", align_corners=None)


def resampled_backward():
    for align in (False, True):
        yield dict(grad_output=real(2, 3, 6, 7), output_size=[6, 7], input_size=[2, 3, 4, 5], align_corners=align, scales_h=None, scales_w=None)
        yield dict(grad_output=real(2, 3, 3, 3), output_size=[3, 3], input_size=[2, 3, 4, 5], align_corners=align)


def resampled():
    for align in (False, True):
        x = real(2, 3, 4, 5)
        yield dict(self=x, input=x, output_size=[6, 7], align_corners=align, scales_h=None, scales_w=None, scale_factors=None)
        yield dict(self=x, input=x, output_size=None, align_corners=align, scale_factors=[1.5, 2.0])
        yield dict(self=x, input=x, output_size=[3, 3], align_corners=align)


def grids():
    for align in (False, True):
        yield dict(theta=real(2, 2, 3), size=[2, 3, 4, 5], align_corners=align)
        yield dict(theta=real(2, 3, 4), size=[2, 3, 4, 5, 3], align_corners=align)


def grid_sampling():
    for interpolation in (0, 1):
        for padding in (0, 1, 2):
            yield dict(input=real(2, 3, 4, 5), grid=real(2, 6, 7, 2) / 2, interpolation_mode=interpolation, padding_mode=padding,
                       align_corners=bool(padding % 2), grad_output=real(2, 3, 6, 7))


def histograms():
    for weight in (None, positive(6)):
        yield dict(self=real(6, 2), bins=[4, 3], range=[-2.0, 2.0, -1.0, 1.0], weight=weight, density=False, hist=torch.zeros(0))
        yield dict(self=real(6, 2), bins=4, range=None, weight=weight, density=True)


def sobol():
    state = torch.zeros(2, 30, dtype=LONG)
    torch._sobol_engine_initialize_state_(state, 2)
    yield dict(self=torch.zeros(2, dtype=LONG), quasi=torch.zeros(2, dtype=LONG), n=3, sobolstate=state, dimension=2, num_generated=0, dtype=6,
               ltm=torch.tril(torch.ones(2, 30, 30, dtype=LONG)))


def sobol_state():
    state = torch.zeros(2, 30, dtype=LONG)
    yield dict(self=state.clone(), dimension=2)


def sobol_scramble():
    state = torch.zeros(2, 30, dtype=LONG)
    torch._sobol_engine_initialize_state_(state, 2)
    yield dict(self=state, ltm=torch.tril(whole(0, 2, 2, 30, 30)), dimension=2)


def asserted():
    yield dict(self=torch.tensor(True), a=torch.tensor(True), assert_msg="no", dep_token=torch.zeros(2))
    yield dict(self=torch.tensor(False), assert_msg="no", dep_token=torch.zeros(2))


def indices_to_csr():
    for narrow in (True, False):
        yield dict(self=torch.tensor([0, 0, 1, 3]), size=4, out_int32=narrow, crow_indices=torch.tensor([0, 2, 3, 3, 4]),
                   col_indices=torch.tensor([0, 3, 1, 2]), transpose=narrow)


def shape_tensor():
    yield dict(self=real(3, 4), shape=torch.tensor([4, 3]))


def string_default():
    yield dict(dummy=real(2), a="\"'\\", b="\"'\\")


def ambiguous():
    yield dict(dummy=real(2), a=2, b="2")


def masks():
    yield dict(t=real(2, 4, 3), mask=torch.tensor([[True, True, False, False], [True, True, True, True]]), mask_check=True)


def percent():
    yield {"self": "%s and %d"}


def one_number():
    for x in (torch.tensor(3), torch.tensor(-7)):
        yield dict(a=x)


def quantized_cell(gates):
    for call in cells(gates):
        if call["b_ih"] is None:
            continue
        with_columns = {}
        for side, weight in (("ih", call["w_ih"]), ("hh", call["w_hh"])):
            q, columns, scale, zero = torch.fbgemm_linear_quantize_weight(weight)
            with_columns.update({f"w_{side}": q, f"packed_{side}": torch.fbgemm_pack_quantized_matrix(q), f"col_offsets_{side}": columns,
                                 f"scale_{side}": scale, f"zero_point_{side}": zero})
        yield {**call, **with_columns}


def padding_enum():
    for mode in (1, 2, 3):
        yield dict(self=real(2, 3, 6), pad=[1, 2], mode=mode, value=None)


def choose_parameters():
    yield dict(input=real(32), numel=32, n_bins=200, ratio=0.16, bit_width=8, reduce_range=False)


FAMILIES = {
    **dict.fromkeys(["_convolution", "convolution", "mkldnn_convolution", "_mkldnn_convolution"], conv_all),
    **dict.fromkeys(["_convolution_mode"], conv_mode),
    **dict.fromkeys(["slow_conv_dilated2d", "_nnpack_spatial_convolution"], functools.partial(conv_one_group, 2)),
    **dict.fromkeys(["_slow_conv2d_forward", "thnn_conv2d"], functools.partial(conv_one_group, 2)),
    **dict.fromkeys(["slow_conv_dilated3d", "slow_conv3d", "slow_conv3d_forward"], functools.partial(conv_one_group, 3)),
    "slow_conv_transpose2d": functools.partial(conv_one_group, 2, True), "slow_conv_transpose3d": functools.partial(conv_one_group, 3, True),
    "_slow_conv2d_backward": slow_conv2d_backward, "conv_depthwise3d": depthwise3d, "conv_tbc": conv_tbc, "conv_tbc_backward": conv_tbc_backward,
    **dict.fromkeys(["convolution_backward", "_convolution_double_backward"], functools.partial(conv_backward, 2)),
    "lstm_cell": functools.partial(cells, 4), "gru_cell": functools.partial(cells, 3), "rnn_tanh_cell": functools.partial(cells, 1),
    "rnn_relu_cell": functools.partial(cells, 1), "lstm": functools.partial(recurrent, 4, True), "gru": functools.partial(recurrent, 3, True),
    "rnn_tanh": functools.partial(recurrent, 1, True), "rnn_relu": functools.partial(recurrent, 1, True),
    "_batch_norm_impl_index": batch_norm, "_batch_norm_no_update": batch_norm, "_batch_norm_with_update": batch_norm,
    "_native_batch_norm_legit_no_training": batch_norm, "batch_norm_stats": batch_norm, "batch_norm_update_stats": batch_norm,
    **dict.fromkeys(["_batch_norm_impl_index_backward", "batch_norm_backward", "native_batch_norm_backward"], batch_norm_backward),
    "_weight_norm_interface": weight_norm, "_weight_norm_interface_backward": weight_norm, "_weight_norm_differentiable_backward": weight_norm,
    **dict.fromkeys(["_embedding_bag", "_embedding_bag_forward_only", "embedding_bag"], bags),
    **dict.fromkeys(["_embedding_bag_backward", "_embedding_bag_dense_backward", "_embedding_bag_sparse_backward",
                     "_embedding_bag_per_sample_weights_backward"], bags_backward),
    "_no_grad_embedding_renorm": renorm, "embedding_renorm": renorm, "ctc_loss": ctc, "_ctc_loss": ctc, "_ctc_loss_backward": ctc_backward,
    "_scaled_dot_product_flash_attention_for_cpu": flash, "_scaled_dot_product_flash_attention_for_cpu_backward": flash_backward,
    "_native_multi_head_attention": multi_head, "_transformer_encoder_layer_fwd": encoder_layer, "_transform_bias_rescale_qkv": qkv,
    "_int_mm": int_mm, "_weight_int8pack_mm": int8pack, "_weight_int4pack_mm_for_cpu": int4pack, "_convert_weight_to_int4pack_for_cpu": int4weight,
    "_grouped_mm": grouped_mm, "linear_backward": linear_backward, "mkldnn_linear": linear_backward,
    **dict.fromkeys(["linalg_inv_ex", "linalg_cholesky_ex", "_linalg_det", "_linalg_slogdet", "_linalg_solve_ex", "linalg_solve_ex", "linalg_cond",
                     "linalg_lu_factor_ex", "linalg_ldl_factor_ex"], square),
    **dict.fromkeys(["_fused_adam", "_fused_adamw", "_fused_sgd", "_fused_adagrad"], fused_optimiser),
    "_amp_foreach_non_finite_check_and_unscale": amp, "_amp_update_scale": amp_scale, "_thnn_fused_lstm_cell": fused_lstm,
    **dict.fromkeys(["_foreach_addcdiv", "_foreach_addcmul", "_foreach_div", "_foreach_mul", "_foreach_add"], foreach_scalars),
    **dict.fromkeys(["fake_quantize_per_tensor_affine", "fake_quantize_per_channel_affine", "_fake_quantize_learnable_per_tensor_affine",
                     "_fake_quantize_learnable_per_channel_affine", "_fake_quantize_learnable_per_tensor_affine_backward",
                     "_fake_quantize_learnable_per_channel_affine_backward", "fake_quantize_per_channel_affine_cachemask",
                     "fake_quantize_per_tensor_affine_cachemask", "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams"], fake_quantize),
    "_fused_moving_avg_obs_fq_helper": moving_average, "fused_moving_avg_obs_fake_quant": moving_average,
    **dict.fromkeys(["quantize_per_tensor", "quantize_per_tensor_dynamic", "quantize_per_channel"], quantize),
    **dict.fromkeys(["q_per_channel_axis", "q_per_channel_scales", "q_per_channel_zero_points", "int_repr", "qscheme", "dequantize"], channelwise),
    **dict.fromkeys(["_empty_affine_quantized", "_empty_per_channel_affine_quantized", "empty_quantized"], empty_quantized),
    "quantized_batch_norm": functools.partial(quantized_norm, (4,)), "batch_norm": None, "quantized_max_pool1d": functools.partial(quantized_pool, 1),
    "quantized_max_pool2d": functools.partial(quantized_pool, 2), "quantized_max_pool3d": functools.partial(quantized_pool, 3),
    "quantized_lstm_cell": functools.partial(quantized_cell, 4), "quantized_gru_cell": functools.partial(quantized_cell, 3),
    "quantized_rnn_tanh_cell": functools.partial(quantized_cell, 1), "quantized_rnn_relu_cell": functools.partial(quantized_cell, 1),
    "choose_qparams_optimized": choose_parameters, "_choose_qparams_per_tensor": choose_parameters,
    **dict.fromkeys(["coalesce", "_coalesce", "_coalesced", "is_coalesced", "_dimI", "_dimV", "_nnz", "indices", "values", "_indices", "_values",
                     "sparse_dim", "dense_dim", "sparse_mask", "_sparse_mask_projection", "sparse_resize", "sparse_resize_and_clear",
                     "copy_sparse_to_sparse", "resize_as_sparse", "_to_dense", "to_dense", "_sparse_sum", "_sparse_softmax", "_sparse_log_softmax",
                     "hspmm", "_coo_mask", "_sparse_mm", "_sparse_broadcast_to", "to_dense_backward"], sparse_coo),
    **dict.fromkeys(["smm", "sspaddmm", "_sparse_addmm", "_sparse_sparse_matmul", "sparse_sampled_addmm"], sparse_mm),
    **dict.fromkeys(["crow_indices", "col_indices", "ccol_indices", "row_indices", "_sparse_csr_sum", "_sparse_csr_prod"], compressed),
    **dict.fromkeys(["sparse_csr_tensor", "sparse_csc_tensor", "sparse_compressed_tensor", "_sparse_compressed_tensor_unsafe",
                     "_sparse_csr_tensor_unsafe", "_sparse_csc_tensor_unsafe"], compressed_parts),
    **dict.fromkeys(["sparse_coo_tensor", "_sparse_coo_tensor_unsafe", "_sparse_coo_tensor_with_dims_and_tensors"], coo_parts),
    **dict.fromkeys(["to_sparse", "_to_sparse", "to_sparse_csr", "to_sparse_csc", "to_sparse_bsr", "to_sparse_bsc", "_to_sparse_csr",
                     "_to_sparse_csc", "_to_sparse_bsr", "_to_sparse_bsc"], to_sparse),
    **dict.fromkeys(["split_with_sizes", "split", "unsafe_split", "unsafe_split_with_sizes", "chunk", "unsafe_chunk", "tensor_split"], lists_of_tensors),
    **dict.fromkeys(["__interpolate", "__upsample", "__upsample_bilinear", "__upsample_nearest"], pictures),
    **dict.fromkeys(["_upsample_lanczos2d_aa_backward", "_upsample_bicubic2d_aa_backward", "_upsample_bilinear2d_aa_backward"], resampled_backward),
    **dict.fromkeys(["_upsample_lanczos2d_aa", "_upsample_bicubic2d_aa", "_upsample_bilinear2d_aa"], resampled),
    "affine_grid_generator": grids, "_grid_sampler_2d_cpu_fallback": grid_sampling, "_grid_sampler_2d_cpu_fallback_backward": grid_sampling,
    **dict.fromkeys(["_histogramdd_bin_edges", "histogramdd", "_histogramdd_from_bin_cts"], histograms),
    "_sobol_engine_ff": sobol, "_sobol_engine_draw": sobol, "_sobol_engine_initialize_state": sobol_state, "_sobol_engine_scramble": sobol_scramble,
    "_functional_assert_async": asserted, "_convert_indices_from_coo_to_csr": indices_to_csr, "_convert_indices_from_csr_to_coo": indices_to_csr,
    "_reshape_from_tensor": shape_tensor, "_test_string_default": string_default, "_test_ambiguous_defaults": ambiguous,
    "_nested_tensor_from_mask_left_aligned": masks, "percentFormat": percent, "IntImplicit": one_number, "_pad_enum": padding_enum,
}

QUANTIZED = {  # by the names of quantized:: and _quantized::, the first that is in the name
    "embedding_bag_byte_rowwise_offsets": functools.partial(rowwise, 8), "embedding_bag_4bit_rowwise_offsets": functools.partial(rowwise_ints, 4),
    "embedding_bag_2bit_rowwise_offsets": functools.partial(rowwise_ints, 2), "embedding_bag_byte_unpack": functools.partial(rowwise, 8),
    "embedding_bag_4bit_unpack": functools.partial(rowwise, 4), "embedding_bag_2bit_unpack": functools.partial(rowwise, 2),
    "bit_prepack": float_rows, "byte_prepack": float_rows, "embedding": quantized_tables, "batch_norm1d": functools.partial(quantized_norm, (2, 3)),
    "batch_norm2d": functools.partial(quantized_norm, (4,)), "batch_norm3d": functools.partial(quantized_norm, (5,)),
    "batch_norm": functools.partial(quantized_norm, (2, 3, 4, 5)), "group_norm": quantized_group_norm, "instance_norm": quantized_group_norm,
    "layer_norm": quantized_layer_norm, "max_pool1d": functools.partial(quantized_pool, 1), "max_pool2d": functools.partial(quantized_pool, 2),
    "conv_transpose1d": functools.partial(quantized_conv, 1, True), "conv_transpose2d": functools.partial(quantized_conv, 2, True),
    "conv_transpose3d": functools.partial(quantized_conv, 3, True), "conv1d": functools.partial(quantized_conv, 1),
    "conv2d": functools.partial(quantized_conv, 2), "conv3d": functools.partial(quantized_conv, 3), "linear_dynamic": float_linear,
    "linear_relu_dynamic": float_linear, "fp16": float_linear, "with_input_q": float_linear, "wrapped": float_linear, "linear": quantized_linear,
    "_scalar": quantized_scalar, "mul": quantized_scalar, "add": quantized_scalar,
}


def family(name):
    base = name.split("::")[1].split(".")[0]
    for ending in ("_copy", "_functional"):
        base = base.removesuffix(ending)
    return base if base.startswith("__") else base.removesuffix("_")


def recipe_of(operator):
    name = operator.schema.name
    if "quantized::" in name:
        short = name.split("::")[1]
        return next((r for word, r in QUANTIZED.items() if word in short), None)
    return FAMILIES.get(family(name))


def recipes(operator):
    """Calls for the operator by the names of its arguments: none for most."""
    recipe = recipe_of(operator)
    torch.manual_seed(0)
    yield from recipe() if recipe else ()
