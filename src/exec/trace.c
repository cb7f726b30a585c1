/* Tracebacks; see trace.h. PyTorch runs graphs into which all direct calls have been inlined: its traceback
 * has one entry for a call from outside or through an interface, with the outermost function's name and the
 * innermost range (format_stack_trace in torch/csrc/jit/runtime/interpreter.cpp,
 * SourceRange::print_with_context). */
#include "exec/trace.h"
#include "exec/machine.h"

void trace_put_error(struct text *out, const lb_error *err) {
    text_put(out, err->trace ? err->trace : error_message(err));
}

static void put_entry(struct text *out, struct source_range range, const char *name) {
    if (!range.source) return;
    if (range.source->file)
        text_printf(out, "  File \"%s\", line %d, in %s\n", range.source->file,
                    source_line_at(range.source, range.start) + range.source->first_line, name);
    source_put_excerpt(out, range);
}

static struct source_range range_of(const struct frame *f) {
    return f->code->ranges[f->at - f->code->instructions];
}

/* One pass over the frames: the code that was read, or the original it was generated from. False: there is
 * none. */
static bool put_entries(struct text *out, const struct machine *m, bool original) {
    bool found = false;
    for (int i = 0; i < m->frame_count;) {
        const char *name = m->frames[i].code->name;
        struct source_range range = range_of(&m->frames[i++]);
        while (i < m->frame_count && m->frames[i].part_of_caller) range = range_of(&m->frames[i++]);
        struct source_range origin = source_origin_of(range);
        found |= origin.source != NULL;
        put_entry(out, original ? origin : range, name);
    }
    return found;
}

void machine_trace(struct machine *m) {
    lb_error *err = m->err;
    if (!err || !err->code || err->trace || err->code == LB_ERROR_MEMORY || !m->frame_count) return;
    struct text read = {0}, original = {0}, out = {0};
    put_entries(&read, m, false);
    bool has_original = put_entries(&original, m, true);
    text_put(&out, "The following operation failed in the TorchScript interpreter.\n");
    text_printf(&out, "Traceback of TorchScript%s (most recent call last):\n%s",
                has_original ? ", serialized code" : "", text_get(&read));
    if (has_original)
        text_printf(&out, "\nTraceback of TorchScript, original code (most recent call last):\n%s",
                    text_get(&original));
    /* The class stands in the text only of what the program itself raised. */
    bool raised = err->code == LB_ERROR_RAISED && err->kind;
    text_printf(&out, "%s: %s\n", raised ? err->kind : "RuntimeError", error_message(err));
    err->trace = text_take(&out);
    text_free(&read);
    text_free(&original);
}
