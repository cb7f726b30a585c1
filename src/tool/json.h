/* A reader of the JSON that the library gives (info, ops), for the commands that show it as text. */
#ifndef LINKBOY_TOOL_JSON_H
#define LINKBOY_TOOL_JSON_H

#include "tool.h"

typedef enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
} json_kind;

typedef struct json {
    json_kind kind;
    char *text; /* a string's bytes, a number as written */
    char **keys;
    struct json *items;
    int count;
} json;

/* False where the text is not JSON; what was read is freed with json_free() all the same. */
bool json_read(const char *text, json *to);
void json_free(json *value);
const json *json_get(const json *object, const char *key);
/* A string's or number's text, "" for anything else. */
const char *json_text_of(const json *value);

#endif
