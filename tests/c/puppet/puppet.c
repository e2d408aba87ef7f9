/* One game process, played by a test: it reads commands on stdin, calls the C ABI, and reports every return value and every
   callback on stdout (report.h).

   A command is a line: TAG VERB ARGUMENTS…, where TAG is a number that comes back as `user_data` of the callback, the last
   argument is the rest of the line, and an argument "-" is NULL. "release" alone ends a hold. */
#include "inbox.h"
#include "report.h"
#include "stage.h"

#include <userstatus.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* user_data of the listeners: what comes back shows that it was kept apart from the calls' tags. */
enum { LISTENER_TAG = 1000000 };

static char listener_mark;

static const void* tag_pointer(long tag) {
    return (const void*)(intptr_t)tag;
}

static void on_done(int32_t code, const char* desc, const char* json, const void* user_data) {
    report_begin("comm");
    report_number("tag", (int64_t)(intptr_t)user_data);
    report_number("code", code);
    report_text("desc", desc);
    report_text("json", json);
    report_end();
    stage_enter("comm");
}

static void report_listener(const char* kind, const void* user_data) {
    report_begin(kind);
    report_number("tag", user_data == &listener_mark ? LISTENER_TAG : -1);
}

static void on_json(const char* kind, const char* json, const void* user_data) {
    report_listener(kind, user_data);
    report_text("json", json);
    report_end();
    stage_enter(kind);
}

static void on_status(const char* json, const void* user_data) {
    on_json("status", json, user_data);
}

static void on_friend_added(const char* json, const void* user_data) {
    on_json("friend-added", json, user_data);
}

static void on_friend_deleted(const char* json, const void* user_data) {
    on_json("friend-deleted", json, user_data);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char* desc, const void* user_data) {
    report_listener("network", user_data);
    report_number("status", (int64_t)status);
    report_number("code", code);
    report_text("desc", desc);
    report_end();
    stage_enter("network");
}

static void on_kicked(const void* user_data) {
    report_listener("kicked", user_data);
    report_end();
    stage_enter("kicked");
}

static void on_expired(const void* user_data) {
    report_listener("expired", user_data);
    report_end();
    stage_enter("expired");
}

static void on_expiring(uint64_t expires_in_ms, const void* user_data) {
    report_listener("expiring", user_data);
    report_number("expires_in_ms", (int64_t)expires_in_ms);
    report_end();
    stage_enter("expiring");
}

static void on_log(enum TIMLogLevel level, const char* line, const void* user_data) {
    report_listener("log", user_data);
    report_number("level", (int64_t)level);
    report_text("line", line);
    report_end();
    stage_enter("log");
}

static void listen(const char* kind, int is_on) {
    const void* mark = &listener_mark;
    if (strcmp(kind, "status") == 0) TIMSetUserStatusChangedCallback(is_on ? on_status : NULL, mark);
    if (strcmp(kind, "network") == 0) TIMSetNetworkStatusListenerCallback(is_on ? on_network : NULL, mark);
    if (strcmp(kind, "kicked") == 0) TIMSetKickedOfflineCallback(is_on ? on_kicked : NULL, mark);
    if (strcmp(kind, "expiring") == 0) USSetUserSigExpiringCallback(is_on ? on_expiring : NULL, mark);
    if (strcmp(kind, "expired") == 0) TIMSetUserSigExpiredCallback(is_on ? on_expired : NULL, mark);
    if (strcmp(kind, "log") == 0) TIMSetLogCallback(is_on ? on_log : NULL, mark);
    if (strcmp(kind, "friend-added") == 0) TIMSetOnAddFriendCallback(is_on ? on_friend_added : NULL, mark);
    if (strcmp(kind, "friend-deleted") == 0) TIMSetOnDeleteFriendCallback(is_on ? on_friend_deleted : NULL, mark);
}

/* A flood: many changes of one's own status with as many on the way as the library takes, and one line at its end. */
static pthread_mutex_t flood_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t flood_moved = PTHREAD_COND_INITIALIZER;
static long flood_on_the_way;
static long flood_failed;
static int32_t flood_failure;

