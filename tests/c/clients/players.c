/* Players of one process, against a real server: each sees the others, and hears what is for itself alone.
 *
 *   players SERVER APP MODE SIG_OF_ALICE SIG_OF_BOB SIG_OF_CAROL    with MODE "thread" or "pump" */
#include "check.h"

typedef struct Player {
    USClient client;
    /* All status notifications, one behind the other. */
    char heard[1 << 14];
    int heard_times;
    int kicks;
    int connections;
} Player;

static Player alice, bob, again;
static char config[512];
static uint64_t app_id;
static int is_pump;

static void on_status(const char *json, const void *data) {
    Player *player = (Player *)(uintptr_t)data;
    pthread_mutex_lock(&check_lock);
    size_t length = strlen(player->heard);
    CHECK(length + strlen(json) < sizeof player->heard);
    strcpy(player->heard + length, json);
    player->heard_times++;
    pthread_cond_broadcast(&check_changed);
    pthread_mutex_unlock(&check_lock);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *data) {
    (void)code, (void)desc;
    if (status == kTIMConnected) check_add(&((Player *)(uintptr_t)data)->connections, 1);
}

static void on_kicked(const void *data) {
    check_add(&((Player *)(uintptr_t)data)->kicks, 1);
}

static void open_client(Player *player) {
    CHECK_INT(USClientOpen(app_id, config, &player->client), TIM_SUCC);
    USClientSetUserStatusChangedCallback(player->client, on_status, player);
    USClientSetNetworkStatusListenerCallback(player->client, on_network, player);
    USClientSetKickedOfflineCallback(player->client, on_kicked, player);
}

/* In pump mode each client is pumped for itself: the other's callbacks do not run in it. */
static void pump_all(void) {
    Player *players[] = {&alice, &bob, &again};
    for (int i = 0; is_pump && i < 3; i++) {
        if (players[i]->client) CHECK(USClientPump(players[i]->client, 0, 1) >= 0);
    }
}

static void wait_for(const int *value, int least) {
    for (time_t end = time(NULL) + WAIT_SECONDS; is_pump && check_get(value) < least;) {
        CHECK(time(NULL) < end);
        pump_all();
    }
    WAIT_FOR(*value, least);
}

static void wait_until_heard(Player *player, const char *what) {
    for (int times = 0;;) {
        pthread_mutex_lock(&check_lock);
        int is_heard = strstr(player->heard, what) != NULL;
        times = player->heard_times;
        pthread_mutex_unlock(&check_lock);
        if (is_heard) return;
        wait_for(&player->heard_times, times + 1);
    }
}

/* The answer of the call just made. */
static void expect(Told *record, int code) {
    wait_for(&record->times, 1);
    CHECK_INT(record->code, code);
    if (is_pump) CHECK_INT(record->thread, process_this_thread());
}

static void log_in(Player *player, const char *user, const char *sig) {
    static Told login;
    char name[128];
    memset(&login, 0, sizeof login);
    CHECK_INT(USClientLogin(player->client, user, sig, told, &login), TIM_SUCC);
    expect(&login, 0);
    CHECK_INT(USClientGetLoginUserID(player->client, name), TIM_SUCC);
    CHECK_TEXT(name, user);
    CHECK_INT(USClientGetLoginStatus(player->client), kTIMLoginStatus_Logined);
    wait_for(&player->connections, 1);
}

static void say(Player *player, const char *custom) {
    static Told set;
    char status[128];
    memset(&set, 0, sizeof set);
    snprintf(status, sizeof status, "{\"user_status_custom_status\":\"%s\"}", custom);
    CHECK_INT(USClientSetSelfStatus(player->client, status, told, &set), TIM_SUCC);
    expect(&set, 0);
}

static void watch(Player *player, const char *users) {
    static Told watched;
    memset(&watched, 0, sizeof watched);
    CHECK_INT(USClientSubscribeUserStatus(player->client, users, told, &watched), TIM_SUCC);
    expect(&watched, 0);
}

int main(int count, char **given) {
    CHECK_INT(count, 7);
    app_id = strtoull(given[2], NULL, 10);
    is_pump = strcmp(given[3], "pump") == 0;
    snprintf(config, sizeof config,
             "{\"sdk_config_server_address\":\"%s\",\"sdk_config_platform\":\"Linux\",\"sdk_config_callback_mode\":\"%s\"}", given[1],
             given[3]);
    int at_start = check_threads();
    open_client(&alice);
    CHECK_INT(USClientClose(alice.client), TIM_SUCC);
    int threads = check_threads_between(at_start);
    open_client(&alice);
    open_client(&bob);
    log_in(&alice, "alice", given[4]);
    log_in(&bob, "bob", given[5]);

    /* Each sees the other. */
    watch(&alice, "[\"bob\"]");
    watch(&bob, "[\"alice\"]");
    say(&bob, "in a match");
    wait_until_heard(&alice, "in a match");
    say(&alice, "watching");
    wait_until_heard(&bob, "watching");

    /* The default client is a third player; nobody of the two is told of it. */
    Told login = {0}, asked = {0}, out = {0};
    char thread_mode[256], name[128];
    snprintf(thread_mode, sizeof thread_mode, "{\"sdk_config_server_address\":\"%s\"}", given[1]);
    CHECK_INT(TIMInit(app_id, thread_mode), TIM_SUCC);
    CHECK_INT(TIMLogin("carol", given[6], told, &login), TIM_SUCC);
    WAIT_FOR(login.times, 1);
    CHECK_INT(login.code, 0);
    CHECK_INT(TIMGetLoginUserID(name), TIM_SUCC);
    CHECK_TEXT(name, "carol");
    CHECK_INT(TIMGetUserStatus("[\"alice\",\"bob\"]", told, &asked), TIM_SUCC);
    WAIT_FOR(asked.times, 1);
    CHECK_INT(asked.code, 0);
    CHECK(strstr(asked.json, "watching") && strstr(asked.json, "in a match"));
    say(&bob, "still here");
    wait_until_heard(&alice, "still here");
    CHECK(!strstr(alice.heard, "carol") && !strstr(bob.heard, "carol"));
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(USClientGetLoginStatus(alice.client), kTIMLoginStatus_Logined);

    /* Two clients of one user on one platform are two devices, of which the later stays. */
    open_client(&again);
    log_in(&again, "bob", given[5]);
    wait_for(&bob.kicks, 1);
    CHECK_INT(check_get(&again.kicks), 0);
    CHECK_INT(USClientGetLoginStatus(bob.client), kTIMLoginStatus_UnLogined);
    say(&again, "elsewhere");
    wait_until_heard(&alice, "elsewhere");

    /* A logout is its own client's. Then one closes, and the other does not notice. */
    CHECK_INT(USClientLogout(again.client, told, &out), TIM_SUCC);
    expect(&out, 0);
    wait_until_heard(&alice, "\"user_status_status_type\":3");
    CHECK_INT(USClientClose(again.client), TIM_SUCC);
    CHECK_INT(USClientClose(bob.client), TIM_SUCC);
    CHECK_INT(USClientGetLoginStatus(bob.client), kTIMLoginStatus_UnLogined);
    bob.client = again.client = 0;
    say(&alice, "alone");
    wait_until_heard(&alice, "alone");
    CHECK_INT(alice.kicks, 0);
    CHECK_INT(alice.connections, 1);
    CHECK_INT(USClientClose(alice.client), TIM_SUCC);
    CHECK_INT(check_threads_left(threads), threads);
    puts("ok");
    return 0;
}
