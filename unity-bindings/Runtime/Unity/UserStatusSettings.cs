#if UNITY_5_3_OR_NEWER

using System;
using System.Collections.Generic;
using UnityEngine;

namespace Userstatus
{
    /// <summary>
    /// What a project says once about its server, as an asset: <b>Assets &gt; Create &gt; User Status &gt; Settings</b>. Called
    /// UserStatusSettings in a folder named Resources it is found by itself. It holds no secret: neither the app's key nor a UserSig.
    /// </summary>
    [CreateAssetMenu(fileName = ResourceName, menuName = "User Status/Settings")]
    public sealed class UserStatusSettings : ScriptableObject
    {
        /// <summary>What the asset is called that <see cref="Load"/> finds.</summary>
        public const string ResourceName = "UserStatusSettings";

        /// <summary>What the library takes.</summary>
        private const int AddressesMax = 8;
        private const int HeartbeatMinSeconds = 5;
        private const int HeartbeatMaxSeconds = 3600;

        /// <summary>What addresses begin with. For pages tls is wss.</summary>
        private static readonly string[] Schemes = { "tls://", "" };
        private static readonly string[] WebSchemes = { "wss://", "ws://", "tls://" };

#if UNITY_WEBGL && !UNITY_EDITOR
        private const bool IsInPage = true;
#else
        private const bool IsInPage = false;
#endif

        [Tooltip("host:port, or tls://host:port over the internet; up to 8 with commas between them, of which the first that answers is used.")]
        [SerializeField] private string server = "127.0.0.1:7700";

        [Tooltip("For WebGL players, whose listener is another one: wss://host:port, up to 8 with commas between them. Empty: Server.")]
        [SerializeField] private string webServer = "";

        [Tooltip("The app's number on the server: `userstatusd dev` and `userstatusd app list` print it.")]
        [SerializeField] private long appId = 0;

        [Tooltip("Seconds, 5 to 3600: how soon a network is missed that is gone without a word. Costs battery on phones. 0: as the server asks.")]
        [SerializeField] private int heartbeatSeconds = 0;

        [Tooltip("Least level of the log.")]
        [SerializeField] private LogLevel logLevel = LogLevel.Warning;

        [Tooltip("Whether the log goes to the console.")]
        [SerializeField] private bool logToConsole = true;

        [Tooltip("Whether others see LoggedOut, and not Offline, when a player quits.")]
        [SerializeField] private bool logoutOnQuit = true;

        [Tooltip("Where events run. Auto: on the main thread.")]
        [SerializeField] private Dispatch dispatch = Dispatch.Auto;

        [Tooltip("Milliseconds that events may take of a frame; what is left comes in the next. 0: no limit.")]
        [SerializeField] private int frameBudgetMs = 4;

        /// <summary>See <see cref="UserStatusOptions.Server"/>.</summary>
        public string Server
        {
            get { return server; }
            set { server = value; }
        }

        /// <summary>The same for WebGL players, whose listener is another one: "wss://host:port". Empty: <see cref="Server"/>.</summary>
        public string WebServer
        {
            get { return webServer; }
            set { webServer = value; }
        }

        /// <summary>See <see cref="UserStatusOptions.AppId"/>.</summary>
        public long AppId
        {
            get { return appId; }
            set { appId = value; }
        }

        /// <summary>See <see cref="UserStatusOptions.HeartbeatInterval"/>; 0: as the server asks.</summary>
        public int HeartbeatSeconds
        {
            get { return heartbeatSeconds; }
            set { heartbeatSeconds = value; }
        }

        /// <summary>See <see cref="UserStatusOptions.LogLevel"/>.</summary>
        public LogLevel LogLevel
        {
            get { return logLevel; }
            set { logLevel = value; }
        }

        /// <summary>See <see cref="UserStatusOptions.LogToConsole"/>.</summary>
        public bool LogToConsole
        {
            get { return logToConsole; }
            set { logToConsole = value; }
        }

        /// <summary>See <see cref="UserStatusOptions.LogoutOnQuit"/>; here it is on by default.</summary>
        public bool LogoutOnQuit
        {
            get { return logoutOnQuit; }
            set { logoutOnQuit = value; }
        }

        /// <summary>See <see cref="UserStatusOptions.Dispatch"/>.</summary>
        public Dispatch Dispatch
        {
            get { return dispatch; }
            set { dispatch = value; }
        }

        /// <summary>See <see cref="UserStatusOptions.FrameBudgetMs"/>.</summary>
        public int FrameBudgetMs
        {
            get { return frameBudgetMs; }
            set { frameBudgetMs = value; }
        }

