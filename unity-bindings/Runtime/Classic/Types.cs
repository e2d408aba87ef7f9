using System.Collections.Generic;
using com.tencent.imsdk.unity.enums;

// Public fields, named as the JSON keys are: what existing code writes to.
#pragma warning disable 1591

namespace com.tencent.imsdk.unity.types
{
    /// <summary>Configuration of <see cref="TencentIMSDK.Init"/>; everything is optional.</summary>
    public class SdkConfig
    {
        /// <summary>Folder for configuration. Accepted and ignored.</summary>
        public string sdk_config_config_file_path;

        /// <summary>Folder the log is written to.</summary>
        public string sdk_config_log_file_path;

        /// <summary>Ours: where the server is, "host:port" or "tls://host:port". Else USERSTATUS_SERVER in the environment says so.</summary>
        public string sdk_config_server_address;

        /// <summary>Ours: PEM file of the authorities a tls:// server is checked against.</summary>
        public string sdk_config_ca_file;

        /// <summary>Ours: what this device is, such as "Windows".</summary>
        public string sdk_config_platform;
    }

    /// <summary>Settings of <see cref="TencentIMSDK.SetConfig(SetConfig, com.tencent.imsdk.unity.callback.ValueCallback{SetConfig})"/>; null leaves one as it is.</summary>
    public class SetConfig
    {
        public TIMLogLevel? set_config_log_level;
        public TIMLogLevel? set_config_callback_log_level;
        public bool? set_config_is_log_output_console;

        /// <summary>At most 64 bytes, sent with every login, for the operator's webhooks; a server without them drops it.</summary>
        public string set_config_user_define_data;
    }

    /// <summary>The status of a user. Setting one's own, only the custom status counts.</summary>
    public class UserStatus
    {
        public string user_status_identifier;
        public TIMUserStatusType user_status_status_type;
        public string user_status_custom_status;

        /// <summary>The platforms the user is online from.</summary>
        public List<string> user_status_online_devices;
    }

    /// <summary>Whom to add as a friend.</summary>
    public class FriendshipAddFriendParam
    {
        public string friendship_add_friend_param_identifier;
        public TIMFriendType friendship_add_friend_param_friend_type;
        public string friendship_add_friend_param_remark;
        public string friendship_add_friend_param_group_name;
        public string friendship_add_friend_param_add_source;
        public string friendship_add_friend_param_add_wording;
    }

    /// <summary>Whom to delete from the friends.</summary>
    public class FriendshipDeleteFriendParam
    {
        public TIMFriendType friendship_delete_friend_param_friend_type;
        public List<string> friendship_delete_friend_param_identifier_array;
    }

    /// <summary>What became of adding or deleting one friend.</summary>
    public class FriendResult
    {
        public string friend_result_identifier;
        public int friend_result_code;
        public string friend_result_desc;
    }

    /// <summary>An entry of the friend list.</summary>
    public class FriendProfile
    {
        public string friend_profile_identifier;
        public List<string> friend_profile_group_name_array;
        public string friend_profile_remark;
        public string friend_profile_add_wording;
        public string friend_profile_add_source;

        /// <summary>Seconds since 1970, UTC.</summary>
        public ulong friend_profile_add_time;
    }

    /// <summary>An internal operation. Operations that mean nothing here are accepted and ignored if harmless, else answered 7013.</summary>
    /// <remarks>Earlier versions of the SDK spell it like this; later ones have <see cref="ExperimentalAPIRequestParam"/>.</remarks>
    public class ExperimentalAPIReqeustParam
    {
        /// <summary>Such as internal_operation_set_custom_server_info.</summary>
        public string request_internal_operation;

        public string request_set_ui_platform_param;
        public CustomServerInfo request_set_custom_server_info_param;
    }

    /// <summary>The same under its right name.</summary>
    public class ExperimentalAPIRequestParam : ExperimentalAPIReqeustParam
    {
    }

    /// <summary>Where the server is. It holds as long as the process, and goes before any other way to say so.</summary>
    public class CustomServerInfo
    {
        public List<ServerAddress> longconnection_address_array;
        public string server_public_key;
    }

    /// <summary>One address of a server; of several the first counts.</summary>
    public class ServerAddress
    {
        public string server_address_ip;
        public int server_address_port;
        public bool server_address_is_ipv6;
    }

    /// <summary>The answer to an internal operation: none has one here.</summary>
    public class ReponseInfo
    {
    }
}
