/* Looking into strings: find and its kin, counts, prefixes, strip, replace, slices.
 *
 * Bounds: a negative start or end counts from the back, and -1 as end is the end itself. Where PyTorch's loop
 * does not end (an empty string to count or to replace), the operator refuses. Rules:
 * torch/csrc/jit/runtime/register_prim_ops.cpp. */
#include "ops/text/search.h"

#include <string.h>

#include "ops/common/slice.h"

struct view view_of(const struct string *s) {
    return (struct view){s->bytes, s->length};
}

int64_t view_find(struct view text, struct view part, int64_t from) {
    for (int64_t i = from; i + part.length <= text.length; i++)
        if (part.length == 0 || !memcmp(text.bytes + i, part.bytes, (size_t)part.length)) return i;
    return -1;
}

int64_t view_find_last(struct view text, struct view part, int64_t end) {
    for (int64_t i = end - part.length; i >= 0; i--)
        if (part.length == 0 || !memcmp(text.bytes + i, part.bytes, (size_t)part.length)) return i;
    return -1;
}

static int64_t bound(int64_t at, int64_t length, int64_t past_end) {
    if (at >= 0) return at;
    at += length + past_end;
    return at < 0 ? 0 : at;
}

/* The arguments 2 and 3: int start, int end. */
struct range {
    int64_t start, end;
};
static struct range range_of_call(const struct op_call *c, int64_t length) {
    return (struct range){bound(arg_int(c, 2), length, 0), bound(arg_int(c, 3), length, 1)};
}

/* std::string::substr(start, end - start), a negative count being all the rest. */
static bool substring(const struct op_call *c, struct view text, struct range r, struct view *part) {
    if (r.start > text.length)
        return refuse(c, "basic_string::substr: __pos (which is %lld) > this->size() (which is %lld)",
                      (long long)r.start, (long long)text.length);
    int64_t rest = text.length - r.start, wanted = r.end - r.start;
    part->bytes = text.bytes + r.start;
    part->length = wanted < 0 || wanted > rest ? rest : wanted;
    return true;
}

/* --- find, rfind, index, rindex --- */

static bool find(struct op_call *c, bool last, bool required) {
    struct view text = view_of(arg_string(c, 0)), part = view_of(arg_string(c, 1)), inside = {text.bytes, 0};
    struct range r = range_of_call(c, text.length);
    if (r.end > r.start && !substring(c, text, r, &inside)) return false;
    int64_t at = last ? view_find_last(inside, part, inside.length) : view_find(inside, part, 0);
    if (at < 0 && required) return refuse(c, "ValueError: substring not found");
    return give_int(c, at < 0 ? -1 : at + r.start);
}

bool op_find(struct op_call *c);
bool op_find(struct op_call *c) {
    return find(c, false, false);
}
bool op_rfind(struct op_call *c);
bool op_rfind(struct op_call *c) {
    return find(c, true, false);
}
bool op_index_str(struct op_call *c);
bool op_index_str(struct op_call *c) {
    return find(c, false, true);
}
bool op_rindex(struct op_call *c);
bool op_rindex(struct op_call *c) {
    return find(c, true, true);
}

/* The end bounds where an occurrence begins, not where it ends. */
bool op_count_str(struct op_call *c);
bool op_count_str(struct op_call *c) {
    struct view text = view_of(arg_string(c, 0)), part = view_of(arg_string(c, 1));
    struct range r = range_of_call(c, text.length);
    if (arg_int(c, 2) > text.length) return give_int(c, 0);
    if (part.length == 0 && r.start < r.end) return refuse(c, "ValueError: empty substring");
    int64_t count = 0;
    for (int64_t at = r.start; (at = view_find(text, part, at)) >= 0 && at < r.end; at += part.length)
        count++;
    return give_int(c, count);
}

static bool has_part_at(struct op_call *c, bool at_end) {
    struct view text = {"", 0}, part = view_of(arg_string(c, 1)), whole = view_of(arg_string(c, 0));
    if (!substring(c, whole, range_of_call(c, whole.length), &text)) return false;
    if (part.length > text.length) return give_bool(c, false);
    const char *place = at_end ? text.bytes + (text.length - part.length) : text.bytes;
    return give_bool(c, !memcmp(place, part.bytes, (size_t)part.length));
}
bool op_startswith(struct op_call *c);
bool op_startswith(struct op_call *c) {
    return has_part_at(c, false);
}
bool op_endswith(struct op_call *c);
bool op_endswith(struct op_call *c) {
    return has_part_at(c, true);
}

/* --- strip --- */

