/* Calls from inside callbacks, and calls that have to wait for callbacks on other threads. */
#include "check.h"

#define LINE "{\"request_internal_operation\":\"internal_operation_write_log\",\"request_write_log_log_level_param\":6," \
             "\"request_write_log_log_content_param\":\"a line\"}"

static int step;

/* ---- any function from inside a callback ---- */

static void call_everything(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json;
    Told *records = (Told *)(uintptr_t)data;
    char user[128];
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMSetConfig("{}", told, &records[0]), TIM_SUCC);
    CHECK_INT(TIMSetSelfStatus("{\"user_status_custom_status\":\"x\"}", told, &records[1]), TIM_SUCC);
    CHECK_INT(TIMGetUserStatus("[\"bob\"]", told, &records[2]), TIM_SUCC);
    CHECK_INT(TIMSubscribeUserStatus("[\"bob\"]", told, &records[3]), TIM_SUCC);
    CHECK_INT(TIMUnsubscribeUserStatus(NULL, told, &records[4]), TIM_SUCC);
    CHECK_INT(TIMFriendshipGetFriendProfileList(told, &records[5]), TIM_SUCC);
    CHECK_INT(TIMFriendshipAddFriend("{\"friendship_add_friend_param_identifier\":\"bob\"}", told, &records[6]), TIM_SUCC);
    CHECK_INT(TIMFriendshipDeleteFriend("{\"friendship_delete_friend_param_identifier_array\":[\"bob\"]}", told, &records[7]), TIM_SUCC);
    CHECK_INT(TIMMsgDoBackground(0, told, &records[8]), TIM_SUCC);
    CHECK_INT(TIMMsgDoForeground(told, &records[9]), TIM_SUCC);
    CHECK_INT(callExperimentalAPI("{\"request_internal_operation\":\"x\"}", told, &records[10]), TIM_SUCC);
    CHECK_INT(TIMLogin("alice", "sig", told, &records[11]), TIM_SUCC);
    CHECK_INT(TIMLogout(told, &records[12]), TIM_SUCC);
    CHECK_INT(TIMGetLoginUserID(user), TIM_SUCC);
    TIMGetLoginStatus();
    TIMGetServerTime();
    TIMGetSDKVersion();
    USGetVersion();
    CHECK_INT(USPump(1, 0), US_ERR_NOT_PUMP_MODE);
    TIMSetUserStatusChangedCallback(NULL, NULL);
    TIMSetNetworkStatusListenerCallback(NULL, NULL);
    TIMSetKickedOfflineCallback(NULL, NULL);
    TIMSetUserSigExpiredCallback(NULL, NULL);
    USSetUserSigExpiringCallback(NULL, NULL);
    TIMSetOnAddFriendCallback(NULL, NULL);
    TIMSetOnDeleteFriendCallback(NULL, NULL);
    TIMSetLogCallback(NULL, NULL);
    /* None of them has run: this callback is running. */
    for (int i = 0; i < 13; i++) CHECK_INT(check_get(&records[i].times), 0);
    check_add(&step, 1);
}

static void everything_can_be_called(void) {
    static Told records[13];
    CHECK_INT(TIMSetConfig("{}", call_everything, records), TIM_SUCC);
    WAIT_FOR(step, 1);
    for (int i = 0; i < 13; i++) WAIT_FOR(records[i].times, 1);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    for (int i = 0; i < 13; i++) CHECK_INT(records[i].times, 1);
}

/* ---- TIMUninit inside a callback ---- */

static Told owed[3];
static int uninit_returned;

