/* One case of verify: the texts of X.expect against the library's, the calls of X.io made again on the loaded
 * X.pt. The calls run in order on the same module, so that state carries over, as it did when they were
 * recorded. */
#include "verify.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const check_names[CHECKS] = {
    [CHECK_LOAD] = "load",           [CHECK_RUN] = "run",
    [CHECK_CODE] = "code",           [CHECK_GRAPH] = "graph",
    [CHECK_CANONICAL] = "canonical", [CHECK_INLINED] = "inlined",
    [CHECK_REPR] = "repr",           [CHECK_SCHEMA] = "schema",
};

void case_passed(case_result *to, check which) {
    if (to->outcomes[which] == OUTCOME_NONE) to->outcomes[which] = OUTCOME_PASSED;
}

/* The first reason of each check is kept. */
void case_failed(case_result *to, check which, const char *format, ...) {
    if (to->outcomes[which] == OUTCOME_FAILED) return;
    to->outcomes[which] = OUTCOME_FAILED;
    va_list args;
    va_start(args, format);
    to->why[which] = tool_vformat(format, args);
    va_end(args);
}

void case_free(case_result *result) {
    for (int c = 0; c < CHECKS; c++) free(result->why[c]);
    for (int i = 0; i < result->method_count; i++) {
        free(result->methods[i].name);
        free(result->methods[i].why);
    }
    free(result->methods);
    free(result->load_error);
}

/* ---- Texts ---- */

static char *line_at(const char *text, int number) {
    while (--number > 0 && *text) text += strcspn(text, "\n") + (text[strcspn(text, "\n")] != 0);
    size_t length = strcspn(text, "\n");
    return tool_format("%.*s", length < 120 ? (int)length : 120, text);
}

/* What belongs to the process that made a recording is made x: PyTorch numbers warnings per process, and
 * objects show their addresses. */
static void forget_after(char *text, const char *mark, const char *digits) {
    for (char *at = text; (at = strstr(at, mark)) != NULL;) {
        at += strlen(mark);
        size_t count = strspn(at, digits);
        if (count == 0) continue;
        *at = 'x';
        memmove(at + 1, at + count, strlen(at + count) + 1);
    }
}

static void forget_process(char *text) {
    forget_after(text, "warn_id=", "0123456789");
    forget_after(text, "=object(0x", "0123456789abcdef");
}

static void tell_difference(case_result *to, check which, const char *title, const char *expected,
                            const char *found) {
    int line = 1;
    for (size_t i = 0; expected[i] && expected[i] == found[i]; i++) line += expected[i] == '\n';
    char *e = line_at(expected, line), *f = line_at(found, line);
    case_failed(to, which, "%s, line %d: expected `%s`, found `%s`", title, line, e, f);
    free(e);
    free(f);
}

static void cut_end(char *text) {
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '\n') text[--n] = 0;
}

static bool kind_of_title(const char *title, check *which, lb_text_kind *kind, const char **method) {
    static const struct {
        const char *word;
        check which;
        lb_text_kind kind;
    } table[] = {
        {"code ", CHECK_CODE, LB_TEXT_CODE},
        {"graph ", CHECK_GRAPH, LB_TEXT_GRAPH},
        {"canonical ", CHECK_CANONICAL, LB_TEXT_CANONICAL},
        {"inlined ", CHECK_INLINED, LB_TEXT_INLINED},
        {"schema ", CHECK_SCHEMA, LB_TEXT_SCHEMA},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t n = strlen(table[i].word);
        if (strncmp(title, table[i].word, n) != 0) continue;
        *which = table[i].which;
        *kind = table[i].kind;
        *method = title + n;
        return true;
    }
    return false;
}

