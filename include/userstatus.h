/* SPDX-License-Identifier: Apache-2.0
 *
 * libuserstatus: user presence for games. Generated from the library's source by build.rs; do not edit.
 *
 * Functions, keys, enums and codes with the prefix TIM are those of the IM SDK whose ABI this library mirrors; those with the
 * prefix US are its own. S4, W2 and the like are rules of docs/rules.md.
 *
 * Texts are NUL-ended UTF-8 of at most 1 MiB. A function that takes a TIMCommCallback returns at once: 0, and the callback runs
 * exactly once; anything else, and it never runs. Callbacks may be NULL. All callbacks of a client run one after the other, in
 * order, on one thread (see USPump for which); they may call any function of this library, and may take their time: no heartbeat
 * is missed for it. Functions may be called from any thread. After fork the child must not use the library.
 *
 * A process has one client, which the functions mean that are told of none. One that needs more opens them: see USClient.
 *
 * JSON null is what is not there: for a whole argument the empty list or all defaults, for a key as if it were absent. Who asks about
 * nobody, or watches, blocks or deletes nobody, is told 0 and an empty list.
 *
 * The library also exports the rest of the mirrored API, for programs that link it. Those functions are not declared here and do
 * nothing: their callbacks are told 7013, and the JSON that the SDK hands over when they fail, which layers above it parse.
 */

#ifndef USERSTATUS_H
#define USERSTATUS_H

#include <stdint.h>

/* Before each function. Define US_STATIC when linking the static library on Windows. */
#if defined(_WIN32) && !defined(US_STATIC)
#define TIM_API __declspec(dllimport)
#elif defined(__GNUC__)
#define TIM_API __attribute__((visibility("default")))
#else
#define TIM_API
#endif

/* The code of success, in callbacks. */
#ifndef ERR_SUCC
#define ERR_SUCC 0
#endif

/**
 * The code a callback is called with. Numbers never move. A newer server may send others.
 */
typedef enum USCode {
    /**
     * Ok.
     */
    US_CODE_OK = 0,
    /**
     * Request timed out.
     */
    US_CODE_REQUEST_TIMEOUT = 6012,
    /**
     * Not initialized.
     */
    US_CODE_NOT_INITIALIZED = 6013,
    /**
     * Not login.
     */
    US_CODE_NOT_LOGGED_IN = 6014,
    /**
     * The same operation is already in progress.
     */
    US_CODE_IN_PROGRESS = 6015,
    /**
     * Invalid parameters.
     */
    US_CODE_INVALID_PARAMETERS = 6017,
    /**
     * The UserSig has expired; mint a new one and log in again.
     */
    US_CODE_USER_SIG_EXPIRED_LOCALLY = 6206,
    /**
     * Kicked by a login on another device; log in again to come back.
     */
    US_CODE_KICKED_OFFLINE = 6208,
    /**
     * Called too often; wait a moment.
     */
    US_CODE_CALLED_TOO_OFTEN = 7008,
    /**
     * Ended by uninit or logout before it was answered.
     */
    US_CODE_ENDED_BY_SHUTDOWN = 7009,
    /**
     * Needs the premium plan; ask the operator to set it with `userstatusd app set`.
     */
    US_CODE_NEEDS_PREMIUM = 7013,
    /**
     * Invalid operation.
     */
    US_CODE_INVALID_OPERATION = 7014,
    /**
     * No network connection.
     */
    US_CODE_NO_CONNECTION = 9508,
    /**
     * Sent, but no answer in time.
     */
    US_CODE_NO_ANSWER = 9520,
    /**
     * Never sent in time.
     */
    US_CODE_NEVER_SENT = 9523,
    /**
     * Friend request invalid.
     */
    US_CODE_FRIEND_REQUEST_INVALID = 30001,
    /**
     * No such account; it is registered by its first login.
     */
    US_CODE_FRIEND_NO_SUCH_ACCOUNT = 30003,
    /**
     * Too many friends.
     */
    US_CODE_FRIENDS_FULL = 30010,
    /**
     * The other user has too many friends.
     */
    US_CODE_PEER_FRIENDS_FULL = 30014,
    /**
     * Already a friend.
     */
    US_CODE_ALREADY_FRIENDS = 30015,
    /**
     * You have blocked this user; unblock first.
     */
    US_CODE_FRIEND_BLOCKED = 30515,
    /**
     * This user has blocked you.
     */
    US_CODE_BLOCKED_BY_FRIEND = 30525,
    /**
     * Not a friend.
     */
    US_CODE_NOT_A_FRIEND = 31704,
    /**
     * Too frequent; wait a moment.
     */
    US_CODE_TOO_FREQUENT = 60018,
    /**
     * The UserSig has expired; mint a new one.
     */
    US_CODE_SIG_EXPIRED = 70001,
    /**
     * The UserSig is empty.
     */
    US_CODE_SIG_EMPTY = 70002,
    /**
     * The UserSig is malformed or cut short.
     */
    US_CODE_SIG_MALFORMED = 70003,
    /**
     * The UserSig was not signed with a key of this app.
     */
    US_CODE_SIG_FORGED = 70009,
    /**
     * The UserSig was minted for another user.
     */
    US_CODE_SIG_OTHER_USER = 70013,
    /**
     * The UserSig was minted for another app.
     */
    US_CODE_SIG_OTHER_APP = 70014,
    /**
     * No such app on this server; check the app id.
     */
    US_CODE_UNKNOWN_APP = 70020,
    /**
     * Too many forged UserSigs; wait a minute.
     */
    US_CODE_TOO_MANY_FAILURES = 70050,
    /**
     * The UserSig was revoked by a kick; mint a new one.
     */
    US_CODE_SIG_REVOKED = 70052,
    /**
     * No such account.
     */
    US_CODE_NO_SUCH_ACCOUNT = 70107,
    /**
     * Bad parameters.
     */
    US_CODE_BAD_PARAMETERS = 70402,
    /**
     * Not an app admin.
     */
    US_CODE_NOT_ADMIN = 70403,
    /**
     * Internal error of the server; try again.
     */
    US_CODE_INTERNAL = 70500,
    /**
     * The user-status switch is off for this app; turn it on with `userstatusd app set`.
     */
    US_CODE_STATUS_SWITCH_OFF = 72001,
} USCode;

/* The keys of JSON in and out, as macros: unused ones draw no warning. */

/**
 * String: folder for configuration. Accepted and ignored: nothing is kept there.
 */
#define kTIMSdkConfigConfigFilePath "sdk_config_config_file_path"

