/* Instructions with sites: operators, and the making and taking apart of containers. An uninitialised value
 * may be moved from register to register, but no operator and no container gets one: a file could otherwise
 * pass a list that is none to an operator. */
#include "exec/machine.h"
#include "ops/dispatch.h"
#include "ops/fusion.h"
#include "ops/profile.h"
#include "ops/text/words.h"
#include <string.h>

bool machine_uninitialized(struct machine *m) {
    return error_set(m->err, LB_ERROR_RUNTIME, "a value is used before it was set");
}

bool machine_fail(struct machine *m, lb_value *r, const struct site *s) {
    (void)r;
    return error_set(m->err, LB_ERROR_UNSUPPORTED, "%s", s->message ? s->message : "this cannot be run");
}

lb_value machine_take(lb_value *r, struct operand o) {
    lb_value v = r[o.place];
    if (o.last)
        r[o.place].tag = VALUE_NONE;
    else
        value_copy(v);
    return v;
}

/* Operators. */

static bool gather(struct machine *m, const lb_value *r, const struct site *s) {
    lb_value *to = m->arguments;
    bool unset = false;
    for (int i = 0; i < s->argument_count; i++) {
        const lb_value *from = &r[s->arguments[i].place];
        to[i].tag = from->tag;
        to[i].i = from->i;
        unset |= from->tag == VALUE_UNINITIALIZED;
    }
    return !unset || s->tells || machine_uninitialized(m);
}

/* One line: the schema, and where in the program it stands. */
static bool refuse_missing(struct machine *m, const struct site *s) {
    const struct frame *f = machine_top(m);
    struct text place = {0};
    bool known = source_put_location(&place, f->code->ranges[f->at - f->code->instructions]);
    error_set(m->err, LB_ERROR_UNSUPPORTED, "the operator %s cannot be run yet (in %s%s%s)",
              op_schema(s->row), f->code->name, known ? ", " : "", known ? text_get(&place) : "");
    text_free(&place);
    return false;
}

static bool may_run(struct machine *m, const struct site *s) {
    if (!s->run) return refuse_missing(m, s);
    if ((s->row->traits & OP_SYSTEM) && !m->cx->allow_system)
        return error_set(m->err, LB_ERROR_RUNTIME,
                         "the operator %s reaches outside the process, which is not allowed",
                         op_name(s->row));
    return true;
}

/* All arguments strided and not quantized, as they nearly always are? */
static bool all_strided(const struct machine *m, const struct site *s) {
    for (uint32_t left = s->tensors; left; left &= left - 1) {
        const lb_value *v = &m->arguments[__builtin_ctz(left)];
        bool plain = v->tag == VALUE_TENSOR && v->tensor->layout == LAYOUT_STRIDED && !v->tensor->quantizer;
        if (!plain && v->tag != VALUE_NONE && args_backend(v, 1) != BACKEND_CPU) return false;
    }
    return s->argument_count <= 32 || args_backend(m->arguments, s->argument_count) == BACKEND_CPU;
}

static bool run_by_layout(struct op_call *call) {
    return op_run_on(call, args_backend(call->args, call->arg_count));
}

static bool run_profiled(struct op_call *call, op_kernel run) {
    int64_t start = profile_now();
    bool good = run(call);
    profile_add(call->cx->profile, call->row, profile_now() - start);
    return good;
}

static void release_results(struct machine *m, int count) {
    for (int i = 0; i < count; i++) value_release(m->results[i]);
}

/* Puts the results, from `first` on, into their registers; what cannot be put is released. */
static bool give_results(struct machine *m, lb_value *r, const struct site *s) {
    bool good = true;
    for (int i = 0; i < s->result_count; i++) {
        if (good)
            good = machine_put(m, &r[s->results[i]], m->results[i]);
        else
            value_release(m->results[i]);
    }
    return good;
}

