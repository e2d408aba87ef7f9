using System;
using System.Threading.Tasks;
using UnityEngine;

namespace Userstatus.Samples
{
    /// <summary>A friend list on screen. Add it to an empty object of any scene, fill in what `userstatusd dev` prints, and press Play.</summary>
    [DisallowMultipleComponent]
    [AddComponentMenu("User Status/Two Players (sample)")]
    public sealed class TwoPlayers : MonoBehaviour
    {
        [SerializeField] private string server = "127.0.0.1:7700";
        [SerializeField] private string appId = "";
        [SerializeField] private string userId = "alice";
        [Tooltip("Minted by your own server; for a server on this machine, by userstatusd or in Window > User Status.")]
        [SerializeField, TextArea] private string userSig = "";

        private UserStatusClient client;
        private FriendRoster roster;
        private string friendToAdd = "bob";
        private string customStatus = "in a match";
        private string message = "";
        private bool isBusy;

        private void OnDestroy()
        {
            if (client != null)
            {
                // Without a logout: others see Offline.
                client.Dispose();
            }
        }

        private void OnGUI()
        {
            GUILayout.BeginArea(new Rect(10, 10, Mathf.Clamp(Screen.width - 20, 200, 480), Screen.height - 20));
            GUI.enabled = !isBusy;
            if (client == null)
            {
                DrawLogin();
            }
            else
            {
                DrawFriends();
            }
            GUI.enabled = true;
            GUILayout.Label(message);
            GUILayout.EndArea();
        }

        private void DrawLogin()
        {
            server = Field("Server", server);
            appId = Field("App id", appId);
            userId = Field("User", userId);
            userSig = Field("UserSig", userSig);
            if (GUILayout.Button("Connect"))
            {
                Run(ConnectAsync);
            }
        }

        private void DrawFriends()
        {
            GUILayout.Label(client.UserId + ": " + client.State);
            customStatus = Field("I am", customStatus);
            GUILayout.BeginHorizontal();
            if (GUILayout.Button("Say so"))
            {
                Run(() => client.SetCustomStatusAsync(customStatus));
            }
            if (GUILayout.Button("Say nothing"))
            {
                Run(() => client.SetCustomStatusAsync(""));
            }
            GUILayout.EndHorizontal();

            GUILayout.Space(10);
            Color color = GUI.color;
            foreach (PresenceInfo friend in roster.Friends)
            {
                GUI.color = friend.IsOnline ? Color.green : Color.gray;
                GUILayout.Label(friend.ToString());
            }
            GUI.color = color;
            friendToAdd = Field("Friend", friendToAdd);
            if (GUILayout.Button("Add"))
            {
                Run(AddAsync);
            }

            GUILayout.Space(10);
            if (GUILayout.Button("Log out"))
            {
                Run(LogOutAsync);
            }
        }

        private async Task ConnectAsync()
        {
            ulong app;
            if (!ulong.TryParse(appId.Trim(), out app))
            {
                message = "The app id is a number: userstatusd dev prints it.";
                return;
            }
            UserStatusClient opening = new UserStatusClient(new UserStatusOptions
            {
                Server = server.Trim(),
                AppId = app,
                UserId = userId.Trim(),
                UserSig = userSig.Trim(),
            });
            try
            {
                // Before it opens, so that nothing is missed.
                FriendRoster friends = new FriendRoster(opening);
                opening.KickedOffline += () => message = "Logged in on another device.";
                await opening.OpenAsync();
                await friends.LoadAsync();
                roster = friends;
                client = opening;
            }
            finally
            {
                if (client != opening)
                {
                    opening.Dispose();
                }
            }
        }

        private async Task AddAsync()
        {
            message = await roster.AddAsync(friendToAdd.Trim()) ?? "";
        }

        private async Task LogOutAsync()
        {
            UserStatusClient closing = client;
            client = null;
            await closing.CloseAsync();
        }

        /// <summary>One thing at a time, and what goes wrong is on screen: with the code, and what to do about it.</summary>
        private async void Run(Func<Task> work)
        {
            isBusy = true;
            message = "";
            try
            {
                await work();
            }
            catch (Exception fault)
            {
                message = fault.Message;
            }
            finally
            {
                isBusy = false;
            }
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
