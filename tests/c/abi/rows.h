/* What each export of the C ABI says to every kind of bad input: one table, which the library is held to and the script of WebGL players, too.
 *
 * A row says what is returned. Where that is 0 the callback comes exactly once, with 6013 or 6014, since nobody is logged in; where it is not,
 * never. */
#ifndef ABI_ROWS_H
#define ABI_ROWS_H

#include "userstatus.h"
#include <stdlib.h>
#include <string.h>

#define NESTED 100000
#define LARGE (10 * 1024 * 1024)

typedef int (*Call)(const char *text, TIMCommCallback cb, const void *user_data);

static inline int login_user(const char *text, TIMCommCallback cb, const void *data) {
    return TIMLogin(text, "sig", cb, data);
}
static inline int login_sig(const char *text, TIMCommCallback cb, const void *data) {
    return TIMLogin("alice", text, cb, data);
}
static inline int logout(const char *text, TIMCommCallback cb, const void *data) {
    (void)text;
    return TIMLogout(cb, data);
}
static inline int list_friends(const char *text, TIMCommCallback cb, const void *data) {
    (void)text;
    return TIMFriendshipGetFriendProfileList(cb, data);
}
static inline int list_blocked(const char *text, TIMCommCallback cb, const void *data) {
    (void)text;
    return TIMFriendshipGetBlackList(cb, data);
}
static inline int background(const char *text, TIMCommCallback cb, const void *data) {
    (void)text;
    return TIMMsgDoBackground(3, cb, data);
}
static inline int foreground(const char *text, TIMCommCallback cb, const void *data) {
    (void)text;
    return TIMMsgDoForeground(cb, data);
}

static char *large_text, *large_array, *nested_array, *nested_object, *users_501, *user_33, *custom_large, *sig_300k, *sig_2049;

typedef struct Row {
    const char *name;
    Call call;
    const char **text; /* or NULL: none */
    const char *constant;
    int returned;
    /* What the callback says before TIMInit and after; 0 stands for 6013 and 6014. */
    int told_before;
    int told_after;
} Row;

#define TEXT(name, call, constant, returned) {name, call, NULL, constant, returned, 0, 0}
#define BUILT(name, call, text, returned) {name, call, (const char **)&text, NULL, returned, 0, 0}

