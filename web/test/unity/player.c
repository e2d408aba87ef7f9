/* What a WebGL player of Unity calls, compiled by emscripten with userstatus.jslib as Unity does it. The page's loop is the test, which calls
   `frame`; what is told is printed. */
#include <stdint.h>
#include <stdio.h>

typedef void (*comm_callback)(int32_t code, const char *desc, const char *json, const void *user_data);
typedef void (*json_callback)(const char *json, const void *user_data);
typedef void (*network_callback)(int32_t status, int32_t code, const char *desc, const void *user_data);
typedef void (*log_callback)(int32_t level, const char *line, const void *user_data);
typedef void (*plain_callback)(const void *user_data);
typedef void (*milliseconds_callback)(double length_ms, const void *user_data);

int USWebInit(const char *app_id, const char *config);
int TIMUninit(void);
const char *TIMGetSDKVersion(void);
double USWebServerTime(void);
int TIMSetConfig(const char *config, comm_callback callback, const void *user_data);
int TIMLogin(const char *user_id, const char *user_sig, comm_callback callback, const void *user_data);
int TIMLogout(comm_callback callback, const void *user_data);
int TIMGetLoginUserID(char *buffer);
int TIMGetLoginStatus(void);
int TIMSetSelfStatus(const char *status, comm_callback callback, const void *user_data);
int TIMGetUserStatus(const char *users, comm_callback callback, const void *user_data);
int TIMSubscribeUserStatus(const char *users, comm_callback callback, const void *user_data);
int TIMUnsubscribeUserStatus(const char *users, comm_callback callback, const void *user_data);
int TIMFriendshipGetFriendProfileList(comm_callback callback, const void *user_data);
int TIMFriendshipAddFriend(const char *param, comm_callback callback, const void *user_data);
int TIMFriendshipDeleteFriend(const char *param, comm_callback callback, const void *user_data);
int TIMFriendshipAddToBlackList(const char *users, comm_callback callback, const void *user_data);
int TIMFriendshipDeleteFromBlackList(const char *users, comm_callback callback, const void *user_data);
int TIMFriendshipGetBlackList(comm_callback callback, const void *user_data);
int TIMMsgDoBackground(uint32_t unread_count, comm_callback callback, const void *user_data);
int TIMMsgDoForeground(comm_callback callback, const void *user_data);
int callExperimentalAPI(const char *param, comm_callback callback, const void *user_data);
void TIMSetUserStatusChangedCallback(json_callback callback, const void *user_data);
void TIMSetNetworkStatusListenerCallback(network_callback callback, const void *user_data);
void TIMSetKickedOfflineCallback(plain_callback callback, const void *user_data);
void TIMSetUserSigExpiredCallback(plain_callback callback, const void *user_data);
void USWebSetUserSigExpiringCallback(milliseconds_callback callback, const void *user_data);
void TIMSetOnAddFriendCallback(json_callback callback, const void *user_data);
void TIMSetOnDeleteFriendCallback(json_callback callback, const void *user_data);
void TIMSetLogCallback(log_callback callback, const void *user_data);
const char *USGetVersion(void);
uint32_t USGetSubscriptionsMax(void);
int USNetworkChanged(int change);
int USPump(uint32_t callbacks_max, uint32_t timeout_ms);

static void on_done(int32_t code, const char *desc, const char *json, const void *user_data) {
    printf("done %d %d %s | %s\n", (int)(intptr_t)user_data, (int)code, desc, json);
}
static void on_statuses(const char *json, const void *user_data) { printf("statuses %d %s\n", (int)(intptr_t)user_data, json); }
static void on_network(int32_t status, int32_t code, const char *desc, const void *user_data) {
    (void)user_data;
    printf("network %d %d %s\n", (int)status, (int)code, desc);
}
static void on_log(int32_t level, const char *line, const void *user_data) { (void)user_data, printf("log %d %s\n", (int)level, line); }
static void on_kicked(const void *user_data) { (void)user_data, printf("kicked\n"); }
static void on_expired(const void *user_data) { (void)user_data, printf("expired\n"); }
static void on_expiring(double length_ms, const void *user_data) { (void)user_data, printf("expiring %.0f\n", length_ms); }
static void on_added(const char *json, const void *user_data) { (void)user_data, printf("added %s\n", json); }
static void on_deleted(const char *json, const void *user_data) { (void)user_data, printf("deleted %s\n", json); }

int start(const char *app_id, const char *config) {
    TIMSetUserStatusChangedCallback(on_statuses, (void *)(intptr_t)-5);
    TIMSetNetworkStatusListenerCallback(on_network, 0);
    TIMSetKickedOfflineCallback(on_kicked, 0);
    TIMSetUserSigExpiredCallback(on_expired, 0);
    USWebSetUserSigExpiringCallback(on_expiring, 0);
    TIMSetOnAddFriendCallback(on_added, 0);
    TIMSetOnDeleteFriendCallback(on_deleted, 0);
    TIMSetLogCallback(on_log, 0);
    printf("version %s %s\n", TIMGetSDKVersion(), USGetVersion());
    return USWebInit(app_id, config);
}

int frame(void) { return USPump(256, 0); }
int stop(void) { return TIMUninit(); }
int login_status(void) { return TIMGetLoginStatus(); }
int subscriptions_max(void) { return (int)USGetSubscriptionsMax(); }
int network_changed(int change) { return USNetworkChanged(change); }
double server_time(void) { return USWebServerTime(); }
int login(const char *user, const char *sig, int number) { return TIMLogin(user, sig, on_done, (void *)(intptr_t)number); }

int login_user(void) {
    char user[128];
    int result = TIMGetLoginUserID(user);
    printf("user '%s'\n", user);
    return result;
}

int ask(int what, const char *argument, int number) {
    const void *data = (void *)(intptr_t)number;
    switch (what) {
    case 0: return TIMLogout(on_done, data);
    case 1: return TIMSetSelfStatus(argument, on_done, data);
    case 2: return TIMGetUserStatus(argument, on_done, data);
    case 3: return TIMSubscribeUserStatus(argument, on_done, data);
    case 4: return TIMUnsubscribeUserStatus(argument, on_done, data);
    case 5: return TIMFriendshipGetFriendProfileList(on_done, data);
    case 6: return TIMFriendshipAddFriend(argument, on_done, data);
    case 7: return TIMFriendshipDeleteFriend(argument, on_done, data);
    case 8: return TIMFriendshipAddToBlackList(argument, on_done, data);
    case 9: return TIMFriendshipDeleteFromBlackList(argument, on_done, data);
    case 10: return TIMFriendshipGetBlackList(on_done, data);
    case 11: return TIMMsgDoBackground(0, on_done, data);
    case 12: return TIMMsgDoForeground(on_done, data);
    case 13: return callExperimentalAPI(argument, on_done, data);
    case 14: return TIMSetConfig(argument, on_done, data);
    default: return -1;
    }
}
