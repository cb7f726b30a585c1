/* copy.copy and copy.deepcopy: what is met twice is copied once. */
#include "base/table.h"
#include "construct/natives.h"

struct copying {
    struct evaluator *v;
    struct table done; /* thing -> its copy */
    struct source_range at;
};

static struct thing *deep(struct copying *c, struct thing *t);

static struct thing *copied_row(struct copying *c, struct thing *t, struct thing *copy) {
    for (int i = 0; i < t->count; i++)
        if (!thing_append(c->v, copy, deep(c, t->items[i]))) return NULL;
    copy->class = t->class;
    return copy;
}

static bool copied_entries(struct copying *c, const struct thing *t, struct thing *copy) {
    int position = 0;
    for (struct thing_entry *e; (e = thing_dict_step(t, &position));) {
        struct thing *key = deep(c, e->key), *value = key ? deep(c, e->value) : NULL;
        if (!value || !thing_dict_put(c->v, copy, key, value)) return false;
    }
    return true;
}

static struct thing *copied_tensor(struct copying *c, struct thing *t) {
    struct tensor *old = t->value.tensor;
    struct thing *copy = thing_operate(c->v, "aten::clone", c->at, &t, 1);
    if (!copy) return NULL;
    tensor_set_requires_grad(copy->value.tensor, (old->flags & TENSOR_REQUIRES_GRAD) != 0);
    copy->is_parameter = t->is_parameter;
    return copy;
}

static bool copied_bindings(struct copying *c, const struct bindings *from, struct bindings *to) {
    for (int i = 0; i < from->count; i++) {
        struct thing *copy = from->items[i].thing ? deep(c, from->items[i].thing) : NULL;
        if (!copy || !bindings_set(c->v, to, from->items[i].name, copy)) return false;
    }
    return true;
}

static bool copied_module(struct copying *c, const struct thing_instance *old, struct thing *copy) {
    struct thing_instance *m = copy->instance;
    if (!module_begin(c->v, copy)) return false;
    m->begun = old->begun;
    for (int i = 0; i < old->hooks->count; i++)
        if (!thing_append(c->v, m->hooks, old->hooks->items[i])) return false;
    for (int i = 0; i < old->pre_hooks->count; i++)
        if (!thing_append(c->v, m->pre_hooks, old->pre_hooks->items[i])) return false;
    return copied_entries(c, old->parameters, m->parameters) && copied_entries(c, old->buffers, m->buffers) &&
           copied_entries(c, old->modules, m->modules) && copied_entries(c, old->transient, m->transient);
}

static bool fill_instance(struct copying *c, const struct thing *t, struct thing *copy) {
    const struct thing_instance *old = t->instance;
    copy->instance->finished = old->finished;
    copy->instance->annotations = old->annotations;
    if (thing_is_module(t) && !copied_module(c, old, copy)) return false;
    return copied_bindings(c, &old->attributes, &copy->instance->attributes);
}

/* Containers are noted before they are filled, so that what holds itself does so in the copy too. */
static struct thing *copied(struct copying *c, struct thing *t) {
    struct thing *copy = NULL;
    if (t->kind == THING_INSTANCE)
        copy = instance_new(c->v, t->class);
    else if (t->kind == THING_LIST || t->kind == THING_TUPLE)
        copy = thing_list(c->v, NULL, 0);
    else if (t->kind == THING_DICT || t->kind == THING_SET)
        copy = thing_new(c->v, t->kind);
    else if (thing_is_tensor(t))
        copy = copied_tensor(c, t);
    else
        return t;
    if (!copy) return NULL;
    if (!table_set(&c->done, t, copy)) return raise_memory(c->v);
    copy->kind = t->kind;
    switch (t->kind) {
    case THING_INSTANCE: return fill_instance(c, t, copy) ? copy : NULL;
    case THING_LIST:
    case THING_TUPLE: return copied_row(c, t, copy);
    case THING_DICT:
    case THING_SET: copy->fallback = t->fallback; return copied_entries(c, t, copy) ? copy : NULL;
    default: return copy;
    }
}

static struct thing *deep(struct copying *c, struct thing *t) {
    struct thing *done = table_get(&c->done, t);
    if (done) return done;
    if (!evaluator_enter(c->v, c->at)) return NULL;
    struct thing *copy = copied(c, t);
    evaluator_leave(c->v);
    return copy;
}

struct thing *thing_deep_copy(struct evaluator *v, struct thing *self, const struct call *call) {
    (void)self;
    if (!call_takes(v, call, "deepcopy", 1, 2, "_ memo")) return NULL;
    struct copying c = {.v = v, .at = call->at};
    struct thing *copy = deep(&c, call->args[0]);
    table_free(&c.done);
    return copy;
}

/* One level: a new list or dict of the same items, another object with the same attributes. */
struct thing *thing_copy(struct evaluator *v, struct thing *self, const struct call *call) {
    (void)self;
    if (!call_takes(v, call, "copy", 1, 1, "")) return NULL;
    struct thing *t = call->args[0];
    if (t->kind == THING_LIST) return thing_list(v, t->items, t->count);
    if (t->kind != THING_DICT && t->kind != THING_SET && t->kind != THING_INSTANCE) return t;
    struct thing *copy = arena_copy(&v->memory, t, sizeof *t);
    if (!copy) return raise_memory(v);
    if (t->kind != THING_INSTANCE) {
        copy->dict = (struct thing_dict){0};
        int position = 0;
        for (struct thing_entry *e; (e = thing_dict_step(t, &position));)
            if (!thing_dict_put(v, copy, e->key, e->value)) return NULL;
        return copy;
    }
    if (thing_is_module(t))
        return raise_refusal(v, call->at, "use copy.deepcopy()", "copy.copy() of a module");
    copy->instance = arena_copy(&v->memory, t->instance, sizeof *t->instance);
    if (!copy->instance) return raise_memory(v);
    copy->instance->attributes = (struct bindings){0};
    const struct bindings *b = &t->instance->attributes;
    for (int i = 0; i < b->count; i++)
        if (!bindings_set(v, &copy->instance->attributes, b->items[i].name, b->items[i].thing)) return NULL;
    return copy;
}
