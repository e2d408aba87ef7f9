/* The header as C99 and as C++11: every name is there with its type and value, and including it alone warns of nothing. */
#include "TIMCloud.h"
#include "TIMCloudCallback.h"
#include "TIMCloudComm.h"
#include "TIMCloudDef.h"
#include "TIMExperimentalAPI.h"
#include "TIMFriendshipManager.h"
#include "TIMManager.h"
#include "TIMOfflinePushManager.h"
#include "userstatus.h"
#include <string.h>

/* Existing code holds keys in variables of this type. */
static int same(const char *key, const char *value) {
    return strcmp(key, value) == 0;
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    (void)status, (void)code, (void)desc, (void)user_data;
}

static void on_log(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)level, (void)log, (void)user_data;
}

/* The types of the functions, to the letter. */
static int (*volatile init)(uint64_t, const char *) = TIMInit;
static int (*volatile uninit)(void) = TIMUninit;
static const char *(*volatile version)(void) = TIMGetSDKVersion;
static const char *(*volatile own_version)(void) = USGetVersion;
static uint64_t (*volatile server_time)(void) = TIMGetServerTime;
static int (*volatile set_config)(const char *, TIMCommCallback, const void *) = TIMSetConfig;
static int (*volatile log_in)(const char *, const char *, TIMCommCallback, const void *) = TIMLogin;
static int (*volatile log_out)(TIMCommCallback, const void *) = TIMLogout;
static int (*volatile user_id)(char *) = TIMGetLoginUserID;
static TIMLoginStatus (*volatile login_status)(void) = TIMGetLoginStatus;
static int (*volatile set_status)(const char *, TIMCommCallback, const void *) = TIMSetSelfStatus;
static int (*volatile get_status)(const char *, TIMCommCallback, const void *) = TIMGetUserStatus;
static int (*volatile subscribe)(const char *, TIMCommCallback, const void *) = TIMSubscribeUserStatus;
static int (*volatile unsubscribe)(const char *, TIMCommCallback, const void *) = TIMUnsubscribeUserStatus;
static void (*volatile on_status)(TIMUserStatusChangedCallback, const void *) = TIMSetUserStatusChangedCallback;
static void (*volatile on_link)(TIMNetworkStatusListenerCallback, const void *) = TIMSetNetworkStatusListenerCallback;
static void (*volatile on_kicked)(TIMKickedOfflineCallback, const void *) = TIMSetKickedOfflineCallback;
static void (*volatile on_expired)(TIMUserSigExpiredCallback, const void *) = TIMSetUserSigExpiredCallback;
static void (*volatile on_expiring)(USUserSigExpiringCallback, const void *) = USSetUserSigExpiringCallback;
static void (*volatile on_line)(TIMLogCallback, const void *) = TIMSetLogCallback;
static int (*volatile friends)(TIMCommCallback, const void *) = TIMFriendshipGetFriendProfileList;
static int (*volatile add_friend)(const char *, TIMCommCallback, const void *) = TIMFriendshipAddFriend;
static int (*volatile delete_friend)(const char *, TIMCommCallback, const void *) = TIMFriendshipDeleteFriend;
static int (*volatile block)(const char *, TIMCommCallback, const void *) = TIMFriendshipAddToBlackList;
static int (*volatile unblock)(const char *, TIMCommCallback, const void *) = TIMFriendshipDeleteFromBlackList;
static int (*volatile blocked)(TIMCommCallback, const void *) = TIMFriendshipGetBlackList;
static void (*volatile on_added)(TIMOnAddFriendCallback, const void *) = TIMSetOnAddFriendCallback;
static void (*volatile on_deleted)(TIMOnDeleteFriendCallback, const void *) = TIMSetOnDeleteFriendCallback;
static int (*volatile background)(uint32_t, TIMCommCallback, const void *) = TIMMsgDoBackground;
static int (*volatile foreground)(TIMCommCallback, const void *) = TIMMsgDoForeground;
static int (*volatile operate)(const char *, TIMCommCallback, const void *) = callExperimentalAPI;
static int32_t (*volatile pump)(uint32_t, uint32_t) = USPump;
static uint32_t (*volatile subscriptions_max)(void) = USGetSubscriptionsMax;
static int (*volatile network_changed)(int) = USNetworkChanged;

