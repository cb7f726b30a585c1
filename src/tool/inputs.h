/* Arguments of a call from words of the command line: files, literals, random tensors. */
#ifndef LINKBOY_TOOL_INPUTS_H
#define LINKBOY_TOOL_INPUTS_H

#include "tool.h"

typedef struct inputs {
    lb_value **args, **named;
    char **names;
    int count, named_count;
} inputs;

/* The word that stands before a shape in `words`; see OPTION_REST. */
#define INPUTS_RANDOM "\001random"

/* Reads words[from..] into arguments for `method`. False: said on standard error, *status set. */
bool inputs_read(inputs *to, const lb_module *module, const char *method, const words *given, int from,
                 int64_t seed, lb_error *err, int *status);
void inputs_free(inputs *to);

/* A Python literal: number, string, True, False, None, list, tuple, dict. NULL with err filled. */
lb_value *literal_read(const char *text, lb_error *err);

/* .npy bytes to a tensor and back; an array of .npz files by name. */
lb_value *npy_read(const char *bytes, size_t length, lb_error *err);
bool npy_write(const char *path, const lb_value *tensor, lb_error *err);
typedef bool (*npz_visit)(void *user, const char *name, lb_value *take_array);
bool npz_read(const char *bytes, size_t length, npz_visit visit, void *user, lb_error *err);

/* Standard normal float32 for "1,3,8,8"; other dtypes behind a colon: "2,2:int64". */
lb_value *random_tensor(const char *shape, uint64_t *state, lb_error *err);

/* What a command can't read, as an error of the library's: there is no public function to fill one, so a
 * message of the tool's own is printed and the error stays empty. */
void *input_refused(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
