/* Frames and their registers; limits on depth and steps; see machine.h. A small program needs no allocation:
 * the first frames and registers lie in the machine itself. */
#include "base/mem.h"
#include "exec/machine.h"
#include <string.h>

void machine_start(struct machine *m, struct unit *unit, struct run_context *cx, lb_error *err) {
    m->unit = unit;
    m->cx = cx;
    m->err = err;
    m->frames = m->first_frames;
    m->frame_count = 0;
    m->frame_capacity = FIRST_FRAMES;
    m->max_depth = cx->max_depth > 0 ? cx->max_depth : DEFAULT_MAX_DEPTH;
    m->first_chunk = (struct register_chunk){.size = FIRST_REGISTERS, .values = m->first_registers};
    m->chunk = &m->first_chunk;
    m->arguments = m->first_arguments;
    m->results = m->first_results;
    m->scratch = FIRST_SCRATCH;
    m->fuel = 0;
    m->entered.items = NULL;
    m->entered.count = m->entered.capacity = 0;
    m->result = value_none();
}

static void pop_chunk(struct machine *m) {
    struct register_chunk *previous = m->chunk->previous;
    mem_free(m->chunk);
    m->chunk = previous;
}

/* Steps that were taken from the shared counter and not used go back. */
static void return_fuel(struct machine *m) {
    if (m->cx->steps_left && m->fuel > 0) atomic_fetch_add(m->cx->steps_left, m->fuel);
}

void machine_end(struct machine *m) {
    return_fuel(m);
    while (m->chunk != &m->first_chunk) pop_chunk(m);
    if (m->frames != m->first_frames) mem_free(m->frames);
    if (m->arguments != m->first_arguments) mem_free(m->arguments);
    mem_free(m->entered.items);
}

bool machine_scratch(struct machine *m, int count) {
    if (count <= m->scratch) return true;
    lb_value *values = mem_alloc(2 * (size_t)count * sizeof *values);
    if (!values) return error_memory(m->err);
    if (m->arguments != m->first_arguments) mem_free(m->arguments);
    m->arguments = values;
    m->results = values + count;
    m->scratch = count;
    return true;
}

static bool grow_frames(struct machine *m) {
    int capacity = m->frame_capacity * 2;
    struct frame *frames = mem_alloc((size_t)capacity * sizeof *frames);
    if (!frames) return error_memory(m->err);
    memcpy(frames, m->frames, (size_t)m->frame_count * sizeof *frames);
    if (m->frames != m->first_frames) mem_free(m->frames);
    m->frames = frames;
    m->frame_capacity = capacity;
    return true;
}

static bool grow_registers(struct machine *m, int count) {
    int size = m->chunk->size * 4;
    if (size < count) size = count;
    struct register_chunk *chunk = mem_alloc(sizeof *chunk + (size_t)size * sizeof(lb_value));
    if (!chunk) return error_memory(m->err);
    *chunk = (struct register_chunk){m->chunk, size, 0, (lb_value *)(chunk + 1)};
    m->chunk = chunk;
    return true;
}

bool machine_push(struct machine *m, const struct code *code, bool part_of_caller) {
    if (m->frame_count + m->cx->depth >= m->max_depth)
        return error_set_kind(m->err, LB_ERROR_LIMIT, "RecursionError", "calls are nested more than %d deep",
                              m->max_depth);
    if (m->frame_count == m->frame_capacity && !grow_frames(m)) return false;
    if (m->chunk->size - m->chunk->used < code->register_count && !grow_registers(m, code->register_count))
        return false;
    if (!machine_scratch(m, code->scratch)) return false;
    lb_value *registers = m->chunk->values + m->chunk->used;
    m->chunk->used += code->register_count;
    memcpy(registers, code->initial, (size_t)code->register_count * sizeof *registers);
    m->frames[m->frame_count++] = (struct frame){code, code->instructions, registers, part_of_caller, false};
    return true;
}

void machine_pop(struct machine *m) {
    struct frame *top = &m->frames[--m->frame_count];
    m->chunk->used -= top->code->register_count;
    if (!m->chunk->used && m->chunk != &m->first_chunk) pop_chunk(m);
}

void machine_unwind(struct machine *m, int frames) {
    while (m->frame_count > frames) {
        const struct frame *top = machine_top(m);
        for (int i = top->code->constant_count; i < top->code->register_count; i++)
            value_release(top->registers[i]);
        machine_pop(m);
    }
}

bool machine_refuel(struct machine *m) {
    const struct run_context *cx = m->cx;
    if (cx->cancelled && atomic_load_explicit(cx->cancelled, memory_order_relaxed))
        return error_set(m->err, LB_ERROR_CANCELLED, "the run was cancelled");
    m->fuel = FUEL - 1;
    if (!cx->steps_left) return true;
    int64_t left = atomic_load(cx->steps_left), portion;
    do {
        if (left <= 0) {
            m->fuel = 0;
            return error_set(m->err, LB_ERROR_LIMIT, "the limit of steps is reached");
        }
        portion = left < FUEL ? left : FUEL;
    } while (!atomic_compare_exchange_weak(cx->steps_left, &left, left - portion));
    m->fuel = portion - 1;
    return true;
}
