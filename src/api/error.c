/* Errors as handles, and the version. */
#include "base/error.h"
#include "api/handle.h"

#define TEXT_OF(x)            #x
#define VERSION_TEXT(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)

const char *lb_version(void) {
    return VERSION_TEXT(LB_VERSION_MAJOR, LB_VERSION_MINOR, LB_VERSION_PATCH);
}

lb_error *lb_error_new(void) {
    return mem_zeroed(1, sizeof(lb_error));
}

void lb_error_free(lb_error *err) {
    if (!err) return;
    error_clear(err);
    mem_free(err);
}

void lb_error_clear(lb_error *err) {
    error_clear(err);
}

lb_code lb_error_code(const lb_error *err) {
    return err->code;
}

const char *lb_error_message(const lb_error *err) {
    return err->code ? error_message(err) : "";
}

/* An error without a kind of its own has the one PyTorch raises for its code. */
const char *lb_error_kind(const lb_error *err) {
    static const char *const kinds[] = {
        [LB_OK] = "",
        [LB_ERROR_MEMORY] = "MemoryError",
        [LB_ERROR_IO] = "OSError",
        [LB_ERROR_FORMAT] = "RuntimeError",
        [LB_ERROR_UNSUPPORTED] = "NotImplementedError",
        [LB_ERROR_ARGUMENT] = "RuntimeError",
        [LB_ERROR_COMPILE] = "RuntimeError",
        [LB_ERROR_RUNTIME] = "RuntimeError",
        [LB_ERROR_RAISED] = "torch.jit.Error",
        [LB_ERROR_LIMIT] = "RuntimeError",
        [LB_ERROR_CANCELLED] = "RuntimeError",
        [LB_ERROR_INTERNAL] = "RuntimeError",
    };
    return err->kind ? err->kind : kinds[err->code];
}

const char *lb_error_text(const lb_error *err) {
    return err->trace ? err->trace : lb_error_message(err);
}

void handle_error(lb_error *to, lb_error *from) {
    if (to) error_clear(to);
    error_move(to, from);
}

char *handle_text(struct text *out, bool good, lb_error *from, lb_error *to) {
    char *text = NULL;
    if (good && !(text = text_take(out))) error_memory(from);
    text_free(out);
    handle_error(to, from);
    return text;
}

void lb_error_set(lb_error *err, lb_code code, const char *message) {
    error_set(err, code, "%s", message);
}
