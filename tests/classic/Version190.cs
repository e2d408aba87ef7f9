using System;
using System.Collections.Generic;
using com.tencent.imsdk.unity;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;

/// <summary>A game written for version 1.9.0 of the SDK's C# layer, with the names and types that one has.</summary>
internal static class Version190
{
    internal static void Main(string[] arguments)
    {
        Player player = new Player(arguments);
        SayWhere(player);
        Player.Same(TIMResult.TIM_SUCC, TencentIMSDK.Init(player.AppId, new SdkConfig { sdk_config_log_file_path = "" }, false));
        TencentIMSDK.SetOnAddFriendCallback((List<string> userids, string user_data) => userids.ForEach(player.Added.Add));
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.Login(player.User, player.UserSig, (int code, string desc, string user_data) => done(code))));

        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.SetSelfStatus(
            new UserStatus
            {
                user_status_identifier = player.User,
                user_status_status_type = TIMUserStatusType.kTIMUserStatusType_Unkown,
                user_status_custom_status = "in a match",
            },
            (int code, string desc, string user_data) => done(code))));
        List<UserStatus> statuses = Player.Answer<List<UserStatus>>(done => TencentIMSDK.GetUserStatus(
            new List<string> { player.User, "nobody" }, (int code, string desc, List<UserStatus> result, string user_data) => done(result)));
        Player.Same("in a match", statuses[0].user_status_custom_status);
        Player.Same("online", Word(statuses[0]));
        Player.Same("unknown", Word(statuses[1]));
        Player.Same(true, statuses[0].user_status_status_type == TIMUserStatusType.kTIMUserStatusType_Online);
#if USERSTATUS_CLASSIC_1_9_0
        // What is assigned wants the very types of that version.
        TIMUserStatusType type = statuses[0].user_status_status_type;
        Player.Same(TIMUserStatusType.kTIMUserStatusType_Online, type);
#endif

        FriendResult added = Player.Answer<FriendResult>(done => TencentIMSDK.FriendshipAddFriend(
            new FriendshipAddFriendParam
            {
                friendship_add_friend_param_identifier = player.Friend,
                friendship_add_friend_param_friend_type = TIMFriendType.FriendTypeSignle,
            },
            (int code, string desc, FriendResult result, string user_data) => done(result)));
        Player.Same(0, added.friend_result_code);
        Player.Same(player.Friend, Player.Next(player.Added));
        List<FriendProfile> friends = Player.Answer<List<FriendProfile>>(done => TencentIMSDK.FriendshipGetFriendProfileList(
            (int code, string desc, List<FriendProfile> result, string user_data) => done(result)));
        long since = friends[0].friend_profile_add_time;
        Player.Same(true, Math.Abs(TencentIMSDK.GetServerTime() - since) < 300);
        Player.Same(player.Friend, friends[0].friend_profile_user_profile.user_profile_identifier);
        foreach (FriendProfileCustemStringInfo field in friends[0].friend_profile_custom_string_array)
        {
            throw new Exception("there are none: " + field.friend_profile_custom_string_info_key);
        }

#if USERSTATUS_CLASSIC_1_9_0
        List<FriendProfileCustemStringInfo> fields = friends[0].friend_profile_custom_string_array;
        List<UserProfileCustemStringInfo> others = friends[0].friend_profile_user_profile.user_profile_custom_string_array;
        Player.Same(0, fields.Count + others.Count);
#endif

        SetConfig config = new SetConfig
        {
            set_config_log_level = TIMLogLevel.kTIMLog_Error,
            set_config_user_config = new UserConfig { user_config_is_read_receipt = true },
        };
        Player.Same(config, Player.Answer<SetConfig>(done => TencentIMSDK.SetConfig(
            config, (int code, string desc, SetConfig result, string user_data) => done(result))));
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.MsgDoBackground(0, (int code, string desc, string result, string user_data) => done(code))));
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.MsgDoForeground((int code, string desc, string user_data) => done(code))));
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.Logout((int code, string desc, string user_data) => done(code))));
        Player.Same(TIMResult.TIM_SUCC, TencentIMSDK.Uninit());
        Console.WriteLine("done");
    }

    private static void SayWhere(Player player)
    {
        ExperimentalAPIReqeustParam where = new ExperimentalAPIReqeustParam
        {
            request_internal_operation = TIMInternalOperation.internal_operation_set_custom_server_info.ToString(),
            request_set_custom_server_info_param = new CustomServerInfo
            {
                longconnection_address_array = new List<ServerAddress> { new ServerAddress { server_address_ip = player.Ip, server_address_port = player.Port } },
                server_public_key = "",
            },
        };
        ReponseInfo answer = Player.Answer<ReponseInfo>(done => TencentIMSDK.CallExperimentalAPI(
            where, (int code, string desc, ReponseInfo result, string user_data) => done(result)));
        Player.Same("internal_operation_set_custom_server_info", answer.response_internal_operation);
        ExperimentalAPIReqeustParam platform = new ExperimentalAPIReqeustParam
        {
            request_internal_operation = TIMInternalOperation.internal_operation_set_ui_platform.ToString(),
            request_set_ui_platform_param = "unity",
        };
        Player.Same(0, Player.Answer<int>(done => TencentIMSDK.CallExperimentalAPI(
            platform, (int code, string desc, string result, string user_data) => done(code))));
    }

    private static string Word(UserStatus status)
    {
        switch (status.user_status_status_type)
        {
            case TIMUserStatusType.kTIMUserStatusType_Online:
                return "online";
            case TIMUserStatusType.kTIMUserStatusType_Unkown:
                return "unknown";
            default:
                return "away";
        }
    }
}