/* Those of one of several clients: the same, behind its number. */
static int (*volatile client_open)(uint64_t, const char *, USClient *) = USClientOpen;
static int (*volatile client_close)(USClient) = USClientClose;
static int (*volatile client_login)(USClient, const char *, const char *, TIMCommCallback, const void *) = USClientLogin;
static int (*volatile client_user_id)(USClient, char *) = USClientGetLoginUserID;
static TIMLoginStatus (*volatile client_login_status)(USClient) = USClientGetLoginStatus;
static uint64_t (*volatile client_server_time)(USClient) = USClientGetServerTime;
static uint32_t (*volatile client_subscriptions_max)(USClient) = USClientGetSubscriptionsMax;
static int (*volatile client_background)(USClient, uint32_t, TIMCommCallback, const void *) = USClientMsgDoBackground;
static int (*volatile client_network_changed)(USClient, int) = USClientNetworkChanged;
static int32_t (*volatile client_pump)(USClient, uint32_t, uint32_t) = USClientPump;
static int (*const volatile client_calls[])(USClient, TIMCommCallback, const void *) = {
    USClientLogout, USClientFriendshipGetFriendProfileList, USClientFriendshipGetBlackList, USClientMsgDoForeground,
};
static int (*const volatile client_json_calls[])(USClient, const char *, TIMCommCallback, const void *) = {
    USClientSetConfig, USClientSetSelfStatus, USClientGetUserStatus, USClientSubscribeUserStatus, USClientUnsubscribeUserStatus,
    USClientFriendshipAddFriend, USClientFriendshipDeleteFriend, USClientFriendshipAddToBlackList, USClientFriendshipDeleteFromBlackList,
};
static void (*volatile client_on_status)(USClient, TIMUserStatusChangedCallback, const void *) = USClientSetUserStatusChangedCallback;
static void (*volatile client_on_link)(USClient, TIMNetworkStatusListenerCallback, const void *) = USClientSetNetworkStatusListenerCallback;
static void (*volatile client_on_kicked)(USClient, TIMKickedOfflineCallback, const void *) = USClientSetKickedOfflineCallback;
static void (*volatile client_on_expiring)(USClient, USUserSigExpiringCallback, const void *) = USClientSetUserSigExpiringCallback;
static void (*volatile client_on_expired)(USClient, TIMUserSigExpiredCallback, const void *) = USClientSetUserSigExpiredCallback;
static void (*volatile client_on_added)(USClient, TIMOnAddFriendCallback, const void *) = USClientSetOnAddFriendCallback;
static void (*volatile client_on_deleted)(USClient, TIMOnDeleteFriendCallback, const void *) = USClientSetOnDeleteFriendCallback;

