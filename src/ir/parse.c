/* From text to graph; see parse.h. The reader takes no notice of lines: a block belongs to the node before
 * it, and
 * "->" or "return" ends a list of nodes. */
#include "ir/parse.h"
#include "base/mem.h"
#include "ir/parse_value.h"
#include "ir/verify.h"
#include <string.h>

/* A node whose kind ends in "_N": its graph may follow behind "with KIND_N = ". */
typedef ARRAY_OF(struct node *) node_array;

struct graph_reader {
    struct type_reader types;
    struct unit *unit;
    struct graph *graph;
    struct table values; /* name as written -> struct ir_value * */
    node_array pending;  /* in the graph's arena */
};

static bool fail(struct graph_reader *r, const char *message) {
    return scan_fail(&r->types.scan, message);
}

static bool memory_failed(struct graph_reader *r) {
    return error_memory(r->types.scan.err);
}

/* "%name": anything but blanks, commas, parentheses, and a colon that is not doubled. */
static const struct name *read_name(struct graph_reader *r) {
    struct scan *s = &r->types.scan;
    if (!scan_expect(s, "%")) return NULL;
    size_t start = s->at;
    for (; s->at < s->length && !strchr(" \t\r\n,()=", s->text[s->at]); s->at++) {
        if (s->text[s->at] != ':') continue;
        if (s->at + 1 >= s->length || s->text[s->at + 1] != ':') break;
        s->at++;
    }
    if (s->at == start) {
        fail(r, "expected a value's name");
        return NULL;
    }
    const struct name *name = name_intern(&r->unit->names, s->text + start, s->at - start);
    if (!name) memory_failed(r);
    return name;
}

static bool read_type(struct graph_reader *r, const struct type **type) {
    *type = r->unit->types.tensor;
    return !scan_accept(&r->types.scan, ":") || (*type = type_read(&r->types)) != NULL;
}

/* What follows a name that is being defined: its type; then value and name go together. */
static bool define(struct graph_reader *r, const struct name *name, struct ir_value *v) {
    const struct type *type;
    if (!v) return memory_failed(r);
    if (!read_type(r, &type)) return false;
    v->type = type;
    return (value_set_name(v, name->text) && table_set(&r->values, name, v)) || memory_failed(r);
}

static struct ir_value *read_use(struct graph_reader *r) {
    size_t start = r->types.scan.at;
    const struct name *name = read_name(r);
    struct ir_value *v = name ? table_get(&r->values, name) : NULL;
    if (!v && name) {
        r->types.scan.at = start;
        scan_skip(&r->types.scan);
        fail(r, "a value that is not defined");
    }
    return v;
}

static bool read_uses(struct graph_reader *r, struct node *user) {
    struct scan *s = &r->types.scan;
    if (!scan_expect(s, "(")) return false;
    if (scan_accept(s, ")")) return true;
    do {
        struct ir_value *v = read_use(r);
        if (!v) return false;
        if (!node_add_input(user, v)) return memory_failed(r);
    } while (scan_accept(s, ","));
    return scan_expect(s, ")");
}

static bool read_parameters(struct graph_reader *r, struct block *b) {
    struct scan *s = &r->types.scan;
    if (!scan_expect(s, "(")) return false;
    if (!scan_accept(s, ")")) {
        do {
            const struct name *name = read_name(r);
            if (!name || !define(r, name, block_add_input(b))) return false;
        } while (scan_accept(s, ","));
        if (!scan_expect(s, ")")) return false;
    }
    return scan_expect(s, ":");
}

typedef ARRAY_OF(const struct type *) type_array;

/* "types=[int, str]" */
static bool read_types(struct graph_reader *r, struct node *n, const char *name) {
    type_array types = {0};
    struct scan *s = &r->types.scan;
    if (!scan_expect(s, "[")) return false;
    while (!scan_accept(s, "]")) {
        const struct type *t = type_read(&r->types);
        if (!t) return false;
        if (!array_push_in(&r->graph->memory, &types, t)) return memory_failed(r);
        if (!scan_accept(s, ",") && !scan_next_is(s, "]")) return scan_expect(s, "]");
    }
    return node_set_types(n, name, types.count, types.items) || memory_failed(r);
}

/* An identifier that is no value's word is a type. */
static bool is_type_next(struct graph_reader *r) {
    static const char *const words[] = {"None", "True", "False", "inf", "nan", "annotate", "torch", "object"};
    const char *word;
    size_t length = scan_peek_word(&r->types.scan, &word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(word, words[i], length) == 0) return false;
    return length > 0;
}

