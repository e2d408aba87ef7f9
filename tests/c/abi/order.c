/* The callback thread: one, the same for all callbacks, in the order of the calls, not the network thread, and bounded. */
#include "check.h"

#define STATUS "{\"user_status_custom_status\":\"x\"}"
enum { THREADS = 4, CALLS = 5000 };

typedef struct Caller {
    int next; /* the number the next callback must have */
    int id;
} Caller;

typedef struct Mark {
    Caller *caller;
    int number;
} Mark;

static Caller callers[THREADS];
static Mark marks[THREADS][CALLS];
static long callback_thread;
static int total;

static void in_order(int32_t code, const char *desc, const char *json, const void *data) {
    const Mark *mark = data;
    (void)desc, (void)json;
    CHECK(code == 6013 || code == 6014);
    CHECK_INT(mark->number, mark->caller->next);
    mark->caller->next++;
    if (callback_thread == 0) callback_thread = process_this_thread();
    CHECK_INT(process_this_thread(), callback_thread);
    check_add(&total, 1);
}

static void *call_many(void *argument) {
    Caller *caller = argument;
    for (int i = 0; i < CALLS; i++) {
        Mark *mark = &marks[caller->id][i];
        mark->caller = caller;
        mark->number = i;
        int returned;
        while ((returned = TIMSetSelfStatus(STATUS, in_order, mark)) == US_ERR_TOO_MANY_PENDING) sched_yield();
        CHECK_INT(returned, TIM_SUCC);
    }
    return NULL;
}

static void calls_of_a_thread_are_told_in_order_on_one_thread(void) {
    pthread_t threads[THREADS];
    total = 0;
    for (int i = 0; i < THREADS; i++) {
        callers[i].id = i;
        callers[i].next = 0;
        CHECK_INT(pthread_create(&threads[i], NULL, call_many, &callers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) CHECK_INT(pthread_join(threads[i], NULL), 0);
    WAIT_FOR(total, THREADS * CALLS);
}

static int held, may_end;

static void hold(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    check_add(&held, 1);
    WAIT_FOR(may_end, 1);
}

static int counted;

static void count(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    check_add(&counted, 1);
}

static void a_callback_that_blocks_leads_to_refusals_not_to_growth(void) {
    enum { MOST = 16384 };
    CHECK_INT(TIMSetConfig("{}", hold, NULL), TIM_SUCC);
    WAIT_FOR(held, 1);
    int accepted = 0, returned;
    while ((returned = TIMSetSelfStatus(STATUS, count, NULL)) == TIM_SUCC) accepted++;
    CHECK_INT(returned, US_ERR_TOO_MANY_PENDING);
    CHECK_INT(accepted, MOST);
    CHECK_INT(counted, 0);
    check_add(&may_end, 1);
    WAIT_FOR(counted, MOST);
    Told last = {0};
    CHECK_INT(TIMSetConfig("{}", told, &last), TIM_SUCC);
    WAIT_FOR(last.times, 1);
    CHECK_INT(counted, MOST);
}

/* The connection is tried, fails, and is tried again, all while a callback blocks: the network thread waits for nobody. */
static int connecting, failed;
static long network_told_on;

static void on_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *data) {
    CHECK_INT(*(const int *)data, 42);
    network_told_on = process_this_thread();
    if (status == kTIMConnecting) {
        CHECK_INT(code, 0);
        CHECK_TEXT(desc, "ok");
        check_add(&connecting, 1);
    } else {
        CHECK_INT(status, kTIMConnectFailed);
        CHECK_INT(code, 9508);
        CHECK(strstr(desc, "127.0.0.1:1"));
        check_add(&failed, 1);
    }
}

static void the_network_is_told_of(void) {
    int data = 42;
    Told login = {0};
    TIMSetNetworkStatusListenerCallback(on_network, &data);
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMLogin("alice", "sig", told, &login), TIM_SUCC);
    WAIT_FOR(connecting, 2);
    WAIT_FOR(failed, 1);
    CHECK_INT(network_told_on, callback_thread);
    CHECK_INT(TIMGetLoginStatus(), kTIMLoginStatus_Logining);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(login.code, 7009);
    int before = check_get(&connecting);
    data = 0; /* nobody looks at it any more */
    CHECK_INT(check_get(&connecting), before);
}

int main(void) {
    calls_of_a_thread_are_told_in_order_on_one_thread();
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    calls_of_a_thread_are_told_in_order_on_one_thread();
    CHECK_INT(TIMUninit(), TIM_SUCC);
    /* It has ended; what comes next starts another. */
    callback_thread = 0;
    calls_of_a_thread_are_told_in_order_on_one_thread();
    a_callback_that_blocks_leads_to_refusals_not_to_growth();
    the_network_is_told_of();
    puts("ok");
    return 0;
}