static void check_section(const lb_module *module, const char *title, char *expected,
                          const verify_options *given, case_result *to) {
    check which = CHECK_REPR;
    lb_text_kind kind = LB_TEXT_CODE;
    const char *method = NULL;
    if (strcmp(title, "repr") != 0 && !kind_of_title(title, &which, &kind, &method)) return;
    if (!given->wanted[which] || to->outcomes[which] == OUTCOME_FAILED) return;
    lb_error *err = lb_error_new();
    char *found = module ? method ? lb_text(module, kind, method, err) : lb_repr(module, err) : NULL;
    if (!module) {
        case_failed(to, which, "%s", to->load_error);
    } else if (!found) {
        case_failed(to, which, "%s: %s", title, lb_error_message(err));
    } else {
        cut_end(expected);
        cut_end(found);
        forget_process(expected);
        forget_process(found);
        if (strcmp(expected, found) == 0)
            case_passed(to, which);
        else
            tell_difference(to, which, title, expected, found);
    }
    lb_text_free(found);
    lb_error_free(err);
}

/* The next line `--- TITLE` of a known title, at the start of a line at or behind `at`. */
static char *next_title(char *at) {
    for (; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
        if (strncmp(at, "--- ", 4) != 0) continue;
        check which;
        lb_text_kind kind;
        const char *method;
        if (strncmp(at + 4, "repr\n", 5) == 0 || kind_of_title(at + 4, &which, &kind, &method)) return at;
    }
    return NULL;
}

static void check_texts(const lb_module *module, char *text, const verify_options *given, case_result *to) {
    char nothing[1] = "";
    for (char *at = next_title(text); at;) {
        char *body = strchr(at, '\n');
        if (!body) return;
        char *next = next_title(body + 1);
        if (next) next[-1] = 0;
        *body++ = 0;
        check_section(module, at + 4, body == next ? nothing : body, given, to);
        at = next;
    }
}

/* ---- Calls ---- */

typedef struct heard {
    char *text;
    size_t length;
} heard;

static void hear(void *user, const char *text, size_t length) {
    heard *to = user;
    to->text = tool_realloc(to->text, to->length + length + 1);
    memcpy(to->text + to->length, text, length);
    to->text[to->length += length] = 0;
}

typedef struct call {
    const char *method;
    lb_value **args, **named;
    const char **names;
    lb_value **keys; /* own the names */
    int count, named_count;
    int64_t seed;
    tolerance within;
    lb_value *output, *raises, *args_after, *said, *args_value, *method_value;
} call;

/* A record has no form for a dtype: {"dtype": "torch.float64"} stands for one, which a program takes as its
 * number. */
static lb_value *without_stand_in(lb_value *item) {
    lb_value *name =
        item && lb_value_kind(item) == LB_DICT && lb_count(item) == 1 ? lb_dict_find(item, "dtype") : NULL;
    const char *text = name ? lb_string_get(name, NULL) : NULL;
    for (int number = 0; text && !strncmp(text, "torch.", 6) && number <= LB_BFLOAT16; number++) {
        if (strcmp(text + 6, lb_dtype_name((lb_dtype)number))) continue;
        lb_value_free(name);
        lb_value_free(item);
        return lb_int_new(number, NULL);
    }
    lb_value_free(name);
    return item;
}

static lb_value **take_items(const lb_value *from, int *count) {
    *count = from ? (int)lb_count(from) : 0;
    lb_value **items = tool_alloc((size_t)(*count + 1) * sizeof *items);
    for (int i = 0; i < *count; i++) items[i] = without_stand_in(lb_item(from, i, NULL));
    return items;
}

static void take_named(const lb_value *from, call *to) {
    to->named = take_items(from, &to->named_count);
    to->names = tool_alloc((size_t)(to->named_count + 1) * sizeof *to->names);
    to->keys = tool_alloc((size_t)(to->named_count + 1) * sizeof *to->keys);
    for (int i = 0; i < to->named_count; i++) {
        to->keys[i] = lb_dict_key(from, i, NULL);
        to->names[i] = to->keys[i] ? lb_string_get(to->keys[i], NULL) : "";
    }
}

