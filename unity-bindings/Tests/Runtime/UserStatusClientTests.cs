using System;
using System.Threading;
using NUnit.Framework;

namespace Userstatus.Tests
{
    /// <summary>What needs no server and no native library.</summary>
    public class UserStatusClientTests
    {
        private static UserStatusOptions Options()
        {
            return new UserStatusOptions { AppId = 1400000001, UserId = "alice", UserSig = "sig" };
        }

        [Test]
        public void RequiredOptionsAreAskedForByName()
        {
            Assert.Throws<ArgumentNullException>(() => new UserStatusClient(null));
            Missing("AppId", options => options.AppId = 0);
            Missing("UserId", options => options.UserId = null);
            Missing("UserId", options => options.UserId = "");
            Missing("UserSig", options => options.UserSig = null);
            Missing("UserSig", options => options.UserSig = "");
        }

        [Test]
        public void WhatWasLeftOutIsSensible()
        {
            UserStatusOptions options = new UserStatusOptions();
            Assert.AreEqual(LogLevel.Warning, options.LogLevel);
            Assert.AreEqual(Dispatch.Auto, options.Dispatch);
        }

        [Test]
        public void ChangingTheOptionsAfterwardsChangesNothing()
        {
            UserStatusOptions options = Options();
            UserStatusClient client = new UserStatusClient(options);
            options.UserId = "mallory";
            Assert.AreEqual("alice", client.UserId);
        }

        [Test]
        public void AClientThatIsNotOpenSaysSo()
        {
            UserStatusClient client = new UserStatusClient(Options());
            Assert.AreEqual(ConnectionState.Closed, client.State);
            Assert.AreEqual(0, client.Known.Count);
            Assert.AreEqual(0, client.Watched.Count);
            Assert.IsNull(UserStatusClient.Current);
            Assert.Throws<InvalidOperationException>(() => client.SetCustomStatusAsync("x"));
            Assert.Throws<InvalidOperationException>(() => client.SubscribeAsync(new[] { "bob" }));
            Assert.Throws<InvalidOperationException>(() => client.Friends.ListAsync());
            Assert.Throws<InvalidOperationException>(() => client.LoginAgainAsync());
            client.NotifyPaused(true);
        }

        [Test]
        public void AClientMayBeDisposedOfAtAnyTimeAndTwice()
        {
            UserStatusClient client = new UserStatusClient(Options());
            client.Dispose();
            client.Dispose();
            Assert.IsTrue(client.CloseAsync().IsCompleted);
            Assert.Throws<ObjectDisposedException>(() => client.SetCustomStatusAsync("x"));
        }

        [Test]
        public void WhatCannotBeAskedIsRefusedAtOnce()
        {
            UserStatusClient client = new UserStatusClient(Options());
            Assert.Throws<ArgumentNullException>(() => client.SubscribeAsync(null));
            Assert.Throws<ArgumentNullException>(() => client.Friends.DeleteAsync(null));
            Assert.Throws<ArgumentException>(() => client.SetCustomStatusAsync("cut \ud83c"));
            Assert.Throws<ArgumentException>(() => client.SubscribeAsync(new[] { "bob", null }));
            Assert.Throws<ArgumentException>(() => client.RenewUserSigAsync(""));
        }

        [Test]
        public void NobodyIsAskedAboutNobody()
        {
            UserStatusClient client = new UserStatusClient(Options());
            Assert.AreEqual(0, client.SubscribeAsync(new string[0]).Result.Count);
            Assert.AreEqual(0, client.GetStatusAsync(new string[0]).Result.Count);
            Assert.IsTrue(client.UnsubscribeAsync(new string[0]).IsCompleted);
            Assert.AreEqual(0, client.Friends.DeleteAsync(new string[0]).Result.Count);
        }

        [Test]
        public void OnlyWhoChoseToPumpMayPump()
        {
            UserStatusClient client = new UserStatusClient(Options());
            Assert.Throws<InvalidOperationException>(() => client.Pump());
            Assert.Throws<ArgumentOutOfRangeException>(() => client.Pump(-1));
        }

        [Test]
        public void ACancelledOpeningTouchesNothing()
        {
            using (CancellationTokenSource source = new CancellationTokenSource())
            {
                source.Cancel();
                UserStatusClient client = new UserStatusClient(Options());
                Assert.IsTrue(client.OpenAsync(source.Token).IsCanceled);
                Assert.IsNull(UserStatusClient.Current);
            }
        }

        private static void Missing(string option, Action<UserStatusOptions> remove)
        {
            UserStatusOptions options = Options();
            remove(options);
            ArgumentException refusal = Assert.Throws<ArgumentException>(() => new UserStatusClient(options));
            StringAssert.Contains("UserStatusOptions." + option + " is missing", refusal.Message);
        }
    }
}
