#if UNITY_5_3_OR_NEWER

using System;
using System.Threading;
using System.Threading.Tasks;
using UnityEngine;
using UnityEngine.Events;
using Userstatus.Native;

namespace Userstatus
{
    /// <summary>
    /// A player's presence as a component: logs in when it is enabled and out when it is disabled, and tells what happens by events of the
    /// inspector. Who the player is says <see cref="UserSigProvider"/>, or whoever hears <see cref="UserSigWanted"/>. Everything here runs on the main
    /// thread; what else a client can do is in <see cref="Client"/>.
    /// </summary>
    [DisallowMultipleComponent]
    [AddComponentMenu("User Status/User Status")]
    public sealed class UserStatusBehaviour : MonoBehaviour
    {
        /// <summary>The connection changed.</summary>
        [Serializable]
        public sealed class ConnectionEvent : UnityEvent<ConnectionChange>
        {
        }

        /// <summary>Somebody's status changed.</summary>
        [Serializable]
        public sealed class StatusEvent : UnityEvent<PresenceInfo>
        {
        }

        /// <summary>A user id, and whether they are a friend now.</summary>
        [Serializable]
        public sealed class FriendEvent : UnityEvent<string, bool>
        {
        }

        /// <summary>A text: a user id, or a message.</summary>
        [Serializable]
        public sealed class TextEvent : UnityEvent<string>
        {
        }

        private const int RetryWaitMinMs = 1000;
        private const int RetryWaitMaxMs = 60000;

        /// <summary>After which it is said that nobody answers <see cref="UserSigWanted"/>.</summary>
        private const int UserSigPatienceMs = 10000;

        private static UserStatusBehaviour survivor;

        [Tooltip("Empty: the asset UserStatusSettings in a folder named Resources.")]
        [SerializeField] private UserStatusSettings settings = null;

        [Tooltip("Whom to log in. Empty: nobody, until a script calls LogIn.")]
        [SerializeField] private string userId = "";

        [Tooltip("Logs in when the component is enabled.")]
        [SerializeField] private bool loginOnEnable = true;

        [Tooltip("Goes on when another scene is loaded. One does; a second one, as of a scene that is loaded again, removes itself. Separate ones go with their scene.")]
        [SerializeField] private bool surviveSceneLoads = true;

        [Tooltip("A client of its own, beside the default one: for a second player in the same process, as to try two in one scene. Not in WebGL.")]
        [SerializeField] private bool separate = false;

        [Header("Events")]
        [Tooltip("A UserSig is wanted for this user: get one from your server and call ProvideUserSig.")]
        [SerializeField] private TextEvent userSigWanted = new TextEvent();

        [Tooltip("Logged in: the time to subscribe, and to set one's status.")]
        [SerializeField] private UnityEvent loggedIn = new UnityEvent();

        [Tooltip("Not logged in, and not tried again: why, and what to do about it.")]
        [SerializeField] private TextEvent loginFailed = new TextEvent();

        [SerializeField] private ConnectionEvent connectionChanged = new ConnectionEvent();
        [SerializeField] private StatusEvent statusChanged = new StatusEvent();

        [Tooltip("Somebody became a friend (true), or is one no more (false).")]
        [SerializeField] private FriendEvent friendsChanged = new FriendEvent();

        [Tooltip("Logged in elsewhere: tell the player, and call LogIn if they ask for it.")]
        [SerializeField] private UnityEvent kickedOffline = new UnityEvent();

        private SynchronizationContext mainContext;
        private int mainThread;
        private CancellationTokenSource login;
        private TaskCompletionSource<string> wanted;
        private Task leaving;

        /// <summary>The one that survives scene loads; null if there is none.</summary>
        public static UserStatusBehaviour Instance
        {
            get { return survivor == null ? null : survivor; }
        }

        /// <summary>Where to log in; null: the project's.</summary>
        public UserStatusSettings Settings
        {
            get { return settings; }
            set { settings = value; }
        }

        /// <summary>Whom to log in, from the next login on.</summary>
        public string UserId
        {
            get { return userId; }
            set { userId = value; }
        }

        /// <summary>Whether it logs in when it is enabled.</summary>
        public bool LoginOnEnable
        {
            get { return loginOnEnable; }
            set { loginOnEnable = value; }
        }

