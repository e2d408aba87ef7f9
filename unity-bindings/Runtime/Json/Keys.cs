namespace Userstatus.Json
{
    /// <summary>The keys of include/userstatus.h that the package uses.</summary>
    internal static class Keys
    {
        internal const string ServerAddress = "sdk_config_server_address";
        internal const string CaFile = "sdk_config_ca_file";
        internal const string CaPem = "sdk_config_ca_pem";
        internal const string TlsPins = "sdk_config_tls_pins";
        internal const string HeartbeatIntervalMs = "sdk_config_heartbeat_interval_ms";
        internal const string Platform = "sdk_config_platform";
        internal const string CallbackMode = "sdk_config_callback_mode";
        internal const string LogFilePath = "sdk_config_log_file_path";
        internal const string ConfigFilePath = "sdk_config_config_file_path";

        internal const string LogLevel = "set_config_log_level";
        internal const string CallbackLogLevel = "set_config_callback_log_level";
        internal const string LogToConsole = "set_config_is_log_output_console";
        internal const string UserDefinedData = "set_config_user_define_data";

        internal const string StatusUser = "user_status_identifier";
        internal const string StatusType = "user_status_status_type";
        internal const string StatusCustom = "user_status_custom_status";
        internal const string StatusDevices = "user_status_online_devices";

        internal const string AddFriendUser = "friendship_add_friend_param_identifier";
        internal const string AddFriendType = "friendship_add_friend_param_friend_type";
        internal const string AddFriendRemark = "friendship_add_friend_param_remark";
        internal const string AddFriendGroup = "friendship_add_friend_param_group_name";
        internal const string AddFriendSource = "friendship_add_friend_param_add_source";
        internal const string AddFriendWording = "friendship_add_friend_param_add_wording";
        internal const string DeleteFriendType = "friendship_delete_friend_param_friend_type";
        internal const string DeleteFriendUsers = "friendship_delete_friend_param_identifier_array";
        internal const string FriendResultUser = "friend_result_identifier";
        internal const string FriendResultCode = "friend_result_code";
        internal const string FriendResultText = "friend_result_desc";
        internal const string FriendUser = "friend_profile_identifier";
        internal const string FriendGroups = "friend_profile_group_name_array";
        internal const string FriendRemark = "friend_profile_remark";
        internal const string FriendWording = "friend_profile_add_wording";
        internal const string FriendSource = "friend_profile_add_source";
        internal const string FriendTime = "friend_profile_add_time";

        internal const string Operation = "request_internal_operation";
        internal const string WriteLogLevel = "request_write_log_log_level_param";
        internal const string WriteLogContent = "request_write_log_log_content_param";
        internal const string WriteLogFile = "request_write_log_file_name_param";
        internal const string WriteLogFunction = "request_write_log_func_name_param";
        internal const string WriteLogLine = "request_write_log_line_number_param";
        internal const string OperationServer = "request_set_custom_server_info_param";
        internal const string ServerAddresses = "longconnection_address_array";
        internal const string ServerPublicKey = "server_public_key";
        internal const string ServerIp = "server_address_ip";
        internal const string ServerPort = "server_address_port";
        internal const string ServerIsIpv6 = "server_address_is_ipv6";
    }
}