/**
 * String: folder the log is written to, as `userstatus.log`; at 4 MiB it is renamed to `userstatus.log.1`.
 */
#define kTIMSdkConfigLogFilePath "sdk_config_log_file_path"

/**
 * String: where the server is, "host:port" or "tls://host:port"; up to 8 with commas between them, of which the first that answers is used.
 */
#define kUSSdkConfigServerAddress "sdk_config_server_address"

/**
 * String: PEM file of the authorities a tls:// server is checked against, instead of the system's.
 */
#define kUSSdkConfigCaFile "sdk_config_ca_file"

/**
 * String: the same as PEM text, for an authority that comes with the game; beside a file, both count.
 */
#define kUSSdkConfigCaPem "sdk_config_ca_pem"

/**
 * Array of at most 16 strings: keys, one of which the certificate of a tls:// server has to have, beside being signed by an authority. Each is the SHA-256 of its subjectPublicKeyInfo as base64, "sha256/" before it or not. Absent or empty: any.
 */
#define kUSSdkConfigTlsPins "sdk_config_tls_pins"

/**
 * Number, 5000 to 3600000: how many ms at most the library sends nothing, if the server does not ask for less: a network that is gone without a word is found 10 s after. Absent or 0: as the server asks (2 minutes, unless the app says otherwise). Phones pay for each heartbeat with battery.
 */
#define kUSSdkConfigHeartbeatIntervalMs "sdk_config_heartbeat_interval_ms"

/**
 * String: what this device is: "Windows", "Mac", "Linux", "iPhone", "iPad", "Android", "Web", "Console". Default: what the library was built for.
 */
#define kUSSdkConfigPlatform "sdk_config_platform"

/**
 * String: "thread" (default) or "pump": where callbacks run, see USPump.
 */
#define kUSSdkConfigCallbackMode "sdk_config_callback_mode"

/**
 * Number, a TIMLogLevel: least level written to the log file and the standard error stream. Default kTIMLog_Info.
 */
#define kTIMSetConfigLogLevel "set_config_log_level"

/**
 * Number, a TIMLogLevel: least level handed to the log callback. Default kTIMLog_Info.
 */
#define kTIMSetConfigCallbackLogLevel "set_config_callback_log_level"

/**
 * Boolean: whether the log also goes to the standard error stream. Default false.
 */
#define kTIMSetConfigIsLogOutputConsole "set_config_is_log_output_console"

/**
 * String, at most 64 bytes: sent with every login, for the operator's webhooks; a server without them drops it.
 */
#define kTIMSetConfigUserDefineData "set_config_user_define_data"

/**
 * String: whose status.
 */
#define kTIMUserStatusIdentifier "user_status_identifier"

/**
 * Number, a TIMUserStatusType: the normal status, kept by the system.
 */
#define kTIMUserStatusStatusType "user_status_status_type"

/**
 * String: the custom status, set by the user; empty if none.
 */
#define kTIMUserStatusCustomStatus "user_status_custom_status"

/**
 * Array of strings: the platforms the user is online from.
 */
#define KTIMUserStatusOnlineDevices "user_status_online_devices"

/**
 * String: whom to add.
 */
#define kTIMFriendshipAddFriendParamIdentifier "friendship_add_friend_param_identifier"

/**
 * Number, a TIMFriendType: into one list or both. Default FriendTypeSingle.
 */
#define kTIMFriendshipAddFriendParamFriendType "friendship_add_friend_param_friend_type"

/**
 * String, at most 96 bytes: a note about the friend.
 */
#define kTIMFriendshipAddFriendParamRemark "friendship_add_friend_param_remark"

/**
 * String, at most 30 bytes: the group to put the friend in.
 */
#define kTIMFriendshipAddFriendParamGroupName "friendship_add_friend_param_group_name"

/**
 * String, at most 32 bytes: where the friend was found.
 */
#define kTIMFriendshipAddFriendParamAddSource "friendship_add_friend_param_add_source"

/**
 * String, at most 256 bytes: what is said with the request.
 */
#define kTIMFriendshipAddFriendParamAddWording "friendship_add_friend_param_add_wording"

/**
 * Number, a TIMFriendType: from one list or both. Default FriendTypeSingle.
 */
#define kTIMFriendshipDeleteFriendParamFriendType "friendship_delete_friend_param_friend_type"

/**
 * Array of strings, at most 1,000: whom to delete.
 */
#define kTIMFriendshipDeleteFriendParamIdentifierArray "friendship_delete_friend_param_identifier_array"

/**
 * String: whom this result is about.
 */
#define kTIMFriendResultIdentifier "friend_result_identifier"

/**
 * Number: 0, or why not.
 */
#define kTIMFriendResultCode "friend_result_code"

/**
 * String: the code in words.
 */
#define kTIMFriendResultDesc "friend_result_desc"

/**
 * String: the friend, or the user who is blocked, of whom the other texts of an entry are empty.
 */
#define kTIMFriendProfileIdentifier "friend_profile_identifier"

/**
 * Array of strings: the group the friend is in; empty if none.
 */
#define kTIMFriendProfileGroupNameArray "friend_profile_group_name_array"

/**
 * String: the note about the friend.
 */
#define kTIMFriendProfileRemark "friend_profile_remark"

/**
 * String: what was said when adding.
 */
#define kTIMFriendProfileAddWording "friend_profile_add_wording"

/**
 * String: where the friend was found.
 */
#define kTIMFriendProfileAddSource "friend_profile_add_source"

/**
 * Number: when the friend was added, in seconds since 1970, UTC.
 */
#define kTIMFriendProfileAddTime "friend_profile_add_time"

/**
 * Object of the kTIMUserProfile… keys: there are no profiles here, so it says who it is, and all else is empty.
 */
#define kTIMFriendProfileUserProfile "friend_profile_user_profile"

/**
 * Array: always empty.
 */
#define kTIMFriendProfileCustomStringArray "friend_profile_custom_string_array"

/**
 * String: whose profile.
 */
#define kTIMUserProfileIdentifier "user_profile_identifier"

/**
 * String: always empty.
 */
#define kTIMUserProfileNickName "user_profile_nick_name"

/**
 * String: always empty.
 */
#define kTIMUserProfileFaceUrl "user_profile_face_url"

/**
 * Array: always empty.
 */
#define kTIMUserProfileCustomStringArray "user_profile_custom_string_array"

/**
 * String: what callExperimentalAPI is asked to do.
 */
#define kTIMRequestInternalOperation "request_internal_operation"

/**
 * The operation that says where the server is.
 */
