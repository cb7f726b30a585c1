/* Calls from inside a run: functions and methods (a new frame), methods of interfaces (looked up in the
 * object's class), native methods, __enter__ and __exit__, forked tasks and waiting for them. */
#include "exec/forks.h"
#include "exec/machine.h"
#include "exec/run.h"
#include <string.h>

static struct function *callee(struct machine *m, const lb_value *r, const struct site *s, bool interface) {
    if (!interface) return s->function;
    lb_value self = r[s->arguments[0].place];
    struct function *f = NULL;
    if (self.tag == VALUE_OBJECT) f = class_find_method(self.object->type->definition, s->name);
    if (!f) error_set(m->err, LB_ERROR_RUNTIME, "an object has no method %s", s->name->text);
    return f;
}

static bool call_native(struct machine *m, lb_value *r, const struct site *s, const struct function *f) {
    lb_value result = value_none();
    if (!machine_scratch(m, s->argument_count)) return false;
    for (int i = 0; i < s->argument_count; i++) {
        m->arguments[i] = r[s->arguments[i].place];
        if (m->arguments[i].tag == VALUE_UNINITIALIZED) return machine_uninitialized(m);
    }
    if (!exec_native(f, m->arguments, s->argument_count, &result, m->err)) return false;
    machine_drop(r, s);
    if (s->result_count) return machine_put(m, &r[s->results[0]], result);
    value_release(result);
    return true;
}

/* A new frame for code, whose parameters are the site's arguments. */
static bool push_call(struct machine *m, lb_value *r, const struct site *s, const struct code *code,
                      bool part_of_caller) {
    if (code->parameter_count != s->argument_count)
        return error_set(m->err, LB_ERROR_RUNTIME, "%s takes %d arguments, not %d", code->name,
                         code->parameter_count, s->argument_count);
    if (!machine_push(m, code, part_of_caller)) return false;
    lb_value *registers = machine_top(m)->registers;
    for (int i = 0; i < s->argument_count; i++)
        if (!machine_put(m, &registers[code->parameters[i]], machine_take(r, s->arguments[i]))) return false;
    return true;
}

bool machine_call(struct machine *m, lb_value *r, const struct site *s, enum opcode op) {
    if (op == CODE_FUSED) {
        bool done;
        return machine_fused(m, r, s, &done) && (done || push_call(m, r, s, s->code, true));
    }
    struct function *f = callee(m, r, s, op == CODE_CALL_INTERFACE);
    if (!f || !machine_step(m)) return false;
    if (f->native) return call_native(m, r, s, f);
    const struct code *code = code_of(m->unit, f, m->err);
    return code && push_call(m, r, s, code, op == CODE_CALL);
}

bool machine_try(struct machine *m, lb_value *r, const struct site *s) {
    if (!machine_step(m) || !push_call(m, r, s, s->code, true)) return false;
    machine_top(m)->catches = true;
    r[s->results[1]].i = -1;
    r[s->results[2]].tag = VALUE_UNINITIALIZED;
    return true;
}

/* Runs a function to its end in a machine of its own; the C stack's depth is counted. */
static bool call_nested(struct machine *m, struct function *f, const lb_value *args, int count,
                        lb_value *result) {
    struct run_context cx = *m->cx;
    cx.depth += m->frame_count;
    return exec_call(m->unit, f, args, count, &cx, result, m->err);
}

static bool call_method(struct machine *m, lb_value object, const char *name, int count, lb_value *result) {
    struct function *f = NULL;
    if (object.tag == VALUE_OBJECT) {
        const struct class_definition *class = object.object->type->definition;
        for (int i = 0; i < class->methods.count && !f; i++)
            if (!strcmp(class->methods.items[i]->name->text, name)) f = class->methods.items[i];
    }
    if (!f) return error_set(m->err, LB_ERROR_RUNTIME, "an object has no method %s", name);
    lb_value args[4] = {object};
    return call_nested(m, f, args, count, result);
}

bool machine_enter(struct machine *m, lb_value object, lb_value *result) {
    if (!call_method(m, object, "__enter__", 1, result)) return false;
    struct entered e = {value_copy(object), m->frame_count};
    if (array_push(&m->entered, e)) return true;
    value_release(object);
    value_release(*result);
    return error_memory(m->err);
}

static lb_value pop_entered(struct machine *m) {
    return m->entered.items[--m->entered.count].object;
}

bool machine_exit(struct machine *m, lb_value object, lb_value *result) {
    if (m->entered.count) value_release(pop_entered(m));
    return call_method(m, object, "__exit__", 4, result);
}

/* What __exit__ itself complains of is dropped (InterpreterStateImpl::runImpl): the first error stands. */
void machine_exit_all(struct machine *m, int frames) {
    while (m->entered.count && m->entered.items[m->entered.count - 1].frame > frames) {
        lb_value object = pop_entered(m), result = value_none();
        lb_error ignored = {0}, *kept = m->err;
        m->err = &ignored;
        if (call_method(m, object, "__exit__", 4, &result)) value_release(result);
        m->err = kept;
        error_clear(&ignored);
        value_release(object);
    }
}

/* Waits for the future's task, or runs it here when nobody has begun. */
static bool await(struct machine *m, struct future *f) {
    if (future_claim(f)) f->run(f->task);
    while (!future_wait_for(f, 20))
        if (m->cx->cancelled && atomic_load(m->cx->cancelled))
            return error_set(m->err, LB_ERROR_CANCELLED, "the run was cancelled");
    return true;
}

bool machine_wait(struct machine *m, lb_value future, lb_value *result) {
    if (future.tag != VALUE_FUTURE) return machine_uninitialized(m);
    struct future *f = future.future;
    if (!await(m, f)) return false;
    if (atomic_load(&f->state) == FUTURE_DONE) {
        *result = value_copy(f->result);
        return true;
    }
    return forks_rethrow(f, m->err);
}

bool machine_fork(struct machine *m, lb_value *r, const struct site *s) {
    lb_value future;
    if (!machine_step(m)) return false;
    for (int i = 0; i < s->argument_count; i++)
        if (r[s->arguments[i].place].tag == VALUE_UNINITIALIZED) return machine_uninitialized(m);
    for (int i = 0; i < s->argument_count; i++) m->arguments[i] = machine_take(r, s->arguments[i]);
    const struct type *type = s->type && s->type->kind == TYPE_FUTURE ? s->type->items[0] : NULL;
    if (!forks_start(m, s->code, m->arguments, s->argument_count, type, &future)) return false;
    return machine_put(m, &r[s->results[0]], future);
}