/* Whatever the operator itself has done: what the schema says is written has changed. */
static void tell_changes(struct machine *m, const struct site *s) {
    for (int i = 0; i < s->argument_count && i < 32; i++) {
        if (!(s->written >> i & 1)) continue;
        lb_value v = m->arguments[i];
        if (v.tag == VALUE_TENSOR) tensor_changed(v.tensor);
        for (int64_t k = 0; v.tag == VALUE_LIST && k < v.list->count; k++)
            if (v.list->items[k].tag == VALUE_TENSOR) tensor_changed(v.list->items[k].tensor);
    }
}

/* A chain by one kernel. *done false: the kernel declines, or fails, and the chain is to be run step by step.
 */
bool machine_fused(struct machine *m, lb_value *r, const struct site *s, bool *done) {
    lb_error refusal = {0};
    *done = false;
    if (!machine_step(m) || !gather(m, r, s)) return false;
    if (!s->run || !all_strided(m, s)) return true;
    m->results[0] = value_none();
    struct op_call call = {.args = m->arguments,
                           .arg_count = s->argument_count,
                           .results = m->results,
                           .result_count = 1,
                           .row = s->row,
                           .result_type = s->type,
                           .cx = m->cx,
                           .err = &refusal,
                           .cache = (op_cache_slot *)(uintptr_t)&s->cache,
                           .steady = s->steady,
                           .fusion = s->fusion};
    *done = m->cx->profile ? run_profiled(&call, s->run) : s->run(&call);
    error_clear(&refusal);
    if (!*done) {
        release_results(m, 1);
        return true;
    }
    machine_drop(r, s);
    return give_results(m, r, s);
}

/* The interpreter's own refusal when a profiled value is no tensor
 * (torch/csrc/jit/runtime/profiling_record.cpp).
 */
static bool check_defined(struct machine *m, const struct site *s) {
    for (int i = 0; i < s->result_count && i < 32; i++)
        if ((s->defined >> i & 1) && m->results[i].tag == VALUE_NONE)
            return error_set(m->err, LB_ERROR_RUNTIME, "strides() called on an undefined Tensor");
    return true;
}

bool machine_op(struct machine *m, lb_value *r, const struct site *s) {
    if (__builtin_expect(!s->run || (s->row->traits & OP_SYSTEM), 0) && !may_run(m, s)) return false;
    if (!machine_step(m) || !gather(m, r, s)) return false;
    int results = s->result_count ? s->result_count : 1;
    for (int i = 0; i < results; i++) m->results[i] = value_none();
    struct op_call call = {.args = m->arguments,
                           .arg_count = s->argument_count,
                           .results = m->results,
                           .result_count = s->result_count,
                           .row = s->row,
                           .result_type = s->type,
                           .cx = m->cx,
                           .err = m->err,
                           .cache = (op_cache_slot *)(uintptr_t)&s->cache,
                           .dying = s->dying,
                           .steady = s->steady};
    op_kernel run = all_strided(m, s) ? s->run : run_by_layout;
    bool good = m->cx->profile ? run_profiled(&call, run) : run(&call);
    good = good && (!s->defined || check_defined(m, s));
    if (!good) {
        release_results(m, results);
        return error_set(m->err, LB_ERROR_INTERNAL, "%s refused without saying why", op_name(s->row));
    }
    if (s->written) tell_changes(m, s);
    machine_drop(r, s);
    if (!s->result_count) value_release(m->results[0]);
    return give_results(m, r, s);
}

bool machine_print(struct machine *m, lb_value *r, const struct site *s) {
    struct text out = {0};
    if (!gather(m, r, s)) return false;
    for (int i = 0; i < s->argument_count; i++) {
        if (i) text_put_char(&out, ' ');
        value_put(&out, m->arguments[i], &op_words);
    }
    text_put_char(&out, '\n');
    bool good = !out.failed || error_memory(m->err);
    if (good && m->cx->print) m->cx->print(m->cx->print_context, text_get(&out), out.length);
    text_free(&out);
    machine_drop(r, s);
    return good;
}

