#include "json.h"

#include <userstatus.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the value of a key begins. */
static const char* value_of(const char* json, const char* key) {
    char quoted[96];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char* found = strstr(json, quoted);
    return found == NULL ? NULL : found + strlen(quoted);
}

const char* json_text(const char* json, const char* key, char* text, size_t size) {
    const char* from = value_of(json, key);
    size_t length = 0;
    if (from == NULL || *from != '"') return NULL;
    for (from++; *from != 0 && *from != '"'; from++) {
        if (*from == '\\' && from[1] != 0) from++;
        if (length + 1 < size) text[length++] = *from;
    }
    text[length] = 0;
    return from;
}

long long json_number(const char* json, const char* key) {
    const char* from = value_of(json, key);
    return from == NULL ? -1 : strtoll(from, NULL, 10);
}

/* ["Linux","Windows"] as: Linux, Windows */
static void read_devices(const char* json, struct user_status* status) {
    const char* from = value_of(json, KTIMUserStatusOnlineDevices);
    size_t length = 0;
    if (from != NULL && *from == '[') {
        for (from++; *from != 0 && *from != ']'; from++) {
            if (*from == '"') continue;
            if (length + 2 < sizeof status->devices) status->devices[length++] = *from;
            if (*from == ',') status->devices[length++] = ' ';
        }
    }
    status->devices[length] = 0;
}

const char* json_next_status(const char* json, struct user_status* status) {
    const char* begin = strchr(json, '{');
    const char* end = begin == NULL ? NULL : strchr(begin, '}');
    char object[1024];
    if (end == NULL || (size_t)(end - begin) >= sizeof object) return NULL;
    memcpy(object, begin, (size_t)(end - begin));
    object[end - begin] = 0;
    if (json_text(object, kTIMUserStatusIdentifier, status->user, sizeof status->user) == NULL) return NULL;
    if (json_text(object, kTIMUserStatusCustomStatus, status->custom, sizeof status->custom) == NULL) status->custom[0] = 0;
    status->type = (int)json_number(object, kTIMUserStatusStatusType);
    read_devices(object, status);
    return end + 1;
}
