/* Several clients in one process: their numbers, their callbacks, their end. Nobody answers here; that two see each other needs a server,
 * and is tested end to end. */
#include "check.h"

#define PUMP "{\"sdk_config_callback_mode\":\"pump\",\"sdk_config_server_address\":\"127.0.0.1:1\"}"
#define STATUS "{\"user_status_custom_status\":\"x\"}"
#define ADD "{\"friendship_add_friend_param_identifier\":\"bob\"}"
#define DELETE "{\"friendship_delete_friend_param_identifier_array\":[\"bob\"]}"
#define CLIENTS_MAX 256
/* One of the calls that take a TIMCommCallback. */
#define CALLS 14

static USClient opened(const char *config) {
    USClient client = 0;
    CHECK_INT(USClientOpen(7, config, &client), TIM_SUCC);
    CHECK(client != 0);
    return client;
}

static int call(USClient client, int which, TIMCommCallback cb, const void *data) {
    switch (which) {
        case 0: return USClientSetConfig(client, "{}", cb, data);
        case 1: return USClientLogin(client, "alice", "sig", cb, data);
        case 2: return USClientLogout(client, cb, data);
        case 3: return USClientSetSelfStatus(client, STATUS, cb, data);
        case 4: return USClientGetUserStatus(client, "[\"bob\"]", cb, data);
        case 5: return USClientSubscribeUserStatus(client, "[\"bob\"]", cb, data);
        case 6: return USClientUnsubscribeUserStatus(client, NULL, cb, data);
        case 7: return USClientFriendshipGetFriendProfileList(client, cb, data);
        case 8: return USClientFriendshipAddFriend(client, ADD, cb, data);
        case 9: return USClientFriendshipDeleteFriend(client, DELETE, cb, data);
        case 10: return USClientFriendshipAddToBlackList(client, "[\"bob\"]", cb, data);
        case 11: return USClientFriendshipDeleteFromBlackList(client, "[\"bob\"]", cb, data);
        case 12: return USClientFriendshipGetBlackList(client, cb, data);
        default: return USClientMsgDoForeground(client, cb, data);
    }
}

static void set_listeners(USClient client, const void *data, TIMNetworkStatusListenerCallback network) {
    USClientSetNetworkStatusListenerCallback(client, network, data);
    USClientSetUserStatusChangedCallback(client, NULL, data);
    USClientSetKickedOfflineCallback(client, NULL, data);
    USClientSetUserSigExpiringCallback(client, NULL, data);
    USClientSetUserSigExpiredCallback(client, NULL, data);
    USClientSetOnAddFriendCallback(client, NULL, data);
    USClientSetOnDeleteFriendCallback(client, NULL, data);
}

static void never_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *data) {
    (void)status, (void)code, (void)desc, (void)data;
    CHECK(!"nobody is told of a client that is not open");
}

static void never(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    CHECK(!"a call that was refused has no callback");
}

/* ---- numbers of no client ---- */

