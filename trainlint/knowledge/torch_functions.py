"""Tensor functions: ``torch.*``, ``torch.nn.functional.*``, ``torch.special.*`` and the methods of ``torch.Tensor``.

Functions and methods about which no rule asks share the meaning *none*: they are listed so that the trace knows that
they touch neither model nor optimizer.
"""

from __future__ import annotations

from typing import Any

from trainlint.knowledge.schema import Entry, entry, same

_F = "torch.nn.functional."
_T = "torch.Tensor."

_NONE = entry("operation", op="none")
_NEW = entry("operation", op="none", creates=True)
_RANDOM = entry("operation", op="none", creates=True, random=True)
_CUT = entry("operation", op="none", cuts=True)
_NUMBER = entry("operation", op="none", cuts=True, gives="number")


def _both(names: str, op: str, params: str = "", **traits: Any) -> dict[str, Entry]:
    """An operation that is a function of torch and a method of tensors."""
    return {
        **same(names, entry("operation", ("input " + params).strip(), op=op, **traits), "torch."),
        **same(names, entry("operation", params, op=op, **traits), _T),
    }


_ACTIVATIONS: dict[str, Entry] = {
    **_both("softmax", "softmax", "dim dtype", dim="dim"),
    **_both("log_softmax", "log_softmax", "dim dtype", dim="dim"),
    _F + "softmax": entry("operation", "input dim", {"dim": None}, op="softmax", dim="dim"),
    _F + "softmin": entry("operation", "input dim", {"dim": None}, op="softmax", dim="dim"),
    _F + "log_softmax": entry("operation", "input dim", {"dim": None}, op="log_softmax", dim="dim"),
    "torch.special.softmax": entry("operation", "input dim", op="softmax", dim="dim"),
    "torch.special.log_softmax": entry("operation", "input dim", op="log_softmax", dim="dim"),
    **_both("sigmoid sigmoid_", "sigmoid"),
    **same("expit", entry("operation", "input", op="sigmoid"), "torch.special."),
    _F + "sigmoid": entry("operation", "input", op="sigmoid"),
    _F + "hardsigmoid": entry("operation", "input inplace", op="sigmoid"),
    _F + "logsigmoid": entry("operation", "input", op="logsigmoid"),
    **_both("relu relu_", "relu"),
    **same("relu relu6", entry("operation", "input inplace", op="relu"), _F),
    _F + "relu_": entry("operation", "input", op="relu"),
    **_both("tanh tanh_", "tanh"),
    _F + "tanh": entry("operation", "input", op="tanh"),
    _F + "hardtanh": entry("operation", "input min_val max_val inplace", op="tanh"),
    _F + "softplus": entry("operation", "input beta threshold", op="softplus"),
    **_both("exp exp_ exp2 exp2_", "exp"),
    **_both("log log_ log2 log2_ log10 log10_ log1p log1p_", "log"),
    **_both("abs abs_ absolute", "abs"),
    _T + "absolute_": entry("operation", op="abs"),
    **_both("clamp clamp_ clip clip_", "clamp", "min max"),
    **_both("clamp_min clamp_min_", "clamp", "min"),
    **_both("clamp_max clamp_max_", "clamp", "max"),
}

# F.dropout and its kin drop unless told otherwise, the alpha variants do the opposite, torch.dropout has no default.
_ON: dict[str, Any] = {"p": 0.5, "training": True}
_OFF: dict[str, Any] = {"p": 0.5, "training": False}
_DROPOUTS: dict[str, Entry] = {
    **same(
        "dropout dropout1d dropout2d dropout3d",
        entry("operation", "input p training inplace", _ON, op="dropout", random=True),
        _F,
    ),
    **same(
        "alpha_dropout feature_alpha_dropout",
        entry("operation", "input p training inplace", _OFF, op="dropout", random=True),
        _F,
    ),
    **same(
        "dropout dropout_ alpha_dropout feature_dropout feature_alpha_dropout",
        entry("operation", "input p train", op="dropout", random=True),
        "torch.",
    ),
}

_STEPS: dict[str, Entry] = {
    **_both("argmax argmin argsort", "argmax", "dim", dim="dim"),
    **_both("round round_ floor floor_ ceil ceil_ trunc trunc_ fix fix_", "round"),
    **_both("sign sgn signbit", "sign"),
    **same("sign_ sgn_", entry("operation", op="sign"), _T),
    **_both("heaviside", "sign", "values"),
    **_both(
        "eq ne lt le gt ge equal not_equal less less_equal greater greater_equal isclose allclose", "compare", "other"
    ),
    **_both("logical_and logical_or logical_xor", "compare", "other"),
    **_both("logical_not isnan isinf isfinite", "compare"),
    "torch.isin": entry("operation", "elements test_elements", op="compare"),
}

