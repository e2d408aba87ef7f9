using System.Diagnostics;

namespace Userstatus.Native
{
    /// <summary>How long user code may run in one frame: what is left over waits for the next one.</summary>
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

        /// <summary>Of each frame from now on; 0: no limit.</summary>
        internal static int Ms { get; set; }

        internal bool IsSpent
        {
            get { return endsAt != 0 && Stopwatch.GetTimestamp() >= endsAt; }
        }

        /// <summary>Of a frame that begins now.</summary>
        internal static FrameBudget Begin()
        {
            return new FrameBudget(Ms == 0 ? 0 : Stopwatch.GetTimestamp() + Ms * Stopwatch.Frequency / 1000);
        }

        internal static void Reset()
        {
            Ms = 0;
        }
    }
}
