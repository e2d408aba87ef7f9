using System.Collections;
using System.Collections.Generic;
using UnityEngine;

namespace Userstatus.Samples
{
    /// <summary>
    /// A friend list with states, what everyone is doing, and a banner while the connection is being restored. Everything on screen is made here; the
    /// scene needs an object with this on it and nothing else.
    /// </summary>
    [DisallowMultipleComponent]
    [RequireComponent(typeof(UserStatusBehaviour))]
    [AddComponentMenu("User Status/Friend List (sample)")]
    public sealed class FriendListScreen : MonoBehaviour
    {
        /// <summary>What the server takes in one call.</summary>
        private const int InOneCall = 100;

        private static readonly string[] Activities = { "in the lobby", "in a match", "looking for a team" };

        private readonly FriendRows rows = new FriendRows();
        private UserStatusBehaviour presence;
        private UserStatusSettings settings;
#if UNITY_WEBGL && !UNITY_EDITOR
        private string server = "ws://127.0.0.1:7703";
#else
        private string server = "127.0.0.1:7700";
#endif
        private string appId = "";
        private string userId = "alice";
        private string userSig = "";
        private string friendToAdd = "bob";
        private string message = "";
        private string banner = "";
        private bool hasBeenConnected;
        private Vector2 scroll;

        private void OnEnable()
        {
            presence = GetComponent<UserStatusBehaviour>();
            if (presence.Settings != null)
            {
#if UNITY_WEBGL && !UNITY_EDITOR
                server = presence.Settings.WebServer;
#else
                server = presence.Settings.Server;
#endif
                appId = presence.Settings.AppId.ToString();
            }
            presence.UserSigWanted.AddListener(OnUserSigWanted);
            presence.LoggedIn.AddListener(OnLoggedIn);
            presence.LoginFailed.AddListener(Say);
            presence.ConnectionChanged.AddListener(OnConnectionChanged);
            presence.StatusChanged.AddListener(rows.Set);
            presence.FriendsChanged.AddListener(OnFriendsChanged);
            presence.KickedOffline.AddListener(OnKickedOffline);
        }

        private void OnDisable()
        {
            presence.UserSigWanted.RemoveListener(OnUserSigWanted);
            presence.LoggedIn.RemoveListener(OnLoggedIn);
            presence.LoginFailed.RemoveListener(Say);
            presence.ConnectionChanged.RemoveListener(OnConnectionChanged);
            presence.StatusChanged.RemoveListener(rows.Set);
            presence.FriendsChanged.RemoveListener(OnFriendsChanged);
            presence.KickedOffline.RemoveListener(OnKickedOffline);
        }

        // A game asks its own server here, with whatever the player has logged in there with.
        private void OnUserSigWanted(string user)
        {
            presence.ProvideUserSig(userSig.Trim());
        }

        private void OnLoggedIn()
        {
            message = "";
            rows.Clear();
            StartCoroutine(LoadFriends());
        }

        private void OnConnectionChanged(ConnectionChange change)
        {
            if (change.State == ConnectionState.Connected)
            {
                hasBeenConnected = true;
                banner = "";
            }
            else if (change.State != ConnectionState.Closed)
            {
                // It comes back by itself; what friends did meanwhile is told then.
                banner = hasBeenConnected ? "Connection lost. Reconnecting..." : "Connecting to " + server + "...";
            }
        }

        private void OnFriendsChanged(string user, bool isFriend)
        {
            if (isFriend)
            {
                StartCoroutine(Watch(new List<string> { user }));
            }
            else
            {
                rows.Remove(user);
            }
        }

        private void OnKickedOffline()
        {
            // Not by itself: two devices would kick each other for ever.
            banner = "Logged in on another device.";
        }

        private void Say(string text)
        {
            message = text;
            banner = "";
        }

        private IEnumerator LoadFriends()
        {
            WaitForTask<IList<Friend>> list = presence.Client.Friends.ListAsync().AsCoroutine();
            yield return list;
            if (!list.IsSuccess)
            {
                Say(list.Fault.Message);
                yield break;
            }
            List<string> ids = new List<string>();
            foreach (Friend friend in list.Result)
            {
                ids.Add(friend.UserId);
            }
            for (int from = 0; from < ids.Count; from += InOneCall)
            {
                yield return StartCoroutine(Watch(ids.GetRange(from, Mathf.Min(InOneCall, ids.Count - from))));
            }
        }

