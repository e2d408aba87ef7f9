using System;

namespace Userstatus
{
    /// <summary>A call that was not done: with the number, its name, and what to do about it.</summary>
    public sealed class UserStatusException : Exception
    {
        internal UserStatusException(int code, string description)
            : base(Compose(code, description))
        {
            Code = code;
            Description = description;
        }

        /// <summary>A number of <see cref="ErrorCode"/>, or one that a newer server sends. Negative: the library did not take the call.</summary>
        public int Code { get; private set; }

        /// <summary>What the library or the server said.</summary>
        public string Description { get; private set; }

        /// <summary>The code's name, such as "StatusSwitchOff"; "Unknown" if it has none.</summary>
        public string Name
        {
            get { return NameOf(Code); }
        }

        /// <summary>The code as an enum; a value without a name if a newer server sent it.</summary>
        public ErrorCode ErrorCode
        {
            get { return (ErrorCode)Code; }
        }

        /// <summary>What to do about it; empty if there is nothing to say that <see cref="Description"/> does not.</summary>
        public string Advice
        {
            get { return Errors.Advice(Code); }
        }

        private static string NameOf(int code)
        {
            switch (code)
            {
                case -3:
                    return "BadJson";
                case -4:
                    return "BadParameter";
                case -103:
                    return "TooManyClients";
                default:
                    return Enum.IsDefined(typeof(ErrorCode), code) ? ((ErrorCode)code).ToString() : "Unknown";
            }
        }

        private static string Compose(int code, string description)
        {
            string text = code + " " + NameOf(code) + ": " + description;
            string advice = Errors.Advice(code);
            // What says what to do already needs no second advice.
            return advice.Length == 0 || text.EndsWith("?") ? text : text.TrimEnd('.') + ". " + advice;
        }
    }

    internal static class Errors
    {
        internal static string Advice(int code)
        {
            switch ((ErrorCode)code)
            {
                case ErrorCode.NotInitialized:
                case ErrorCode.NotLoggedIn:
                    return "Open the client first, and wait for it.";
                case ErrorCode.InProgress:
                    return "Wait for the first one to end.";
                case ErrorCode.RequestTimeout:
                case ErrorCode.NoAnswer:
                    return "The network is slow or gone; try again once the client is connected.";
                case ErrorCode.NeverSent:
                case ErrorCode.NoConnection:
                    return "Is the server running, and is its address (host:port or tls://host:port) right? Is a firewall in between?";
                case ErrorCode.KickedOffline:
                    return "Tell the player, and log in again only if they ask for it: both devices would kick each other for ever.";
                case ErrorCode.CalledTooOften:
                case ErrorCode.TooFrequent:
                    return "At most 20 in 5 s; ask for many users in one call, and subscribe instead of asking again and again.";
                case ErrorCode.SigForged:
                    return "Mint it with one of the app's keys: `userstatusd app show` lists them.";
                case ErrorCode.SigExpired:
                case ErrorCode.UserSigExpiredLocally:
                    return "Set UserStatusOptions.RenewUserSig, and this does not happen.";
                case (ErrorCode)(-4):
                    return "Is something null, empty, or longer than 1 MiB?";
                case (ErrorCode)(-103):
                    return "256 clients are open in this process: dispose of one first.";
                default:
                    return "";
            }
        }
    }
}
