/* Inside of the interpreter, shared by interpreter.c (the dispatch loop), frames.c (frames and their
 * registers), containers.c, calls.c and trace.c. A machine runs one call from outside (or one forked task) on
 * one thread: its frames lie in an array of its own, never on the C stack. */
#ifndef LINKBOY_EXEC_MACHINE_H
#define LINKBOY_EXEC_MACHINE_H
#include "exec/code.h"

enum { FIRST_FRAMES = 8, FIRST_REGISTERS = 128, FIRST_SCRATCH = 16, DEFAULT_MAX_DEPTH = 2000, FUEL = 1024 };

struct frame {
    const struct code *code;
    const struct instruction *at; /* the instruction that is being run */
    lb_value *registers;
    bool part_of_caller; /* entered by a direct call: tracebacks show PyTorch's view, in which such calls are
                            inlined */
    bool catches;        /* the block of a TRY, which the frame below is at */
};

/* Registers of frames, in chunks that do not move. */
struct register_chunk {
    struct register_chunk *previous;
    int size, used;
    lb_value *values;
};

/* An object whose __enter__ has run and whose __exit__ has not. */
struct entered {
    lb_value object;
    int frame;
};

struct machine {
    struct unit *unit;
    struct run_context *cx;
    lb_error *err;
    struct frame *frames;
    int frame_count, frame_capacity, max_depth;
    struct register_chunk *chunk;
    lb_value *arguments, *results; /* scratch of operators' calls */
    int scratch;
    int64_t fuel; /* steps until the counter that all threads share is looked at */
    ARRAY_OF(struct entered) entered;
    lb_value result;
    struct frame first_frames[FIRST_FRAMES];
    struct register_chunk first_chunk;
    lb_value first_registers[FIRST_REGISTERS], first_arguments[FIRST_SCRATCH], first_results[FIRST_SCRATCH];
};

/* frames.c */
void machine_start(struct machine *m, struct unit *unit, struct run_context *cx, lb_error *err);
void machine_end(struct machine *m);
/* A new frame on top, registers as the code's initial ones. */
bool machine_push(struct machine *m, const struct code *code, bool part_of_caller);
void machine_pop(struct machine *m);                /* its registers hold nothing any more */
void machine_unwind(struct machine *m, int frames); /* pops all but these, releasing what they hold */
bool machine_scratch(struct machine *m, int count);
/* Takes another portion of steps; false with an error when a limit is reached or the run was cancelled. */
bool machine_refuel(struct machine *m);
static inline struct frame *machine_top(struct machine *m) {
    return &m->frames[m->frame_count - 1];
}
static inline bool machine_step(struct machine *m) {
    return --m->fuel >= 0 || machine_refuel(m);
}

/* interpreter.c: runs until the frames above `base` have returned; m->result is what the last of them gave.
 */
bool machine_run(struct machine *m, int base);
/* Puts an owned value into a register that is None (class ANY) or of the value's own tag. */
bool machine_put_slow(struct machine *m, lb_value v);
static inline bool machine_put(struct machine *m, lb_value *slot, lb_value v) {
    if (__builtin_expect(slot->tag != VALUE_NONE && slot->tag != v.tag, 0)) return machine_put_slow(m, v);
    slot->tag = v.tag;
    slot->i = v.i;
    return true;
}

/* Handlers of instructions with sites, by opcode; `r` are the registers of the frame. */
typedef bool site_handler(struct machine *m, lb_value *r, const struct site *s);
site_handler machine_op, machine_print, machine_warn, machine_make_list, machine_make_tuple,
    machine_make_dict, machine_unpack_list, machine_unpack_tuple, machine_tuple_slice, machine_is_instance,
    machine_has_attribute, machine_container_get, machine_to_list, machine_range_length, machine_fail,
    machine_fork;
/* The argument as an owned value: moved out at its last use. */
lb_value machine_take(lb_value *r, struct operand o);
/* Gives up what dies at this site. */
static inline void machine_drop(lb_value *r, const struct site *s) {
    for (int i = 0; i < s->drop_count; i++) {
        lb_value dead = r[s->drops[i]];
        r[s->drops[i]].tag = VALUE_NONE;
        value_release(dead);
    }
}
bool machine_fused(struct machine *m, lb_value *r, const struct site *s, bool *done);
/* calls.c */
/* CALL, CALL_INTERFACE or FUSED: pushes a frame, or has done it all. */
bool machine_call(struct machine *m, lb_value *r, const struct site *s, enum opcode op);
bool machine_enter(struct machine *m, lb_value object, lb_value *result);
bool machine_exit(struct machine *m, lb_value object, lb_value *result);
/* After an error: __exit__ of all that was entered in frames above the first `frames`. */
void machine_exit_all(struct machine *m, int frames);
/* TRY: runs the site's code in a frame of its own. */
bool machine_try(struct machine *m, lb_value *r, const struct site *s);
bool machine_wait(struct machine *m, lb_value future, lb_value *result);
/* A use of what was never set. */
bool machine_uninitialized(struct machine *m);

/* catch.c: after an error: goes on behind the TRY that has a handler for it; false: there is none. */
bool machine_catch(struct machine *m);
bool machine_reraise(struct machine *m, lb_value caught);

/* trace.c: fills the error's trace from the frames as they stand. */
void machine_trace(struct machine *m);
#endif
