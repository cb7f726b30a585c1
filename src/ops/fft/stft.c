/* Short-time Fourier transforms: stft, and istft, which adds the frames up again.
 *
 * A signal becomes frames of n_fft points, hop apart, each times the window (in its middle where it is
 * shorter); every frame is transformed. Rules: aten/src/ATen/native/SpectralOps.cpp. Everything is computed
 * in double. */
#include <math.h>
#include <string.h>

#include "ops/common/compose.h"
#include "ops/common/give.h"
#include "ops/fft/spectral.h"
#include "ops/fft/transform.h"

struct frames {
    int64_t n_fft, hop, win;
    int64_t batch, length, count; /* of signals, of points, of frames in each */
    bool one_side, complex_result;
    enum spectral_scale scale;
    enum dtype real;                /* the result's precision */
    struct tensor *signal, *window; /* complex double, contiguous; the window has n_fft points */
};

static fft_complex *points(const struct tensor *t) {
    return tensor_data(t);
}

static struct tensor *new_complex(struct op_call *c, int ndim, const int64_t *sizes) {
    struct tensor *t = tensor_new(DTYPE_COMPLEX128, ndim, sizes, c->cx->budget, c->err);
    if (t) memset(tensor_data(t), 0, (size_t)t->numel * sizeof(fft_complex));
    return t;
}

static struct tensor *as_complex(struct op_call *c, struct tensor *t) {
    struct tensor *plain = tensor_contiguous(t, c->cx->budget, c->err);
    struct tensor *result = plain ? tensor_convert(plain, DTYPE_COMPLEX128, c->cx->budget, c->err) : NULL;
    tensor_release(plain);
    return result;
}

static bool is_complex(const struct tensor *t) {
    return t && dtype_is_complex(tensor_dtype(t));
}

static enum dtype real_of(const struct tensor *t) {
    enum dtype d = tensor_dtype(t);
    return dtype_is_complex(d) ? dtype_real(d) : d;
}

/* The window in the middle of n_fft points; ones where there is none. */
static bool read_window(struct op_call *c, struct frames *f, struct tensor *window) {
    f->window = new_complex(c, 1, &f->n_fft);
    struct tensor *given = f->window && window ? as_complex(c, window) : NULL;
    if (!f->window || (window && !given)) return false;
    int64_t left = (f->n_fft - f->win) / 2;
    for (int64_t i = 0; i < f->win; i++) points(f->window)[left + i] = given ? points(given)[i] : 1;
    tensor_release(given);
    return true;
}

static bool read_sizes(struct op_call *c, struct frames *f, const struct tensor *window) {
    f->n_fft = arg_int(c, 1);
    f->hop = arg_int_or(c, 2, f->n_fft / 4);
    f->win = arg_int_or(c, 3, f->n_fft);
    if (f->n_fft <= 0 || f->n_fft > 1 << 30)
        return refuse(c, "expected 0 < n_fft, but got n_fft=%lld", (long long)f->n_fft);
    if (f->hop <= 0) return refuse(c, "expected hop_length > 0, but got hop_length=%lld", (long long)f->hop);
    if (f->win <= 0 || f->win > f->n_fft)
        return refuse(c, "expected 0 < win_length <= n_fft, but got win_length=%lld", (long long)f->win);
    if (window && (window->ndim != 1 || window->sizes[0] != f->win))
        return refuse(c, "expected a 1D window tensor of size equal to win_length=%lld", (long long)f->win);
    return true;
}

/* --- stft --- */

/* Where point i of a padded signal comes from; -1: it is zero. */
static int64_t padded_place(int64_t i, int64_t length, const char *mode) {
    if (i >= 0 && i < length) return i;
    if (!strcmp(mode, "reflect")) return i < 0 ? -i : 2 * (length - 1) - i;
    if (!strcmp(mode, "replicate")) return i < 0 ? 0 : length - 1;
    if (!strcmp(mode, "circular")) return (i % length + length) % length;
    return -1;
}

