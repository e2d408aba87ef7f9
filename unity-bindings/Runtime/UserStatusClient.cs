using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Userstatus.Json;
using Userstatus.Native;

namespace Userstatus
{
    /// <summary>
    /// A player's connection to the user-status server: sets one's own status, asks for those of others, and tells of their changes.
    /// <code>
    /// var client = await UserStatusClient.ConnectAsync(new UserStatusOptions {
    ///     Server = "127.0.0.1:7700", AppId = 1400000001, UserId = "alice", UserSig = sig });
    /// client.StatusChanged += info =&gt; Debug.Log(info);
    /// await client.SubscribeAsync(new[] { "bob" });
    /// await client.SetCustomStatusAsync("in a match");
    /// </code>
    /// </summary>
    /// <remarks>
    /// One at a time per process, unless <see cref="UserStatusOptions.Separate"/> says otherwise. Safe to call from any thread; where events and
    /// continuations run is chosen with <see cref="UserStatusOptions.Dispatch"/>, in Unity the main thread. A lost connection is restored by itself, and what was
    /// missed meanwhile is told. Every task ends: with the answer, with a <see cref="UserStatusException"/> (after a time-out of 10 s at
    /// the latest, at a kick, a logout or the end of the client), or cancelled. Cancelling ends the waiting, not the request: the server
    /// may have carried it out. Nothing is thrown out of events into the package: see <see cref="UnhandledException"/>.
    /// </remarks>
    public sealed class UserStatusClient : IDisposable
    {
        private static readonly object Gate = new object();

        /// <summary>At most one of them is not separate.</summary>
        private static readonly List<UserStatusClient> Open = new List<UserStatusClient>();

        private readonly Link link;
        private readonly UserStatusOptions options;
        private readonly Dictionary<string, PresenceInfo> known = new Dictionary<string, PresenceInfo>();
        private readonly List<string> watched = new List<string>();
        private readonly CancellationTokenSource ended = new CancellationTokenSource();
        private volatile ConnectionState state;
        private volatile bool isOpen;
        private volatile bool isDisposed;
        private volatile bool isRenewing;
        private volatile bool isRenewalDue;
        private volatile bool isKicked;
        private int hastyRenewals;
        private Stopwatch sinceRenewal;
        private volatile bool hasConnected;

        /// <summary>A client that is not connected yet: for those who want their handlers on the events before anything can happen.</summary>
        /// <exception cref="ArgumentException">A required option is missing.</exception>
        public UserStatusClient(UserStatusOptions options)
        {
            if (options == null)
            {
                throw new ArgumentNullException("options");
            }
            Require(options.AppId != 0, "AppId");
            Require(!string.IsNullOrEmpty(options.UserId), "UserId");
            Require(!string.IsNullOrEmpty(options.UserSig), "UserSig");
            if (options.FrameBudgetMs < 0)
            {
                throw new ArgumentException("UserStatusOptions.FrameBudgetMs is negative; 0 is no limit.", "options");
            }
            if (options.Separate && !string.IsNullOrEmpty(options.LogFolder))
            {
                throw new ArgumentException("UserStatusOptions.LogFolder is the process's: a Separate client has none.", "options");
            }
#if UNITY_WEBGL && !UNITY_EDITOR
            if (options.Separate)
            {
                throw new ArgumentException("UserStatusOptions.Separate: a page has one client; leave it out in WebGL players.", "options");
            }
#endif
            this.options = options.Copy();
            link = options.Separate ? Link.Separate() : Link.Default;
            Friends = new FriendList(this);
        }

        /// <summary>A user's status changed: one's own, that of a user subscribed to, that of a friend if the app says so.</summary>
        public event Action<PresenceInfo> StatusChanged;

        /// <summary>The connection was made, lost, or could not be made.</summary>
        public event Action<ConnectionChange> ConnectionChanged;

        /// <summary>
        /// A login of the same user elsewhere, or the operator, logged this device out. The client does not come back by itself:
        /// <see cref="LoginAgainAsync"/> does, if the player wants it.
        /// </summary>
        public event Action KickedOffline;

        /// <summary>
        /// The UserSig is about to end, or has ended, by the server's clock; each is told once. Mint a new one and hand it to
        /// <see cref="RenewUserSigAsync"/>.
        /// </summary>
        public event Action<UserSigExpiry> UserSigExpiring;

