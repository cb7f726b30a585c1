/* See unsavable.h. PyTorch compiles a function before whatever calls it and a class before whatever holds it,
 * so its archives have no form for those that need themselves. */
#include "module/unsavable.h"
#include "base/mem.h"
#include "ir/views.h"
#include "lang/report.h"
#include "lang/tree.h"

static bool refuse(struct source_range at, lb_error *err, const char *format, const char *name,
                   const char *what, const char *help) {
    struct text text = {0};
    text_printf(&text, format, name, what);
    text_printf(&text, ". %s", help);
    if (at.source) {
        text_put(&text, ":\n");
        lang_put_excerpt(&text, at);
    }
    error_set(err, text.failed ? LB_ERROR_MEMORY : LB_ERROR_UNSUPPORTED, "%s", text_get(&text));
    text_free(&text);
    return false;
}

static bool calls_itself(const struct node *n) {
    bool call = node_is(n, KIND_CALL_FUNCTION) || node_is(n, KIND_CALL_METHOD);
    return call && n->function && n->function->recursive;
}

/* A node that no archive can hold. */
static const struct node *find_unsavable(const struct block *b) {
    for (const struct node *n = block_first(b); n != b->result; n = n->next) {
        if (node_is(n, KIND_TRY) || node_is(n, KIND_RERAISE) || calls_itself(n)) return n;
        const struct attribute *sub = node_attribute(n, "Subgraph");
        const struct node *found =
            sub && sub->kind == ATTRIBUTE_GRAPH ? find_unsavable(sub->graph->top) : NULL;
        for (int i = 0; !found && i < n->blocks.count; i++) found = find_unsavable(n->blocks.items[i]);
        if (found) return found;
    }
    return NULL;
}

static bool refuse_recursion(const struct function *f, const char *what, lb_error *err) {
    const struct tree *def = f->definition;
    struct source_range at = def ? def->range : (struct source_range){0};
    return refuse(at, err, "'%s' calls itself and cannot be %s: no archive can hold recursion", f->name->text,
                  what, "Write it as a loop, or keep the Python file and compile it where it runs");
}

bool function_can_be(const struct function *f, const char *what, lb_error *err) {
    if (f->recursive) return refuse_recursion(f, what, err);
    const struct node *n = f->graph ? find_unsavable(f->graph->top) : NULL;
    if (!n) return true;
    if (calls_itself(n)) return refuse_recursion(n->function, what, err);
    return refuse(
        n->range, err, "'%s' has a `try` and cannot be %s: no archive can hold that", f->name->text, what,
        "Test for what would go wrong instead, or keep the Python file and compile it where it runs");
}

/* ---- classes ---- */

bool class_can_be(const struct type *class, const char *what, lb_error *err) {
    const struct class_definition *c = class->definition;
    const struct tree *def = c->methods.count ? c->methods.items[0]->definition : NULL;
    if (c->holds_itself)
        return refuse(
            def ? def->range : (struct source_range){0}, err,
            "Objects of '%s' hold objects of their own class and cannot be %s: no archive can hold such "
            "a class",
            class->name->text, what, "Keep them in a list and let them hold its indices");
    for (int i = 0; i < c->methods.count; i++)
        if (!function_can_be(c->methods.items[i], what, err)) return false;
    return true;
}
