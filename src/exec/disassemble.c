/* Bytecode as text, an instruction a line: its place, its name, its operands ("i" and "f" and so on stand for
 * the class of a register, "k" for a constant). And the check that code is what its opcodes say. */
#include "exec/code.h"
#include "ops/text/words.h"

const struct opcode_facts opcode_table[OPCODE_COUNT] = {
#define X(suffix, text, a, b, c, k) [CODE_##suffix] = {text, a, b, c, k},
    OPCODES(X)
#undef X
};

static void put_register(struct text *out, const struct code *code, int place) {
    if (place < code->constant_count) {
        text_put_char(out, ' ');
        if (!value_put_constant(out, code->initial[place], &op_words)) text_printf(out, "k%d", place);
    } else {
        text_printf(out, " %c%d", "ifbv"[code->classes[place]], place - code->constant_count);
    }
}

static void put_operand(struct text *out, const struct code *code, char letter, int operand) {
    if (letter == '-') return;
    if (letter == 'N')
        text_printf(out, " #%d", operand);
    else
        put_register(out, code, operand / 2);
}

static void put_site(struct text *out, const struct code *code, const struct site *s) {
    for (int i = 0; i < s->result_count; i++) put_register(out, code, s->results[i]);
    text_put(out, " =");
    if (s->row) text_printf(out, " %s.%s", op_name(s->row), op_overload(s->row));
    if (s->function)
        text_printf(out, " %s", s->function->name ? s->function->name->text : "?");
    else if (s->name)
        text_printf(out, " .%s", s->name->text);
    if (s->message) text_printf(out, " \"%s\"", s->message);
    text_put(out, " (");
    for (int i = 0; i < s->argument_count; i++) {
        put_register(out, code, s->arguments[i].place);
        if (s->arguments[i].last) text_put_char(out, '!');
    }
    text_put(out, " )");
}

static void put_word(struct text *out, const struct code *code, const struct instruction *i) {
    int64_t here = i - code->instructions;
    switch (opcode_table[i->op].k) {
    case 'K': text_printf(out, " #%lld", (long long)i->k.integer); break;
    case 'J': text_printf(out, " -> %lld", (long long)(here + i->k.target)); break;
    case 'T':
        text_put_char(out, ' ');
        type_put_annotation(out, i->k.type);
        break;
    case 'S': put_site(out, code, i->k.site); break;
    default: break;
    }
}

void code_put(struct text *out, const struct code *code) {
    for (int at = 0; at < code->count; at++) {
        const struct instruction *i = &code->instructions[at];
        const struct opcode_facts *facts = &opcode_table[i->op];
        text_printf(out, "%3d %s", at, facts->text);
        put_operand(out, code, facts->a, i->a);
        put_operand(out, code, facts->b, i->b);
        put_operand(out, code, facts->c, i->c);
        put_word(out, code, i);
        text_put_char(out, '\n');
    }
    for (int i = 0; i < code->children.count; i++) {
        text_printf(out, "with %s:\n", code->children.items[i]->name);
        code_put(out, code->children.items[i]);
    }
}
