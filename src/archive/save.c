/* torch.save: one pickle of protocol 2 and a record for each storage (torch/serialization.py). Nothing is
 * memoized but storages, which readers allow. */
#include "archive/save.h"
#include "archive/zip_write.h"
#include "base/table.h"
#include "tensor/layouts.h"
#include "value/print.h"
#include <string.h>

enum { MAX_DEPTH = 500 };

struct saver {
    struct text pickle;
    struct table keys; /* storage -> its number + 1 */
    ARRAY_OF(const struct storage *) storages;
    struct arena memory;
    int depth;
    lb_error *err;
};

static bool put_value(struct saver *s, lb_value v);

static void put_number(struct saver *s, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++) text_put_char(&s->pickle, (char)(v >> 8 * i));
}

static void put_int(struct saver *s, int64_t v) {
    bool small = v >= INT32_MIN && v <= INT32_MAX;
    text_put(&s->pickle, small ? "J" : "\x8a\x08");
    put_number(s, (uint64_t)v, small ? 4 : 8);
}

static void put_float(struct saver *s, double f) {
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    text_put_char(&s->pickle, 'G');
    put_number(s, __builtin_bswap64(bits), 8);
}

static void put_string(struct saver *s, const char *bytes, int64_t length) {
    text_put_char(&s->pickle, 'X');
    put_number(s, (uint64_t)length, 4);
    text_put_bytes(&s->pickle, bytes, (size_t)length);
}

static void put_dims(struct saver *s, const int64_t *dims, int count) {
    text_put_char(&s->pickle, '(');
    for (int i = 0; i < count; i++) put_int(s, dims[i]);
    text_put_char(&s->pickle, 't');
}

/* The storage's number, given at its first use; -1 when memory is out. */
static int storage_key(struct saver *s, const struct storage *storage) {
    uintptr_t found = (uintptr_t)table_get(&s->keys, storage);
    if (found) return (int)found - 1;
    int key = s->storages.count;
    if (!array_push_in(&s->memory, &s->storages, storage)) return -1;
    return table_set(&s->keys, storage, (void *)(uintptr_t)(key + 1)) ? key : -1;
}

static bool put_storage(struct saver *s, const struct tensor *t) {
    const struct dtype_facts *facts = &dtype_table[t->dtype];
    int key = storage_key(s, t->storage);
    if (key < 0) return error_memory(s->err);
    char text[16];
    int length = snprintf(text, sizeof text, "%d", key);
    text_put_char(&s->pickle, '(');
    put_string(s, "storage", 7);
    text_printf(&s->pickle, "ctorch\n%s\n", facts->storage_name);
    put_string(s, text, length);
    put_string(s, "cpu", 3);
    put_int(s, (int64_t)(t->storage->bytes / facts->size));
    text_put(&s->pickle, "tQ");
    return true;
}

static void put_scheme(struct saver *s, const struct quantizer *q) {
    text_put(&s->pickle, "(ctorch\nper_tensor_affine\n");
    put_float(s, q->scales[0]);
    put_int(s, q->zero_points[0]);
    text_put_char(&s->pickle, 't');
}

static bool put_tensor(struct saver *s, const struct tensor *t);

/* (layout, (parts..., size[, is_coalesced])) of a sparse tensor (torch/_tensor.py, __reduce_ex__). */
static bool put_sparse(struct saver *s, const struct tensor *t) {
    static const char *const names[] = {"",
                                        "torch.sparse_coo",
                                        "torch.sparse_csr",
                                        "",
                                        "torch.sparse_csc",
                                        "torch.sparse_bsr",
                                        "torch.sparse_bsc"};
    const char *name = names[t->layout];
    bool coo = t->layout == LAYOUT_SPARSE_COO;
    text_put(&s->pickle, "ctorch._utils\n_rebuild_sparse_tensor\n(ctorch.serialization\n_get_layout\n");
    put_string(s, name, (int64_t)strlen(name));
    text_put(&s->pickle, "\x85R(");
    for (int i = 0; i < (coo ? 2 : 3); i++)
        if (!put_tensor(s, t->parts[i])) return false;
    text_put(&s->pickle, "ctorch\nSize\n");
    put_dims(s, t->sizes, t->ndim);
    text_put(&s->pickle, "\x85R");
    if (coo) text_put_char(&s->pickle, t->flags & TENSOR_COALESCED ? '\x88' : '\x89');
    text_put(&s->pickle, "ttR");
    return true;
}

/* (buffer, sizes, strides, offsets) */
static bool put_nested(struct saver *s, const struct tensor *t) {
    struct tensor *buffer = nested_buffer((struct tensor *)(uintptr_t)t, s->err);
    if (!buffer) return false;
    text_put(&s->pickle, "ctorch._utils\n_rebuild_nested_tensor\n(");
    bool good = put_tensor(s, buffer);
    for (int i = 0; good && i < 3; i++) good = put_tensor(s, t->parts[i]);
    text_put(&s->pickle, "tR");
    tensor_release(buffer);
    return good;
}

