#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS 900

#define BOLD "1"
#define DIM "2"
#define RED "31"
#define GREEN "32"
#define CYAN "36"
#define MAGENTA "35"

static int is_coloured;
static int is_watched;
static int chapter;
static int64_t begin_us;

int64_t story_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void story_open(void) {
    const char* no_color = getenv("NO_COLOR"); /* https://no-color.org */
    is_watched = isatty(STDOUT_FILENO);
    is_coloured = is_watched && (no_color == NULL || no_color[0] == 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    begin_us = story_now_us();
}

static void coloured(const char* colour, const char* text) {
    if (is_coloured) {
        printf("\033[%sm%s\033[0m", colour, text);
    } else {
        fputs(text, stdout);
    }
}

static void pause_for_the_eye(void) {
    if (!is_watched) return;
    struct timespec pause = {PAUSE_MS / 1000, PAUSE_MS % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

void story_chapter(const char* title) {
    char line[160];
    if (chapter > 0) pause_for_the_eye();
    snprintf(line, sizeof line, "\n%d. %s\n", ++chapter, title);
    coloured(BOLD, line);
}

void story_say(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

void story_tell(const char* player, enum story_direction direction, int64_t at_us, const char* text) {
    static const char* const marks[] = {[STORY_CALL] = "──▶", [STORY_CALLBACK] = "◀──", [STORY_BLOW] = "─✗─"};
    char line[1024];
    int is_alice = strcmp(player, "alice") == 0;
    snprintf(line, sizeof line, "%8.3f s  ", (double)(at_us - begin_us) / 1e6);
    coloured(DIM, line);
    snprintf(line, sizeof line, "%-6s%s %s", player, marks[direction], text);
    coloured(is_alice ? CYAN : MAGENTA, line);
    putchar('\n');
}

void story_detail(const char* text) {
    char line[1024];
    snprintf(line, sizeof line, "%22s%s\n", "", text);
    coloured(DIM, line);
}

void story_verdict(int is_fine, const char* text) {
    coloured(is_fine ? GREEN : RED, is_fine ? "  ✓ " : "  ✗ missing: ");
    printf("%s\n", text);
}
