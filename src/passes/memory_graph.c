/* Pointers are followed once all are known; sets are small, so plain lists without order do. Walks use a work
 * list, never recursion. */
#include "passes/memory_graph.h"
#include "base/mem.h"

bool int_set_add(struct arena *memory, struct int_set *set, int value) {
    for (int i = 0; i < set->count; i++)
        if (set->items[i] == value) return true;
    return array_push_in(memory, set, value);
}

static void add(struct memory_graph *m, struct int_set *set, int value) {
    if (!int_set_add(&m->memory, set, value)) m->failed = true;
}

int memory_new_element(struct memory_graph *m) {
    struct element e = {0};
    if (!array_push(&m->elements, e)) {
        m->failed = true;
        return -1;
    }
    return m->elements.count - 1;
}

void memory_point(struct memory_graph *m, int from, int to) {
    if (from >= 0 && to >= 0 && from != to) add(m, &m->elements.items[from].points_to, to);
}

void memory_contain(struct memory_graph *m, int container, int inner) {
    if (container >= 0 && inner >= 0) add(m, &m->elements.items[container].contained, inner);
}

/* A list of elements still to be visited, and which have been. */
struct walk {
    ARRAY_OF(int) open;
    unsigned char *seen;
};

static void visit(struct memory_graph *m, struct walk *w, int element) {
    if (w->seen[element]) return;
    w->seen[element] = 1;
    if (!array_push(&w->open, element)) m->failed = true;
}

static void locate(struct memory_graph *m, struct walk *w, int element) {
    struct element *e = &m->elements.items[element];
    if (e->located) return;
    e->located = true;
    if (e->points_to.count == 0) {
        add(m, &e->locations, element);
        return;
    }
    visit(m, w, element);
    for (int next = 0; next < w->open.count && !m->failed; next++) {
        int at = w->open.items[next];
        const struct int_set *to = &m->elements.items[at].points_to;
        if (to->count == 0) add(m, &e->locations, at);
        for (int i = 0; i < to->count; i++) visit(m, w, to->items[i]);
    }
    for (int i = 0; i < w->open.count; i++) w->seen[w->open.items[i]] = 0;
    w->open.count = 0;
}

void memory_locate_all(struct memory_graph *m) {
    struct walk w = {.seen = mem_zeroed((size_t)m->elements.count + 1, 1)};
    if (!w.seen) m->failed = true;
    for (int i = 0; i < m->elements.count && !m->failed; i++) locate(m, &w, i);
    mem_free(w.open.items);
    mem_free(w.seen);
}

void memory_set_wildcard(struct memory_graph *m, int element, int wildcard) {
    const struct int_set *locations = &m->elements.items[element].locations;
    for (int i = 0; i < locations->count; i++)
        if (locations->items[i] != wildcard)
            add(m, &m->elements.items[locations->items[i]].wildcards, wildcard);
}

void memory_mark_contained(struct memory_graph *m, int element, unsigned char *set) {
    struct walk w = {.seen = set};
    visit(m, &w, element);
    for (int next = 0; next < w.open.count && !m->failed; next++) {
        const struct element *e = &m->elements.items[w.open.items[next]];
        for (int i = 0; i < e->locations.count; i++) {
            const struct element *location = &m->elements.items[e->locations.items[i]];
            visit(m, &w, e->locations.items[i]);
            for (int k = 0; k < location->wildcards.count; k++) visit(m, &w, location->wildcards.items[k]);
        }
        for (int i = 0; i < e->contained.count; i++) visit(m, &w, e->contained.items[i]);
    }
    mem_free(w.open.items);
}

void memory_free(struct memory_graph *m) {
    mem_free(m->elements.items);
    arena_free(&m->memory);
}