        /// <summary>
        /// A line of the library's log, at or above <see cref="UserStatusOptions.LogLevel"/>. It never holds a UserSig or a status. The log is the
        /// process's: a client that is <see cref="UserStatusOptions.Separate"/> is not told of it.
        /// </summary>
        public event Action<LogLevel, string> LogReceived;

        /// <summary>
        /// An event handler or callback of yours threw this. Without a handler here it goes to Unity's log, outside Unity to the standard
        /// error stream. Of the whole process, for both APIs.
        /// </summary>
        public static event Action<Exception> UnhandledException
        {
            add { Faults.Reported += value; }
            remove { Faults.Reported -= value; }
        }

        /// <summary>The client that is open and not <see cref="UserStatusOptions.Separate"/>, or null: for editor windows and tests.</summary>
        public static UserStatusClient Current
        {
            get
            {
                lock (Gate)
                {
                    return Open.Find(client => !client.options.Separate);
                }
            }
        }

        /// <summary>The version of the native library, such as "0.1.0".</summary>
        public static string LibraryVersion
        {
            get { return Utf8.Decode(NativeMethods.USGetVersion()); }
        }

        /// <summary>Whose client it is.</summary>
        public string UserId
        {
            get { return options.UserId; }
        }

        /// <summary>Not to be changed.</summary>
        internal UserStatusOptions Options
        {
            get { return options; }
        }

        /// <summary>The connection as it was last told.</summary>
        public ConnectionState State
        {
            get { return state; }
        }

        /// <summary>The friend list.</summary>
        public FriendList Friends { get; private set; }

        /// <summary>Users subscribed to through this client, in order. A copy.</summary>
        public IList<string> Watched
        {
            get
            {
                lock (known)
                {
                    return watched.ToArray();
                }
            }
        }

        /// <summary>The newest status of everyone this client was told of. A copy.</summary>
        public IList<PresenceInfo> Known
        {
            get
            {
                lock (known)
                {
                    return new List<PresenceInfo>(known.Values);
                }
            }
        }

        /// <summary>The server's clock, UTC, to the second; null before the first connection.</summary>
        public DateTime? ServerTimeUtc
        {
            get
            {
                // The library would tell this machine's clock, and of a separate client that has ended nothing.
                long time = hasConnected ? (long)link.Native.GetServerTime() : 0;
                return time != 0 ? UnixTime.ToUtc(time) : (DateTime?)null;
            }
        }

        /// <summary>Connects and logs in.</summary>
        /// <exception cref="UserStatusException">
        /// 9523 no server there within 30 s; 9508 its address or CA file cannot be used; 70001 to 70052 what is wrong with the UserSig or the app id.
        /// </exception>
        /// <exception cref="InvalidOperationException">Another client is open in this process, and this one is not <see cref="UserStatusOptions.Separate"/>.</exception>
        public static async Task<UserStatusClient> ConnectAsync(
            UserStatusOptions options, CancellationToken cancellation = default(CancellationToken))
        {
            UserStatusClient client = new UserStatusClient(options);
            try
            {
                await client.OpenAsync(cancellation);
                return client;
            }
            catch (Exception)
            {
                client.Dispose();
                throw;
            }
        }

        /// <summary>Connects and logs in. If that fails it may be tried again.</summary>
        /// <exception cref="UserStatusException">As <see cref="ConnectAsync"/>.</exception>
        /// <exception cref="InvalidOperationException">Another client is open in this process, and this one is not <see cref="UserStatusOptions.Separate"/>.</exception>
        public async Task OpenAsync(CancellationToken cancellation = default(CancellationToken))
        {
            cancellation.ThrowIfCancellationRequested();
            Start();
            try
            {
                await LoginAsync(options.UserSig, cancellation);
            }
            catch (Exception)
            {
                End();
                throw;
            }
        }

        /// <summary>
        /// Logs in again after a kick, or after the UserSig had expired. Subscriptions are kept by the server for a while (rule W7); subscribe
        /// again to be sure.
        /// </summary>
        /// <param name="userSig">A new one; null: the one there is.</param>
        /// <param name="cancellation">Ends the waiting.</param>
        public Task LoginAgainAsync(string userSig = null, CancellationToken cancellation = default(CancellationToken))
        {
            CheckOpen();
            isKicked = false;
            return LoginAsync(userSig ?? options.UserSig, cancellation);
        }

