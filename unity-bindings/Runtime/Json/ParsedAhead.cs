using System;
using System.Threading;

namespace Userstatus.Json
{
    /// <summary>
    /// A long text that is parsed while it waits for its turn, on a thread of the pool: thousands of friends would cost a frame otherwise. Whoever wants it
    /// before the pool came to it parses it by itself.
    /// </summary>
    internal sealed class ParsedAhead
    {
        /// <summary>Shorter ones are parsed in less time than it takes to hand them over.</summary>
        internal const int LettersMin = 16 * 1024;

        /// <summary>Of what is being delivered on this thread: clients may have one each.</summary>
        [ThreadStatic]
        private static ParsedAhead current;

        private readonly string text;
        private readonly object gate = new object();
        private object value;
        private FormatException fault;
        private volatile bool isDone;

        private ParsedAhead(string text)
        {
            this.text = text;
        }

        internal bool IsDone
        {
            get { return isDone; }
        }

        /// <summary>Null if it is not worth it.</summary>
        internal static ParsedAhead Begin(string text)
        {
#if UNITY_WEBGL && !UNITY_EDITOR
            // A page has no other thread: it is parsed when it is delivered.
            return null;
#else
            ParsedAhead ahead = Of(text);
            if (ahead != null)
            {
                ThreadPool.QueueUserWorkItem(nothing => ahead.Finish());
            }
            return ahead;
#endif
        }

        /// <summary>The same for who calls <see cref="Finish"/>.</summary>
        internal static ParsedAhead Of(string text)
        {
            return text.Length < LettersMin ? null : new ParsedAhead(text);
        }

        /// <summary>What is delivered from now on; null: nothing that was parsed. Returns what was before, to be put back.</summary>
        internal static ParsedAhead Enter(ParsedAhead next)
        {
            ParsedAhead before = current;
            current = next;
            return before;
        }

        /// <summary>Whether this very text is what was parsed.</summary>
        /// <exception cref="FormatException">It is not JSON.</exception>
        internal static bool TryTake(string text, out object value)
        {
            ParsedAhead ahead = current;
            value = null;
            if (ahead == null || !ReferenceEquals(ahead.text, text))
            {
                return false;
            }
            ahead.Finish();
            if (ahead.fault != null)
            {
                throw new FormatException(ahead.fault.Message, ahead.fault);
            }
            value = ahead.value;
            return true;
        }

        internal void Finish()
        {
            lock (gate)
            {
                if (isDone)
                {
                    return;
                }
                try
                {
                    value = JsonReader.ParseNow(text);
                }
                catch (FormatException wrong)
                {
                    fault = wrong;
                }
                isDone = true;
            }
        }
    }
}
