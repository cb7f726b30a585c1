/* The old operators and the functions that replace them; see upgraders.h. Line and column of each piece of
 * the functions are those that PyTorch's graphs show ("<string>:3:6"). */
#include "lang/upgraders.h"
#include "lang/define.h"
#include <string.h>

#define TENSOR_OPTIONS "dtype=dtype, layout=layout, device=device, pin_memory=pin_memory"
#define OPTION_TYPES                                                                                     \
    "dtype: Optional[int]=None, layout: Optional[int]=None, device: Optional[Device]=None, pin_memory: " \
    "Optional[bool]=None"
#define SCALAR           "Union[int, float, complex]"
#define RANGE_PARAMETERS "start: " SCALAR ", end: " SCALAR ", steps: Optional[int]"

static const struct upgrader {
    const char *op, *overload;
    int bumped_at; /* archives of a lower version need it */
    const char *schema, *source;
} upgraders[] = {
    {"aten::div", "Tensor", 4, "aten::div.Tensor(Tensor self, Tensor other) -> Tensor",
     "\ndef upgrade(self: Tensor, other: Tensor) -> Tensor:\n"
     "  if (self.is_floating_point() or other.is_floating_point()):\n"
     "    return self.true_divide(other)\n"
     "  return self.divide(other, rounding_mode='trunc')\n"},
    {"aten::div", "Scalar", 4, "aten::div.Scalar(Tensor self, Scalar other) -> Tensor",
     "\ndef upgrade(self: Tensor, other: number) -> Tensor:\n"
     "  if (self.is_floating_point() or isinstance(other, float)):\n"
     "    return self.true_divide(other)\n"
     "  return self.divide(other, rounding_mode='trunc')\n"},
    {"aten::div", "out", 4, "aten::div.out(Tensor self, Tensor other, *, Tensor(a!) out) -> Tensor(a!)",
     "\ndef upgrade(self: Tensor, other: Tensor, *, out: Tensor) -> Tensor:\n"
     "  if (self.is_floating_point() or other.is_floating_point() or out.is_floating_point()):\n"
     "    return self.true_divide(other, out=out)\n"
     "  return self.divide(other, rounding_mode='trunc', out=out)\n"},
    {"aten::div", "Tensor_mode", 4,
     "aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor",
     "\ndef upgrade(self: Tensor, other: Tensor, *, rounding_mode: Optional[str]=None) -> Tensor:\n"
     "  return self.divide(other, rounding_mode=rounding_mode)\n"},
    {"aten::div", "Scalar_mode", 4,
     "aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor",
     "\ndef upgrade(self: Tensor, other: number, *, rounding_mode: Optional[str]=None) -> Tensor:\n"
     "  return self.divide(other, rounding_mode=rounding_mode)\n"},
    {"aten::div", "out_mode", 4,
     "aten::div.out_mode(Tensor self, Tensor other, *, str? rounding_mode, Tensor(a!) out) -> Tensor(a!)",
     "\ndef upgrade(self: Tensor, other: Tensor, *, rounding_mode: Optional[str]=None, out: Tensor) -> "
     "Tensor:\n"
     "  return self.divide(other, rounding_mode=rounding_mode, out=out)\n"},
    {"aten::div_", "Tensor", 4, "aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)",
     "\ndef upgrade(self: Tensor, other: Tensor) -> Tensor:\n"
     "  if (self.is_floating_point() or other.is_floating_point()):\n"
     "    return self.true_divide_(other)\n"
     "  return self.divide_(other, rounding_mode='trunc')\n"},
    {"aten::div_", "Scalar", 4, "aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)",
     "\ndef upgrade(self: Tensor, other: number) -> Tensor:\n"
     "  if (self.is_floating_point() or isinstance(other, float)):\n"
     "    return self.true_divide_(other)\n"
     "  return self.divide_(other, rounding_mode='trunc')\n"},
    {"aten::div_", "Tensor_mode", 4,
     "aten::div_.Tensor_mode(Tensor(a!) self, Tensor other, *, str? rounding_mode) -> Tensor(a!)",
     "\ndef upgrade(self: Tensor, other: Tensor, *, rounding_mode: Optional[str]=None) -> Tensor:\n"
     "  return self.divide_(other, rounding_mode=rounding_mode)\n"},
    {"aten::div_", "Scalar_mode", 4,
     "aten::div_.Scalar_mode(Tensor(a!) self, Scalar other, *, str? rounding_mode) -> Tensor(a!)",
     "\ndef upgrade(self: Tensor, other: number, *, rounding_mode: Optional[str]=None) -> Tensor:\n"
     "  return self.divide_(other, rounding_mode=rounding_mode)\n"},
    {"aten::full", "", 5,
     "aten::full(int[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? "
     "device=None, bool? "
     "pin_memory=None) -> Tensor",
     "\ndef upgrade(size: List[int], fill_value: number, *,\n"
     "            " OPTION_TYPES ",\n"
     "            ) -> Tensor:\n"
     "  if dtype is None:\n"
     "    fill_value = float(fill_value)\n"
     "  return torch.full(size, fill_value, " TENSOR_OPTIONS ")\n"},
    {"aten::full", "out", 5, "aten::full.out(int[] size, Scalar fill_value, *, Tensor(a!) out) -> Tensor(a!)",
     "\ndef upgrade(size: List[int], fill_value: number, *, out: Tensor) -> Tensor:\n"
     "  return torch.full(size, fill_value, out=out)\n"},
    {"aten::linspace", "", 8,
     "aten::linspace(Scalar start, Scalar end, int? steps=None, *, ScalarType? dtype=None, Layout? "
     "layout=None, Device? "
     "device=None, bool? pin_memory=None) -> Tensor",
     "\ndef upgrade(" RANGE_PARAMETERS ", *,\n"
     "            dtype: Optional[int], layout: Optional[int], device: Optional[Device], pin_memory: "
     "Optional[bool]):\n"
     "  if (steps is None):\n"
     "    return torch.linspace(start=start, end=end, steps=100, " TENSOR_OPTIONS ")\n"
     "  return torch.linspace(start=start, end=end, steps=steps, " TENSOR_OPTIONS ")\n"},
    {"aten::linspace", "out", 8,
     "aten::linspace.out(Scalar start, Scalar end, int? steps=None, *, Tensor(a!) out) -> Tensor(a!)",
     "\ndef upgrade(" RANGE_PARAMETERS ", *, out: Tensor):\n"
     "  if (steps is None):\n"
     "    return torch.linspace(start=start, end=end, steps=100, out=out)\n"
     "  return torch.linspace(start=start, end=end, steps=steps, out=out)\n"},
    {"aten::logspace", "", 9,
     "aten::logspace(Scalar start, Scalar end, int? steps=None, float base=10.0, *, ScalarType? dtype=None, "
     "Layout? "
     "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     "\ndef upgrade(" RANGE_PARAMETERS ", base: float, *,\n"
     "            dtype: Optional[int], layout: Optional[int], device: Optional[Device], pin_memory: "
     "Optional[bool]):\n"
     "  if (steps is None):\n"
     "    return torch.logspace(start=start, end=end, steps=100, base=base, " TENSOR_OPTIONS ")\n"
     "  return torch.logspace(start=start, end=end, steps=steps, base=base, " TENSOR_OPTIONS ")\n"},
    {"aten::logspace", "out", 9,
     "aten::logspace.out(Scalar start, Scalar end, int? steps=None, float base=10.0, *, Tensor(a!) out) -> "
     "Tensor(a!)",
     "\ndef upgrade(" RANGE_PARAMETERS ", base: float, *, out: Tensor):\n"
     "  if (steps is None):\n"
     "    return torch.logspace(start=start, end=end, steps=100, base=base, out=out)\n"
     "  return torch.logspace(start=start, end=end, steps=steps, base=base, out=out)\n"},
    {"aten::gelu", "", 10, "aten::gelu(Tensor self) -> Tensor",
     "\ndef upgrade(self: Tensor) -> Tensor:\n  return torch.gelu(self, approximate='none')\n"},
    {"aten::gelu", "out", 10, "aten::gelu.out(Tensor self, *, Tensor(a!) out) -> Tensor(a!)",
     "\ndef upgrade(self: Tensor, *, out: Tensor) -> Tensor:\n  return torch.gelu(self, approximate='none', "
     "out=out)\n"},
};
enum { UPGRADERS = sizeof upgraders / sizeof *upgraders };

int upgrader_find(const struct op_row *row, int64_t version) {
    const char *name = op_name(row);
    for (int i = 0; i < UPGRADERS; i++)
        if (version < upgraders[i].bumped_at && !strcmp(upgraders[i].op, name) &&
            !strcmp(upgraders[i].overload, op_overload(row)))
            return i;
    return -1;
}

const struct schema *upgrader_schema(struct emitter *e, int upgrader) {
    return schema_parse(e->types, upgraders[upgrader].schema, e->err);
}

bool upgrader_note(struct emitter *e, struct node *n, int upgrader) {
    e->has_old_operators = true;
    return table_set(&e->old_operators, n, (void *)(uintptr_t)(upgrader + 1)) || error_memory(e->err);
}

/* Replaces one node by a copy of the function's graph. */
static bool replace(struct emitter *e, struct node *n, int upgrader) {
    struct function *f = builtin_compile(e, upgraders[upgrader].source, upgraders[upgrader].schema);
    if (!f) return false;
    struct insertion old = emit_at(e, n);
    struct ir_value *v = emit_graph_copy(e, f->graph, n->inputs.items, n->inputs.count);
    emit_back(e, old);
    if (!v || !value_replace_uses(n->outputs.items[0], v)) return error_memory(e->err);
    node_remove_all_inputs(n);
    node_destroy(n);
    return true;
}

static bool apply_in(struct emitter *e, struct block *b) {
    for (struct node *n = block_first(b), *next; n != b->result; n = next) {
        next = n->next;
        for (int i = 0; i < n->blocks.count; i++)
            if (!apply_in(e, n->blocks.items[i])) return false;
        uintptr_t upgrader = (uintptr_t)table_get(&e->old_operators, n);
        if (upgrader && !replace(e, n, (int)upgrader - 1)) return false;
    }
    return true;
}

bool upgraders_apply(struct emitter *e) {
    return !e->has_old_operators || apply_in(e, e->graph->top);
}
