namespace com.tencent.imsdk.unity.enums
{
    /// <summary>What a call returns at once. 0: accepted, and its callback comes exactly once; anything else: refused, and it never comes.</summary>
    public enum TIMResult
    {
        /// <summary>Accepted.</summary>
        TIM_SUCC = 0,

        /// <summary>Reserved.</summary>
        TIM_ERR_SDKUNINIT = -1,

        /// <summary>Reserved.</summary>
        TIM_ERR_NOTLOGIN = -2,

        /// <summary>The argument is not JSON, or JSON of another form.</summary>
        TIM_ERR_JSON = -3,

        /// <summary>Null or empty where something is needed.</summary>
        TIM_ERR_PARAM = -4,

        /// <summary>Reserved.</summary>
        TIM_ERR_CONV = -5,

        /// <summary>Reserved.</summary>
        TIM_ERR_GROUP = -6,
    }

    /// <summary>Whether somebody is logged in.</summary>
    public enum TIMLoginStatus
    {
        /// <summary>Logged in.</summary>
        kTIMLoginStatus_Logined = 1,

        /// <summary>A login is under way.</summary>
        kTIMLoginStatus_Logining = 2,

        /// <summary>Not logged in.</summary>
        kTIMLoginStatus_UnLogined = 3,

        /// <summary>A logout is under way.</summary>
        kTIMLoginStatus_Logouting = 4,
    }

    /// <summary>The normal status of a user (rule S3). Spelt as existing code spells it.</summary>
    public enum TIMUserStatusType
    {
        /// <summary>The server never heard of this user.</summary>
        kTIMUserStatusType_Unkown = 0,

        /// <summary>Logged in on a device.</summary>
        kTIMUserStatusType_Online = 1,

        /// <summary>The connection is gone without a logout.</summary>
        kTIMUserStatusType_Offline = 2,

        /// <summary>Logged out, or never logged in.</summary>
        kTIMUserStatusType_UnLogined = 3,
    }

    /// <summary>The state of the connection.</summary>
    public enum TIMNetworkStatus
    {
        /// <summary>It stands.</summary>
        kTIMConnected = 0,

        /// <summary>It was lost.</summary>
        kTIMDisconnected = 1,

        /// <summary>It is being made.</summary>
        kTIMConnecting = 2,

        /// <summary>It could not be made.</summary>
        kTIMConnectFailed = 3,
    }

    /// <summary>How grave a line of the log is.</summary>
    public enum TIMLogLevel
    {
        /// <summary>No log.</summary>
        kTIMLog_Off = 0,

        /// <summary>Everything.</summary>
        kTIMLog_Test = 1,

        /// <summary>Each frame.</summary>
        kTIMLog_Verbose = 2,

        /// <summary>For finding faults.</summary>
        kTIMLog_Debug = 3,

        /// <summary>What happens in general.</summary>
        kTIMLog_Info = 4,

        /// <summary>What may be wrong.</summary>
        kTIMLog_Warn = 5,

        /// <summary>What went wrong.</summary>
        kTIMLog_Error = 6,

        /// <summary>What cannot be.</summary>
        kTIMLog_Assert = 7,
    }

    /// <summary>Into whose list a friend is added.</summary>
    public enum TIMFriendType
    {
        /// <summary>One's own.</summary>
        FriendTypeSignle = 0,

        /// <summary>Both.</summary>
        FriendTypeBoth = 1,
    }
}