static void take_tolerance(const lb_value *recorded, call *to) {
    lb_value *pair = lb_dict_find(recorded, "tolerance");
    lb_value *rtol = pair ? lb_item(pair, 0, NULL) : NULL, *atol = pair ? lb_item(pair, 1, NULL) : NULL;
    if (rtol && atol) to->within = (tolerance){lb_float_get(rtol), lb_float_get(atol), true};
    lb_value_free(rtol);
    lb_value_free(atol);
    lb_value_free(pair);
}

static bool call_read(const lb_value *recorded, call *to) {
    *to = (call){.method = "forward"};
    to->method_value = lb_dict_find(recorded, "method");
    if (to->method_value && lb_string_get(to->method_value, NULL))
        to->method = lb_string_get(to->method_value, NULL);
    to->args_value = lb_dict_find(recorded, "args");
    to->args = take_items(to->args_value, &to->count);
    lb_value *named = lb_dict_find(recorded, "kwargs"), *seed = lb_dict_find(recorded, "seed");
    take_named(named, to);
    to->seed = seed ? lb_int_get(seed) : 0;
    lb_value_free(named);
    lb_value_free(seed);
    take_tolerance(recorded, to);
    to->output = lb_dict_find(recorded, "output");
    to->raises = lb_dict_find(recorded, "raises");
    to->args_after = lb_dict_find(recorded, "args_after");
    to->said = lb_dict_find(recorded, "stdout");
    return to->output || to->raises;
}

static void free_all(lb_value **items, int count) {
    for (int i = 0; i < count; i++) lb_value_free(items[i]);
    free(items);
}

static void call_free(call *c) {
    free_all(c->args, c->count);
    free_all(c->named, c->named_count);
    free_all(c->keys, c->named_count);
    free(c->names);
    lb_value *const rest[] = {c->output, c->raises, c->args_after, c->said, c->args_value, c->method_value};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) lb_value_free(rest[i]);
}

/* Whether an error is the program's own answer, and not that linkboy lacks something or gave up. */
bool error_is_answer(const lb_error *err) {
    lb_code code = lb_error_code(err);
    return code == LB_ERROR_RUNTIME || code == LB_ERROR_RAISED || code == LB_ERROR_ARGUMENT;
}

static char *compare_error(const call *c, const lb_error *err, bool messages) {
    if (!error_is_answer(err)) return tool_format("%s", lb_error_message(err));
    if (!messages) return NULL;
    lb_value *type = lb_dict_find(c->raises, "type"), *message = lb_dict_find(c->raises, "message");
    const char *t = type ? lb_string_get(type, NULL) : "", *m = message ? lb_string_get(message, NULL) : "";
    const char *kind = strrchr(lb_error_kind(err), '.');
    kind = kind ? kind + 1 : lb_error_kind(err);
    char *text = tool_format("%s", lb_error_text(err)), *why = NULL;
    cut_end(text);
    const char *last = strrchr(text, '\n');
    if (strcmp(kind, t) != 0)
        why = tool_format("expected %s, found %s", t, kind);
    else if (strcmp(last ? last + 1 : text, m) != 0)
        why = tool_format("expected `%s`, found `%s`", m, last ? last + 1 : text);
    free(text);
    lb_value_free(type);
    lb_value_free(message);
    return why;
}

static char *compare_after(const call *c, const lb_value *plain, const heard *said) {
    char *why = compare_values(c->output, plain, &c->within);
    const char *expected = c->said ? lb_string_get(c->said, NULL) : NULL;
    if (!why && expected && strcmp(expected, said->text ? said->text : "") != 0)
        why = tool_format("printed `%s`, expected `%s`", said->text ? said->text : "", expected);
    if (!why && c->args_after) {
        lb_value *now = lb_tuple_new(c->args, c->count, NULL);
        char *differs = compare_values(c->args_after, now, &c->within);
        if (differs) why = tool_format("arguments after the call: %s", differs);
        free(differs);
        lb_value_free(now);
    }
    return why;
}