/* As Python shows a warning, without the line of code: where the call stands, its kind, its text. */
bool machine_warn(struct machine *m, lb_value *r, const struct site *s) {
    const struct frame *top = machine_top(m);
    struct source_range range = top->code->ranges[top->at - top->code->instructions];
    struct text out = {0};
    if (!gather(m, r, s)) return false;
    if (range.source && range.source->file)
        text_printf(&out, "%s:%d: ", range.source->file,
                    source_line_at(range.source, range.start) + range.source->first_line);
    text_put(&out, "UserWarning: ");
    value_put(&out, m->arguments[0], &op_words);
    text_put_char(&out, '\n');
    bool good = !out.failed || error_memory(m->err);
    if (good && m->cx->warn) m->cx->warn(m->cx->print_context, text_get(&out), out.length);
    text_free(&out);
    machine_drop(r, s);
    return good;
}

/* Making. */

bool machine_make_list(struct machine *m, lb_value *r, const struct site *s) {
    lb_value list;
    const struct type *element = s->type && s->type->kind == TYPE_LIST ? s->type->items[0] : NULL;
    if (!gather(m, r, s) || !value_new_list(&list, element, s->argument_count, m->err)) return false;
    for (int i = 0; i < s->argument_count; i++) list.list->items[i] = machine_take(r, s->arguments[i]);
    list.list->count = s->argument_count;
    return machine_put(m, &r[s->results[0]], list);
}

bool machine_make_tuple(struct machine *m, lb_value *r, const struct site *s) {
    lb_value tuple;
    bool named = s->type && s->type->kind == TYPE_TUPLE && s->type->name;
    if (!gather(m, r, s) || !value_new_tuple(&tuple, named ? s->type : NULL, s->argument_count, m->err))
        return false;
    for (int i = 0; i < s->argument_count; i++) tuple.tuple->items[i] = machine_take(r, s->arguments[i]);
    return machine_put(m, &r[s->results[0]], tuple);
}

bool machine_make_dict(struct machine *m, lb_value *r, const struct site *s) {
    lb_value dict;
    bool typed = s->type && s->type->kind == TYPE_DICT;
    const struct type *key = typed ? s->type->items[0] : NULL, *value = typed ? s->type->items[1] : NULL;
    if (!gather(m, r, s) || !value_new_dict(&dict, key, value, m->err)) return false;
    for (int i = 0; i + 1 < s->argument_count; i += 2) {
        lb_value k = machine_take(r, s->arguments[i]);
        if (dict_set(dict.dict, k, machine_take(r, s->arguments[i + 1]), m->err)) continue;
        value_release(dict);
        return false;
    }
    return machine_put(m, &r[s->results[0]], dict);
}

/* Taking apart. */

static bool unpack(struct machine *m, lb_value *r, const struct site *s, const lb_value *items) {
    for (int i = 0; i < s->result_count; i++) m->results[i] = value_copy(items[i]);
    machine_drop(r, s);
    return give_results(m, r, s);
}

bool machine_unpack_list(struct machine *m, lb_value *r, const struct site *s) {
    lb_value v = r[s->arguments[0].place];
    if (v.tag != VALUE_LIST) return machine_uninitialized(m);
    if (v.list->count != s->result_count)
        return error_set(m->err, LB_ERROR_RUNTIME, "Expected %d elements in a list but found %lld",
                         s->result_count, (long long)v.list->count);
    return unpack(m, r, s, v.list->items);
}

bool machine_unpack_tuple(struct machine *m, lb_value *r, const struct site *s) {
    lb_value v = r[s->arguments[0].place];
    if (v.tag != VALUE_TUPLE || v.tuple->count != s->result_count) return machine_uninitialized(m);
    return unpack(m, r, s, v.tuple->items);
}

