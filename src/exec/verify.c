/* The check that bytecode is what its opcodes say: registers of the right class, constants never written,
 * jumps that land inside, an end that cannot be run past. Lowering gives nothing else; tests hold every
 * function to it. */
#include "exec/code.h"

struct check {
    const struct code *code;
    const struct instruction *at;
    lb_error *err;
};

static bool wrong(const struct check *c, const char *what) {
    return error_set(c->err, LB_ERROR_INTERNAL, "bytecode of %s, instruction %lld (%s): %s", c->code->name,
                     (long long)(c->at - c->code->instructions),
                     c->at->op < OPCODE_COUNT ? opcode_table[c->at->op].text : "?", what);
}

static bool check_register(const struct check *c, int place, char letter) {
    static const char classes[CLASS_COUNT] = {'i', 'f', 'b', 'g'};
    bool written = letter >= 'A' && letter <= 'Z';
    char class = written ? (char)(letter - 'A' + 'a') : letter;
    if (place >= c->code->register_count) return wrong(c, "no such register");
    if (written && place < c->code->constant_count) return wrong(c, "writes a constant");
    if (class != 'a' && classes[c->code->classes[place]] != class)
        return wrong(c, "a register of another class");
    return true;
}

static bool check_operand(const struct check *c, int place, char letter) {
    return !code_is_register(letter) || check_register(c, place / 2, letter);
}

static bool check_site(const struct check *c, const struct site *s) {
    if (!s) return wrong(c, "no site");
    if (s->argument_count > c->code->scratch || s->result_count > c->code->scratch)
        return wrong(c, "too little scratch");
    for (int i = 0; i < s->argument_count; i++)
        if (!check_register(c, s->arguments[i].place, s->arguments[i].last ? 'G' : 'a')) return false;
    for (int i = 0; i < s->drop_count; i++)
        if (!check_register(c, s->drops[i], 'G')) return false;
    for (int i = 0; i < s->result_count; i++)
        if (!check_register(c, s->results[i], 'A')) return false;
    return true;
}

static bool check_word(const struct check *c, char letter) {
    int64_t target = (c->at - c->code->instructions) + c->at->k.target;
    if (letter == 'S') return check_site(c, c->at->k.site);
    if (letter == 'T') return c->at->k.type || wrong(c, "no type");
    if (letter == 'J') return (target >= 0 && target < c->code->count) || wrong(c, "jumps outside");
    if (letter == 'K' && (c->at->op == CODE_REM_K || c->at->op == CODE_FLOORDIV_K) && c->at->k.integer <= 0)
        return wrong(c, "divides by nothing");
    return true;
}

bool code_verify(const struct code *code, lb_error *err) {
    struct check c = {.code = code, .err = err};
    for (int i = 0; i < code->count; i++) {
        c.at = &code->instructions[i];
        if (c.at->op >= OPCODE_COUNT) return wrong(&c, "no such opcode");
        const struct opcode_facts *f = &opcode_table[c.at->op];
        if (!check_operand(&c, c.at->a, f->a) || !check_operand(&c, c.at->b, f->b) ||
            !check_operand(&c, c.at->c, f->c) || !check_word(&c, f->k))
            return false;
    }
    if (!code->count || code->instructions[code->count - 1].op != CODE_RETURN)
        return wrong(&c, "does not end");
    for (int i = 0; i < code->children.count; i++)
        if (!code_verify(code->children.items[i], err)) return false;
    return true;
}
