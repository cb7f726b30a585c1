/* The dispatch loop. Scalar instructions touch payloads alone, since the tags of their registers are preset;
 * what needs more than a few lines is a function of containers.c or calls.c. The loop is one long function so
 * that the compiler keeps the registers' address and the instruction pointer in machine registers. */
#include "exec/machine.h"

bool machine_put_slow(struct machine *m, lb_value v) {
    bool unset = v.tag == VALUE_UNINITIALIZED;
    value_release(v);
    if (unset) return machine_uninitialized(m);
    return error_set(m->err, LB_ERROR_RUNTIME, "a value is not of the type that the program says: %s",
                     value_tag_name((enum value_tag)v.tag));
}

/* Division rounds down, the remainder has the divisor's sign; -1 is apart because INT64_MIN / -1 traps. */
static inline int64_t floor_rem(int64_t a, int64_t b) {
    if (__builtin_expect(((uint64_t)a | (uint64_t)b) >> 32 == 0, 1)) return (uint32_t)a % (uint32_t)b;
    if (b == -1) return 0;
    int64_t rem = a % b;
    return rem && (rem ^ b) < 0 ? rem + b : rem;
}

/* By a known number above zero, with its reciprocal: exact while both are below 2^32. */
static inline int64_t floor_rem_by(int64_t a, int64_t number, int64_t reciprocal) {
    if (__builtin_expect(((uint64_t)a | (uint64_t)number) >> 32 == 0, 1))
        return (int64_t)((unsigned __int128)((uint64_t)reciprocal * (uint64_t)a) * (uint64_t)number >> 64);
    int64_t rem = a % number;
    return rem < 0 ? rem + number : rem;
}

static inline int64_t floor_div(int64_t a, int64_t b) {
    if (__builtin_expect(((uint64_t)a | (uint64_t)b) >> 32 == 0, 1)) return (uint32_t)a / (uint32_t)b;
    if (b == -1) return (int64_t)(0 - (uint64_t)a);
    int64_t quotient = a / b;
    return a % b && (a ^ b) < 0 ? quotient - 1 : quotient;
}

/* What x86 gives for numbers that do not fit. */
static inline int64_t float_to_int(double f) {
    return f >= -0x1p63 && f < 0x1p63 ? (int64_t)f : INT64_MIN;
}

static bool divide_by_zero(struct machine *m, bool rem) {
    return error_set(m->err, LB_ERROR_RUNTIME, rem ? "integer modulo by zero" : "division by 0");
}

static inline bool list_at(struct machine *m, lb_value list, int64_t index, lb_value **item) {
    if (list.tag != VALUE_LIST) return machine_uninitialized(m);
    if (index < 0) index += list.list->count;
    if (index < 0 || index >= list.list->count)
        return error_set(m->err, LB_ERROR_RUNTIME, "list index out of range");
    *item = &list.list->items[index];
    return true;
}

static bool list_get(struct machine *m, lb_value *slot, lb_value list, int64_t index) {
    lb_value *item = NULL;
    return list_at(m, list, index, &item) && machine_put(m, slot, value_copy(*item));
}

static bool list_set(struct machine *m, lb_value item, lb_value list, int64_t index) {
    lb_value *place = NULL;
    if (item.tag == VALUE_UNINITIALIZED) return machine_uninitialized(m);
    if (!list_at(m, list, index, &place)) return false;
    lb_value old = *place;
    *place = value_copy(item);
    value_release(old);
    return true;
}

static bool append(struct machine *m, lb_value list, lb_value *item, bool moved) {
    if (list.tag != VALUE_LIST || item->tag == VALUE_UNINITIALIZED) return machine_uninitialized(m);
    lb_value v = moved ? *item : value_copy(*item);
    if (moved) item->tag = VALUE_NONE;
    return list_append(list.list, v, m->err);
}

static bool tuple_get(struct machine *m, lb_value *slot, lb_value tuple, int64_t index) {
    if (tuple.tag != VALUE_TUPLE) return machine_uninitialized(m);
    if (index < 0) index += tuple.tuple->count;
    if (index < 0 || index >= tuple.tuple->count)
        return error_set(m->err, LB_ERROR_RUNTIME, "Tuple list index out of range");
    return machine_put(m, slot, value_copy(tuple.tuple->items[index]));
}

static bool get_attribute(struct machine *m, lb_value *slot, lb_value object, int at) {
    if (object.tag != VALUE_OBJECT || at >= object.object->count) return machine_uninitialized(m);
    return machine_put(m, slot, value_copy(object.object->slots[at]));
}

