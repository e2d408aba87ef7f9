// What of the C ABI has a 64-bit number in it, in the form that userstatus.jslib has it: JavaScript is not handed such numbers.
#if UNITY_WEBGL && !UNITY_EDITOR

using System;
using System.Globalization;
using System.Runtime.InteropServices;
using AOT;

namespace Userstatus.Native
{
    internal static class WebMethods
    {
#if UNITY_2021_2_OR_NEWER
        private const string Library = "__Internal";
#else
        // The script is not part of such a player. To say so in a build's first call is better than to fail the build of who never calls.
        private const string Library = "userstatus";
#endif

        /// <summary>What the functions about several clients return here: TIM_ERR_PARAM. A page has the default one.</summary>
        internal const int OneClientOnly = -4;

        private static readonly LengthCallback Expiring = OnExpiring;
        private static MillisecondsCallback expiring;

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate void LengthCallback(double lengthMs, IntPtr userData);

        internal static int Init(ulong appId, byte[] config)
        {
            return USWebInit(Utf8.Encode(appId.ToString(CultureInfo.InvariantCulture), "appId"), config);
        }

        internal static ulong GetServerTime()
        {
            return (ulong)USWebServerTime();
        }

        internal static void SetUserSigExpiringCallback(MillisecondsCallback callback, IntPtr userData)
        {
            expiring = callback;
            USWebSetUserSigExpiringCallback(callback == null ? null : Expiring, userData);
        }

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        private static extern int USWebInit(byte[] appId, byte[] config);

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        private static extern double USWebServerTime();

        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        private static extern void USWebSetUserSigExpiringCallback(LengthCallback callback, IntPtr userData);

        [MonoPInvokeCallback(typeof(LengthCallback))]
        private static void OnExpiring(double lengthMs, IntPtr userData)
        {
            try
            {
                MillisecondsCallback callback = expiring;
                if (callback != null)
                {
                    callback((ulong)lengthMs, userData);
                }
            }
            catch (Exception fault)
            {
                Faults.Report(fault);
            }
        }
    }
}

#endif