int main(void) {
    TIMNetworkStatusListenerCallback network = on_network;
    TIMLogCallback log = on_log;
    enum TIMLoginStatus status = kTIMLoginStatus_UnLogined;
    int is_right = network && log && status && init && uninit && version && own_version && server_time && set_config && log_in && log_out && user_id
        && login_status && set_status && get_status && subscribe && unsubscribe && on_status && on_link && on_kicked && on_expired
        && on_line && friends && add_friend && delete_friend && on_added && on_deleted && background && foreground && operate && pump
        && block && unblock && blocked && on_expiring && network_changed && subscriptions_max;
    is_right = is_right && client_open && client_close && client_login && client_user_id && client_login_status && client_server_time
        && client_subscriptions_max && client_background && client_network_changed && client_pump && client_calls[0] && client_json_calls[0]
        && client_on_status && client_on_link && client_on_kicked && client_on_expiring && client_on_expired && client_on_added
        && client_on_deleted && sizeof(USClient) == 8;

    is_right = is_right && TIM_SUCC == 0 && TIM_ERR_SDKUNINIT == -1 && TIM_ERR_NOTLOGIN == -2 && TIM_ERR_JSON == -3
        && TIM_ERR_PARAM == -4 && TIM_ERR_CONV == -5 && TIM_ERR_GROUP == -6 && ERR_SUCC == 0;
    is_right = is_right && US_ERR_TOO_MANY_PENDING == -100 && US_ERR_NOT_PUMP_MODE == -101 && US_ERR_INTERNAL == -102
        && US_ERR_TOO_MANY_CLIENTS == -103;
    is_right = is_right && kTIMUserStatusType_Unkown == 0 && kTIMUserStatusType_Online == 1 && kTIMUserStatusType_Offline == 2
        && kTIMUserStatusType_UnLogined == 3;
    is_right = is_right && kTIMConnected == 0 && kTIMDisconnected == 1 && kTIMConnecting == 2 && kTIMConnectFailed == 3;
    is_right = is_right && kUSNetworkGone == 0 && kUSNetworkChanged == 1 && kUSNetworkBack == 2;
    is_right = is_right && kTIMLog_Off == 0 && kTIMLog_Test == 1 && kTIMLog_Verbose == 2 && kTIMLog_Debug == 3 && kTIMLog_Info == 4
        && kTIMLog_Warn == 5 && kTIMLog_Error == 6 && kTIMLog_Assert == 7;
    is_right = is_right && kTIMLoginStatus_Logined == 1 && kTIMLoginStatus_Logining == 2 && kTIMLoginStatus_UnLogined == 3
        && kTIMLoginStatus_Logouting == 4;
    is_right = is_right && FriendTypeSingle == 0 && FriendTypeBoth == 1;
    is_right = is_right && US_CODE_OK == 0 && US_CODE_NOT_INITIALIZED == 6013 && US_CODE_NOT_LOGGED_IN == 6014
        && US_CODE_STATUS_SWITCH_OFF == 72001;

    is_right = is_right && same(kTIMUserStatusIdentifier, "user_status_identifier")
        && same(kTIMUserStatusStatusType, "user_status_status_type") && same(kTIMUserStatusCustomStatus, "user_status_custom_status")
        && same(KTIMUserStatusOnlineDevices, "user_status_online_devices")
        && same(kTIMSdkConfigConfigFilePath, "sdk_config_config_file_path")
        && same(kTIMSdkConfigLogFilePath, "sdk_config_log_file_path")
        && same(kUSSdkConfigServerAddress, "sdk_config_server_address") && same(kUSSdkConfigCaFile, "sdk_config_ca_file")
        && same(kUSSdkConfigCaPem, "sdk_config_ca_pem") && same(kUSSdkConfigTlsPins, "sdk_config_tls_pins")
        && same(kUSSdkConfigHeartbeatIntervalMs, "sdk_config_heartbeat_interval_ms")
        && same(kUSSdkConfigPlatform, "sdk_config_platform") && same(kUSSdkConfigCallbackMode, "sdk_config_callback_mode")
        && same(kTIMSetConfigLogLevel, "set_config_log_level")
        && same(kTIMSetConfigCallbackLogLevel, "set_config_callback_log_level")
        && same(kTIMSetConfigIsLogOutputConsole, "set_config_is_log_output_console")
        && same(kTIMSetConfigUserDefineData, "set_config_user_define_data");
    is_right = is_right && same(kTIMFriendshipAddFriendParamIdentifier, "friendship_add_friend_param_identifier")
        && same(kTIMFriendshipAddFriendParamFriendType, "friendship_add_friend_param_friend_type")
        && same(kTIMFriendshipAddFriendParamRemark, "friendship_add_friend_param_remark")
        && same(kTIMFriendshipAddFriendParamGroupName, "friendship_add_friend_param_group_name")
        && same(kTIMFriendshipAddFriendParamAddSource, "friendship_add_friend_param_add_source")
        && same(kTIMFriendshipAddFriendParamAddWording, "friendship_add_friend_param_add_wording")
        && same(kTIMFriendshipDeleteFriendParamFriendType, "friendship_delete_friend_param_friend_type")
        && same(kTIMFriendshipDeleteFriendParamIdentifierArray, "friendship_delete_friend_param_identifier_array")
        && same(kTIMFriendResultIdentifier, "friend_result_identifier") && same(kTIMFriendResultCode, "friend_result_code")
        && same(kTIMFriendResultDesc, "friend_result_desc") && same(kTIMFriendProfileIdentifier, "friend_profile_identifier")
        && same(kTIMFriendProfileRemark, "friend_profile_remark") && same(kTIMFriendProfileAddTime, "friend_profile_add_time")
        && same(kTIMFriendProfileGroupNameArray, "friend_profile_group_name_array")
        && same(kTIMFriendProfileAddWording, "friend_profile_add_wording")
        && same(kTIMFriendProfileAddSource, "friend_profile_add_source");
    is_right = is_right && same(kTIMRequestInternalOperation, "request_internal_operation")
        && same(kTIMInternalOperationSetCustomServerInfo, "internal_operation_set_custom_server_info")
        && same(kTIMRequestSetCustomServerInfoParam, "request_set_custom_server_info_param")
        && same(kTIMCustomServerInfoLongConnectionAddressArray, "longconnection_address_array")
        && same(kTIMServerAddressIp, "server_address_ip") && same(kTIMServerAddressPort, "server_address_port");
    return is_right ? 0 : 1;
}
