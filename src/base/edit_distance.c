/* Levenshtein's distance with one row; see edit_distance.h. Names of over 100 letters are far from every
 * other. */
#include "base/edit_distance.h"
#include <string.h>

enum { LONGEST = 100 };

int edit_distance(const char *a, const char *b, int farthest) {
    size_t n = strlen(a), m = strlen(b);
    int row[LONGEST + 1];
    size_t apart = n > m ? n - m : m - n;
    if (n > LONGEST || m > LONGEST || apart > (size_t)farthest) return farthest + 1;
    for (size_t j = 0; j <= m; j++) row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int change = diagonal + (a[i - 1] != b[j - 1]);
            int best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < best ? change : best;
        }
    }
    return row[m] <= farthest ? row[m] : farthest + 1;
}
