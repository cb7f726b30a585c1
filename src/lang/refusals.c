/* What TorchScript has not; see refusals.h. The parser makes trees of all of Python; this is the one list of
 * those kinds that PyTorch's frontend does not take. */
#include "lang/refusals.h"

static const char *const words_of[TREE_KIND_COUNT] = {
    [TREE_LAMBDA] = "Lambda aren't supported",
    [TREE_NAMED_EXPRESSION] = "NamedExpr aren't supported",
    [TREE_SET] = "Set aren't supported",
    [TREE_DICT_MERGE] = "Dict expansion (e.g. `{**dict}`) is not supported",
    [TREE_POSITIVE] = "unsupported unary operator: UAdd",
    [TREE_BYTES] = "Unknown Constant expression type",
    [TREE_LOOP_ELSE] = "else branches of loops aren't supported",
    [TREE_TRY] = "try blocks aren't supported",
    [TREE_MATCH] = "Match aren't supported",
    [TREE_GLOBAL] = "global variables aren't supported",
    [TREE_NONLOCAL] = "Nonlocal aren't supported",
    [TREE_DEF] = "function definitions aren't supported",
    [TREE_CLASS] = "class definitions aren't supported",
    [TREE_IMPORT] = "import statements aren't supported",
};

static const char *comprehension_words(const struct tree *t) {
    if (t->op == COMPREHENSION_SET) return "SetComp aren't supported";
    return t->items[2]->count > 1 ? "Only a single generator is currently supported"
                                  : "Comprehension ifs are not supported yet";
}

static const char *format_words(const struct tree *t) {
    for (int i = 0; i < t->count; i++)
        if (t->items[i]->kind == TREE_FORMATTED && t->items[i]->op)
            return "Don't support conversion in JoinedStr";
    return "Don't support formatting in JoinedStr";
}

static const char *parameter_words(const struct tree *t) {
    bool variable = t->op == PARAMETER_STAR || t->op == PARAMETER_DOUBLE_STAR;
    return variable || (t->keyword_only && t->items[1]) ? "Compiled functions can't take variable number of "
                                                          "arguments or use keyword-only arguments with "
                                                          "defaults"
                                                        : NULL;
}

static const char *augmented_words(const struct tree *t) {
    if (t->op == OPERATOR_FLOOR_DIVIDE) return "unsupported kind of augmented assignment: FloorDiv";
    return t->op == OPERATOR_MATRIX_MULTIPLY ? "unsupported kind of augmented assignment: MatMult" : NULL;
}

static const char *words_for(const struct tree *t) {
    switch ((enum tree_kind)t->kind) {
    case TREE_UNSUPPORTED: return t->text;
    case TREE_YIELD: return t->op ? "YieldFrom aren't supported" : "Yield aren't supported";
    case TREE_COMPREHENSION: return comprehension_words(t);
    case TREE_FORMATTED_STRING: return format_words(t);
    case TREE_PARAMETER: return parameter_words(t);
    case TREE_AUGMENTED: return augmented_words(t);
    case TREE_KEYWORD: return t->name ? NULL : "keyword-arg expansion is not supported";
    case TREE_RAISE: return t->count ? NULL : "raise without an exception isn't supported";
    case TREE_WITH_ITEM:
        return t->items[1] && t->items[1]->kind != TREE_NAME ? "expected a name after 'as'" : NULL;
    default: return words_of[t->kind];
    }
}

static const struct tree *find(const struct tree *t, bool python, const char **words) {
    if (python || t->kind == TREE_UNSUPPORTED) {
        *words = words_for(t);
        if (*words) return t;
    }
    for (int i = 0; i < t->count; i++) {
        const struct tree *found = t->items[i] ? find(t->items[i], python, words) : NULL;
        if (found) return found;
    }
    return NULL;
}

const char *refusal_words(const struct tree *t) {
    return words_for(t);
}

const struct tree *refusal_find(const struct tree *def, bool python, const char **words) {
    const struct tree *found = find(def->items[0], python, words);
    return found ? found : find(def->items[2], python, words);
}
