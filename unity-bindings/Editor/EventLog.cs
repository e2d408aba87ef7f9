using System;
using System.Collections.Generic;

namespace Userstatus.Editor
{
    /// <summary>What the client that is open has told lately. Events may come on any thread.</summary>
    internal sealed class EventLog
    {
        internal const int LinesMax = 500;

        private readonly Queue<string> lines = new Queue<string>();
        private UserStatusClient client;

        /// <summary>Listens to this client, and to the one before no more; null: to none.</summary>
        internal void Follow(UserStatusClient next)
        {
            if (next == client)
            {
                return;
            }
            if (client != null)
            {
                client.ConnectionChanged -= OnConnection;
                client.StatusChanged -= OnStatus;
                client.KickedOffline -= OnKicked;
                client.UserSigExpiring -= OnExpiring;
                client.LogReceived -= OnLog;
            }
            client = next;
            if (client != null)
            {
                Add("client of " + client.UserId);
                client.ConnectionChanged += OnConnection;
                client.StatusChanged += OnStatus;
                client.KickedOffline += OnKicked;
                client.UserSigExpiring += OnExpiring;
                client.LogReceived += OnLog;
            }
        }

        internal void Add(string line)
        {
            string stamped = DateTime.Now.ToString("HH:mm:ss.fff ") + line;
            lock (lines)
            {
                if (lines.Count == LinesMax)
                {
                    lines.Dequeue();
                }
                lines.Enqueue(stamped);
            }
        }

        internal string[] Lines()
        {
            lock (lines)
            {
                return lines.ToArray();
            }
        }

        internal void Clear()
        {
            lock (lines)
            {
                lines.Clear();
            }
        }

        private void OnConnection(ConnectionChange change)
        {
            Add("connection: " + change);
        }

        private void OnStatus(PresenceInfo info)
        {
            Add("status: " + info);
        }

        private void OnKicked()
        {
            Add("kicked offline");
        }

        private void OnExpiring(UserSigExpiry expiry)
        {
            Add(expiry.HasExpired ? "the UserSig has expired" : "the UserSig is about to expire");
        }

        private void OnLog(LogLevel level, string line)
        {
            Add(level + ": " + line);
        }
    }
}
