/* Which value lives in which register; see lower.h. A register is taken when a value is defined and given
 * back when the value dies. Registers of outer values that die in an arm of an If are not given back before
 * the If ends, since the other arm still finds them full. A register can be asked for by a hint: loops and
 * ifs ask that what is carried round or comes out is made where it is wanted, so that most moves vanish. */
#include "exec/lower.h"

enum register_class class_of(const struct type *type) {
    switch (type->kind) {
    case TYPE_INT: return CLASS_INT;
    case TYPE_FLOAT: return CLASS_FLOAT;
    case TYPE_BOOL: return CLASS_BOOL;
    default: return CLASS_ANY;
    }
}

static int new_register(struct lower *l, enum register_class class) {
    int place = l->registers.count;
    struct register_state state = {.class = (uint8_t) class, .level = l->level};
    if (place >= MAX_REGISTERS) {
        error_set(l->err, LB_ERROR_LIMIT, "a function needs more than %d registers", MAX_REGISTERS);
        return NO_REGISTER;
    }
    if (!array_push_in(&l->scratch, &l->registers, state)) {
        error_memory(l->err);
        return NO_REGISTER;
    }
    return place;
}

int register_take(struct lower *l, enum register_class class) {
    if (!l->free[class].count) return new_register(l, class);
    int place = l->free[class].items[--l->free[class].count];
    l->registers.items[place].level = l->level;
    return place;
}

int register_preset(struct lower *l, int64_t number) {
    int place = new_register(l, CLASS_INT);
    if (place == NO_REGISTER) return place;
    l->registers.items[place].preset = number;
    l->registers.items[place].held = 1;
    return place;
}

void register_give_back(struct lower *l, int place) {
    struct register_state *r = &l->registers.items[place];
    if (is_constant_place(l, place) || r->held || r->occupant || r->level < l->level) return;
    if (!array_push_in(&l->scratch, &l->free[r->class], place)) error_memory(l->err);
}

void register_occupy(struct lower *l, int place, const struct ir_value *v) {
    struct occupant_change change = {place, l->registers.items[place].occupant};
    if (!array_push_in(&l->scratch, &l->changes, change)) error_memory(l->err);
    l->registers.items[place].occupant = v;
}

void occupants_restore(struct lower *l, int mark) {
    while (l->changes.count > mark) {
        struct occupant_change change = l->changes.items[--l->changes.count];
        l->registers.items[change.place].occupant = change.before;
    }
}

static bool hint_fits(const struct lower *l, int hint, enum register_class class) {
    if (hint == NO_REGISTER) return false;
    const struct register_state *r = &l->registers.items[hint];
    return r->class == class && r->held && !r->occupant;
}

int define_value(struct lower *l, const struct ir_value *v) {
    enum register_class class = class_of(v->type);
    int place = l->hint[v->unique];
    if (!hint_fits(l, place, class)) place = register_take(l, class);
    if (place == NO_REGISTER) return place;
    register_occupy(l, place, v);
    l->place[v->unique] = place;
    return place;
}

bool define_outputs(struct lower *l, struct node *n) {
    for (int i = 0; i < n->outputs.count; i++)
        if (define_value(l, n->outputs.items[i]) == NO_REGISTER) return false;
    return true;
}

void kill_value(struct lower *l, const struct ir_value *v) {
    int place = place_of(l, v);
    if (place == NO_REGISTER || is_constant_place(l, place) || l->registers.items[place].occupant != v)
        return;
    register_occupy(l, place, NULL);
    register_give_back(l, place);
}

bool drop_value(struct lower *l, const struct ir_value *v) {
    int place = place_of(l, v);
    if (place == NO_REGISTER || is_constant_place(l, place)) return true;
    if (class_at(l, place) == CLASS_ANY && !emit_op(l, CODE_DROP, 0, place, 0)) return false;
    kill_value(l, v);
    return true;
}

bool drop_dead_outputs(struct lower *l, struct node *n) {
    const struct node_life *life = liveness_of(&l->life, n);
    for (int i = 0; i < n->outputs.count; i++)
        if (life->dead[i] && !drop_value(l, n->outputs.items[i])) return false;
    return true;
}
