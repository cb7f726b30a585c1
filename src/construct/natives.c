/* Arguments of native functions, and finding them in their tables. */
#include "construct/natives.h"
#include <math.h>
#include <string.h>

const struct native_function *native_find(const struct native_function *table, const char *name) {
    for (; table->name; table++)
        if (!strcmp(table->name, name)) return table;
    return NULL;
}

struct thing *call_argument(const struct call *call, int index, const char *name) {
    if (index >= 0 && index < call->count) return call->args[index];
    for (int i = 0; name && i < call->named_count; i++)
        if (!strcmp(call->names[i]->text, name)) return call->named[i];
    return NULL;
}

/* Whether `name` is one of the words. */
static bool among(const char *words, const char *name) {
    size_t length = strlen(name);
    for (const char *at = words; at && (at = strstr(at, name)); at++)
        if ((at == words || at[-1] == ' ') && (!at[length] || at[length] == ' ')) return true;
    return false;
}

bool call_takes(struct evaluator *v, const struct call *call, const char *what, int least, int most,
                const char *names) {
    for (int i = 0; names && i < call->named_count; i++)
        if (!among(names, call->names[i]->text)) {
            raise_error(v, call->at, "TypeError", "%s() got an unexpected keyword argument '%s'", what,
                        call->names[i]->text);
            return false;
        }
    int all = call->count + call->named_count;
    if (all >= least && (most < 0 || call->count <= most)) return true;
    raise_error(v, call->at, "TypeError", "%s() takes %s%d argument%s (%d given)", what,
                least == most ? ""
                : all < least ? "at least "
                              : "at most ",
                all < least ? least : most, (all < least ? least : most) == 1 ? "" : "s", all);
    return false;
}

bool thing_as_int(struct evaluator *v, const struct thing *t, struct source_range at, int64_t *out) {
    if (thing_is_int(t)) return *out = t->value.i, true;
    raise_error(v, at, "TypeError", "'%s' object cannot be interpreted as an integer", thing_type_name(t));
    return false;
}

bool thing_as_float(struct evaluator *v, const struct thing *t, struct source_range at, double *out) {
    if (thing_is(t, VALUE_FLOAT)) return *out = t->value.f, true;
    if (thing_is_int(t)) return *out = (double)t->value.i, true;
    raise_error(v, at, "TypeError", "must be real number, not %s", thing_type_name(t));
    return false;
}

struct thing *native_nothing(struct evaluator *v, struct thing *self, const struct call *call) {
    (void)self;
    (void)call;
    return v->none;
}
