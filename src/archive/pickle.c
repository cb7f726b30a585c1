/* The pickle machine; see pickle.h. One function an opcode, a table from opcode to function. */
#include "archive/pickle.h"
#include <stdio.h>
#include <string.h>

struct machine {
    struct arena *memory;
    const char *record;
    const uint8_t *bytes;
    size_t length, at;
    ARRAY_OF(struct pickle_node *) stack;
    struct memo_slot {
        uint64_t key; /* memo number + 1; 0: empty */
        struct pickle_node *node;
    } * memo;
    uint32_t memo_count, memo_mask;
    lb_error *err;
};

typedef bool (*opcode)(struct machine *m);

static bool bad(struct machine *m, const char *what) {
    return error_set(m->err, LB_ERROR_FORMAT, "%s: pickle: %s at offset %zu", m->record, what, m->at);
}

static bool take(struct machine *m, size_t bytes, const uint8_t **data) {
    if (bytes > m->length - m->at) return bad(m, "a length reaches past the end of the record");
    *data = m->bytes + m->at;
    m->at += bytes;
    return true;
}

static uint64_t little(const uint8_t *p, int bytes) {
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v |= (uint64_t)p[i] << 8 * i;
    return v;
}

static bool take_number(struct machine *m, int bytes, uint64_t *v) {
    const uint8_t *p = NULL;
    if (!take(m, (size_t)bytes, &p)) return false;
    *v = little(p, bytes);
    return true;
}

static struct pickle_node *new_node(struct machine *m, enum pickle_kind kind) {
    struct pickle_node *n = arena_new(m->memory, struct pickle_node);
    if (!n) {
        error_memory(m->err);
        return NULL;
    }
    n->kind = (uint8_t)kind;
    n->offset = (uint32_t)(m->at > UINT32_MAX ? UINT32_MAX : m->at);
    return n;
}

static bool push(struct machine *m, struct pickle_node *n) {
    return n && (array_push_in(m->memory, &m->stack, n) || error_memory(m->err));
}

static struct pickle_node *pop(struct machine *m) {
    if (m->stack.count == 0 || m->stack.items[m->stack.count - 1]->kind == PICKLE_MARK) {
        bad(m, "the stack is empty");
        return NULL;
    }
    return m->stack.items[--m->stack.count];
}

static struct pickle_node *top(struct machine *m, enum pickle_kind kind, const char *what) {
    struct pickle_node *n = m->stack.count ? m->stack.items[m->stack.count - 1] : NULL;
    if (n && n->kind == kind) return n;
    bad(m, what);
    return NULL;
}

static bool add_item(struct machine *m, struct pickle_node *to, struct pickle_node *item) {
    return array_push_in(m->memory, &to->items, item) || error_memory(m->err);
}

/* The index of the innermost mark, -1 without one. */
static int find_mark(struct machine *m) {
    for (int i = m->stack.count; i-- > 0;)
        if (m->stack.items[i]->kind == PICKLE_MARK) return i;
    bad(m, "an opcode wants a mark and there is none");
    return -1;
}

/* Moves what stands above the mark into `to`, and takes the mark away. */
static bool collect(struct machine *m, int mark, struct pickle_node *to) {
    for (int i = mark + 1; i < m->stack.count; i++)
        if (!add_item(m, to, m->stack.items[i])) return false;
    m->stack.count = mark;
    return true;
}

/* ---- constants ---- */

static bool do_none(struct machine *m) {
    return push(m, new_node(m, PICKLE_NONE));
}

static bool push_int(struct machine *m, enum pickle_kind kind, int64_t value) {
    struct pickle_node *n = new_node(m, kind);
    if (n) n->i = value;
    return push(m, n);
}