#define kTIMInternalOperationSetCustomServerInfo "internal_operation_set_custom_server_info"

/**
 * The operation that names the user interface the library is used from. Accepted and ignored.
 */
#define kTIMInternalOperationSetUIPlatform "internal_operation_set_ui_platform"

/**
 * The operation that writes a line into the log.
 */
#define kTIMInternalOperationWriteLog "internal_operation_write_log"

/**
 * Object: what set_custom_server_info takes.
 */
#define kTIMRequestSetCustomServerInfoParam "request_set_custom_server_info_param"

/**
 * Array of objects: the server's addresses, 1 to 8; the first that answers is used.
 */
#define kTIMCustomServerInfoLongConnectionAddressArray "longconnection_address_array"

/**
 * String: accepted and ignored; TLS is chosen by sdk_config_server_address.
 */
#define kTIMCustomServerInfoServerPublicKey "server_public_key"

/**
 * String: host name or IP.
 */
#define kTIMServerAddressIp "server_address_ip"

/**
 * Number: port, 1 to 65535.
 */
#define kTIMServerAddressPort "server_address_port"

/**
 * Boolean: whether the IP is an IPv6 address. Accepted and ignored: it shows.
 */
#define kTIMServerAddressIsIPv6 "server_address_is_ipv6"

/**
 * Boolean: must be false or absent; there is no QUIC.
 */
#define kTIMServerAddressIsQuic "server_address_is_quic"

/**
 * Number, a TIMLogLevel: the line's level, for write_log.
 */
#define kTIMRequestWriteLogLogLevelParam "request_write_log_log_level_param"

/**
 * String: the line, for write_log.
 */
#define kTIMRequestWriteLogLogContentParam "request_write_log_log_content_param"

/**
 * String: the source file the line comes from, for write_log.
 */
#define kTIMRequestWriteLogFileNameParam "request_write_log_file_name_param"

/**
 * String: the function it comes from, for write_log.
 */
#define kTIMRequestWriteLogFuncNameParam "request_write_log_func_name_param"

/**
 * Number: where in the file, for write_log; 0 and less: not said.
 */
#define kTIMRequestWriteLogLineNumberParam "request_write_log_line_number_param"


/**
 * Whether somebody is logged in.
 */
typedef enum TIMLoginStatus {
    /**
     * Logged in. Stays so while a lost connection is being restored.
     */
    kTIMLoginStatus_Logined = 1,
    /**
     * TIMLogin is under way.
     */
    kTIMLoginStatus_Logining = 2,
    /**
     * Nobody is logged in.
     */
    kTIMLoginStatus_UnLogined = 3,
    /**
     * TIMLogout is under way.
     */
    kTIMLoginStatus_Logouting = 4,
} TIMLoginStatus;

/**
 * The state of the connection to the server.
 */
typedef enum TIMNetworkStatus {
    /**
     * Connected.
     */
    kTIMConnected = 0,
    /**
     * The connection was lost; the library goes on trying.
     */
    kTIMDisconnected = 1,
    /**
     * Connecting.
     */
    kTIMConnecting = 2,
    /**
     * An attempt to connect failed; the library goes on trying.
     */
    kTIMConnectFailed = 3,
} TIMNetworkStatus;

/**
 * How grave a log line is.
 */
typedef enum TIMLogLevel {
    /**
     * As a setting: no line at all.
     */
    kTIMLog_Off = 0,
    /**
     * As a setting: every line.
     */
    kTIMLog_Test = 1,
    /**
     * Each step.
     */
    kTIMLog_Verbose = 2,
    /**
     * For finding faults.
     */
    kTIMLog_Debug = 3,
    /**
     * Turning points: connected, logged in, lost.
     */
    kTIMLog_Info = 4,
    /**
     * Something unexpected that is dealt with.
     */
    kTIMLog_Warn = 5,
    /**
     * Something failed.
     */
    kTIMLog_Error = 6,
    /**
     * A bug of this library.
     */
    kTIMLog_Assert = 7,
} TIMLogLevel;

/**
 * What a function returns. 0: accepted, and its callback will run exactly once; anything else: refused, and it never will.
 */
typedef enum TIMResult {
    /**
     * Accepted.
     */
    TIM_SUCC = 0,
    /**
     * Reserved: never returned. What is called before TIMInit is answered with 6013 through its callback.
     */
    TIM_ERR_SDKUNINIT = -1,
    /**
     * Reserved: never returned. What is called before login is answered with 6014 through its callback.
     */
    TIM_ERR_NOTLOGIN = -2,
    /**
     * The argument is not JSON, or JSON of another form: a key of the wrong type, an object for an array, nested too deep.
     */
    TIM_ERR_JSON = -3,
    /**
     * NULL or empty where something is needed, a text of more than 1 MiB, an app id of 0, a configuration value out of range, a client
     * that is not open.
     */
    TIM_ERR_PARAM = -4,
    /**
     * Reserved.
     */
    TIM_ERR_CONV = -5,
    /**
     * Reserved.
     */
    TIM_ERR_GROUP = -6,
} TIMResult;

/**
 * Further return values, this library's own.
 */
typedef enum USResult {
    /**
     * 16,384 calls of a client wait for their callback to run; call again when some have. Also seen when nobody calls USPump.
     */
    US_ERR_TOO_MANY_PENDING = -100,
    /**
     * USPump was called, but callbacks run on the callback thread: TIMInit (or USClientOpen) was not told to pump.
     */
    US_ERR_NOT_PUMP_MODE = -101,
    /**
     * Something inside the library failed: a bug of it, or no memory or threads left. The log says what.
     */
    US_ERR_INTERNAL = -102,
    /**
     * 256 clients are open: USClientClose one first.
     */
    US_ERR_TOO_MANY_CLIENTS = -103,
} USResult;

/**
 * The normal status of a user, kept by the system (S3).
 */
typedef enum TIMUserStatusType {
    /**
     * Never heard of by the server.
     */
    kTIMUserStatusType_Unkown = 0,
    /**
     * Logged in.
     */
    kTIMUserStatusType_Online = 1,
    /**
     * Did not log out, but the connection is gone.
     */
    kTIMUserStatusType_Offline = 2,
    /**
     * Never logged in, or logged out.
     */
    kTIMUserStatusType_UnLogined = 3,
} TIMUserStatusType;

/**
 * Whose friend list is meant.
 */
typedef enum TIMFriendType {
    /**
     * One's own.
     */
    FriendTypeSingle = 0,
    /**
     * One's own and the other user's.
     */
    FriendTypeBoth = 1,
} TIMFriendType;

/**
 * What the platform says of its network.
 */