static bool strip(struct op_call *c, bool left, bool right) {
    struct view text = view_of(arg_string(c, 0)), chars = view_of(arg_string(c, 1));
    while (left && text.length && memchr(chars.bytes, text.bytes[0], (size_t)chars.length)) {
        text.bytes++;
        text.length--;
    }
    while (right && text.length && memchr(chars.bytes, text.bytes[text.length - 1], (size_t)chars.length))
        text.length--;
    return give_string(c, text.bytes, text.length);
}
bool op_strip(struct op_call *c);
bool op_strip(struct op_call *c) {
    return strip(c, true, true);
}
bool op_lstrip(struct op_call *c);
bool op_lstrip(struct op_call *c) {
    return strip(c, true, false);
}
bool op_rstrip(struct op_call *c);
bool op_rstrip(struct op_call *c) {
    return strip(c, false, true);
}

/* --- replace --- */

/* An empty string is found before each byte of what is there by then: PyTorch looks into its own result. */
static bool replace_nothing(struct op_call *c, struct view text, struct view by, int64_t most) {
    if (most < 0) return refuse(c, "ValueError: an empty string cannot be replaced everywhere");
    if (!repetition_fits(c, by.length, most)) return false;
    struct text t = {0};
    for (int64_t i = 0; i < most; i++) text_put_bytes(&t, by.bytes, (size_t)by.length);
    text_put_bytes(&t, text.bytes, (size_t)text.length);
    return give_text(c, &t);
}

bool op_replace(struct op_call *c);
bool op_replace(struct op_call *c) {
    struct view text = view_of(arg_string(c, 0)), old = view_of(arg_string(c, 1)),
                by = view_of(arg_string(c, 2));
    int64_t most = arg_int(c, 3), done = 0;
    if (old.length == 0) return replace_nothing(c, text, by, most);
    struct text t = {0};
    int64_t rest = 0;
    for (int64_t at; (at = view_find(text, old, rest)) >= 0 && (most < 0 || done < most); done++) {
        text_put_bytes(&t, text.bytes + rest, (size_t)(at - rest));
        text_put_bytes(&t, by.bytes, (size_t)by.length);
        rest = at + old.length;
    }
    text_put_bytes(&t, text.bytes + rest, (size_t)(text.length - rest));
    return give_text(c, &t);
}

/* --- parts by place --- */

bool op_len_str(struct op_call *c);
bool op_len_str(struct op_call *c) {
    return give_int(c, arg_string(c, 0)->length);
}

bool op_getitem_str(struct op_call *c);
bool op_getitem_str(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    int64_t at = arg_int(c, 1) < 0 ? arg_int(c, 1) + s->length : arg_int(c, 1);
    if (at < 0 || at >= s->length)
        return refuse(c, "basic_string::at: __n (which is %llu) >= this->size() (which is %lld)",
                      (unsigned long long)at, (long long)s->length);
    return give_string(c, s->bytes + at, 1);
}

bool op_slice_str(struct op_call *c);
bool op_slice_str(struct op_call *c) {
    const struct string *s = arg_string(c, 0);
    struct slice slice = {0, 1, 0};
    if (!slice_of_call(c, s->length, &slice)) return false;
    struct text t = {0};
    for (int64_t i = 0; i < slice.count; i++) text_put_char(&t, s->bytes[slice.start + i * slice.step]);
    return give_text(c, &t);
}

/* --- padding --- */

static bool pad(struct op_call *c, int64_t before, int64_t after, char fill) {
    const struct string *s = arg_string(c, 0);
    if (!repetition_fits(c, before, 1) || !repetition_fits(c, after, 1)) return false;
    struct text t = {0};
    text_put_repeat(&t, fill, (int)before);
    text_put_bytes(&t, s->bytes, (size_t)s->length);
    text_put_repeat(&t, fill, (int)after);
    return give_text(c, &t);
}

static int64_t padding_of_call(const struct op_call *c) {
    int64_t width = arg_int(c, 1), length = arg_string(c, 0)->length;
    return width > length ? width - length : 0;
}

static bool fill_of_call(const struct op_call *c, char *fill) {
    const struct string *s = arg_string(c, 2);
    if (s->length != 1) return refuse(c, "TypeError: The fill character must be exactly one character long");
    *fill = s->bytes[0];
    return true;
}

bool op_ljust(struct op_call *c);
bool op_ljust(struct op_call *c) {
    char fill = 0;
    return fill_of_call(c, &fill) && pad(c, 0, padding_of_call(c), fill);
}
bool op_rjust(struct op_call *c);
bool op_rjust(struct op_call *c) {
    char fill = 0;
    return fill_of_call(c, &fill) && pad(c, padding_of_call(c), 0, fill);
}
bool op_zfill(struct op_call *c);
bool op_zfill(struct op_call *c) {
    return pad(c, padding_of_call(c), 0, '0');
}
bool op_center(struct op_call *c);
bool op_center(struct op_call *c) {
    char fill = 0;
    if (!fill_of_call(c, &fill)) return false;
    if (arg_int(c, 1) < 0) return refuse(c, "ValueError: the width must not be negative");
    int64_t all = padding_of_call(c), smaller = all / 2, larger = (all + 1) / 2;
    return arg_int(c, 1) % 2 ? pad(c, larger, smaller, fill) : pad(c, smaller, larger, fill);
}
