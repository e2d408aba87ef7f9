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

    /// <summary>The normal status of a user (rule S3).</summary>
    public enum TIMUserStatusType
    {
        /// <summary>The server never heard of this user.</summary>
        kTIMUserStatusType_Unknown = 0,

        /// <summary>The same, as earlier versions of the SDK spell it.</summary>
        kTIMUserStatusType_Unkown = kTIMUserStatusType_Unknown,

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
        FriendTypeSingle = 0,

        /// <summary>The same, as earlier versions of the SDK spell it.</summary>
        FriendTypeSignle = FriendTypeSingle,

        /// <summary>Both.</summary>
        FriendTypeBoth = 1,
    }

    /// <summary>Of a profile. There are none here: it is always unknown.</summary>
    public enum TIMGenderType
    {
        /// <summary>Not said.</summary>
        kTIMGenderType_Unknown = 0,

        /// <summary>The same, as earlier versions of the SDK spell it.</summary>
        kTIMGenderType_Unkown = kTIMGenderType_Unknown,

        /// <summary>Male.</summary>
        kTIMGenderType_Male = 1,

        /// <summary>Female.</summary>
        kTIMGenderType_Female = 2,
    }

    /// <summary>Of a profile: who may add the user as a friend. Here the app's settings say so, and this is always unknown.</summary>
    public enum TIMProfileAddPermission
    {
        /// <summary>Not said.</summary>
        kTIMProfileAddPermission_Unknown = 0,

        /// <summary>Anyone.</summary>
        kTIMProfileAddPermission_AllowAny = 1,

        /// <summary>Who the user agrees to.</summary>
        kTIMProfileAddPermission_NeedConfirm = 2,

        /// <summary>Nobody.</summary>
        kTIMProfileAddPermission_DenyAny = 3,
    }

    /// <summary>Names of internal operations, for <see cref="object.ToString"/>. Others are answered 7013.</summary>
    public enum TIMInternalOperation
    {
        /// <summary>Says where the server is.</summary>
        internal_operation_set_custom_server_info,

        /// <summary>Writes a line into the log.</summary>
        internal_operation_write_log,

        /// <summary>Accepted and ignored.</summary>
        internal_operation_set_ui_platform,

        /// <summary>Accepted and ignored.</summary>
        internal_operation_set_max_retry_count,

        /// <summary>Accepted and ignored.</summary>
        internal_operation_init_local_storage,
    }
}