typedef enum USNetworkChange {
    /**
     * There is none any more.
     */
    kUSNetworkGone = 0,
    /**
     * It is another one, as from Wi-Fi to the phone's own, or has another address.
     */
    kUSNetworkChanged = 1,
    /**
     * There is one again.
     */
    kUSNetworkBack = 2,
} USNetworkChange;

/**
 * The one-shot callback of a call. It runs exactly once if the call returned 0, and never otherwise.
 *
 * - `code`: 0, or why not: a USCode.
 * - `desc`: the code in words, for people; "ok" for 0.
 * - `json_params`: the answer, as the function says; "" if it has none, as failures have unless the function says otherwise.
 * - `user_data`: what was handed in, untouched; used for the last time in this call.
 *
 * Runs on the callback thread, or inside USPump in pump mode, never inside the function it was handed to (but see TIMUninit).
 * Both strings live until it returns. It may call any function of this library. It must not throw.
 */
typedef void (*TIMCommCallback)(int32_t code, const char *desc, const char *json_params, const void *user_data);

/**
 * Called with each change of status one is to hear of: one's own, those of users subscribed to, those of friends if the app says so.
 *
 * - `json_user_status_array`: array of user statuses, each whole (N1). While callbacks wait to be run, several changes of one user
 *   become one, the newest (N6), for 8,192 users.
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. The string lives until it returns. It must not throw.
 */
typedef void (*TIMUserStatusChangedCallback)(const char *json_user_status_array, const void *user_data);

/**
 * Called when the connection to the server changes.
 *
 * - `status`: what it is now.
 * - `code`, `desc`: 0 and "ok", or why the connection failed or was lost.
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last 16 are kept. The string lives until it
 * returns. It must not throw.
 */
typedef void (*TIMNetworkStatusListenerCallback)(enum TIMNetworkStatus status,
                                                 int32_t code,
                                                 const char *desc,
                                                 const void *user_data);

/**
 * Called when this device was logged out by a login of the same user elsewhere (6208), or by the operator (70052). The library does not
 * log in again by itself; TIMLogin does.
 *
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last one is kept. It must not throw.
 */
typedef void (*TIMKickedOfflineCallback)(const void *user_data);

/**
 * Called when the UserSig is about to end, by the server's clock: mint a new one and call TIMLogin, with the same user, and nobody notices.
 * Once for each UserSig.
 *
 * - `expires_in_ms`: how long it is still good for, in milliseconds from when the server said so; never 0.
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last one is kept. It must not throw.
 */
typedef void (*USUserSigExpiringCallback)(uint64_t expires_in_ms, const void *user_data);

/**
 * Called when a new UserSig is needed: mint one and call TIMLogin.
 *
 * - The UserSig has ended while connected: once for each UserSig. Whether the user stays logged in, without a way back should the connection
 *   break, or is logged out is up to the app's settings (D3).
 * - The user was logged out, then or at a reconnect, because the UserSig does not let this device in any more: it has ended (70001), its key
 *   was removed (70009), or it is empty, malformed, another user's or another app's (70002, 70003, 70013, 70014); or the app is gone
 *   (70020), which TIMLogin then says. The library does not log in again by itself. TIMGetLoginStatus tells which of the two it is.
 *
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last one is kept. It must not throw.
 */
typedef void (*TIMUserSigExpiredCallback)(const void *user_data);

/**
 * Called with each line of the log at or above the level set with TIMSetConfig.
 *
 * - `level`: how grave.
 * - `log`: the line, at most 1,024 bytes, without line end. It never holds a UserSig or a status.
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. Of a backlog the last 1,024 lines are kept. The string lives until it
 * returns. It must not throw.
 */
typedef void (*TIMLogCallback)(enum TIMLogLevel level, const char *log, const void *user_data);

/**
 * Called with users who became friends: added by this user, on whichever device, or by a user who added both ways. On the device that
 * added, before the callback of the call.
 *
 * - `json_identifier_array`: array of user ids.
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. A backlog keeps the newest of each user, for 4,096 users. The string
 * lives until it returns. It must not throw.
 */
typedef void (*TIMOnAddFriendCallback)(const char *json_identifier_array, const void *user_data);

/**
 * Called with users who are friends no more: deleted by this user, on whichever device, or by a user who deleted both ways. On the device
 * that deleted, before the callback of the call.
 *
 * - `json_identifier_array`: array of user ids.
 * - `user_data`: as registered; used last when the callback is replaced or cleared, or TIMUninit returns.
 *
 * Runs on the callback thread, or inside USPump in pump mode. A backlog keeps the newest of each user, for 4,096 users. The string
 * lives until it returns. It must not throw.
 */
typedef void (*TIMOnDeleteFriendCallback)(const char *json_identifier_array, const void *user_data);

/**
 * One of several clients of this process: for what has more than one player in it, as an editor that tries two, or a process of bots.
 *
 * A number that USClientOpen gives. 0 is none, and a number is not used again. A function that is told a number of no open client does nothing:
 * it returns TIM_ERR_PARAM, and its callback never runs; or what it says itself.
 *
 * Each function is that of the default client whose name it has, for this client: what is said there of TIMInit and TIMUninit holds here of
 * USClientOpen and USClientClose, and 6013 does not come. The default client is none of these; it can be initialised beside them, or not.
 *
 * Each client has a connection, a login, listeners and threads of its own. The callbacks of one client run one after the other, in order;
 * those of two run at the same time. Two clients of one user are two devices. At most 256 are open at a time.
 *
 * Of the process, so without a function here: the log, and what callExperimentalAPI does.
 */
typedef uint64_t USClient;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Initialises the library. It connects at the first TIMLogin.
 *
 * - `sdk_app_id`: the app's number on the server; not 0.
 * - `json_sdk_config`: object of the kTIMSdkConfig… and kUSSdkConfig… keys, all optional; unknown keys are ignored. NULL or "": all
 *   defaults.
 *
 * The server's address is, in this order: what callExperimentalAPI set, kUSSdkConfigServerAddress, the environment variable
 * USERSTATUS_SERVER. Without one, or if it, the CA or a pin cannot be used, TIMInit succeeds and TIMLogin's callback says what is wrong.
 *
 * Returns TIM_SUCC, also when initialised already with the same app and configuration; TIM_ERR_JSON: the configuration is not a JSON
 * object or a known key has the wrong type; TIM_ERR_PARAM: the app id is 0, the callback mode or the platform is none, the
 * heartbeat interval is out of bounds, the configuration is longer than 1 MiB, or the library is initialised with another app or configuration; US_ERR_INTERNAL: no thread
 * could be started.
 *
 * Thread: any. With callback mode "pump" callbacks run inside USPump from now on, else on one thread of the library's named
 * "userstatus-cb", which the first callback starts and TIMUninit ends. Before the first TIMInit they run there too; after TIMUninit the mode
 * stays as it was. A process that forked must not use the library in the child.
 *
 * Ownership: the text is copied.
 *
 * # Safety
 * `json_sdk_config` is NULL or a NUL-ended string.
 */
