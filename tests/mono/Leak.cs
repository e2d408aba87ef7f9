using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using com.tencent.imsdk.unity;
using com.tencent.imsdk.unity.enums;
using com.tencent.imsdk.unity.types;

namespace Userstatus.Tests
{
    /// <summary>More than a million calls, each with its callback, and no more memory than before.</summary>
    internal static class Leak
    {
        private const int CallsTotal = 1000000;
        private const int RoundsTotal = 10;

        /// <summary>One in so many asks the server; the rest is answered by the library.</summary>
        private const int AskedOneIn = 10;

        /// <summary>Fewer than what the library lets wait.</summary>
        private const int UnderWayMax = 4096;

        private const long ManagedGrowthKibMax = 512;
        private const long ResidentGrowthKibMax = 16 * 1024;

        private static readonly object Gate = new object();
        private static int underWay;
        private static int answered;
        private static int wrong;

        internal static void Play(Driver driver)
        {
            ClassicPlayer alice = new ClassicPlayer(driver);
            alice.Enter();
            List<string> oneself = new List<string> { Stage.User };
            SetConfig nothing = new SetConfig();
            Repeat("classic", CallsTotal, i => ClassicPlayer.Accepted(i % AskedOneIn == 0
                ? TencentIMSDK.GetUserStatus(oneself, (int code, string desc, List<UserStatus> results, string user_data) => End(code == 0 && results.Count == 1))
                : TencentIMSDK.SetConfig(nothing, (int code, string desc, SetConfig result, string user_data) => End(code == 0))));
            ClassicPlayer.Accepted(TencentIMSDK.Uninit());

            Player player = new Player(driver, Stage.Options(driver.Dispatch));
            player.Open();
            Repeat("modern, answered", CallsTotal / 5, i => player.Client.GetStatusAsync(Stage.User)
                .ContinueWith(asked => End(asked.Result.IsOnline), TaskContinuationOptions.ExecuteSynchronously));
            // From then on the library refuses, at once.
            Stage.Ask("enter " + Stage.User);
            player.Kicks.Next();
            Repeat("modern, refused", CallsTotal / 5, i => player.Client.SetCustomStatusAsync("late")
                .ContinueWith(asked => End(((UserStatusException)asked.Exception.InnerException).Code == 6014), TaskContinuationOptions.ExecuteSynchronously));
            player.Client.Dispose();
        }

        private static void Repeat(string what, int total, Action<int> call)
        {
            answered = 0;
            // One round to fill what is filled once.
            Round(total / RoundsTotal, call);
            long managedBefore = ThisProcess.ManagedKib;
            long residentBefore = ThisProcess.ResidentKib;
            Stage.Say("figure: " + what + ": after " + answered + " calls: managed " + managedBefore + " KiB, resident " + residentBefore + " KiB");
            while (answered < total)
            {
                Round(total / RoundsTotal, call);
                GC.Collect();
            }
            long managed = ThisProcess.ManagedKib;
            long resident = ThisProcess.ResidentKib;
            Stage.Say("figure: " + what + ": after " + answered + " calls: managed " + managed + " KiB, resident " + resident + " KiB");
            Check.Equal(total, answered, "callbacks");
            Check.Equal(0, wrong, "callbacks with another code");
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            Check.That(managed - managedBefore < ManagedGrowthKibMax, "managed memory grew by " + (managed - managedBefore) + " KiB");
            Check.That(resident - residentBefore < ResidentGrowthKibMax, "resident memory grew by " + (resident - residentBefore) + " KiB");
        }

        private static void Round(int calls, Action<int> call)
        {
            for (int i = 0; i < calls; i++)
            {
                Begin();
                call(i);
            }
            lock (Gate)
            {
                while (underWay > 0)
                {
                    Check.That(Monitor.Wait(Gate, Driver.Patience), "all calls are answered; still under way: " + underWay);
                }
            }
        }

        private static void Begin()
        {
            lock (Gate)
            {
                while (underWay == UnderWayMax)
                {
                    Check.That(Monitor.Wait(Gate, Driver.Patience), "calls are answered");
                }
                underWay++;
            }
        }

        private static void End(bool isRight)
        {
            lock (Gate)
            {
                underWay--;
                answered++;
                wrong += isRight ? 0 : 1;
                // The one who waits does so for all of them, or for room for a good many.
                if (underWay == 0 || underWay == UnderWayMax / 2)
                {
                    Monitor.PulseAll(Gate);
                }
            }
        }
    }
}
