/* Mutated inputs without libFuzzer, the same on every machine: mutate [--count N] [--from N] [--only N]
 * [--seconds S] [--target NAME] [SEED-FOLDER] Input number n is made from n alone (target n % 4, seed file,
 * mutations), so that a crash is repeated by --only n; the number is printed when a sanitizer or signal ends
 * the process. With a target all inputs are its own: every fourth number.
 * Prints how many inputs were run and the slowest one; an input over the limit of processor time makes the
 * exit status 1. */
#include "fuzz.h"
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 1 << 16, MOST_SEEDS = 1024, TARGETS = 4, HONEST = 4 };

typedef struct seed {
    uint8_t *bytes;
    size_t length;
} seed;

typedef struct seeds {
    seed items[MOST_SEEDS];
    int count;
} seeds;

static const struct target {
    const char *name, *folder;
    void (*run)(const uint8_t *bytes, size_t length);
    bool in_place; /* most mutations keep offsets */
    bool text;
    const char *words; /* what a mutation may insert, each ended by a newline */
} targets[TARGETS] = {
    {"archive", "archive", fuzz_archive, true, false,
     "PK\1\2\nPK\3\4\nPK\5\6\nPK\6\6\n\xff\xff\xff\xff\ndata.pkl\nm/\n"},
    {"pickle", "pickle", fuzz_pickle, true, false,
     "c__torch__\nN\n.\nR\nb\n\x81\n(\nt\n]\n}"
     "\nq\1\nh\1\nQ\n\x85\ne\nu\ns\nX\xff\xff\xff\xff\nJ\xff\xff\xff\x7f\n"},
    {"code", "code", fuzz_code, false, true,
     "return \nif \nelse:\nwhile True:\nfor i in range(9):\n(\n)\n[\n]\n{\n}\n, \n-\n->\n: "
     "int\nTensor\nOptional[int]\nList[\nDict[\nTuple[\n"
     "torch.add(\ntorch.neg(\nself\nself.x\nCONSTANTS.c0\nannotate(\nunchecked_cast(\n__torch__."
     "PlaceholderModule\nops.prim.\nbreak\n"
     "continue\nNone\n9223372036854775807\n1e400\n\"\\777\"\nimport x\nclass Q:\ndef f(\nassert \nraise "
     "\nwith \nlambda\nin \nis not \n"},
    {"script", "script", fuzz_script, false, true,
     "return \nif \nelse:\nwhile True:\nfor i in range(9):\n(\n)\n[\n]\n{\n}\n, \n-\n->\n: int\n=\n**\n*\n"
     "self.\nsuper().__init__()\nnn.Linear(2, 3)\nnn.Module\nclass Q(nn.Module):\ndef f(\nlambda x: x\n"
     "torch.zeros(3)\ntorch.ones(\nlen(\nsetattr(\ngetattr(\nisinstance(\nrange(\nsorted(\nzip(\nyield "
     "\ntry:\n"
     "except Exception as e:\nfinally:\nraise \nmatch x:\ncase \nglobal x\nimport math\nf\"{x:>3}\"\n"
     "9223372036854775807\n1e400\n\"\\u0100\"\n@property\n@dataclass\nNone\n_modules\n__class__\n"},
};

static volatile long current = -1; /* read by the signal handler */

/* ---- Where a run ended ---- */

static void tell_current(void) {
    char text[64];
    int length = snprintf(text, sizeof text, "\nmutate: input %ld\n", current);
    if (length > 0 && write(2, text, (size_t)length) < 0) _exit(3);
}

static void on_signal(int number) {
    tell_current();
    signal(number, SIG_DFL);
    raise(number);
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

/* UndefinedBehaviorSanitizer calls this, where it can see it, before it ends the process in its own way. */
__attribute__((visibility("default"))) void __ubsan_on_report(void);
void __ubsan_on_report(void) {
    tell_current();
}

static void watch(void) {
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(tell_current);
        return;
    }
    const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) signal(numbers[i], on_signal);
}

/* ---- Seeds ---- */

static bool read_seed(const char *path, seed *to) {
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    to->bytes = malloc(LONGEST);
    to->length = to->bytes ? fread(to->bytes, 1, LONGEST, file) : 0;
    fclose(file);
    return to->bytes != NULL;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The files of a folder, by name: the order a directory is read in is not the same everywhere. */
static void read_folder(const char *top, const char *folder, seeds *to) {
    char path[4096], *names[MOST_SEEDS];
    int count = 0;
    snprintf(path, sizeof path, "%s/%s", top, folder);
    DIR *d = opendir(path);
    for (struct dirent *e; d && count < MOST_SEEDS && (e = readdir(d));)
        if (e->d_name[0] != '.') names[count++] = strdup(e->d_name);
    if (d) closedir(d);
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", top, folder, names[i]);
        if (to->count < MOST_SEEDS && read_seed(path, &to->items[to->count])) to->count++;
        free(names[i]);
    }
}

