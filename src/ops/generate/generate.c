/* The generator of the operator table, a program that the build runs: rows (src/ops/rows) in, one C file out.
 *
 *   generate OUT.c FILE.dtypes FILE.rows...
 *
 * It reads every row, checks it (form, known trait, overloads of a name together, none twice), reads the
 * schema's own traits off its text, lays all texts into one pool, searches a seed a bucket for a perfect hash
 * of the names and writes constant tables of the form of table.h. It keeps no state and is no part of the
 * library; it uses malloc and never frees, being over at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/table.h"

enum { MAX_ROWS = 65535, MAX_LINE = 8192, MAX_SEED = 65535 };

struct source_row {
    char *schema, *name, *overload, *kernel; /* kernel: NULL where there is none */
    char *source;                            /* TorchScript: NULL none, "" made by rule */
    uint32_t traits;
    int kernel_index;                 /* 0: none */
    uint16_t dtypes;                  /* of the first tensor: a bit each, table.h */
    char *layout_kernels[OP_LAYOUTS]; /* for sparse, nested, quantized tensors; NULL: none */
};

struct name_range {
    const char *name;
    uint64_t hash;
    int first_row, row_count;
};

struct input {
    struct source_row *rows;
    int row_count;
    struct name_range *names;
    int name_count;
    const char **kernels; /* kernels[0] is NULL */
    int kernel_count;
};

struct hash_table {
    int *slots; /* index of a name, or -1 */
    uint16_t *seeds;
    uint32_t slot_count, bucket_count;
};

static const struct {
    const char *word;
    uint32_t trait;
} trait_words[] = {
    {"random", OP_RANDOM},     {"side_effects", OP_SIDE_EFFECTS}, {"system", OP_SYSTEM},
    {"exact", OP_EXACT},       {"interpreted", OP_INTERPRETED},   {"graph_only", OP_GRAPH_ONLY},
    {"overlaps", OP_OVERLAPS},
};

static void fail(const char *file, int line, const char *what, const char *text) {
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, text);
    exit(1);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    if (!memory) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

