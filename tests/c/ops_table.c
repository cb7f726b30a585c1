/* The operator table: every row is found by its own name, absent names are not, overloads keep PyTorch's
 * order. */
#include <stdio.h>
#include <string.h>

#include "ops/ops.h"

static int failures;

static void check(bool good, const char *what, const char *text) {
    if (good) return;
    failures++;
    printf("failed: %s: %s\n", what, text);
}

static void check_row(const struct op_row *row) {
    const char *schema = op_schema(row);
    size_t length = strlen(op_name(row));
    int count;
    const struct op_row *first = ops_find(op_name(row), length, &count);
    check(first && row >= first && row < first + count, "a row is in its name's range", schema);
    check(ops_find_overload(op_name(row), op_overload(row)) == row, "found by overload", schema);
    check(strncmp(schema, op_name(row), length) == 0, "the schema starts with the name", schema);
    check(schema[length] == (*op_overload(row) ? '.' : '('), "then comes the overload", schema);
}

static void check_absent(const char *name, size_t length) {
    int count = -1;
    check(ops_find(name, length, &count) == NULL && count == 0, "absent", name);
}

static void check_order(const char *name, const char *const *overloads) {
    int count;
    const struct op_row *row = ops_find(name, strlen(name), &count);
    for (int i = 0; overloads[i]; i++)
        check(i < count && strcmp(op_overload(&row[i]), overloads[i]) == 0, "order of overloads",
              overloads[i]);
}

static void check_trait(const char *name, const char *overload, unsigned trait, bool has) {
    const struct op_row *row = ops_find_overload(name, overload);
    check(row && ((row->traits & trait) != 0) == has, "trait", name);
}

int main(void) {
    for (int i = 0; i < ops_count(); i++) {
        check(ops_index(ops_at(i)) == i, "index", op_schema(ops_at(i)));
        check_row(ops_at(i));
    }
    check(ops_count() > 4000, "there are many operators", "");
    check_absent("aten::nonesuch", 14);
    check_absent("aten::ad", 8);
    check_absent("aten::add.Tensor", 16);
    check_absent("", 0);
    check_order("aten::__getitem__", (const char *const[]){"t", "str", "Dict_str", "Dict_int", NULL});
    check_order("aten::add",
                (const char *const[]){"Tensor", "Scalar", "out", "Scalar_out", "t", "str", NULL});
    check_trait("aten::add_", "Tensor", OP_MUTATES, true);
    check_trait("aten::add_", "Tensor", OP_ALIASES, true);
    check_trait("aten::add", "Tensor", OP_MUTATES | OP_ALIASES, false);
    check_trait("aten::view", "", OP_ALIASES, true);
    check_trait("aten::setdefault", "str", OP_MUTATES, true);
    check_trait("aten::format", "", OP_VARIADIC, true);
    check_trait("prim::TupleUnpack", "", OP_VARIADIC_RESULT, true);
    check_trait("aten::rand", "", OP_RANDOM, true);
    check_trait("aten::warn", "", OP_SIDE_EFFECTS, true);
    check_trait("aten::from_file", "", OP_SYSTEM, true);
    return failures != 0;
}
