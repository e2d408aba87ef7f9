/* Just enough JSON for what this demo reads: objects whose keys and texts hold no escapes but \" and \\. A game has a JSON library. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

/* One user's status, as in TIMGetUserStatus and the status-changed callback. */
struct user_status {
    char user[64];
    int type;
    char custom[256];
    char devices[128];
};

/* Copies the text of the first `"key":"…"` at or after `json`. Returns where it ends, or NULL if there is none. */
const char* json_text(const char* json, const char* key, char* text, size_t size);

/* The number of the first `"key":…` at or after `json`, or -1. */
long long json_number(const char* json, const char* key);

/* Reads the next status of an array. Returns where the one after it begins, or NULL if there is no more. */
const char* json_next_status(const char* json, struct user_status* status);

#endif
