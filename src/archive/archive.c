/* Opening archives and telling their forms apart; see archive.h. */
#include "archive/archive.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t DEFAULT_INFLATED = (uint64_t)256 << 20;
enum { OLDEST_VERSION = 1, NEWEST_VERSION = 10 };

/* ---- mappings ---- */

static void mapping_release(void *owner, void *data) {
    (void)data;
    struct mapping *m = owner;
    if (!m || !counted_release(&m->counted)) return;
    if (m->mapped) munmap(m->bytes, m->length);
    if (!m->mapped && !m->borrowed) mem_free_aligned(m->bytes);
    mem_free(m);
}

static struct mapping *mapping_new(void *bytes, size_t length, lb_error *err) {
    struct mapping *m = mem_zeroed(1, sizeof *m);
    if (!m) {
        error_memory(err);
        return NULL;
    }
    counted_init(&m->counted);
    m->bytes = bytes;
    m->length = length;
    return m;
}

/* Private and writable: a program may change its parameters in place; the file never sees it. */
static struct mapping *map_file(int file, lb_error *err) {
    struct stat facts;
    if (fstat(file, &facts) || !S_ISREG(facts.st_mode)) {
        error_set(err, LB_ERROR_IO, "not a regular file");
        return NULL;
    }
    if (facts.st_size == 0) {
        error_set(err, LB_ERROR_FORMAT, "the file is empty");
        return NULL;
    }
    size_t length = (size_t)facts.st_size;
    void *bytes = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    if (bytes == MAP_FAILED) {
        error_set(err, LB_ERROR_IO, "cannot be mapped: %s", strerror(errno));
        return NULL;
    }
    struct mapping *m = mapping_new(bytes, length, err);
    if (m)
        m->mapped = true;
    else
        munmap(bytes, length);
    return m;
}

static struct mapping *map_path(const char *path, lb_error *err) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        error_set(err, LB_ERROR_IO, "cannot be opened: %s", strerror(errno));
        return NULL;
    }
    struct mapping *m = map_file(file, err);
    close(file);
    return m;
}

static struct mapping *map_memory(const void *bytes, size_t length, bool keep, lb_error *err) {
    void *own = keep ? (void *)(uintptr_t)bytes : mem_alloc_aligned(length);
    if (!own) {
        error_memory(err);
        return NULL;
    }
    if (!keep && length) memcpy(own, bytes, length);
    struct mapping *m = mapping_new(own, length, err);
    if (m)
        m->borrowed = keep;
    else if (!keep)
        mem_free_aligned(own);
    return m;
}

/* ---- forms ---- */

static const struct foreign_form {
    size_t offset;
    const char *magic;
    size_t length;
    const char *what;
} foreign_forms[] = {
    {4, "PTMF", 4,
     "a FlatBuffer module for PyTorch's mobile interpreter (.ptl); linkboy reads zip archives so far"},
    {0, "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19", 14,
     "a file of the old torch.save form (before PyTorch 1.6, not a zip); open it with PyTorch and save it "
     "again"},
    {0, "PYTORCH1", 8, "a PYTORCH1 file from before PyTorch 1.0, which no version reads any more"},
    {0, "\x08\x01\x12", 3, "probably an ONNX model; linkboy reads TorchScript archives"},
    {0, "\x89HDF", 4, "an HDF5 file, not a TorchScript archive"},
    {0,
     "\x7f"
     "ELF",
     4, "a program or shared library, not a TorchScript archive"},
    {0, "\x1f\x8b", 2, "a gzip file; unpack it first"},
};

static bool tell_foreign(const struct mapping *m, lb_error *err) {
    for (size_t i = 0; i < sizeof foreign_forms / sizeof *foreign_forms; i++) {
        const struct foreign_form *f = &foreign_forms[i];
        if (m->length >= f->offset + f->length && !memcmp((char *)m->bytes + f->offset, f->magic, f->length))
            return error_set(err, LB_ERROR_UNSUPPORTED, "this is %s", f->what);
    }
    return true;
}