static bool set_attribute(struct machine *m, lb_value object, int at, lb_value v) {
    if (object.tag != VALUE_OBJECT || at >= object.object->count || v.tag == VALUE_UNINITIALIZED)
        return machine_uninitialized(m);
    lb_value old = object.object->slots[at];
    object.object->slots[at] = value_copy(v);
    value_release(old);
    return true;
}

/* An attribute that nobody has set yet can be moved about but not used. */
static bool make_object(struct machine *m, lb_value *slot, const struct type *type) {
    int count = type->definition->attributes.count;
    if (!value_new_object(slot, type, count, m->err)) return false;
    for (int i = 0; i < count; i++) slot->object->slots[i].tag = VALUE_UNINITIALIZED;
    return true;
}

static bool check_type(struct machine *m, lb_value v, const struct type *type) {
    if (v.tag == VALUE_UNINITIALIZED) return true; /* refused where it is used */
    if (v.tag == VALUE_TENSOR && type->kind == TYPE_TENSOR) return true;
    if (type_admits(m->cx->types, type, v)) return true;
    struct text text = {0};
    type_put_annotation(&text, type);
    error_set(m->err, LB_ERROR_RUNTIME, "a value of another type is cast to %s", text_get(&text));
    text_free(&text);
    return false;
}

static bool enum_part(struct machine *m, lb_value *slot, lb_value e, bool name) {
    if (e.tag != VALUE_ENUM) return machine_uninitialized(m);
    return machine_put(m, slot, value_copy(name ? e.enumeration->name : e.enumeration->value));
}

static bool raise(struct machine *m, lb_value message, lb_value kind, bool has_kind) {
    const char *text = message.tag == VALUE_STRING ? message.string->bytes : "";
    if (has_kind && kind.tag == VALUE_STRING)
        return error_set_kind(m->err, LB_ERROR_RAISED, kind.string->bytes, "%s", text);
    return error_set(m->err, LB_ERROR_RAISED, "%s", text);
}

/* The frame on top has given a value: back to the caller's site. */
static bool give_to_caller(struct machine *m, lb_value v) {
    struct frame *caller = machine_top(m);
    const struct site *site = caller->at->k.site;
    if (!site->result_count) {
        value_release(v);
        return true;
    }
    return machine_put(m, &caller->registers[site->results[0]], v);
}

static bool wait_for(struct machine *m, lb_value *slot, lb_value future) {
    lb_value result;
    return machine_wait(m, future, &result) && machine_put(m, slot, result);
}

static bool enter(struct machine *m, lb_value *slot, lb_value object, bool exits) {
    lb_value result;
    return (exits ? machine_exit : machine_enter)(m, object, &result) && machine_put(m, slot, result);
}

#if defined(__GNUC__) && !defined(LINKBOY_SWITCH_DISPATCH)
#define CASE(suffix) L_##suffix:
#define DISPATCH()   goto *labels[i->op]
#else
#define CASE(suffix) case CODE_##suffix:
#define DISPATCH()   goto again
#endif
#define NEXT()      \
    do {            \
        i++;        \
        DISPATCH(); \
    } while (0)
#define JUMP()            \
    do {                  \
        i += i->k.target; \
        DISPATCH();       \
    } while (0)
#define JUMP_IF(condition)     \
    do {                       \
        if (condition) JUMP(); \
        NEXT();                \
    } while (0)
#define BACK_IF(condition)                                  \
    do {                                                    \
        if (!(condition)) NEXT();                           \
        if (__builtin_expect(--m->fuel < 0, 0)) TRY_STEP(); \
        JUMP();                                             \
    } while (0)
#define TRY_STEP()                           \
    do {                                     \
        frame->at = i;                       \
        if (!machine_refuel(m)) goto failed; \
    } while (0)
#define DO(action)                  \
    do {                            \
        frame->at = i;              \
        if (!(action)) goto failed; \
        NEXT();                     \
    } while (0)
#define SITE(suffix, handler) CASE(suffix) DO(handler(m, r, i->k.site));
#define AT(operand)           (*(lb_value *)((char *)r + (size_t)(operand) * (sizeof(lb_value) / 2)))
#define A                     AT(i->a)
#define B                     AT(i->b)
#define C                     AT(i->c)
#define INT(suffix, expression)               \
    CASE(suffix) A.i = (int64_t)(expression); \
    NEXT();
#define FLOAT(suffix, expression)    \
    CASE(suffix) A.f = (expression); \
    NEXT();
