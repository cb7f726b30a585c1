/* See state_dict.h. A walk over modules, depth first: a module's parameters, its buffers, its children. */
#include "module/state_dict.h"
#include "base/mem.h"
#include "module/attributes.h"
#include <string.h>

enum { MAX_DEPTH = 500 };

struct walk {
    struct dict *dict; /* to fill, or to read */
    bool strict;
    struct text prefix;                   /* "layer1.0." */
    struct text missing, unexpected, bad; /* the three parts of the error */
    int depth;
    lb_error *err;
};

/* Whether an attribute is declared as a parameter, or as a buffer. A plain tensor attribute is neither. */
static bool is_state(const struct class_attribute *a, lb_value v, bool parameters) {
    return v.tag == VALUE_TENSOR && (parameters ? a->is_parameter : a->is_buffer);
}

static bool is_child(const struct class_attribute *a, lb_value v) {
    return attribute_is_module(a) && v.tag == VALUE_OBJECT;
}

typedef bool module_visitor(struct walk *w, const struct object *module);

/* Lengthens the prefix by a name; the length that it had before. */
static size_t push_prefix(struct walk *w, const struct name *name, bool dot) {
    size_t before = w->prefix.length;
    text_put_bytes(&w->prefix, name->text, name->length);
    if (dot) text_put_char(&w->prefix, '.');
    return before;
}

static bool visit_modules(struct walk *w, const struct object *module, module_visitor *visit) {
    const struct class_definition *c = module->type->definition;
    if (++w->depth > MAX_DEPTH)
        return error_set(w->err, LB_ERROR_LIMIT, "modules are nested more than %d deep", MAX_DEPTH);
    bool good = visit(w, module);
    for (int i = 0; good && i < module->count; i++) {
        if (!is_child(&c->attributes.items[i], module->slots[i])) continue;
        size_t before = push_prefix(w, c->attributes.items[i].name, true);
        good = visit_modules(w, module->slots[i].object, visit);
        text_cut(&w->prefix, before);
    }
    w->depth--;
    return good && (!w->prefix.failed || error_memory(w->err));
}

typedef bool state_visitor(struct walk *w, struct tensor *t);

/* Parameters, then buffers, with their dotted names in the prefix. */
static bool visit_state(struct walk *w, const struct object *module, state_visitor *visit) {
    const struct class_definition *c = module->type->definition;
    for (int buffers = 0; buffers < 2; buffers++)
        for (int i = 0; i < module->count; i++) {
            if (!is_state(&c->attributes.items[i], module->slots[i], !buffers)) continue;
            size_t before = push_prefix(w, c->attributes.items[i].name, false);
            bool good = visit(w, module->slots[i].tensor);
            text_cut(&w->prefix, before);
            if (!good) return false;
        }
    return true;
}

/* ---- out of the module ---- */

static bool add_entry(struct walk *w, struct tensor *t) {
    lb_value key;
    if (!value_new_string(&key, text_get(&w->prefix), (int64_t)w->prefix.length, w->err)) return false;
    return dict_set(w->dict, key, value_tensor(tensor_retain(t)), w->err);
}

static bool add_module(struct walk *w, const struct object *module) {
    return visit_state(w, module, add_entry);
}

bool state_dict_new(lb_value root, lb_value *dict, lb_error *err) {
    if (!value_new_dict(dict, NULL, NULL, err)) return false;
    struct walk w = {.dict = dict->dict, .err = err};
    bool good = visit_modules(&w, root.object, add_module);
    text_free(&w.prefix);
    if (good) return true;
    value_release(*dict);
    *dict = value_none();
    return false;
}

/* ---- into the module ---- */

static const lb_value *find_entry(const struct walk *w) {
    lb_value key;
    if (!value_new_string(&key, text_get(&w->prefix), (int64_t)w->prefix.length, w->err)) return NULL;
    const lb_value *found = dict_get(w->dict, key);
    value_release(key);
    return found;
}

static const char *python_class(lb_value v) {
    static const char *const names[VALUE_TAG_COUNT] = {
        [VALUE_NONE] = "NoneType",       [VALUE_BOOL] = "bool",       [VALUE_INT] = "int",
        [VALUE_FLOAT] = "float",         [VALUE_COMPLEX] = "complex", [VALUE_STRING] = "str",
        [VALUE_LIST] = "list",           [VALUE_TUPLE] = "tuple",     [VALUE_DICT] = "dict",
        [VALUE_DEVICE] = "torch.device",
    };
    return names[v.tag] ? names[v.tag] : "object";
}

static void put_sizes(struct text *out, const struct tensor *t) {
    text_put(out, "torch.Size([");
    for (int i = 0; i < t->ndim; i++) {
        if (i) text_put(out, ", ");
        text_put_int(out, t->sizes[i]);
    }
    text_put(out, "])");
}

static void put_mismatch(struct walk *w, const struct tensor *to, const struct tensor *from) {
    text_printf(&w->bad, "\n\tsize mismatch for %s: copying a param with shape ", text_get(&w->prefix));
    put_sizes(&w->bad, from);
    text_put(&w->bad, " from checkpoint, the shape in current model is ");
    put_sizes(&w->bad, to);
    text_put_char(&w->bad, '.');
}

static void put_exception(struct walk *w, const struct tensor *to, const struct tensor *from,
                          const char *what) {
    text_printf(&w->bad, "\n\tWhile copying the parameter named \"%s\", whose dimensions in the model are ",
                text_get(&w->prefix));
    put_sizes(&w->bad, to);
    text_put(&w->bad, " and whose dimensions in the checkpoint are ");
    put_sizes(&w->bad, from);
    text_printf(&w->bad, ", an exception occurred : ('%s',).", what);
}

