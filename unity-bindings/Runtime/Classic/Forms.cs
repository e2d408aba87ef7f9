using System.Collections.Generic;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;
using Userstatus;
using Userstatus.Json;
#if USERSTATUS_CLASSIC_1_9_0
using FriendField = com.tencent.imsdk.unity.types.FriendProfileCustemStringInfo;
using UserField = com.tencent.imsdk.unity.types.UserProfileCustemStringInfo;
#else
using FriendField = com.tencent.imsdk.unity.types.FriendProfileCustomStringInfo;
using UserField = com.tencent.imsdk.unity.types.UserProfileCustomStringInfo;
#endif

namespace com.tencent.imsdk.unity
{
    /// <summary>Between the types of the two APIs.</summary>
    internal static class Classic
    {
        internal static List<UserStatus> Statuses(string json)
        {
            return Statuses(Read.Statuses(json));
        }

        internal static List<UserStatus> Statuses(IList<PresenceInfo> infos)
        {
            List<UserStatus> statuses = new List<UserStatus>(infos.Count);
            foreach (PresenceInfo info in infos)
            {
                statuses.Add(new UserStatus
                {
                    user_status_identifier = info.UserId,
                    user_status_status_type = (TIMUserStatusType)info.Presence,
                    user_status_custom_status = info.CustomStatus,
                    user_status_online_devices = new List<string>(info.OnlineDevices),
                });
            }
            return statuses;
        }

        internal static List<FriendProfile> Friends(string json)
        {
            List<FriendProfile> friends = new List<FriendProfile>();
            foreach (Friend friend in Read.Friends(json))
            {
                friends.Add(new FriendProfile
                {
                    friend_profile_identifier = friend.UserId,
                    friend_profile_group_name_array = new List<string>(friend.Groups),
                    friend_profile_remark = friend.Remark,
                    friend_profile_add_wording = friend.Wording,
                    friend_profile_add_source = friend.Source,
                    friend_profile_add_time = UnixTime.FromUtc(friend.AddedAtUtc),
                    friend_profile_user_profile = Profile(friend.UserId),
                    friend_profile_custom_string_array = new List<FriendField>(),
                });
            }
            return friends;
        }

        private static UserProfile Profile(string userId)
        {
            return new UserProfile
            {
                user_profile_identifier = userId,
                user_profile_nick_name = "",
                user_profile_face_url = "",
                user_profile_self_signature = "",
                user_profile_location = "",
                user_profile_custom_string_array = new List<UserField>(),
                user_profile_friend_remark = "",
            };
        }

        internal static List<types.FriendResult> FriendResults(string json)
        {
            List<types.FriendResult> results = new List<types.FriendResult>();
            foreach (Userstatus.FriendResult result in Read.FriendResults(json))
            {
                results.Add(new types.FriendResult
                {
                    friend_result_identifier = result.UserId,
                    friend_result_code = result.Code,
                    friend_result_desc = result.Description,
                });
            }
            return results;
        }

        internal static types.FriendResult FriendResult(string json)
        {
            List<types.FriendResult> results = FriendResults(json);
            return results.Count == 0 ? null : results[0];
        }

        internal static ResponseInfo Response(ExperimentalAPIReqeustParam param)
        {
            return new ResponseInfo { response_internal_operation = param.request_internal_operation };
        }

        internal static string Json(SdkConfig config)
        {
            JsonWriter json = new JsonWriter().Text(Keys.CallbackMode, "pump");
            if (config != null)
            {
                json.Text(Keys.ConfigFilePath, config.sdk_config_config_file_path)
                    .Text(Keys.LogFilePath, config.sdk_config_log_file_path)
                    .Text(Keys.ServerAddress, config.sdk_config_server_address)
                    .Text(Keys.CaFile, config.sdk_config_ca_file)
                    .Text(Keys.Platform, config.sdk_config_platform);
            }
            return json.ToString();
        }

        // Null for null, in all of these: the library says TIM_ERR_PARAM to it.

        internal static string Json(SetConfig config)
        {
            if (config == null)
            {
                return null;
            }
            JsonWriter json = new JsonWriter().Text(Keys.UserDefinedData, config.set_config_user_define_data);
            Number(json, Keys.LogLevel, (int?)config.set_config_log_level);
            Number(json, Keys.CallbackLogLevel, (int?)config.set_config_callback_log_level);
            if (config.set_config_is_log_output_console.HasValue)
            {
                json.Boolean(Keys.LogToConsole, config.set_config_is_log_output_console.Value);
            }
            return json.ToString();
        }

        internal static string Json(ExperimentalAPIReqeustParam param)
        {
            if (param == null)
            {
                return null;
            }
            JsonWriter json = new JsonWriter()
                .Text(Keys.Operation, param.request_internal_operation)
                .Text(Keys.WriteLogContent, param.request_write_log_log_content_param)
                .Text(Keys.WriteLogFile, param.request_write_log_file_name_param)
                .Text(Keys.WriteLogFunction, param.request_write_log_func_name_param);
            Number(json, Keys.WriteLogLevel, param.request_write_log_log_level_param);
            Number(json, Keys.WriteLogLine, param.request_write_log_line_number_param);
            CustomServerInfo server = param.request_set_custom_server_info_param;
            if (server != null)
            {
                List<string> addresses = new List<string>();
                foreach (ServerAddress address in server.longconnection_address_array ?? new List<ServerAddress>())
                {
                    addresses.Add(new JsonWriter()
                        .Text(Keys.ServerIp, address.server_address_ip)
                        .Number(Keys.ServerPort, address.server_address_port)
                        .Boolean(Keys.ServerIsIpv6, address.server_address_is_ipv6)
                        .ToString());
                }
                json.Raw(Keys.OperationServer, new JsonWriter()
                    .Raw(Keys.ServerAddresses, "[" + string.Join(",", addresses) + "]")
                    .Text(Keys.ServerPublicKey, server.server_public_key ?? "")
                    .ToString());
            }
            return json.ToString();
        }

        private static void Number(JsonWriter json, string key, int? value)
        {
            if (value.HasValue)
            {
                json.Number(key, value.Value);
            }
        }

        internal static string Json(UserStatus status)
        {
            if (status == null)
            {
                return null;
            }
            return new JsonWriter()
                .Text(Keys.StatusUser, status.user_status_identifier)
                .Text(Keys.StatusCustom, status.user_status_custom_status ?? "")
                .ToString();
        }

        internal static string Json(FriendshipAddFriendParam param)
        {
            if (param == null)
            {
                return null;
            }
            return new JsonWriter()
                .Text(Keys.AddFriendUser, param.friendship_add_friend_param_identifier)
                .Number(Keys.AddFriendType, (int)param.friendship_add_friend_param_friend_type)
                .Text(Keys.AddFriendRemark, param.friendship_add_friend_param_remark)
                .Text(Keys.AddFriendGroup, param.friendship_add_friend_param_group_name)
                .Text(Keys.AddFriendSource, param.friendship_add_friend_param_add_source)
                .Text(Keys.AddFriendWording, param.friendship_add_friend_param_add_wording)
                .ToString();
        }

        internal static string Json(FriendshipDeleteFriendParam param)
        {
            if (param == null)
            {
                return null;
            }
            return new JsonWriter()
                .Number(Keys.DeleteFriendType, (int)param.friendship_delete_friend_param_friend_type)
                .Raw(Keys.DeleteFriendUsers, JsonWriter.Array(
                    param.friendship_delete_friend_param_identifier_array ?? new List<string>(), "param"))
                .ToString();
        }
    }
}
