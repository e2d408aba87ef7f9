using System.Diagnostics;

namespace Userstatus.Native
{
    /// <summary>How long user code may run in one frame, of all clients together: what is left over waits for the next one.</summary>
    internal struct FrameBudget
    {
        /// <summary>Whatever it takes: not of a frame.</summary>
        internal static readonly FrameBudget None = default(FrameBudget);

        /// <summary>Whether there is another frame to come, for what had better wait.</summary>
        internal readonly bool IsOfFrame;

        /// <summary>0: no limit.</summary>
        private readonly long endsAt;

        private FrameBudget(long endsAt)
        {
            IsOfFrame = true;
            this.endsAt = endsAt;
        }

        internal bool IsSpent
        {
            get { return endsAt != 0 && Stopwatch.GetTimestamp() >= endsAt; }
        }

        /// <summary>Of a frame that begins now; 0: no limit.</summary>
        internal static FrameBudget Begin(int ms)
        {
            return new FrameBudget(ms == 0 ? 0 : Stopwatch.GetTimestamp() + ms * Stopwatch.Frequency / 1000);
        }
    }
}