static lb_value *raised_value(const lb_error *err) {
    lb_value *dict = lb_dict_new(NULL);
    const char *const fields[3][2] = {
        {"type", lb_error_kind(err)}, {"message", lb_error_message(err)}, {"text", lb_error_text(err)}};
    for (int i = 0; dict && i < 3; i++) {
        lb_value *key = lb_string_new(fields[i][0], strlen(fields[i][0]), NULL);
        lb_value *text = lb_string_new(fields[i][1], strlen(fields[i][1]), NULL);
        if (key && text) lb_dict_set(dict, key, text, NULL);
        lb_value_free(key);
        lb_value_free(text);
    }
    return dict;
}

/* {"output": value} or {"raises": {...}}, as DIR/X.out keeps it. */
static lb_value *outcome_dict(const lb_value *output, const lb_error *err) {
    const char *name = output ? "output" : "raises";
    lb_value *dict = lb_dict_new(NULL), *key = lb_string_new(name, strlen(name), NULL);
    lb_value *raised = output ? NULL : raised_value(err);
    if (dict && key && (output || raised)) lb_dict_set(dict, key, output ? output : raised, NULL);
    lb_value_free(key);
    lb_value_free(raised);
    return dict;
}

/* NULL when the call answers as recorded, otherwise why not; *made is the outcome to keep. */
static char *replay_call(const lb_module *module, const call *c, const verify_options *given,
                         lb_value **made) {
    heard said = {0};
    lb_context_options options = {.size = sizeof options, .print = hear, .user = &said};
    lb_error *err = lb_error_new();
    lb_context *context = lb_context_new(&options, err);
    if (context) lb_context_seed(context, (uint64_t)c->seed);
    lb_value *out = context ? lb_call_named(module, c->method, context, c->args, c->count, c->names, c->named,
                                            c->named_count, err)
                            : NULL;
    lb_value *plain = out ? plain_value(out, err) : NULL;
    char *why;
    if (!plain)
        why = c->output ? tool_format("%s", lb_error_message(err)) : compare_error(c, err, given->messages);
    else
        why = c->output ? compare_after(c, plain, &said) : tool_format("does not raise");
    if (given->outputs) *made = outcome_dict(plain, err);
    lb_value_free(plain);
    lb_value_free(out);
    lb_context_free(context);
    lb_error_free(err);
    free(said.text);
    return why;
}

static void write_outputs(const char *stem, const char *folder, lb_value **outcomes, int count,
                          case_result *to) {
    const char *slash = strrchr(stem, '/');
    char *path = tool_format("%s/%s.out", folder, slash ? slash + 1 : stem);
    lb_error *err = lb_error_new();
    lb_value *list = lb_list_new(outcomes, count, err), *dict = lb_dict_new(err),
             *key = lb_string_new("calls", 5, err);
    bool ok = list && dict && key && lb_dict_set(dict, key, list, err) && lb_write_value(path, dict, err);
    if (!ok) case_failed(to, CHECK_RUN, "%s: %s", path, lb_error_message(err));
    lb_value_free(list);
    lb_value_free(dict);
    lb_value_free(key);
    lb_error_free(err);
    free(path);
}

/* NULL when the call answers as recorded, otherwise why not. */
static char *check_one_call(const lb_module *module, const lb_value *recorded, int64_t number,
                            const verify_options *given, lb_value **made) {
    call c;
    if (!recorded || !call_read(recorded, &c))
        return tool_format("call %lld: not recorded as a call", (long long)number);
    char *why = replay_call(module, &c, given, made), *told = NULL;
    if (why) told = tool_format("call %lld (%s): %s", (long long)number, c.method, why);
    free(why);
    call_free(&c);
    return told;
}