        /// <summary>Whether it goes on when another scene is loaded. Counts when it is enabled, and not for a <see cref="Separate"/> one.</summary>
        public bool SurviveSceneLoads
        {
            get { return surviveSceneLoads; }
            set { surviveSceneLoads = value; }
        }

        /// <summary>
        /// Whether it is one of several players in this process, from the next login on: see <see cref="UserStatusOptions.Separate"/>. It is never
        /// <see cref="Instance"/>, and removes nobody.
        /// </summary>
        public bool Separate
        {
            get { return separate; }
            set { separate = value; }
        }

        /// <summary>
        /// Gets a UserSig for a user from the game's own server, for each login and before one ends. Null: <see cref="UserSigWanted"/> is raised instead.
        /// </summary>
        public Func<string, CancellationToken, Task<string>> UserSigProvider { get; set; }

        /// <summary>The client from the beginning of a login to the logout; null before and after.</summary>
        public UserStatusClient Client { get; private set; }

        /// <summary>Whether the user is logged in and the connection stands.</summary>
        public bool IsConnected
        {
            get { return IsLoggedIn && Client.State == ConnectionState.Connected; }
        }

        /// <summary>Whether the login has succeeded. The connection may be lost meanwhile; it comes back by itself.</summary>
        public bool IsLoggedIn { get; private set; }

        /// <summary>Why the last login failed; null if it did not.</summary>
        public Exception LoginFault { get; private set; }

        /// <summary>A UserSig is wanted for this user, and there is no provider: see <see cref="ProvideUserSig"/>.</summary>
        public TextEvent UserSigWanted
        {
            get { return userSigWanted; }
        }

        /// <summary>Logged in: the time to subscribe, and to set one's status.</summary>
        public UnityEvent LoggedIn
        {
            get { return loggedIn; }
        }

        /// <summary>Not logged in, and not tried again; why is in <see cref="LoginFault"/>, too. A server that is not there is tried again and again.</summary>
        public TextEvent LoginFailed
        {
            get { return loginFailed; }
        }

        /// <summary>See <see cref="UserStatusClient.ConnectionChanged"/>.</summary>
        public ConnectionEvent ConnectionChanged
        {
            get { return connectionChanged; }
        }

        /// <summary>See <see cref="UserStatusClient.StatusChanged"/>.</summary>
        public StatusEvent StatusChanged
        {
            get { return statusChanged; }
        }

        /// <summary>See <see cref="FriendList.Added"/> and <see cref="FriendList.Deleted"/>.</summary>
        public FriendEvent FriendsChanged
        {
            get { return friendsChanged; }
        }

        /// <summary>See <see cref="UserStatusClient.KickedOffline"/>.</summary>
        public UnityEvent KickedOffline
        {
            get { return kickedOffline; }
        }

        /// <summary>Where there is no context to go back to, there is only one thread.</summary>
        private bool IsOnMainThread
        {
            get { return mainContext == null || Thread.CurrentThread.ManagedThreadId == mainThread; }
        }

        /// <summary>Logs <see cref="UserId"/> in; who is logged in already, or on the way, is logged out first.</summary>
        public void LogIn()
        {
            LogIn(userId);
        }

        /// <summary>Logs this user in.</summary>
        public void LogIn(string userId)
        {
            LogIn(userId, null);
        }

        /// <summary>Logs this user in, with a UserSig that is there already; null: one is asked for.</summary>
        public async void LogIn(string userId, string userSig)
        {
            try
            {
                await LogInAsync(userId, userSig);
            }
            catch (OperationCanceledException)
            {
                // Logged out meanwhile, or somebody else is logged in.
            }
            catch (Exception fault)
            {
                Debug.LogWarning("userstatus: " + userId + " is not logged in: " + fault.Message);
            }
        }

