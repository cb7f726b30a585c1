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

/* A parameter's place among those that may be given by position or by name; -1: by name alone. */
enum { BY_NAME_ALONE = -1, NO_PARAMETER = -2 };
static int place_of(const char *parameters, const char *name) {
    size_t length = strlen(name);
    bool starred = false;
    for (int place = 0; *parameters; place++) {
        size_t word = strcspn(parameters, " ");
        if (*parameters == '*') starred = true;
        if (word == length && *name != '_' && !memcmp(parameters, name, length))
            return starred ? BY_NAME_ALONE : place;
        parameters += word + (parameters[word] == ' ');
    }
    return NO_PARAMETER;
}

static bool keyword_fits(struct evaluator *v, const struct call *call, const char *what,
                         const char *parameters, const char *name) {
    int place = place_of(parameters, name);
    if (place == BY_NAME_ALONE || place >= call->count) return true;
    raise_error(v, call->at, "TypeError",
                place == NO_PARAMETER ? "%s() got an unexpected keyword argument '%s'"
                                      : "%s() got multiple values for argument '%s'",
                what, name);
    return false;
}

/* How many of the leading parameters were given, one after the other. */
static int leading(const struct call *call, const char *parameters) {
    int count = call->count;
    for (bool found = true; found; count += found) {
        found = false;
        for (int i = 0; i < call->named_count; i++)
            found |= parameters && place_of(parameters, call->names[i]->text) == count;
    }
    return count;
}

bool call_takes(struct evaluator *v, const struct call *call, const char *what, int least, int most,
                const char *parameters) {
    for (int i = 0; parameters && i < call->named_count; i++)
        if (!keyword_fits(v, call, what, parameters, call->names[i]->text)) return false;
    int given = leading(call, parameters);
    if (given >= least && (most < 0 || call->count <= most)) return true;
    int limit = given < least ? least : most;
    raise_error(v, call->at, "TypeError", "%s() takes %s%d argument%s (%d given)", what,
                least == most    ? ""
                : limit == least ? "at least "
                                 : "at most ",
                limit, limit == 1 ? "" : "s", given);
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
