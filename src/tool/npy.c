/* NumPy's files: .npy to a tensor and back, .npz as a folder of those (a zip, stored or deflated).
 * The format is numpy/lib/format.py's, versions 1 to 3. Object arrays are refused. */
#include "inputs.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MAX_DIMS = 32 };

static const struct {
    const char *code;
    lb_dtype dtype;
} dtypes[] = {
    {"b1", LB_BOOL8},   {"u1", LB_UINT8},     {"i1", LB_INT8},        {"i2", LB_INT16},
    {"i4", LB_INT32},   {"i8", LB_INT64},     {"f2", LB_FLOAT16},     {"f4", LB_FLOAT32},
    {"f8", LB_FLOAT64}, {"c8", LB_COMPLEX64}, {"c16", LB_COMPLEX128},
};
enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

typedef struct npy {
    lb_dtype dtype;
    bool swapped, fortran;
    int ndim;
    int64_t sizes[MAX_DIMS];
    const char *data;
    size_t bytes;
} npy;

static unsigned little(const char *at, int bytes) {
    unsigned value = 0;
    for (int i = 0; i < bytes; i++) value |= (unsigned)(unsigned char)at[i] << (8 * i);
    return value;
}

static bool read_dtype(const char *header, npy *to) {
    const char *at = strstr(header, "'descr':");
    at = at ? strchr(at + 8, '\'') : NULL;
    if (!at || !strchr("<>|=", at[1])) return false;
    to->swapped = at[1] == '>';
    for (int i = 0; i < DTYPES; i++) {
        size_t n = strlen(dtypes[i].code);
        if (strncmp(at + 2, dtypes[i].code, n) != 0 || at[2 + n] != '\'') continue;
        to->dtype = dtypes[i].dtype;
        return true;
    }
    return false;
}

static bool read_shape(const char *header, npy *to) {
    const char *at = strstr(header, "'shape':");
    at = at ? strchr(at, '(') : NULL;
    int64_t count = (int64_t)lb_dtype_size(to->dtype);
    if (!at) return false;
    for (at++; *at != ')' && to->ndim < MAX_DIMS; at += strspn(at, ", ")) {
        char *end;
        long long size = strtoll(at, &end, 10);
        if (end == at || size < 0 || __builtin_mul_overflow(count, size, &count)) return false;
        to->sizes[to->ndim++] = size;
        at = end;
    }
    return *at == ')' && (size_t)count <= to->bytes;
}

static bool read_header(const char *bytes, size_t length, npy *to) {
    if (length < 12 || memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] < 1 || bytes[6] > 3) return false;
    size_t start = bytes[6] == 1 ? 10 : 12, size = little(bytes + 8, (int)start - 8);
    if (size > length - start) return false;
    char *header = tool_format("%.*s", (int)size, bytes + start);
    to->data = bytes + start + size;
    to->bytes = length - start - size;
    to->fortran = strstr(header, "'fortran_order': True") != NULL;
    bool ok = read_dtype(header, to) && read_shape(header, to);
    free(header);
    return ok;
}

static void swap_items(char *data, size_t bytes, size_t item) {
    for (char *at = data; at + item <= data + bytes; at += item)
        for (size_t i = 0; i < item / 2; i++) {
            char kept = at[i];
            at[i] = at[item - 1 - i];
            at[item - 1 - i] = kept;
        }
}

static lb_value *from_strides(const npy *array, void *data, lb_error *err) {
    int64_t strides[MAX_DIMS], next = 1;
    for (int d = 0; d < array->ndim; d++) {
        strides[d] = next;
        next *= array->sizes[d] > 0 ? array->sizes[d] : 1;
    }
    lb_value *view =
        lb_tensor_borrow(array->dtype, array->ndim, array->sizes, strides, data, NULL, NULL, err);
    lb_value *made = view ? lb_tensor_to(view, array->dtype, err) : NULL;
    lb_value_free(view);
    return made;
}

lb_value *npy_read(const char *bytes, size_t length, lb_error *err) {
    npy array = {0};
    if (!read_header(bytes, length, &array)) return input_refused("no .npy of a known dtype");
    if (!array.swapped && !array.fortran)
        return lb_tensor_from(array.dtype, array.ndim, array.sizes, array.data, err);
    bool complex = array.dtype == LB_COMPLEX64 || array.dtype == LB_COMPLEX128;
    char *copy = memcpy(tool_alloc(array.bytes), array.data, array.bytes);
    if (array.swapped) swap_items(copy, array.bytes, lb_dtype_size(array.dtype) / (complex ? 2 : 1));
    lb_value *made = array.fortran ? from_strides(&array, copy, err)
                                   : lb_tensor_from(array.dtype, array.ndim, array.sizes, copy, err);
    free(copy);
    return made;
}

/* ---- Writing ---- */