static char *copy_text(const char *text, size_t length) {
    char *copy = allocate(length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

/* --- reading rows --- */

static uint32_t trait_of_word(const char *word) {
    for (size_t i = 0; i < sizeof trait_words / sizeof trait_words[0]; i++)
        if (strcmp(trait_words[i].word, word) == 0) return trait_words[i].trait;
    return 0;
}

/* What the schema's text says by itself. */
static uint32_t traits_of_schema(const char *schema) {
    const char *arrow = strstr(schema, ") -> ");
    uint32_t traits = 0;
    traits |= strstr(schema, "!)") || strstr(schema, "! -> ") ? OP_MUTATES : 0;
    traits |= strstr(schema, "...)") ? OP_VARIADIC : 0;
    if (!arrow) return traits;
    traits |= strstr(arrow, "(*)") || strstr(arrow, "(a") || strstr(arrow, "|a)") ? OP_ALIASES : 0;
    traits |= strcmp(arrow, ") -> ...") == 0 ? OP_VARIADIC_RESULT : 0;
    const char *star = strstr(schema, "*, "), *first = strchr(schema, '(') + 1;
    bool out = star && star < arrow && strstr(star, "!)") && strstr(star, "!)") < arrow;
    traits |= out ? OP_OUT : strncmp(first, "Tensor(a!) ", 11) == 0 ? OP_IN_PLACE : 0;
    return traits;
}

/* The words that make a kernel of a functional one, and the functions of src/ops/ that do it. */
static const struct {
    const char *word, *suffix, *function;
    uint32_t trait;
} forms[] = {
    {"into", "__into", "op_into", OP_DERIVED}, {"become", "__become", "op_become", OP_DERIVED},
    {"copy", "__copy", "op_copy", OP_DERIVED}, {"integers", "__integers", "op_integers", 0},
    {"wholes", "__wholes", "op_wholes", 0},    {"reals", "__reals", "op_reals", 0},
};
enum { FORM_COUNT = sizeof forms / sizeof forms[0] };

static bool make_form(char **kernel, const char *word, uint32_t *traits) {
    for (int i = 0; i < FORM_COUNT; i++) {
        if (strcmp(forms[i].word, word) != 0) continue;
        *traits |= forms[i].trait;
        size_t length = strlen(*kernel);
        char *made = allocate(length + strlen(forms[i].suffix) + 1, 1);
        memcpy(made, *kernel, length);
        strcpy(made + length, forms[i].suffix);
        *kernel = made;
        return true;
    }
    return false;
}

/* Sources that lang/ makes by rule: `into` is "", `each NAME` and `each NAME KEYWORD=` stay as they are. */
static bool make_rule(struct source_row *row, const char *word) {
    if (strcmp(word, "each") != 0) return strcmp(word, "into") == 0;
    const char *name = strtok(NULL, " "), *keyword = strtok(NULL, " ");
    if (!name) return false;
    row->source = allocate(strlen(name) + (keyword ? strlen(keyword) : 0) + sizeof "each  ", 1);
    sprintf(row->source, "each %s%s%s", name, keyword ? " " : "", keyword ? keyword : "");
    return true;
}

/* `sparse=KERNEL`, `nested=KERNEL`, `quantized=KERNEL`, or the word alone: the row's own kernel takes such
 * tensors. Gives the kernel named, NULL for another word. */
static char **layout_kernel(struct source_row *row, char *word, const char *file, int line) {
    static const char *const words[OP_LAYOUTS] = {"sparse", "nested", "quantized"};
    for (int i = 0; i < OP_LAYOUTS; i++) {
        size_t length = strlen(words[i]);
        if (strncmp(word, words[i], length) != 0 || (word[length] && word[length] != '=')) continue;
        if (!word[length] && !row->kernel) fail(file, line, "no kernel for the layout", row->schema);
        row->layout_kernels[i] = word[length] ? copy_text(word + length + 1, strlen(word + length + 1))
                                              : copy_text(row->kernel, strlen(row->kernel));
        return &row->layout_kernels[i];
    }
    return NULL;
}

/* A form's word makes a form of the kernel that was named last. */
static void parse_tail(struct source_row *row, char *tail, const char *file, int line) {
    char *word = strtok(tail, " "), **named = &row->kernel;
    if (!word) fail(file, line, "no kernel after =>", row->schema);
    if (strcmp(word, "script") == 0)
        row->source = copy_text("", 0);
    else if (strcmp(word, "-") != 0)
        row->kernel = copy_text(word, strlen(word));
    while ((word = strtok(NULL, " "))) {
        uint32_t trait = trait_of_word(word);
        char **other = layout_kernel(row, word, file, line);
        if (other) named = other;
        if (other || (*named && make_form(named, word, &row->traits))) continue;
        if (row->source && make_rule(row, word)) continue;
        if (!trait) fail(file, line, "no such trait", word);
        row->traits |= trait;
    }
}

static struct source_row parse_row(char *text, const char *file, int line) {
    struct source_row row = {0};
    char *tail = strstr(text, " => ");
    size_t schema_length = tail ? (size_t)(tail - text) : strlen(text);
    row.schema = copy_text(text, schema_length);
    size_t full = strcspn(row.schema, "(");
    const char *colons = strstr(row.schema, "::");
    if (full == schema_length || !colons || (size_t)(colons - row.schema) > full ||
        !strstr(row.schema, ") -> "))
        fail(file, line, "not a schema", text);
    const char *dot = memchr(row.schema, '.', full);
    row.name = copy_text(row.schema, dot ? (size_t)(dot - row.schema) : full);
    row.overload = dot ? copy_text(dot + 1, full - (size_t)(dot + 1 - row.schema)) : copy_text("", 0);
    row.traits = traits_of_schema(row.schema);
    if (tail) parse_tail(&row, tail + strlen(" => "), file, line);
    return row;
}

static void add_to_names(struct input *in, const struct source_row *row, const char *file, int line) {
    struct name_range *last = in->name_count ? &in->names[in->name_count - 1] : NULL;
    if (last && strcmp(last->name, row->name) == 0) {
        for (int i = last->first_row; i < in->row_count; i++)
            if (strcmp(in->rows[i].overload, row->overload) == 0)
                fail(file, line, "this overload stands twice", row->schema);
        last->row_count++;
        return;
    }
    for (int i = 0; i < in->name_count; i++)
        if (strcmp(in->names[i].name, row->name) == 0)
            fail(file, line, "overloads of one operator must stand together", row->schema);
    uint64_t hash = ops_hash(row->name, strlen(row->name));
    in->names[in->name_count++] = (struct name_range){row->name, hash, in->row_count, 1};
}

static int kernel_index(struct input *in, const char *kernel) {
    for (int i = 1; i < in->kernel_count; i++)
        if (strcmp(in->kernels[i], kernel) == 0) return i;
    in->kernels[in->kernel_count] = kernel;
    return in->kernel_count++;
}

/* A line of TorchScript belongs to the row above it. */
static void add_source_line(struct input *in, const char *text, const char *file, int line) {
    struct source_row *row = in->row_count ? &in->rows[in->row_count - 1] : NULL;
    if (!row || !row->source) fail(file, line, "source without a row that says `=> script`", text);
    size_t before = strlen(row->source), length = strlen(text);
    char *joined = allocate(before + length + 2, 1);
    memcpy(joined, row->source, before);
    memcpy(joined + before, text, length);
    joined[before + length] = '\n';
    row->source = joined;
}

static void read_rows(struct input *in, const char *file) {
    FILE *stream = fopen(file, "r");
    static char text[MAX_LINE];
    if (!stream) fail(file, 0, "cannot read", "");
    for (int line = 1; fgets(text, sizeof text, stream); line++) {
        size_t length = strcspn(text, "\r\n");
        if (length == sizeof text - 1) fail(file, line, "too long", text);
        text[length] = '\0';
        if (length == 0 || text[0] == '#') continue;
        if (text[0] == ' ') {
            add_source_line(in, text, file, line);
            continue;
        }
        if (in->row_count == MAX_ROWS) fail(file, line, "too many rows", text);
        struct source_row row = parse_row(text, file, line);
        row.kernel_index = row.kernel ? kernel_index(in, row.kernel) : 0;
        for (int i = 0; i < OP_LAYOUTS; i++)
            if (row.layout_kernels[i]) kernel_index(in, row.layout_kernels[i]);
        add_to_names(in, &row, file, line);
        in->rows[in->row_count++] = row;
    }
    fclose(stream);
}

/* --- dtypes: a file of lines `NAME: WORD ...` --- */

static const struct {
    const char *word;
    uint16_t dtypes;
} dtype_words[] = {OPS_DTYPE_WORDS};

static uint16_t dtypes_of(char *words, const char *file, int line) {
    uint16_t all = 0;
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        uint16_t found = 0;
        for (size_t i = 0; i < sizeof dtype_words / sizeof dtype_words[0]; i++)
            if (strcmp(dtype_words[i].word, word) == 0) found = dtype_words[i].dtypes;
        if (!found) fail(file, line, "no such dtype", word);
        all |= found;
    }
    return all;
}

static struct source_row *row_named(struct input *in, const char *name) {
    const char *dot = strchr(name, '.');
    size_t length = dot ? (size_t)(dot - name) : strlen(name);
    for (int n = 0; n < in->name_count; n++) {
        if (strncmp(in->names[n].name, name, length) != 0 || in->names[n].name[length]) continue;
        struct source_row *rows = &in->rows[in->names[n].first_row];
        for (int i = 0; i < in->names[n].row_count; i++)
            if (strcmp(rows[i].overload, dot ? dot + 1 : "") == 0) return &rows[i];
    }
    return NULL;
}

static void read_dtypes(struct input *in, const char *file) {
    FILE *stream = fopen(file, "r");
    static char text[MAX_LINE];
    if (!stream) fail(file, 0, "cannot read", "");
    for (int line = 1; fgets(text, sizeof text, stream); line++) {
        text[strcspn(text, "\r\n")] = '\0';
        if (!*text || *text == '#') continue;
        char *words = strstr(text, ": ");
        if (!words) fail(file, line, "no dtypes", text);
        *words = '\0';
        struct source_row *row = row_named(in, text);
        if (!row) fail(file, line, "no such operator", text);
        row->dtypes = dtypes_of(words + 2, file, line);
    }
    fclose(stream);
}

/* --- the perfect hash --- */

static uint32_t power_of_two_above(int count) {
    uint32_t power = 1;
    while (power < (uint32_t)count) power *= 2;
    return power;
}

static bool seed_fits(const struct input *in, struct hash_table *table, const int *members, int count,
                      uint32_t seed) {
    uint32_t mask = table->slot_count - 1;
    for (int i = 0; i < count; i++) {
        int *slot = &table->slots[ops_slot_of(in->names[members[i]].hash, seed, mask)];
        if (*slot >= 0) {
            while (i-- > 0) table->slots[ops_slot_of(in->names[members[i]].hash, seed, mask)] = -1;
            return false;
        }
        *slot = members[i];
    }
    return true;
}

static void place_bucket(const struct input *in, struct hash_table *table, uint32_t bucket,
                         const int *members, int count) {
    for (uint32_t seed = 0; seed <= MAX_SEED; seed++)
        if (seed_fits(in, table, members, count, seed)) {
            table->seeds[bucket] = (uint16_t)seed;
            return;
        }
    fail("rows", 0, "no perfect hash found", in->names[members[0]].name);
}

static int members_of(const struct input *in, const struct hash_table *table, uint32_t bucket, int *members) {
    int count = 0;
    for (int i = 0; i < in->name_count; i++)
        if (((uint32_t)in->names[i].hash & (table->bucket_count - 1)) == bucket) members[count++] = i;
    return count;
}

/* Full buckets first: they are the hardest to place. */
static struct hash_table build_hash(const struct input *in) {
    struct hash_table table = {.slot_count = power_of_two_above(in->name_count) * 2};
    table.bucket_count = table.slot_count / 4;
    table.slots = allocate(table.slot_count, sizeof *table.slots);
    table.seeds = allocate(table.bucket_count, sizeof *table.seeds);
    for (uint32_t i = 0; i < table.slot_count; i++) table.slots[i] = -1;
    int *members = allocate((size_t)in->name_count, sizeof *members);
    for (int size = in->name_count; size > 0; size = size > 40 ? 40 : size - 1)
        for (uint32_t bucket = 0; bucket < table.bucket_count; bucket++) {
            int count = members_of(in, &table, bucket, members);
            if (count == size)
                place_bucket(in, &table, bucket, members, count);
            else if (count > 40)
                fail("rows", 0, "the hash is bad", in->names[members[0]].name);
        }
    return table;
}

/* --- writing --- */

/* Writes one text into the pool's literal and gives its offset. */
static uint32_t write_text(FILE *out, const char *text, uint32_t *offset) {
    uint32_t at = *offset;
    fputs("    \"", out);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') fputc('\\', out);
        fputs(*c == '\n' ? "\\n" : (char[]){*c, '\0'}, out);
    }
    fputs("\\0\"\n", out);
    *offset += (uint32_t)strlen(text) + 1;
    return at;
}