static void every_function_refuses(USClient client) {
    char user[128] = "untouched";
    for (int which = 0; which < CALLS; which++) CHECK_INT(call(client, which, never, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientMsgDoBackground(client, 3, never, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientNetworkChanged(client, kUSNetworkBack), TIM_ERR_PARAM);
    CHECK_INT(USClientGetLoginUserID(client, user), TIM_ERR_PARAM);
    CHECK_TEXT(user, "untouched");
    CHECK_INT(USClientGetLoginStatus(client), kTIMLoginStatus_UnLogined);
    CHECK_INT(USClientGetServerTime(client), 0);
    CHECK_INT(USClientGetSubscriptionsMax(client), 0);
    CHECK_INT(USClientPump(client, 0, 0), TIM_ERR_PARAM);
    CHECK_INT(USClientPump(client, 1, WAIT_SECONDS * 1000), TIM_ERR_PARAM);
    CHECK_INT(USClientClose(client), TIM_ERR_PARAM);
    set_listeners(client, NULL, never_network);
}

static void a_number_of_no_client_is_an_error_everywhere(void) {
    every_function_refuses(0);
    every_function_refuses(1);
    every_function_refuses(UINT64_MAX);
    USClient first = opened(DEAD_SERVER), second = opened(PUMP);
    CHECK(first != second);
    every_function_refuses(second + 1);
    CHECK_INT(USClientClose(first), TIM_SUCC);
    every_function_refuses(first);
    /* Its end is not the end of the other. */
    CHECK_INT(USClientPump(second, 0, 0), 0);
    CHECK_INT(USClientClose(second), TIM_SUCC);
    every_function_refuses(second);
    /* And it is not given again. */
    USClient third = opened(DEAD_SERVER);
    CHECK(third != first && third != second);
    every_function_refuses(first);
    CHECK_INT(USClientClose(third), TIM_SUCC);
}

static void opening_refuses_what_initialising_refuses(void) {
    USClient client = 77;
    CHECK_INT(USClientOpen(7, NULL, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientOpen(0, NULL, &client), TIM_ERR_PARAM);
    CHECK_INT(USClientOpen(7, "{", &client), TIM_ERR_JSON);
    CHECK_INT(USClientOpen(7, "{\"sdk_config_callback_mode\":\"other\"}", &client), TIM_ERR_PARAM);
    CHECK_INT(USClientOpen(7, "{\"sdk_config_heartbeat_interval_ms\":1}", &client), TIM_ERR_PARAM);
    CHECK_INT(USClientOpen(7, "{\"sdk_config_log_file_path\":\"/tmp\"}", &client), TIM_ERR_PARAM);
    CHECK_INT(client, 77);
    /* Without a server's address it opens, and the login says what is missing. */
    Told login = {0};
    client = opened(NULL);
    CHECK_INT(USClientLogin(client, "alice", "sig", told, &login), TIM_SUCC);
    WAIT_FOR(login.times, 1);
    CHECK_INT(login.code, 9508);
    CHECK_INT(USClientClose(client), TIM_SUCC);
}

static void bad_input_is_refused_as_by_the_default_client(void) {
    USClient client = opened(DEAD_SERVER);
    CHECK_INT(USClientLogin(client, NULL, "sig", never, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientSetSelfStatus(client, "x", never, NULL), TIM_ERR_JSON);
    CHECK_INT(USClientGetUserStatus(client, "{}", never, NULL), TIM_ERR_JSON);
    CHECK_INT(USClientFriendshipAddFriend(client, "{}", never, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientNetworkChanged(client, 3), TIM_ERR_PARAM);
    CHECK_INT(USClientGetLoginUserID(client, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientPump(client, 0, 0), US_ERR_NOT_PUMP_MODE);
    /* The log is the process's. */
    CHECK_INT(USClientSetConfig(client, "{\"set_config_log_level\":4}", never, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientSetConfig(client, "{\"set_config_callback_log_level\":4}", never, NULL), TIM_ERR_PARAM);
    CHECK_INT(USClientSetConfig(client, "{\"set_config_is_log_output_console\":false}", never, NULL), TIM_ERR_PARAM);
    Told data = {0};
    CHECK_INT(USClientSetConfig(client, "{\"set_config_user_define_data\":\"x\",\"set_config_log_level\":null}", told, &data), TIM_SUCC);
    WAIT_FOR(data.times, 1);
    CHECK_INT(data.code, 0);
    CHECK_INT(USClientGetSubscriptionsMax(client), 200);
    CHECK(USClientGetServerTime(client) > 1600000000);
    CHECK_INT(USClientClose(client), TIM_SUCC);
}

/* ---- beside the default client ---- */

static void the_default_client_stands_beside_the_others(void) {
    Told records[8];
    memset(records, 0, sizeof records);
    USClient client = opened(DEAD_SERVER), pumped = opened(PUMP);
    /* Nobody initialised the default one. */
    CHECK_INT(TIMSetSelfStatus(STATUS, told, &records[0]), TIM_SUCC);
    CHECK_INT(USClientSetSelfStatus(client, STATUS, told, &records[1]), TIM_SUCC);
    CHECK_INT(USClientSetSelfStatus(pumped, STATUS, told, &records[2]), TIM_SUCC);
    WAIT_FOR(records[0].times, 1);
    WAIT_FOR(records[1].times, 1);
    CHECK_INT(records[0].code, 6013);
    CHECK_INT(records[1].code, 6014);
    CHECK(records[0].thread != records[1].thread && records[1].thread != process_this_thread());
    CHECK_INT(check_get(&records[2].times), 0);
    CHECK_INT(USClientPump(pumped, 0, 0), 1);
    CHECK_INT(records[2].code, 6014);
    CHECK_INT(records[2].thread, process_this_thread());
    CHECK_INT(USPump(0, 0), US_ERR_NOT_PUMP_MODE);

    /* Logins are each client's own. */
    CHECK_INT(TIMInit(8, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(USClientLogin(client, "alice", "sig", told, &records[3]), TIM_SUCC);
    CHECK_INT(USClientGetLoginStatus(client), kTIMLoginStatus_Logining);
    CHECK_INT(USClientGetLoginStatus(pumped), kTIMLoginStatus_UnLogined);
    CHECK_INT(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_INT(TIMLogin("bob", "sig", told, &records[4]), TIM_SUCC);

    /* The end of the default one is its own, too. */
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(records[4].times, 1);
    CHECK_INT(records[4].code, 7009);
    CHECK_INT(check_get(&records[3].times), 0);
    CHECK_INT(USClientGetLoginStatus(client), kTIMLoginStatus_Logining);
    CHECK_INT(TIMInit(8, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMLogin("bob", "sig", told, &records[5]), TIM_SUCC);
    CHECK_INT(USClientClose(client), TIM_SUCC);
    CHECK_INT(records[3].times, 1);
    CHECK_INT(records[3].code, 7009);
    CHECK_INT(check_get(&records[5].times), 0);
    CHECK_INT(TIMGetLoginStatus(), kTIMLoginStatus_Logining);
    CHECK_INT(USClientClose(pumped), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(records[5].times, 1);
}

/* ---- callbacks of each ---- */

static int holding, may_end, networks;

static void hold(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    check_add(&holding, 1);
    WAIT_FOR(may_end, 1);
}

static void count_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *data) {
    (void)status, (void)code, (void)desc;
    check_add((int *)(uintptr_t)data, 1);
}

static void a_callback_that_blocks_delays_no_other_client(void) {
    Told behind = {0}, beside = {0}, beside_all = {0}, login = {0};
    USClient blocked = opened(DEAD_SERVER), free_one = opened(DEAD_SERVER);
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    set_listeners(free_one, &networks, count_network);
    CHECK_INT(USClientSetConfig(blocked, "{}", hold, NULL), TIM_SUCC);
    WAIT_FOR(holding, 1);
    CHECK_INT(USClientSetSelfStatus(blocked, STATUS, told, &behind), TIM_SUCC);
    CHECK_INT(USClientSetSelfStatus(free_one, STATUS, told, &beside), TIM_SUCC);
    CHECK_INT(TIMSetSelfStatus(STATUS, told, &beside_all), TIM_SUCC);
    WAIT_FOR(beside.times, 1);
    WAIT_FOR(beside_all.times, 1);
    /* Listeners, too: that it connects, and cannot. */
    CHECK_INT(USClientLogin(free_one, "alice", "sig", told, &login), TIM_SUCC);
    WAIT_FOR(networks, 2);
    /* And another one's end does not wait for it. */
    CHECK_INT(USClientClose(free_one), TIM_SUCC);
    CHECK_INT(login.times, 1);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(check_get(&behind.times), 0);
    check_add(&may_end, 1);
    WAIT_FOR(behind.times, 1);
    CHECK_INT(behind.code, 6014);
    CHECK_INT(USClientClose(blocked), TIM_SUCC);
    holding = may_end = networks = 0;
}

/* ---- the end ---- */

/* What is under way has been told 7009 when USClientClose returns, and is not told again. */
static void closing_pays_what_is_owed(const char *config) {
    enum { ROUNDS = 7 };
    static Told records[ROUNDS * CALLS];
    memset(records, 0, sizeof records);
    USClient client = opened(config);
    for (int i = 0; i < ROUNDS * CALLS; i++) CHECK_INT(call(client, i % CALLS, told, &records[i]), TIM_SUCC);
    CHECK_INT(USClientClose(client), TIM_SUCC);
    for (int i = 0; i < ROUNDS * CALLS; i++) CHECK_INT(records[i].times, 1);
    every_function_refuses(client);
    for (int i = 0; i < ROUNDS * CALLS; i++) CHECK_INT(records[i].times, 1);
}

typedef struct Inside {
    USClient client;
    Told owed[2];
    int returned;
} Inside;

static void late(int32_t code, const char *desc, const char *json, const void *data) {
    Inside *inside = (Inside *)(uintptr_t)data;
    /* The number is dead already for what is still owed. */
    CHECK_INT(USClientSetConfig(inside->client, "{}", never, NULL), TIM_ERR_PARAM);
    told(code, desc, json, &inside->owed[1]);
}

static void close_inside(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json;
    Inside *inside = (Inside *)(uintptr_t)data;
    CHECK_INT(USClientLogin(inside->client, "alice", "sig", told, &inside->owed[0]), TIM_SUCC);
    CHECK_INT(USClientSetConfig(inside->client, "{}", late, inside), TIM_SUCC);
    CHECK_INT(USClientClose(inside->client), TIM_SUCC);
    /* All that was owed has run, here. */
    for (int i = 0; i < 2; i++) {
        CHECK_INT(inside->owed[i].times, 1);
        CHECK_INT(inside->owed[i].thread, process_this_thread());
    }
    CHECK_INT(inside->owed[0].code, 7009);
    every_function_refuses(inside->client);
    check_add(&inside->returned, 1);
}

static void a_client_can_be_closed_inside_its_own_callback(void) {
    for (int round = 0; round < 50; round++) {
        static Inside threaded, pumped;
        memset(&threaded, 0, sizeof threaded);
        memset(&pumped, 0, sizeof pumped);
        threaded.client = opened(DEAD_SERVER);
        CHECK_INT(USClientSetConfig(threaded.client, "{}", close_inside, &threaded), TIM_SUCC);
        pumped.client = opened(PUMP);
        CHECK_INT(USClientSetConfig(pumped.client, "{}", close_inside, &pumped), TIM_SUCC);
        CHECK(USClientPump(pumped.client, 0, WAIT_SECONDS * 1000) >= 1);
        CHECK_INT(pumped.returned, 1);
        WAIT_FOR(threaded.returned, 1);
    }
}

/* Who waits in the pump of a client that is closed meanwhile waits no longer. */
static long pumping;

static void *pump_long(void *client) {
    pthread_mutex_lock(&check_lock);
    pumping = process_this_thread();
    pthread_cond_broadcast(&check_changed);
    pthread_mutex_unlock(&check_lock);
    CHECK_INT(USClientPump(*(USClient *)client, 1, 10 * WAIT_SECONDS * 1000), 0);
    CHECK_INT(USClientPump(*(USClient *)client, 1, 10 * WAIT_SECONDS * 1000), TIM_ERR_PARAM);
    return NULL;
}

static void closing_ends_the_wait_in_the_pump(void) {
    pthread_t thread;
    USClient client = opened(PUMP);
    CHECK_INT(pthread_create(&thread, NULL, pump_long, &client), 0);
    pthread_mutex_lock(&check_lock);
    while (!pumping) pthread_cond_wait(&check_changed, &check_lock);
    pthread_mutex_unlock(&check_lock);
    check_wait_asleep(pumping);
    CHECK_INT(USClientClose(client), TIM_SUCC);
    CHECK_INT(pthread_join(thread, NULL), 0);
}

/* ---- limits, and what is left behind ---- */

static void so_many_clients_are_open_and_no_more(void) {
    static USClient clients[CLIENTS_MAX];
    USClient more = 77;
    Told records[2];
    memset(records, 0, sizeof records);
    for (int i = 0; i < CLIENTS_MAX; i++) clients[i] = opened(i % 2 ? DEAD_SERVER : PUMP);
    CHECK_INT(USClientOpen(7, DEAD_SERVER, &more), US_ERR_TOO_MANY_CLIENTS);
    CHECK_INT(more, 77);
    /* The default client takes no place. */
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    /* The last one works like the first. */
    CHECK_INT(USClientSetSelfStatus(clients[1], STATUS, told, &records[0]), TIM_SUCC);
    CHECK_INT(USClientSetSelfStatus(clients[CLIENTS_MAX - 1], STATUS, told, &records[1]), TIM_SUCC);
    WAIT_FOR(records[0].times, 1);
    WAIT_FOR(records[1].times, 1);
    CHECK_INT(USClientClose(clients[100]), TIM_SUCC);
    CHECK_INT(USClientOpen(0, DEAD_SERVER, &more), TIM_ERR_PARAM);
    clients[100] = opened(DEAD_SERVER);
    CHECK_INT(USClientOpen(7, DEAD_SERVER, &more), US_ERR_TOO_MANY_CLIENTS);
    for (int i = 0; i < CLIENTS_MAX; i++) CHECK_INT(USClientClose(clients[i]), TIM_SUCC);
    clients[0] = opened(DEAD_SERVER);
    CHECK_INT(USClientClose(clients[0]), TIM_SUCC);
}

/* One client's calls wait for their callbacks; another's are not refused for it. */
static int counted;

static void count(int32_t code, const char *desc, const char *json, const void *data) {
    (void)code, (void)desc, (void)json, (void)data;
    check_add(&counted, 1);
}

static void pending_calls_are_bounded_for_each_client(void) {
    enum { MOST = 16384 };
    USClient full = opened(PUMP), empty = opened(PUMP);
    for (int i = 0; i < MOST; i++) CHECK_INT(USClientSetConfig(full, "{}", count, NULL), TIM_SUCC);
    CHECK_INT(USClientSetConfig(full, "{}", never, NULL), US_ERR_TOO_MANY_PENDING);
    CHECK_INT(USClientSetConfig(empty, "{}", count, NULL), TIM_SUCC);
    CHECK_INT(TIMSetConfig("{}", NULL, NULL), TIM_SUCC);
    CHECK_INT(USClientPump(empty, 0, 0), 1);
    CHECK_INT(USClientClose(full), TIM_SUCC);
    CHECK_INT(counted, MOST + 1);
    CHECK_INT(USClientClose(empty), TIM_SUCC);
    counted = 0;
}

static void open_and_close(int round) {
    Told login = {0}, status = {0};
    USClient client = opened(round % 2 ? DEAD_SERVER : PUMP);
    set_listeners(client, &networks, count_network);
    CHECK_INT(USClientLogin(client, "alice", "sig", told, &login), TIM_SUCC);
    CHECK_INT(USClientSetSelfStatus(client, STATUS, told, &status), TIM_SUCC);
    CHECK_INT(USClientClose(client), TIM_SUCC);
    CHECK_INT(login.times, 1);
    CHECK_INT(status.times, 1);
}

static void ten_thousand_leave_nothing(void) {
    enum { ROUNDS = 10000 };
    for (int round = 0; round < 200; round++) open_and_close(round);
    int threads = check_threads(), descriptors = check_descriptors();
    long before_kb = check_resident_kb();
    for (int round = 0; round < ROUNDS; round++) open_and_close(round);
    CHECK(check_threads_left(threads) <= threads);
    CHECK_INT(check_descriptors(), descriptors);
    long grown_kb = check_resident_kb() - before_kb;
    /* A leak of 64 bytes a client would be 640; sanitizers keep what was freed for a while, and count themselves. */
    if (check_memory_counts() && grown_kb > 600) {
        fprintf(stderr, "grew by %ld KiB in %d rounds\n", grown_kb, ROUNDS);
        exit(1);
    }
}

/* ---- many threads at once ---- */

#define SLOTS 4

/* Numbers the threads share, open or not: guarded by check_lock. */
static USClient slots[SLOTS];
static int accepted, answered, closed_by_us, opened_by_us, stop;

static void answer(int32_t code, const char *desc, const char *json, const void *data) {
    (void)desc, (void)json, (void)data;
    CHECK(code == 0 || code == 6014 || code == 6015 || code == 7009 || code == 7014 || code == 70003);
    check_add(&answered, 1);
}

static USClient slot_of(int at) {
    pthread_mutex_lock(&check_lock);
    USClient client = slots[at];
    pthread_mutex_unlock(&check_lock);
    return client;
}

static void *open_and_close_meanwhile(void *number) {
    for (int round = 0; round < 150; round++) {
        int at = (*(int *)number + round) % SLOTS;
        USClient client = opened(round % 3 ? DEAD_SERVER : PUMP);
        check_add(&opened_by_us, 1);
        pthread_mutex_lock(&check_lock);
        USClient older = slots[at];
        slots[at] = client;
        pthread_mutex_unlock(&check_lock);
        /* Another thread may close the same: one of them does. */
        USClient other = slot_of((at + 1) % SLOTS);
        if (older && USClientClose(older) == TIM_SUCC) check_add(&closed_by_us, 1);
        if (round % 10 == 0 && other && USClientClose(other) == TIM_SUCC) check_add(&closed_by_us, 1);
    }
    return NULL;
}

static void *call_meanwhile(void *number) {
    for (int round = *(int *)number; !check_get(&stop); round++) {
        USClient client = slot_of(round % SLOTS);
        int returned = call(client, round % CALLS, answer, NULL);
        CHECK(returned == TIM_SUCC || returned == TIM_ERR_PARAM || returned == US_ERR_TOO_MANY_PENDING);
        if (returned == TIM_SUCC) check_add(&accepted, 1);
        set_listeners(client, &networks, round % 2 ? count_network : NULL);
        int pumped = USClientPump(client, 5, 0);
        CHECK(pumped >= 0 || pumped == TIM_ERR_PARAM || pumped == US_ERR_NOT_PUMP_MODE);
        USClientGetLoginStatus(client);
    }
    return NULL;
}

static void many_threads_open_call_and_close(void) {
    enum { EACH = 3 };
    pthread_t openers[EACH], callers[EACH];
    int numbers[EACH];
    int threads = check_threads();
    for (int i = 0; i < EACH; i++) {
        numbers[i] = i;
        CHECK_INT(pthread_create(&callers[i], NULL, call_meanwhile, &numbers[i]), 0);
        CHECK_INT(pthread_create(&openers[i], NULL, open_and_close_meanwhile, &numbers[i]), 0);
    }
    for (int i = 0; i < EACH; i++) CHECK_INT(pthread_join(openers[i], NULL), 0);
    check_add(&stop, 1);
    for (int i = 0; i < EACH; i++) CHECK_INT(pthread_join(callers[i], NULL), 0);
    for (int i = 0; i < SLOTS; i++) {
        if (USClientClose(slots[i]) == TIM_SUCC) check_add(&closed_by_us, 1);
    }
    /* Each was closed by one, each call accepted was answered once, and no thread of a closed client is left. */
    CHECK_INT(closed_by_us, opened_by_us);
    CHECK_INT(answered, accepted);
    CHECK(check_threads_left(threads) <= threads);
}

int main(void) {
    a_number_of_no_client_is_an_error_everywhere();
    opening_refuses_what_initialising_refuses();
    bad_input_is_refused_as_by_the_default_client();
    the_default_client_stands_beside_the_others();
    a_callback_that_blocks_delays_no_other_client();
    closing_pays_what_is_owed(DEAD_SERVER);
    closing_pays_what_is_owed(PUMP);
    a_client_can_be_closed_inside_its_own_callback();
    closing_ends_the_wait_in_the_pump();
    so_many_clients_are_open_and_no_more();
    pending_calls_are_bounded_for_each_client();
    ten_thousand_leave_nothing();
    many_threads_open_call_and_close();
    puts("ok");
    return 0;
}
