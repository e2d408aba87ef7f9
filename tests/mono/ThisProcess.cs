using System;
using System.IO;

namespace Userstatus.Tests
{
    /// <summary>What the kernel says about this process.</summary>
    internal static class ThisProcess
    {
        internal static long ResidentKib
        {
            get { return Number("VmRSS:"); }
        }

        internal static long Threads
        {
            get { return Number("Threads:"); }
        }

        internal static long ManagedKib
        {
            get
            {
                // Twice: what finalizers let go of goes with the second.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                GC.Collect();
                return GC.GetTotalMemory(true) / 1024;
            }
        }

        private static long Number(string key)
        {
            foreach (string line in File.ReadAllLines("/proc/self/status"))
            {
                if (line.StartsWith(key, StringComparison.Ordinal))
                {
                    return long.Parse(line.Substring(key.Length).Replace("kB", "").Trim());
                }
            }
            throw new CheckFailed("/proc/self/status has no " + key);
        }
    }
}