static const Row rows[] = {
    /* TIMSetSelfStatus */
    TEXT("status: NULL", TIMSetSelfStatus, NULL, TIM_ERR_PARAM),
    TEXT("status: empty", TIMSetSelfStatus, "", TIM_ERR_PARAM),
    TEXT("status: not JSON", TIMSetSelfStatus, "in a match", TIM_ERR_JSON),
    TEXT("status: not UTF-8", TIMSetSelfStatus, "{\"user_status_custom_status\":\"\xff\xfe\"}", TIM_ERR_JSON),
    TEXT("status: not UTF-8, half a character", TIMSetSelfStatus, "{\"user_status_custom_status\":\"\xe4\xbd\"}", TIM_ERR_JSON),
    TEXT("status: truncated", TIMSetSelfStatus, "{\"user_status_custom_status\":\"x\"", TIM_ERR_JSON),
    TEXT("status: array", TIMSetSelfStatus, "[\"x\"]", TIM_ERR_JSON),
    TEXT("status: array of fields", TIMSetSelfStatus, "[\"x\",\"y\"]", TIM_ERR_JSON),
    TEXT("status: string", TIMSetSelfStatus, "\"x\"", TIM_ERR_JSON),
    TEXT("status: number", TIMSetSelfStatus, "7", TIM_ERR_JSON),
    TEXT("status: null", TIMSetSelfStatus, " null\n", TIM_SUCC),
    TEXT("status: nothing but white space", TIMSetSelfStatus, " ", TIM_ERR_JSON),
    TEXT("status: no custom status", TIMSetSelfStatus, "{}", TIM_SUCC),
    TEXT("status: custom status a number", TIMSetSelfStatus, "{\"user_status_custom_status\":7}", TIM_ERR_JSON),
    TEXT("status: custom status null", TIMSetSelfStatus, "{\"user_status_custom_status\":null}", TIM_SUCC),
    TEXT("status: something behind", TIMSetSelfStatus, "{\"user_status_custom_status\":\"x\"}x", TIM_ERR_JSON),
    BUILT("status: nested", TIMSetSelfStatus, nested_object, TIM_ERR_JSON),
    BUILT("status: 10 MB", TIMSetSelfStatus, large_text, TIM_ERR_PARAM),
    BUILT("status: 10 MB of custom status", TIMSetSelfStatus, custom_large, TIM_ERR_PARAM),
    TEXT("status: other fields of any type", TIMSetSelfStatus,
         "{\"user_status_custom_status\":\"x\",\"user_status_status_type\":\"x\",\"user_status_identifier\":[]}", TIM_SUCC),
    TEXT("status: empty custom status", TIMSetSelfStatus, "{\"user_status_custom_status\":\"\"}", TIM_SUCC),
    /* TIMGetUserStatus */
    TEXT("get: NULL", TIMGetUserStatus, NULL, TIM_ERR_PARAM),
    TEXT("get: empty", TIMGetUserStatus, "", TIM_ERR_PARAM),
    TEXT("get: empty array", TIMGetUserStatus, "[]", TIM_SUCC),
    TEXT("get: null", TIMGetUserStatus, "null", TIM_SUCC),
    TEXT("get: not JSON", TIMGetUserStatus, "alice", TIM_ERR_JSON),
    TEXT("get: not UTF-8", TIMGetUserStatus, "[\"\xff\"]", TIM_ERR_JSON),
    TEXT("get: truncated", TIMGetUserStatus, "[\"alice\"", TIM_ERR_JSON),
    TEXT("get: object", TIMGetUserStatus, "{\"0\":\"alice\"}", TIM_ERR_JSON),
    TEXT("get: string", TIMGetUserStatus, "\"alice\"", TIM_ERR_JSON),
    TEXT("get: numbers", TIMGetUserStatus, "[1,2]", TIM_ERR_JSON),
    TEXT("get: array in array", TIMGetUserStatus, "[[\"alice\"]]", TIM_ERR_JSON),
    TEXT("get: null in array", TIMGetUserStatus, "[null]", TIM_ERR_JSON),
    BUILT("get: nested", TIMGetUserStatus, nested_array, TIM_ERR_JSON),
    BUILT("get: 10 MB", TIMGetUserStatus, large_text, TIM_ERR_PARAM),
    BUILT("get: 10 MB array", TIMGetUserStatus, large_array, TIM_ERR_PARAM),
    BUILT("get: 501 users", TIMGetUserStatus, users_501, TIM_SUCC),
    BUILT("get: id of 33 bytes", TIMGetUserStatus, user_33, TIM_SUCC),
    TEXT("get: empty id", TIMGetUserStatus, "[\"\"]", TIM_SUCC),
    /* TIMSubscribeUserStatus */
    TEXT("subscribe: NULL", TIMSubscribeUserStatus, NULL, TIM_ERR_PARAM),
    TEXT("subscribe: empty", TIMSubscribeUserStatus, "", TIM_ERR_PARAM),
    TEXT("subscribe: empty array", TIMSubscribeUserStatus, "[]", TIM_SUCC),
    TEXT("subscribe: null", TIMSubscribeUserStatus, "null", TIM_SUCC),
    TEXT("subscribe: not UTF-8", TIMSubscribeUserStatus, "[\"\xc0\x80\"]", TIM_ERR_JSON),
    TEXT("subscribe: truncated", TIMSubscribeUserStatus, "[\"alice", TIM_ERR_JSON),
    TEXT("subscribe: numbers", TIMSubscribeUserStatus, "[1]", TIM_ERR_JSON),
    BUILT("subscribe: nested", TIMSubscribeUserStatus, nested_array, TIM_ERR_JSON),
    BUILT("subscribe: 10 MB", TIMSubscribeUserStatus, large_text, TIM_ERR_PARAM),
    BUILT("subscribe: 501 users", TIMSubscribeUserStatus, users_501, TIM_SUCC),
    BUILT("subscribe: id of 33 bytes", TIMSubscribeUserStatus, user_33, TIM_SUCC),
    /* TIMUnsubscribeUserStatus: nothing means all */
    TEXT("unsubscribe: NULL", TIMUnsubscribeUserStatus, NULL, TIM_SUCC),
    TEXT("unsubscribe: empty", TIMUnsubscribeUserStatus, "", TIM_SUCC),
    TEXT("unsubscribe: empty array", TIMUnsubscribeUserStatus, "[]", TIM_SUCC),
    TEXT("unsubscribe: null", TIMUnsubscribeUserStatus, "\t null ", TIM_SUCC),
    TEXT("unsubscribe: null in array", TIMUnsubscribeUserStatus, "[null]", TIM_ERR_JSON),
    TEXT("unsubscribe: null twice", TIMUnsubscribeUserStatus, "null null", TIM_ERR_JSON),
    TEXT("unsubscribe: not UTF-8", TIMUnsubscribeUserStatus, "\xff", TIM_ERR_JSON),
    TEXT("unsubscribe: truncated", TIMUnsubscribeUserStatus, "[", TIM_ERR_JSON),
    TEXT("unsubscribe: object", TIMUnsubscribeUserStatus, "{}", TIM_ERR_JSON),
    BUILT("unsubscribe: nested", TIMUnsubscribeUserStatus, nested_array, TIM_ERR_JSON),
    BUILT("unsubscribe: 10 MB", TIMUnsubscribeUserStatus, large_text, TIM_ERR_PARAM),
    BUILT("unsubscribe: 501 users", TIMUnsubscribeUserStatus, users_501, TIM_SUCC),
    /* TIMLogin; a wrong id is refused before the server is asked */
    TEXT("login: user NULL", login_user, NULL, TIM_ERR_PARAM),
    TEXT("login: user empty", login_user, "", TIM_ERR_PARAM),
    TEXT("login: user not UTF-8", login_user, "al\xffice", TIM_ERR_PARAM),
    BUILT("login: user 10 MB", login_user, large_text, TIM_ERR_PARAM),
    {"login: user with a space", login_user, NULL, "al ice", TIM_SUCC, 0, 6017},
    {"login: user of 33 bytes", login_user, NULL, "abcdefghijklmnopqrstuvwxyz0123456", TIM_SUCC, 0, 6017},
    TEXT("login: sig NULL", login_sig, NULL, TIM_ERR_PARAM),
    TEXT("login: sig empty", login_sig, "", TIM_ERR_PARAM),
    TEXT("login: sig not UTF-8", login_sig, "\x80", TIM_ERR_PARAM),
    BUILT("login: sig 10 MB", login_sig, large_text, TIM_ERR_PARAM),
    {"login: sig of 300,000 bytes", login_sig, (const char **)&sig_300k, NULL, TIM_SUCC, 0, 70003},
    {"login: sig of 2,049 bytes", login_sig, (const char **)&sig_2049, NULL, TIM_SUCC, 0, 70003},
    /* without a text */
    {"logout", logout, NULL, NULL, TIM_SUCC, 0, -1},
    TEXT("list friends", list_friends, NULL, TIM_SUCC),
    TEXT("background", background, NULL, TIM_SUCC),
    TEXT("foreground", foreground, NULL, TIM_SUCC),
    /* TIMFriendshipAddFriend */
    TEXT("add friend: NULL", TIMFriendshipAddFriend, NULL, TIM_ERR_PARAM),
    TEXT("add friend: empty", TIMFriendshipAddFriend, "", TIM_ERR_PARAM),
    TEXT("add friend: no identifier", TIMFriendshipAddFriend, "{}", TIM_ERR_PARAM),
    TEXT("add friend: null", TIMFriendshipAddFriend, "null", TIM_ERR_PARAM),
    TEXT("add friend: identifier null", TIMFriendshipAddFriend, "{\"friendship_add_friend_param_identifier\":null}", TIM_ERR_PARAM),
    TEXT("add friend: other keys null", TIMFriendshipAddFriend,
         "{\"friendship_add_friend_param_identifier\":\"bob\",\"friendship_add_friend_param_friend_type\":null,"
         "\"friendship_add_friend_param_remark\":null,\"friendship_add_friend_param_group_name\":null,"
         "\"friendship_add_friend_param_add_source\":null,\"friendship_add_friend_param_add_wording\":null}", TIM_SUCC),
    TEXT("add friend: array", TIMFriendshipAddFriend, "[\"bob\"]", TIM_ERR_JSON),
    TEXT("add friend: truncated", TIMFriendshipAddFriend, "{\"friendship_add_friend_param_identifier\":", TIM_ERR_JSON),
    TEXT("add friend: identifier a number", TIMFriendshipAddFriend, "{\"friendship_add_friend_param_identifier\":1}", TIM_ERR_JSON),
    TEXT("add friend: type a string", TIMFriendshipAddFriend,
         "{\"friendship_add_friend_param_identifier\":\"bob\",\"friendship_add_friend_param_friend_type\":\"1\"}", TIM_ERR_JSON),
    TEXT("add friend: type negative", TIMFriendshipAddFriend,
         "{\"friendship_add_friend_param_identifier\":\"bob\",\"friendship_add_friend_param_friend_type\":-1}", TIM_ERR_JSON),
    TEXT("add friend: no such type", TIMFriendshipAddFriend,
         "{\"friendship_add_friend_param_identifier\":\"bob\",\"friendship_add_friend_param_friend_type\":2}", TIM_ERR_PARAM),
    TEXT("add friend: not UTF-8", TIMFriendshipAddFriend, "{\"friendship_add_friend_param_identifier\":\"\xff\"}", TIM_ERR_JSON),
    BUILT("add friend: nested", TIMFriendshipAddFriend, nested_object, TIM_ERR_JSON),
    BUILT("add friend: 10 MB", TIMFriendshipAddFriend, large_text, TIM_ERR_PARAM),
    TEXT("add friend: right", TIMFriendshipAddFriend, "{\"friendship_add_friend_param_identifier\":\"bob\",\"unknown\":1}", TIM_SUCC),
    /* TIMFriendshipDeleteFriend */
    TEXT("delete friend: NULL", TIMFriendshipDeleteFriend, NULL, TIM_ERR_PARAM),
    TEXT("delete friend: empty", TIMFriendshipDeleteFriend, "", TIM_ERR_PARAM),
    TEXT("delete friend: nobody", TIMFriendshipDeleteFriend, "{}", TIM_SUCC),
    TEXT("delete friend: null", TIMFriendshipDeleteFriend, "null", TIM_SUCC),
    TEXT("delete friend: null keys", TIMFriendshipDeleteFriend,
         "{\"friendship_delete_friend_param_friend_type\":null,\"friendship_delete_friend_param_identifier_array\":null}", TIM_SUCC),
    TEXT("delete friend: empty array", TIMFriendshipDeleteFriend,
         "{\"friendship_delete_friend_param_identifier_array\":[]}", TIM_SUCC),
    TEXT("delete friend: a string", TIMFriendshipDeleteFriend,
         "{\"friendship_delete_friend_param_identifier_array\":\"bob\"}", TIM_ERR_JSON),
    TEXT("delete friend: no such type", TIMFriendshipDeleteFriend,
         "{\"friendship_delete_friend_param_friend_type\":9,\"friendship_delete_friend_param_identifier_array\":[\"bob\"]}", TIM_ERR_PARAM),
    BUILT("delete friend: nested", TIMFriendshipDeleteFriend, nested_object, TIM_ERR_JSON),
    BUILT("delete friend: 10 MB", TIMFriendshipDeleteFriend, large_text, TIM_ERR_PARAM),
    TEXT("delete friend: right", TIMFriendshipDeleteFriend,
         "{\"friendship_delete_friend_param_identifier_array\":[\"bob\"]}", TIM_SUCC),
    /* The list of those who are blocked */
    TEXT("block: NULL", TIMFriendshipAddToBlackList, NULL, TIM_ERR_PARAM),
    TEXT("block: empty", TIMFriendshipAddToBlackList, "", TIM_ERR_PARAM),
    TEXT("block: empty array", TIMFriendshipAddToBlackList, "[]", TIM_SUCC),
    TEXT("block: null", TIMFriendshipAddToBlackList, "null", TIM_SUCC),
    TEXT("block: not JSON", TIMFriendshipAddToBlackList, "bob", TIM_ERR_JSON),
    TEXT("block: not UTF-8", TIMFriendshipAddToBlackList, "[\"\xff\"]", TIM_ERR_JSON),
    TEXT("block: truncated", TIMFriendshipAddToBlackList, "[\"bob\"", TIM_ERR_JSON),
    TEXT("block: object", TIMFriendshipAddToBlackList, "{}", TIM_ERR_JSON),
    TEXT("block: numbers", TIMFriendshipAddToBlackList, "[1]", TIM_ERR_JSON),
    BUILT("block: nested", TIMFriendshipAddToBlackList, nested_array, TIM_ERR_JSON),
    BUILT("block: 10 MB", TIMFriendshipAddToBlackList, large_text, TIM_ERR_PARAM),
    BUILT("block: 501 users", TIMFriendshipAddToBlackList, users_501, TIM_SUCC),
    TEXT("block: right", TIMFriendshipAddToBlackList, "[\"bob\"]", TIM_SUCC),
    TEXT("unblock: NULL", TIMFriendshipDeleteFromBlackList, NULL, TIM_ERR_PARAM),
    TEXT("unblock: empty", TIMFriendshipDeleteFromBlackList, "", TIM_ERR_PARAM),
    TEXT("unblock: empty array", TIMFriendshipDeleteFromBlackList, "[]", TIM_SUCC),
    TEXT("unblock: null", TIMFriendshipDeleteFromBlackList, "null", TIM_SUCC),
    TEXT("unblock: not JSON", TIMFriendshipDeleteFromBlackList, "bob", TIM_ERR_JSON),
    TEXT("unblock: not UTF-8", TIMFriendshipDeleteFromBlackList, "[\"\xff\"]", TIM_ERR_JSON),
    TEXT("unblock: truncated", TIMFriendshipDeleteFromBlackList, "[\"bob\"", TIM_ERR_JSON),
    TEXT("unblock: object", TIMFriendshipDeleteFromBlackList, "{}", TIM_ERR_JSON),
    TEXT("unblock: numbers", TIMFriendshipDeleteFromBlackList, "[1]", TIM_ERR_JSON),
    BUILT("unblock: nested", TIMFriendshipDeleteFromBlackList, nested_array, TIM_ERR_JSON),
    BUILT("unblock: 10 MB", TIMFriendshipDeleteFromBlackList, large_text, TIM_ERR_PARAM),
    BUILT("unblock: 501 users", TIMFriendshipDeleteFromBlackList, users_501, TIM_SUCC),
    TEXT("unblock: right", TIMFriendshipDeleteFromBlackList, "[\"bob\"]", TIM_SUCC),
    TEXT("list blocked", list_blocked, NULL, TIM_SUCC),
    /* TIMSetConfig: needs no TIMInit */
    TEXT("config: NULL", TIMSetConfig, NULL, TIM_ERR_PARAM),
    TEXT("config: empty", TIMSetConfig, "", TIM_ERR_PARAM),
    TEXT("config: array", TIMSetConfig, "[]", TIM_ERR_JSON),
    TEXT("config: truncated", TIMSetConfig, "{\"set_config_log_level\":4", TIM_ERR_JSON),
    TEXT("config: level a string", TIMSetConfig, "{\"set_config_log_level\":\"4\"}", TIM_ERR_JSON),
    TEXT("config: console a number", TIMSetConfig, "{\"set_config_is_log_output_console\":1}", TIM_ERR_JSON),
    TEXT("config: no such level", TIMSetConfig, "{\"set_config_callback_log_level\":8}", TIM_ERR_PARAM),
    TEXT("config: 65 bytes of user data", TIMSetConfig,
         "{\"set_config_user_define_data\":\"01234567890123456789012345678901234567890123456789012345678901234\"}", TIM_ERR_PARAM),
    BUILT("config: nested", TIMSetConfig, nested_object, TIM_ERR_JSON),
    BUILT("config: 10 MB", TIMSetConfig, large_text, TIM_ERR_PARAM),
    {"config: 64 bytes of user data", TIMSetConfig, NULL,
     "{\"set_config_user_define_data\":\"0123456789012345678901234567890123456789012345678901234567890123\"}", TIM_SUCC, -1, -1},
    {"config: nothing", TIMSetConfig, NULL, "{}", TIM_SUCC, -1, -1},
    {"config: null", TIMSetConfig, NULL, "null", TIM_SUCC, -1, -1},
    {"config: null keys", TIMSetConfig, NULL,
     "{\"set_config_log_level\":null,\"set_config_is_log_output_console\":null,\"set_config_user_define_data\":null}", TIM_SUCC, -1, -1},
    /* callExperimentalAPI: needs no TIMInit */
    TEXT("operation: NULL", callExperimentalAPI, NULL, TIM_ERR_PARAM),
    TEXT("operation: empty", callExperimentalAPI, "", TIM_ERR_PARAM),
    TEXT("operation: none", callExperimentalAPI, "{}", TIM_ERR_PARAM),
    TEXT("operation: null", callExperimentalAPI, "null", TIM_ERR_PARAM),
    TEXT("operation: array", callExperimentalAPI, "[]", TIM_ERR_JSON),
    TEXT("operation: truncated", callExperimentalAPI, "{\"request_internal_operation\":\"", TIM_ERR_JSON),
    TEXT("operation: a number", callExperimentalAPI, "{\"request_internal_operation\":1}", TIM_ERR_JSON),
    TEXT("operation: parameter an array", callExperimentalAPI,
         "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\",\"request_set_custom_server_info_param\":[[]]}",
         TIM_ERR_JSON),
    BUILT("operation: nested", callExperimentalAPI, nested_object, TIM_ERR_JSON),
    BUILT("operation: 10 MB", callExperimentalAPI, large_text, TIM_ERR_PARAM),
    {"operation: unknown", callExperimentalAPI, NULL, "{\"request_internal_operation\":\"internal_operation_fly\"}", TIM_SUCC, 7013, 7013},
    {"operation: harmless", callExperimentalAPI, NULL,
     "{\"request_internal_operation\":\"internal_operation_set_ui_platform\",\"request_set_ui_platform_param\":3}", TIM_SUCC, -1, -1},
    {"operation: no parameter", callExperimentalAPI, NULL,
     "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\"}", TIM_SUCC, 6017, 6017},
    {"operation: null parameter", callExperimentalAPI, NULL,
     "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\",\"request_set_custom_server_info_param\":null}",
     TIM_SUCC, 6017, 6017},
    {"operation: no address", callExperimentalAPI, NULL,
     "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\","
     "\"request_set_custom_server_info_param\":{\"longconnection_address_array\":[]}}", TIM_SUCC, 6017, 6017},
    {"operation: port 0", callExperimentalAPI, NULL,
     "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\",\"request_set_custom_server_info_param\":"
     "{\"longconnection_address_array\":[{\"server_address_ip\":\"127.0.0.1\",\"server_address_port\":0}]}}", TIM_SUCC, 6017, 6017},
    {"operation: port 65536", callExperimentalAPI, NULL,
     "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\",\"request_set_custom_server_info_param\":"
     "{\"longconnection_address_array\":[{\"server_address_ip\":\"127.0.0.1\",\"server_address_port\":65536}]}}", TIM_SUCC, 6017, 6017},
    {"operation: QUIC", callExperimentalAPI, NULL,
     "{\"request_internal_operation\":\"internal_operation_set_custom_server_info\",\"request_set_custom_server_info_param\":"
     "{\"longconnection_address_array\":[{\"server_address_ip\":\"127.0.0.1\",\"server_address_port\":1,\"server_address_is_quic\":true}]}}",
     TIM_SUCC, 6017, 6017},
};
#define ROWS (int)(sizeof rows / sizeof rows[0])