_CUTS: dict[str, Entry] = {
    **same("detach detach_", _CUT, _T),
    **same("detach detach_", entry("operation", "input", op="none", cuts=True), "torch."),
    **same("item tolist", _NUMBER, _T),
    _T + "numpy": _CUT,
    **same("tensor as_tensor asarray", entry("operation", "data dtype device requires_grad", op="none"), "torch."),
    # torch.tensor copies the numbers alone; as_tensor and asarray keep a tensor as it is.
    "torch.tensor": entry("operation", "data", {"requires_grad": False}, op="none", cuts=True),
    "torch.from_numpy": entry("operation", "ndarray", op="none", cuts=True),
    "torch.autograd.Variable": entry("operation", "data requires_grad volatile", op="none"),
    **same(
        "Tensor FloatTensor DoubleTensor HalfTensor LongTensor IntTensor ShortTensor ByteTensor BoolTensor",
        entry("operation", "data", op="none", cuts=True),
        "torch.",
    ),
    **same(
        "FloatTensor DoubleTensor HalfTensor LongTensor IntTensor ByteTensor BoolTensor",
        entry("operation", "data", op="none", cuts=True),
        "torch.cuda.",
    ),
}

_CREATED: dict[str, Entry] = {
    **same(
        "zeros ones empty full eye arange range zeros_like ones_like empty_like full_like"
        " tril_indices triu_indices scalar_tensor empty_strided hann_window hamming_window blackman_window"
        " bartlett_window kaiser_window",
        _NEW,
        "torch.",
    ),
    **same("linspace logspace", entry("operation", op="none", creates=True, spaced=True), "torch."),
    **same("new new_zeros new_ones new_full new_empty", _NEW, _T),
    _T + "new_tensor": _CUT,
    **same("rand randn randint rand_like randn_like randint_like randperm normal", _RANDOM, "torch."),
    **same("bernoulli multinomial poisson binomial", entry("operation", "input", op="none", random=True), "torch."),
    **same("bernoulli multinomial", entry("operation", op="none", random=True), _T),
    _F + "gumbel_softmax": entry(
        "operation", "logits tau hard eps dim", {"tau": 1, "hard": False, "dim": -1}, op="none", dim="dim", random=True
    ),
}

# Fill a tensor in place; on a weight they are its initialisation.
_FILLS: dict[str, Entry] = {
    **same("zero_", entry("init", constant=True), _T),
    **same("fill_", entry("init", "value", constant="value"), _T),
    **same("normal_", entry("init", "mean std"), _T),
    **same("uniform_", entry("init", "from to"), _T),
    **same("bernoulli_ cauchy_ exponential_ geometric_ log_normal_ random_", entry("init"), _T),
}

_PLAIN = (
    "add addbmm addcdiv addcmul addmm addmv addr adjoint all amax amin aminmax angle any arccos arccosh arcsin"
    " arcsinh arctan arctan2 arctanh as_strided acos acosh asin asinh atan atan2 atanh baddbmm bincount bitwise_and"
    " bitwise_not bitwise_or bitwise_xor bmm broadcast_to cholesky chunk clone copysign corrcoef cos cosh"
    " count_nonzero cov cross cummax cummin cumprod cumsum deg2rad det diag diag_embed diagflat diagonal diff"
    " digamma dist div divide dot dsplit erf erfc erfinv expm1 flatten flip fliplr flipud float_power floor_divide"
    " fmax fmin fmod frac gather histc histogram hsplit hypot index_add index_copy index_fill index_put index_select"
    " inner inverse is_complex is_floating_point is_nonzero isreal istft kron kthvalue lerp lgamma logaddexp"
    " logcumsumexp logdet logit logsumexp masked_fill masked_scatter masked_select matmul matrix_exp matrix_power"
    " max maximum mean median min minimum mm mode moveaxis movedim mul multiply mv nan_to_num nanmean nanmedian"
    " nanquantile nansum narrow neg negative nonzero norm numel outer permute pinverse pow prod qr quantile rad2deg"
    " ravel reciprocal remainder renorm repeat_interleave reshape roll rot90 rsqrt scatter scatter_add"
    " scatter_reduce select sin sinc sinh slogdet sort split split_with_sizes sqrt square squeeze std stft sub"
    " subtract sum svd swapaxes swapdims t take take_along_dim tan tensor_split tile topk trace transpose tril triu"
    " true_divide unbind unflatten unique unique_consecutive unsafe_chunk unsqueeze var vdot vsplit where xlogy"
)

