using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using AOT;
using Userstatus.Native;

namespace Userstatus.Tests
{
    /// <summary>
    /// The bindings in a domain that is unloaded while everything is going on: what Unity's editor does whenever a script was changed.
    /// </summary>
    internal static class Reload
    {
        private const int Rounds = 200;

        /// <summary>The first ones fill what is filled once.</summary>
        private const int WarmingRounds = 40;

        /// <summary>Of the thread pool, which comes and goes; one kept of each domain would be ten times as many.</summary>
        private const long ThreadGrowthMax = 16;

        /// <summary>Several times what is measured, which is what the collector's heap happens to do: one buffer or thread kept would be more.</summary>
        private const long ResidentGrowthKibPerRoundMax = 64;

        internal static void Play(Driver driver)
        {
            Repeat(round =>
            {
                // Every other one is not told that its end is near, but by DomainUnload.
                bool isDisposing = round % 2 == 0;
                if (round % 4 < 2)
                {
                    InDomain<Resident>(round, driver, resident => resident.Leave(isDisposing));
                }
                else
                {
                    InDomain<SeparateResident>(round, driver, resident => resident.Leave(isDisposing));
                }
            });
        }

        /// <summary>
        /// Without the bindings, as somebody else may have written theirs: callbacks come on the library's own thread. A thread that
        /// entered a domain belongs to it, and Mono waits for its end before it unloads the domain: TIMUninit ends it.
        /// </summary>
        internal static void PlayRaw(Driver driver)
        {
            Repeat(round => InDomain<RawResident>(round, driver, resident => resident.Leave()));
        }

        /// <summary>A user whose status changes all the time, until its process is ended.</summary>
        internal static void Restless(Driver driver)
        {
            Player bob = new Player(driver, Stage.Options(driver.Dispatch));
            bob.Open();
            Stage.Say("ready");
            object never = new object();
            for (int i = 0; ; i++)
            {
                driver.Await(bob.Client.SetCustomStatusAsync("change " + i));
                // Others need the machine, too.
                lock (never)
                {
                    Monitor.Wait(never, 1);
                }
            }
        }

        private static void Repeat(Action<int> round)
        {
            long resident = 0;
            long threads = 0;
            Stopwatch taken = Stopwatch.StartNew();
            for (int i = 0; i < Rounds; i++)
            {
                if (i == WarmingRounds)
                {
                    GC.Collect();
                    resident = ThisProcess.ResidentKib;
                    threads = ThisProcess.Threads;
                }
                round(i);
            }
            GC.Collect();
            long residentGrowth = ThisProcess.ResidentKib - resident;
            long threadGrowth = ThisProcess.Threads - threads;
            Stage.Say("figure: " + Rounds + " domains in " + taken.Elapsed + "; from number " + WarmingRounds + " on resident memory grew from "
                + resident + " by " + residentGrowth + " KiB, threads from " + threads + " by " + threadGrowth);
            Check.That(threadGrowth <= ThreadGrowthMax, "threads grew by " + threadGrowth);
            Check.That(
                residentGrowth < (Rounds - WarmingRounds) * ResidentGrowthKibPerRoundMax, "resident memory grew by " + residentGrowth + " KiB");
        }

        private static void InDomain<T>(int round, Driver driver, Action<T> leave)
            where T : MarshalByRefObject, IResident
        {
            // A user of its own for each: how often one may subscribe is limited.
            string user = "resident-" + round;
            AppDomain domain = AppDomain.CreateDomain(user);
            T resident = (T)domain.CreateInstanceAndUnwrap(typeof(T).Assembly.FullName, typeof(T).FullName);
            resident.Enter(Stage.Address, Stage.AppId, user, Stage.Sig(user), driver.Dispatch);
            leave(resident);
            AppDomain.Unload(domain);
        }
    }

    internal interface IResident
    {
        /// <summary>Returns when it hears the restless one.</summary>
        void Enter(string address, ulong appId, string user, string userSig, Dispatch dispatch);
    }