        /// <summary>The same, to be awaited. Goes on trying while the server cannot be reached.</summary>
        /// <exception cref="UserStatusException">The server refuses the UserSig or the app id.</exception>
        /// <exception cref="InvalidOperationException">Something is missing in the settings, the user id, or the component is not enabled.</exception>
        /// <exception cref="OperationCanceledException">It was logged out meanwhile.</exception>
        public async Task LogInAsync(string userId, string userSig = null)
        {
            LogOut();
            LoginFault = null;
            if (!isActiveAndEnabled)
            {
                throw new InvalidOperationException("The component is not enabled: enable it, and its object, before a login.");
            }
            this.userId = userId;
            CancellationTokenSource mine = login = new CancellationTokenSource();
            try
            {
                await EnterAsync(userSig, mine.Token);
            }
            catch (Exception fault)
            {
                // Of one that was given up, nobody wants to hear.
                mine.Token.ThrowIfCancellationRequested();
                LogOut();
                LoginFault = fault;
                Guarded(() => loginFailed.Invoke(fault.Message));
                throw;
            }
        }

        /// <summary>
        /// Goes on with this UserSig, whatever was waiting for one: a login, a renewal. Is nobody logged in, <see cref="UserId"/> is.
        /// </summary>
        public async void ProvideUserSig(string userSig)
        {
            TaskCompletionSource<string> waiting = wanted;
            if (waiting != null)
            {
                wanted = null;
                waiting.TrySetResult(userSig);
            }
            else if (!IsLoggedIn)
            {
                LogIn(userId, userSig);
            }
            else
            {
                try
                {
                    await Client.RenewUserSigAsync(userSig);
                }
                catch (Exception fault)
                {
                    Debug.LogWarning("userstatus: the UserSig of " + userId + " is not renewed: " + fault.Message);
                }
            }
        }

        /// <summary>Logs out, so that others see <see cref="Presence.LoggedOut"/>, and gives up a login under way.</summary>
        public void LogOut()
        {
            if (login != null)
            {
                login.Cancel();
                login = null;
            }
            wanted = null;
            bool wasIn = IsLoggedIn;
            IsLoggedIn = false;
            UserStatusClient client = Client;
            Client = null;
            if (client == null)
            {
                return;
            }
            if (wasIn && client.State == ConnectionState.Connected)
            {
                leaving = CloseAsync(client);
            }
            else
            {
                // Nobody hears it.
                client.Dispose();
            }
        }

        /// <summary>Lets go of what was destroyed with its scene.</summary>
        internal static void Reset()
        {
            if (survivor == null)
            {
                survivor = null;
            }
        }

        private void OnEnable()
        {
            mainContext = SynchronizationContext.Current;
            mainThread = Thread.CurrentThread.ManagedThreadId;
            if (surviveSceneLoads && !separate)
            {
                if (survivor != null && survivor != this)
                {
                    Destroy(this);
                    return;
                }
                survivor = this;
                if (transform.parent != null)
                {
                    // Only objects without a parent survive.
                    transform.SetParent(null);
                }
                DontDestroyOnLoad(gameObject);
            }
            if (loginOnEnable && !string.IsNullOrEmpty(userId))
            {
                LogIn();
            }
        }

        private void OnDisable()
        {
            LogOut();
        }

        private void OnDestroy()
        {
            if (ReferenceEquals(survivor, this))
            {
                survivor = null;
            }
        }

        private void Update()
        {
            if (Client != null && Client.Options.Dispatch == Dispatch.Manual)
            {
                Client.Pump();
            }
        }

        private async Task EnterAsync(string userSig, CancellationToken stop)
        {
            if (string.IsNullOrEmpty(userId))
            {
                throw new InvalidOperationException("User Id is empty: fill it in, or call LogIn with one.");
            }
            UserStatusSettings chosen = settings != null ? settings : UserStatusSettings.Load();
            // What is wrong with them is said before somebody is asked for a UserSig.
            chosen.ToOptions(userId, "");
            userSig = userSig ?? await GetUserSigAsync(userId, stop);
            while (leaving != null && !leaving.IsCompleted)
            {
                await leaving;
                stop.ThrowIfCancellationRequested();
            }
            UserStatusOptions options = chosen.ToOptions(userId, userSig);
            string user = userId;
            options.Separate = separate;
            options.RenewUserSig = token => GetUserSigOnMainAsync(user, token);
            UserStatusClient opening = new UserStatusClient(options);
            Listen(opening);
            Client = opening;
            for (int waitMs = RetryWaitMinMs; ; waitMs = Math.Min(2 * waitMs, RetryWaitMaxMs))
            {
                try
                {
                    await opening.OpenAsync(stop);
                    break;
                }
                catch (UserStatusException fault)
                {
                    if (!IsOfTheNetwork(fault.Code) || stop.IsCancellationRequested)
                    {
                        throw;
                    }
                }
                await Waits.For(TimeSpan.FromMilliseconds(waitMs), stop);
            }
            stop.ThrowIfCancellationRequested();
            IsLoggedIn = true;
            Guarded(loggedIn.Invoke);
        }