#define JUMPS(suffix, condition) CASE(suffix) JUMP_IF(condition);
#define BACKS(suffix, condition) CASE(suffix) BACK_IF(condition);
#define UB                       (uint64_t) B.i
#define UC                       (uint64_t) C.i

bool machine_run(struct machine *m, int base) { /* from where the frame on top is */
#if defined(__GNUC__) && !defined(LINKBOY_SWITCH_DISPATCH)
    static const void *const labels[] = {
#define X(suffix, text, a, b, c, k) &&L_##suffix,
        OPCODES(X)
#undef X
    };
#endif
    struct frame *frame = machine_top(m);
    lb_value *r = frame->registers;
    const struct instruction *i = frame->at;
#if defined(__GNUC__) && !defined(LINKBOY_SWITCH_DISPATCH)
    DISPATCH();
#else
again:
    switch (i->op) {
#endif
    INT(MOVE_INT, B.i)
    FLOAT(MOVE_FLOAT, B.f)
    INT(MOVE_BOOL, B.i)
    INT(ADD, UB + UC)
    INT(SUB, UB - UC)
    INT(MUL, UB * UC)
    INT(AND, UB & UC)
    INT(OR, UB | UC)
    INT(XOR, UB ^ UC)
    INT(SHL, UB << (UC & 63))
    INT(SHR, B.i >> (UC & 63))
    INT(MIN, B.i < C.i ? B.i : C.i)
    INT(MAX, B.i > C.i ? B.i : C.i)
    INT(NEG, 0 - UB)
    INT(BITNOT, ~B.i)
    INT(REM_K, floor_rem_by(B.i, i->k.integer, C.i))
    INT(FLOORDIV_K, floor_div(B.i, i->k.integer))
    INT(LOAD_INT, i->k.integer)
    FLOAT(ADD_F, B.f + C.f)
    FLOAT(SUB_F, B.f - C.f)
    FLOAT(MUL_F, B.f * C.f)
    FLOAT(DIV_F, B.f / C.f)
    FLOAT(NEG_F, -B.f)
    FLOAT(INT_TO_FLOAT, (double)B.i)
    FLOAT(BOOL_TO_FLOAT, (double)B.i)
    INT(FLOAT_TO_INT, float_to_int(B.f))
    INT(INT_TO_BOOL, B.i != 0)
    INT(FLOAT_TO_BOOL, B.f != 0)
    INT(BOOL_TO_INT, B.i)
    INT(EQ, B.i == C.i)
    INT(NE, B.i != C.i)
    INT(LT, B.i < C.i)
    INT(LE, B.i <= C.i)
    INT(EQ_F, B.f == C.f)
    INT(NE_F, B.f != C.f)
    INT(LT_F, B.f < C.f)
    INT(LE_F, B.f <= C.f)
    INT(EQ_B, B.i == C.i)
    INT(NE_B, B.i != C.i)
    INT(AND_B, B.i & C.i)
    INT(OR_B, B.i | C.i)
    INT(NOT, !B.i)
    INT(IS_NONE, B.tag == VALUE_NONE)
    INT(IS_NOT_NONE, B.tag != VALUE_NONE)
    JUMPS(JUMP, true)
    JUMPS(JUMP_IF, B.i)
    JUMPS(JUMP_UNLESS, !B.i)
    JUMPS(JUMP_EQ, B.i == C.i)
    JUMPS(JUMP_NE, B.i != C.i)
    JUMPS(JUMP_LT, B.i < C.i)
    JUMPS(JUMP_LE, B.i <= C.i)
    JUMPS(JUMP_REM_EQ, floor_rem_by(B.i, i->k.number, A.i) == C.i)
    JUMPS(JUMP_REM_NE, floor_rem_by(B.i, i->k.number, A.i) != C.i)
    JUMPS(JUMP_LT_F, B.f < C.f)
    JUMPS(JUMP_LE_F, B.f <= C.f)
    JUMPS(JUMP_NOT_LT_F, !(B.f < C.f))
    JUMPS(JUMP_NOT_LE_F, !(B.f <= C.f))
    CASE(LOOP) {
        int64_t turn = A.i + 1;
        A.i = turn;
        if (__builtin_expect(turn < B.i, 1)) BACK_IF(true);
        i += i->c;
        NEXT();
    }
    BACKS(BACK, true)
    BACKS(BACK_IF, B.i)
    BACKS(BACK_EQ, B.i == C.i)
    BACKS(BACK_NE, B.i != C.i)
    BACKS(BACK_LT, B.i < C.i)
    BACKS(BACK_LE, B.i <= C.i)
    BACKS(BACK_LOOP_IF, C.i && ++A.i < B.i)
    CASE(FLOORDIV) {
        if (!C.i) goto division_failed;
        A.i = floor_div(B.i, C.i);
        NEXT();
    }
    CASE(REM) {
        if (!C.i) goto division_failed;
        A.i = floor_rem(B.i, C.i);
        NEXT();
    }
    CASE(COPY) {
        A.tag = B.tag;
        A.i = B.i;
        if (value_is_counted(A)) counted_retain(A.counted);
        NEXT();
    }
    CASE(TAKE) {
        A.tag = B.tag;
        A.i = B.i;
        B.tag = VALUE_NONE;
        NEXT();
    }
    CASE(DROP) {
        lb_value dead = B;
        B.tag = VALUE_NONE;
        value_release(dead);
        NEXT();
    }
    CASE(UNINITIALIZED) {
        A.tag = VALUE_UNINITIALIZED;
        NEXT();
    }
    CASE(NARROW) DO(machine_put(m, &A, B));
    CASE(CHECK_TYPE) DO(check_type(m, B, i->k.type));
    CASE(LIST_GET) DO(list_get(m, &A, B, C.i));
    CASE(LIST_SET) DO(list_set(m, A, B, C.i));
    CASE(LIST_APPEND) DO(append(m, B, &C, i->k.integer));
    CASE(LIST_LENGTH) {
        frame->at = i;
        if (B.tag != VALUE_LIST) goto unset;
        A.i = B.list->count;
        NEXT();
    }
    CASE(TUPLE_GET) DO(tuple_get(m, &A, B, C.i));
    CASE(GET_ATTRIBUTE) DO(get_attribute(m, &A, B, i->c));
    CASE(SET_ATTRIBUTE) DO(set_attribute(m, B, i->a, C));
    CASE(MAKE_OBJECT) DO(make_object(m, &A, i->k.type));
    CASE(ENUM_NAME) DO(enum_part(m, &A, B, true));
    CASE(ENUM_VALUE) DO(enum_part(m, &A, B, false));
    CASE(WAIT) DO(wait_for(m, &A, B));
    CASE(ENTER) DO(enter(m, &A, B, false));
    CASE(EXIT) DO(enter(m, &A, B, true));
    CASE(RAISE) DO(raise(m, B, C, i->a));
    SITE(OP, machine_op)
    SITE(PRINT, machine_print)
    SITE(WARN, machine_warn)
    SITE(MAKE_LIST, machine_make_list)
    SITE(MAKE_TUPLE, machine_make_tuple)
    SITE(MAKE_DICT, machine_make_dict)
    SITE(UNPACK_LIST, machine_unpack_list)
    SITE(UNPACK_TUPLE, machine_unpack_tuple)
    SITE(TUPLE_SLICE, machine_tuple_slice)
    SITE(IS_INSTANCE, machine_is_instance)
    SITE(HAS_ATTRIBUTE, machine_has_attribute)
    SITE(CONTAINER_GET, machine_container_get)
    SITE(TO_LIST, machine_to_list)
    SITE(RANGE_LENGTH, machine_range_length)
    SITE(FORK, machine_fork)
    SITE(FAIL, machine_fail)
    CASE(CALL_INTERFACE)
    CASE(FUSED)
    CASE(CALL) {
        frame->at = i;
        int before = m->frame_count;
        if (!machine_call(m, r, i->k.site, (enum opcode)i->op)) goto failed;
        if (m->frame_count == before) NEXT(); /* a native function */
        frame = machine_top(m);
        r = frame->registers;
        i = frame->code->instructions;
        DISPATCH();
    }
    CASE(TRY) {
        frame->at = i;
        if (!machine_try(m, r, i->k.site)) goto failed;
        frame = machine_top(m);
        r = frame->registers;
        i = frame->code->instructions;
        DISPATCH();
    }
    CASE(RERAISE) DO(machine_reraise(m, B));
    CASE(RETURN) {
        lb_value v = i->c ? B : value_copy(B);
        frame->at = i;
        B.tag = i->c ? VALUE_NONE : B.tag;
        machine_pop(m);
        if (m->frame_count == base) {
            m->result = v;
            return true;
        }
        frame = machine_top(m);
        r = frame->registers;
        if (!give_to_caller(m, v)) goto failed;
        i = frame->at;
        NEXT();
    }
#if !defined(__GNUC__) || defined(LINKBOY_SWITCH_DISPATCH)
}
#endif
division_failed : frame->at = i;
divide_by_zero(m, i->op == CODE_REM);
return false;
unset : machine_uninitialized(m);
failed : return false;
}