static bool read_content(struct graph_reader *r, struct node *n, const char *name, const struct type *type) {
    lb_value value = value_none();
    if (strcmp(name, "types") == 0) return read_types(r, n, name);
    if (!type && is_type_next(r)) {
        const struct type *t = type_read(&r->types);
        return t && (node_set_type(n, name, t) || memory_failed(r));
    }
    if (!value_read(&r->types, type, &value)) return false;
    bool good = node_set_value(n, name, value);
    value_release(value);
    return good || memory_failed(r);
}

static bool read_attribute(struct graph_reader *r, struct node *n) {
    struct scan *s = &r->types.scan;
    const char *word;
    size_t length;
    if (!scan_word(s, false, &word, &length)) return fail(r, "expected an attribute's name");
    const struct name *name = name_intern(&r->unit->names, word, length);
    if (!name) return memory_failed(r);
    bool is_value = node_is(n, KIND_CONSTANT) && n->outputs.count == 1 && strcmp(name->text, "value") == 0;
    return scan_expect(s, "=") && read_content(r, n, name->text, is_value ? n->outputs.items[0]->type : NULL);
}

static bool read_attributes(struct graph_reader *r, struct node *n) {
    if (!scan_accept(&r->types.scan, "[")) return true;
    while (!scan_accept(&r->types.scan, "]")) {
        if (!read_attribute(r, n)) return false;
        if (!scan_accept(&r->types.scan, ",") && !scan_next_is(&r->types.scan, "]"))
            return scan_expect(&r->types.scan, "]");
    }
    return true;
}

static const struct name *read_kind(struct graph_reader *r, const char **python_name, size_t *python_length) {
    struct scan *s = &r->types.scan;
    const char *word;
    size_t length;
    *python_length = 0;
    if (scan_accept(s, "^")) {
        if (!scan_word(s, true, python_name, python_length)) fail(r, "expected a Python function's name");
        return *python_length ? name_of(&r->unit->names, "prim::PythonOp") : NULL;
    }
    scan_skip(s);
    size_t start = s->at;
    if (!scan_word(s, false, &word, &length) || !scan_expect(s, "::") ||
        !scan_word(s, true, &word, &length)) {
        fail(r, "expected an operator, as in aten::add");
        return NULL;
    }
    const struct name *kind = name_intern(&r->unit->names, s->text + start, s->at - start);
    if (!kind) memory_failed(r);
    return kind;
}

static bool read_scope(struct graph_reader *r, struct node *n) {
    struct scan *s = &r->types.scan;
    if (!scan_accept(s, ", scope:")) return true;
    scan_skip(s);
    size_t start = s->at;
    while (s->at < s->length && !strchr(" #\n", s->text[s->at])) s->at++;
    const struct name *scope = name_intern(&r->unit->names, s->text + start, s->at - start);
    if (scope) n->scope = scope->text;
    return scope || memory_failed(r);
}

static bool read_nodes(struct graph_reader *r, struct block *b);

static bool is_block_next(struct graph_reader *r) {
    const char *word;
    size_t length = scan_peek_word(&r->types.scan, &word);
    return length > 5 && memcmp(word, "block", 5) == 0 && word[length] == '(';
}

static bool read_block(struct graph_reader *r, struct node *owner) {
    const char *word;
    size_t length;
    struct block *b = node_add_block(owner);
    if (!b) return memory_failed(r);
    return scan_word(&r->types.scan, false, &word, &length) && read_parameters(r, b) && read_nodes(r, b) &&
           scan_expect(&r->types.scan, "->") && read_uses(r, b->result);
}

static bool read_blocks(struct graph_reader *r, struct node *n) {
    if (!is_block_next(r)) return true;
    if (!scan_enter(&r->types.scan)) return false;
    while (is_block_next(r))
        if (!read_block(r, n)) return false;
    scan_leave(&r->types.scan);
    return true;
}

/* Names of outputs are read before the kind is known, so the node is made as a constant and renamed. */
static struct node *read_outputs(struct graph_reader *r) {
    struct node *n = graph_new_known(r->graph, KIND_CONSTANT, 0);
    if (!n) {
        memory_failed(r);
        return NULL;
    }
    if (scan_next_is(&r->types.scan, "%")) {
        do {
            const struct name *name = read_name(r);
            if (!name || !define(r, name, node_add_output(n))) return NULL;
        } while (scan_accept(&r->types.scan, ","));
        if (!scan_expect(&r->types.scan, "=")) return NULL;
    }
    scan_accept(&r->types.scan, "=");
    return n;
}

