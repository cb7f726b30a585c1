/* Calls: handles become values, a context is found or made, the result becomes a handle. */
#include "module/call.h"
#include "api/handle.h"
#include "types/adapt.h"

bool handle_values(lb_value *const *handles, int count, lb_value **values, lb_error *err) {
    *values = mem_alloc(sizeof(lb_value) * (size_t)(count > 0 ? count : 1));
    if (!*values) return error_memory(err);
    for (int i = 0; i < count; i++) (*values)[i] = *handles[i];
    return true;
}

static bool run(struct unit *unit, struct function *f, const lb_value *self, lb_context *context,
                const struct call_arguments *given, lb_value *result, lb_error *err) {
    lb_context *own = context ? NULL : lb_context_new(NULL, err), *c = context ? context : own;
    if (!c) return false;
    context_start(c);
    bool good = call_function(unit, f, self, given, &c->cx, result, err);
    lb_context_free(own);
    return good;
}

lb_value *api_call(struct unit *unit, struct function *f, const lb_value *self, lb_context *context,
                   const struct api_call *call, lb_error *err) {
    lb_value *positional = NULL, *named = NULL, result = value_none();
    bool good = handle_values(call->args, call->count, &positional, err) &&
                handle_values(call->named_args, call->named_count, &named, err);
    struct call_arguments given = {positional, call->count, call->names, named, call->named_count};
    good = good && run(unit, f, self, context, &given, &result, err);
    bool marked = good && f->schema && f->schema->return_count && f->schema->returns[0].type->has_marks;
    if (marked) type_tag_containers(f->schema->returns[0].type, result);
    mem_free(positional);
    mem_free(named);
    return good ? handle_new(result, err) : NULL;
}

lb_value *lb_call(const lb_module *module, const char *method, lb_context *context, lb_value *const *args,
                  int count, lb_error *err) {
    return lb_call_named(module, method, context, args, count, NULL, NULL, 0, err);
}

lb_value *lb_call_named(const lb_module *module, const char *method, lb_context *context,
                        lb_value *const *args, int count, const char *const *names,
                        lb_value *const *named_args, int named_count, lb_error *err) {
    API_ERROR(err, own);
    lb_value self, *out = NULL;
    struct function *f = program_method(module->program, method, &self, local);
    struct api_call call = {args, count, names, named_args, named_count};
    if (f) out = api_call(module->program->unit, f, &self, context, &call, local);
    handle_error(err, local);
    return out;
}
