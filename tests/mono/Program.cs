using System;
using System.Collections.Generic;

namespace Userstatus.Tests
{
    /// <summary>
    /// Userstatus.Tests.exe SCENARIO DRIVER ADDRESS APP USER: plays a scenario, and ends with 0 if all that it checks holds. What plays
    /// it is tests/e2e/mono.
    /// </summary>
    internal static class Program
    {
        private static readonly Dictionary<string, Action<Driver>> Scenarios = new Dictionary<string, Action<Driver>>
        {
            { "modern-alice", ModernAlice.Play },
            { "modern-bob", ModernBob.Play },
            { "restart", Connections.Restart },
            { "usersigs", Connections.UserSigs },
            { "limits", Connections.Limits },
            { "options", Refusals.Options },
            { "lifecycle", Refusals.Lifecycle },
            { "forgotten", Refusals.Forgotten },
            { "separate", Separate.Play },
            { "classic-alice", ClassicAlice.Play },
            { "classic-bob", ClassicBob.Play },
            { "texts", Texts.Play },
            { "handlers", Faults.Handlers },
            { "pending", Faults.Pending },
            { "kicked-pending", Faults.KickedPending },
            { "reverse-calls", ReverseCalls.Play },
            { "reload", Reload.Play },
            { "reload-raw", Reload.PlayRaw },
            { "restless", Reload.Restless },
            { "leak", Leak.Play },
        };

        private static Exception failure;

        internal static int Main(string[] arguments)
        {
            Driver driver = Driver.Named(arguments[1]);
            Stage.Enter(arguments[2], ulong.Parse(arguments[3]), arguments[4]);
            try
            {
                Scenarios[arguments[0]](driver);
            }
            catch (Exception fault)
            {
                Fail(fault);
            }
            if (failure != null)
            {
                Console.Error.WriteLine(failure);
                return 1;
            }
            return 0;
        }

        /// <summary>From where nothing may be thrown; the first one counts.</summary>
        internal static void Fail(Exception fault)
        {
            Stage.Say("failed: " + fault.Message.Replace('\n', ' '));
            failure = failure ?? fault;
        }
    }
}