static void uninit_inside(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    CHECK_INT(TIMLogin("alice", "sig", told, &owed[0]), TIM_SUCC);
    CHECK_INT(TIMSetConfig("{}", told, &owed[1]), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    /* All that was owed has run, here. */
    for (int i = 0; i < 2; i++) {
        CHECK_INT(owed[i].times, 1);
        CHECK_INT(owed[i].thread, process_this_thread());
    }
    CHECK_INT(owed[0].code, 7009);
    CHECK_INT(owed[1].code, 0);
    /* And it can begin again. */
    CHECK_INT(TIMInit(8, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(TIMSetSelfStatus("{\"user_status_custom_status\":\"x\"}", told, &owed[2]), TIM_SUCC);
    check_add(&uninit_returned, 1);
}

static void uninit_can_be_called_inside(void) {
    for (int round = 0; round < 50; round++) {
        memset(owed, 0, sizeof owed);
        uninit_returned = 0;
        CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
        CHECK_INT(TIMSetConfig("{}", uninit_inside, NULL), TIM_SUCC);
        WAIT_FOR(uninit_returned, 1);
        WAIT_FOR(owed[2].times, 1);
        CHECK_INT(owed[2].code, 6013);
    }
}

/* ---- waiting for a callback that runs on another thread ---- */

static int running, may_end, ended, waiter_returned, saw_it_ended;
static long waiter_thread;

static void hold(void) {
    check_add(&running, 1);
    WAIT_FOR(may_end, 1);
    check_add(&ended, 1);
}

static void hold_answer(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    hold();
}

static void hold_line(enum TIMLogLevel level, const char *line, const void *data) {
    (void)level, (void)data;
    CHECK_TEXT(line, "a line");
    hold();
}

static void count_line(enum TIMLogLevel level, const char *line, const void *data) {
    (void)level, (void)line;
    check_add((int *)(uintptr_t)data, 1);
}

typedef void (*Wait)(void);

static void wait_in_uninit(void) {
    CHECK_INT(TIMUninit(), TIM_SUCC);
}
static void wait_in_clear(void) {
    TIMSetLogCallback(NULL, NULL);
}
static int counted;
static void wait_in_replace(void) {
    TIMSetLogCallback(count_line, &counted);
}

static void *waiter(void *wait) {
    pthread_mutex_lock(&check_lock);
    waiter_thread = process_this_thread();
    pthread_cond_broadcast(&check_changed);
    pthread_mutex_unlock(&check_lock);
    check_add(&step, 1);
    (*(Wait *)wait)();
    saw_it_ended = check_get(&ended);
    check_add(&waiter_returned, 1);
    return NULL;
}

/* While a callback runs, `wait` on another thread does not return; when the callback ends, it does. */
static void waits_for_what_is_running(Wait wait) {
    pthread_t thread;
    WAIT_FOR(running, 1);
    step = 0;
    CHECK_INT(pthread_create(&thread, NULL, waiter, &wait), 0);
    WAIT_FOR(step, 1);
    check_wait_asleep(waiter_thread);
    CHECK_INT(check_get(&waiter_returned), 0);
    CHECK_INT(check_get(&ended), 0);
    check_add(&may_end, 1);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(saw_it_ended, 1);
    running = may_end = ended = waiter_returned = saw_it_ended = 0;
}

static void uninit_waits(void) {
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMSetConfig("{}", hold_answer, NULL), TIM_SUCC);
    waits_for_what_is_running(wait_in_uninit);
}

static void write_line(void) {
    CHECK_INT(callExperimentalAPI(LINE, NULL, NULL), TIM_SUCC);
}

static void replacing_a_listener_waits(void) {
    Told flushed = {0};
    TIMSetLogCallback(hold_line, NULL);
    write_line();
    waits_for_what_is_running(wait_in_clear);

    TIMSetLogCallback(hold_line, NULL);
    write_line();
    waits_for_what_is_running(wait_in_replace);
    write_line();
    WAIT_FOR(counted, 1);

    /* Another kind of callback running is nothing to wait for. */
    CHECK_INT(TIMSetConfig("{}", hold_answer, NULL), TIM_SUCC);
    WAIT_FOR(running, 1);
    TIMSetLogCallback(NULL, NULL);
    TIMSetKickedOfflineCallback(NULL, NULL);
    CHECK_INT(check_get(&ended), 0);
    check_add(&may_end, 1);
    CHECK_INT(TIMSetConfig("{}", told, &flushed), TIM_SUCC);
    WAIT_FOR(flushed.times, 1);
    running = may_end = ended = 0;
}

/* Inside the listener itself there is nothing to wait for. */
static void clear_itself(enum TIMLogLevel level, const char *line, const void *data) {
    (void)level, (void)line;
    TIMSetLogCallback(NULL, NULL);
    check_add((int *)(uintptr_t)data, 1);
}

static void a_listener_can_clear_itself(void) {
    Told flushed = {0};
    int cleared = 0;
    TIMSetLogCallback(clear_itself, &cleared);
    write_line();
    write_line();
    WAIT_FOR(cleared, 1);
    write_line();
    CHECK_INT(TIMSetConfig("{}", told, &flushed), TIM_SUCC);
    WAIT_FOR(flushed.times, 1);
    CHECK_INT(cleared, 1);
}

/* TIMUninit forgets listeners, and what they were still to be told. */
static void uninit_forgets_listeners(void) {
    Told flushed = {0};
    int lines = 0;
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    TIMSetLogCallback(count_line, &lines);
    write_line();
    CHECK_INT(TIMUninit(), TIM_SUCC);
    int told_before = check_get(&lines);
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    write_line();
    CHECK_INT(TIMSetConfig("{}", told, &flushed), TIM_SUCC);
    WAIT_FOR(flushed.times, 1);
    CHECK_INT(lines, told_before);
    CHECK_INT(TIMUninit(), TIM_SUCC);
}

/* ---- several threads begin and end at once, while others call ---- */

static int stop;

static void *begin_and_end(void *unused) {
    (void)unused;
    for (int round = 0; round < 200; round++) {
        int returned = TIMInit(7, DEAD_SERVER);
        CHECK_INT(returned, TIM_SUCC);
        TIMLogin("alice", "sig", NULL, NULL);
        CHECK_INT(TIMUninit(), TIM_SUCC);
    }
    return NULL;
}

static void *call_meanwhile(void *unused) {
    (void)unused;
    enum { CALLS = 64 };
    Told *records = calloc(CALLS, sizeof *records);
    CHECK(records != NULL);
    while (!check_get(&stop)) {
        memset(records, 0, CALLS * sizeof *records);
        for (int i = 0; i < CALLS; i++) CHECK_INT(TIMSetSelfStatus("{\"user_status_custom_status\":\"x\"}", told, &records[i]), TIM_SUCC);
        for (int i = 0; i < CALLS; i++) {
            WAIT_FOR(records[i].times, 1);
            CHECK(records[i].code == 6013 || records[i].code == 6014 || records[i].code == 7009);
        }
    }
    for (int i = 0; i < CALLS; i++) CHECK_INT(records[i].times, 1);
    free(records);
    return NULL;
}

static void many_threads(void) {
    pthread_t enders[2], callers[2];
    for (int i = 0; i < 2; i++) CHECK_INT(pthread_create(&callers[i], NULL, call_meanwhile, NULL), 0);
    for (int i = 0; i < 2; i++) CHECK_INT(pthread_create(&enders[i], NULL, begin_and_end, NULL), 0);
    for (int i = 0; i < 2; i++) CHECK_INT(pthread_join(enders[i], NULL), 0);
    check_add(&stop, 1);
    for (int i = 0; i < 2; i++) CHECK_INT(pthread_join(callers[i], NULL), 0);
}

int main(void) {
    everything_can_be_called();
    uninit_can_be_called_inside();
    uninit_waits();
    replacing_a_listener_waits();
    a_listener_can_clear_itself();
    uninit_forgets_listeners();
    many_threads();
    puts("ok");
    return 0;
}