static void on_flood_done(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)desc, (void)json, (void)user_data;
    pthread_mutex_lock(&flood_lock);
    flood_on_the_way--;
    if (code != 0 && flood_failed++ == 0) flood_failure = code;
    pthread_cond_signal(&flood_moved);
    pthread_mutex_unlock(&flood_lock);
}

/* "in a match 0", "in a match 1", …, each followed by `padding` dots. */
static void flood(long tag, long count, long padding, const char* text) {
    enum { ON_THE_WAY_MAX = 256, PADDING_MAX = 4000 };
    char json[PADDING_MAX + 256];
    char dots[PADDING_MAX + 1];
    padding = padding < PADDING_MAX ? padding : PADDING_MAX;
    memset(dots, '.', (size_t)padding);
    dots[padding] = 0;
    flood_failed = 0;
    for (long i = 0; i < count; i++) {
        snprintf(json, sizeof json, "{\"user_status_custom_status\":\"%.128s %ld%s\"}", text, i, dots);
        pthread_mutex_lock(&flood_lock);
        while (flood_on_the_way == ON_THE_WAY_MAX) pthread_cond_wait(&flood_moved, &flood_lock);
        flood_on_the_way++;
        pthread_mutex_unlock(&flood_lock);
        int value = TIMSetSelfStatus(json, on_flood_done, NULL);
        if (value != TIM_SUCC) on_flood_done(value, NULL, NULL, NULL);
    }
    pthread_mutex_lock(&flood_lock);
    while (flood_on_the_way > 0) pthread_cond_wait(&flood_moved, &flood_lock);
    pthread_mutex_unlock(&flood_lock);
    report_begin("flooded");
    report_number("tag", tag);
    report_number("failed", flood_failed);
    report_number("failure", flood_failure);
    report_end();
}

/* The next word of the line, or the rest of it. */
static char* word(char** line) {
    char* start = *line;
    char* space = strchr(start, ' ');
    if (space == NULL) {
        *line = start + strlen(start);
    } else {
        *space = 0;
        *line = space + 1;
    }
    return start;
}

static const char* nullable(const char* argument) {
    return strcmp(argument, "-") == 0 ? NULL : argument;
}

static void report_return(long tag, const char* verb, int64_t value, const char* text) {
    report_begin("return");
    report_number("tag", tag);
    report_text("call", verb);
    report_number("value", value);
    if (text != NULL) report_text("text", text);
    report_end();
}

/* Calls that take one text and a callback. */
static int (*text_call(const char* verb))(const char*, TIMCommCallback, const void*) {
    if (strcmp(verb, "set") == 0) return TIMSetSelfStatus;
    if (strcmp(verb, "get") == 0) return TIMGetUserStatus;
    if (strcmp(verb, "subscribe") == 0) return TIMSubscribeUserStatus;
    if (strcmp(verb, "unsubscribe") == 0) return TIMUnsubscribeUserStatus;
    if (strcmp(verb, "add-friend") == 0) return TIMFriendshipAddFriend;
    if (strcmp(verb, "delete-friends") == 0) return TIMFriendshipDeleteFriend;
    if (strcmp(verb, "block") == 0) return TIMFriendshipAddToBlackList;
    if (strcmp(verb, "unblock") == 0) return TIMFriendshipDeleteFromBlackList;
    if (strcmp(verb, "config") == 0) return TIMSetConfig;
    if (strcmp(verb, "experimental") == 0) return callExperimentalAPI;
    return NULL;
}

/* Calls that take a callback only. */
static int (*bare_call(const char* verb))(TIMCommCallback, const void*) {
    if (strcmp(verb, "logout") == 0) return TIMLogout;
    if (strcmp(verb, "friends") == 0) return TIMFriendshipGetFriendProfileList;
    if (strcmp(verb, "blocked") == 0) return TIMFriendshipGetBlackList;
    if (strcmp(verb, "foreground") == 0) return TIMMsgDoForeground;
    return NULL;
}