struct pool {
    uint32_t *schemas, *overloads, *names, *sources; /* sources: 0 is none, as a name stands there */
};

static uint32_t write_overload(FILE *out, const struct input *in, struct pool *pool, int row,
                               uint32_t *offset) {
    for (int i = 0; i < row; i++)
        if (strcmp(in->rows[i].overload, in->rows[row].overload) == 0) return pool->overloads[i];
    return write_text(out, in->rows[row].overload, offset);
}

static struct pool write_pool(FILE *out, const struct input *in) {
    struct pool pool;
    uint32_t offset = 0;
    pool.schemas = allocate((size_t)in->row_count, sizeof(uint32_t));
    pool.overloads = allocate((size_t)in->row_count, sizeof(uint32_t));
    pool.names = allocate((size_t)in->name_count, sizeof(uint32_t));
    pool.sources = allocate((size_t)in->row_count, sizeof(uint32_t));
    fputs("const char ops_text[] =\n", out);
    for (int i = 0; i < in->name_count; i++) pool.names[i] = write_text(out, in->names[i].name, &offset);
    for (int i = 0; i < in->row_count; i++) {
        pool.overloads[i] = write_overload(out, in, &pool, i, &offset);
        pool.schemas[i] = write_text(out, in->rows[i].schema, &offset);
        if (in->rows[i].source) pool.sources[i] = write_text(out, in->rows[i].source, &offset);
    }
    fputs(";\n\n", out);
    return pool;
}

