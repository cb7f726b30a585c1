/* The demo's second half: reads scans.txt, draws each scan as text, asks the network, shows its
 * probabilities. classify digits.pt scans.txt A scan is a line with its true digit and eight rows of eight
 * pixels, base 17. The public header is all it uses. */
#include <linkboy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIDE = 8, DIGITS = 10, BEST = 3 };

typedef struct scan {
    int label;
    float pixels[SIDE][SIDE];
} scan;

static bool read_row(FILE *from, float *row) {
    static const char base[] = "0123456789abcdefg";
    char line[64];
    if (!fgets(line, sizeof line, from) || strspn(line, base) < SIDE) return false;
    for (int x = 0; x < SIDE; x++) row[x] = (float)(strchr(base, line[x]) - base);
    return true;
}

static bool read_scan(FILE *from, scan *to) {
    char line[64];
    if (!fgets(line, sizeof line, from)) return false;
    to->label = atoi(line);
    for (int y = 0; y < SIDE; y++)
        if (!read_row(from, to->pixels[y])) return false;
    return true;
}

static void print_pixels(const float *row) {
    static const char *const inks[] = {"  ", "░░", "▒▒", "▓▓", "██"};
    for (int x = 0; x < SIDE; x++) fputs(inks[(int)(row[x] * 4 / 16 + 0.5f)], stdout);
}

/* The digits by falling probability. */
static void rank(const float *p, int *order) {
    for (int i = 0; i < DIGITS; i++) {
        int at = i;
        for (; at > 0 && p[order[at - 1]] < p[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
}

static void print_guess(int digit, float p, bool first) {
    static const char bar[] = "##############################";
    bool colour = first && isatty(1) && !getenv("NO_COLOR");
    printf("   %s%d  %5.1f%%  %.*s%s", colour ? "\033[1;32m" : "", digit, (double)p * 100,
           (int)(p * 30 + 0.5f), bar, colour ? "\033[0m" : "");
}

static void show(const scan *s, const float *p) {
    int order[DIGITS];
    rank(p, order);
    for (int y = 0; y < SIDE; y++) {
        print_pixels(s->pixels[y]);
        if (y == 1) printf("   written: %d, read:%s", s->label, order[0] == s->label ? "" : "   (wrong)");
        if (y >= 3 && y < 3 + BEST) print_guess(order[y - 3], p[order[y - 3]], y == 3);
        putchar('\n');
    }
    putchar('\n');
}

static bool classify(const lb_module *model, const scan *s, lb_context *context, lb_error *err) {
    int64_t sizes[] = {1, SIDE, SIDE};
    lb_value *in = lb_tensor_from(LB_FLOAT32, 3, sizes, s->pixels, err);
    lb_value *out = in ? lb_call(model, "forward", context, &in, 1, err) : NULL;
    bool good = out && lb_value_kind(out) == LB_TENSOR && lb_tensor_numel(out) == DIGITS;
    if (good) show(s, lb_tensor_data(out));
    lb_value_free(out);
    lb_value_free(in);
    return good;
}

int main(int argc, char **argv) {
    lb_error *err = lb_error_new();
    lb_module *model = lb_load(argc > 1 ? argv[1] : "examples/digits/digits.pt", NULL, err);
    lb_context *context = model ? lb_context_new(NULL, err) : NULL;
    FILE *scans = fopen(argc > 2 ? argv[2] : "examples/digits/scans.txt", "r");
    bool ok = context && scans;
    for (scan s; ok && read_scan(scans, &s);) ok = classify(model, &s, context, err);
    if (!ok) fprintf(stderr, "classify: %s\n", scans ? lb_error_text(err) : "no scans");
    if (scans) fclose(scans);
    lb_context_free(context);
    lb_module_free(model);
    lb_error_free(err);
    return ok ? 0 : 1;
}
