/* Compiling as handles: units, functions from sources, and what a host answers. */
#include "api/compile.h"
#include "ir/kinds.h"
#include "passes/passes.h"
#include <string.h>

static bool finish(struct function *f, lb_error *err) {
    return passes_after_emit(f->graph, err);
}

lb_unit *lb_unit_new(const lb_host *host, lb_error *err) {
    API_ERROR(err, own);
    lb_host answers = {0};
    if (host) memcpy(&answers, host, host->size && host->size < sizeof answers ? host->size : sizeof answers);
    struct unit *unit = unit_new(kind_texts, KIND_COUNT, local);
    if (unit && !host_of_unit(unit, &answers, finish)) {
        unit_free(unit);
        unit = NULL;
        error_memory(local);
    }
    handle_error(err, local);
    return (lb_unit *)unit;
}

void lb_unit_free(lb_unit *unit) {
    unit_free((struct unit *)unit);
}

struct host *api_host(lb_unit *unit) {
    return host_of_unit((struct unit *)unit, NULL, finish);
}

/* ---- functions ---- */

lb_source api_whole(const lb_source *s) {
    lb_source copy = {0};
    memcpy(&copy, s, s->size && s->size < sizeof copy ? s->size : sizeof copy);
    return copy;
}

struct function *api_declare(struct host *host, const char *qualified, const lb_type *class_type,
                             const lb_source *source, lb_error *err) {
    lb_source own = api_whole(source), declaration;
    if (own.declaration) {
        declaration = api_whole(own.declaration);
        own.declaration = &declaration;
    }
    return host_declare(host, qualified, (const struct type *)class_type, &own, err);
}

lb_function *lb_declare(lb_unit *unit, const char *qualified, const lb_source *source, lb_error *err) {
    API_ERROR(err, own);
    struct host *host = api_host(unit);
    struct function *f = NULL;
    if (host) {
        unit_enter(host->unit);
        f = api_declare(host, qualified, NULL, source, local);
        unit_leave(host->unit);
    }
    if (!f) error_memory(local);
    handle_error(err, local);
    return (lb_function *)f;
}

lb_function *lb_unit_function(lb_unit *unit, const char *qualified) {
    struct unit *u = (struct unit *)unit;
    unit_enter(u);
    const struct name *name = name_find(&u->names, qualified, strlen(qualified));
    struct function *f = name ? table_get(&u->functions, name) : NULL;
    unit_leave(u);
    return (lb_function *)f;
}

bool lb_compile(lb_unit *unit, lb_function *function, lb_error *err) {
    API_ERROR(err, own);
    struct host *host = api_host(unit);
    if (!host) error_memory(local);
    if (host) {
        unit_enter(host->unit);
        if (!lang_ensure((struct function *)function, local)) lang_retry_failed(host->unit);
        unit_leave(host->unit);
    }
    bool good = !local->code;
    handle_error(err, local);
    return good;
}

/* ---- answers ---- */

/* The kind of answer, with a text; false with err. */
static bool answer_text(lb_answer *a, enum answer_kind kind, const char *text, lb_error *err) {
    a->text = arena_text(a->memory, text, strlen(text));
    if (!a->text) {
        API_ERROR(err, own);
        error_memory(local);
        handle_error(err, local);
        return false;
    }
    a->kind = kind;
    return true;
}

bool lb_answer_value(lb_answer *answer, const lb_value *value, lb_error *err) {
    (void)err;
    answer->kind = ANSWER_VALUE;
    answer->value = value_copy(*value);
    return true;
}

bool lb_answer_name(lb_answer *answer, const char *name, lb_error *err) {
    return answer_text(answer, ANSWER_NAME, name, err);
}

bool lb_answer_type(lb_answer *answer, const lb_type *type, lb_error *err) {
    (void)err;
    if (answer->kind == ANSWER_NOTHING) answer->kind = ANSWER_TYPE;
    answer->type = (const struct type *)type;
    return true;
}

