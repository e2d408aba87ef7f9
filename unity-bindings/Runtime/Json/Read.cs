using System;
using System.Collections.Generic;

namespace Userstatus.Json
{
    /// <summary>The answers of the library, as types. What is absent or of another type is empty: a newer library may say more.</summary>
    internal static class Read
    {
        internal static IList<PresenceInfo> Statuses(string json)
        {
            List<PresenceInfo> statuses = new List<PresenceInfo>();
            foreach (object item in Items(json))
            {
                Dictionary<string, object> fields = item as Dictionary<string, object>;
                if (fields != null)
                {
                    statuses.Add(new PresenceInfo(
                        Text(fields, Keys.StatusUser),
                        (Presence)Number(fields, Keys.StatusType),
                        Text(fields, Keys.StatusCustom),
                        Texts(fields, Keys.StatusDevices)));
                }
            }
            return statuses.AsReadOnly();
        }

        internal static IList<string> UserIds(string json)
        {
            return TextsOf(Items(json));
        }

        internal static IList<Friend> Friends(string json)
        {
            List<Friend> friends = new List<Friend>();
            foreach (object item in Items(json))
            {
                Dictionary<string, object> fields = item as Dictionary<string, object>;
                if (fields != null)
                {
                    friends.Add(new Friend(
                        Text(fields, Keys.FriendUser),
                        Text(fields, Keys.FriendRemark),
                        Texts(fields, Keys.FriendGroups),
                        Text(fields, Keys.FriendSource),
                        Text(fields, Keys.FriendWording),
                        UnixTime.ToUtc(Number(fields, Keys.FriendTime))));
                }
            }
            return friends.AsReadOnly();
        }

        /// <summary>The ids of friends, or of those of whom there is nothing but the id.</summary>
        internal static IList<string> FriendIds(string json)
        {
            List<string> ids = new List<string>();
            foreach (Friend friend in Friends(json))
            {
                ids.Add(friend.UserId);
            }
            return ids.AsReadOnly();
        }

        /// <summary>Of an array, or of one object.</summary>
        internal static IList<FriendResult> FriendResults(string json)
        {
            List<FriendResult> results = new List<FriendResult>();
            foreach (object item in Items(json))
            {
                Dictionary<string, object> fields = item as Dictionary<string, object>;
                if (fields != null)
                {
                    results.Add(new FriendResult(
                        Text(fields, Keys.FriendResultUser),
                        (int)Number(fields, Keys.FriendResultCode),
                        Text(fields, Keys.FriendResultText)));
                }
            }
            return results.AsReadOnly();
        }

        internal static string Text(Dictionary<string, object> fields, string key)
        {
            object value;
            fields.TryGetValue(key, out value);
            return value as string ?? "";
        }

        internal static long Number(Dictionary<string, object> fields, string key)
        {
            object value;
            fields.TryGetValue(key, out value);
            return value is double ? (long)(double)value : 0;
        }

        private static IList<string> Texts(Dictionary<string, object> fields, string key)
        {
            object value;
            fields.TryGetValue(key, out value);
            return TextsOf(value as List<object> ?? new List<object>());
        }

        private static IList<string> TextsOf(List<object> items)
        {
            List<string> texts = new List<string>(items.Count);
            foreach (object item in items)
            {
                string text = item as string;
                if (text != null)
                {
                    texts.Add(text);
                }
            }
            return texts.AsReadOnly();
        }

        private static List<object> Items(string json)
        {
            if (string.IsNullOrEmpty(json))
            {
                return new List<object>();
            }
            object value = JsonReader.Parse(json);
            return value as List<object> ?? new List<object> { value };
        }
    }

    internal static class UnixTime
    {
        private static readonly DateTime Epoch = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);

        internal static DateTime ToUtc(long seconds)
        {
            return Epoch.AddSeconds(seconds);
        }

        internal static long FromUtc(DateTime time)
        {
            return (long)(time - Epoch).TotalSeconds;
        }
    }
}