static bool do_true(struct machine *m) {
    return push_int(m, PICKLE_BOOL, 1);
}
static bool do_false(struct machine *m) {
    return push_int(m, PICKLE_BOOL, 0);
}
static bool do_int1(struct machine *m) {
    uint64_t v;
    return take_number(m, 1, &v) && push_int(m, PICKLE_INT, (int64_t)v);
}
static bool do_int2(struct machine *m) {
    uint64_t v;
    return take_number(m, 2, &v) && push_int(m, PICKLE_INT, (int64_t)v);
}
static bool do_int4(struct machine *m) {
    uint64_t v;
    return take_number(m, 4, &v) && push_int(m, PICKLE_INT, (int32_t)(uint32_t)v);
}

/* LONG1: a count and that many bytes, two's complement. */
static bool do_long1(struct machine *m) {
    uint64_t count;
    const uint8_t *p = NULL;
    if (!take_number(m, 1, &count)) return false;
    if (count > 8) return bad(m, "an integer of more than 8 bytes");
    if (!take(m, (size_t)count, &p)) return false;
    uint64_t v = little(p, (int)count);
    if (count && count < 8 && p[count - 1] & 0x80) v |= ~(uint64_t)0 << 8 * count;
    return push_int(m, PICKLE_INT, (int64_t)v);
}

static bool do_float(struct machine *m) {
    const uint8_t *p = NULL;
    if (!take(m, 8, &p)) return false;
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) bits = bits << 8 | p[i];
    struct pickle_node *n = new_node(m, PICKLE_FLOAT);
    if (n) memcpy(&n->f, &bits, sizeof bits);
    return push(m, n);
}

static bool push_text(struct machine *m, int length_bytes) {
    uint64_t length;
    const uint8_t *p = NULL;
    if (!take_number(m, length_bytes, &length)) return false;
    if (length > UINT32_MAX) return bad(m, "a string longer than 4 GiB");
    if (!take(m, (size_t)length, &p)) return false;
    struct pickle_node *n = new_node(m, PICKLE_STRING);
    if (!n) return false;
    n->text = (const char *)p;
    n->length = (uint32_t)length;
    return push(m, n);
}
static bool do_text4(struct machine *m) {
    return push_text(m, 4);
}
static bool do_text8(struct machine *m) {
    return push_text(m, 8);
}
static bool do_text1(struct machine *m) {
    return push_text(m, 1);
}

/* ---- containers ---- */

static bool do_mark(struct machine *m) {
    return push(m, new_node(m, PICKLE_MARK));
}
static bool do_empty_tuple(struct machine *m) {
    return push(m, new_node(m, PICKLE_TUPLE));
}
static bool do_empty_list(struct machine *m) {
    return push(m, new_node(m, PICKLE_LIST));
}
static bool do_empty_dict(struct machine *m) {
    return push(m, new_node(m, PICKLE_DICT));
}

static bool do_tuple(struct machine *m) {
    int mark = find_mark(m);
    struct pickle_node *n = mark < 0 ? NULL : new_node(m, PICKLE_TUPLE);
    return n && collect(m, mark, n) && push(m, n);
}

static bool push_tuple(struct machine *m, int count) {
    struct pickle_node *items[3], *n = new_node(m, PICKLE_TUPLE);
    if (!n) return false;
    for (int i = count; i-- > 0;)
        if (!(items[i] = pop(m))) return false;
    for (int i = 0; i < count; i++)
        if (!add_item(m, n, items[i])) return false;
    return push(m, n);
}
static bool do_tuple1(struct machine *m) {
    return push_tuple(m, 1);
}
static bool do_tuple2(struct machine *m) {
    return push_tuple(m, 2);
}
static bool do_tuple3(struct machine *m) {
    return push_tuple(m, 3);
}

static bool do_append(struct machine *m) {
    struct pickle_node *item = pop(m);
    struct pickle_node *list = item ? top(m, PICKLE_LIST, "APPEND to what is no list") : NULL;
    return list && add_item(m, list, item);
}

/* What stands above the mark goes into the list or dict below it. */
static bool extend(struct machine *m, enum pickle_kind kind, const char *what) {
    int mark = find_mark(m);
    if (mark < 0) return false;
    struct pickle_node *to = mark ? m->stack.items[mark - 1] : NULL;
    if (!to || to->kind != kind) return bad(m, what);
    if (kind == PICKLE_DICT && (m->stack.count - mark - 1) % 2)
        return bad(m, "SETITEMS with a key that has no value");
    return collect(m, mark, to);
}
static bool do_appends(struct machine *m) {
    return extend(m, PICKLE_LIST, "APPENDS to what is no list");
}
static bool do_set_items(struct machine *m) {
    return extend(m, PICKLE_DICT, "SETITEMS on what is no dict");
}

