using System.Collections.Generic;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;

namespace com.tencent.imsdk.unity.callback
{
    /// <summary>The answer to a call, as a type. <paramref name="user_data"/> names the call.</summary>
    public delegate void ValueCallback<T>(int code, string desc, T result, string user_data);

    /// <summary>The answer to a call that has no value.</summary>
    public delegate void NullValueCallback(int code, string desc, string user_data);

    /// <summary>Statuses that changed.</summary>
    public delegate void UserStatusChangedCallback(List<UserStatus> json_user_status_array, string user_data);

    /// <summary>Statuses that changed, as JSON.</summary>
    public delegate void UserStatusChangedStringCallback(string json_user_status_array, string user_data);

    /// <summary>The connection changed.</summary>
    public delegate void NetworkStatusListenerCallback(TIMNetworkStatus status, int code, string desc, string user_data);

    /// <summary>This device was logged out by a login elsewhere.</summary>
    public delegate void KickedOfflineCallback(string user_data);

    /// <summary>Ours: the UserSig is about to end, in so many milliseconds.</summary>
    public delegate void UserSigExpiringCallback(ulong expires_in_ms, string user_data);

    /// <summary>A new UserSig is needed.</summary>
    public delegate void UserSigExpiredCallback(string user_data);

    /// <summary>Users became friends.</summary>
    public delegate void OnAddFriendCallback(List<string> userids, string user_data);

    /// <summary>Users became friends, as JSON.</summary>
    public delegate void OnAddFriendStringCallback(string userids, string user_data);

    /// <summary>Users are friends no more.</summary>
    public delegate void OnDeleteFriendCallback(List<string> userids, string user_data);

    /// <summary>Users are friends no more, as JSON.</summary>
    public delegate void OnDeleteFriendStringCallback(string userids, string user_data);

    /// <summary>A line of the log.</summary>
    public delegate void LogCallback(TIMLogLevel logLevel, string log, string user_data);
}
