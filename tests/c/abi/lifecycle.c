/* Beginning and ending, from one thread: what TIMInit and TIMUninit return, that nothing is left behind, that what is owed is paid. */
#include "check.h"

#define ROUNDS 1000
#define STATUS "{\"user_status_custom_status\":\"x\"}"

static void init_returns(void) {
    Told ended = {0};
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(TIMInit(7, NULL), TIM_SUCC);
    CHECK_INT(TIMInit(7, NULL), TIM_SUCC);
    CHECK_INT(TIMInit(7, ""), TIM_SUCC);
    CHECK_INT(TIMInit(7, "{}"), TIM_SUCC);
    CHECK_INT(TIMInit(7, "{\"unknown\":1}"), TIM_SUCC);
    CHECK_INT(TIMInit(8, NULL), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_ERR_PARAM);
    CHECK_INT(TIMInit(7, "{"), TIM_ERR_JSON);

    /* Nobody said where the server is: the callback says how to. */
    CHECK_INT(TIMLogin("alice", "sig", told, &ended), TIM_SUCC);
    WAIT_FOR(ended.times, 1);
    CHECK_INT(ended.code, 9508);
    CHECK(strstr(ended.desc, "sdk_config_server_address") && strstr(ended.desc, "USERSTATUS_SERVER"));
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);

    /* The address cannot be one: the callback says why. */
    memset(&ended, 0, sizeof ended);
    CHECK_INT(TIMInit(7, "{\"sdk_config_server_address\":\"localhost\"}"), TIM_SUCC);
    CHECK_INT(TIMLogin("alice", "sig", told, &ended), TIM_SUCC);
    WAIT_FOR(ended.times, 1);
    CHECK_INT(ended.code, 9508);
    CHECK(strstr(ended.desc, "no port"));
    CHECK_INT(TIMUninit(), TIM_SUCC);

    /* Neither can the CA file. */
    memset(&ended, 0, sizeof ended);
    CHECK_INT(TIMInit(7, "{\"sdk_config_server_address\":\"tls://127.0.0.1:1\",\"sdk_config_ca_file\":\"/nonexistent\"}"), TIM_SUCC);
    CHECK_INT(TIMLogin("alice", "sig", told, &ended), TIM_SUCC);
    WAIT_FOR(ended.times, 1);
    CHECK_INT(ended.code, 9508);
    CHECK(strstr(ended.desc, "/nonexistent"));
    CHECK_INT(TIMUninit(), TIM_SUCC);
}

/* callExperimentalAPI before TIMInit comes before the configuration and lasts. */
static void server_by_operation(void) {
    static const char *set = "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\","
                             "\"request_set_custom_server_info_param\":{\"longconnection_address_array\":[{\"server_address_ip\":"
                             "\"127.0.0.1\",\"server_address_port\":1,\"server_address_is_ipv6\":false,\"server_address_is_quic\":false}],"
                             "\"server_public_key\":\"\"}}";
    for (int round = 0; round < 2; round++) {
        Told done = {0}, late = {0}, ended = {0};
        if (round == 0) {
            CHECK_INT(callExperimentalAPI(set, told, &done), TIM_SUCC);
            WAIT_FOR(done.times, 1);
            CHECK_INT(done.code, 0);
        }
        CHECK_INT(TIMInit(7, NULL), TIM_SUCC);
        CHECK_INT(callExperimentalAPI(set, told, &late), TIM_SUCC);
        WAIT_FOR(late.times, 1);
        CHECK_INT(late.code, 7014);
        /* There is an address now: the login waits for the server, until it is ended. */
        CHECK_INT(TIMLogin("alice", "sig", told, &ended), TIM_SUCC);
        CHECK_INT(TIMGetLoginStatus(), kTIMLoginStatus_Logining);
        CHECK_INT(TIMUninit(), TIM_SUCC);
        CHECK_INT(ended.times, 1);
        CHECK_INT(ended.code, 7009);
    }
}

/* What is under way when TIMUninit is called has been told 7009 when it returns, and is not told again. */
static void uninit_pays_what_is_owed(void) {
    enum { CALLS = 100 };
    static Told login, records[CALLS];
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMLogin("alice", "sig", told, &login), TIM_SUCC);
    for (int i = 0; i < CALLS; i++) CHECK_INT(TIMSetSelfStatus(STATUS, told, &records[i]), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_INT(login.times, 1);
    CHECK_INT(login.code, 7009);
    for (int i = 0; i < CALLS; i++) {
        CHECK_INT(records[i].times, 1);
        CHECK(records[i].code == 7009 || records[i].code == 6014);
    }
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(login.times, 1);
}

static void round_trip(int round) {
    Told login = {0}, status = {0};
    CHECK_INT(TIMInit(7, DEAD_SERVER), TIM_SUCC);
    CHECK_INT(TIMLogin("alice", "sig", told, &login), TIM_SUCC);
    CHECK_INT(TIMSetSelfStatus(STATUS, told, &status), TIM_SUCC);
    if (round % 100 == 0) WAIT_FOR(status.times, 1);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(login.times, 1);
    CHECK_INT(status.times, 1);
}

static int threads_at_start;

static void a_thousand_rounds_leave_nothing(void) {
    for (int round = 0; round < 50; round++) round_trip(round);
    int threads = check_threads_between(threads_at_start), descriptors = check_descriptors();
    long before_kb = check_resident_kb();
    for (int round = 0; round < ROUNDS; round++) round_trip(round);
    CHECK_INT(check_threads_left(threads), threads);
    CHECK_INT(check_descriptors(), descriptors);
    long grown_kb = check_resident_kb() - before_kb;
    /* A leak of 1 KiB a round would be 1,000; sanitizers keep what was freed for a while, and count themselves. */
    if (check_memory_counts() && grown_kb > 900) {
        fprintf(stderr, "grew by %ld KiB in %d rounds\n", grown_kb, ROUNDS);
        exit(1);
    }
}

int main(void) {
    threads_at_start = check_threads();
    init_returns();
    uninit_pays_what_is_owed();
    a_thousand_rounds_leave_nothing();
    server_by_operation();
    puts("ok");
    return 0;
}
