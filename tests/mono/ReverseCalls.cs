using System;
using AOT;
using Userstatus.Native;

namespace Userstatus.Tests
{
    /// <summary>
    /// What the binding must not do, and does not: hand native code a delegate that an ahead-of-time compiler has made no entry for. A
    /// control: it has to fail where everything else of these tests runs.
    /// </summary>
    internal static class ReverseCalls
    {
        private static readonly CommCallback MarkedCallback = Marked;
        private static readonly CommCallback UnmarkedCallback = Unmarked;
        private static int called;

        internal static void Play(Driver driver)
        {
            bool isAhead = Stage.User == "full-aot";
            Check.Equal(0, NativeMethods.TIMInit(1, Utf8.Encode("{\"sdk_config_callback_mode\":\"pump\"}", "config")), "TIMInit");
            Check.That(CanCall(MarkedCallback), "a static method that is marked can be called");
            Check.Equal(!isAhead, CanCall(UnmarkedCallback), "a static method that is not marked can be called");
            int captured = 0;
            CommCallback lambda = (code, description, json, userData) => captured++;
            Check.Equal(!isAhead, CanCall(lambda), "a lambda can be called");
            while (NativeMethods.USPump(0, 0) > 0)
            {
            }
            Check.Equal(isAhead ? 1 : 3, called + captured, "those that could be called were");
            GC.KeepAlive(lambda);
            Check.Equal(0, NativeMethods.TIMUninit(), "TIMUninit");
        }

        private static bool CanCall(CommCallback callback)
        {
            try
            {
                return NativeMethods.TIMSetConfig(Utf8.Encode("{}", "config"), callback, IntPtr.Zero) == 0;
            }
#pragma warning disable 618 // It is said to be thrown no more; Mono does.
            catch (ExecutionEngineException refusal)
#pragma warning restore 618
            {
                Stage.Say("refused: " + refusal.Message.Replace('\n', ' '));
                return false;
            }
        }

        [MonoPInvokeCallback(typeof(CommCallback))]
        private static void Marked(int code, IntPtr description, IntPtr json, IntPtr userData)
        {
            called++;
        }

        private static void Unmarked(int code, IntPtr description, IntPtr json, IntPtr userData)
        {
            Marked(code, description, json, userData);
        }
    }
}
