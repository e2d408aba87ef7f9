using System;
using NUnit.Framework;

namespace Userstatus.Tests
{
    public class UserStatusExceptionTests
    {
        [Test]
        public void TheMessageHasTheNumberTheNameWhatWasSaidAndWhatToDo()
        {
            UserStatusException fault = new UserStatusException(60018, "too frequent; wait a moment.");
            Assert.AreEqual(
                "60018 TooFrequent: too frequent; wait a moment. At most 20 in 5 s; ask for many users in one call, and subscribe instead of "
                + "asking again and again.",
                fault.Message);
            Assert.AreEqual(60018, fault.Code);
            Assert.AreEqual(ErrorCode.TooFrequent, fault.ErrorCode);
            Assert.AreEqual("TooFrequent", fault.Name);
            StringAssert.EndsWith(fault.Advice, fault.Message);
        }

        [Test]
        public void WithoutAdviceThereIsNone()
        {
            UserStatusException fault = new UserStatusException(72001, "the switch is off");
            Assert.AreEqual("72001 StatusSwitchOff: the switch is off", fault.Message);
            Assert.AreEqual("", fault.Advice);
        }

        [Test]
        public void ANumberOfANewerServerIsKept()
        {
            UserStatusException fault = new UserStatusException(79999, "something new");
            Assert.AreEqual("79999 Unknown: something new", fault.Message);
            Assert.AreEqual(79999, (int)fault.ErrorCode);
        }

        [TestCase(-3, "BadJson")]
        [TestCase(-4, "BadParameter")]
        public void WhatTheLibraryDidNotTakeHasAName(int code, string name)
        {
            Assert.AreEqual(name, new UserStatusException(code, "refused").Name);
        }

        [Test]
        public void EveryCodeHasANameAndAMessage()
        {
            foreach (ErrorCode code in Enum.GetValues(typeof(ErrorCode)))
            {
                UserStatusException fault = new UserStatusException((int)code, "said");
                Assert.AreEqual(code.ToString(), fault.Name);
                StringAssert.StartsWith((int)code + " " + code + ": said", fault.Message);
            }
        }
    }
}