static bool check_pad(struct op_call *c, int64_t pad, int64_t length, const char *mode) {
    bool reflect = !strcmp(mode, "reflect"), circular = !strcmp(mode, "circular");
    if (!reflect && !circular && strcmp(mode, "replicate") && strcmp(mode, "constant"))
        return refuse(c, "Unrecognised padding mode %s", mode);
    if (reflect && pad >= length)
        return refuse(c,
                      "Argument #4: Padding size should be less than the corresponding input dimension, but "
                      "got: padding "
                      "(%lld, %lld) at dimension 2 of input [1, 1, %lld]",
                      (long long)pad, (long long)pad, (long long)length);
    return length > 0 && !(circular && pad > length)
               ? true
               : refuse(c, "Padding value causes wrapping around more than once.");
}

/* frames[b, k, i] = signal[b, k hop + i - pad] window[i] */
static struct tensor *cut_frames(struct op_call *c, const struct frames *f, int64_t pad, const char *mode) {
    struct tensor *out = new_complex(c, 3, (const int64_t[]){f->batch, f->count, f->n_fft});
    for (int64_t b = 0; out && b < f->batch; b++)
        for (int64_t k = 0; k < f->count; k++)
            for (int64_t i = 0; i < f->n_fft; i++) {
                int64_t at = padded_place(k * f->hop + i - pad, f->length, mode);
                fft_complex point = at < 0 ? 0 : points(f->signal)[b * f->length + at];
                points(out)[(b * f->count + k) * f->n_fft + i] = point * points(f->window)[i];
            }
    return out;
}

/* [batch, frames, frequencies] as PyTorch gives it: frequencies before frames, no batch for one signal. */
static bool give_spectrum(struct op_call *c, const struct frames *f, struct tensor *spectrum,
                          bool one_signal) {
    struct compose k = compose_start(c);
    compose_own(&k, spectrum);
    struct tensor *t = compose_own(
        &k, spectrum ? tensor_convert(spectrum, dtype_complex(f->real), c->cx->budget, c->err) : NULL);
    t = compose_run(&k, "aten::transpose.int", "tdd", t, 1, 2);
    if (one_signal) t = compose_run(&k, "aten::squeeze.dim", "td", t, 0);
    if (!f->complex_result) t = compose_run(&k, "aten::view_as_real", "t", t);
    return compose_give(&k, t);
}

static bool transform_frames(struct op_call *c, const struct frames *f, int64_t pad, const char *mode) {
    struct spectral s = {.count = 1, .dims = {2}, .sizes = {f->n_fft}, .forward = true, .scale = f->scale};
    struct tensor *cut = cut_frames(c, f, pad, mode);
    struct tensor *full = cut ? spectral_complex(c, cut, &s) : NULL;
    tensor_release(cut);
    struct tensor *spectrum = full && f->one_side ? spectral_one_side(c, full, 2) : full;
    if (spectrum != full) tensor_release(full);
    return spectrum && give_spectrum(c, f, spectrum, arg_tensor(c, 0)->ndim == 1);
}

/* The arguments behind `window`, which stand `at` on: normalized, onesided, return_complex. */
static bool read_result(struct op_call *c, struct frames *f, int at, const struct tensor *window) {
    struct tensor *self = arg_tensor(c, 0);
    bool complex_input = is_complex(self) || is_complex(window);
    f->scale = arg_bool(c, at) ? SCALE_BY_ROOT : SCALE_NONE;
    f->one_side = arg_none(c, at + 1) ? !complex_input : arg_bool(c, at + 1);
    if (f->one_side && complex_input)
        return refuse(c, "Cannot have onesided output if window or input is complex");
    if (arg_none(c, at + 2) && !complex_input)
        return refuse(
            c,
            "stft requires the return_complex parameter be given for real inputs, and will further require "
            "that return_complex=True in a future PyTorch release.");
    f->complex_result = arg_none(c, at + 2) || arg_bool(c, at + 2);
    f->real = window ? dtype_promote(real_of(self), real_of(window)) : real_of(self);
    return true;
}

