using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Userstatus.Tests
{
    /// <summary>Wrong options, wrong order: what is said about them has to help.</summary>
    internal static class Refusals
    {
        internal static void Options(Driver driver)
        {
            Check.Throws<ArgumentNullException>(() => new UserStatusClient(null), "no options");
            Missing("AppId", options => options.AppId = 0, driver);
            Missing("UserId", options => options.UserId = "", driver);
            Missing("UserSig", options => options.UserSig = null, driver);

            UserStatusException platform = Refused(driver, -4, options => options.Platform = "Toaster");
            Check.Contains("BadParameter", platform.Message, "a platform that is none");
            UserStatusException server = Refused(driver, 9508, options => options.Server = "no address");
            Check.Contains("no address", server.Message, "what is no address");
            Check.Contains("host:port", server.Message, "what an address looks like");
            // A file that is not there, and one that is no certificate.
            UserStatusException authority = Refused(driver, 9508, options =>
            {
                options.Server = "tls://" + Stage.Address;
                options.CaFile = "/nowhere/ca.pem";
            });
            Check.Contains("/nowhere/ca.pem", authority.Message, "the file that is not there");
            Refused(driver, 70003, options => options.UserSig = "rubbish");
            Refused(driver, 70013, options => options.UserSig = Stage.Sig("bob"));
            Refused(driver, 70020, options => options.AppId = 77);
            UserStatusException expired = Refused(driver, 70001, options => options.UserSig = Stage.Ask("sig-expired alice"));
            Check.Equal(ErrorCode.SigExpired, expired.ErrorCode, "ErrorCode");
            Check.Contains("RenewUserSig", expired.Advice, "the advice");
            Check.Contains(expired.Advice, expired.Message, "the message holds the advice");
            Refused(driver, 6017, options => options.UserId = "two words");

            // None of this is in the way of the right ones, also of the same client: it may be tried again.
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
            Player alice = new Player(driver, Stage.Options(driver.Dispatch));
            alice.Open();
            alice.Client.Dispose();
        }

        internal static void Lifecycle(Driver driver)
        {
            UserStatusClient client = new UserStatusClient(Stage.Options(driver.Dispatch));
            InvalidOperationException closed = Check.Throws<InvalidOperationException>(
                () => client.SetCustomStatusAsync("early"), "a call before it is opened");
            Check.Contains("OpenAsync", closed.Message, "what to do first");
            Check.Throws<OperationCanceledException>(() => driver.Await(client.OpenAsync(new CancellationToken(true))), "cancelled early");
            Check.That(UserStatusClient.Current == null, "it was not opened");
            driver.Await(client.OpenAsync());
            UserStatusClient second = new UserStatusClient(Stage.Options(driver.Dispatch));
            InvalidOperationException taken = Check.Throws<InvalidOperationException>(() => driver.Await(second.OpenAsync()), "a second client");
            Check.Contains("alice", taken.Message, "whose client is open");
            Check.Throws<InvalidOperationException>(
                () => driver.Await(UserStatusClient.ConnectAsync(Stage.Options(driver.Dispatch))), "a second client, the simple way");
            Check.That(UserStatusClient.Current == client, "the first is still the current one");
            Check.That(driver.Await(client.GetStatusAsync("alice")).IsOnline, "the first is none the worse");

            Check.Throws<ArgumentNullException>(() => client.GetStatusAsync((string[])null), "null users");
            Check.Throws<ArgumentNullException>(() => client.SubscribeAsync(null), "null users");
            Check.Throws<ArgumentException>(() => client.SubscribeAsync(new[] { "bob", null }), "a null user");
            Check.Throws<ArgumentException>(() => driver.Await(client.Friends.AddAsync("")), "no friend");
            Check.Throws<ArgumentNullException>(() => client.Friends.DeleteAsync(null), "null friends");
            Check.Throws<ArgumentException>(() => client.RenewUserSigAsync(""), "no UserSig");
            Check.Throws<ArgumentOutOfRangeException>(() => client.Pump(-1), "waiting for less than nothing");
            if (driver.Dispatch != Dispatch.Manual)
            {
                InvalidOperationException pumped = Check.Throws<InvalidOperationException>(() => client.Pump(), "pumping what is pumped");
                Check.Contains("Manual", pumped.Message, "what to set");
            }
            // The other API finds the library taken, and takes nothing away.
            Check.Equal(
                com.tencent.imsdk.unity.enums.TIMResult.TIM_ERR_PARAM,
                com.tencent.imsdk.unity.TencentIMSDK.Init((long)Stage.AppId, null),
                "Init while a client is open");
            driver.Await(client.CloseAsync());

            // A client may end at once, again and again, also while it is connecting.
            for (int round = 0; round < 20; round++)
            {
                UserStatusClient hasty = new UserStatusClient(Stage.Options(driver.Dispatch));
                Task opening = hasty.OpenAsync();
                hasty.Dispose();
                try
                {
                    driver.Await(opening);
                }
                catch (UserStatusException ended)
                {
                    // Unless the server was faster.
                    Check.Equal(7009, ended.Code, "opening what is ended meanwhile");
                }
            }
            // Who opens the next one in answer to the end of the last finds the way free.
            TcpListener silent = new TcpListener(IPAddress.Loopback, 0);
            silent.Start();
            for (int round = 0; round < 50; round++)
            {
                driver.Await(Succession(driver, silent.LocalEndpoint.ToString()));
            }
            silent.Stop();
            Check.Equal(0, Native.PendingCalls.Count, "calls that are owed an answer");
        }

        /// <summary>A game that just ends, with calls under way.</summary>
        internal static void Forgotten(Driver driver)
        {
            Player alice = new Player(driver, Stage.Options(driver.Dispatch));
            alice.Open();
            for (int i = 0; i < 100; i++)
            {
                alice.Client.GetStatusAsync("alice");
            }
        }

        private static async Task Succession(Driver driver, string silentAddress)
        {
            // Where nobody answers, so that it is the end that ends the opening.
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            options.Server = silentAddress;
            UserStatusClient first = new UserStatusClient(options);
            Task opening = first.OpenAsync();
            UserStatusClient next = null;
            Func<Task> openNext = async () =>
            {
                try
                {
                    await opening;
                }
                catch (UserStatusException ended)
                {
                    Check.Equal(7009, ended.Code, "opening what is ended meanwhile");
                }
                next = new UserStatusClient(Stage.Options(driver.Dispatch));
                await next.OpenAsync();
            };
            Task opened = openNext();
            first.Dispose();
            await opened;
            next.Dispose();
        }

        private static void Missing(string name, Action<UserStatusOptions> spoil, Driver driver)
        {
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            spoil(options);
            ArgumentException refusal = Check.Throws<ArgumentException>(() => new UserStatusClient(options), "without " + name);
            Check.Contains("UserStatusOptions." + name + " is missing.", refusal.Message, "the message");
        }

        private static UserStatusException Refused(Driver driver, int code, Action<UserStatusOptions> spoil)
        {
            UserStatusOptions options = Stage.Options(driver.Dispatch);
            spoil(options);
            UserStatusException refusal = driver.Refused(code, UserStatusClient.ConnectAsync(options), "refused with " + code);
            Check.That(UserStatusClient.Current == null, "nothing is open after " + code);
            return refusal;
        }
    }
}