/* ---- Mutations: splitmix64 from the input's number ---- */

static uint64_t next(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit) {
    return limit ? (size_t)(next(state) % limit) : 0;
}

typedef struct input {
    uint8_t bytes[LONGEST];
    size_t length;
} input;

static void insert(input *in, size_t at, const void *bytes, size_t length) {
    if (in->length + length > LONGEST || at > in->length) return;
    memmove(in->bytes + at + length, in->bytes + at, in->length - at);
    memcpy(in->bytes + at, bytes, length);
    in->length += length;
}

static void cut(input *in, size_t at, size_t length) {
    if (at + length > in->length) return;
    memmove(in->bytes + at, in->bytes + at + length, in->length - at - length);
    in->length -= length;
}

static void insert_word(input *in, const char *words, uint64_t *state) {
    size_t count = 0;
    for (const char *at = words; *at; at++) count += *at == '\n';
    for (size_t skip = below(state, count); skip > 0; skip--) words = strchr(words, '\n') + 1;
    insert(in, below(state, in->length + 1), words, strcspn(words, "\n"));
}

static void repeat_span(input *in, uint64_t *state) {
    uint8_t span[64];
    size_t length = 1 + below(state, sizeof span), at = below(state, in->length);
    if (at + length > in->length) return;
    memcpy(span, in->bytes + at, length);
    for (size_t times = 1 + below(state, 40); times > 0; times--) insert(in, at, span, length);
}

static void set_number(input *in, uint64_t *state) {
    static const uint32_t numbers[] = {0,      1,          0x7f,       0x80,       0xff,      0x7fff,
                                       0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0};
    uint32_t number = numbers[below(state, sizeof numbers / sizeof numbers[0])];
    size_t at = below(state, in->length), width = (size_t)1 << below(state, 3);
    if (at + width <= in->length) memcpy(in->bytes + at, &number, width);
}

static void splice(input *in, const seeds *from, uint64_t *state) {
    const seed *other = &from->items[below(state, (size_t)from->count)];
    size_t start = below(state, other->length), length = below(state, other->length - start + 1);
    insert(in, below(state, in->length + 1), other->bytes + start, length < 400 ? length : 400);
}

/* The word around a random place: letters, digits, dots. */
static size_t pick_word(const input *in, uint64_t *state, size_t *length) {
    size_t at = below(state, in->length), end = at;
    while (at > 0 && (isalnum(in->bytes[at - 1]) || strchr("_.", in->bytes[at - 1]))) at--;
    while (end < in->length && (isalnum(in->bytes[end]) || strchr("_.", in->bytes[end]))) end++;
    *length = end - at;
    return at;
}

/* One word becomes another of the same text: what still parses gets deepest. */
static void replace_word(input *in, uint64_t *state) {
    uint8_t word[64];
    size_t length, old, from = pick_word(in, state, &length);
    if (length == 0 || length > sizeof word) return;
    memcpy(word, in->bytes + from, length);
    size_t to = pick_word(in, state, &old);
    cut(in, to, old);
    insert(in, to, word, length);
}

static size_t line_start(const input *in, size_t at) {
    while (at > 0 && in->bytes[at - 1] != '\n') at--;
    return at;
}

/* A line is copied, or moved, to where another begins. */
static void copy_line(input *in, uint64_t *state) {
    uint8_t line[256];
    size_t start = line_start(in, below(state, in->length)), end = start;
    while (end < in->length && in->bytes[end++] != '\n') continue;
    if (end - start > sizeof line) return;
    memcpy(line, in->bytes + start, end - start);
    if (below(state, 2)) cut(in, start, end - start);
    insert(in, line_start(in, below(state, in->length)), line, end - start);
}

static void change_byte(input *in, uint64_t *state) {
    size_t at = below(state, in->length);
    if (in->length && below(state, 2))
        in->bytes[at] ^= (uint8_t)(1u << below(state, 8));
    else if (in->length)
        in->bytes[at] = (uint8_t)next(state);
}