static char *method_of(const lb_value *recorded) {
    lb_value *name = recorded ? lb_dict_find(recorded, "method") : NULL;
    const char *text = name ? lb_string_get(name, NULL) : NULL;
    char *copy = tool_format("%s", text ? text : "forward");
    lb_value_free(name);
    return copy;
}

/* The calls of one method: the first that fails is the method's outcome. */
typedef struct run {
    char *method, *why;
    int number; /* of the methods of this archive */
} run;

static void end_run(run *of, const verify_options *given, case_result *to) {
    if (of->method && of->number >= given->methods_done) method_ends(to, of->why, given->live);
    free(of->method);
    free(of->why);
    of->method = of->why = NULL;
}

/* Begins another run where the method is another one. */
static void go_to_method(run *now, const lb_value *recorded, const verify_options *given, case_result *to) {
    char *method = method_of(recorded);
    if (now->method && strcmp(now->method, method) == 0) {
        free(method);
        return;
    }
    end_run(now, given, to);
    now->method = method;
    if (++now->number >= given->methods_done) method_begins(to, method, given->live);
}

static void take_answer(run *of, char *why, case_result *to) {
    to->calls++;
    to->calls_passed += !why;
    if (why) case_failed(to, CHECK_RUN, "%s", why);
    if (of->why)
        free(why);
    else
        of->why = why;
}

static void check_calls(const char *stem, const lb_module *module, const lb_value *calls,
                        const verify_options *given, case_result *to) {
    int count = (int)lb_count(calls);
    lb_value **made = tool_alloc((size_t)(count + 1) * sizeof *made);
    run now = {.number = -1};
    for (int i = 0; i < count; i++) {
        lb_value *recorded = lb_item(calls, i, NULL);
        if (given->by_method) go_to_method(&now, recorded, given, to);
        if (!given->by_method || now.number >= given->methods_done)
            take_answer(&now, check_one_call(module, recorded, i, given, &made[i]), to);
        lb_value_free(recorded);
    }
    end_run(&now, given, to);
    if (count > 0) case_passed(to, CHECK_RUN);
    if (given->outputs) write_outputs(stem, given->outputs, made, count, to);
    free_all(made, count);
}

static void check_io(const char *stem, const lb_module *module, const verify_options *given,
                     case_result *to) {
    char *path = tool_format("%s.io", stem);
    if (access(path, R_OK) == 0) {
        lb_error *err = lb_error_new();
        lb_value *io = lb_read_value(path, err), *calls = io ? lb_dict_find(io, "calls") : NULL;
        if (!calls)
            case_failed(to, CHECK_RUN, "%s: %s", path, lb_error_message(err));
        else if (lb_count(calls) > 0 && !module)
            case_failed(to, CHECK_RUN, "%s", to->load_error);
        else if (given->dtypes)
            check_dtypes(module, io, given, to);
        else
            check_calls(stem, module, calls, given, to);
        lb_value_free(calls);
        lb_value_free(io);
        lb_error_free(err);
    }
    free(path);
}

void replay_case(const char *stem, const verify_options *given, case_result *to) {
    lb_error *err = lb_error_new();
    char *archive = tool_format("%s.pt", stem), *expect = tool_format("%s.expect", stem);
    lb_module *module = lb_load(archive, NULL, err);
    if (!module) to->load_error = tool_format("%s", lb_error_message(err));
    if (given->wanted[CHECK_LOAD]) {
        if (module)
            case_passed(to, CHECK_LOAD);
        else
            case_failed(to, CHECK_LOAD, "%s", to->load_error);
    }
    size_t length;
    char *text = tool_read_file(expect, &length);
    if (text) check_texts(module, text, given, to);
    if (given->wanted[CHECK_RUN]) check_io(stem, module, given, to);
    free(text);
    free(archive);
    free(expect);
    lb_module_free(module);
    lb_error_free(err);
}
