/* The table of bad input that the library is held to (tests/c/abi/rows.h), for the script of WebGL players. */
#include "rows.h"
#include <stdio.h>

typedef struct Heard {
    int times;
    int code;
    int is_right;
} Heard;

static Heard heard[ROWS];
static int is_initialised;

static void on_row(int32_t code, const char *desc, const char *json, const void *user_data) {
    const Row *row = user_data;
    Heard *of = &heard[row - rows];
    of->times++;
    of->code = code;
    const char *text = code == 6013 ? "not initialized" : code == 6014 ? "not login" : code == 0 ? "ok" : desc;
    of->is_right = strcmp(desc, text) == 0 && *desc && strcmp(json, row_json(row)) == 0;
    if (!of->is_right) printf("row %s: told %d \"%s\" \"%s\"\n", row->name, (int)code, desc, json);
}

/* What C# hands over is UTF-8, and JavaScript's decoder writes U+FFFD for what is not. */
static int is_for_pages(const Row *row) {
    return strstr(row->name, "not UTF-8") == NULL;
}

/* Plays them all; what comes later comes in frames. */
void rows_run(int after_init) {
    build_texts();
    memset(heard, 0, sizeof heard);
    is_initialised = after_init;
    for (int i = 0; i < ROWS; i++) {
        if (!is_for_pages(&rows[i])) continue;
        int returned = rows[i].call(row_text(&rows[i]), on_row, &rows[i]);
        if (returned != rows[i].returned) printf("row %s: returned %d, not %d\n", rows[i].name, returned, rows[i].returned);
    }
    free_texts();
}

/* How many are still to be told. */
int rows_owed(void) {
    int owed = 0;
    for (int i = 0; i < ROWS; i++) owed += is_for_pages(&rows[i]) && rows[i].returned == 0 && heard[i].times == 0;
    return owed;
}

/* What was told wrongly, or too often. */
void rows_check(void) {
    for (int i = 0; i < ROWS; i++) {
        if (!is_for_pages(&rows[i])) continue;
        int expected = row_code(&rows[i], is_initialised);
        if (heard[i].times != (rows[i].returned == 0)) printf("row %s: told %d times\n", rows[i].name, heard[i].times);
        else if (heard[i].times && heard[i].code != expected) printf("row %s: told %d, not %d\n", rows[i].name, heard[i].code, expected);
    }
}
