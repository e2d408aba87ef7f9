using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Userstatus
{
    /// <summary>Where events and continuations run.</summary>
    public enum Dispatch
    {
        /// <summary>
        /// In Unity on the main thread, from the player loop. Outside Unity in the synchronization context that is current when the
        /// client is opened; without one, on a thread of the package's.
        /// </summary>
        Auto,

        /// <summary>Inside <see cref="UserStatusClient.Pump()"/>, on whichever thread calls it: for game loops of one's own.</summary>
        Manual,

        /// <summary>
        /// On one thread of the package's, in order; continuations of awaited tasks where their context or the thread pool wants them. In WebGL, where
        /// there are no threads, the same as Auto.
        /// </summary>
        Thread,
    }

    /// <summary>Who logs in where, and how. The first four are all that most games set.</summary>
    public sealed class UserStatusOptions
    {
        /// <summary>The app's number on the server. Required.</summary>
        public ulong AppId { get; set; }

        /// <summary>1 to 32 bytes of printable ASCII without space; the first login registers the user. Required.</summary>
        public string UserId { get; set; }

        /// <summary>What the game's own server minted for this user. Never mint it in the game: the key would be in every player's hands. Required.</summary>
        public string UserSig { get; set; }

        /// <summary>
        /// "host:port" for plain TCP, "tls://host:port" for TLS; up to 8 with commas between them, of which the first that answers is used.
        /// Null: what the environment variable USERSTATUS_SERVER says.
        /// </summary>
        public string Server { get; set; }

        /// <summary>PEM file of the authorities a tls:// server is checked against, instead of the system's. Null: the system's.</summary>
        public string CaFile { get; set; }

        /// <summary>The same as PEM text, for an authority that comes with the game; beside a file, both count. Null: none.</summary>
        public string CaPem { get; set; }

        /// <summary>
        /// At most 16 keys, one of which the certificate of a tls:// server has to have, beside being signed by an authority: each the SHA-256 of
        /// its subjectPublicKeyInfo as base64. Give the next one, too, before the server changes it. Null or empty: any.
        /// </summary>
        public IList<string> TlsPins { get; set; }

        /// <summary>
        /// How long at most nothing is sent, 5 s to an hour, if the server does not ask for less: a network that is gone without a word is found 10 s
        /// after. Phones pay for each heartbeat with battery. Null: as the server asks, which is 2 minutes unless the app says otherwise.
        /// </summary>
        public TimeSpan? HeartbeatInterval { get; set; }

        /// <summary>What this device is: "Windows", "Mac", "Linux", "iPhone", "iPad", "Android", "Web", "Console". Null: what the library was built for.</summary>
        public string Platform { get; set; }

        /// <summary>Folder the library writes userstatus.log to. Null: none.</summary>
        public string LogFolder { get; set; }

        /// <summary>Least level of <see cref="UserStatusClient.LogReceived"/> and of the log file. Default Warning.</summary>
        public LogLevel LogLevel { get; set; }

        /// <summary>
        /// In Unity: whether what the library says, at <see cref="LogLevel"/> and above, goes to the console as well. Default true: a fault is seen
        /// by who looks there.
        /// </summary>
        public bool LogToConsole { get; set; }

        /// <summary>
        /// Whether the client is one of several in this process, beside the default one: for an editor that tries two players at once, or a
        /// process of bots. Each has a connection, a login and events of its own. The log is the process's: there is no
        /// <see cref="LogFolder"/>, <see cref="LogLevel"/> and <see cref="LogToConsole"/> do nothing, and
        /// <see cref="UserStatusClient.LogReceived"/> does not come. At most 256. In WebGL there is
        /// none: opening one is refused. Default false.
        /// </summary>
        public bool Separate { get; set; }

        /// <summary>Where events and continuations run. Default Auto.</summary>
        public Dispatch Dispatch { get; set; }

        /// <summary>
        /// In Unity, with <see cref="Userstatus.Dispatch.Auto"/>: how long events and continuations may take in one frame, in milliseconds. What is
        /// left comes in the next frame, in order; while it waits, the library keeps the newest status of each user. One event is delivered in each
        /// frame, however long it takes. Several clients share a frame: the least of their limits holds for all together, and one event of each is
        /// delivered. 0: no limit. Default 4, a quarter of a frame at 60 frames a second.
        /// </summary>
        public int FrameBudgetMs { get; set; }

        /// <summary>
        /// In Unity: whether the user is logged out when the application quits, so that others see <see cref="Presence.LoggedOut"/> and not
        /// <see cref="Presence.Offline"/>. Quitting waits for the server's answer, a second at most, however many clients there are. Phones end
        /// apps without asking: there it often does not come to it. Default false.
        /// </summary>
        public bool LogoutOnQuit { get; set; }

        /// <summary>
        /// Asked for a new UserSig when the server says that the present one is about to end, and when it has ended or does not let this device
        /// in any more; the client goes on with what it returns. Asked again 1 s after it threw, or the server refused what it gave, then less and
        /// less often, a minute apart at most. Null: <see cref="UserStatusClient.UserSigExpiring"/> alone.
        /// </summary>
        public Func<CancellationToken, Task<string>> RenewUserSig { get; set; }

        /// <summary>Defaults, with nothing required set.</summary>
        public UserStatusOptions()
        {
            LogLevel = LogLevel.Warning;
            LogToConsole = true;
            FrameBudgetMs = 4;
        }

        internal UserStatusOptions Copy()
        {
            UserStatusOptions copy = (UserStatusOptions)MemberwiseClone();
            copy.TlsPins = TlsPins == null ? null : new List<string>(TlsPins);
            return copy;
        }
    }
}