        /// <summary>A renewal is asked for where the client's events come.</summary>
        private Task<string> GetUserSigOnMainAsync(string user, CancellationToken stop)
        {
            if (IsOnMainThread)
            {
                return GetUserSigAsync(user, stop);
            }
            TaskCompletionSource<string> answer = new TaskCompletionSource<string>();
            mainContext.Post(
                async nothing =>
                {
                    try
                    {
                        answer.TrySetResult(await GetUserSigAsync(user, stop));
                    }
                    catch (OperationCanceledException)
                    {
                        answer.TrySetCanceled();
                    }
                    catch (Exception fault)
                    {
                        answer.TrySetException(fault);
                    }
                },
                null);
            return answer.Task;
        }

        private async Task<string> GetUserSigAsync(string user, CancellationToken stop)
        {
            string userSig;
            if (UserSigProvider != null)
            {
                userSig = await UserSigProvider(user, stop);
            }
            else
            {
                TaskCompletionSource<string> waiting = wanted = new TaskCompletionSource<string>();
                using (stop.Register(() => waiting.TrySetCanceled()))
                {
                    SayIfNobodyAnswers(user, waiting.Task);
                    Guarded(() => userSigWanted.Invoke(user));
                    userSig = await waiting.Task;
                }
            }
            stop.ThrowIfCancellationRequested();
            if (string.IsNullOrEmpty(userSig))
            {
                throw new InvalidOperationException("There is no UserSig for " + user + ": what gives it gave an empty one.");
            }
            return userSig;
        }

        private static async void SayIfNobodyAnswers(string user, Task answer)
        {
            await Task.WhenAny(answer, Waits.For(TimeSpan.FromMilliseconds(UserSigPatienceMs), CancellationToken.None));
            if (!answer.IsCompleted)
            {
                Debug.LogWarning(
                    "userstatus: still waiting for the UserSig of " + user + ". Set UserStatusBehaviour.UserSigProvider, or call ProvideUserSig when "
                    + "UserSigWanted is raised.");
            }
        }

        private void Listen(UserStatusClient client)
        {
            client.ConnectionChanged += change => Tell(client, () => connectionChanged.Invoke(change));
            client.StatusChanged += info => Tell(client, () => statusChanged.Invoke(info));
            client.Friends.Added += id => Tell(client, () => friendsChanged.Invoke(id, true));
            client.Friends.Deleted += id => Tell(client, () => friendsChanged.Invoke(id, false));
            client.KickedOffline += () => Tell(client, () =>
            {
                IsLoggedIn = false;
                kickedOffline.Invoke();
            });
        }

        /// <summary>On the main thread, also if the client's events come elsewhere.</summary>
        private void Tell(UserStatusClient client, Action tell)
        {
            if (IsOnMainThread)
            {
                tell();
                return;
            }
            mainContext.Post(
                nothing =>
                {
                    // What comes behind a logout is of no interest any more.
                    if (client == Client)
                    {
                        Guarded(tell);
                    }
                },
                null);
        }

        /// <summary>What a listener throws is its own fault, and goes where those of the client's events go.</summary>
        private static void Guarded(Action raise)
        {
            try
            {
                raise();
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }

        private static async Task CloseAsync(UserStatusClient client)
        {
            try
            {
                Task closing = client.CloseAsync();
                while (client.Options.Dispatch == Dispatch.Manual && !closing.IsCompleted)
                {
                    // Its Update comes no more, and nobody else pumps.
                    client.Pump();
                    await Waits.For(TimeSpan.Zero, CancellationToken.None);
                }
                await closing;
            }
            catch (UserStatusException)
            {
                // The connection was lost just now: others see that.
            }
        }

        private static bool IsOfTheNetwork(int code)
        {
            switch ((ErrorCode)code)
            {
                case ErrorCode.RequestTimeout:
                case ErrorCode.NoAnswer:
                case ErrorCode.NeverSent:
                    return true;
                default:
                    return false;
            }
        }
    }
}

#endif