static bool run_stft(struct op_call *c, struct frames *f, int at, bool center, const char *mode) {
    struct tensor *self = arg_tensor(c, 0), *window = arg_tensor_or_null(c, 4);
    enum dtype d = tensor_dtype(self);
    if (!dtype_is_floating(d) && !dtype_is_complex(d))
        return refuse(c, "expected a tensor of floating point or complex values");
    if (self->ndim != 1 && self->ndim != 2) return refuse(c, "expected a 1D or 2D tensor");
    if (!read_sizes(c, f, window) || !read_result(c, f, at, window)) return false;
    f->batch = self->ndim == 2 ? self->sizes[0] : 1;
    f->length = self->sizes[self->ndim - 1];
    bool aligned =
        !center && !arg_none(c, at + 3) && arg_bool(c, at + 3); /* the window's ends, not the frame's */
    int64_t pad = center ? f->n_fft / 2 : aligned ? (f->n_fft - f->win) / 2 : 0, padded = f->length + 2 * pad;
    if (center && !check_pad(c, pad, f->length, mode)) return false;
    if (f->n_fft > padded)
        return refuse(c, "expected 0 < n_fft < %lld, but got n_fft=%lld", (long long)padded,
                      (long long)f->n_fft);
    if (f->batch == 0)
        return refuse(c, "MKL FFT error: Intel oneMKL DFTI ERROR: Inconsistent configuration parameters");
    f->count = 1 + (padded - f->n_fft) / f->hop;
    f->signal = as_complex(c, self);
    return f->signal && read_window(c, f, window) && transform_frames(c, f, pad, mode);
}

static void release_frames(struct frames *f) {
    tensor_release(f->signal);
    tensor_release(f->window);
}

bool fft_stft(struct op_call *c);
bool fft_stft(struct op_call *c) {
    struct frames f = {0};
    bool good = run_stft(c, &f, 5, false, "constant");
    release_frames(&f);
    return good;
}

bool fft_stft_center(struct op_call *c);
bool fft_stft_center(struct op_call *c) {
    struct frames f = {0};
    if (arg_bool(c, 5) && !arg_none(c, 10))
        return refuse(c, "stft align_to_window should only be set when center = false.");
    bool good = run_stft(c, &f, 7, arg_bool(c, 5), arg_string(c, 6)->bytes);
    release_frames(&f);
    return good;
}

/* --- istft: the spectrum is [batch,] frequencies, frames --- */

/* [batch, frames, n_fft] points, complex double, from the spectrum in f->signal. */
static struct tensor *inverse_frames(struct op_call *c, const struct frames *f, int64_t frequencies) {
    struct tensor *turned = new_complex(c, 3, (const int64_t[]){f->batch, f->count, frequencies});
    for (int64_t b = 0; turned && b < f->batch; b++)
        for (int64_t q = 0; q < frequencies; q++)
            for (int64_t k = 0; k < f->count; k++)
                points(turned)[(b * f->count + k) * frequencies + q] =
                    points(f->signal)[(b * frequencies + q) * f->count + k];
    struct spectral s = {.count = 1, .dims = {2}, .sizes = {f->n_fft}, .forward = false, .scale = f->scale};
    struct tensor *result = NULL;
    if (turned)
        result = f->complex_result ? spectral_complex(c, turned, &s) : spectral_to_real(c, turned, &s);
    tensor_release(turned);
    if (!result || f->complex_result) return result;
    struct tensor *widened = tensor_convert(result, DTYPE_COMPLEX128, c->cx->budget, c->err);
    tensor_release(result);
    return widened;
}

/* Adds the frames of one signal, each times the window, and divides by the sum of the squared windows. */
static bool add_up(struct op_call *c, const struct frames *f, const fft_complex *in, fft_complex *out,
                   int64_t start, int64_t wanted, int64_t total) {
    for (int64_t i = 0; i < wanted && start + i < total; i++) {
        int64_t at = start + i, first = at < f->n_fft ? 0 : (at - f->n_fft) / f->hop + 1;
        fft_complex sum = 0, weight = 0;
        for (int64_t k = first; k < f->count && k * f->hop <= at; k++) {
            fft_complex w = points(f->window)[at - k * f->hop];
            sum += in[k * f->n_fft + at - k * f->hop] * w;
            weight += w * w;
        }
        if (!(__real__ weight > 1e-11 || __real__ weight < -1e-11))
            return refuse(c, "window overlap add min: 1");
        out[i] = sum / weight;
    }
    return true;
}

