/* copy: an archive read and saved again, as PyTorch's own torch.jit.save(torch.jit.load(IN)) would write it,
 * with its extra files. */
#include "commands.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct extras {
    const char **names;
    const void **bytes;
    size_t *lengths;
    int count;
} extras;

static const char extra_marker[] = "--extra"; /* goes before its argument among the words */

static void add_extra(extras *e, const char *name, const void *bytes, size_t length) {
    e->names = tool_grow(e->names, e->count, sizeof *e->names);
    e->bytes = tool_grow(e->bytes, e->count, sizeof *e->bytes);
    e->lengths = tool_grow(e->lengths, e->count, sizeof *e->lengths);
    e->names[e->count] = name;
    e->bytes[e->count] = bytes;
    e->lengths[e->count++] = length;
}

static void free_extras(extras *e) {
    for (int i = 0; i < e->count; i++) {
        free((void *)(uintptr_t)e->names[i]);
        free((void *)(uintptr_t)e->bytes[i]);
    }
    free(e->names);
    free(e->bytes);
    free(e->lengths);
}

/* NAME=FILE; NAME= drops the file. Gives the exit status. */
static int read_extra(const tool_command *self, extras *e, const char *word) {
    const char *equals = strchr(word, '=');
    if (!equals || equals == word) return tool_usage(self, "--extra wants NAME=FILE, not %s", word);
    size_t length = 0;
    char *bytes = equals[1] ? tool_read_file(equals + 1, &length) : NULL;
    if (equals[1] && !bytes) {
        output_error("%s: %s", equals + 1, strerror(errno));
        return TOOL_UNREADABLE;
    }
    add_extra(e, tool_format("%.*s", (int)(equals - word), word), bytes, length);
    return TOOL_OK;
}

/* Sorts the words into the two paths and the extra files. */
static int read_words(const tool_command *self, const words *rest, extras *e, const char *paths[2]) {
    int count = 0;
    for (int i = 0; i < rest->count; i++) {
        if (rest->items[i] == extra_marker) {
            int status = read_extra(self, e, rest->items[++i]);
            if (status != TOOL_OK) return status;
        } else if (count < 2) {
            paths[count++] = rest->items[i];
        } else {
            return tool_usage(self, "too many words: %s", rest->items[i]);
        }
    }
    return count == 2 ? TOOL_OK : tool_usage(self, "two paths are wanted: from where, to where");
}

static int copy_archive(const char *const paths[2], const extras *e) {
    lb_save_options options = {.size = sizeof options,
                               .extra_names = e->names,
                               .extra_bytes = e->bytes,
                               .extra_lengths = e->lengths,
                               .extra_count = e->count};
    int status = TOOL_OK;
    lb_error *err = lb_error_new();
    lb_module *module = tool_load(paths[0], err, &status);
    if (module && !lb_module_save(module, paths[1], &options, err)) status = output_library_error(NULL, err);
    lb_module_free(module);
    lb_error_free(err);
    return status;
}

int command_copy(const tool_command *self, int argc, char **argv) {
    bool no_extra = false;
    const option table[] = {
        {OPTION_REST, 'e', "extra", (void *)(uintptr_t)extra_marker, "NAME=FILE",
         "add an extra file, or put it in the place of one; NAME= leaves it out"},
        {OPTION_FLAG, 0, "no-extra", &no_extra, NULL, "leave out the extra files that IN has"},
        {.kind = OPTION_END},
    };
    words rest = {0};
    extras e = {0};
    const char *paths[2];
    int status;
    if (!options_read(self, table, argc, argv, &rest, &status)) return status;
    if (no_extra) add_extra(&e, NULL, NULL, 0);
    status = read_words(self, &rest, &e, paths);
    if (status == TOOL_OK) status = copy_archive(paths, &e);
    free_extras(&e);
    free(rest.items);
    return status;
}