TIM_API
int TIMInit(uint64_t sdk_app_id,
            const char *json_sdk_config);

/**
 * Ends everything: the connection is closed without a logout, calls under way end with 7009, all listener callbacks are forgotten.
 *
 * When it returns, no callback of a call made before, and no listener callback, is running or will run. Called inside a callback, the
 * callbacks still owed run before it returns, inside that callback, which alone is then still running.
 *
 * Returns TIM_SUCC, also when the library was not initialised.
 *
 * Thread: any, also inside a callback. It waits for a callback that is running on another thread: do not call it while that callback
 * waits for you. In pump mode the callbacks still owed run here, on the caller's thread.
 *
 * Ownership: no user data is used after it returns.
 */
TIM_API
int TIMUninit(void);

/**
 * The version of the IM SDK whose ABI the library has, as in "8.6.0": for programs that ask it what there is. USGetVersion is the
 * library's own.
 *
 * Thread: any. Ownership: the string is the library's and lives as long as the process.
 */
TIM_API
const char *TIMGetSDKVersion(void);

/**
 * The version of the library, as in "0.1.0".
 *
 * Thread: any. Ownership: the string is the library's and lives as long as the process.
 */
TIM_API const char *USGetVersion(void);

/**
 * The server's clock, in seconds since 1970, UTC; this machine's until the first connection to the server since TIMInit.
 *
 * Thread: any.
 */
TIM_API
uint64_t TIMGetServerTime(void);

/**
 * Changes settings, at any time, also before TIMInit. They last as long as the process.
 *
 * - `json_config`: object of the kTIMSetConfig… keys; what is absent stays as it is, unknown keys are ignored.
 * - `cb`, `user_data`: told 0 when it is done, and `json_config` as it was given; NULL if nobody wants to know. While logged in,
 *   user-defined data goes to the server first, whose answer it then is; if that is a failure, it comes with `json_config` as well.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, a level above 7, or more than 64 bytes of
 * user-defined data; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_config` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMSetConfig(const char *json_config,
                 TIMCommCallback cb,
                 const void *user_data);

/**
 * Logs a user in. From then on the library keeps the connection by itself, until TIMLogout, TIMUninit, or a kick.
 *
 * - `user_id`: 1 to 32 bytes of printable ASCII without space; the first login registers the user.
 * - `user_sig`: what the game's server minted for this user (TLSSigAPIv2).
 * - `cb`, `user_data`: told 0 when logged in. Else 6013 not initialised; 6015 a login or logout is under way; 6017 no user id; 7014
 *   logged in as somebody else; 700xx what is wrong with the UserSig, 70003 also, and without asking the server, for more than 2,048
 *   bytes; 60018 too many logins of this user; 9508 nobody said where the server is, or its address or CA
 *   file cannot be used; 9523 it cannot be reached within 30 s; 9520 no answer; 6208 kicked
 *   meanwhile; 7009 ended by TIMUninit or TIMLogout.
 *
 * Logged in as the same user it renews the UserSig (D3): the server checks it like any login's, and nothing else is noticed of it. Told 0, the
 * new one serves from now on; told anything else, the old one stays, and so does the login. While a lost connection is being restored, the
 * attempt that succeeds within 30 s uses the new one and is the answer. 6015: the renewal before is not answered; 6017: the server
 * is too old to renew, log out and in instead.
 *
 * Returns TIM_SUCC; TIM_ERR_PARAM: one is NULL, empty, longer than 1 MiB or not UTF-8; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the texts are copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `user_id` and `user_sig` are NULL or NUL-ended strings; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMLogin(const char *user_id,
             const char *user_sig,
             TIMCommCallback cb,
             const void *user_data);

/**
 * Logs out: the user's status becomes UNLOGINED once no other device is logged in. Calls under way end with 7009.
 *
 * - `cb`, `user_data`: told 0 when logged out, also when nobody was logged in or the server cannot be reached; else 6013 not
 *   initialised, 6015 a logout is under way.
 *
 * Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: `user_data` is used last by the callback.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
int TIMLogout(TIMCommCallback cb,
              const void *user_data);

/**
 * Writes the id of the user who is logged in, or "" if nobody is, and a NUL.
 *
 * - `user_id_buffer`: room for 128 bytes.
 *
 * Returns TIM_SUCC; TIM_ERR_PARAM: NULL.
 *
 * Thread: any. Ownership: the buffer is the caller's, and written only on success.
 *
 * # Safety
 * `user_id_buffer` is NULL or has room for 128 bytes.
 */
TIM_API int TIMGetLoginUserID(char *user_id_buffer);

/**
 * Whether somebody is logged in. While a lost connection is being restored, yes.
 *
 * Thread: any.
 */
TIM_API enum TIMLoginStatus TIMGetLoginStatus(void);