static void mutate_once(input *in, const struct target *t, const seeds *from, uint64_t *state) {
    switch (below(state, t->in_place ? 24 : 8)) {
    case 0: cut(in, below(state, in->length), 1 + below(state, 32)); break;
    case 1: repeat_span(in, state); break;
    case 2: insert_word(in, t->words, state); break;
    case 3: splice(in, from, state); break;
    case 4: set_number(in, state); break;
    case 5: t->text ? copy_line(in, state) : change_byte(in, state); break;
    case 6: t->text ? replace_word(in, state) : set_number(in, state); break;
    default: t->text ? replace_word(in, state) : change_byte(in, state); break;
    }
}

/* Mostly one mutation: what is spoilt in many places is refused at the first. */
static void mutate(input *in, const struct target *t, const seeds *from, uint64_t *state) {
    size_t times = below(state, 2) ? 1 : 1 + below(state, 6);
    for (; times > 0; times--) mutate_once(in, t, from, state);
}

static void make_input(long number, const seeds *from, input *to) {
    uint64_t state = (uint64_t)number * 0x2545F4914F6CDD1Du + 1;
    const seeds *mine = &from[number % TARGETS];
    /* every second input starts from one of the first seeds, which are honest ones */
    size_t choice = below(&state, 2) || targets[number % TARGETS].text
                        ? below(&state, (size_t)mine->count)
                        : below(&state, (size_t)mine->count) % HONEST;
    const seed *start = &mine->items[choice < (size_t)mine->count ? choice : 0];
    memcpy(to->bytes, start->bytes, start->length);
    to->length = start->length;
    mutate(to, &targets[number % TARGETS], mine, &state);
}

/* ---- The run ---- */

typedef struct plan {
    long from, count, step;
    double limit;
    const char *folder;
} plan;

/* Every TARGETS-th input from the first of this target on. */
static bool take_target(plan *to, const char *name) {
    long t = 0;
    while (t < TARGETS && strcmp(targets[t].name, name) != 0) t++;
    to->from += (t + TARGETS - to->from % TARGETS) % TARGETS;
    to->step = TARGETS;
    return t < TARGETS;
}

static bool read_plan(int argc, char **argv, plan *to) {
    const char *target = NULL;
    *to = (plan){0, 200000, 1, 1.0, "tests/fuzz/seeds"};
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(word, "--count") == 0)
            to->count = atol(value);
        else if (strcmp(word, "--from") == 0)
            to->from = atol(value);
        else if (strcmp(word, "--seconds") == 0)
            to->limit = atof(value);
        else if (strcmp(word, "--target") == 0)
            target = value;
        else if (strcmp(word, "--only") == 0) {
            to->from = atol(value);
            to->count = 1;
        } else {
            to->folder = word;
            continue;
        }
        i++;
    }
    return to->count > 0 && (!target || take_target(to, target));
}

static double run_one(long number, const seeds *from, input *scratch) {
    current = number;
    make_input(number, from, scratch);
    uint8_t *exact = malloc(scratch->length + 1); /* of its own size, so that a read past the end is seen */
    if (!exact) return 0;
    memcpy(exact, scratch->bytes, scratch->length);
    clock_t start = clock();
    targets[number % TARGETS].run(exact, scratch->length);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    free(exact);
    return seconds;
}

static int run_all(const plan *p, const seeds *from, input *scratch) {
    double slowest = 0;
    long slowest_number = 0, slow = 0, counts[TARGETS] = {0};
    for (long n = p->from; n < p->from + p->count * p->step; n += p->step) {
        double seconds = run_one(n, from, scratch);
        counts[n % TARGETS]++;
        if (seconds > slowest) slowest = seconds, slowest_number = n;
        if (seconds > p->limit)
            slow++, printf("slow: input %ld (%s), %.2f s\n", n, targets[n % TARGETS].name, seconds);
    }
    for (int t = 0; t < TARGETS; t++) printf("%s %ld  ", targets[t].name, counts[t]);
    printf("\n%ld loaded, %ld calls returned\n", drive_loaded, drive_called);
    printf("%ld mutated inputs, no crash; slowest %.3f s (input %ld); %ld over %.1f s\n", p->count, slowest,
           slowest_number, slow, p->limit);
    return slow ? 1 : 0;
}

int main(int argc, char **argv) {
    static seeds all[TARGETS];
    static input scratch;
    plan p;
    if (!read_plan(argc, argv, &p)) return 2;
    for (int t = 0; t < TARGETS; t++) {
        read_folder(p.folder, targets[t].folder, &all[t]);
        if (all[t].count == 0) {
            fprintf(stderr, "mutate: no seeds in %s/%s\n", p.folder, targets[t].folder);
            return 2;
        }
    }
    watch();
    int status = run_all(&p, all, &scratch);
    for (int t = 0; t < TARGETS; t++)
        for (int i = 0; i < all[t].count; i++) free(all[t].items[i].bytes);
    return status;
}