static bool put_tensor(struct saver *s, const struct tensor *t) {
    if (tensor_is_sparse(t)) return put_sparse(s, t);
    if (tensor_is_nested(t)) return put_nested(s, t);
    if (t->layout != LAYOUT_STRIDED || (t->quantizer && t->quantizer->per_channel))
        return error_set(s->err, LB_ERROR_UNSUPPORTED, "per-channel quantized tensors can't be written yet");
    text_printf(&s->pickle, "ctorch._utils\n%s\n(", t->quantizer ? "_rebuild_qtensor" : "_rebuild_tensor_v2");
    if (!put_storage(s, t)) return false;
    put_int(s, t->offset);
    put_dims(s, t->sizes, t->ndim);
    put_dims(s, t->strides, t->ndim);
    if (t->quantizer) put_scheme(s, t->quantizer);
    text_put_char(&s->pickle, '\x89'); /* requires_grad */
    text_put(&s->pickle, "ccollections\nOrderedDict\n)RtR");
    return true;
}

static bool put_items(struct saver *s, const lb_value *items, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!put_value(s, items[i])) return false;
    return true;
}

static bool put_dict(struct saver *s, const struct dict *d) {
    text_put(&s->pickle, "}(");
    int64_t at = 0;
    for (struct dict_entry *e; (e = dict_next(d, &at));)
        if (!put_value(s, e->key) || !put_value(s, e->value)) return false;
    text_put_char(&s->pickle, 'u');
    return true;
}

static bool put_container(struct saver *s, lb_value v) {
    if (++s->depth > MAX_DEPTH)
        return error_set(s->err, LB_ERROR_LIMIT, "the value is nested more than %d deep", MAX_DEPTH);
    bool good;
    if (v.tag == VALUE_DICT) {
        good = put_dict(s, v.dict);
    } else {
        bool list = v.tag == VALUE_LIST;
        text_put(&s->pickle, list ? "](" : "(");
        good =
            list ? put_items(s, v.list->items, v.list->count) : put_items(s, v.tuple->items, v.tuple->count);
        text_put_char(&s->pickle, list ? 'e' : 't');
    }
    s->depth--;
    return good;
}

static void put_complex(struct saver *s, const struct complex_value *c) {
    text_put(&s->pickle, "cbuiltins\ncomplex\n");
    put_float(s, c->re);
    put_float(s, c->im);
    text_put(&s->pickle, "\x86R");
}

static void put_device(struct saver *s, struct device device) {
    struct text name = {0};
    value_put_device(&name, device);
    put_string(s, text_get(&name), (int64_t)name.length);
    s->pickle.failed |= name.failed;
    text_free(&name);
}

static bool put_value(struct saver *s, lb_value v) {
    switch (v.tag) {
    case VALUE_BOOL: text_put_char(&s->pickle, v.i ? '\x88' : '\x89'); return true;
    case VALUE_INT: put_int(s, v.i); return true;
    case VALUE_FLOAT: put_float(s, v.f); return true;
    case VALUE_COMPLEX: put_complex(s, v.complex); return true;
    case VALUE_STRING: put_string(s, v.string->bytes, v.string->length); return true;
    case VALUE_DEVICE: put_device(s, v.device); return true;
    case VALUE_TENSOR: return put_tensor(s, v.tensor);
    case VALUE_LIST:
    case VALUE_TUPLE:
    case VALUE_DICT: return put_container(s, v);
    case VALUE_ENUM: return put_value(s, v.enumeration->value);
    default: text_put_char(&s->pickle, 'N'); return true;
    }
}

static bool write_records(struct saver *s, struct zip_writer *w) {
    if (s->pickle.failed) return error_memory(s->err);
    bool good = zip_writer_add(w, "data.pkl", s->pickle.data, s->pickle.length) &&
                zip_writer_add(w, ".format_version", "1", 1) &&
                zip_writer_add(w, ".storage_alignment", "64", 2) &&
                zip_writer_add(w, "byteorder", "little", 6);
    for (int i = 0; good && i < s->storages.count; i++) {
        char name[32];
        snprintf(name, sizeof name, "data/%d", i);
        good = zip_writer_add(w, name, s->storages.items[i]->data, s->storages.items[i]->bytes);
    }
    return good && zip_writer_add(w, "version", "3\n", 2);
}

bool save_value(const char *path, lb_value value, lb_error *err) {
    struct saver s = {.err = err};
    struct zip_writer w;
    text_put(&s.pickle, "\x80\x02");
    bool good = put_value(&s, value);
    text_put_char(&s.pickle, '.');
    if (good) {
        good = zip_writer_open(&w, path, err) && write_records(&s, &w);
        good = zip_writer_close(&w, good);
    }
    text_free(&s.pickle);
    table_free(&s.keys);
    arena_free(&s.memory);
    return good;
}