static void perform(char* line) {
    long tag = strtol(word(&line), NULL, 10);
    const char* verb = word(&line);
    if (text_call(verb) != NULL) {
        report_return(tag, verb, text_call(verb)(nullable(line), on_done, tag_pointer(tag)), NULL);
    } else if (bare_call(verb) != NULL) {
        report_return(tag, verb, bare_call(verb)(on_done, tag_pointer(tag)), NULL);
    } else if (strcmp(verb, "init") == 0) {
        uint64_t app = strtoull(word(&line), NULL, 10);
        report_return(tag, verb, TIMInit(app, nullable(line)), NULL);
    } else if (strcmp(verb, "uninit") == 0) {
        report_return(tag, verb, TIMUninit(), NULL);
    } else if (strcmp(verb, "login") == 0) {
        const char* user = nullable(word(&line));
        report_return(tag, verb, TIMLogin(user, nullable(line), on_done, tag_pointer(tag)), NULL);
    } else if (strcmp(verb, "background") == 0) {
        uint32_t unread_count = (uint32_t)strtoul(line, NULL, 10);
        report_return(tag, verb, TIMMsgDoBackground(unread_count, on_done, tag_pointer(tag)), NULL);
    } else if (strcmp(verb, "network-changed") == 0) {
        report_return(tag, verb, USNetworkChanged((int)strtol(line, NULL, 10)), NULL);
    } else if (strcmp(verb, "login-status") == 0) {
        report_return(tag, verb, (int64_t)TIMGetLoginStatus(), NULL);
    } else if (strcmp(verb, "user-id") == 0) {
        char user[128] = "";
        int value = TIMGetLoginUserID(user);
        report_return(tag, verb, value, user);
    } else if (strcmp(verb, "version") == 0) {
        report_return(tag, verb, 0, TIMGetSDKVersion());
    } else if (strcmp(verb, "server-time") == 0) {
        report_return(tag, verb, (int64_t)TIMGetServerTime(), NULL);
    } else if (strcmp(verb, "pump") == 0) {
        uint32_t callbacks_max = (uint32_t)strtoul(word(&line), NULL, 10);
        uint32_t timeout_ms = (uint32_t)strtoul(line, NULL, 10);
        report_return(tag, verb, USPump(callbacks_max, timeout_ms), NULL);
    } else if (strcmp(verb, "listen") == 0) {
        listen(line, 1);
        report_return(tag, verb, 0, NULL);
    } else if (strcmp(verb, "ignore") == 0) {
        listen(line, 0);
        report_return(tag, verb, 0, NULL);
    } else if (strcmp(verb, "hold") == 0) {
        stage_hold(line);
        report_return(tag, verb, 0, NULL);
    } else if (strcmp(verb, "inside") == 0) {
        const char* kind = word(&line);
        stage_plan(kind, line);
        report_return(tag, verb, 0, NULL);
    } else if (strcmp(verb, "flood") == 0) {
        long count = strtol(word(&line), NULL, 10);
        long padding = strtol(word(&line), NULL, 10);
        report_return(tag, verb, 0, NULL);
        flood(tag, count, padding, line);
    } else if (strcmp(verb, "quit") == 0) {
        TIMUninit();
        report_return(tag, verb, 0, NULL);
        exit(0);
    } else {
        report_return(tag, "unknown command", -1, verb);
    }
}

static int release_at_once(const char* line) {
    if (strcmp(line, "release") != 0) return 0;
    stage_release();
    return 1;
}

int main(void) {
    report_begin("hello");
    report_text("version", TIMGetSDKVersion());
    report_end();
    stage_open(perform);
    static const char* const kinds[] = {"status", "network", "kicked", "expiring", "expired", "friend-added", "friend-deleted"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) listen(kinds[i], 1);
    inbox_open(release_at_once);
    for (;;) {
        char* line = inbox_next();
        perform(line);
        free(line);
    }
}