static inline char *repeated(const char *before, const char *part, int times, const char *after) {
    size_t length = strlen(part);
    char *text = malloc(strlen(before) + length * (size_t)times + strlen(after) + 1);
    if (text == NULL) abort();
    strcpy(text, before);
    char *end = text + strlen(before);
    for (int i = 0; i < times; i++, end += length) memcpy(end, part, length);
    strcpy(end, after);
    return text;
}

static inline void build_texts(void) {
    large_text = repeated("", "x", LARGE, "");
    large_array = repeated("[", "\"alice\",", LARGE / 8, "\"alice\"]");
    nested_array = repeated("", "[", NESTED, "");
    nested_object = repeated("", "{\"user_status_custom_status\":", NESTED / 4, "");
    users_501 = repeated("[", "\"somebody\",", 500, "\"alice\"]");
    user_33 = repeated("[\"", "x", 33, "\"]");
    sig_300k = repeated("", "x", 300000, "");
    sig_2049 = repeated("", "x", 2049, "");
    custom_large = repeated("{\"user_status_custom_status\":\"", "x", LARGE, "\"}");
}

static inline void free_texts(void) {
    free(large_text);
    free(large_array);
    free(nested_array);
    free(nested_object);
    free(users_501);
    free(user_33);
    free(custom_large);
    free(sig_300k);
    free(sig_2049);
}

/* Rows are named for what they call. Their addresses do not tell: on Windows that of a function in a library is another in a table. */
static inline int row_is_of(const Row *row, const char *call) {
    return strncmp(row->name, call, strlen(call)) == 0;
}

/* The JSON that comes with whatever a row is told. TIMSetConfig gives back what it was given. */
static inline const char *row_json(const Row *row) {
    return row_is_of(row, "get: ") ? "[]" : row_is_of(row, "config: ") ? row->constant : "";
}

/* The code that a row is told; 0 if it succeeds. */
static inline int row_code(const Row *row, int is_initialised) {
    int code = is_initialised ? row->told_after : row->told_before;
    return code == -1 ? 0 : code != 0 ? code : is_initialised ? 6014 : 6013;
}

static inline const char *row_text(const Row *row) {
    return row->text ? *row->text : row->constant;
}

#endif
