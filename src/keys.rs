//! The JSON keys of the ABI: name, value, meaning, in one table.
//!
//! The header gets them as `#define`s through `build.rs`, which compiles this file too: a macro is usable wherever existing
//! code uses the `static const char*` of the SDK it was written for, and draws no unused-variable warning in C99 and C++11.

/// A key as the header shows it.
// Read by build.rs.
#[allow(dead_code)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    pub(crate) doc: &'static str,
}

macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $constant:ident $name:ident = $value:literal;)*) => {
        $(
            $(#[doc = $doc])+
            // build.rs reads the table alone.
            #[allow(dead_code)]
            pub(crate) const $constant: &str = $value;
        )*

        /// Every key, in the order of the header.
        // The library itself reads the constants.
        #[allow(dead_code)]
        pub(crate) const ALL: &[Key] = &[
            $(Key { name: stringify!($name), value: $value, doc: concat!($($doc),+) },)*
        ];
    };
}

keys! {
    /// String: folder for configuration. Accepted and ignored: nothing is kept there.
    CONFIG_FILE_PATH kTIMSdkConfigConfigFilePath = "sdk_config_config_file_path";
    /// String: folder the log is written to, as `userstatus.log`; at 4 MiB it is renamed to `userstatus.log.1`.
    LOG_FILE_PATH kTIMSdkConfigLogFilePath = "sdk_config_log_file_path";
    /// String: where the server is, "host:port" or "tls://host:port"; up to 8 with commas between them, of which the first that answers is used.
    SERVER_ADDRESS kUSSdkConfigServerAddress = "sdk_config_server_address";
    /// String: PEM file of the authorities a tls:// server is checked against, instead of the system's.
    CA_FILE kUSSdkConfigCaFile = "sdk_config_ca_file";
    /// String: the same as PEM text, for an authority that comes with the game; beside a file, both count.
    CA_PEM kUSSdkConfigCaPem = "sdk_config_ca_pem";
    /// Array of at most 16 strings: keys, one of which the certificate of a tls:// server has to have, beside being signed by an authority. Each is the SHA-256 of its subjectPublicKeyInfo as base64, "sha256/" before it or not. Absent or empty: any.
    TLS_PINS kUSSdkConfigTlsPins = "sdk_config_tls_pins";
    /// Number, 5000 to 3600000: how many ms at most the library sends nothing, if the server does not ask for less: a network that is gone without a word is found 10 s after. Absent or 0: as the server asks (2 minutes, unless the app says otherwise). Phones pay for each heartbeat with battery.
    HEARTBEAT_INTERVAL kUSSdkConfigHeartbeatIntervalMs = "sdk_config_heartbeat_interval_ms";
    /// String: what this device is: "Windows", "Mac", "Linux", "iPhone", "iPad", "Android", "Web", "Console". Default: what the library was built for.
    PLATFORM kUSSdkConfigPlatform = "sdk_config_platform";
    /// String: "thread" (default) or "pump": where callbacks run, see USPump.
    CALLBACK_MODE kUSSdkConfigCallbackMode = "sdk_config_callback_mode";

    /// Number, a TIMLogLevel: least level written to the log file and the standard error stream. Default kTIMLog_Info.
    SET_LOG_LEVEL kTIMSetConfigLogLevel = "set_config_log_level";
    /// Number, a TIMLogLevel: least level handed to the log callback. Default kTIMLog_Info.
    SET_CALLBACK_LOG_LEVEL kTIMSetConfigCallbackLogLevel = "set_config_callback_log_level";
    /// Boolean: whether the log also goes to the standard error stream. Default false.
    SET_LOG_CONSOLE kTIMSetConfigIsLogOutputConsole = "set_config_is_log_output_console";
    /// String, at most 64 bytes: sent with every login, for the operator's webhooks; a server without them drops it.
    SET_USER_DEFINED_DATA kTIMSetConfigUserDefineData = "set_config_user_define_data";

    /// String: whose status.
    STATUS_USER kTIMUserStatusIdentifier = "user_status_identifier";
    /// Number, a TIMUserStatusType: the normal status, kept by the system.
    STATUS_TYPE kTIMUserStatusStatusType = "user_status_status_type";
    /// String: the custom status, set by the user; empty if none.
    STATUS_CUSTOM kTIMUserStatusCustomStatus = "user_status_custom_status";
    /// Array of strings: the platforms the user is online from.
    STATUS_DEVICES KTIMUserStatusOnlineDevices = "user_status_online_devices";

    /// String: whom to add.
    ADD_FRIEND_USER kTIMFriendshipAddFriendParamIdentifier = "friendship_add_friend_param_identifier";
    /// Number, a TIMFriendType: into one list or both. Default FriendTypeSingle.
    ADD_FRIEND_TYPE kTIMFriendshipAddFriendParamFriendType = "friendship_add_friend_param_friend_type";
    /// String, at most 96 bytes: a note about the friend.
    ADD_FRIEND_REMARK kTIMFriendshipAddFriendParamRemark = "friendship_add_friend_param_remark";
    /// String, at most 30 bytes: the group to put the friend in.
    ADD_FRIEND_GROUP kTIMFriendshipAddFriendParamGroupName = "friendship_add_friend_param_group_name";
    /// String, at most 32 bytes: where the friend was found.
    ADD_FRIEND_SOURCE kTIMFriendshipAddFriendParamAddSource = "friendship_add_friend_param_add_source";
    /// String, at most 256 bytes: what is said with the request.
    ADD_FRIEND_WORDING kTIMFriendshipAddFriendParamAddWording = "friendship_add_friend_param_add_wording";
    /// Number, a TIMFriendType: from one list or both. Default FriendTypeSingle.
    DELETE_FRIEND_TYPE kTIMFriendshipDeleteFriendParamFriendType = "friendship_delete_friend_param_friend_type";
    /// Array of strings, at most 1,000: whom to delete.
    DELETE_FRIEND_USERS kTIMFriendshipDeleteFriendParamIdentifierArray = "friendship_delete_friend_param_identifier_array";
    /// String: whom this result is about.
    FRIEND_RESULT_USER kTIMFriendResultIdentifier = "friend_result_identifier";
    /// Number: 0, or why not.
    FRIEND_RESULT_CODE kTIMFriendResultCode = "friend_result_code";
    /// String: the code in words.
    FRIEND_RESULT_DESC kTIMFriendResultDesc = "friend_result_desc";
    /// String: the friend, or the user who is blocked, of whom the other texts of an entry are empty.
    FRIEND_USER kTIMFriendProfileIdentifier = "friend_profile_identifier";
    /// Array of strings: the group the friend is in; empty if none.
    FRIEND_GROUPS kTIMFriendProfileGroupNameArray = "friend_profile_group_name_array";
    /// String: the note about the friend.
    FRIEND_REMARK kTIMFriendProfileRemark = "friend_profile_remark";
    /// String: what was said when adding.
    FRIEND_ADD_WORDING kTIMFriendProfileAddWording = "friend_profile_add_wording";
    /// String: where the friend was found.
    FRIEND_ADD_SOURCE kTIMFriendProfileAddSource = "friend_profile_add_source";
    /// Number: when the friend was added, in seconds since 1970, UTC.
    FRIEND_ADD_TIME kTIMFriendProfileAddTime = "friend_profile_add_time";
    /// Object of the kTIMUserProfile… keys: there are no profiles here, so it says who it is, and all else is empty.
    FRIEND_PROFILE kTIMFriendProfileUserProfile = "friend_profile_user_profile";
    /// Array: always empty.
    FRIEND_CUSTOM kTIMFriendProfileCustomStringArray = "friend_profile_custom_string_array";
    /// String: whose profile.
    PROFILE_USER kTIMUserProfileIdentifier = "user_profile_identifier";
    /// String: always empty.
    PROFILE_NICK_NAME kTIMUserProfileNickName = "user_profile_nick_name";
    /// String: always empty.
    PROFILE_FACE_URL kTIMUserProfileFaceUrl = "user_profile_face_url";
    /// Array: always empty.
    PROFILE_CUSTOM kTIMUserProfileCustomStringArray = "user_profile_custom_string_array";

    /// String: what callExperimentalAPI is asked to do.
    OPERATION kTIMRequestInternalOperation = "request_internal_operation";
    /// The operation that says where the server is.
    OPERATION_SET_SERVER kTIMInternalOperationSetCustomServerInfo = "internal_operation_set_custom_server_info";
    /// The operation that names the user interface the library is used from. Accepted and ignored.
    OPERATION_SET_UI_PLATFORM kTIMInternalOperationSetUIPlatform = "internal_operation_set_ui_platform";
    /// The operation that writes a line into the log.
    OPERATION_WRITE_LOG kTIMInternalOperationWriteLog = "internal_operation_write_log";
    /// Object: what set_custom_server_info takes.
    SERVER_INFO kTIMRequestSetCustomServerInfoParam = "request_set_custom_server_info_param";
    /// Array of objects: the server's addresses, 1 to 8; the first that answers is used.
    SERVER_INFO_ADDRESSES kTIMCustomServerInfoLongConnectionAddressArray = "longconnection_address_array";
    /// String: accepted and ignored; TLS is chosen by sdk_config_server_address.
    SERVER_INFO_PUBLIC_KEY kTIMCustomServerInfoServerPublicKey = "server_public_key";
    /// String: host name or IP.
    SERVER_IP kTIMServerAddressIp = "server_address_ip";
    /// Number: port, 1 to 65535.
    SERVER_PORT kTIMServerAddressPort = "server_address_port";
    /// Boolean: whether the IP is an IPv6 address. Accepted and ignored: it shows.
    SERVER_IS_IPV6 kTIMServerAddressIsIPv6 = "server_address_is_ipv6";
    /// Boolean: must be false or absent; there is no QUIC.
    SERVER_IS_QUIC kTIMServerAddressIsQuic = "server_address_is_quic";
    /// Number, a TIMLogLevel: the line's level, for write_log.
    WRITE_LOG_LEVEL kTIMRequestWriteLogLogLevelParam = "request_write_log_log_level_param";
    /// String: the line, for write_log.
    WRITE_LOG_CONTENT kTIMRequestWriteLogLogContentParam = "request_write_log_log_content_param";
    /// String: the source file the line comes from, for write_log.
    WRITE_LOG_FILE kTIMRequestWriteLogFileNameParam = "request_write_log_file_name_param";
    /// String: the function it comes from, for write_log.
    WRITE_LOG_FUNCTION kTIMRequestWriteLogFuncNameParam = "request_write_log_func_name_param";
    /// Number: where in the file, for write_log; 0 and less: not said.
    WRITE_LOG_LINE kTIMRequestWriteLogLineNumberParam = "request_write_log_line_number_param";
}
