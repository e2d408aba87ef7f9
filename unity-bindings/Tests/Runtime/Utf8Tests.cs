using System;
using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using Userstatus.Native;

namespace Userstatus.Tests
{
    public class Utf8Tests
    {
        [TestCase("")]
        [TestCase("plain")]
        [TestCase("\u00e9 \u4f60\u597d \u0645\u0631\u062d\u0628\u0627")]
        [TestCase("\ud83d\udc69\u200d\ud83d\ude80")]
        public void TextsComeBackAsTheyWere(string text)
        {
            byte[] bytes = Utf8.Encode(text, "text");
            Assert.AreEqual(0, bytes[bytes.Length - 1]);
            Assert.AreEqual(Encoding.UTF8.GetByteCount(text) + 1, bytes.Length);
            Assert.AreEqual(text, Decode(bytes));
        }

        [Test]
        public void NullStaysNullGoingInAndIsEmptyComingOut()
        {
            Assert.IsNull(Utf8.Encode(null, "text"));
            Assert.AreEqual("", Utf8.Decode(IntPtr.Zero));
        }

        // Not test cases: attributes are UTF-8 themselves, and cannot carry these.
        [Test]
        public void WhatCannotBeSaidIsRefusedAndWhereItStands()
        {
            Refuses("a\0b", "index 1");
            Refuses("ab\ud83c", "U+D83C) stands at index 2");
            Refuses("\udfae", "U+DFAE) stands at index 0");
            Refuses("\ud83c\udfae\ud83c", "index 2");
        }

        [Test]
        public void BytesThatAreNoUtf8AreNoFault()
        {
            Assert.AreEqual("a\ufffd", Decode(new byte[] { (byte)'a', 0xff, 0 }));
        }

        private static void Refuses(string text, string where)
        {
            ArgumentException refusal = Assert.Throws<ArgumentException>(() => Utf8.Encode(text, "status"));
            Assert.AreEqual("status", refusal.ParamName);
            StringAssert.Contains(where, refusal.Message);
        }

        private static string Decode(byte[] bytes)
        {
            IntPtr memory = Marshal.AllocHGlobal(bytes.Length);
            try
            {
                Marshal.Copy(bytes, 0, memory, bytes.Length);
                return Utf8.Decode(memory);
            }
            finally
            {
                Marshal.FreeHGlobal(memory);
            }
        }
    }
}
