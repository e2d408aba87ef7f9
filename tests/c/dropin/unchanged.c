/* A program of the IM SDK's: no header of this project, linked with libImSDK, which it calls by the names it has always called.
   unchanged PORT APP_ID USER USERSIG WATCHED: logs in, watches, waits for WATCHED to be "in a match", and says so itself. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*TIMCommCallback)(int32_t code, const char* desc, const char* json_params, const void* user_data);
typedef void (*TIMUserStatusChangedCallback)(const char* json_user_status_array, const void* user_data);
typedef void (*TIMRecvNewMsgCallback)(const char* json_msg_array, const void* user_data);

int TIMInit(uint64_t sdk_app_id, const char* json_sdk_config);
int TIMUninit(void);
const char* TIMGetSDKVersion(void);
int TIMLogin(const char* user_id, const char* user_sig, TIMCommCallback cb, const void* user_data);
int TIMLogout(TIMCommCallback cb, const void* user_data);
int TIMSetSelfStatus(const char* json_current_user_status, TIMCommCallback cb, const void* user_data);
int TIMGetUserStatus(const char* json_identifier_array, TIMCommCallback cb, const void* user_data);
int TIMSubscribeUserStatus(const char* json_identifier_array, TIMCommCallback cb, const void* user_data);
int TIMUnsubscribeUserStatus(const char* json_identifier_array, TIMCommCallback cb, const void* user_data);
void TIMSetUserStatusChangedCallback(TIMUserStatusChangedCallback cb, const void* user_data);
int TIMFriendshipAddFriend(const char* json_add_friend_param, TIMCommCallback cb, const void* user_data);
int TIMFriendshipGetFriendProfileList(TIMCommCallback cb, const void* user_data);
int TIMConvGetConvList(TIMCommCallback cb, const void* user_data);
void TIMAddRecvNewMsgCallback(TIMRecvNewMsgCallback cb, const void* user_data);
int callExperimentalAPI(const char* json_param, TIMCommCallback cb, const void* user_data);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_done;
static int32_t answer_code;
static char answer_json[4096];
static bool is_watched_in_a_match;

static void fail(const char* what) {
    fprintf(stderr, "%s: %d %s\n", what, (int)answer_code, answer_json);
    exit(1);
}

static void on_answer(int32_t code, const char* desc, const char* json_params, const void* user_data) {
    pthread_mutex_lock(&lock);
    answer_code = code;
    snprintf(answer_json, sizeof answer_json, "%s %s", code == 0 ? "" : desc, json_params);
    is_done = *(const int*)user_data == 42;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void on_status(const char* json_user_status_array, const void* user_data) {
    pthread_mutex_lock(&lock);
    if (strstr(json_user_status_array, user_data) != NULL && strstr(json_user_status_array, "in a match") != NULL) {
        is_watched_in_a_match = true;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
}

static void on_message(const char* json_msg_array, const void* user_data) {
    (void)json_msg_array, (void)user_data;
    fail("a message came");
}

/* Waits for the answer to a call that was accepted. */
static void expect(int result, int32_t code, const char* part, const char* what) {
    if (result != 0) fail(what);
    pthread_mutex_lock(&lock);
    while (!is_done) pthread_cond_wait(&changed, &lock);
    is_done = false;
    if (answer_code != code || strstr(answer_json, part) == NULL) fail(what);
    pthread_mutex_unlock(&lock);
    printf("%s\n", what);
    fflush(stdout);
}

int main(int argc, char** argv) {
    static const int tag = 42;
    char json[512], watched[80], part[80];
    if (argc != 6) return 2;
    const char* user = argv[3];
    snprintf(json, sizeof json,
             "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\",\"request_set_custom_server_info_param\":"
             "{\"longconnection_address_array\":[{\"server_address_ip\":\"127.0.0.1\",\"server_address_port\":%s,"
             "\"server_address_is_ipv6\":false,\"server_address_is_quic\":false}],\"server_public_key\":\"\"}}",
             argv[1]);
    expect(callExperimentalAPI(json, on_answer, &tag), 0, "", "server set");
    if (TIMGetSDKVersion()[0] == 0) fail("no version");
    TIMAddRecvNewMsgCallback(on_message, NULL);
    snprintf(watched, sizeof watched, "[\"%s\"]", argv[5]);
    TIMSetUserStatusChangedCallback(on_status, argv[5]);
    if (TIMInit(strtoull(argv[2], NULL, 10), "{\"sdk_config_config_file_path\":\"/tmp\"}") != 0) fail("TIMInit");
    expect(TIMLogin(user, argv[4], on_answer, &tag), 0, "", "logged in");
    expect(TIMConvGetConvList(on_answer, &tag), 7013, "TIMConvGetConvList", "no conversations here");
    expect(TIMSubscribeUserStatus(watched, on_answer, &tag), 0, "", "subscribed");
    /* Said before this one watched, it is in the answer; said after, it is told. */
    pthread_mutex_lock(&lock);
    is_watched_in_a_match |= strstr(answer_json, "in a match") != NULL;
    pthread_mutex_unlock(&lock);
    expect(TIMSetSelfStatus("{\"user_status_custom_status\":\"in a match\"}", on_answer, &tag), 0, "", "status set");
    pthread_mutex_lock(&lock);
    while (!is_watched_in_a_match) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    printf("saw %s in a match\n", argv[5]);
    snprintf(part, sizeof part, "\"%s\"", argv[5]);
    expect(TIMGetUserStatus(watched, on_answer, &tag), 0, part, "status asked");
    snprintf(json, sizeof json, "{\"friendship_add_friend_param_identifier\":\"%s\",\"friendship_add_friend_param_friend_type\":0}", argv[5]);
    expect(TIMFriendshipAddFriend(json, on_answer, &tag), 0, "\"friend_result_code\":0", "friend added");
    expect(TIMFriendshipGetFriendProfileList(on_answer, &tag), 0, part, "friends listed");
    expect(TIMUnsubscribeUserStatus("", on_answer, &tag), 0, "", "unsubscribed");
    printf("done\n");
    fflush(stdout);
    /* The other one may still be waiting for this one's status: it ends when told to. */
    getchar();
    expect(TIMLogout(on_answer, &tag), 0, "", "logged out");
    return TIMUninit();
}
