/* The code of an archive: finds classes and functions by their qualified names, parses the file that holds
 * them when it is first asked for, defines each thing when it is first used (SourceImporterImpl in
 * torch/csrc/jit/serialization/import_source.cpp). It is the resolver of what it defines. */
#ifndef LINKBOY_LANG_IMPORT_H
#define LINKBOY_LANG_IMPORT_H
#include "lang/define.h"

struct importer {
    struct resolver
        resolver; /* first: an importer is a resolver; set resolver.finish before the first find */
    struct unit *unit;
    const lb_value *constants; /* CONSTANTS.cN; borrowed, must outlive the importer */
    int constant_count;
    /* The source of "__torch__.a.b" (code/__torch__/a/b.py) in the unit's arena; NULL without an error when
     * there is no such file. */
    const struct source *(*load)(void *context, const char *qualifier, lb_error *err);
    void *load_context;
    struct table loaded;  /* qualifiers that were asked for */
    struct table pending; /* qualified name -> struct tree *, not defined yet */
    /* The unit has names of others: what the archive calls by a name that is taken gets another. */
    bool shared;
    struct table renamed; /* the archive's qualified name -> the unit's, of what is defined */
};

/* Fills in the resolver; the caller has set unit, constants and load. `version` is the archive's. */
void importer_init(struct importer *importer, int64_t version);
void importer_free(struct importer *importer);
/* The type or function of a qualified name, defined if need be; NULL without an error when there is none. */
const struct type *importer_find_type(struct importer *importer, const struct name *qualified, lb_error *err);
struct function *importer_find_function(struct importer *importer, const struct name *qualified,
                                        lb_error *err);
/* A type from its annotation text as data.pkl holds it ("Dict[str, __torch__.M]"). */
const struct type *importer_parse_type(struct importer *importer, const char *text, size_t length,
                                       lb_error *err);
#endif
