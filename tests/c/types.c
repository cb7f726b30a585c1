/* Types and schemas: spellings, relations, unions, and every schema of the rows parsed and printed back. */
#include "ops/ops.h"
#include "types/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static struct unit *unit;

static void check(bool good, const char *what, const char *text) {
    if (good) return;
    failures++;
    printf("failed: %s: %s\n", what, text);
}

static void check_same(const struct text *got, const char *wanted) {
    if (strcmp(text_get(got), wanted) == 0) return;
    failures++;
    printf("failed: got    %s\n        wanted %s\n", text_get(got), wanted);
}

static const struct type *parse(const char *text) {
    lb_error err = {0};
    const struct type *t = type_parse_graph(&unit->types, text, strlen(text), &err);
    if (!t) check(false, error_message(&err), text);
    error_clear(&err);
    return t ? t : unit->types.tensor;
}

static void check_spellings(const char *graph, const char *schema, const char *annotation) {
    const struct type *t = parse(graph);
    void (*const puts[])(struct text *, const struct type *) = {type_put_graph, type_put_schema,
                                                                type_put_annotation};
    const char *const wanted[] = {graph, schema ? schema : graph, annotation};
    for (int i = 0; i < 3; i++) {
        struct text out = {0};
        puts[i](&out, t);
        check_same(&out, wanted[i]);
        text_free(&out);
    }
}

/* Union and Optional simplify when they are made: what is read prints in another way. */
static void check_becomes(const char *text, const char *graph) {
    struct text out = {0};
    type_put_graph(&out, parse(text));
    check_same(&out, graph);
    text_free(&out);
}

static void check_texts(void) {
    check_spellings("int[]", NULL, "List[int]");
    check_spellings("int?[]", NULL, "List[Optional[int]]");
    check_spellings("int[]?", NULL, "Optional[List[int]]");
    check_spellings("Dict(str, Tensor)", NULL, "Dict[str, Tensor]");
    check_spellings("Future[int]", "Future(int)", "Future[int]");
    check_spellings("Await(Tensor)", NULL, "Await[Tensor]");
    check_spellings("RRef[Tensor]", "RRef(Tensor)", "RRef[Tensor]");
    check_spellings("()", NULL, "Tuple[()]");
    check_spellings("(int)", NULL, "Tuple[int]");
    check_spellings("(int, (str, float))", NULL, "Tuple[int, Tuple[str, float]]");
    check_spellings("Scalar?", NULL, "Optional[number]");
    check_spellings("Union(int, NoneType, str)", NULL, "Union[int, NoneType, str]");
    check_spellings("Union(, str, Scalar)", NULL, "Union[, str, number]");
    check_spellings("Union(TensorScalar)", NULL, "Union[Tensornumber]");
    check_spellings("Union(int[]Scalar)", NULL, "Union[List[int]number]");
    check_spellings("Union(int, str)?", NULL, "Optional[Union[int, str]]");
    check_spellings("__torch__.a.M", NULL, "__torch__.a.M");
    check_spellings("Enum<__torch__.a.Color>", NULL, "__torch__.a.Color");
    check_spellings("Float(2, 3, strides=[3, 1], requires_grad=0, device=cpu)", "Tensor", "Tensor");
    check_spellings("Float(1, *, strides=[3, 1], requires_grad=0, device=cuda:1)[]", "Tensor[]",
                    "List[Tensor]");
    check_spellings("FloatTensor", "Tensor", "Tensor");
    check_spellings("FloatTensor(device=cuda:1)", "Tensor", "Tensor");
    check_spellings("Tensor(2, *)", "Tensor", "Tensor");
    check_spellings("Long(requires_grad=0, device=cpu)", "Tensor", "Tensor");
    check_spellings("Long(device=cpu)", "Tensor", "Tensor");
    check_spellings("(Float(2))?", "(Tensor)?", "Optional[Tuple[Tensor]]");
    check_becomes("int??", "int?");
    check_becomes("Union(str, int)", "Union(int, str)");
    check_becomes("Union(str, int, str, int)", "Union(int, str)");
    check_becomes("Union(int, float, complex)", "Union(Scalar)");
    check_becomes("Union(int, float, complex, NoneType)", "Scalar?");
    check_becomes("Union(int, NoneType)", "int?");
    check_becomes("Union(Tensor, Tensor[], str, bool, (int, int))",
                  "Union(Tensor, (int, int), Tensor[], str, bool)");
    check_becomes("Union(int?, Union(str, bool?))", "Union(int, NoneType, str, bool)");
    check_becomes("Dict(str, Float(2))", "Dict(str, Tensor)");
}

static void check_subtype(const char *a, const char *b, bool wanted) {
    char what[200];
    snprintf(what, sizeof what, "%s <: %s is %d", a, b, wanted);
    check(type_is_subtype(&unit->types, parse(a), parse(b)) == wanted, "subtype", what);
}

static void check_unify(const char *a, const char *b, bool to_union, const char *wanted) {
    struct text out = {0};
    const struct type *t = type_unify(&unit->types, parse(a), parse(b), to_union, NULL);
    if (t) type_put_graph(&out, t);
    check_same(&out, wanted);
    text_free(&out);
}