static bool read_number(struct archive *a, const char *record, int64_t *number, bool *found, lb_error *err) {
    const uint8_t *data;
    size_t length, at = 0;
    *found = false;
    if (!archive_read(a, record, &data, &length, err)) return !err->code;
    int64_t value = 0;
    for (; at < length && data[at] >= '0' && data[at] <= '9' && at < 9; at++)
        value = value * 10 + (data[at] - '0');
    size_t rest = at;
    while (rest < length && (data[rest] == '\n' || data[rest] == '\r' || data[rest] == ' ')) rest++;
    if (at == 0 || rest != length)
        return error_set(err, LB_ERROR_FORMAT, "record '%s' should hold a version number", record);
    *number = value;
    *found = true;
    return true;
}

static bool read_version(struct archive *a, lb_error *err) {
    bool found;
    if (!read_number(a, ".data/version", &a->version, &found, err)) return false;
    if (!found && !read_number(a, "version", &a->version, &found, err)) return false;
    if (!found)
        return error_set(err, LB_ERROR_FORMAT,
                         "there is no record 'version' or '.data/version': not an archive of torch.jit.save "
                         "or torch.save");
    if (a->version < OLDEST_VERSION || a->version > NEWEST_VERSION)
        return error_set(err, LB_ERROR_FORMAT, "the archive has version %lld; versions %d to %d are known%s",
                         (long long)a->version, OLDEST_VERSION, NEWEST_VERSION,
                         a->version > NEWEST_VERSION ? " (it was written by a newer PyTorch)" : "");
    return true;
}

static bool read_byteorder(struct archive *a, lb_error *err) {
    const uint8_t *data;
    size_t length;
    if (!archive_read(a, "byteorder", &data, &length, err)) return !err->code;
    bool big = length == 3 && !memcmp(data, "big", 3);
    if (!big && !(length == 6 && !memcmp(data, "little", 6)))
        return error_set(err, LB_ERROR_FORMAT, "record 'byteorder' should hold 'little' or 'big'");
    a->swap_bytes = big != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    return true;
}

static bool has_folder(const struct archive *a, const char *folder) {
    for (int i = 0; i < a->zip.count; i++)
        if (!strncmp(a->zip.records[i].name->text, folder, strlen(folder))) return true;
    return false;
}

static bool tell_form(struct archive *a, lb_error *err) {
    if (zip_find(&a->zip, "model.json"))
        return error_set(err, LB_ERROR_UNSUPPORTED,
                         "this is an archive of the first form (model.json, PyTorch 1.0 and 1.1); open it "
                         "with PyTorch 1.2 to 2.x and save it again");
    if (!zip_find(&a->zip, "data.pkl")) {
        if (has_folder(a, ".data/") &&
            (has_folder(a, ".data/extern_modules") || has_folder(a, ".data/python_version")))
            return error_set(err, LB_ERROR_UNSUPPORTED,
                             "this is a torch.package archive; linkboy reads archives of torch.jit.save");
        if (zip_find(&a->zip, "bytecode.pkl"))
            return error_set(err, LB_ERROR_UNSUPPORTED, "this archive has mobile bytecode only (.ptl)");
        return error_set(
            err, LB_ERROR_FORMAT,
            "there is no record 'data.pkl': a zip file, but not one of torch.jit.save or torch.save");
    }
    a->form = zip_find(&a->zip, "constants.pkl") || has_folder(a, "code/") ? ARCHIVE_TORCHSCRIPT
                                                                           : ARCHIVE_TORCH_SAVE;
    return read_version(a, err) && read_byteorder(a, err);
}