        private IEnumerator Watch(List<string> users)
        {
            if (presence.Client == null)
            {
                yield break;
            }
            users.ForEach(rows.Add);
            WaitForTask<IList<PresenceInfo>> wait = presence.Client.SubscribeAsync(users).AsCoroutine();
            yield return wait;
            if (!wait.IsSuccess)
            {
                Say(wait.Fault.Message);
                yield break;
            }
            foreach (PresenceInfo info in wait.Result)
            {
                rows.Set(info);
            }
        }

        private IEnumerator AddFriend(string user)
        {
            WaitForTask<FriendResult> wait = presence.Client.Friends.AddAsync(user).AsCoroutine();
            yield return wait;
            // That they are one now is told by FriendsChanged.
            message = !wait.IsSuccess ? wait.Fault.Message : wait.Result.IsSuccess ? "" : wait.Result.ToString();
        }

        private IEnumerator SetStatus(string text)
        {
            WaitForTask wait = presence.Client.SetCustomStatusAsync(text).AsCoroutine();
            yield return wait;
            message = wait.IsSuccess ? "" : wait.Fault.Message;
        }

        private void LogIn()
        {
            long number;
            if (!long.TryParse(appId.Trim(), out number))
            {
                Say("The app id is a number: userstatusd dev prints it.");
                return;
            }
            if (settings == null)
            {
                // A project has them as an asset: Assets > Create > User Status > Settings.
                settings = ScriptableObject.CreateInstance<UserStatusSettings>();
            }
#if UNITY_WEBGL && !UNITY_EDITOR
            settings.WebServer = server.Trim();
#else
            settings.Server = server.Trim();
#endif
            settings.AppId = number;
            presence.Settings = settings;
            hasBeenConnected = false;
            Say("");
            presence.LogIn(userId.Trim());
        }

        private void OnGUI()
        {
            GUILayout.BeginArea(new Rect(10, 10, Mathf.Clamp(Screen.width - 20, 200, 420), Screen.height - 20));
            if (banner.Length > 0)
            {
                Colored(Color.yellow, banner);
            }
            if (presence.IsLoggedIn)
            {
                DrawFriends();
            }
            else
            {
                DrawLogin();
            }
            GUILayout.Label(message);
            GUILayout.EndArea();
        }

        private void DrawLogin()
        {
            server = Field("Server", server);
            appId = Field("App id", appId);
            userId = Field("User", userId);
            userSig = Field("UserSig", userSig);
            if (GUILayout.Button("Log in"))
            {
                LogIn();
            }
            if (presence.Client != null && GUILayout.Button("Cancel"))
            {
                presence.LogOut();
                Say("");
            }
        }

        private void DrawFriends()
        {
            GUILayout.Label(presence.UserId + ", " + rows.OnlineCount + " of " + rows.Sorted.Count + " friends online");
            GUILayout.BeginHorizontal();
            foreach (string activity in Activities)
            {
                if (GUILayout.Button(activity))
                {
                    StartCoroutine(SetStatus(activity));
                }
            }
            GUILayout.EndHorizontal();
            scroll = GUILayout.BeginScrollView(scroll);
            foreach (FriendRow row in rows.Sorted)
            {
                Colored(ColorOf(row.Presence), row.UserId + ": " + row.Text);
            }
            GUILayout.EndScrollView();
            friendToAdd = Field("Friend", friendToAdd);
            if (GUILayout.Button("Add friend"))
            {
                StartCoroutine(AddFriend(friendToAdd.Trim()));
            }
            if (GUILayout.Button("Log out"))
            {
                presence.LogOut();
                Say("");
            }
        }

        private static Color ColorOf(Presence state)
        {
            switch (state)
            {
                case Presence.Online:
                    return Color.green;
                case Presence.Offline:
                    return Color.red;
                default:
                    return Color.gray;
            }
        }

        private static void Colored(Color color, string text)
        {
            Color before = GUI.color;
            GUI.color = color;
            GUILayout.Label(text);
            GUI.color = before;
        }

        private static string Field(string label, string text)
        {
            GUILayout.BeginHorizontal();
            GUILayout.Label(label, GUILayout.Width(70));
            string changed = GUILayout.TextField(text ?? "");
            GUILayout.EndHorizontal();
            return changed;
        }
    }
}
