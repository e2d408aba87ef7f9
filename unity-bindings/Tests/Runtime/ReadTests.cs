using System;
using System.Collections.Generic;
using NUnit.Framework;
using Userstatus.Json;

namespace Userstatus.Tests
{
    public class ReadTests
    {
        [Test]
        public void StatusesAreRead()
        {
            IList<PresenceInfo> statuses = Read.Statuses(
                "[{\"user_status_identifier\":\"bob\",\"user_status_status_type\":1,\"user_status_custom_status\":\"in a match\","
                + "\"user_status_online_devices\":[\"Linux\",\"Windows\"]},{\"user_status_identifier\":\"eve\",\"user_status_status_type\":3}]");
            Assert.AreEqual(2, statuses.Count);
            Assert.AreEqual("bob: Online, \"in a match\"", statuses[0].ToString());
            Assert.IsTrue(statuses[0].IsOnline);
            CollectionAssert.AreEqual(new[] { "Linux", "Windows" }, statuses[0].OnlineDevices);
            Assert.AreEqual("eve: LoggedOut", statuses[1].ToString());
            Assert.IsEmpty((System.Collections.ICollection)statuses[1].OnlineDevices);
        }

        [TestCase("")]
        [TestCase(null)]
        [TestCase("[]")]
        [TestCase("[1,\"a\",null,[]]")]
        public void WhatHasNoStatusInItHasNone(string json)
        {
            Assert.IsEmpty((System.Collections.ICollection)Read.Statuses(json));
        }

        [Test]
        public void FieldsOfAnotherTypeAreEmpty()
        {
            PresenceInfo info = Read.Statuses(
                "{\"user_status_identifier\":5,\"user_status_status_type\":\"1\",\"user_status_custom_status\":null,\"user_status_online_devices\":\"x\"}")[0];
            Assert.AreEqual("", info.UserId);
            Assert.AreEqual(Presence.Unknown, info.Presence);
            Assert.AreEqual("", info.CustomStatus);
            Assert.AreEqual(0, info.OnlineDevices.Count);
        }

        [Test]
        public void FriendsAreRead()
        {
            Friend friend = Read.Friends(
                "[{\"friend_profile_identifier\":\"bob\",\"friend_profile_group_name_array\":[\"guild\"],\"friend_profile_remark\":\"Bobby\","
                + "\"friend_profile_add_wording\":\"hi\",\"friend_profile_add_source\":\"lobby\",\"friend_profile_add_time\":1700000000}]")[0];
            Assert.AreEqual("bob", friend.UserId);
            Assert.AreEqual("Bobby", friend.Remark);
            CollectionAssert.AreEqual(new[] { "guild" }, friend.Groups);
            Assert.AreEqual("hi", friend.Wording);
            Assert.AreEqual("lobby", friend.Source);
            Assert.AreEqual(new DateTime(2023, 11, 14, 22, 13, 20, DateTimeKind.Utc), friend.AddedAtUtc);
        }

        [TestCase("[{\"friend_result_identifier\":\"bob\",\"friend_result_code\":30015,\"friend_result_desc\":\"already\"}]")]
        [TestCase("{\"friend_result_identifier\":\"bob\",\"friend_result_code\":30015,\"friend_result_desc\":\"already\"}")]
        public void OneResultMayComeWithoutAnArray(string json)
        {
            FriendResult result = Read.FriendResults(json)[0];
            Assert.AreEqual("bob", result.UserId);
            Assert.AreEqual(30015, result.Code);
            Assert.IsFalse(result.IsSuccess);
        }

        [Test]
        public void WhatIsReadCannotBeChanged()
        {
            Assert.Throws<NotSupportedException>(() => Read.UserIds("[\"a\"]").Add("b"));
            Assert.Throws<NotSupportedException>(() => Read.Statuses("[{}]")[0].OnlineDevices.Add("b"));
        }
    }
}