/**
 * Sets the custom status of the user logged in, for all to see (C1 to C5).
 *
 * - `json_current_user_status`: a user status, of which only kTIMUserStatusCustomStatus counts: at most 100 bytes of UTF-8 unless
 *   the app says otherwise; "", or none at all, clears it.
 * - `cb`, `user_data`: told 0 when it is set, and the status-changed callback of every device of the user runs. Else 6013 not
 *   initialised, 6014 not logged in, 6017 too long, 9508, 9520 or 9523 the server did not answer, 6208, 7009.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty or longer than 1 MiB; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_current_user_status` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMSetSelfStatus(const char *json_current_user_status,
                     TIMCommCallback cb,
                     const void *user_data);

/**
 * Asks for users' statuses (G1 to G3).
 *
 * - `json_identifier_array`: array of user ids, at most 500; [] and null ask about nobody.
 * - `cb`, `user_data`: told 0 and an array of user statuses, in the order asked, each user once; whoever the server never heard of
 *   has status 0. Else "[]" and 6013 not initialised, 6014 not logged in, 6017 too many, 7008 or 60018 more than 20 in 5 s, 7013 the
 *   app has not the premium plan, 72001 its switch is off, 9508, 9520 or 9523 the server did not answer, 6208, 7009.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
 * US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMGetUserStatus(const char *json_identifier_array,
                     TIMCommCallback cb,
                     const void *user_data);

/**
 * Watches users: from now on each change of theirs is told to the status-changed callback (W1 to W8). A user watches at most 200;
 * the earliest goes.
 *
 * - `json_identifier_array`: array of user ids, at most 100; none may be one's own. [] and null are nobody.
 * - `cb`, `user_data`: told 0 and an array of these users' present statuses; an id that no user can have has status 0 there, and the rest
 *   is subscribed to. Else 6013 not initialised, 6014 not logged in, 6017 too many, 7014 oneself, 7008 or 60018 more than 20 in 5 s, 7013 the app has not the premium plan, 72001 its switch is
 *   off, 9508, 9520 or 9523 the server did not answer, 6208, 7009.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
 * US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMSubscribeUserStatus(const char *json_identifier_array,
                           TIMCommCallback cb,
                           const void *user_data);

/**
 * Watches users no more (W1, W6).
 *
 * - `json_identifier_array`: array of user ids, at most 100; NULL, "", null or an empty array: all. An id that no user can have is ignored.
 * - `cb`, `user_data`: told 0 when it is done. Else as TIMSubscribeUserStatus, but for 7014.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: longer than 1 MiB; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMUnsubscribeUserStatus(const char *json_identifier_array,
                             TIMCommCallback cb,
                             const void *user_data);

/**
 * How many users an account can be subscribed to at a time (W2): what the server said at the last login; before the first, and while not
 * initialised, 200. Of more the earliest is dropped.
 *
 * Thread: any.
 */
TIM_API
uint32_t USGetSubscriptionsMax(void);

/**
 * Sets who is told of changes of status. What happened before is not told.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void TIMSetUserStatusChangedCallback(TIMUserStatusChangedCallback cb,
                                     const void *user_data);

/**
 * Sets who is told how the connection to the server stands.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void TIMSetNetworkStatusListenerCallback(TIMNetworkStatusListenerCallback cb,
                                         const void *user_data);

/**
 * Sets who is told that this device was logged out from elsewhere.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void TIMSetKickedOfflineCallback(TIMKickedOfflineCallback cb,
                                 const void *user_data);

/**
 * Sets who is told that the UserSig is about to end. What happened before is not told.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void USSetUserSigExpiringCallback(USUserSigExpiringCallback cb,
                                  const void *user_data);

/**
 * Sets who is told that a new UserSig is needed.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void TIMSetUserSigExpiredCallback(TIMUserSigExpiredCallback cb,
                                  const void *user_data);

/**
 * Sets who is told the lines of the log. Which lines is up to kTIMSetConfigCallbackLogLevel.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void TIMSetLogCallback(TIMLogCallback cb,
                       const void *user_data);

/**
 * Sets who is told of new friends.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void TIMSetOnAddFriendCallback(TIMOnAddFriendCallback cb,
                               const void *user_data);

/**
 * Sets who is told of friends that are friends no more.
 *
 * - `cb`: the callback; NULL: none. It replaces the one there is.
 * - `user_data`: handed to it, untouched.
 *
 * Thread: any, at any time, also before TIMInit; TIMUninit forgets it. Returns when the callback replaced is not running any more: do
 * not call it while that callback waits for you. Inside a callback it returns at once, and the callback replaced runs at most to its
 * end.
 *
 * Ownership: the user data of the callback replaced is not used after this returns.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void TIMSetOnDeleteFriendCallback(TIMOnDeleteFriendCallback cb,
                                  const void *user_data);

/**
 * Lists the friends of the user logged in, by user id; at most 10,000. They come from the server in pages, each with the time of a call, and are
 * handed over whole.
 *
 * - `cb`, `user_data`: told 0 and an array of friends (kTIMFriendProfile… keys). Else 6013 not initialised, 6014 not logged in, 7013 the
 *   app has not the premium plan, 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or 9523 the server did not answer,
 *   6208, 7009.
 *
 * Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: `user_data` is used last by the callback.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
int TIMFriendshipGetFriendProfileList(TIMCommCallback cb,
                                      const void *user_data);

/**
 * Adds a friend, into one's own list or both. There is no asking: the other user is told, not asked.
 *
 * - `json_add_friend_param`: object of the kTIMFriendshipAddFriendParam… keys; the identifier must be there.
 * - `cb`, `user_data`: told 0 and an object of the kTIMFriendResult… keys, whose code says what became of it: 30001 oneself, 30003 no
 *   such account, 30010 or 30014 too many friends, 30015 a friend already, 30515 you have blocked the user, 30525 the user has blocked
 *   you. Else 6013 not initialised, 6014 not logged in, 6017 no user id or a text too long, 7013 the app has not the premium plan, 7014 in
 *   this app only the studio's server makes friends (R2), 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or 9523 the
 *   server did not answer, 6208, 7009.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, no identifier, or a friend type that is none;
 * US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_add_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMFriendshipAddFriend(const char *json_add_friend_param,
                           TIMCommCallback cb,
                           const void *user_data);

/**
 * Deletes friends, from one's own list or also from theirs.
 *
 * - `json_delete_friend_param`: object of the kTIMFriendshipDeleteFriendParam… keys.
 * - `cb`, `user_data`: told 0 and an array of objects of the kTIMFriendResult… keys, in the order given, whose codes say what became
 *   of each: 31704 no friend; of nobody, an empty array. Else 6013 not initialised, 6014 not logged in, 6017 too many or no user id, 7013 the app has not the premium plan,
 *   7014 in this app only the studio's server ends friendships (R2), 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or
 *   9523 the server did not answer, 6208, 7009.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, or a friend type that is none;
 * US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_delete_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMFriendshipDeleteFriend(const char *json_delete_friend_param,
                              TIMCommCallback cb,
                              const void *user_data);

/**
 * Blocks users (R2): from now on neither is told of the other, asking shows OFFLINE with no text, and neither can add the other as a friend.
 *
 * - `json_identifier_array`: array of user ids, at most 1,000.
 * - `cb`, `user_data`: told 0 and an array of objects of the kTIMFriendResult… keys, in the order given, whose codes say what became of
 *   each: 30001 oneself, 30003 no such account, 30010 too many are blocked. Else 6013 not initialised, 6014 not logged in, 6017 too many or
 *   no user id, 7013 the app has not the premium plan, 7008 or 60018 more than 20 calls about friends in 5 s, 9508, 9520 or 9523 the
 *   server did not answer, 6208, 7009.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
 * US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMFriendshipAddToBlackList(const char *json_identifier_array,
                                TIMCommCallback cb,
                                const void *user_data);

/**
 * Blocks users no more.
 *
 * - `json_identifier_array`: array of user ids, at most 1,000.
 * - `cb`, `user_data`: told 0 and an array of objects of the kTIMFriendResult… keys, in the order given. Else as
 *   TIMFriendshipAddToBlackList.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON: not an array of strings; TIM_ERR_PARAM: NULL, empty, or longer than 1 MiB;
 * US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int TIMFriendshipDeleteFromBlackList(const char *json_identifier_array,
                                     TIMCommCallback cb,
                                     const void *user_data);

/**
 * Lists those whom the user logged in has blocked, by user id; as TIMFriendshipGetFriendProfileList lists friends.
 *
 * - `cb`, `user_data`: told 0 and an array of objects with kTIMFriendProfileIdentifier. Else as TIMFriendshipGetFriendProfileList.
 *
 * Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: `user_data` is used last by the callback.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
int TIMFriendshipGetBlackList(TIMCommCallback cb,
                              const void *user_data);

/**
 * Says that the application went to the background. The status does not change: while process and connection live the user is
 * ONLINE (S5).
 *
 * - `unread_count`: ignored; there are no messages here.
 * - `cb`, `user_data`: told 0; 6013 not initialised, 6014 not logged in.
 *
 * Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: `user_data` is used last by the callback.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
int TIMMsgDoBackground(uint32_t unread_count,
                       TIMCommCallback cb,
                       const void *user_data);

/**
 * Says that the application is in the foreground again. The library finds out at once whether the connection still stands, and makes
 * it again if not.
 *
 * - `cb`, `user_data`: told 0 at once; 6013 not initialised, 6014 not logged in.
 *
 * Returns TIM_SUCC; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any. Ownership: `user_data` is used last by the callback.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
int TIMMsgDoForeground(TIMCommCallback cb,
                       const void *user_data);

/**
 * Says that the platform's network changed, for a game that is told so by its platform (Android's ConnectivityManager, Apple's
 * NWPathMonitor; the Unity package looks by itself). Without it the library finds out in its own time: some 15 s after a call, and
 * while nothing is called some 10 s after the next heartbeat.
 *
 * - `change`: a USNetworkChange. kUSNetworkGone: the connection counts as lost at once, and the network callback says so; the library
 *   goes on trying, less and less often. kUSNetworkChanged, kUSNetworkBack: a connection that stands is probed, and given up if nothing
 *   comes back within 3 s; one that is wanted is made at once, whatever the wait was to be.
 *
 * Returns TIM_SUCC, also when not initialised or not logged in, where there is nothing to do; TIM_ERR_PARAM: another number.
 *
 * Thread: any. It returns at once.
 */
