using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Userstatus.Native
{
    /// <summary>
    /// Waiting for a while. In Unity it ends in a frame: timers run on threads, and players in web pages have none, so there they would never end.
    /// </summary>
    internal static class Waits
    {
#if UNITY_5_3_OR_NEWER
        private static readonly List<Wait> Waiting = new List<Wait>();

        /// <summary>Ends in the first frame after this long, or cancelled as soon as it is not wanted any more.</summary>
        internal static Task For(TimeSpan time, CancellationToken stop)
        {
            Wait wait = new Wait(Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));
            lock (Waiting)
            {
                Waiting.Add(wait);
            }
            wait.Watch(stop);
            return wait.Ended.Task;
        }

        /// <summary>Once a frame.</summary>
        internal static void Turn()
        {
            List<Wait> over = null;
            lock (Waiting)
            {
                long now = Stopwatch.GetTimestamp();
                for (int i = Waiting.Count - 1; i >= 0; i--)
                {
                    Wait wait = Waiting[i];
                    if (wait.Until <= now || wait.Ended.Task.IsCompleted)
                    {
                        Waiting.RemoveAt(i);
                        over = over ?? new List<Wait>();
                        over.Add(wait);
                    }
                }
            }
            // Not under the lock: what goes on here may wait again.
            for (int i = over == null ? -1 : over.Count - 1; i >= 0; i--)
            {
                over[i].End();
            }
        }

        /// <summary>Forgets those of another play, whose frames are over.</summary>
        internal static void Reset()
        {
            lock (Waiting)
            {
                Waiting.Clear();
            }
        }

        private sealed class Wait
        {
            internal readonly long Until;
            internal readonly TaskCompletionSource<bool> Ended = new TaskCompletionSource<bool>();

            private CancellationTokenRegistration watch;

            internal Wait(long until)
            {
                Until = until;
            }

            internal void Watch(CancellationToken stop)
            {
                watch = stop.Register(() => Ended.TrySetCanceled(stop));
            }

            internal void End()
            {
                watch.Dispose();
                Ended.TrySetResult(true);
            }
        }
#else
        /// <summary>Ends after this long, or cancelled as soon as it is not wanted any more.</summary>
        internal static Task For(TimeSpan time, CancellationToken stop)
        {
            return Task.Delay(time, stop);
        }
#endif
    }
}