static bool do_set_item(struct machine *m) {
    struct pickle_node *value = pop(m), *key = value ? pop(m) : NULL;
    struct pickle_node *dict = key ? top(m, PICKLE_DICT, "SETITEM on what is no dict") : NULL;
    return dict && add_item(m, dict, key) && add_item(m, dict, value);
}

static bool do_pop(struct machine *m) {
    return pop(m) != NULL;
}

/* ---- memo ---- */

static struct memo_slot *memo_slot(struct machine *m, uint64_t number) {
    uint32_t at = (uint32_t)(number * 0x9e3779b97f4a7c15u >> 32) & m->memo_mask;
    while (m->memo[at].key && m->memo[at].key != number + 1) at = (at + 1) & m->memo_mask;
    return &m->memo[at];
}

static bool grow_memo(struct machine *m) {
    struct memo_slot *old = m->memo;
    uint32_t size = old ? m->memo_mask + 1 : 0, larger = size ? size * 2 : 64;
    m->memo = arena_array(m->memory, struct memo_slot, larger);
    if (!m->memo) return error_memory(m->err);
    m->memo_mask = larger - 1;
    for (uint32_t i = 0; i < size; i++)
        if (old[i].key) *memo_slot(m, old[i].key - 1) = old[i];
    return true;
}

static bool put(struct machine *m, int bytes) {
    uint64_t number;
    if (!take_number(m, bytes, &number)) return false;
    struct pickle_node *n = m->stack.count ? m->stack.items[m->stack.count - 1] : NULL;
    if (!n || n->kind == PICKLE_MARK) return bad(m, "a memo of nothing");
    if ((!m->memo || m->memo_count * 2 > m->memo_mask) && !grow_memo(m)) return false;
    struct memo_slot *slot = memo_slot(m, number);
    m->memo_count += slot->key == 0;
    *slot = (struct memo_slot){number + 1, n};
    return true;
}
static bool do_put1(struct machine *m) {
    return put(m, 1);
}
static bool do_put4(struct machine *m) {
    return put(m, 4);
}

static bool get(struct machine *m, int bytes) {
    uint64_t number;
    if (!take_number(m, bytes, &number)) return false;
    struct memo_slot *slot = m->memo ? memo_slot(m, number) : NULL;
    if (!slot || !slot->key) return bad(m, "a memo number that was never put");
    return push(m, slot->node);
}
static bool do_get1(struct machine *m) {
    return get(m, 1);
}
static bool do_get4(struct machine *m) {
    return get(m, 4);
}

/* ---- globals, calls, objects ---- */