    internal class Resident : MarshalByRefObject, IResident
    {
        private readonly ManualResetEvent heard = new ManualResetEvent(false);
        private UserStatusClient client;

        /// <summary>Whether its client is one of several.</summary>
        protected virtual bool IsSeparate
        {
            get { return false; }
        }

        public void Enter(string address, ulong appId, string user, string userSig, Dispatch dispatch)
        {
            client = new UserStatusClient(new UserStatusOptions
            {
                AppId = appId,
                UserId = user,
                UserSig = userSig,
                Server = address,
                Dispatch = dispatch,
                Separate = IsSeparate,
            });
            client.StatusChanged += info =>
            {
                if (info.UserId == "bob")
                {
                    heard.Set();
                }
            };
            Task opening = client.OpenAsync();
            if (dispatch == Dispatch.Manual)
            {
                // The game loop, which will not be asked either before the domain goes.
                Thread game = new Thread(PumpForever);
                game.IsBackground = true;
                game.Start();
            }
            Check.That(opening.Wait(Driver.Patience), "the client opens");
            Check.That(client.SubscribeAsync(new[] { "bob" }).Wait(Driver.Patience), "it subscribes");
            Check.That(heard.WaitOne(Driver.Patience), "bob is heard");
        }

        internal void Leave(bool isDisposing)
        {
            // Answers that are still owed.
            for (int i = 0; i < 5; i++)
            {
                client.GetStatusAsync(client.UserId);
                client.SetCustomStatusAsync("leaving");
            }
            if (isDisposing)
            {
                client.Dispose();
                Check.Equal(0, PendingCalls.Count, "calls that are owed an answer");
            }
        }

        private void PumpForever()
        {
            while (true)
            {
                client.Pump(100);
            }
        }
    }

    internal sealed class SeparateResident : Resident
    {
        protected override bool IsSeparate
        {
            get { return true; }
        }
    }

    /// <summary>The C ABI alone, in thread mode.</summary>
    internal sealed class RawResident : MarshalByRefObject, IResident
    {
        private static readonly CommCallback DoneCallback = OnDone;
        private static readonly JsonCallback StatusCallback = OnStatus;
        private static readonly AutoResetEvent Done = new AutoResetEvent(false);
        private static readonly ManualResetEvent Heard = new ManualResetEvent(false);
        private static int code;

        public void Enter(string address, ulong appId, string user, string userSig, Dispatch dispatch)
        {
            byte[] config = Utf8.Encode(
                "{\"sdk_config_server_address\":\"" + address + "\",\"sdk_config_callback_mode\":\"thread\"}", "config");
            Check.Equal(0, NativeMethods.TIMInit(appId, config), "TIMInit");
            NativeMethods.TIMSetUserStatusChangedCallback(StatusCallback, IntPtr.Zero);
            Succeeds(NativeMethods.TIMLogin(Utf8.Encode(user, "user"), Utf8.Encode(userSig, "sig"), DoneCallback, IntPtr.Zero), "TIMLogin");
            Succeeds(NativeMethods.TIMSubscribeUserStatus(Utf8.Encode("[\"bob\"]", "users"), DoneCallback, IntPtr.Zero), "TIMSubscribeUserStatus");
            Check.That(Heard.WaitOne(Driver.Patience), "bob is heard");
        }

        internal void Leave()
        {
            Check.Equal(0, NativeMethods.TIMUninit(), "TIMUninit");
        }

        private static void Succeeds(int result, string function)
        {
            Check.Equal(0, result, function);
            Check.That(Done.WaitOne(Driver.Patience), function + " is answered");
            Check.Equal(0, code, function);
        }

        [MonoPInvokeCallback(typeof(CommCallback))]
        private static void OnDone(int result, IntPtr description, IntPtr json, IntPtr userData)
        {
            code = result;
            Done.Set();
        }

        [MonoPInvokeCallback(typeof(JsonCallback))]
        private static void OnStatus(IntPtr json, IntPtr userData)
        {
            Heard.Set();
        }
    }
}