static struct archive *open_mapping(struct mapping *m, const struct archive_options *options, lb_error *err) {
    struct archive *a = m ? mem_zeroed(1, sizeof *a) : NULL;
    if (!a) {
        mapping_release(m, NULL);
        if (m) error_memory(err);
        return NULL;
    }
    a->mapping = m;
    uint64_t inflated = options && options->max_inflated ? options->max_inflated : DEFAULT_INFLATED;
    if (tell_foreign(m, err) &&
        zip_open(&a->zip, m->bytes, m->length, inflated, options && options->check_crc, err) &&
        tell_form(a, err))
        return a;
    archive_close(a);
    return NULL;
}

struct archive *archive_open(const char *path, const struct archive_options *options, lb_error *err) {
    lb_error own = {0};
    struct archive *a = open_mapping(map_path(path, &own), options, &own);
    if (a && !(a->path = arena_text(&a->zip.memory, path, strlen(path)))) {
        error_memory(&own);
        archive_close(a);
        a = NULL;
    }
    if (!a) error_prefix(&own, "%s", path);
    error_move(err, &own);
    return a;
}

struct archive *archive_open_memory(const void *bytes, size_t length, const struct archive_options *options,
                                    lb_error *err) {
    lb_error own = {0};
    struct archive *a =
        open_mapping(map_memory(bytes, length, options && options->keep_memory, &own), options, &own);
    error_move(err, &own);
    return a;
}

void archive_close(struct archive *a) {
    if (!a) return;
    for (uint32_t i = 0; a->storages.slots && i <= a->storages.mask; i++)
        if (a->storages.slots[i].value) storage_release(a->storages.slots[i].value);
    table_free(&a->storages);
    zip_close(&a->zip);
    mapping_release(a->mapping, NULL);
    mem_free(a);
}

bool archive_read(struct archive *a, const char *record, const uint8_t **data, size_t *length,
                  lb_error *err) {
    *data = NULL;
    struct zip_record *r = zip_find(&a->zip, record);
    if (!r) return false;
    *data = zip_read(&a->zip, r, err);
    *length = (size_t)r->size;
    return *data != NULL;
}

/* ---- storages ---- */

static void swap_elements(uint8_t *bytes, size_t length, size_t element) {
    for (size_t at = 0; at + element <= length; at += element)
        for (size_t i = 0; i < element / 2; i++) {
            uint8_t t = bytes[at + i];
            bytes[at + i] = bytes[at + element - 1 - i];
            bytes[at + element - 1 - i] = t;
        }
}

static struct storage *copied_storage(const struct archive *a, const uint8_t *data, size_t length,
                                      size_t element, lb_error *err) {
    struct storage *s = storage_new(length, NULL, err);
    if (!s) return NULL;
    if (length) memcpy(s->data, data, length);
    if (a->swap_bytes) swap_elements(s->data, length, element);
    return s;
}

static struct storage *make_storage(struct archive *a, const struct zip_record *r, const uint8_t *data,
                                    size_t element, lb_error *err) {
    bool in_place = r->method == 0 && !a->swap_bytes && (uintptr_t)data % element == 0;
    if (!in_place) return copied_storage(a, data, (size_t)r->size, element, err);
    counted_retain(&a->mapping->counted);
    struct storage *s =
        storage_wrap((void *)(uintptr_t)data, (size_t)r->size, mapping_release, a->mapping, err);
    if (!s) mapping_release(a->mapping, NULL);
    return s;
}

struct storage *archive_storage(struct archive *a, const char *record, size_t element, lb_error *err) {
    struct zip_record *r = zip_find(&a->zip, record);
    if (!r) {
        error_set(err, LB_ERROR_FORMAT, "a tensor's storage, record '%s', is missing", record);
        return NULL;
    }
    struct storage *s = table_get(&a->storages, r);
    if (!s) {
        const uint8_t *data = zip_read(&a->zip, r, err);
        s = data ? make_storage(a, r, data, element, err) : NULL;
        if (!s) return NULL;
        if (!table_set(&a->storages, r, s)) {
            storage_release(s);
            error_memory(err);
            return NULL;
        }
    }
    storage_retain(s);
    return s;
}
