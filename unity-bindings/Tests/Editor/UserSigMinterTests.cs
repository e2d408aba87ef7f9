using System;
using System.Collections.Generic;
using NUnit.Framework;

namespace Userstatus.Editor.Tests
{
    public class UserSigMinterTests
    {
        private const ulong AppId = 1400000001;
        private const string Key = "a secret that only the tests share";

        /// <summary>By the server's own minter, of the same.</summary>
        private const string Signature = "wHgw1Mw8+j5wGl63IPz1leDaTDaS3LaWBw+eOZhy/PU=";

        [Test]
        public void TheSignatureIsTheOneTheServerMakes()
        {
            Assert.AreEqual(Signature, UserSigMinter.Sign(AppId, "alice", Key, 1800000000, 86400));
        }

        [Test]
        public void ItsEndCanBeRead()
        {
            string userSig = UserSigMinter.Mint(AppId, "alice", Key, 1800000000, 86400);
            Assert.AreEqual(new DateTime(2027, 1, 16, 8, 0, 0, DateTimeKind.Utc), UserSig.ExpiresAt(userSig));
            foreach (char letter in userSig)
            {
                Assert.IsTrue(letter < 128 && (char.IsLetterOrDigit(letter) || "*-_".IndexOf(letter) >= 0), "its alphabet has no " + letter);
            }
        }

        [Test]
        public void ItBeginsNow()
        {
            DateTime before = DateTime.UtcNow;
            DateTime? end = UserSig.ExpiresAt(UserSigMinter.Mint(AppId, "alice", Key, TimeSpan.FromHours(1)));
            Assert.IsTrue(end.HasValue);
            Assert.Less((end.Value - before - TimeSpan.FromHours(1)).Duration(), TimeSpan.FromSeconds(60));
        }

        [Test]
        public void WhatIsMissingIsSaid()
        {
            Dictionary<string, TestDelegate> cases = new Dictionary<string, TestDelegate>
            {
                { "appId", () => UserSigMinter.Mint(0, "alice", Key, TimeSpan.FromDays(1)) },
                { "userId", () => UserSigMinter.Mint(AppId, "", Key, TimeSpan.FromDays(1)) },
                { "secretKey", () => UserSigMinter.Mint(AppId, "alice", null, TimeSpan.FromDays(1)) },
                { "validFor", () => UserSigMinter.Mint(AppId, "alice", Key, TimeSpan.Zero) },
            };
            foreach (KeyValuePair<string, TestDelegate> one in cases)
            {
                Assert.AreEqual(one.Key, Assert.Throws<ArgumentException>(one.Value).ParamName);
            }
        }
    }
}
