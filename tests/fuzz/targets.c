/* The four targets; see fuzz.h. */
#include "fuzz.h"
#include "linkboy.h"
#include <stdlib.h>
#include <string.h>

static const char class_text[] = "class M(Module):\n"
                                 "  __parameters__ = []\n"
                                 "  __buffers__ = []\n"
                                 "  training : bool\n"
                                 "  w : Tensor\n"
                                 "  def forward(self: __torch__.M,\n"
                                 "    x: Tensor) -> Tensor:\n"
                                 "    return torch.add(self.w, x)\n";
/* A module of class PlaceholderModule, which is what PyTorch saves a function as. */
static const char function_pickle[] = "\x80\x02"
                                      "c__torch__\nPlaceholderModule\n"
                                      ")\x81}(X\x08\0\0\0training\x88ub.";
static const char constants[] = "\x80\x02).", version[] = "3\n";
static const float storage[4] = {1, 2, 3, 4};

static void drive_records(const void *pickle, size_t pickle_length, const void *code, size_t code_length) {
    const record records[] = {
        {"m/data.pkl", pickle, pickle_length},      {"m/code/__torch__.py", code, code_length},
        {"m/data/0", storage, sizeof storage},      {"m/constants.pkl", constants, sizeof constants - 1},
        {"m/version", version, sizeof version - 1},
    };
    size_t length;
    uint8_t *archive = wrap_records(records, sizeof records / sizeof records[0], &length);
    if (archive) drive(archive, length);
    free(archive);
}

void fuzz_archive(const uint8_t *bytes, size_t length) {
    drive(bytes, length);
}

void fuzz_pickle(const uint8_t *bytes, size_t length) {
    drive_records(bytes, length, class_text, sizeof class_text - 1);
}

void fuzz_code(const uint8_t *bytes, size_t length) {
    drive_records(function_pickle, sizeof function_pickle - 1, bytes, length);
}

/* Compiles a Python file under small limits; what comes out goes the way of a loaded archive. */
static void drive_script(const char *text, size_t length, const char *name, lb_error *err) {
    lb_context_options limits = {.size = sizeof limits, .max_bytes = 16 << 20, .max_steps = 100000};
    lb_context *context = lb_context_new(&limits, err);
    lb_script_options options = {.size = sizeof options,
                                 .file = "fuzz.py",
                                 .context = context,
                                 .max_steps = 20000,
                                 .max_bytes = 8 << 20};
    lb_module *module = lb_script(text, length, name, &options, err);
    void *bytes = NULL;
    size_t saved;
    if (module && lb_module_save_memory(module, NULL, &bytes, &saved, err)) drive(bytes, saved);
    lb_bytes_free(bytes);
    lb_module_free(module);
    lb_context_free(context);
}

void fuzz_script(const uint8_t *bytes, size_t length) {
    static const char *const names[] = {NULL, "f", "Net()"};
    lb_error *err = lb_error_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        lb_error_clear(err);
        drive_script((const char *)bytes, length, names[i], err);
        if (lb_error_code(err) != LB_ERROR_ARGUMENT) break; /* several things, or none, could be made */
    }
    lb_error_free(err);
}
