/* Calls every function of the mirrored API that the library does not carry out, with nothing and with something, before TIMInit and
   after: others MODE, where MODE is "thread" or "pump". calls.h is made from the table of these functions. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*TIMCommCallback)(int32_t code, const char* desc, const char* json_params, const void* user_data);
typedef void (*MemberListCallback)(const char* json, uint64_t next_seq, bool is_finished, const void* user_data);
typedef void (*AnyCallback)(void);

int TIMInit(uint64_t sdk_app_id, const char* json_sdk_config);
int TIMUninit(void);
int32_t USPump(uint32_t max_callbacks, uint32_t timeout_ms);

static void on_comm(int32_t code, const char* desc, const char* json_params, const void* user_data);
static void on_members(const char* json, uint64_t next_seq, bool is_finished, const void* user_data);

/* Called if a callback is that must not be. */
static void on_any(void) {
    fprintf(stderr, "a callback ran that nothing happens for\n");
    abort();
}

static void on_never(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    on_any();
}

static char out[128];

enum kind { NO_CALLBACK, COMM, MEMBERS };

#include "calls.h"

/* How often the callback of each ran. By one thread at a time, and read after TIMUninit. */
static int ran[CALLS];
static bool is_pumping;
static pthread_t main_thread;

static void check(bool is_right, const char* what, const char* name) {
    if (!is_right) {
        fprintf(stderr, "%s: %s\n", name, what);
        abort();
    }
}

static size_t number_of(const void* user_data) {
    uintptr_t number = (uintptr_t)user_data;
    check(number >= 1 && number <= CALLS, "user_data was changed", "callback");
    return (size_t)number - 1;
}

static void on_comm(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    size_t i = number_of(user_data);
    check(calls[i].kind == COMM, "a callback of another kind", calls[i].name);
    check(code == 7013, "the code is not 7013", calls[i].name);
    check(strstr(desc, calls[i].name) != NULL, "desc does not name the function", calls[i].name);
    check(strcmp(json_params, calls[i].json) == 0, "that is not the JSON of its failure", calls[i].name);
    check(!is_pumping || pthread_equal(pthread_self(), main_thread), "not on the thread that pumps", calls[i].name);
    check(is_pumping || !pthread_equal(pthread_self(), main_thread), "inside a call", calls[i].name);
    ran[i]++;
}

static void on_members(const char* json, uint64_t next_seq, bool is_finished, const void* user_data) {
    size_t i = number_of(user_data);
    check(calls[i].kind == MEMBERS, "a callback of another kind", calls[i].name);
    check(strcmp(json, "[]") == 0 && next_seq == 0 && is_finished, "that is no empty list", calls[i].name);
    ran[i]++;
}

static void call_all(void) {
    for (size_t i = 0; i < CALLS; i++) {
        check(call_with_nothing(i) == 0, "refused with nothing", calls[i].name);
        memset(out, 'x', sizeof out);
        check(call_with_something(i, (const void*)(uintptr_t)(i + 1)) == 0, "refused", calls[i].name);
        check(!calls[i].has_out || out[0] == 0, "the buffer was not written", calls[i].name);
        check(calls[i].has_out || out[0] == 'x', "a buffer was written", calls[i].name);
    }
}

static void* call_all_on_a_thread(void* nothing) {
    (void)nothing;
    call_all();
    return NULL;
}

int main(int argc, char** argv) {
    char config[64];
    if (argc != 2) return 2;
    snprintf(config, sizeof config, "{\"sdk_config_callback_mode\":\"%s\"}", argv[1]);
    main_thread = pthread_self();
    call_all();
    /* Waits for their callbacks, which run on the callback thread whatever TIMInit says. */
    check(TIMUninit() == 0, "refused", "TIMUninit");
    check(TIMInit(1400000001, config) == 0, "refused", "TIMInit");
    call_all();
    pthread_t thread;
    check(pthread_create(&thread, NULL, call_all_on_a_thread, NULL) == 0, "no thread", "pthread_create");
    pthread_join(thread, NULL);
    is_pumping = strcmp(argv[1], "pump") == 0;
    if (is_pumping) check(USPump(0, 0) > 0, "nothing to run", "USPump");
    check(TIMUninit() == 0, "refused", "TIMUninit");
    for (size_t i = 0; i < CALLS; i++) {
        int expected = calls[i].kind == NO_CALLBACK ? 0 : 3;
        check(ran[i] == expected, "its callback did not run exactly once per call", calls[i].name);
    }
    printf("%d\n", (int)CALLS);
    return 0;
}
