/* What a game does with libuserstatus. */
#include "player.h"

#include "story.h"

#include <userstatus.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* One line, whole even if two threads report at once. */
static void report(const char* format, ...) {
    static pthread_mutex_t whole = PTHREAD_MUTEX_INITIALIZER; /* not flockfile: Windows has none */
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&whole);
    printf("%" PRId64 "\t", story_now_us());
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    pthread_mutex_unlock(&whole);
    va_end(arguments);
}

/* The library calls these on a thread of its own, one after the other. */

static void on_done(int32_t code, const char* desc, const char* json, const void* user_data) {
    const char* function = user_data;
    report("done\t%s\t%d\t%s\t%s", function, (int)code, desc, json);
}

static void on_status_changed(const char* json_statuses, const void* user_data) {
    (void)user_data;
    report("status\t%s", json_statuses);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char* desc, const void* user_data) {
    (void)code, (void)user_data;
    report("network\t%d\t%s", (int)status, desc);
}

/* The game's own thread calls these. Each call returns at once; its callback tells how it went. */

static void init(const char* server, const char* app_id) {
    char config[256];
    snprintf(config, sizeof config, "{\"%s\":\"%s\"}", kUSSdkConfigServerAddress, server);
    TIMSetUserStatusChangedCallback(on_status_changed, NULL);
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    report("call\tTIMInit(%s, %s)", app_id, config);
    TIMInit(strtoull(app_id, NULL, 10), config);
}

static void login(const char* user, const char* user_sig) {
    report("call\tTIMLogin(\"%s\", \"%.6s…\", on_done)", user, user_sig);
    TIMLogin(user, user_sig, on_done, "TIMLogin");
}

static void get(const char* user) {
    char users[96];
    snprintf(users, sizeof users, "[\"%s\"]", user);
    report("call\tTIMGetUserStatus(%s, on_done)", users);
    TIMGetUserStatus(users, on_done, "TIMGetUserStatus");
}

static void subscribe(char* names) {
    char users[256] = "[";
    size_t length = 1;
    for (const char* user = strtok(names, " "); user != NULL && length < sizeof users; user = strtok(NULL, " "))
        length += (size_t)snprintf(users + length, sizeof users - length, "%s\"%s\"", length > 1 ? "," : "", user);
    if (length < sizeof users) snprintf(users + length, sizeof users - length, "]");
    report("call\tTIMSubscribeUserStatus(%s, on_done)", users);
    TIMSubscribeUserStatus(users, on_done, "TIMSubscribeUserStatus");
}

static void set(const char* text) {
    char status[256];
    snprintf(status, sizeof status, "{\"%s\":\"%s\"}", kTIMUserStatusCustomStatus, text);
    report("call\tTIMSetSelfStatus(%s, on_done)", status);
    TIMSetSelfStatus(status, on_done, "TIMSetSelfStatus");
}

static void logout(void) {
    report("call\tTIMLogout(on_done)");
    TIMLogout(on_done, "TIMLogout");
}

int player_main(void) {
    char line[2048];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        char* rest = strchr(line, ' ');
        if (rest != NULL) *rest++ = 0;
        char* second = rest == NULL ? NULL : strchr(rest, ' ');
        /* Of these the arguments are all the rest. */
        if (strcmp(line, "set") == 0 && rest != NULL) set(rest);
        if (strcmp(line, "subscribe") == 0 && rest != NULL) subscribe(rest);
        if (second != NULL) *second++ = 0;
        if (strcmp(line, "init") == 0 && second != NULL) init(rest, second);
        if (strcmp(line, "login") == 0 && second != NULL) login(rest, second);
        if (strcmp(line, "get") == 0 && rest != NULL) get(rest);
        if (strcmp(line, "logout") == 0) logout();
    }
    return TIMUninit() == TIM_SUCC ? EXIT_SUCCESS : EXIT_FAILURE;
}
