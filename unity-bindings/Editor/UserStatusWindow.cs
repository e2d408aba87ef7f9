using System;
using System.Collections.Generic;
using System.Text;
using UnityEditor;
using UnityEngine;
using Userstatus.Native;

namespace Userstatus.Editor
{
    /// <summary>Window > User Status: what the library in this editor is doing, live.</summary>
    internal sealed class UserStatusWindow : EditorWindow
    {
        private static readonly string[] Tabs = { "Status", "Log", "UserSig" };

        /// <summary>By TIMLoginStatus, from 1 on.</summary>
        private static readonly string[] LoginStatuses = { "logged in", "logging in", "logged out", "logging out" };

        private readonly EventLog log = new EventLog();
        private readonly MintPanel mint = new MintPanel();
        private int tab;
        private Vector2 statusScroll;
        private int shown;
        private Vector2 logScroll;
        private string library;

        [MenuItem("Window/User Status")]
        private static void Open()
        {
            GetWindow<UserStatusWindow>("User Status");
        }

        private void OnEnable()
        {
            minSize = new Vector2(320, 200);
            EditorApplication.update += Follow;
        }

        private void OnDisable()
        {
            EditorApplication.update -= Follow;
            log.Follow(null);
        }

        // Each update, not only when drawing: what a new client says first is not to be missed.
        private void Follow()
        {
            log.Follow(UserStatusClient.Current);
        }

        // Ten times a second.
        private void OnInspectorUpdate()
        {
            Repaint();
        }

        private void OnGUI()
        {
            tab = GUILayout.Toolbar(tab, Tabs);
            switch (tab)
            {
                case 0:
                    DrawStatus();
                    break;
                case 1:
                    DrawLog();
                    break;
                default:
                    mint.Draw();
                    break;
            }
        }

        private void DrawStatus()
        {
            EditorGUILayout.LabelField("Native library", Library());
            IList<UserStatusClient> open = UserStatusClient.AllOpen;
            if (open.Count == 0)
            {
                DrawClassic();
                return;
            }
            shown = Math.Min(shown, open.Count - 1);
            if (open.Count > 1)
            {
                // Several players in one editor.
                List<string> users = new List<string>();
                foreach (UserStatusClient one in open)
                {
                    users.Add(one.UserId);
                }
                shown = GUILayout.Toolbar(shown, users.ToArray());
            }
            UserStatusClient client = open[shown];
            EditorGUILayout.LabelField("Connection", client.State.ToString());
            EditorGUILayout.LabelField("User", client.UserId);
            DateTime? time = client.ServerTimeUtc;
            EditorGUILayout.LabelField("Server's time", time.HasValue ? time.Value.ToString("yyyy-MM-dd HH:mm:ss") + " UTC" : "-");

            IList<string> watched = client.Watched;
            List<PresenceInfo> known = new List<PresenceInfo>(client.Known);
            known.Sort((one, other) => string.CompareOrdinal(one.UserId, other.UserId));
            EditorGUILayout.Space();
            EditorGUILayout.LabelField("Known: " + known.Count + ", watched: " + watched.Count, EditorStyles.boldLabel);
            HashSet<string> isWatched = new HashSet<string>(watched);
            statusScroll = EditorGUILayout.BeginScrollView(statusScroll);
            foreach (PresenceInfo info in known)
            {
                string name = info.UserId + (info.UserId == client.UserId ? " (this player)" : isWatched.Contains(info.UserId) ? "" : " (not watched)");
                EditorGUILayout.LabelField(name, Describe(info));
            }
            EditorGUILayout.EndScrollView();
        }

        private void DrawClassic()
        {
            if (!Bridge.IsStarted)
            {
                EditorGUILayout.HelpBox("No client is open. It shows up here when the game opens one.", MessageType.Info);
                return;
            }
            // Past the classic interface, which not every project refers to.
            byte[] user = new byte[128];
            NativeMethods.TIMGetLoginUserID(user);
            string userId = Encoding.UTF8.GetString(user, 0, Array.IndexOf(user, (byte)0));
            int status = NativeMethods.TIMGetLoginStatus();
            EditorGUILayout.LabelField("TencentIMSDK", status >= 1 && status <= LoginStatuses.Length ? LoginStatuses[status - 1] : "-");
            EditorGUILayout.LabelField("User", userId.Length == 0 ? "-" : userId);
        }

        private void DrawLog()
        {
            EditorGUILayout.BeginHorizontal();
            GUILayout.Label("Lines of the library: at UserStatusOptions.LogLevel");
            GUILayout.FlexibleSpace();
            if (GUILayout.Button("Copy"))
            {
                EditorGUIUtility.systemCopyBuffer = string.Join("\n", log.Lines());
            }
            if (GUILayout.Button("Clear"))
            {
                log.Clear();
            }
            EditorGUILayout.EndHorizontal();
            logScroll = EditorGUILayout.BeginScrollView(logScroll);
            string[] lines = log.Lines();
            // The newest first: it is on screen without scrolling.
            for (int i = lines.Length - 1; i >= 0; i--)
            {
                GUILayout.Label(lines[i], EditorStyles.miniLabel);
            }
            EditorGUILayout.EndScrollView();
        }

        private string Library()
        {
            // Once: Unity does not load a library again, and a failed try costs time.
            if (library == null)
            {
                try
                {
                    library = UserStatusClient.LibraryVersion;
                }
                catch (DllNotFoundException)
                {
                    library = "not found: put it in place and restart the editor (Documentation~, Native libraries)";
                }
                catch (EntryPointNotFoundException)
                {
                    library = "another library has its name";
                }
            }
            return library;
        }

        private static string Describe(PresenceInfo info)
        {
            string text = info.Presence.ToString();
            if (info.CustomStatus.Length > 0)
            {
                text += ", \"" + info.CustomStatus + "\"";
            }
            return info.OnlineDevices.Count == 0 ? text : text + " on " + string.Join(", ", info.OnlineDevices);
        }
    }
}
