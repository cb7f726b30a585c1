/* Runtime values: lists, dictionaries, equality, deep freeing, text; and the thread pool and futures. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/pool.h"
#include "value/future.h"
#include "value/print.h"

static int failures;

static void check(bool good, const char *what) {
    if (good) return;
    failures++;
    printf("failed: %s\n", what);
}

static lb_value text_value(const char *s) {
    lb_value v;
    value_new_string(&v, s, (int64_t)strlen(s), NULL);
    return v;
}

static void check_text(lb_value v, bool constant, const char *expected) {
    struct text out = {0};
    if (constant)
        value_put_constant(&out, v, NULL);
    else
        value_put(&out, v, NULL);
    if (strcmp(text_get(&out), expected)) {
        failures++;
        printf("failed: text '%s', expected '%s'\n", text_get(&out), expected);
    }
    text_free(&out);
    value_release(v);
}

static lb_value list_of(int count, const lb_value *items) {
    lb_value l;
    value_new_list(&l, NULL, 0, NULL);
    for (int i = 0; i < count; i++) list_append(l.list, items[i], NULL);
    return l;
}

static void test_text(void) {
    check_text(value_float(3), false, "3.");
    check_text(value_float(1e16), false, "10000000000000000.");
    check_text(value_float(1e16), true, "10000000000000000");
    check_text(value_float(-0.0), false, "0.");
    check_text(value_float(-0.0), true, "-0.");
    check_text(value_float(0.1), true, "0.10000000000000001");
    check_text(value_float(1e-7), false, "9.9999999999999995e-08");
    check_text(text_value("it's\n\x80"), true, "\"it\\'s\\n\\.00\"");
    check_text(text_value("it's"), false, "it's");
    check_text(value_device((struct device){DEVICE_CUDA, 0}), true, "torch.device(\"cuda:0\")");
    lb_value items[] = {value_int(1), text_value("q"), value_bool(true), value_none()};
    check_text(list_of(4, items), false, "[1, q, True, None]");
    lb_value c;
    value_new_complex(&c, 0.5, -2, NULL);
    check_text(c, true, "0.5-2.j");
    lb_value t;
    value_new_tuple(&t, NULL, 1, NULL);
    t.tuple->items[0] = value_int(7);
    check_text(t, false, "(7,)");
}

static void test_list(void) {
    lb_value items[] = {value_int(0), value_int(2), value_int(3)};
    lb_value l = list_of(3, items);
    list_insert(l.list, 1, value_int(1), NULL);
    list_insert(l.list, 4, value_int(4), NULL);
    for (int i = 0; i < 5; i++) check(l.list->items[i].i == i, "items after insertion");
    check(list_remove_at(l.list, 0).i == 0 && l.list->count == 4 && l.list->items[3].i == 4, "removal");
    value_release(l);
}

static void test_dict(void) {
    enum { N = 1000 };
    lb_value d, removed;
    value_new_dict(&d, NULL, NULL, NULL);
    for (int i = 0; i < N; i++) check(dict_set(d.dict, value_int(i * 7919), value_int(i), NULL), "setting");
    for (int i = 0; i < N; i += 2) check(dict_remove(d.dict, value_int(i * 7919), &removed), "removing");
    check(!dict_remove(d.dict, value_int(0), NULL), "an absent key is not removed");
    for (int i = 0; i < N; i += 2) dict_set(d.dict, value_int(i * 7919), value_int(-i), NULL);
    check(d.dict->count == N, "count");
    for (int i = 0; i < N; i++)
        check(dict_get(d.dict, value_int(i * 7919))->i == (i % 2 ? i : -i), "getting");
    int64_t position = 0;
    for (int i = 0; i < N; i++) {
        int expected = i < N / 2 ? 2 * i + 1 : 2 * (i - N / 2);
        check(dict_next(d.dict, &position)->key.i == expected * 7919, "order of insertion");
    }
    check(!dict_next(d.dict, &position), "the end");
    dict_set(d.dict, text_value("k"), text_value("old"), NULL);
    dict_set(d.dict, text_value("k"), text_value("new"), NULL);
    lb_value k = text_value("k");
    check(!strcmp(dict_get(d.dict, k)->string->bytes, "new"), "strings are keys by their bytes");
    check(dict_set(d.dict, value_float(0.0), value_int(1), NULL) && dict_get(d.dict, value_float(-0.0)),
          "-0.0");
    value_release(k);
    value_release(d);
}

/* A chain of a million lists; and one that holds itself. */
static void test_deep(void) {
    lb_value inner = list_of(0, NULL), deeper = list_of(0, NULL);
    for (int i = 0; i < 1000000; i++) {
        inner = list_of(1, &inner);
        deeper = list_of(1, &deeper);
    }
    lb_error err = {0};
    check(!value_equal(inner, deeper, &err) && err.code == LB_ERROR_LIMIT, "deep values are not compared");
    error_clear(&err);
    value_release(inner);
    value_release(deeper);
    lb_value cycle = list_of(0, NULL);
    list_append(cycle.list, value_copy(cycle), NULL);
    struct text out = {0};
    value_put(&out, cycle, NULL);
    check(strstr(text_get(&out), "..."), "a cycle's text ends");
    text_free(&out);
    value_release(list_remove_at(cycle.list, 0));
    value_release(cycle);
}