TIM_API
int USNetworkChanged(int change);

/**
 * Asks for an internal operation.
 *
 * - `json_param`: object with kTIMRequestInternalOperation and what the operation takes.
 *   internal_operation_set_custom_server_info, before TIMInit, says where the server is: 1 to 8 addresses, of which the first that answers is used,
 *   without TLS, which kUSSdkConfigServerAddress has. It comes before any other way to say so and lasts as long as the process. internal_operation_write_log writes a line into the log. internal_operation_set_ui_platform and
 *   others that mean nothing here are accepted and ignored.
 * - `cb`, `user_data`: told 0 when it is done; 6017 what the operation takes is missing or wrong, 7014 the server was set after
 *   TIMInit, 7013 there is no such operation here.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON; TIM_ERR_PARAM: NULL, empty, longer than 1 MiB, or no operation; US_ERR_TOO_MANY_PENDING.
 *
 * Thread: any, also before TIMInit. Ownership: the text is copied; `user_data` is used last by the callback.
 *
 * # Safety
 * `json_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int callExperimentalAPI(const char *json_param,
                        TIMCommCallback cb,
                        const void *user_data);

/**
 * Runs callbacks that wait, here, on the calling thread: for a game that wants them on its main thread and calls this each frame.
 *
 * Only in pump mode: TIMInit with kUSSdkConfigCallbackMode "pump". What waits is bounded however long nobody pumps: 16,384 calls, of
 * each user the newest status, and so on as each callback type says.
 *
 * - `max_callbacks`: how many to run at most; 0: all that wait now.
 * - `timeout_ms`: how long to wait for the first; 0: not at all.
 *
 * Returns how many ran; US_ERR_NOT_PUMP_MODE; US_ERR_INTERNAL.
 *
 * Thread: any, also inside a callback, which then runs further callbacks inside it. Several threads may call it: one runs callbacks
 * at a time, and the others wait for their turn as long as `timeout_ms`.
 */
TIM_API
int32_t USPump(uint32_t max_callbacks,
               uint32_t timeout_ms);

/**
 * Opens a client. It connects at the first USClientLogin.
 *
 * - `sdk_app_id`, `json_sdk_config`: as for TIMInit, without kTIMSdkConfigLogFilePath. The server's address is kUSSdkConfigServerAddress,
 *   else the environment variable USERSTATUS_SERVER; what callExperimentalAPI set is the default client's.
 * - `client`: told the number.
 *
 * Returns TIM_SUCC; TIM_ERR_JSON and TIM_ERR_PARAM as TIMInit, the latter also if `client` is NULL or the configuration names a log file,
 * which is the process's; US_ERR_TOO_MANY_CLIENTS: 256 are open; US_ERR_INTERNAL: no thread could be started, or the process has no descriptor left.
 *
 * Thread: any. With callback mode "pump" this client's callbacks run inside USClientPump, else on a thread of its own, named
 * "userstatus-cb" as each of them is. Ownership: the text is copied; `client` is the caller's, and written only on success. Who opens a
 * client closes it.
 *
 * # Safety
 * `json_sdk_config` is NULL or a NUL-ended string; `client` is NULL or has room for a number.
 */
TIM_API
int USClientOpen(uint64_t sdk_app_id,
                 const char *json_sdk_config,
                 USClient *client);

/**
 * Closes a client, as TIMUninit ends the default one: the connection without a logout, calls under way with 7009. From the beginning of this
 * call the number is that of no client, also for callbacks that are still owed.
 *
 * When it returns, no callback of this client is running or will run. Called inside a callback of this client, those still owed run before
 * it returns, inside that callback, which alone is then still running.
 *
 * Returns TIM_SUCC; TIM_ERR_PARAM: no such client is open, or another thread is closing it.
 *
 * Thread: any, also inside a callback. It waits for a callback of this client that is running on another thread: do not call it while
 * that callback waits for you. So two callbacks of two clients must not close each other's. In pump mode the callbacks still owed run
 * here, and a USClientPump that waits for callbacks returns.
 *
 * Ownership: no user data of this client is used after it returns.
 */
