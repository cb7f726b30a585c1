/* The arithmetic as formulas; see norm_parameters.h. */
#include "passes/norm_parameters.h"
#include "passes/formula.h"

/* w, b: of the layer; m, v, e: mean, variance and epsilon; s, o: the norm's own weight and bias. */
static const char conv_formula[] =
    "graph(%w, %b, %m, %v, %e : float, %s, %o, %wt : int, %bt : int, %shape : int[]):\n"
    "  %one : int = prim::Constant[value=1]()\n"
    "  %no : bool = prim::Constant[value=0]()\n"
    "  %none : NoneType = prim::Constant()\n"
    "  %ve = aten::add(%v, %e, %one)\n"
    "  %r = aten::rsqrt(%ve)\n"
    "  %sr = aten::mul(%s, %r)\n"
    "  %scale = aten::reshape(%sr, %shape)\n"
    "  %ws = aten::mul(%w, %scale)\n"
    "  %bm = aten::sub(%b, %m, %one)\n"
    "  %bmr = aten::mul(%bm, %r)\n"
    "  %bmrs = aten::mul(%bmr, %s)\n"
    "  %bs = aten::add(%bmrs, %o, %one)\n"
    "  %weight = aten::to(%ws, %wt, %no, %no, %none)\n"
    "  %bias = aten::to(%bs, %bt, %no, %no, %none)\n"
    "  return (%weight, %bias)\n";
static const char linear_formula[] =
    "graph(%w, %b, %m, %v, %e : float, %s, %o, %wt : int, %bt : int, %shape : int[]):\n"
    "  %one : int = prim::Constant[value=1]()\n"
    "  %last : int = prim::Constant[value=-1]()\n"
    "  %no : bool = prim::Constant[value=0]()\n"
    "  %none : NoneType = prim::Constant()\n"
    "  %ve = aten::add(%v, %e, %one)\n"
    "  %r = aten::rsqrt(%ve)\n"
    "  %scale = aten::mul(%s, %r)\n"
    "  %column = aten::unsqueeze(%scale, %last)\n"
    "  %ws = aten::mul(%w, %column)\n"
    "  %bm = aten::sub(%b, %m, %one)\n"
    "  %bms = aten::mul(%bm, %scale)\n"
    "  %bs = aten::add(%bms, %o, %one)\n"
    "  %weight = aten::to(%ws, %wt, %no, %no, %none)\n"
    "  %bias = aten::to(%bs, %bt, %no, %no, %none)\n"
    "  return (%weight, %bias)\n";

static const char zeros_formula[] = "graph(%m, %t : int):\n"
                                    "  %none : NoneType = prim::Constant()\n"
                                    "  %z = aten::zeros_like(%m, %t, %none, %none, %none, %none)\n"
                                    "  return (%z)\n";
static const char ones_formula[] = "graph(%m, %t : int):\n"
                                   "  %none : NoneType = prim::Constant()\n"
                                   "  %z = aten::ones_like(%m, %t, %none, %none, %none, %none)\n"
                                   "  return (%z)\n";

/* The tensor, or one like the mean. */
static bool tensor_or(struct unit *unit, const struct norm_parameters *p, struct tensor *t,
                      const char *formula, enum dtype dtype, lb_value *out) {
    if (t) {
        *out = value_tensor(tensor_retain(t));
        return true;
    }
    lb_value inputs[] = {{.tag = VALUE_TENSOR, .tensor = p->mean}, value_int(dtype)};
    return formula_compute(unit, formula, inputs, out);
}

/* Half weights keep a half bias though the statistics are floats. */
static enum dtype bias_dtype(const struct norm_parameters *p) {
    enum dtype mean = (enum dtype)p->mean->dtype, weight = (enum dtype)p->weight->dtype;
    bool half = weight == DTYPE_FLOAT16 || weight == DTYPE_BFLOAT16;
    return !p->linear && half && mean == DTYPE_FLOAT32 ? weight : mean;
}

/* [-1, 1, 1, ...]: along the weight's first dimension. */
static bool first_dimension(struct unit *unit, int ndim, lb_value *out) {
    lb_error ignored = {0};
    bool good = value_new_list(out, unit->types.simple[TYPE_INT], ndim, &ignored);
    for (int i = 0; good && i < ndim; i++) good = list_append(out->list, value_int(i ? 1 : -1), &ignored);
    error_clear(&ignored);
    return good;
}

/* The formula's inputs in their order. */
static bool gather(struct unit *unit, const struct norm_parameters *p, lb_value *in) {
    enum dtype mean = (enum dtype)p->mean->dtype;
    in[0] = value_tensor(tensor_retain(p->weight));
    in[2] = value_tensor(tensor_retain(p->mean));
    in[3] = value_tensor(tensor_retain(p->variance));
    in[4] = value_float(p->epsilon);
    in[7] = value_int(p->weight->dtype);
    if (!tensor_or(unit, p, p->bias, zeros_formula, bias_dtype(p), &in[1]) ||
        !tensor_or(unit, p, p->scale, ones_formula, mean, &in[5]) ||
        !tensor_or(unit, p, p->shift, zeros_formula, mean, &in[6]))
        return false;
    in[8] = value_int(in[1].tensor->dtype);
    return first_dimension(unit, p->weight->ndim, &in[9]);
}

bool norm_fold(struct unit *unit, const struct norm_parameters *p, lb_value *weight, lb_value *bias) {
    lb_value in[10] = {0}, folded[2] = {0};
    bool good =
        gather(unit, p, in) && formula_compute(unit, p->linear ? linear_formula : conv_formula, in, folded);
    for (int i = 0; i < 10; i++) value_release(in[i]);
    *weight = folded[0];
    *bias = folded[1];
    return good;
}