bool lb_answer_functions(lb_answer *answer, lb_function *const *functions, int count, lb_error *err) {
    API_ERROR(err, own);
    answer->functions = arena_copy(answer->memory, functions, sizeof *functions * (size_t)count);
    answer->kind = ANSWER_FUNCTIONS;
    answer->count = count;
    if (!answer->functions) error_memory(local);
    if (!count) error_set(local, LB_ERROR_ARGUMENT, "no functions are no answer");
    bool good = !local->code;
    handle_error(err, local);
    return good;
}

bool lb_answer_outside(lb_answer *answer, lb_function *function, bool method, bool never, lb_error *err) {
    if (!lb_answer_functions(answer, &function, 1, err)) return false;
    answer->kind = ANSWER_OUTSIDE;
    answer->position = method;
    answer->flag = never;
    return true;
}

bool lb_answer_member(lb_answer *answer, lb_function *function, lb_member_kind kind, lb_error *err) {
    if (!lb_answer_functions(answer, &function, 1, err)) return false;
    answer->kind = ANSWER_MEMBER;
    answer->position = kind;
    return true;
}

bool lb_answer_either(lb_answer *answer, lb_error *err) {
    if (!lb_answer_items(answer, 2, err)) return false;
    answer->kind = ANSWER_EITHER;
    return true;
}

bool lb_answer_bound(lb_answer *answer, lb_error *err) {
    if (!lb_answer_items(answer, 2, err)) return false;
    answer->kind = ANSWER_BOUND;
    return true;
}

bool lb_answer_named(lb_answer *answer, int count, const char *const *names, lb_error *err) {
    API_ERROR(err, own);
    if (!lb_answer_items(answer, count, err)) return false;
    answer->names = arena_array(answer->memory, const char *, count + 1);
    answer->kind = ANSWER_NAMED;
    bool good = answer->names != NULL;
    for (int i = 0; good && i < count; i++)
        good = (answer->names[i] = arena_text(answer->memory, names[i], strlen(names[i]))) != NULL;
    if (!good) error_memory(local);
    handle_error(err, local);
    return good;
}

bool lb_answer_set(lb_answer *answer, const lb_value *items, lb_error *err) {
    bool good = lb_answer_value(answer, items, err);
    answer->kind = ANSWER_SET;
    return good;
}

bool lb_answer_empty(lb_answer *answer, bool dict, lb_error *err) {
    (void)err;
    answer->kind = ANSWER_EMPTY;
    answer->flag = dict;
    return true;
}

bool lb_answer_scope(lb_answer *answer, void *scope, const char *words, lb_error *err) {
    answer->scope = scope;
    return answer_text(answer, ANSWER_SCOPE, words, err);
}

bool lb_answer_items(lb_answer *answer, int count, lb_error *err) {
    API_ERROR(err, own);
    answer->items = arena_array(answer->memory, struct lb_answer, count + 1);
    for (int i = 0; answer->items && i < count; i++)
        answer->items[i] = (struct lb_answer){.host = answer->host, .memory = answer->memory};
    answer->kind = ANSWER_ITEMS;
    answer->count = count;
    bool good = answer->items || error_memory(local);
    handle_error(err, local);
    return good;
}

lb_answer *lb_answer_item(lb_answer *answer, int index) {
    return answer->items && index >= 0 && index < answer->count ? &answer->items[index] : NULL;
}

bool lb_answer_choice(lb_answer *answer, const char *argument, int position, bool by_default, lb_error *err) {
    if (!lb_answer_items(answer, 2, err)) return false;
    answer->position = position;
    answer->flag = by_default;
    return answer_text(answer, ANSWER_CHOICE, argument, err);
}

bool lb_answer_exception(lb_answer *answer, const char *qualified, lb_error *err) {
    return answer_text(answer, ANSWER_EXCEPTION, qualified, err);
}

bool lb_answer_object(lb_answer *answer, const char *words, lb_error *err) {
    return answer_text(answer, ANSWER_OBJECT, words, err);
}

bool lb_answer_refusal(lb_answer *answer, const char *message, lb_error *err) {
    return answer_text(answer, ANSWER_REFUSAL, message, err);
}