        /// <summary>The project's settings: the asset UserStatusSettings of a folder named Resources.</summary>
        /// <exception cref="InvalidOperationException">There is none; the message says how to make one.</exception>
        public static UserStatusSettings Load()
        {
            UserStatusSettings found = Resources.Load<UserStatusSettings>(ResourceName);
            if (found == null)
            {
                throw new InvalidOperationException(
                    "There are no settings: make them with Assets > Create > User Status > Settings, and put them into a folder named Resources, or refer "
                    + "to them from the component.");
            }
            return found;
        }

        /// <summary>What is wrong, and what to do about it; empty if nothing is.</summary>
        public IList<string> FindProblems()
        {
            List<string> problems = new List<string>();
            if (string.IsNullOrEmpty(server))
            {
                problems.Add("Server is empty: 127.0.0.1:7700 is where `userstatusd dev` listens on this machine.");
            }
            CheckAddresses("Server", server, Schemes, problems);
            CheckAddresses("Web Server", webServer, WebSchemes, problems);
            if (appId <= 0)
            {
                problems.Add("App Id is missing: it is a number such as 1400000001; `userstatusd dev` and `userstatusd app list` print it.");
            }
            if (heartbeatSeconds != 0 && (heartbeatSeconds < HeartbeatMinSeconds || heartbeatSeconds > HeartbeatMaxSeconds))
            {
                problems.Add(
                    "Heartbeat Seconds is " + heartbeatSeconds + ": give " + HeartbeatMinSeconds + " to " + HeartbeatMaxSeconds
                    + ", or 0 to have it as the server asks.");
            }
            if (frameBudgetMs < 0)
            {
                problems.Add("Frame Budget Ms is negative: give a few milliseconds, or 0 for no limit.");
            }
            return problems;
        }

        /// <summary>Options for a user, to change further if need be.</summary>
        /// <exception cref="InvalidOperationException">Something of <see cref="FindProblems"/>.</exception>
        public UserStatusOptions ToOptions(string userId, string userSig)
        {
            IList<string> problems = FindProblems();
            if (problems.Count > 0)
            {
                throw new InvalidOperationException("The settings \"" + name + "\": " + string.Join(" ", new List<string>(problems).ToArray()));
            }
            return new UserStatusOptions
            {
                Server = ServerOf(IsInPage),
                AppId = (ulong)appId,
                UserId = userId,
                UserSig = userSig,
                HeartbeatInterval = heartbeatSeconds == 0 ? (TimeSpan?)null : TimeSpan.FromSeconds(heartbeatSeconds),
                LogLevel = logLevel,
                LogToConsole = logToConsole,
                LogoutOnQuit = logoutOnQuit,
                Dispatch = dispatch,
                FrameBudgetMs = frameBudgetMs,
            };
        }

        internal string ServerOf(bool isInPage)
        {
            return isInPage && !string.IsNullOrEmpty(webServer) ? webServer : server;
        }

        /// <summary>What is seen at a glance; the library looks closer.</summary>
        private static void CheckAddresses(string field, string list, string[] schemes, List<string> problems)
        {
            string[] addresses = string.IsNullOrEmpty(list) ? new string[0] : list.Split(',');
            if (addresses.Length > AddressesMax)
            {
                problems.Add(field + " has " + addresses.Length + " addresses: leave at most " + AddressesMax + ".");
            }
            foreach (string address in addresses)
            {
                CheckAddress(field, address.Trim(), schemes, problems);
            }
        }

        private static void CheckAddress(string field, string address, string[] schemes, List<string> problems)
        {
            string forms = string.Join(" or ", Array.ConvertAll(schemes, one => one + "host:port"));
            string scheme = Array.Find(schemes, one => address.StartsWith(one, StringComparison.Ordinal));
            string place = scheme == null ? address : address.Substring(scheme.Length);
            int colon = place.LastIndexOf(':');
            ushort port;
            if (scheme == null || place.Contains("://"))
            {
                string forPages = address.StartsWith("ws", StringComparison.Ordinal) ? " That of WebGL players goes into Web Server." : "";
                problems.Add(field + ": \"" + address + "\" begins otherwise. Write " + forms + "." + forPages);
            }
            else if (colon <= 0 || !ushort.TryParse(place.Substring(colon + 1), out port) || port == 0)
            {
                problems.Add(field + ": \"" + address + "\" has no port. Write " + forms + ".");
            }
        }
    }
}

#endif
