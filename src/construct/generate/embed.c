/* Makes the table of embedded Python files: embed OUT.c ROOT FILE..., where FILE is a path below ROOT whose
 * first directory is "linkboy"; modules are named as PyTorch's, "torch.nn.functional". Each file is deflated.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void *must(void *memory, const char *what) {
    if (memory) return memory;
    fprintf(stderr, "embed: %s\n", what);
    exit(1);
}

static unsigned char *read_file(const char *path, size_t *length) {
    FILE *file = must(fopen(path, "rb"), path);
    unsigned char *bytes = NULL;
    size_t room = 0, got = 1;
    for (*length = 0; got; *length += got) {
        if (*length == room) bytes = must(realloc(bytes, room = 2 * room + 4096), "out of memory");
        got = fread(bytes + *length, 1, room - *length, file);
    }
    fclose(file);
    return bytes;
}

/* "linkboy/nn/functional/__init__.py" -> "torch.nn.functional" */
static bool module_name(const char *file, char *out, size_t size) {
    static const char own[] = "linkboy", init[] = "/__init__";
    snprintf(out, size, "torch%s", file + strlen(own));
    char *end = strrchr(out, '.');
    if (end) *end = 0;
    size_t length = strlen(out), tail = sizeof init - 1;
    bool package = length > tail && !strcmp(out + length - tail, init);
    if (package) out[length - tail] = 0;
    for (char *c = out; *c; c++)
        if (*c == '/') *c = '.';
    return package;
}

static void put_bytes(FILE *out, int index, const unsigned char *bytes, unsigned long count) {
    fprintf(out, "static const unsigned char file_%d[] = {", index);
    for (unsigned long i = 0; i < count; i++) fprintf(out, "%s%d,", i % 24 ? "" : "\n", bytes[i]);
    fprintf(out, "\n};\n");
}

int main(int argc, char **argv) {
    if (argc < 3) return fprintf(stderr, "usage: embed OUT.c ROOT FILE...\n"), 1;
    FILE *out = must(fopen(argv[1], "w"), argv[1]);
    unsigned long *deflated = must(calloc((size_t)argc, sizeof *deflated), "out of memory");
    size_t *lengths = must(calloc((size_t)argc, sizeof *lengths), "out of memory");
    fprintf(out, "#include \"construct/embedded.h\"\n");
    for (int i = 3; i < argc; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[2], argv[i]);
        unsigned char *bytes = read_file(path, &lengths[i]);
        deflated[i] = compressBound(lengths[i]);
        unsigned char *small = must(malloc(deflated[i]), "out of memory");
        if (compress2(small, &deflated[i], bytes, lengths[i], 9) != Z_OK) must(NULL, argv[i]);
        put_bytes(out, i - 3, small, deflated[i]);
        free(small);
        free(bytes);
    }
    fprintf(out, "const struct embedded_source embedded_sources[] = {\n");
    for (int i = 3; i < argc; i++) {
        char module[4096];
        bool package = module_name(argv[i], module, sizeof module);
        fprintf(out, "    {\"%s\", \"%s\", %d, %lu, %zu, file_%d},\n", module, argv[i], package, deflated[i],
                lengths[i], i - 3);
    }
    fprintf(out, "    {0},\n};\nconst int embedded_count = %d;\n", argc - 3);
    free(deflated);
    free(lengths);
    return fclose(out) != 0;
}