static void check_relations(void) {
    check_subtype("int", "Any", true);
    check_subtype("int", "int?", true);
    check_subtype("int?", "int", false);
    check_subtype("NoneType", "int?", true);
    check_subtype("int", "Scalar", true);
    check_subtype("bool", "Scalar", false);
    check_subtype("int[]", "Scalar[]", false);
    check_subtype("int[]", "list", true);
    check_subtype("(int, int)", "(int, int?)", true);
    check_subtype("(int, int)", "tuple", true);
    check_subtype("Float(2, 3)", "Tensor", true);
    check_subtype("Tensor", "Float(2, 3)", false);
    check_subtype("Float(2, 3)", "Float(2, *)", true);
    check_subtype("Float(2, *)", "Float(2, 3)", false);
    check_subtype("Union(int, str)", "Union(int, NoneType, str)", true);
    check_subtype("Union(int, NoneType, str)", "Union(int, str)?", true);
    check_subtype("str", "Union(int, str)", true);
    check_subtype("Future[int]", "Future[int?]", true);
    check_subtype("Enum<__torch__.E>", "AnyEnumType", true);
    check_unify("int", "float", false, "");
    check_unify("int", "float", true, "Union(float, int)");
    check_unify("int", "NoneType", false, "int?");
    check_unify("(int, NoneType)", "(int, int)", false, "(int, int?)");
    check_unify("Float(2, 3)", "Float(2, 4)", false, "Float(2, *)");
    check_unify("Float(2)[]", "Float(3)[]", false, "Tensor[]");
    check_unify("int?", "NoneType", false, "int?");
    check(parse("int[]") == parse("int[]"), "interned", "int[]");
    check(parse("Float(2, 3)") == parse("Float(2, 3)"), "interned", "Float(2, 3)");
}

static void check_schema(const char *text, const char *wanted) {
    lb_error err = {0};
    struct schema *schema = schema_parse(&unit->types, text, &err);
    struct text out = {0};
    if (schema) schema_put(&out, schema);
    check(schema != NULL, error_message(&err), text);
    if (schema) check_same(&out, wanted ? wanted : text);
    if (schema) schema_release_defaults(schema);
    error_clear(&err);
    text_free(&out);
}

static void check_refused(const char *text) {
    lb_error err = {0};
    check(!schema_parse(&unit->types, text, &err), "refused", text);
    check(strstr(error_message(&err), "line 1, column ") != NULL, error_message(&err), text);
    error_clear(&err);
}

static void check_schemas(void) {
    for (int i = 0; i < ops_count(); i++) check_schema(op_schema(ops_at(i)), NULL);
    check_schema("f(int[2] x=[1,1], float y=1, str s='a') -> ()",
                 "f(int[2] x=1, float y=1., str s=\"a\") -> ()");
    check_schema("f(ScalarType? d=float, *, Tensor(a|b)? t=None) -> (int a, int b)",
                 "f(ScalarType? d=6, *, Tensor(a|b)? t=None) -> (int a, int b)");
    check_schema("f() -> ((int, str)[])", NULL);
    check_schema("f(...) -> ...", NULL);
    check_schema("forward(__torch__.M self, Tensor x, int k=2) -> Tensor", NULL);
    check_schema("f((int, float) x=(2, 3.), str? name=None) -> Tensor", NULL);
    check_refused("f(");
    check_refused("f(int) -> int");
    check_refused("f(int a -> int");
    check_refused("f(int a=) -> int");
    check_refused("f(int a, ..., int b) -> int");
    check_refused("f(int[-1] a) -> int");
}

static void check_corpus(void) {
    FILE *file = fopen("../shared/corpus/schemas.txt", "r");
    char line[8192];
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        check_schema(line, NULL);
    }
    if (file) fclose(file);
}

static void check_deep(void) {
    struct text text = {0};
    lb_error err = {0};
    text_put_repeat(&text, '(', 100000);
    check(!type_parse_graph(&unit->types, text_get(&text), text.length, &err), "refused",
          "100000 parentheses");
    error_clear(&err);
    text_free(&text);
    const struct type *t = unit->types.simple[TYPE_INT];
    int doublings = 0;
    for (; t && doublings < 1000; doublings++)
        t = type_tuple(&unit->types, 2, (const struct type *const[]){t, t});
    check(!t, "refused", "a type of 2^1000 items");
    t = unit->types.simple[TYPE_INT];
    for (int i = 0; t && i < 1000; i++) t = type_list(&unit->types, t);
    check(!t, "refused", "1000 lists deep");
}

static void check_mangled(const char *name, const char *wanted) {
    const struct name *mangled = unit_mangle(unit, name_of(&unit->names, name));
    check(strcmp(mangled->text, wanted) == 0, mangled->text, wanted);
}

int main(void) {
    lb_error err = {0};
    unit = unit_new(NULL, 0, &err);
    if (!unit) return 1;
    check_texts();
    check_relations();
    check_schemas();
    check_corpus();
    check_deep();
    check_mangled("__torch__.M", "__torch__.___torch_mangle_0.M");
    check_mangled("__torch__.a.___torch_mangle_7.M", "__torch__.a.___torch_mangle_8.M");
    check_mangled("__torch__.b.M", "__torch__.b.___torch_mangle_9.M");
    unit_free(unit);
    return failures != 0;
}
