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

        /// <summary>Accepted and ignored: nothing here needs Java.</summary>
        public ulong? sdk_config_java_vm;

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

        /// <summary>Accepted and ignored: it is about messages and groups.</summary>
        public UserConfig set_config_user_config;

        /// <summary>Accepted and ignored: there is no upload here.</summary>
        public HttpProxyInfo set_config_http_proxy_info;

        /// <summary>Accepted and ignored: connections go straight to the server.</summary>
        public Socks5ProxyInfo set_config_socks5_proxy_info;

        /// <summary>Accepted and ignored.</summary>
        public bool? set_config_is_only_local_dns_source;
    }

    /// <summary>Of <see cref="SetConfig"/>: accepted and ignored.</summary>
    public class UserConfig
    {
        public bool? user_config_is_read_receipt;
        public bool? user_config_is_sync_report;
        public bool? user_config_is_ignore_grouptips_unread;
        public bool? user_config_is_is_disable_storage;
    }

    /// <summary>Of <see cref="SetConfig"/>: accepted and ignored.</summary>
    public class HttpProxyInfo
    {
        public string http_proxy_info_ip;
        public int http_proxy_info_port;
        public string http_proxy_info_username;
        public string http_proxy_info_password;
    }

    /// <summary>Of <see cref="SetConfig"/>: accepted and ignored.</summary>
    public class Socks5ProxyInfo
    {
        public string socks5_proxy_info_ip;
        public int socks5_proxy_info_port;
        public string socks5_proxy_info_username;
        public string socks5_proxy_info_password;
    }

    /// <summary>The status of a user. Setting one's own, only the custom status counts.</summary>
    /// <remarks>
    /// The type is nullable, as the SDK has it, and here never null in what comes. In its version 1.9.0 it was not: code written for that which
    /// assigns it to a variable needs the scripting define symbol USERSTATUS_CLASSIC_1_9_0; comparing and switch do not.
    /// </remarks>
    public class UserStatus
    {
        public string user_status_identifier;
#if USERSTATUS_CLASSIC_1_9_0
        public TIMUserStatusType user_status_status_type;
#else
        public TIMUserStatusType? user_status_status_type;
#endif
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
        public long friend_profile_add_time;

        /// <summary>There are no profiles here: it says who it is, and all else is empty.</summary>
        public UserProfile friend_profile_user_profile;

        /// <summary>Always empty. Of which spelling is chosen as for <see cref="UserStatus"/>.</summary>
#if USERSTATUS_CLASSIC_1_9_0
        public List<FriendProfileCustemStringInfo> friend_profile_custom_string_array;
#else
        public List<FriendProfileCustomStringInfo> friend_profile_custom_string_array;
#endif
    }

    /// <summary>A field of a friend's entry that the app made up: there are none here.</summary>
    public class FriendProfileCustomStringInfo
    {
        public string friend_profile_custom_string_info_key;
        public string friend_profile_custom_string_info_value;
    }

    /// <summary>The same, as earlier versions of the SDK spell it.</summary>
    public class FriendProfileCustemStringInfo : FriendProfileCustomStringInfo
    {
    }

    /// <summary>Who somebody is. There are no profiles here: nothing but the id is known.</summary>
    public class UserProfile
    {
        public string user_profile_identifier;
        public string user_profile_nick_name;
        public TIMGenderType user_profile_gender;
        public string user_profile_face_url;
        public string user_profile_self_signature;
        public TIMProfileAddPermission user_profile_add_permission;
        public string user_profile_location;
        public uint user_profile_language;
        public uint user_profile_birthday;
        public uint user_profile_level;
        public uint user_profile_role;

        /// <summary>Always empty. Of which spelling is chosen as for <see cref="UserStatus"/>.</summary>
#if USERSTATUS_CLASSIC_1_9_0
        public List<UserProfileCustemStringInfo> user_profile_custom_string_array;
#else
        public List<UserProfileCustomStringInfo> user_profile_custom_string_array;
#endif

        public string user_profile_friend_remark;
    }

    /// <summary>A field of a profile that the app made up: there are none here.</summary>
    public class UserProfileCustomStringInfo
    {
        public string user_profile_custom_string_info_key;
        public string user_profile_custom_string_info_value;
    }

    /// <summary>The same, as earlier versions of the SDK spell it.</summary>
    public class UserProfileCustemStringInfo : UserProfileCustomStringInfo
    {
    }

    /// <summary>An internal operation. Operations that mean nothing here are accepted and ignored if harmless, else answered 7013.</summary>
    /// <remarks>Earlier versions of the SDK spell it like this; later ones have <see cref="ExperimentalAPIRequestParam"/>.</remarks>
    public class ExperimentalAPIReqeustParam
    {
        /// <summary>Such as internal_operation_set_custom_server_info.</summary>
        public string request_internal_operation;

        /// <summary>A number; in earlier versions of the SDK a text.</summary>
        public object request_set_ui_platform_param;

        public CustomServerInfo request_set_custom_server_info_param;

        /// <summary>For internal_operation_write_log: a <see cref="TIMLogLevel"/>.</summary>
        public int? request_write_log_log_level_param;

        public string request_write_log_log_content_param;
        public string request_write_log_file_name_param;
        public string request_write_log_func_name_param;
        public int? request_write_log_line_number_param;

        /// <summary>Accepted and ignored.</summary>
        public int? request_set_max_retry_count_param;

        /// <summary>Accepted and ignored.</summary>
        public string request_init_local_storage_user_id_param;
    }

    /// <summary>The same under its right name.</summary>
    public class ExperimentalAPIRequestParam : ExperimentalAPIReqeustParam
    {
    }

    /// <summary>Where the server is. It holds as long as the process, and goes before any other way to say so.</summary>
    public class CustomServerInfo
    {
        public List<ServerAddress> longconnection_address_array;

        /// <summary>Accepted and ignored: all goes over one connection.</summary>
        public List<ServerAddress> shortconnection_address_array;

        public string server_public_key;
    }

    /// <summary>One address of a server; of up to 8 the first that answers is used.</summary>
    public class ServerAddress
    {
        public string server_address_ip;
        public int server_address_port;
        public bool server_address_is_ipv6;
    }

    /// <summary>The answer to an internal operation: which it was.</summary>
    /// <remarks>Earlier versions of the SDK spell it like this; later ones have <see cref="ResponseInfo"/>.</remarks>
    public class ReponseInfo
    {
        public string response_internal_operation;
    }

    /// <summary>The same under its right name.</summary>
    public class ResponseInfo : ReponseInfo
    {
    }
}