static bool same_sizes(const struct tensor *a, const struct tensor *b) {
    return a->ndim == b->ndim && !memcmp(a->sizes, b->sizes, sizeof *a->sizes * (size_t)a->ndim);
}

static bool is_plain(const struct tensor *t) {
    return t->layout == LAYOUT_STRIDED && t->storage && !t->quantizer;
}

/* What lies in the same memory is moved out of the way first. */
static bool copy_elements(struct tensor *to, const struct tensor *from, lb_error *err) {
    struct tensor *aside = NULL;
    if (to->storage == from->storage) {
        aside = tensor_new((enum dtype)from->dtype, from->ndim, from->sizes, NULL, err);
        if (!aside || !tensor_copy(aside, from, err)) {
            tensor_release(aside);
            return false;
        }
    }
    bool good = tensor_copy(to, aside ? aside : from, err);
    tensor_release(aside);
    if (good) tensor_changed(to);
    return good;
}

/* A vector of one element may stand for a number, as in files of PyTorch 0.3. */
static bool load_tensor(struct walk *w, struct tensor *to, const struct tensor *from) {
    bool number = to->ndim == 0 && from->ndim == 1 && from->sizes[0] == 1;
    if (to == from) return true;
    if (!number && !same_sizes(to, from)) {
        put_mismatch(w, to, from);
        return true;
    }
    if (is_plain(to) && is_plain(from)) {
        struct tensor view = *from;
        if (number) view.ndim = 0;
        return copy_elements(to, &view, w->err);
    }
    put_exception(w, to, from, "only plain strided tensors can be copied");
    return true;
}

static bool load_entry(struct walk *w, struct tensor *t) {
    const lb_value *found = find_entry(w);
    if (w->err->code) return false;
    if (!found) {
        text_printf(&w->missing, "%s\"%s\"", w->missing.length ? ", " : "", text_get(&w->prefix));
        return true;
    }
    if (found->tag == VALUE_TENSOR) return load_tensor(w, t, found->tensor);
    text_printf(
        &w->bad,
        "\n\tWhile copying the parameter named \"%s\", expected torch.Tensor or Tensor-like object from "
        "checkpoint but received <class '%s'>",
        text_get(&w->prefix), python_class(*found));
    return true;
}

/* Whether a module has this state or, with a dot behind the name, this child. */
static bool has_member(const struct object *module, const char *name, size_t length, bool child) {
    const struct class_definition *c = module->type->definition;
    for (int i = 0; i < module->count; i++) {
        const struct class_attribute *a = &c->attributes.items[i];
        if (a->name->length != length || memcmp(a->name->text, name, length)) continue;
        lb_value v = module->slots[i];
        return child ? is_child(a, v) : is_state(a, v, true) || is_state(a, v, false);
    }
    return false;
}

/* Names below this module that it does not know. */
static void note_unexpected(struct walk *w, const struct object *module) {
    int64_t at = 0;
    for (struct dict_entry *e; (e = dict_next(w->dict, &at));) {
        const char *key = e->key.string->bytes;
        if (strncmp(key, text_get(&w->prefix), w->prefix.length)) continue;
        const char *name = key + w->prefix.length, *dot = strchr(name, '.');
        if (!has_member(module, name, dot ? (size_t)(dot - name) : strlen(name), dot != NULL))
            text_printf(&w->unexpected, "%s\"%s\"", w->unexpected.length ? ", " : "", key);
    }
}

static bool load_module(struct walk *w, const struct object *module) {
    if (!visit_state(w, module, load_entry)) return false;
    if (w->strict) note_unexpected(w, module);
    return true;
}

static bool tell(struct walk *w) {
    struct text message = {0};
    if (w->strict && w->missing.length)
        text_printf(&message, "\n\tMissing key(s) in state_dict: %s. ", text_get(&w->missing));
    if (w->unexpected.length)
        text_printf(&message, "\n\tUnexpected key(s) in state_dict: %s. ", text_get(&w->unexpected));
    text_put(&message, text_get(&w->bad));
    bool failed = message.failed || w->missing.failed || w->unexpected.failed || w->bad.failed;
    bool good = !failed && !message.length;
    if (failed) error_memory(w->err);
    if (!good && !failed)
        error_set(w->err, LB_ERROR_ARGUMENT, "Error(s) in loading state_dict for RecursiveScriptModule:%s",
                  text_get(&message));
    text_free(&message);
    return good;
}

static bool check_keys(lb_value dict, lb_error *err) {
    if (dict.tag != VALUE_DICT)
        return error_set_kind(err, LB_ERROR_ARGUMENT, "TypeError",
                              "Expected state_dict to be dict-like, got <class '%s'>.", python_class(dict));
    int64_t at = 0;
    for (struct dict_entry *e; (e = dict_next(dict.dict, &at));)
        if (e->key.tag != VALUE_STRING)
            return error_set_kind(err, LB_ERROR_ARGUMENT, "TypeError", "a key of a state_dict is no str");
    return true;
}

bool state_dict_load(lb_value root, lb_value dict, bool strict, lb_error *err) {
    if (!check_keys(dict, err)) return false;
    struct walk w = {.dict = dict.dict, .strict = strict, .err = err};
    bool good = visit_modules(&w, root.object, load_module) && tell(&w);
    text_free(&w.prefix);
    text_free(&w.missing);
    text_free(&w.unexpected);
    text_free(&w.bad);
    return good;
}