static bool ends_in_number(const struct name *kind) {
    const char *last = strrchr(kind->text, '_');
    return last && last[1] && last[1 + strspn(last + 1, "0123456789")] == 0;
}

static bool read_node(struct graph_reader *r, struct block *b) {
    const char *python_name;
    size_t python_length;
    struct node *n = read_outputs(r);
    const struct name *kind = n ? read_kind(r, &python_name, &python_length) : NULL;
    if (!kind) return false;
    n->kind = kind;
    node_insert_before(n, b->result);
    if (python_length && !node_set_string(n, "name", python_name, (int64_t)python_length))
        return memory_failed(r);
    if (ends_in_number(kind) && !array_push_in(&r->graph->memory, &r->pending, n)) return memory_failed(r);
    return read_attributes(r, n) && read_uses(r, n) && read_scope(r, n) && read_blocks(r, n);
}

static bool read_nodes(struct graph_reader *r, struct block *b) {
    struct scan *s = &r->types.scan;
    while (!scan_next_is(s, "->") && !scan_next_is(s, "return")) {
        if (!scan_peek(s)) return fail(r, "the graph does not end");
        if (!read_node(r, b)) return false;
    }
    return true;
}

static struct graph *read_graph(struct unit *unit, struct scan *s);

/* Whether "with KIND_N =" comes next for a node of this graph; it is taken then. */
static struct node *find_pending(struct graph_reader *r) {
    struct scan *s = &r->types.scan;
    size_t start = s->at;
    if (!scan_accept(s, "with ")) return NULL;
    scan_skip(s);
    for (int i = 0; i < r->pending.count; i++) {
        struct node *n = r->pending.items[i];
        if (!scan_next_is(s, n->kind->text)) continue;
        s->at += n->kind->length;
        if (scan_accept(s, "=")) return n;
        s->at -= n->kind->length;
    }
    s->at = start;
    return NULL;
}

static bool read_subgraph(struct graph_reader *r, struct node *n) {
    const char *last = strrchr(n->kind->text, '_');
    n->kind = name_intern(&r->unit->names, n->kind->text, (size_t)(last - n->kind->text));
    if (!n->kind) return memory_failed(r);
    struct graph *subgraph = read_graph(r->unit, &r->types.scan);
    return subgraph && (node_set_graph(n, "Subgraph", subgraph) || memory_failed(r));
}

static bool read_subgraphs(struct graph_reader *r) {
    struct node *n;
    if (!scan_enter(&r->types.scan)) return false;
    while ((n = find_pending(r)))
        if (!read_subgraph(r, n)) return false;
    scan_leave(&r->types.scan);
    return true;
}

static bool read_whole(struct graph_reader *r) {
    struct scan *s = &r->types.scan;
    const char *word;
    size_t length;
    if (!scan_word(s, false, &word, &length)) return fail(r, "expected graph(...)");
    return read_parameters(r, r->graph->top) && read_nodes(r, r->graph->top) && scan_expect(s, "return") &&
           read_uses(r, r->graph->top->result) && read_subgraphs(r);
}

/* A graph at the cursor, which is moved behind it. */
static struct graph *read_graph(struct unit *unit, struct scan *s) {
    struct graph_reader r = {.types = {.scan = *s, .store = &unit->types}, .unit = unit};
    r.graph = graph_new(unit);
    bool good = r.graph ? read_whole(&r) : memory_failed(&r);
    table_free(&r.values);
    *s = r.types.scan;
    if (good) return r.graph;
    graph_free(r.graph);
    return NULL;
}

struct graph *graph_parse(struct unit *unit, const char *text, size_t length, lb_error *err) {
    struct scan s = {.text = text, .length = length, .comments = true, .err = err};
    struct graph *g = read_graph(unit, &s);
    bool whole = g && (!scan_peek(&s) || scan_fail(&s, "unexpected text after the graph"));
    lb_error damage = {0};
    if (whole && graph_verify(g, NULL, &damage)) return g;
    if (whole) error_set(err, LB_ERROR_COMPILE, "%s", error_message(&damage));
    error_clear(&damage);
    graph_free(g);
    return NULL;
}
