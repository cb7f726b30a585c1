/* info: what an archive is and holds; ops: what the library knows. Both show the library's JSON as lines of
 * text. */
#include "commands.h"
#include "json.h"
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 12 }; /* items of a long list */

static void show_scalar(const json *value) {
    static const char *const names[] = {[JSON_NULL] = "none", [JSON_FALSE] = "no", [JSON_TRUE] = "yes"};
    fputs(value->kind <= JSON_TRUE ? names[value->kind] : json_text_of(value), stdout);
}

static bool is_scalar(const json *value) {
    return value->kind != JSON_ARRAY && value->kind != JSON_OBJECT;
}

/* An array or object on one line; of an object the first value stands for the whole, the others have their
 * names. */
static void show_flat(const json *value) {
    bool object = value->kind == JSON_OBJECT;
    for (int i = 0; i < value->count; i++) {
        if (i) fputs(object ? "  " : ", ", stdout);
        if (object && i) printf("%s ", value->keys[i]);
        if (is_scalar(&value->items[i]))
            show_scalar(&value->items[i]);
        else
            show_flat(&value->items[i]);
    }
}

static void show_list(const json *list, bool all) {
    if (list->count == 0) fputs("none", stdout);
    for (int i = 0; i < list->count && (all || i < SHOWN); i++) {
        fputs("\n    ", stdout);
        if (is_scalar(&list->items[i]))
            show_scalar(&list->items[i]);
        else
            show_flat(&list->items[i]);
    }
    if (!all && list->count > SHOWN) printf("\n    ... and %d more (--all shows them)", list->count - SHOWN);
}

static void show_info(const json *info, bool all) {
    const char *bold = output_colour(stdout, COLOUR_BOLD), *none = output_colour(stdout, COLOUR_NONE);
    for (int i = 0; i < info->count; i++) {
        const json *value = &info->items[i];
        printf("%s%s%s: ", bold, info->keys[i], none);
        if (is_scalar(value))
            show_scalar(value);
        else if (value->kind == JSON_OBJECT)
            show_flat(value);
        else
            show_list(value, all);
        fputc('\n', stdout);
    }
}

static int show_module(const lb_module *module, bool as_json, bool all, lb_error *err) {
    char *text = lb_info_json(module, err);
    if (!text) return output_library_error(NULL, err);
    json info = {0};
    if (as_json)
        puts(text);
    else if (json_read(text, &info))
        show_info(&info, all);
    json_free(&info);
    lb_text_free(text);
    return TOOL_OK;
}

int command_info(const tool_command *self, int argc, char **argv) {
    bool as_json = false, all = false;
    const option table[] = {
        {OPTION_FLAG, 0, "json", &as_json, NULL, "one JSON object"},
        {OPTION_FLAG, 0, "all", &all, NULL, "long lists whole"},
        {.kind = OPTION_END},
    };
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count != 1) return words_refused(self, &rest, "one archive is wanted");
    lb_error *err = lb_error_new();
    lb_module *module = tool_load(rest.items[0], err, &status);
    if (module) status = show_module(module, as_json, all, err);
    lb_module_free(module);
    lb_error_free(err);
    free(rest.items);
    return status;
}

/* ---- ops ---- */

static void show_ops(const json *ops, const char *pattern) {
    for (int i = 0; i < ops->count; i++) {
        const char *schema = json_text_of(json_get(&ops->items[i], "schema"));
        if (pattern && !strstr(schema, pattern)) continue;
        printf("%-11s %s\n", json_text_of(json_get(&ops->items[i], "state")), schema);
    }
}

int command_ops(const tool_command *self, int argc, char **argv) {
    bool as_json = false;
    const option table[] = {{OPTION_FLAG, 0, "json", &as_json, NULL, "a JSON array"}, {.kind = OPTION_END}};
    words rest = {0};
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (rest.count > 1) return words_refused(self, &rest, "one pattern at most");
    lb_error *err = lb_error_new();
    char *text = lb_ops_json(err);
    json ops = {0};
    if (!text)
        status = output_library_error(NULL, err);
    else {
        if (as_json)
            puts(text);
        else if (json_read(text, &ops))
            show_ops(&ops, rest.count ? rest.items[0] : NULL);
        status = TOOL_OK;
    }
    json_free(&ops);
    lb_text_free(text);
    lb_error_free(err);
    free(rest.items);
    return status;
}