/* A declaration; for a form of a functional kernel the function that makes it. */
static void write_kernel(FILE *out, const char *kernel) {
    for (int i = 0; i < FORM_COUNT; i++) {
        const char *at = strstr(kernel, forms[i].suffix);
        if (!at || strcmp(at, forms[i].suffix) != 0) continue;
        int length = (int)(at - kernel);
        fprintf(out, "bool %.*s(struct op_call *call);\n", length, kernel);
        fprintf(out, "static bool %s(struct op_call *call) { return %s(call, %.*s); }\n", kernel,
                forms[i].function, length, kernel);
        return;
    }
    fprintf(out, "bool %s(struct op_call *call);\n", kernel);
}

static void write_kernels(FILE *out, const struct input *in) {
    for (int i = 0; i < FORM_COUNT; i++)
        fprintf(out, "bool %s(struct op_call *call, op_kernel kernel);\n", forms[i].function);
    for (int i = 1; i < in->kernel_count; i++) write_kernel(out, in->kernels[i]);
    fputs("\nconst op_kernel ops_kernels[] = {\n    0,\n", out);
    for (int i = 1; i < in->kernel_count; i++) fprintf(out, "    %s,\n", in->kernels[i]);
    fputs("};\n\n", out);
}

static void write_rows(FILE *out, const struct input *in, const struct pool *pool) {
    fputs("const struct op_row ops_rows[] = {\n", out);
    for (int n = 0; n < in->name_count; n++)
        for (int i = 0; i < in->names[n].row_count; i++) {
            int at = in->names[n].first_row + i;
            const struct source_row *row = &in->rows[at];
            fprintf(out, "    {%u, %u, %u, %u, %d, %u},\n", pool->schemas[at], pool->names[n],
                    pool->overloads[at], pool->sources[at], row->kernel_index, row->traits);
        }
    fprintf(out, "};\n\nconst uint32_t ops_row_count = %d;\n\n", in->row_count);
}

