/* Every export with every kind of bad input: before TIMInit, after it, after TIMUninit, and from several threads at once. */
#include "check.h"
#include "rows.h"

/* Runs every row once, and gives every callback that is owed time to come. */
static void run_rows(int is_initialised) {
    Told *records = calloc(ROWS, sizeof *records);
    CHECK(records != NULL);
    for (int i = 0; i < ROWS; i++) {
        const Row *row = &rows[i];
        int returned = row->call(row_text(row), told, &records[i]);
        if (returned != row->returned) {
            fprintf(stderr, "%s: returned %d, not %d\n", row->name, returned, row->returned);
            exit(1);
        }
        /* A NULL callback changes nothing. TIMLogin would be under way already. */
        if (!row_is_of(row, "login: ")) {
            CHECK_INT(row->call(row_text(row), NULL, NULL), row->returned);
        }
    }
    for (int i = 0; i < ROWS; i++) {
        const Row *row = &rows[i];
        if (row->returned != TIM_SUCC) continue;
        WAIT_FOR(records[i].times, 1);
        int expected = row_code(row, is_initialised);
        if (records[i].code != expected) {
            fprintf(stderr, "%s: told %d (%s), not %d\n", row->name, records[i].code, records[i].desc, expected);
            exit(1);
        }
        if (strcmp(records[i].json, row_json(row)) != 0) {
            fprintf(stderr, "%s: handed \"%s\", not \"%s\"\n", row->name, records[i].json, row_json(row));
            exit(1);
        }
        CHECK(records[i].desc[0] != 0);
        if (expected == 6013) CHECK_TEXT(records[i].desc, "not initialized");
        if (expected == 6014) CHECK_TEXT(records[i].desc, "not login");
        if (expected == 0) CHECK_TEXT(records[i].desc, "ok");
        CHECK(records[i].thread != check_thread());
    }
    /* All callbacks come in order: after this one nothing of what is above can come. */
    Told last = {0};
    CHECK_INT(TIMSetConfig("{}", told, &last), TIM_SUCC);
    WAIT_FOR(last.times, 1);
    for (int i = 0; i < ROWS; i++) CHECK_INT(records[i].times, rows[i].returned == TIM_SUCC);
    free(records);
}

static void *run_in_thread(void *is_initialised) {
    run_rows(*(int *)is_initialised);
    return NULL;
}

static void run_in_threads(int is_initialised) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) CHECK_INT(pthread_create(&threads[i], NULL, run_in_thread, &is_initialised), 0);
    for (int i = 0; i < 4; i++) CHECK_INT(pthread_join(threads[i], NULL), 0);
}

static void check_others(void) {
    char buffer[128];
    memset(buffer, 'x', sizeof buffer);
    CHECK_INT(TIMGetLoginUserID(NULL), TIM_ERR_PARAM);
    CHECK_INT(TIMGetLoginUserID(buffer), TIM_SUCC);
    CHECK_TEXT(buffer, "");
    CHECK_INT(buffer[1], 'x');
    CHECK_INT(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    /* Until a server has told its clock, this machine's. */
    uint64_t begin = (uint64_t)time(NULL), said = TIMGetServerTime(), end = (uint64_t)time(NULL);
    CHECK(begin <= said && said <= end);
    CHECK_TEXT(TIMGetSDKVersion(), "8.6.0");
    CHECK(USGetVersion() != NULL && strchr(USGetVersion(), '.') != NULL);
    CHECK_INT(USPump(0, 0), US_ERR_NOT_PUMP_MODE);
    CHECK_INT(USGetSubscriptionsMax(), 200);
    for (int change = kUSNetworkGone; change <= kUSNetworkBack; change++) CHECK_INT(USNetworkChanged(change), TIM_SUCC);
    CHECK_INT(USNetworkChanged(-1), TIM_ERR_PARAM);
    CHECK_INT(USNetworkChanged(3), TIM_ERR_PARAM);
    TIMSetUserStatusChangedCallback(NULL, NULL);
    TIMSetNetworkStatusListenerCallback(NULL, NULL);
    TIMSetKickedOfflineCallback(NULL, NULL);
    TIMSetUserSigExpiredCallback(NULL, NULL);
    USSetUserSigExpiringCallback(NULL, NULL);
    TIMSetLogCallback(NULL, NULL);
    TIMSetOnAddFriendCallback(NULL, NULL);
    TIMSetOnDeleteFriendCallback(NULL, NULL);
}

static void check_init(void) {
    char *large = repeated("{\"x\":\"", "x", LARGE, "\"}");
    CHECK_INT(TIMInit(0, NULL), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(0, "{}"), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(1, "{"), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, "[]"), TIM_ERR_JSON);
    CHECK_INT(TIMInit(0, "null"), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(1, " "), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, "{\"sdk_config_log_file_path\":1}"), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, "{\"sdk_config_server_address\":[]}"), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, "{\"sdk_config_platform\":\"\xff\"}"), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, "{\"sdk_config_platform\":\"Toaster\"}"), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(1, "{\"sdk_config_heartbeat_interval_ms\":4999}"), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(1, "{\"sdk_config_heartbeat_interval_ms\":3600001}"), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(1, "{\"sdk_config_heartbeat_interval_ms\":-1}"), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, "{\"sdk_config_tls_pins\":\"one\"}"), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, "{\"sdk_config_callback_mode\":\"later\"}"), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(1, "{\"sdk_config_callback_mode\":\"later\",\"sdk_config_platform\":null}"), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(1, nested_object), TIM_ERR_JSON);
    CHECK_INT(TIMInit(1, large), TIM_ERR_PARAM);
    free(large);
}

int main(void) {
    build_texts();
    check_init();
    check_others();
    run_rows(0);
    run_in_threads(0);

    CHECK_INT(TIMInit(1, DEAD_SERVER), TIM_SUCC);
    check_others();
    run_rows(1);
    run_in_threads(1);
    check_others();
    CHECK_INT(TIMUninit(), TIM_SUCC);

    for (int i = 0; i < 2; i++) {
        CHECK_INT(TIMInit(1, i == 0 ? " null " : "{\"sdk_config_log_file_path\":null,\"sdk_config_server_address\":null,"
                                               "\"sdk_config_platform\":null,\"sdk_config_callback_mode\":null}"), TIM_SUCC);
        CHECK_INT(TIMInit(1, NULL), TIM_SUCC);
        CHECK_INT(TIMUninit(), TIM_SUCC);
    }
    check_init();
    check_others();
    run_rows(0);
    run_in_threads(0);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    free_texts();
    puts("ok");
    return 0;
}
