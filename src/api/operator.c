/* Operators by name: what there are, and calling one. */
#include "api/handle.h"
#include "ir/kinds.h"
#include "module/operate.h"
#include <string.h>

const char *lb_op_at(int index) {
    return index >= 0 && index < ops_count() ? op_schema(ops_at(index)) : NULL;
}

const char *lb_op_schema(const char *op, int overload) {
    int count;
    const struct op_row *rows = ops_find(op, strlen(op), &count);
    return overload >= 0 && overload < count ? op_schema(&rows[overload]) : NULL;
}

const char *lb_op_taken(const lb_context *context) {
    return op_schema(context->taken);
}

static bool call(const char *op, lb_context *c, const struct call_arguments *given, lb_value *result,
                 lb_error *err) {
    if (!c->operators && !(c->operators = unit_new(kind_texts, KIND_COUNT, err))) return false;
    context_start(c);
    return operate(c->operators, op, given, &c->cx, result, &c->taken, err);
}

lb_value *lb_op_call(const char *op, lb_context *context, lb_value *const *args, int count,
                     const char *const *names, lb_value *const *named_args, int named_count, lb_error *err) {
    API_ERROR(err, own);
    lb_value *positional = NULL, *named = NULL, result = value_none();
    lb_context *fresh = context ? NULL : lb_context_new(NULL, local), *c = context ? context : fresh;
    struct call_arguments given = {.count = count, .names = names, .named_count = named_count};
    bool good = c && handle_values(args, count, &positional, local) &&
                handle_values(named_args, named_count, &named, local);
    given.positional = positional;
    given.named = named;
    good = good && call(op, c, &given, &result, local);
    mem_free(positional);
    mem_free(named);
    lb_value *out = good ? handle_new(result, local) : NULL;
    lb_context_free(fresh);
    handle_error(err, local);
    return out;
}