TIM_API
int USClientClose(USClient client);

/**
 * As TIMSetConfig, of this client: kTIMSetConfigUserDefineData, for as long as it is open. The keys of the log are the process's and
 * refused here: TIM_ERR_PARAM.
 *
 * # Safety
 * `json_config` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientSetConfig(USClient client,
                      const char *json_config,
                      TIMCommCallback cb,
                      const void *user_data);

/**
 * As TIMLogin, of this client.
 *
 * # Safety
 * `user_id` and `user_sig` are NULL or NUL-ended strings; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientLogin(USClient client,
                  const char *user_id,
                  const char *user_sig,
                  TIMCommCallback cb,
                  const void *user_data);

/**
 * As TIMLogout, of this client.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API int USClientLogout(USClient client, TIMCommCallback cb, const void *user_data);

/**
 * As TIMGetLoginUserID, of this client.
 *
 * # Safety
 * `user_id_buffer` is NULL or has room for 128 bytes.
 */
TIM_API int USClientGetLoginUserID(USClient client, char *user_id_buffer);

/**
 * As TIMGetLoginStatus, of this client; of none, kTIMLoginStatus_UnLogined.
 */
TIM_API enum TIMLoginStatus USClientGetLoginStatus(USClient client);

/**
 * As TIMGetServerTime, of this client; of none, 0.
 */
TIM_API uint64_t USClientGetServerTime(USClient client);

/**
 * As TIMSetSelfStatus, of this client.
 *
 * # Safety
 * `json_current_user_status` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientSetSelfStatus(USClient client,
                          const char *json_current_user_status,
                          TIMCommCallback cb,
                          const void *user_data);

/**
 * As TIMGetUserStatus, of this client.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientGetUserStatus(USClient client,
                          const char *json_identifier_array,
                          TIMCommCallback cb,
                          const void *user_data);

/**
 * As TIMSubscribeUserStatus, of this client.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientSubscribeUserStatus(USClient client,
                                const char *json_identifier_array,
                                TIMCommCallback cb,
                                const void *user_data);

/**
 * As TIMUnsubscribeUserStatus, of this client.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientUnsubscribeUserStatus(USClient client,
                                  const char *json_identifier_array,
                                  TIMCommCallback cb,
                                  const void *user_data);

/**
 * As USGetSubscriptionsMax, of this client; of none, 0.
 */
TIM_API uint32_t USClientGetSubscriptionsMax(USClient client);

/**
 * As TIMSetUserStatusChangedCallback, of this client; of none, nothing happens.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void USClientSetUserStatusChangedCallback(USClient client,
                                          TIMUserStatusChangedCallback cb,
                                          const void *user_data);

/**
 * As TIMSetNetworkStatusListenerCallback, of this client; of none, nothing happens.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API
void USClientSetNetworkStatusListenerCallback(USClient client,
                                              TIMNetworkStatusListenerCallback cb,
                                              const void *user_data);

/**
 * As TIMSetKickedOfflineCallback, of this client; of none, nothing happens.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API void USClientSetKickedOfflineCallback(USClient client, TIMKickedOfflineCallback cb, const void *user_data);

/**
 * As USSetUserSigExpiringCallback, of this client; of none, nothing happens.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API void USClientSetUserSigExpiringCallback(USClient client, USUserSigExpiringCallback cb, const void *user_data);

/**
 * As TIMSetUserSigExpiredCallback, of this client; of none, nothing happens.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API void USClientSetUserSigExpiredCallback(USClient client, TIMUserSigExpiredCallback cb, const void *user_data);

/**
 * As TIMSetOnAddFriendCallback, of this client; of none, nothing happens.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API void USClientSetOnAddFriendCallback(USClient client, TIMOnAddFriendCallback cb, const void *user_data);

/**
 * As TIMSetOnDeleteFriendCallback, of this client; of none, nothing happens.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API void USClientSetOnDeleteFriendCallback(USClient client, TIMOnDeleteFriendCallback cb, const void *user_data);

/**
 * As TIMFriendshipGetFriendProfileList, of this client.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API int USClientFriendshipGetFriendProfileList(USClient client, TIMCommCallback cb, const void *user_data);

/**
 * As TIMFriendshipAddFriend, of this client.
 *
 * # Safety
 * `json_add_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientFriendshipAddFriend(USClient client,
                                const char *json_add_friend_param,
                                TIMCommCallback cb,
                                const void *user_data);

/**
 * As TIMFriendshipDeleteFriend, of this client.
 *
 * # Safety
 * `json_delete_friend_param` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientFriendshipDeleteFriend(USClient client,
                                   const char *json_delete_friend_param,
                                   TIMCommCallback cb,
                                   const void *user_data);

/**
 * As TIMFriendshipAddToBlackList, of this client.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientFriendshipAddToBlackList(USClient client,
                                     const char *json_identifier_array,
                                     TIMCommCallback cb,
                                     const void *user_data);

/**
 * As TIMFriendshipDeleteFromBlackList, of this client.
 *
 * # Safety
 * `json_identifier_array` is NULL or a NUL-ended string; `cb` is NULL or a function of this type.
 */
TIM_API
int USClientFriendshipDeleteFromBlackList(USClient client,
                                          const char *json_identifier_array,
                                          TIMCommCallback cb,
                                          const void *user_data);

/**
 * As TIMFriendshipGetBlackList, of this client.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API int USClientFriendshipGetBlackList(USClient client, TIMCommCallback cb, const void *user_data);

/**
 * As TIMMsgDoBackground, of this client: an application tells each client it has.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API int USClientMsgDoBackground(USClient client, uint32_t unread_count, TIMCommCallback cb, const void *user_data);

/**
 * As TIMMsgDoForeground, of this client.
 *
 * # Safety
 * `cb` is NULL or a function of this type.
 */
TIM_API int USClientMsgDoForeground(USClient client, TIMCommCallback cb, const void *user_data);

/**
 * As USNetworkChanged, of this client: who is told by the platform tells each client.
 */
TIM_API int USClientNetworkChanged(USClient client, int change);

/**
 * As USPump, for the callbacks of this client, which must have been opened in pump mode. Of no open client: TIM_ERR_PARAM.
 */
TIM_API
int32_t USClientPump(USClient client,
                     uint32_t max_callbacks,
                     uint32_t timeout_ms);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* USERSTATUS_H */