        /// <summary>
        /// Goes on with a new UserSig. The server checks it; nobody else notices. While the connection is being restored, the attempt that
        /// succeeds within 30 s uses it.
        /// </summary>
        /// <exception cref="UserStatusException">
        /// As <see cref="ConnectAsync"/>: then the old one stays. 6015 another renewal is under way; 6017 the server is too old to renew.
        /// </exception>
        public Task RenewUserSigAsync(string userSig, CancellationToken cancellation = default(CancellationToken))
        {
            if (string.IsNullOrEmpty(userSig))
            {
                throw new ArgumentException("There is no UserSig.", "userSig");
            }
            return LoginAgainAsync(userSig, cancellation);
        }

        /// <summary>Sets one's custom status, for all to see (rule C1): at most 100 bytes of UTF-8 unless the app says otherwise; "" clears it.</summary>
        /// <exception cref="UserStatusException">6017 it is too long; 9508, 9520, 9523 the server did not answer.</exception>
        /// <exception cref="ArgumentException">It is no valid Unicode, or has a NUL in it.</exception>
        public Task SetCustomStatusAsync(string customStatus, CancellationToken cancellation = default(CancellationToken))
        {
            Utf8.CheckEncodable(customStatus ?? "", "customStatus");
            byte[] status = Utf8.Encode(new JsonWriter().Text(Keys.StatusCustom, customStatus ?? "").ToString(), "customStatus");
            return AskAsync((callback, number) => link.Native.SetSelfStatus(status, callback, number), Nothing, cancellation);
        }

        /// <summary>Asks for the statuses of users, at most 500, at most 20 times in 5 s (rule G3). In the order asked, each user once.</summary>
        /// <exception cref="UserStatusException">
        /// 7013 the app has not the premium plan; 72001 its user-status switch is off; 7008 or 60018 too often; 6017 too many users.
        /// </exception>
        public Task<IList<PresenceInfo>> GetStatusAsync(
            IEnumerable<string> userIds, CancellationToken cancellation = default(CancellationToken))
        {
            byte[] users = Users(userIds);
            if (users == null)
            {
                return Task.FromResult<IList<PresenceInfo>>(new PresenceInfo[0]);
            }
            return AskAsync((callback, number) => link.Native.GetUserStatus(users, callback, number), Statuses, cancellation);
        }

        /// <summary>Asks for the status of one user. Of oneself it needs no plan and has no limit (rule G2).</summary>
        /// <exception cref="UserStatusException">As for many.</exception>
        public async Task<PresenceInfo> GetStatusAsync(string userId, CancellationToken cancellation = default(CancellationToken))
        {
            IList<PresenceInfo> statuses = await GetStatusAsync(new[] { userId }, cancellation);
            return statuses[0];
        }

        /// <summary>
        /// Subscribes to users, at most 100 in a call, at most 20 calls in 5 s; of more than 200 in all the earliest goes (rules W1, W2). From
        /// now on <see cref="StatusChanged"/> tells of their changes.
        /// </summary>
        /// <returns>Their present statuses; an id that no user can have is unknown there.</returns>
        /// <exception cref="UserStatusException">As <see cref="GetStatusAsync(IEnumerable{string}, CancellationToken)"/>; 7014 one of them is oneself.</exception>
        public Task<IList<PresenceInfo>> SubscribeAsync(
            IEnumerable<string> userIds, CancellationToken cancellation = default(CancellationToken))
        {
            List<string> list = ToList(userIds);
            byte[] users = Users(list);
            if (users == null)
            {
                return Task.FromResult<IList<PresenceInfo>>(new PresenceInfo[0]);
            }
            return AskAsync(
                (callback, number) => link.Native.SubscribeUserStatus(users, callback, number),
                json =>
                {
                    Watch(list);
                    return Statuses(json);
                },
                cancellation);
        }

        /// <summary>Unsubscribes from users, at most 100 in a call, at most 20 calls in 5 s.</summary>
        /// <exception cref="UserStatusException">As <see cref="SubscribeAsync"/>.</exception>
        public Task UnsubscribeAsync(IEnumerable<string> userIds, CancellationToken cancellation = default(CancellationToken))
        {
            List<string> list = ToList(userIds);
            byte[] users = Users(list);
            if (users == null)
            {
                // The library takes an empty list for all of them, which nobody means who has an empty list.
                return Task.FromResult(true);
            }
            return AskAsync(
                (callback, number) => link.Native.UnsubscribeUserStatus(users, callback, number),
                json =>
                {
                    Unwatch(list);
                    return true;
                },
                cancellation);
        }

