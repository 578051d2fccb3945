"""What a network from a file may call: operators that turn tensors, numbers and names of modes into tensors and numbers.

Nothing on the list takes a file, a process, another machine or the generator of random numbers that everything else here draws from.
What is not on it is refused, so an operator of a later PyTorch, or of a package that registers its own, has to be added here.
"""

from __future__ import annotations

_ATEN = frozenset(
    # arithmetic and functions of single numbers
    "abs absolute acos acosh add addcdiv addcmul alias angle asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_not"
    " bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max clamp_min clip conj copysign cos cosh deg2rad div divide divmod"
    " erf erfc erfinv exp exp2 expm1 fabs float_power floor floor_divide floordiv fmax fmin fmod frac gcd heaviside hypot i0 lerp lgamma"
    " log log10 log1p log2 logaddexp logaddexp2 logit logical_and logical_not logical_or logical_xor mathremainder maximum minimum mul"
    " multiply nan_to_num neg negative polar positive pow rad2deg real reciprocal remainder round rsqrt rsub sgn sigmoid sign signbit"
    " sin sinc sinh sqrt square sub subtract tan tanh true_divide trunc xlogy"
    # comparisons
    " allclose eq equal ge greater greater_equal gt isclose isfinite isin isinf isnan isneginf isposinf le less less_equal lt ne"
    " not_equal"
    # over axes
    " all amax amin aminmax any argmax argmin argsort bincount bucketize count_nonzero cummax cummin cumprod cumsum diff dist histc"
    " kthvalue logcumsumexp logsumexp max mean median min mode msort nanmean nanmedian nanquantile nansum nonzero norm norm_except_dim"
    " frobenius_norm linalg_norm linalg_vector_norm linalg_matrix_norm prod quantile searchsorted sort std std_mean sum topk trapezoid"
    " unique_consecutive unique_dim _unique2 var var_mean"
    # products
    " addbmm addmm addmv addr baddbmm bilinear bmm cdist chain_matmul cosine_similarity cross dot einsum inner kron linear matmul"
    " matrix_power mm mv outer pairwise_distance tensordot _trilinear vdot linalg_cross linalg_det linalg_inv linalg_matmul"
    " linalg_multi_dot linalg_solve inverse det"
    # networks
    " _adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d"
    " adaptive_max_pool2d adaptive_max_pool3d affine_grid_generator alpha_dropout avg_pool1d avg_pool2d avg_pool3d batch_norm"
    " _batch_norm_impl_index _batch_norm_no_update celu channel_shuffle constant_pad_nd conv1d conv2d conv3d conv_tbc conv_transpose1d"
    " conv_transpose2d conv_transpose3d _convolution _convolution_mode convolution dropout elu embedding embedding_bag _embedding_bag"
    " feature_alpha_dropout feature_dropout gelu glu grid_sampler grid_sampler_2d grid_sampler_3d group_norm gru gru_cell hardshrink"
    " hardsigmoid hardswish hardtanh im2col col2im instance_norm layer_norm leaky_relu log_sigmoid log_sigmoid_forward log_softmax"
    " _log_softmax lstm lstm_cell max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d"
    " max_pool3d_with_indices max_unpool2d max_unpool3d mish native_batch_norm _native_batch_norm_legit"
    " _native_batch_norm_legit_functional _native_batch_norm_legit_no_training native_channel_shuffle native_dropout native_group_norm"
    " native_layer_norm _native_multi_head_attention native_norm one_hot pad _pad_circular _pad_enum pixel_shuffle pixel_unshuffle prelu"
    " _prelu_kernel reflection_pad1d reflection_pad2d reflection_pad3d relu relu6 replication_pad1d replication_pad2d replication_pad3d"
    " rms_norm _fused_rms_norm rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell rrelu scaled_dot_product_attention _fused_sdp_choice"
    " _scaled_dot_product_attention_math _scaled_dot_product_efficient_attention _scaled_dot_product_flash_attention"
    " _scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_cudnn_attention _safe_softmax selu silu softmax _softmax softplus"
    " softshrink threshold _transform_bias_rescale_qkv _transformer_encoder_layer_fwd unfold upsample_bicubic2d _upsample_bicubic2d_aa"
    " upsample_bilinear2d _upsample_bilinear2d_aa upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d"
    " _upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d _upsample_lanczos2d_aa upsample_trilinear3d"
    " __interpolate __upsample"
    " __upsample_bilinear __upsample_nearest _weight_norm _weight_norm_interface"
    # losses, which saved training code mentions
    " binary_cross_entropy binary_cross_entropy_with_logits cross_entropy_loss kl_div l1_loss mse_loss nll_loss nll_loss2d nll_loss_nd"
    " huber_loss smooth_l1_loss"
    # frequencies
    " complex fft_fft fft_fft2 fft_fftn fft_fftshift fft_ifft fft_ifft2 fft_ifftn fft_ifftshift fft_irfft fft_irfft2 fft_irfftn fft_rfft"
    " fft_rfft2 fft_rfftn imag istft stft view_as_complex view_as_real hamming_window hann_window"
    # shapes and places
    " adjoint argwhere as_strided atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors broadcast_to cat chunk clone"
    " column_stack concat concatenate contiguous copy detach diag diag_embed diagonal diagonal_scatter dstack expand expand_as fill"
    " flatten flip fliplr flipud gather hstack index index_add index_copy index_fill index_put index_reduce index_select lift lift_fresh"
    " mH mT masked_fill masked_scatter masked_select matrix_H meshgrid moveaxis movedim narrow numpy_T pad_sequence permute put ravel"
    " repeat repeat_interleave reshape reshape_as _reshape_alias resolve_conj resolve_neg roll rot90 row_stack scatter scatter_add"
    " scatter_reduce select select_scatter slice slice_scatter split split_with_sizes squeeze stack swapaxes swapdims t take"
    " take_along_dim tensor_split tile trace transpose tril tril_indices triu triu_indices unbind unflatten unsafe_chunk _unsafe_index"
    " _unsafe_index_put unsafe_split unsafe_split_with_sizes _unsafe_view unsqueeze view view_as vsplit hsplit dsplit vstack where zero"
    # new tensors
    " arange as_tensor bernoulli empty empty_like empty_permuted empty_strided eye full full_like linspace logspace new_empty"
    " new_empty_strided new_full new_ones new_zeros normal ones ones_like rand rand_like randint randint_like randn randn_like randperm"
    " scalar_tensor tensor _list_to_tensor uniform zeros zeros_like multinomial"
    # types, devices and facts
    " _autocast_to_full_precision _autocast_to_reduced_precision _cast_Byte _cast_Char _cast_Double _cast_Float _cast_Half _cast_Int"
    " _cast_Long _cast_Short can_cast cpu cuda data dequantize dim element_size fake_quantize_per_channel_affine"
    " fake_quantize_per_tensor_affine get_device int_repr is_autocast_cpu_enabled is_autocast_enabled is_complex is_contiguous"
    " is_floating_point is_grad_enabled is_inference is_leaf is_nonzero is_same_size is_scripting is_signed item _local_scalar_dense"
    " numel promote_types quantize_per_channel quantize_per_tensor result_type _shape_as_tensor size storage_offset stride sym_numel"
    " sym_size sym_storage_offset sym_stride to to_dense _to_copy type_as get_autocast_dtype device has_torch_function"
    " _has_compatible_shallow_copy_type set_grad_enabled"
    # numbers, lists, dicts and texts
    " Bool Complex ComplexImplicit Delete Float FloatImplicit Int IntImplicit ScalarImplicit Size append __and__ clear __contains__ copy"
    " count degrees __derive_index dict endswith extend factorial find format gamma __getitem__ get hash insert __is__ __isnot__ items"
    " join keys len list lower __lshift__ __not__ __or__ ord pop popitem radians __range_length remove replace reverse"
    " __round_to_zero_floordiv __rshift__ _set_item setdefault sorted startswith str strip _tensor_to_list _unwrap_optional update upper"
    " values __xor__ index"
    # what a program asserts, and what it says on the way, which is left out
    " _assert_async _assert_scalar _assert_tensor_metadata _functional_assert_async sym_constrain_range sym_constrain_range_for_size"
    " warn".split()
)
_PRIM = frozenset(
    "CallFunction CallMethod Constant ConstantChunk CreateObject DictConstruct DictIndex Enter EnumName EnumValue Exit GetAttr If"
    " IfThenElse ListConstruct ListUnpack Loop ModuleContainerIndex NumToTensor RaiseException SetAttr StringIndex TupleConstruct"
    " TupleIndex TupleSlice TupleUnpack Uninitialized abs data device dtype index is_cpu is_cuda is_meta is_mps is_nested is_quantized"
    " is_sparse is_xla is_xpu isinstance itemsize layout max min nbytes rangelist requires_grad shape tolist type unchecked_cast"
    " unchecked_unwrap_optional".split()
)
_KNOWN = {"aten": _ATEN, "prim": _PRIM}


def is_allowed(operator: str) -> bool:
    """Whether a network from a file may call ``namespace::name``; in place, or as a copy of a view, where it may without."""
    namespace, _, name = operator.partition("::")
    names = _KNOWN.get(namespace, frozenset())
    if name.startswith("__"):
        return name in names
    return bool({name, name.removesuffix("_"), name.removesuffix("_copy")} & names)