static const struct known_global {
    const char *name; /* module, space, name */
    uint8_t global;
} known_globals[] = {
    {"torch.jit._pickle build_intlist", GLOBAL_BUILD_INTLIST},
    {"torch.jit._pickle build_doublelist", GLOBAL_BUILD_DOUBLELIST},
    {"torch.jit._pickle build_boollist", GLOBAL_BUILD_BOOLLIST},
    {"torch.jit._pickle build_tensorlist", GLOBAL_BUILD_TENSORLIST},
    {"torch.jit._pickle build_tensor_from_id", GLOBAL_BUILD_TENSOR_FROM_ID},
    {"torch.jit._pickle restore_type_tag", GLOBAL_RESTORE_TYPE_TAG},
    {"torch._utils _rebuild_tensor_v2", GLOBAL_REBUILD_TENSOR_V2},
    {"torch._utils _rebuild_tensor_v3", GLOBAL_REBUILD_TENSOR_V3},
    {"torch._utils _rebuild_meta_tensor_no_storage", GLOBAL_REBUILD_META},
    {"torch._utils _rebuild_nested_tensor", GLOBAL_REBUILD_NESTED},
    {"torch.serialization _get_layout", GLOBAL_GET_LAYOUT},
    {"torch.storage UntypedStorage", GLOBAL_STORAGE},
    {"torch._utils _rebuild_qtensor", GLOBAL_REBUILD_QTENSOR},
    {"torch._utils _rebuild_sparse_tensor", GLOBAL_REBUILD_SPARSE_TENSOR},
    {"torch._utils _rebuild_parameter", GLOBAL_REBUILD_PARAMETER},
    {"collections OrderedDict", GLOBAL_ORDERED_DICT},
    {"builtins complex", GLOBAL_COMPLEX},
    {"__builtin__ complex", GLOBAL_COMPLEX},
    {"torch device", GLOBAL_DEVICE},
    {"torch Size", GLOBAL_SIZE},
    {"torch per_tensor_affine", GLOBAL_QSCHEME_TENSOR},
    {"torch per_channel_affine", GLOBAL_QSCHEME_CHANNEL},
    {"torch per_channel_affine_float_qparams", GLOBAL_QSCHEME_CHANNEL_FLOAT},
};

static bool text_is(const char *text, size_t length, const char *other) {
    return strlen(other) == length && !memcmp(text, other, length);
}

static bool classify(struct pickle_node *n, const char *text, size_t length) {
    for (size_t i = 0; i < sizeof known_globals / sizeof *known_globals; i++)
        if (text_is(text, length, known_globals[i].name)) {
            n->global = known_globals[i].global;
            n->dtype = -1;
            return true;
        }
    if (length > 6 && !memcmp(text, "torch ", 6)) {
        enum dtype dtype = dtype_of_name(text + 6, length - 6);
        n->dtype = (int16_t)dtype;
        n->global = length > 13 && !memcmp(text + length - 7, "Storage", 7) ? GLOBAL_STORAGE : GLOBAL_DTYPE;
        return dtype != DTYPE_NONE;
    }
    n->global = GLOBAL_CLASS;
    return length > 9 && !memcmp(text, "__torch__", 9) && (text[9] == '.' || text[9] == ' ');
}

static bool is_plain_ascii(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~') return false;
    return true;
}

static bool take_line(struct machine *m, const char **text, size_t *length) {
    const uint8_t *end = memchr(m->bytes + m->at, '\n', m->length - m->at);
    if (!end) return bad(m, "a global's name without end of line");
    *text = (const char *)m->bytes + m->at;
    *length = (size_t)(end - m->bytes) - m->at;
    m->at += *length + 1;
    return *length <= 4096 && is_plain_ascii(*text, *length)
               ? true
               : bad(m, "a global's name is too long or not plain text");
}

static bool do_global(struct machine *m) {
    const char *module, *name;
    size_t module_length, name_length;
    struct pickle_node *n = new_node(m, PICKLE_GLOBAL);
    if (!n || !take_line(m, &module, &module_length) || !take_line(m, &name, &name_length)) return false;
    char *text = arena_printf(m->memory, "%.*s %.*s", (int)module_length, module, (int)name_length, name);
    if (!text) return error_memory(m->err);
    n->text = text;
    n->length = (uint32_t)(module_length + 1 + name_length);
    if (!classify(n, text, n->length))
        return error_set(m->err, LB_ERROR_FORMAT,
                         "%s: pickle: the global '%s.%s' at offset %u is none that a TorchScript archive "
                         "holds; nothing was called",
                         m->record, (text[module_length] = 0, text), text + module_length + 1, n->offset);
    text[module_length] = '.';
    return push(m, n);
}

static bool push_pair(struct machine *m, enum pickle_kind kind, struct pickle_node *a,
                      struct pickle_node *b) {
    struct pickle_node *n = new_node(m, kind);
    return n && add_item(m, n, a) && (!b || add_item(m, n, b)) && push(m, n);
}