        /// <summary>Unsubscribes from everyone (rule W6).</summary>
        /// <exception cref="UserStatusException">As <see cref="SubscribeAsync"/>.</exception>
        public Task UnsubscribeAllAsync(CancellationToken cancellation = default(CancellationToken))
        {
            return AskAsync(
                (callback, number) => link.Native.UnsubscribeUserStatus(null, callback, number),
                json =>
                {
                    Unwatch(null);
                    return true;
                },
                cancellation);
        }

        /// <summary>
        /// Says that the app went to the background (true) or came back (false). Coming back, the library finds out at once whether the connection
        /// still stands, instead of at the next heartbeat. In Unity the package calls this by itself.
        /// </summary>
        public void NotifyPaused(bool isPaused)
        {
            if (isOpen)
            {
                link.NotifyPaused(isPaused);
            }
        }

        /// <summary>
        /// Says that the platform's network changed: the library does at once what it would find out in its own time. In Unity the package calls
        /// this by itself, as <c>Application.internetReachability</c> changes; a game that is told of more by its platform may call it, too.
        /// </summary>
        public void NotifyNetworkChanged(NetworkChange change)
        {
            if (isOpen)
            {
                link.NotifyNetworkChanged(change);
            }
        }

        /// <summary>Runs events and continuations here, with <see cref="Dispatch.Manual"/>: call it once a frame.</summary>
        /// <returns>How many ran.</returns>
        public int Pump()
        {
            return Pump(0);
        }

        /// <summary>As <see cref="Pump()"/>, and waits for the first at most this long, in milliseconds.</summary>
        public int Pump(int timeoutMs)
        {
            if (timeoutMs < 0)
            {
                throw new ArgumentOutOfRangeException("timeoutMs");
            }
            if (options.Dispatch != Dispatch.Manual)
            {
                throw new InvalidOperationException(
                    "This client is pumped by the package (UserStatusOptions.Dispatch is " + options.Dispatch + "); set it to Manual to pump it yourself.");
            }
            return link.Pump((uint)timeoutMs);
        }

        /// <summary>Logs out, so that others see <see cref="Presence.LoggedOut"/>, and ends the client.</summary>
        public async Task CloseAsync(CancellationToken cancellation = default(CancellationToken))
        {
            if (!isOpen)
            {
                Dispose();
                return;
            }
            try
            {
                await AskAsync((callback, number) => link.Native.Logout(callback, number), Nothing, cancellation);
            }
            finally
            {
                Dispose();
            }
        }

        /// <summary>
        /// Ends the client without a logout: others see <see cref="Presence.Offline"/>. Calls under way end with 7009. No event comes
        /// after it returns.
        /// </summary>
        public void Dispose()
        {
            if (isDisposed)
            {
                return;
            }
            isDisposed = true;
            End();
            ended.Cancel();
        }

        /// <summary>The functions about this client.</summary>
        internal Functions Native
        {
            get { return link.Native; }
        }

        /// <summary>Runs what has come, for who ends it when nobody else pumps any more.</summary>
        internal void PumpAtEnd()
        {
            if (options.Dispatch != Dispatch.Thread)
            {
                link.Pump(0);
            }
        }

        /// <summary>All clients that are open, separate or not, in the order they were opened. A copy.</summary>
        internal static IList<UserStatusClient> AllOpen
        {
            get
            {
                lock (Gate)
                {
                    return new List<UserStatusClient>(Open);
                }
            }
        }

        /// <summary>The open clients, if there are any, end: before an assembly reload, at the end of play mode.</summary>
        internal static void EndAll()
        {
            foreach (UserStatusClient client in AllOpen)
            {
                client.Dispose();
            }
            foreach (Link link in Link.All)
            {
                link.Stop();
                link.Listeners.RaiseEnded();
            }
        }

        internal Task<T> AskAsync<T>(NativeCall call, Func<string, T> read, CancellationToken cancellation)
        {
            CheckOpen();
            return Send(call, read, cancellation);
        }

