/* Pump mode: callbacks run inside USPump, on the thread that calls it, and nowhere else. */
#include "check.h"

#define PUMP "{\"sdk_config_callback_mode\":\"pump\",\"sdk_config_server_address\":\"127.0.0.1:1\"}"

/* A callback that notes in which order it ran. */
static int order[64], ran;

static void note(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json;
    order[ran++] = *(const int *)data;
}

static int numbers[64];

static void call(int count) {
    for (int i = 0; i < count; i++) {
        numbers[i] = i;
        CHECK_INT(TIMSetConfig("{}", note, &numbers[i]), TIM_SUCC);
    }
}

static void callbacks_run_only_inside_the_pump(void) {
    Told record = {0};
    int at_start = check_threads();
    CHECK_INT(TIMInit(7, PUMP), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    int threads = check_threads_between(at_start);
    CHECK_INT(TIMInit(7, PUMP), TIM_SUCC);
    /* No thread was made for callbacks: only the network thread. */
    CHECK_INT(check_threads(), threads + 1);
    CHECK_INT(USPump(0, 0), 0);
    CHECK_INT(TIMSetSelfStatus("{\"user_status_custom_status\":\"x\"}", told, &record), TIM_SUCC);
    CHECK_INT(record.times, 0);
    CHECK_INT(USPump(10, 1000), 1);
    CHECK_INT(record.times, 1);
    CHECK_INT(record.code, 6014);
    CHECK_INT(record.thread, process_this_thread());
    CHECK_INT(check_threads(), threads + 1);
}

static void the_count_and_the_order_hold(void) {
    ran = 0;
    call(10);
    CHECK_INT(ran, 0);
    CHECK_INT(USPump(3, 0), 3);
    CHECK_INT(ran, 3);
    CHECK_INT(USPump(1, 0), 1);
    CHECK_INT(USPump(0, 0), 6);
    CHECK_INT(USPump(0, 0), 0);
    for (int i = 0; i < 10; i++) CHECK_INT(order[i], i);
}

/* With 0 the pump runs what waits now, not what its callbacks add. */
static void call_again(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json;
    ran++;
    if (ran < 8) CHECK_INT(TIMSetConfig("{}", call_again, data), TIM_SUCC);
}

static void a_callback_that_calls_again_does_not_hold_the_pump(void) {
    ran = 0;
    CHECK_INT(TIMSetConfig("{}", call_again, NULL), TIM_SUCC);
    CHECK_INT(USPump(0, 0), 1);
    CHECK_INT(USPump(0, 0), 1);
    CHECK_INT(USPump(5, 0), 5);
    CHECK_INT(ran, 7);
    CHECK_INT(USPump(0, 0), 1);
    CHECK_INT(USPump(0, 0), 0);
}

/* The pump waits for the first callback as long as it is told to. */
static void *call_later(void *waiting) {
    check_wait_asleep(*(long *)waiting);
    numbers[0] = 7;
    CHECK_INT(TIMSetConfig("{}", note, &numbers[0]), TIM_SUCC);
    return NULL;
}

static void the_pump_waits_for_the_first(void) {
    pthread_t thread;
    long self = process_this_thread();
    ran = 0;
    CHECK_INT(pthread_create(&thread, NULL, call_later, &self), 0);
    CHECK_INT(USPump(4, WAIT_SECONDS * 1000), 1);
    CHECK_INT(order[0], 7);
    CHECK_INT(pthread_join(thread, NULL), 0);

    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK_INT(USPump(4, 50), 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 49);
}

/* Inside a callback the pump runs further ones. */
static int inner;

static void pump_inside(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    inner = USPump(2, 0);
    note(0, "", "", data);
}

static void the_pump_can_be_called_inside_a_callback(void) {
    int outer = 99;
    ran = 0;
    CHECK_INT(TIMSetConfig("{}", pump_inside, &outer), TIM_SUCC);
    call(3);
    CHECK_INT(USPump(10, 0), 2);
    CHECK_INT(inner, 2);
    CHECK_INT(ran, 4);
    CHECK_INT(order[0], 0);
    CHECK_INT(order[1], 1);
    CHECK_INT(order[2], 99);
    CHECK_INT(order[3], 2);
}

/* Several threads pump: one callback at a time, all of them, each once. */
static int together, at_once, total, stop;

static void one_at_a_time(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    if (check_add(&at_once, 1) != 1) check_add(&together, 1);
    check_add(&at_once, -1);
    check_add(&total, 1);
}

static void *pump_until_stopped(void *count) {
    while (!check_get(&stop)) {
        int pumped = USPump(3, 5);
        CHECK(pumped >= 0 && pumped <= 3);
        *(int *)count += pumped;
    }
    return NULL;
}

static void several_threads_can_pump(void) {
    enum { CALLS = 2000 };
    pthread_t threads[3];
    int counts[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) CHECK_INT(pthread_create(&threads[i], NULL, pump_until_stopped, &counts[i]), 0);
    for (int i = 0; i < CALLS; i++) CHECK_INT(TIMSetConfig("{}", one_at_a_time, NULL), TIM_SUCC);
    WAIT_FOR(total, CALLS);
    check_add(&stop, 1);
    for (int i = 0; i < 3; i++) CHECK_INT(pthread_join(threads[i], NULL), 0);
    CHECK_INT(total, CALLS);
    CHECK_INT(together, 0);
    CHECK_INT(counts[0] + counts[1] + counts[2], CALLS);
}

/* TIMUninit runs what is owed here, on its caller's thread, though nobody pumps; also while another thread waits in the pump. */
static void *pump_long(void *unused) {
    (void)unused;
    USPump(1, 1500);
    return NULL;
}

static void uninit_runs_what_is_owed(void) {
    pthread_t thread;
    Told login = {0}, after = {0};
    ran = 0;
    call(5);
    CHECK_INT(USPump(1, 0), 1);
    CHECK_INT(TIMLogin("alice", "sig", told, &login), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(ran, 5);
    for (int i = 0; i < 5; i++) CHECK_INT(order[i], i);
    CHECK_INT(login.times, 1);
    CHECK_INT(login.code, 7009);
    CHECK_INT(login.thread, process_this_thread());

    /* The mode stays: what is called now is told in the pump, or by the next TIMUninit. */
    CHECK_INT(TIMLogin("alice", "sig", told, &after), TIM_SUCC);
    CHECK_INT(after.times, 0);
    CHECK_INT(USPump(1, 0), 1);
    CHECK_INT(after.code, 6013);
    CHECK_INT(TIMLogin("alice", "sig", told, &after), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(after.times, 2);

    CHECK_INT(TIMInit(7, PUMP), TIM_SUCC);
    CHECK_INT(pthread_create(&thread, NULL, pump_long, NULL), 0);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

/* A process that never pumps keeps what it is owed up to a bound, and then is told so. */
static void what_is_not_pumped_is_bounded(void) {
    enum { MOST = 16384 };
    static int number;
    CHECK_INT(TIMInit(7, PUMP), TIM_SUCC);
    total = 0;
    for (int i = 0; i < MOST; i++) CHECK_INT(TIMSetConfig("{}", one_at_a_time, &number), TIM_SUCC);
    CHECK_INT(TIMSetConfig("{}", one_at_a_time, &number), US_ERR_TOO_MANY_PENDING);
    CHECK_INT(TIMLogin("alice", "sig", one_at_a_time, &number), US_ERR_TOO_MANY_PENDING);
    CHECK_INT(TIMLogout(NULL, NULL), US_ERR_TOO_MANY_PENDING);
    CHECK_INT(USPump(1, 0), 1);
    CHECK_INT(TIMSetConfig("{}", one_at_a_time, &number), TIM_SUCC);
    CHECK_INT(TIMSetConfig("{}", one_at_a_time, &number), US_ERR_TOO_MANY_PENDING);
    CHECK_INT(USPump(0, 0), MOST);
    CHECK_INT(total, MOST + 1);
    /* What is done at once and tells nobody takes no place. */
    for (int i = 0; i < 2 * MOST; i++) CHECK_INT(TIMSetConfig("{}", NULL, NULL), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(total, MOST + 1);
}

/* The mode can be another with each TIMInit; what waits follows. */
static void the_mode_changes_with_init(void) {
    Told waiting = {0}, again = {0};
    CHECK_INT(TIMSetConfig("{}", told, &waiting), TIM_SUCC);
    CHECK_INT(waiting.times, 0);
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    WAIT_FOR(waiting.times, 1);
    CHECK(waiting.thread != process_this_thread());
    CHECK_INT(USPump(1, 0), US_ERR_NOT_PUMP_MODE);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(TIMInit(7, PUMP), TIM_SUCC);
    CHECK_INT(TIMSetConfig("{}", told, &again), TIM_SUCC);
    CHECK_INT(USPump(1, 1000), 1);
    CHECK_INT(again.thread, process_this_thread());
    CHECK_INT(TIMUninit(), TIM_SUCC);
}

int main(void) {
    callbacks_run_only_inside_the_pump();
    the_count_and_the_order_hold();
    a_callback_that_calls_again_does_not_hold_the_pump();
    the_pump_waits_for_the_first();
    the_pump_can_be_called_inside_a_callback();
    several_threads_can_pump();
    uninit_runs_what_is_owed();
    what_is_not_pumped_is_bounded();
    the_mode_changes_with_init();
    puts("ok");
    return 0;
}
