#include "stage.h"

#include "report.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KIND_BYTES = 32 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static char hold_kind[KIND_BYTES];
static int is_holding;
static char plan_kind[KIND_BYTES];
static char* plan_line;
static void (*perform)(char* line);

static void set_kind(char* to, const char* kind) {
    strncpy(to, kind, KIND_BYTES - 1);
    to[KIND_BYTES - 1] = 0;
}

void stage_open(void (*how)(char* line)) {
    perform = how;
}

void stage_hold(const char* kind) {
    pthread_mutex_lock(&lock);
    set_kind(hold_kind, kind);
    pthread_mutex_unlock(&lock);
}

void stage_release(void) {
    pthread_mutex_lock(&lock);
    hold_kind[0] = 0;
    is_holding = 0;
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&lock);
}

void stage_plan(const char* kind, const char* line) {
    char* copy = strdup(line);
    if (copy == NULL) abort();
    pthread_mutex_lock(&lock);
    set_kind(plan_kind, kind);
    free(plan_line);
    plan_line = copy;
    pthread_mutex_unlock(&lock);
}

void stage_enter(const char* kind) {
    char* line = NULL;
    pthread_mutex_lock(&lock);
    if (strcmp(hold_kind, kind) == 0) {
        hold_kind[0] = 0;
        is_holding = 1;
        report_begin("held");
        report_text("kind", kind);
        report_end();
        while (is_holding) pthread_cond_wait(&released, &lock);
    }
    if (plan_line != NULL && strcmp(plan_kind, kind) == 0) {
        line = plan_line;
        plan_line = NULL;
    }
    pthread_mutex_unlock(&lock);
    if (line != NULL) {
        perform(line);
        report_begin("performed");
        report_text("kind", kind);
        report_end();
        free(line);
    }
}
