/* See out_file.h. */
#include "archive/out_file.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_TRIES = 100, FOR_ALL = 0666 /* less what the process's umask takes away */ };

static bool tell(struct out_file *f, const char *what) {
    return error_set(f->err, LB_ERROR_IO, "%s: cannot be %s: %s", f->path, what, strerror(errno));
}

/* The directory of a path, "." without one. */
static char *directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return mem_copy_text(".", 1);
    return mem_copy_text(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A name beside the target that nobody has had yet in this process; O_EXCL tells whether others have it. */
static bool make_name(struct out_file *f) {
    static _Atomic unsigned counter;
    struct text name = {0};
    text_printf(&name, "%s.%ld-%u.part", f->target, (long)getpid(), atomic_fetch_add(&counter, 1));
    mem_free(f->temporary);
    f->temporary = text_take(&name);
    return f->temporary || error_memory(f->err);
}

/* A file without a name, which goes away by itself if the process dies; -1: the system has none. */
static int open_unnamed(const struct out_file *f) {
#ifdef O_TMPFILE
    if (access("/proc/self/fd", X_OK)) return -1; /* it could not be given a name */
    char *directory = directory_of(f->target);
    int file = directory ? open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, FOR_ALL) : -1;
    mem_free(directory);
    return file;
#else
    (void)f;
    return -1;
#endif
}

static int open_named(struct out_file *f) {
    for (int i = 0; i < NAME_TRIES; i++) {
        if (!make_name(f)) return -1;
        int file = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FOR_ALL);
        if (file >= 0 || errno != EEXIST) return file;
    }
    return -1;
}

static int open_target(struct out_file *f) {
    struct stat old;
    bool exists = stat(f->target, &old) == 0;
    f->in_place = exists && !S_ISREG(old.st_mode);
    if (f->in_place) return open(f->target, O_WRONLY | O_CLOEXEC);
    int file = open_unnamed(f);
    f->unnamed = file >= 0;
    if (file < 0) file = open_named(f);
    if (file >= 0 && exists && fchmod(file, old.st_mode & 07777)) { /* then it keeps its own */
    }
    return file;
}

static void forget(struct out_file *f) {
    if (f->temporary && !f->unnamed && !f->in_place) unlink(f->temporary);
    mem_free(f->temporary);
    mem_free(f->target);
    f->temporary = f->target = NULL;
}

bool out_file_open(struct out_file *f, const char *path, lb_error *err) {
    *f = (struct out_file){.path = path, .err = err};
    char *real = realpath(path, NULL); /* NULL: there is none yet */
    f->target = mem_copy_text(real ? real : path, strlen(real ? real : path));
    free(real);
    if (!f->target) return error_memory(err);
    int file = open_target(f);
    if (file >= 0 && !(f->stream = fdopen(file, "wb"))) close(file);
    if (f->stream) return true;
    tell(f, "made");
    forget(f);
    return false;
}

bool out_file_write(struct out_file *f, const void *data, size_t length) {
    return !length || fwrite(data, 1, length, f->stream) == length || tell(f, "written");
}

/* Gives an unnamed file its first name. */
static bool give_name(struct out_file *f) {
    char open_file[64];
    snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fileno(f->stream));
    for (int i = 0; i < NAME_TRIES; i++) {
        if (!make_name(f)) return false;
        if (!linkat(AT_FDCWD, open_file, AT_FDCWD, f->temporary, AT_SYMLINK_FOLLOW)) {
            f->unnamed = false;
            return true;
        }
        if (errno != EEXIST) break;
    }
    return tell(f, "given a name");
}

/* So that the new name, too, outlives a loss of power; where that can't be asked for, it is as it is. */
static void sync_directory(const struct out_file *f) {
    char *directory = directory_of(f->target);
    int file = directory ? open(directory, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        fsync(file);
        close(file);
    }
    mem_free(directory);
}

static bool put_in_place(struct out_file *f) {
    if (rename(f->temporary, f->target)) return tell(f, "put in place");
    mem_free(f->temporary);
    f->temporary = NULL;
    sync_directory(f);
    return true;
}

bool out_file_close(struct out_file *f, bool good) {
    if (!f->stream) return false;
    if (good && fflush(f->stream)) good = tell(f, "written");
    if (good && !f->in_place && fsync(fileno(f->stream))) good = tell(f, "written");
    if (good && f->unnamed) good = give_name(f);
    if (fclose(f->stream) && good) good = tell(f, "written");
    if (good && !f->in_place) good = put_in_place(f);
    forget(f);
    return good;
}