_FUNCTIONS_ONLY = (
    "atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors bucketize cartesian_prod cat cdist"
    " chain_matmul column_stack combinations complex concat concatenate conv1d conv2d conv3d conv_transpose1d"
    " conv_transpose2d conv_transpose3d cosine_similarity dstack einsum embedding group_norm hstack instance_norm"
    " layer_norm meshgrid pairwise_distance pdist pixel_shuffle pixel_unshuffle polar prelu real imag rms_norm"
    " row_stack rsub searchsorted selu stack std_mean tensordot trapezoid trapz var_mean view_as_complex view_as_real"
    " vstack gradient logspace celu batch_norm bilinear adaptive_avg_pool1d avg_pool1d max_pool1d max_pool2d max_pool3d"
    " svd_lowrank pca_lowrank cumulative_trapezoid nanmean vander"
)

_METHODS_ONLY = (
    "bfloat16 bool byte char contiguous copy_ cpu cuda data_ptr dim double element_size expand expand_as float"
    " get_device half index_add_ index_copy_ index_fill_ index_put_ int is_contiguous long map_ masked_fill_"
    " masked_scatter_ ndimension nelement new_empty_strided pin_memory put_ register_hook repeat requires_grad_"
    " reshape_as resize_ resize_as_ retain_grad scatter_ scatter_add_ set_ share_memory_ short size storage stride"
    " sum_to_size to to_dense to_sparse type type_as unfold untyped_storage view view_as values indices add_ sub_"
    " mul_ div_ pow_ neg_ sqrt_ rsqrt_ reciprocal_ squeeze_ unsqueeze_ transpose_ t_ lerp_ addcmul_ addcdiv_"
    " remainder_ renorm_ tril_ triu_ fill_diagonal_ nan_to_num_ erf_ erfinv_ cos_ sin_ square_ logical_not_ eq_ ne_"
    " lt_ gt_ le_ ge_"
)

_F_ONLY = (
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d"
    " adaptive_max_pool3d affine_grid avg_pool1d avg_pool2d avg_pool3d bilinear celu channel_shuffle conv1d conv2d"
    " conv3d conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity elu elu_ embedding embedding_bag"
    " fold fractional_max_pool2d gelu glu grid_sample group_norm hardshrink hardswish instance_norm interpolate"
    " layer_norm leaky_relu leaky_relu_ linear local_response_norm lp_pool1d lp_pool2d max_pool1d max_pool2d"
    " max_pool3d max_unpool1d max_unpool2d max_unpool3d mish normalize one_hot pad pairwise_distance pdist"
    " pixel_shuffle pixel_unshuffle prelu rms_norm selu silu softshrink softsign tanhshrink threshold unfold"
    " upsample upsample_bilinear upsample_nearest"
)

_ATTENTION = "query key value attn_mask dropout_p is_causal"

_LINALG = (
    "norm vector_norm matrix_norm inv pinv svd svdvals qr eig eigh eigvals eigvalsh cholesky solve lstsq det slogdet"
    " matrix_rank matrix_exp matrix_power cross multi_dot cond"
)

TABLE: dict[str, Entry] = {
    **same(_PLAIN, _NONE, "torch."),
    **same(_PLAIN, _NONE, _T),
    **same(_FUNCTIONS_ONLY, _NONE, "torch."),
    **same(_METHODS_ONLY, _NONE, _T),
    **same(_F_ONLY, _NONE, _F),
    **same(_LINALG, _NONE, "torch.linalg."),
    **same("fft ifft fft2 ifft2 fftn ifftn rfft irfft rfft2 irfft2 fftshift ifftshift fftfreq", _NONE, "torch.fft."),
    **same("logit erf erfc xlogy entr gammaln digamma log1p exp2 logsumexp", _NONE, "torch.special."),
    _F + "batch_norm": entry(
        "operation", "input running_mean running_var weight bias training momentum eps", {"training": False}, op="none"
    ),
    # Unlike F.dropout it is off unless dropout_p is given, and knows no training mode.
    _F + "scaled_dot_product_attention": entry(
        "operation", _ATTENTION, {"dropout_p": 0.0, "is_causal": False}, op="none", masks={"attn_mask": 3}
    ),
    _F + "multi_head_attention_forward": entry("operation", "query key value", {"training": True}, op="none"),
    _F + "rrelu": entry("operation", "input lower upper training inplace", {"training": False}, op="none", random=True),
    **_ACTIVATIONS,
    **_DROPOUTS,
    **_STEPS,
    **_CUTS,
    **_CREATED,
    **_FILLS,
    _T + "backward": entry(
        "backward",
        "gradient retain_graph create_graph inputs",
        {"retain_graph": None, "create_graph": False},
        via="tensor",
    ),
}