static bool give_signals(struct op_call *c, const struct frames *f, struct tensor *frames, int64_t start,
                         int64_t wanted, bool one_signal) {
    int64_t total = f->n_fft + f->hop * (f->count - 1);
    struct tensor *out = new_complex(c, 2, (const int64_t[]){f->batch, wanted});
    bool good = out && frames;
    for (int64_t b = 0; good && b < f->batch; b++)
        good = add_up(c, f, points(frames) + b * f->count * f->n_fft, points(out) + b * wanted, start, wanted,
                      total);
    if (!good) {
        tensor_release(out);
        return false;
    }
    struct compose k = compose_start(c);
    struct tensor *t = compose_own(&k, out);
    t = compose_own(
        &k, tensor_convert(t, f->complex_result ? dtype_complex(f->real) : f->real, c->cx->budget, c->err));
    if (one_signal) t = compose_run(&k, "aten::squeeze.dim", "td", t, 0);
    return compose_give(&k, t);
}

static bool run_istft(struct op_call *c, struct frames *f) {
    struct tensor *self = arg_tensor(c, 0), *window = arg_tensor_or_null(c, 4);
    bool center = arg_bool(c, 5), one_signal = self->ndim == 2;
    if (!is_complex(self))
        return refuse(c, "istft requires a complex-valued input tensor matching the output from stft with "
                         "return_complex=True.");
    if (self->ndim != 2 && self->ndim != 3)
        return refuse(c, "expected a tensor with 3 or 4 dimensions, but got %d", self->ndim + 1);
    if (self->numel == 0) return refuse(c, "input tensor cannot be empty.");
    if (!read_sizes(c, f, window)) return false;
    if (f->hop > f->win) return refuse(c, "expected 0 < hop_length <= win_length");
    int64_t frequencies = self->sizes[self->ndim - 2];
    f->scale = arg_bool(c, 6) ? SCALE_BY_ROOT : SCALE_BY_COUNT;
    f->one_side = arg_none(c, 7) ? frequencies != f->n_fft : arg_bool(c, 7);
    f->complex_result = arg_bool(c, 9);
    if (f->one_side ? frequencies != f->n_fft / 2 + 1 : frequencies != f->n_fft)
        return refuse(
            c,
            "expected the frequency dimension (3rd to the last) of the input tensor to match n_fft%s when "
            "onesided=%s, but got %lld",
            f->one_side ? " / 2 + 1" : "", f->one_side ? "True" : "False", (long long)frequencies);
    if (f->one_side && (f->complex_result || is_complex(window)))
        return refuse(c, "Cannot have onesided output if window or input is complex");
    f->batch = one_signal ? 1 : self->sizes[0];
    f->count = self->sizes[self->ndim - 1];
    f->real = window ? dtype_promote(real_of(self), real_of(window)) : real_of(self);
    int64_t start = center ? f->n_fft / 2 : 0, total = f->n_fft + f->hop * (f->count - 1);
    int64_t wanted = arg_int_or(c, 8, total - 2 * start);
    if (wanted < 0 || wanted > (int64_t)1 << 40) return refuse(c, "length must be positive");
    f->signal = as_complex(c, self);
    if (!f->signal || !read_window(c, f, window)) return false;
    struct tensor *frames = inverse_frames(c, f, frequencies);
    bool good = give_signals(c, f, frames, start, wanted, one_signal);
    tensor_release(frames);
    return good;
}

bool fft_istft(struct op_call *c);
bool fft_istft(struct op_call *c) {
    struct frames f = {0};
    bool good = run_istft(c, &f);
    release_frames(&f);
    return good;
}