        private Task<T> Send<T>(NativeCall call, Func<string, T> read, CancellationToken cancellation)
        {
            if (cancellation.IsCancellationRequested)
            {
                TaskCompletionSource<T> never = new TaskCompletionSource<T>();
                never.SetCanceled();
                return never.Task;
            }
            TaskCompletionSource<T> answer = new TaskCompletionSource<T>(
                link.MayContinueInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
            CancellationTokenRegistration registration = cancellation.Register(() => link.Soon(() => answer.TrySetCanceled(cancellation)));
            int refused = link.Call(call, reply =>
            {
                registration.Dispose();
                if (reply.Code != 0)
                {
                    answer.TrySetException(new UserStatusException(reply.Code, reply.Description));
                    return;
                }
                T value;
                try
                {
                    value = read(reply.Json);
                }
                catch (Exception fault)
                {
                    answer.TrySetException(fault);
                    return;
                }
                answer.TrySetResult(value);
            });
            if (refused != 0)
            {
                registration.Dispose();
                answer.TrySetException(new UserStatusException(refused, "the library did not take the call"));
            }
            return answer.Task;
        }

        private static bool Nothing(string json)
        {
            return true;
        }

        private static List<string> ToList(IEnumerable<string> userIds)
        {
            if (userIds == null)
            {
                throw new ArgumentNullException("userIds");
            }
            return new List<string>(userIds);
        }

        /// <summary>Null if there are none.</summary>
        private static byte[] Users(IEnumerable<string> userIds)
        {
            List<string> list = userIds as List<string> ?? ToList(userIds);
            return list.Count == 0 ? null : Utf8.Encode(JsonWriter.Array(list, "userIds"), "userIds");
        }

        private static void Require(bool isThere, string option)
        {
            if (!isThere)
            {
                throw new ArgumentException("UserStatusOptions." + option + " is missing.", "options");
            }
        }

        private void CheckOpen()
        {
            if (isDisposed)
            {
                throw new ObjectDisposedException("UserStatusClient");
            }
            if (!isOpen)
            {
                throw new InvalidOperationException("The client is not open: await OpenAsync first.");
            }
        }

        private void Start()
        {
            lock (Gate)
            {
                if (isDisposed)
                {
                    throw new ObjectDisposedException("UserStatusClient");
                }
                UserStatusClient inTheWay = !options.Separate ? Current : isOpen ? this : null;
                if (inTheWay != null)
                {
                    throw new InvalidOperationException(
                        "A client for " + inTheWay.UserId + " is open: close it first. The native library has one login per process, beside those of "
                        + "clients that are opened with UserStatusOptions.Separate.");
                }
                JsonWriter config = new JsonWriter()
                    .Text(Keys.ServerAddress, options.Server)
                    .Text(Keys.CaFile, options.CaFile)
                    .Text(Keys.CaPem, options.CaPem)
                    .Text(Keys.Platform, options.Platform)
                    .Text(Keys.LogFilePath, options.LogFolder)
                    .Text(Keys.CallbackMode, "pump");
                if (options.TlsPins != null)
                {
                    config.Raw(Keys.TlsPins, JsonWriter.Array(options.TlsPins, "TlsPins"));
                }
                if (options.HeartbeatInterval.HasValue)
                {
                    config.Number(Keys.HeartbeatIntervalMs, (long)options.HeartbeatInterval.Value.TotalMilliseconds);
                }
                if (!options.Separate)
                {
                    string logging = new JsonWriter()
                        .Number(Keys.LogLevel, (int)options.LogLevel)
                        .Number(Keys.CallbackLogLevel, (int)options.LogLevel)
                        .ToString();
                    NativeMethods.TIMSetConfig(Utf8.Encode(logging, "LogLevel"), null, IntPtr.Zero);
                }
                Listen(true);
                int result = link.Start(options.AppId, config.ToString(), options.Dispatch, options.FrameBudgetMs);
                if (result != 0)
                {
                    Listen(false);
                    throw new UserStatusException(
                        result,
                        link.IsStarted
                            ? "TencentIMSDK.Init has initialised the library already; use one of the two APIs at a time"
                            : "the library did not take the options");
                }
                Open.Add(this);
                isOpen = true;
            }
        }

        private void End()
        {
            lock (Gate)
            {
                if (!Open.Remove(this))
                {
                    return;
                }
                isOpen = false;
            }
            // Not under the lock: answers to calls under way are delivered here, to code that may open the next client.
            // The last event, before the answers that are still owed.
            link.Post(() => BecomeClosed(0, "the client has ended"));
            link.Stop();
            Listen(false);
            state = ConnectionState.Closed;
        }

        /// <summary>Says that there is no connection any more, and none is being made: once, whatever it was that ended it.</summary>
        private void BecomeClosed(int code, string reason)
        {
            if (state == ConnectionState.Closed)
            {
                return;
            }
            state = ConnectionState.Closed;
            Raise(ConnectionChanged, new ConnectionChange(ConnectionState.Closed, code, reason));
        }

        private void Listen(bool isOn)
        {
            // Never twice.
            link.Listeners.StatusChanged -= OnStatusChanged;
            link.Listeners.Network -= OnNetwork;
            link.Listeners.KickedOffline -= OnKickedOffline;
            link.Listeners.UserSigExpiring -= OnUserSigExpiring;
            link.Listeners.UserSigExpired -= OnUserSigExpired;
            link.Listeners.FriendsAdded -= Friends.OnAdded;
            link.Listeners.FriendsDeleted -= Friends.OnDeleted;
            link.Listeners.Log -= OnLog;
            if (!isOn)
            {
                return;
            }
            link.Listeners.StatusChanged += OnStatusChanged;
            link.Listeners.Network += OnNetwork;
            link.Listeners.KickedOffline += OnKickedOffline;
            link.Listeners.UserSigExpiring += OnUserSigExpiring;
            link.Listeners.UserSigExpired += OnUserSigExpired;
            link.Listeners.FriendsAdded += Friends.OnAdded;
            link.Listeners.FriendsDeleted += Friends.OnDeleted;
            link.Listeners.Log += OnLog;
        }

        private Task<bool> LoginAsync(string userSig, CancellationToken cancellation)
        {
            byte[] user = Utf8.Encode(options.UserId, "UserId");
            byte[] sig = Utf8.Encode(userSig, "UserSig");
            return Send(
                (callback, number) => link.Native.Login(user, sig, callback, number),
                json =>
                {
                    options.UserSig = userSig;
                    return true;
                },
                cancellation);
        }

        private IList<PresenceInfo> Statuses(string json)
        {
            IList<PresenceInfo> statuses = Read.Statuses(json);
            lock (known)
            {
                foreach (PresenceInfo info in statuses)
                {
                    known[info.UserId] = info;
                }
            }
            return statuses;
        }

        private void Watch(List<string> users)
        {
            // 0: the client has ended, and nobody drops anything any more.
            int max = (int)link.Native.GetSubscriptionsMax();
            lock (known)
            {
                foreach (string user in users)
                {
                    if (IsPossible(user) && !watched.Contains(user))
                    {
                        watched.Add(user);
                    }
                }
                // As the server does (W2).
                if (max > 0)
                {
                    watched.RemoveRange(0, Math.Max(0, watched.Count - max));
                }
            }
        }

        /// <summary>Whether an account can have this id (rule D0): what none can have is answered as unknown, and watched by nobody.</summary>
        private static bool IsPossible(string userId)
        {
            if (userId.Length == 0 || userId.Length > 32)
            {
                return false;
            }
            foreach (char letter in userId)
            {
                if (letter < '!' || letter > '~')
                {
                    return false;
                }
            }
            return true;
        }

        private void Unwatch(List<string> users)
        {
            lock (known)
            {
                watched.RemoveAll(user => users == null || users.Contains(user));
            }
        }

        private void OnStatusChanged(IList<PresenceInfo> statuses, string json)
        {
            foreach (PresenceInfo info in statuses)
            {
                if (!isOpen)
                {
                    // A handler has ended the client meanwhile.
                    return;
                }
                lock (known)
                {
                    known[info.UserId] = info;
                }
                Raise(StatusChanged, info);
            }
        }

        private void OnNetwork(int status, int code, string description)
        {
            if (!isOpen)
            {
                // It has ended meanwhile, and said so.
                return;
            }
            switch (status)
            {
                case 0:
                    hasConnected = true;
                    state = ConnectionState.Connected;
                    break;
                case 2:
                    state = ConnectionState.Connecting;
                    break;
                default:
                    state = ConnectionState.Disconnected;
                    break;
            }
            Raise(ConnectionChanged, new ConnectionChange(state, code, description));
        }

        private void OnKickedOffline()
        {
            isKicked = true;
            BecomeClosed((int)ErrorCode.KickedOffline, "kicked offline");
            Raise(KickedOffline);
        }

        private void OnUserSigExpiring(ulong expiresInMs)
        {
            // Longer than any UserSig, and no more than fits.
            Renew(TimeSpan.FromMilliseconds(Math.Min(expiresInMs, 1UL << 50)), false);
        }

        private void OnUserSigExpired()
        {
            bool isLoggedOut = link.Native.GetLoginStatus() != LoggedIn;
            if (isLoggedOut)
            {
                BecomeClosed((int)ErrorCode.UserSigExpiredLocally, "the UserSig does not let this device in any more");
            }
            Renew(TimeSpan.Zero, isLoggedOut);
        }

        private void OnLog(int level, string line)
        {
#if UNITY_5_3_OR_NEWER
            if (options.LogToConsole)
            {
                UnityConsole.Write((LogLevel)level, line);
            }
#endif
            Action<LogLevel, string> handlers = LogReceived;
            if (handlers != null)
            {
                handlers((LogLevel)level, line);
            }
        }

        /// <summary>What TIMGetLoginStatus says of a user who is logged in.</summary>
        private const int LoggedIn = 1;

        /// <summary>A UserSig that had to be renewed sooner than this after it was got is not what its minter meant to give.</summary>
        private static readonly TimeSpan Hasty = TimeSpan.FromSeconds(5);

        private static readonly TimeSpan RenewalWaitMin = TimeSpan.FromSeconds(1);
        private static readonly TimeSpan RenewalWaitMax = TimeSpan.FromSeconds(60);

        /// <summary>When is the server's to say, by its own clock: a device's clock may be wrong, and the UserSig does not say it all.</summary>
        private void Renew(TimeSpan expiresIn, bool isLoggedOut)
        {
            Raise(UserSigExpiring, new UserSigExpiry(expiresIn, isLoggedOut));
            if (options.RenewUserSig == null || isRenewing || !isOpen)
            {
                return;
            }
            if (sinceRenewal != null && sinceRenewal.Elapsed < Hasty)
            {
                // One that ends as soon as it is there would be asked for again and again.
                RenewLater();
            }
            else
            {
                hastyRenewals = 0;
                RenewByHook();
            }
        }

        private async void RenewByHook()
        {
            isRenewing = true;
            isRenewalDue = false;
            bool isDone = false;
            try
            {
                string userSig = await options.RenewUserSig(ended.Token);
                // Who was kicked meanwhile does not come back by itself.
                if (isOpen && !isKicked)
                {
                    await RenewUserSigAsync(userSig, ended.Token);
                    sinceRenewal = Stopwatch.StartNew();
                }
                isDone = true;
            }
            catch (Exception fault)
            {
                // The client has ended, or was logged out; what else a hook gives up, such as a request of its own that took too long, is a failure.
                UserStatusException refusal = fault as UserStatusException;
                isDone = fault is OperationCanceledException && ended.IsCancellationRequested
                    || refusal != null && refusal.Code == (int)ErrorCode.EndedByShutdown;
                if (!isDone)
                {
                    Faults.Report(fault);
                }
            }
            finally
            {
                isRenewing = false;
            }
            if (!isDone)
            {
                RenewLater();
            }
        }

        /// <summary>Asks the hook once more: it failed, or what it gave ended at once. Less and less often.</summary>
        private void RenewLater()
        {
            if (isRenewalDue || !isOpen || isKicked)
            {
                return;
            }
            isRenewalDue = true;
            double seconds = RenewalWaitMin.TotalSeconds * Math.Pow(2, Math.Min(hastyRenewals++, 10));
            TimeSpan wait = TimeSpan.FromSeconds(Math.Min(seconds, RenewalWaitMax.TotalSeconds));
            Waits.For(wait, ended.Token).ContinueWith(
                waited => link.Post(() =>
                {
                    // It may have been asked meanwhile, for another reason.
                    if (isOpen && isRenewalDue && !isRenewing && !isKicked)
                    {
                        RenewByHook();
                    }
                }),
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously);
        }

        /// <summary>Each handler by itself: one that throws must not keep the others from being told.</summary>
        internal static void Raise<T>(Action<T> handlers, T argument)
        {
            if (handlers == null)
            {
                return;
            }
            foreach (Delegate handler in handlers.GetInvocationList())
            {
                try
                {
                    ((Action<T>)handler)(argument);
                }
                catch (Exception fault)
                {
                    Faults.Report(fault);
                }
            }
        }

        private static void Raise(Action handlers)
        {
            if (handlers == null)
            {
                return;
            }
            foreach (Delegate handler in handlers.GetInvocationList())
            {
                try
                {
                    ((Action)handler)();
                }
                catch (Exception fault)
                {
                    Faults.Report(fault);
                }
            }
        }
    }
}