static bool do_reduce(struct machine *m) {
    struct pickle_node *argument = pop(m), *callee = argument ? pop(m) : NULL;
    if (!callee) return false;
    if (callee->kind != PICKLE_GLOBAL) return bad(m, "REDUCE of what is no global");
    if (callee->global == GLOBAL_ORDERED_DICT) return push(m, new_node(m, PICKLE_DICT));
    return push_pair(m, PICKLE_CALL, callee, argument);
}

static bool do_new_object(struct machine *m) {
    struct pickle_node *arguments = pop(m), *class = arguments ? pop(m) : NULL;
    if (!class) return false;
    if (class->kind != PICKLE_GLOBAL || class->global != GLOBAL_CLASS || arguments->kind != PICKLE_TUPLE ||
        arguments->items.count)
        return bad(m, "NEWOBJ of what is no class of the archive");
    return push_pair(m, PICKLE_OBJECT, class, NULL);
}

/* State of an object; of a tensor or dict Python may write an empty state, which says nothing. */
static bool do_build(struct machine *m) {
    struct pickle_node *state = pop(m),
                       *n = state && m->stack.count ? m->stack.items[m->stack.count - 1] : NULL;
    if (!n) return state ? bad(m, "BUILD of nothing") : false;
    if (n->kind == PICKLE_DICT && state->kind == PICKLE_DICT)
        return true; /* attributes of an OrderedDict, e.g. _metadata */
    if (n->kind != PICKLE_OBJECT || n->state) return bad(m, "BUILD of what is no new object");
    n->state = state;
    return true;
}

static bool do_persistent(struct machine *m) {
    struct pickle_node *id = pop(m);
    return id && push_pair(m, PICKLE_PERSISTENT, id, NULL);
}

static bool do_protocol(struct machine *m) {
    uint64_t version;
    if (!take_number(m, 1, &version)) return false;
    return version == 2 || version == 3 ? true : bad(m, "a pickle protocol other than 2");
}

static const opcode opcodes[256] = {
    [0x80] = do_protocol,  ['N'] = do_none,        [0x88] = do_true,  [0x89] = do_false,
    ['K'] = do_int1,       ['M'] = do_int2,        ['J'] = do_int4,   [0x8a] = do_long1,
    ['G'] = do_float,      ['X'] = do_text4,       [0x8d] = do_text8, [0x8c] = do_text1,
    ['U'] = do_text1,      ['T'] = do_text4,       ['('] = do_mark,   [')'] = do_empty_tuple,
    [']'] = do_empty_list, ['}'] = do_empty_dict,  ['t'] = do_tuple,  [0x85] = do_tuple1,
    [0x86] = do_tuple2,    [0x87] = do_tuple3,     ['a'] = do_append, ['e'] = do_appends,
    ['s'] = do_set_item,   ['u'] = do_set_items,   ['0'] = do_pop,    ['q'] = do_put1,
    ['r'] = do_put4,       ['h'] = do_get1,        ['j'] = do_get4,   ['c'] = do_global,
    ['R'] = do_reduce,     [0x81] = do_new_object, ['b'] = do_build,  ['Q'] = do_persistent,
};

static struct pickle_node *run(struct machine *m) {
    while (m->at < m->length) {
        uint8_t code = m->bytes[m->at++];
        if (code == '.') {
            if (m->stack.count == 1) return pop(m);
            bad(m, "STOP with other than one value on the stack");
            return NULL;
        }
        if (!opcodes[code]) {
            error_set(m->err, LB_ERROR_FORMAT,
                      "%s: pickle: opcode 0x%02x at offset %zu is none that torch writes", m->record, code,
                      m->at - 1);
            return NULL;
        }
        if (!opcodes[code](m)) return NULL;
    }
    bad(m, "the record ends without STOP");
    return NULL;
}

struct pickle_node *pickle_parse(struct arena *memory, const char *record, const uint8_t *bytes,
                                 size_t length, lb_error *err) {
    struct machine m = {.memory = memory, .record = record, .bytes = bytes, .length = length, .err = err};
    return run(&m);
}

bool pickle_is_text(const struct pickle_node *n, const char *text) {
    return n->kind == PICKLE_STRING && text_is(n->text, n->length, text);
}