static void write_layouts(FILE *out, struct input *in) {
    int count = 0;
    fputs("const struct op_layout_row ops_layout_rows[] = {\n", out);
    for (int i = 0; i < in->row_count; i++) {
        char *const *kernels = in->rows[i].layout_kernels;
        int places[OP_LAYOUTS], any = 0;
        for (int k = 0; k < OP_LAYOUTS; k++) any |= places[k] = kernels[k] ? kernel_index(in, kernels[k]) : 0;
        if (!any) continue;
        fprintf(out, "    {%d, {%d, %d, %d}},\n", i, places[0], places[1], places[2]);
        count++;
    }
    fprintf(out, "    {0, {0}},\n};\n\nconst uint32_t ops_layout_row_count = %d;\n\n", count);
}

static void write_dtypes(FILE *out, const struct input *in) {
    fputs("const uint16_t ops_dtypes[] = {", out);
    for (int n = 0, written = 0; n < in->name_count; n++)
        for (int i = 0; i < in->names[n].row_count; i++, written++)
            fprintf(out, "%s%u,", written % 16 == 0 ? "\n    " : " ",
                    in->rows[in->names[n].first_row + i].dtypes);
    fputs("\n};\n\n", out);
}

static void write_hash(FILE *out, const struct input *in, const struct hash_table *table,
                       const struct pool *pool) {
    fputs("const struct op_name_slot ops_slots[] = {\n", out);
    for (uint32_t i = 0; i < table->slot_count; i++) {
        int at = table->slots[i];
        if (at < 0)
            fputs("    {0, 0, 0},\n", out);
        else
            fprintf(out, "    {%u, %d, %d},\n", pool->names[at], in->names[at].first_row,
                    in->names[at].row_count);
    }
    fprintf(out, "};\n\nconst uint32_t ops_slot_mask = %u;\n\nconst uint16_t ops_seeds[] = {",
            table->slot_count - 1);
    for (uint32_t i = 0; i < table->bucket_count; i++)
        fprintf(out, "%s%u,", i % 16 == 0 ? "\n    " : " ", table->seeds[i]);
    fprintf(out, "\n};\n\nconst uint32_t ops_seed_mask = %u;\n", table->bucket_count - 1);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: generate OUT.c FILE.dtypes FILE.rows...\n");
        return 2;
    }
    struct input in = {.kernel_count = 1};
    in.rows = allocate(MAX_ROWS, sizeof *in.rows);
    in.names = allocate(MAX_ROWS, sizeof *in.names);
    in.kernels = allocate(MAX_ROWS + 1, sizeof *in.kernels);
    for (int i = 3; i < argc; i++) read_rows(&in, argv[i]);
    read_dtypes(&in, argv[2]);
    struct hash_table table = build_hash(&in);
    FILE *out = fopen(argv[1], "w");
    if (!out) fail(argv[1], 0, "cannot write", "");
    fputs("/* Made by src/ops/generate/generate.c from src/ops/rows; do not edit. */\n", out);
    fputs("#include \"ops/table.h\"\n\n", out);
    struct pool pool = write_pool(out, &in);
    write_kernels(out, &in);
    write_rows(out, &in, &pool);
    write_layouts(out, &in);
    write_dtypes(out, &in);
    write_hash(out, &in, &table, &pool);
    return fclose(out) == 0 ? 0 : 1;
}
