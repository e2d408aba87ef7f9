using System;
using System.Collections.Generic;

namespace Userstatus.Native
{
    /// <summary>What a one-shot callback was called with.</summary>
    internal struct Reply
    {
        internal readonly int Code;
        internal readonly string Description;
        internal readonly string Json;

        internal Reply(int code, string description, string json)
        {
            Code = code;
            Description = description;
            Json = json;
        }
    }

    /// <summary>
    /// Calls whose callback is owed. Native code holds their number, never a handle: a number that nobody knows any more, after a
    /// domain reload say, does no harm.
    /// </summary>
    internal static class PendingCalls
    {
        private static readonly Dictionary<int, Action<Reply>> ByNumber = new Dictionary<int, Action<Reply>>();
        private static int last;

        internal static int Count
        {
            get
            {
                lock (ByNumber)
                {
                    return ByNumber.Count;
                }
            }
        }

        /// <summary>Forgets the calls of another play. Numbers go on, so that none of its comes again.</summary>
        internal static void Reset()
        {
            lock (ByNumber)
            {
                ByNumber.Clear();
            }
        }

        internal static IntPtr Add(Action<Reply> done)
        {
            lock (ByNumber)
            {
                // 0 is no call. After two thousand million calls numbers begin anew; one may still be in use.
                do
                {
                    last = last == int.MaxValue ? 1 : last + 1;
                }
                while (ByNumber.ContainsKey(last));
                ByNumber.Add(last, done);
                return new IntPtr(last);
            }
        }

        /// <summary>Null if there is no such call.</summary>
        internal static Action<Reply> Take(IntPtr number)
        {
            lock (ByNumber)
            {
                int key = number.ToInt32();
                Action<Reply> done;
                if (ByNumber.TryGetValue(key, out done))
                {
                    ByNumber.Remove(key);
                }
                return done;
            }
        }
    }
}
