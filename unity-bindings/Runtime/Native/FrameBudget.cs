using System.Diagnostics;

namespace Userstatus.Native
{
    /// <summary>How long user code may run in one frame: what is left over waits for the next one.</summary>
    internal struct FrameBudget
    {
        /// <summary>No limit.</summary>
        internal static readonly FrameBudget None = default(FrameBudget);

        /// <summary>0: none.</summary>
        private readonly long endsAt;

        private FrameBudget(long endsAt)
        {
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
            return Ms == 0 ? None : new FrameBudget(Stopwatch.GetTimestamp() + Ms * Stopwatch.Frequency / 1000);
        }

        internal static void Reset()
        {
            Ms = 0;
        }
    }
}