static void test_equal(void) {
    lb_value a = text_value("x"), b = text_value("x");
    check(value_equal(a, b, NULL) && !value_same(a, b) && value_same(a, a), "equal and same strings");
    check(value_hash(a) == value_hash(b), "hashes of equal strings");
    lb_value one[] = {value_int(1), a}, two[] = {value_int(1), b};
    lb_value l = list_of(2, one), m = list_of(2, two);
    check(value_equal(l, m, NULL), "equal lists");
    m.list->items[0] = value_int(2);
    check(!value_equal(l, m, NULL), "different lists");
    check(!value_equal(value_int(1), value_bool(true), NULL), "an int is no bool");
    check(value_same(value_none(), value_none()), "None is None");
    value_release(l);
    value_release(m);
}

static void add_range(void *context, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) atomic_fetch_add((_Atomic int64_t *)context, i);
}

struct nested {
    struct pool *pool;
    _Atomic int64_t sum;
};

static void run_nested(void *context, int64_t begin, int64_t end) {
    struct nested *n = context;
    for (int64_t i = begin; i < end; i++) pool_run(n->pool, 100, add_range, &n->sum);
}

static void test_pool(int threads) {
    struct pool *p = pool_new(threads);
    check(p && pool_threads(p) == (threads < 1 ? 1 : threads), "a pool");
    for (int i = 0; i < 2000; i++) {
        _Atomic int64_t sum = 0;
        pool_run(p, 100, add_range, &sum);
        check(sum == 4950, "every task once");
    }
    struct nested n = {.pool = p};
    pool_run(p, 50, run_nested, &n);
    check(n.sum == 50 * 4950, "nested runs");
    pool_free(p);
}

/* The task has a reference of its own: the waiter may go before the resolver has left. */
static void resolve_task(void *context) {
    struct future *f = context;
    if (future_claim(f)) future_resolve(f, value_int(42));
    value_release(value_counted(VALUE_FUTURE, f));
}

static void test_future(void) {
    struct pool *p = pool_new(3);
    for (int i = 0; i < 200; i++) {
        lb_value v;
        value_new_future(&v, NULL, NULL);
        value_copy(v);
        if (!pool_submit(p, resolve_task, v.future)) resolve_task(v.future);
        while (!future_wait_for(v.future, 100)) {}
        check(v.future->result.i == 42, "a future's result");
        value_release(v);
    }
    pool_free(p);
    check(!pool_submit(NULL, resolve_task, NULL), "no pool takes no task");
}

int main(void) {
    test_text();
    test_list();
    test_dict();
    test_deep();
    test_equal();
    test_pool(0);
    test_pool(4);
    test_future();
    return failures != 0;
}