bool machine_tuple_slice(struct machine *m, lb_value *r, const struct site *s) {
    lb_value v = r[s->arguments[0].place], slice;
    if (v.tag != VALUE_TUPLE) return machine_uninitialized(m);
    if (s->low < 0 || s->high < s->low || s->high > v.tuple->count)
        return error_set(m->err, LB_ERROR_RUNTIME, "Tuple list index out of range");
    if (!value_new_tuple(&slice, NULL, (int32_t)(s->high - s->low), m->err)) return false;
    for (int64_t i = s->low; i < s->high; i++) slice.tuple->items[i - s->low] = value_copy(v.tuple->items[i]);
    machine_drop(r, s);
    return machine_put(m, &r[s->results[0]], slice);
}

/* Asking. */

static bool give_bool(struct machine *m, lb_value *r, const struct site *s, bool truth) {
    machine_drop(r, s);
    return machine_put(m, &r[s->results[0]], value_bool(truth));
}

bool machine_is_instance(struct machine *m, lb_value *r, const struct site *s) {
    if (!gather(m, r, s)) return false;
    bool is = false;
    for (int i = 0; i < s->type_count && !is; i++)
        is = type_admits(m->cx->types, s->types[i], m->arguments[0]);
    return give_bool(m, r, s, is);
}

bool machine_has_attribute(struct machine *m, lb_value *r, const struct site *s) {
    if (!gather(m, r, s)) return false;
    lb_value v = m->arguments[0];
    bool has =
        v.tag == VALUE_OBJECT && s->name && class_find_attribute(v.object->type->definition, s->name) >= 0;
    return give_bool(m, r, s, has);
}

/* The slot of a ModuleList's or ModuleDict's child: by place among the modules, or by name; -1: none. */
static int child_slot(const struct object *o, lb_value key) {
    const struct class_definition *class = o->type->definition;
    int64_t children = 0, wanted = key.tag == VALUE_INT ? key.i : 0;
    for (int i = 0; i < class->attributes.count; i++) {
        const struct type *t = class->attributes.items[i].type;
        children += t->kind == TYPE_CLASS && t->definition->is_module;
    }
    if (wanted < 0) wanted += children;
    for (int i = 0; i < class->attributes.count && i < o->count; i++) {
        const struct type *t = class->attributes.items[i].type;
        if (t->kind != TYPE_CLASS || !t->definition->is_module) continue;
        if (key.tag == VALUE_STRING && !strcmp(class->attributes.items[i].name->text, key.string->bytes))
            return i;
        if (key.tag == VALUE_INT && !wanted--) return i;
    }
    return -1;
}

bool machine_container_get(struct machine *m, lb_value *r, const struct site *s) {
    if (!gather(m, r, s)) return false;
    lb_value v = m->arguments[0];
    if (v.tag != VALUE_OBJECT || s->argument_count != 2) return machine_uninitialized(m);
    int slot = child_slot(v.object, m->arguments[1]);
    if (slot < 0)
        return error_set(m->err, LB_ERROR_RUNTIME, "a module's child was asked for that does not exist");
    lb_value child = value_copy(v.object->slots[slot]);
    machine_drop(r, s);
    return machine_put(m, &r[s->results[0]], child);
}

bool machine_range_length(struct machine *m, lb_value *r, const struct site *s) {
    int64_t low = r[s->arguments[0].place].i, high = r[s->arguments[1].place].i,
            step = r[s->arguments[2].place].i;
    if (!step) return error_set(m->err, LB_ERROR_RUNTIME, "range() arg 3 must not be zero");
    uint64_t length = 0;
    if (step > 0 && low < high) length = 1 + ((uint64_t)high - 1 - (uint64_t)low) / (uint64_t)step;
    if (step < 0 && low > high) length = 1 + ((uint64_t)low - 1 - (uint64_t)high) / (0 - (uint64_t)step);
    return machine_put(m, &r[s->results[0]], value_int((int64_t)length));
}
