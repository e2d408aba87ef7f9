using System;
using System.Collections.Generic;
using com.tencent.imsdk.unity;
using com.tencent.imsdk.unity.callback;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;

/// <summary>A game written for the SDK's C# layer of today, which goes with version 8.6, with the names and types that one has.</summary>
internal static class Version86
{
    internal static void Main(string[] arguments)
    {
        Player player = new Player(arguments);
        SayWhere(player);
        Player.Same(true, new Version(TencentIMSDK.GetSDKVersion()) >= new Version(8, 6));
        Player.Same(TIMResult.TIM_SUCC, TencentIMSDK.Init(player.AppId, new SdkConfig { sdk_config_log_file_path = "", sdk_config_java_vm = null }, false));
        TencentIMSDK.SetOnAddFriendCallback((userids, user_data) => userids.ForEach(player.Added.Add));
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.Login(player.User, player.UserSig, (int code, string desc, string user_data) => done(code))));

        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.SetSelfStatus(
            new UserStatus { user_status_status_type = null, user_status_custom_status = "in a match" },
            (int code, string desc, string user_data) => done(code))));
        List<UserStatus> statuses = Player.Answer<List<UserStatus>>(done => TencentIMSDK.GetUserStatus(
            new List<string> { player.User, "nobody" }, (int code, string desc, List<UserStatus> result, string user_data) => done(result)));
        Player.Same("in a match", statuses[0].user_status_custom_status);
        Player.Same(true, statuses[0].user_status_status_type.HasValue);
        Player.Same(TIMUserStatusType.kTIMUserStatusType_Online, statuses[0].user_status_status_type.Value);
        Player.Same(TIMUserStatusType.kTIMUserStatusType_Unknown, statuses[1].user_status_status_type ?? TIMUserStatusType.kTIMUserStatusType_Offline);
        // Nobody in particular: null is written as JSON null there, and means all.
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.UnsubscribeUserStatus(null, (int code, string desc, string user_data) => done(code))));

        FriendResult added = Player.Answer<FriendResult>(done => TencentIMSDK.FriendshipAddFriend(
            new FriendshipAddFriendParam
            {
                friendship_add_friend_param_identifier = player.Friend,
                friendship_add_friend_param_friend_type = TIMFriendType.FriendTypeSingle,
            },
            (int code, string desc, FriendResult result, string user_data) => done(result)));
        Player.Same(0, added.friend_result_code);
        Player.Same(player.Friend, Player.Next(player.Added));
        List<FriendProfile> friends = Player.Answer<List<FriendProfile>>(done => TencentIMSDK.FriendshipGetFriendProfileList(
            (int code, string desc, List<FriendProfile> result, string user_data) => done(result)));
        long since = friends[0].friend_profile_add_time;
        Player.Same(true, Math.Abs(TencentIMSDK.GetServerTime() - since) < 300);
        UserProfile profile = friends[0].friend_profile_user_profile;
        Player.Same(player.Friend, profile.user_profile_identifier);
        Player.Same("", profile.user_profile_nick_name.Trim());
        Player.Same(TIMGenderType.kTIMGenderType_Unknown, profile.user_profile_gender);
        List<FriendProfileCustomStringInfo> fields = friends[0].friend_profile_custom_string_array;
        Player.Same(0, fields.Count);

        SetConfig config = new SetConfig
        {
            set_config_callback_log_level = TIMLogLevel.kTIMLog_Info,
            set_config_user_config = new UserConfig { user_config_is_sync_report = false },
            set_config_is_only_local_dns_source = false,
        };
        string json = Player.Answer<string>(done => TencentIMSDK.SetConfig(config, (int code, string desc, string result, string user_data) => done(result)));
        Player.Same(true, json.Contains("\"set_config_callback_log_level\":4"));
        WriteLog();
        // As games do in OnApplicationPause.
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.MsgDoBackground(3, (int code, string desc, string user_data) => done(code))));
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.MsgDoForeground((int code, string desc, string result, string user_data) => done(code))));
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.Logout((int code, string desc, string user_data) => done(code))));
        Player.Same(TIMResult.TIM_SUCC, TencentIMSDK.Uninit());
        Console.WriteLine("done");
    }

    private static void SayWhere(Player player)
    {
        ExperimentalAPIRequestParam where = new ExperimentalAPIRequestParam
        {
            request_internal_operation = TIMInternalOperation.internal_operation_set_custom_server_info.ToString(),
            request_set_custom_server_info_param = new CustomServerInfo
            {
                longconnection_address_array = new List<ServerAddress> { new ServerAddress { server_address_ip = player.Ip, server_address_port = player.Port } },
                shortconnection_address_array = new List<ServerAddress>(),
                server_public_key = "",
            },
        };
        ResponseInfo answer = Player.Answer<ResponseInfo>(done => TencentIMSDK.CallExperimentalAPI(
            where, (int code, string desc, ResponseInfo result, string user_data) => done(result)));
        Player.Same("internal_operation_set_custom_server_info", answer.response_internal_operation);
        ExperimentalAPIRequestParam platform = new ExperimentalAPIRequestParam
        {
            request_internal_operation = TIMInternalOperation.internal_operation_set_ui_platform.ToString(),
            request_set_ui_platform_param = 5,
        };
        ValueCallback<ResponseInfo> ignored = (code, desc, result, user_data) => { };
        Player.Same(TIMResult.TIM_SUCC, TencentIMSDK.CallExperimentalAPI(platform, ignored));
        // Without types: which of the answer's names is meant does not show.
        Player.Same("internal_operation_set_ui_platform", Player.Answer<string>(done => TencentIMSDK.CallExperimentalAPI(
            platform, (code, desc, result, user_data) => done(result.response_internal_operation))));
    }

    private static void WriteLog()
    {
        using (System.Collections.Concurrent.BlockingCollection<string> lines = new System.Collections.Concurrent.BlockingCollection<string>())
        {
            TencentIMSDK.SetLogCallback((level, line, user_data) => lines.Add(line));
            Player.Same(0, Player.Answer<int>(done => TencentIMSDK.CallExperimentalAPI(
                new ExperimentalAPIRequestParam
                {
                    request_internal_operation = TIMInternalOperation.internal_operation_write_log.ToString(),
                    request_write_log_log_level_param = (int)TIMLogLevel.kTIMLog_Error,
                    request_write_log_log_content_param = "lost the ball",
                    request_write_log_func_name_param = "Kick",
                },
                (int code, string desc, string result, string user_data) => done(code))));
            string written;
            do
            {
                written = Player.Next(lines);
            }
            while (!written.Contains("lost the ball"));
            Player.Same("Kick: lost the ball", written);
            TencentIMSDK.SetLogCallback(null);
        }
    }
}