static const char *code_of(lb_dtype dtype) {
    for (int i = 0; i < DTYPES; i++)
        if (dtypes[i].dtype == dtype) return dtypes[i].code;
    return NULL;
}

static char *shape_text(const lb_value *tensor) {
    char *text = tool_format("%s", "");
    for (int d = 0; d < lb_tensor_ndim(tensor); d++) {
        char *longer = tool_format("%s%lld, ", text, (long long)lb_tensor_sizes(tensor)[d]);
        free(text);
        text = longer;
    }
    return text;
}

bool npy_write(const char *path, const lb_value *tensor, lb_error *err) {
    lb_dtype dtype = code_of(lb_tensor_dtype(tensor)) ? lb_tensor_dtype(tensor) : LB_FLOAT32;
    lb_value *flat = lb_tensor_to(tensor, dtype, err);
    if (!flat) return false;
    const char *code = code_of(dtype);
    char *shape = shape_text(tensor);
    char *header = tool_format("{'descr': '%c%s', 'fortran_order': False, 'shape': (%s), }",
                               code[1] == '1' && !code[2] ? '|' : '<', code, shape);
    int padding = 64 - (int)((10 + strlen(header) + 1) % 64);
    unsigned size = (unsigned)strlen(header) + (unsigned)padding + 1;
    FILE *file = fopen(path, "wb");
    bool ok = file &&
              fprintf(file, "\x93NUMPY%c%c%c%c%s%*s\n", 1, 0, size & 255, size >> 8, header, padding, "") > 0;
    size_t bytes = (size_t)lb_tensor_numel(flat) * lb_dtype_size(dtype);
    ok = ok && fwrite(lb_tensor_data(flat), 1, bytes, file) == bytes;
    if (file && fclose(file) != 0) ok = false;
    if (!ok) output_error("%s: can't write", path);
    free(header);
    free(shape);
    lb_value_free(flat);
    return ok;
}

/* ---- .npz ---- */

typedef struct record {
    const char *name, *data;
    size_t name_length, packed, size;
    unsigned method;
} record;

/* The central directory's entry at *at (an offset), with its data found and checked. Moves *at behind the
 * entry. */
static bool next_record(const char *bytes, size_t length, size_t *at, record *to) {
    const char *entry = bytes + *at;
    if (*at + 46 > length || little(entry, 4) != 0x02014b50) return false;
    size_t local = little(entry + 42, 4), extra = little(entry + 30, 2) + little(entry + 32, 2);
    *to = (record){.name = entry + 46,
                   .name_length = little(entry + 28, 2),
                   .packed = little(entry + 20, 4),
                   .size = little(entry + 24, 4),
                   .method = little(entry + 10, 2)};
    *at += 46 + to->name_length + extra;
    if (*at > length || local + 30 > length) return false;
    size_t start = local + 30 + little(bytes + local + 26, 2) + little(bytes + local + 28, 2);
    to->data = bytes + start;
    return start <= length && to->packed <= length - start;
}

static char *unpack(const record *from) {
    enum { MOST = 1 << 30, RATIO = 1100 }; /* deflate can't do better than 1032 to 1 */
    if (from->method == 0)
        return from->packed == from->size ? memcpy(tool_alloc(from->size), from->data, from->size) : NULL;
    if (from->method != 8 || from->size > MOST || from->size / RATIO > from->packed) return NULL;
    char *to = tool_alloc(from->size);
    z_stream z = {.next_in = (Bytef *)from->data,
                  .avail_in = (uInt)from->packed,
                  .next_out = (Bytef *)to,
                  .avail_out = (uInt)from->size};
    bool ok =
        inflateInit2(&z, -MAX_WBITS) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0;
    inflateEnd(&z);
    if (ok) return to;
    free(to);
    return NULL;
}

static bool visit_record(const record *found, npz_visit visit, void *user, lb_error *err) {
    char *bytes = unpack(found);
    lb_value *array = bytes ? npy_read(bytes, found->size, err) : NULL;
    free(bytes);
    if (!array) return false;
    size_t stem = found->name_length > 4 ? found->name_length - 4 : found->name_length;
    char *name = tool_format("%.*s", (int)stem, found->name);
    bool ok = visit(user, name, array);
    free(name);
    return ok;
}

bool npz_read(const char *bytes, size_t length, npz_visit visit, void *user, lb_error *err) {
    size_t end = length >= 22 ? length - 22 : 0;
    while (end > 0 && little(bytes + end, 4) != 0x06054b50) end--;
    if (end == 0) return input_refused("no .npz") != NULL;
    unsigned count = little(bytes + end + 10, 2);
    size_t at = little(bytes + end + 16, 4);
    for (unsigned i = 0; i < count; i++) {
        record found;
        if (!next_record(bytes, length, &at, &found) || !visit_record(&found, visit, user, err))
            return input_refused(".npz: array %u can't be read", i) != NULL;
    }
    return true;
}
