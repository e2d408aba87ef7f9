using System;
using System.Collections.Generic;
using NUnit.Framework;
using Userstatus.Json;

namespace Userstatus.Tests
{
    public class JsonWriterTests
    {
        [Test]
        public void AnObjectIsWrittenAndAbsentTextsAreLeftOut()
        {
            string json = new JsonWriter().Text("a", "b").Text("absent", null).Number("n", -1).Boolean("t", true).Raw("r", "[]").ToString();
            Assert.AreEqual("{\"a\":\"b\",\"n\":-1,\"t\":true,\"r\":[]}", json);
            Assert.AreEqual("{}", new JsonWriter().ToString());
        }

        [Test]
        public void ArraysOfTextsAreWritten()
        {
            Assert.AreEqual("[]", JsonWriter.Array(new string[0], "x"));
            Assert.AreEqual("[\"a\",\"\"]", JsonWriter.Array(new[] { "a", "" }, "x"));
            Assert.AreEqual("x", Assert.Throws<ArgumentException>(() => JsonWriter.Array(new[] { "a", null }, "x")).ParamName);
        }

        [Test]
        public void EveryCharacterComesBackAsItWas()
        {
            System.Text.StringBuilder all = new System.Text.StringBuilder();
            for (int letter = 1; letter <= 0xffff; letter++)
            {
                if (!char.IsSurrogate((char)letter))
                {
                    all.Append((char)letter);
                }
            }
            all.Append("\ud800\udc00\udbff\udfff");
            string json = new JsonWriter().Text("text", all.ToString()).ToString();
            Assert.AreEqual(all.ToString(), ((Dictionary<string, object>)JsonReader.Parse(json))["text"]);
            foreach (char letter in json)
            {
                Assert.IsTrue(letter >= ' ', "a control character is escaped");
            }
        }

        // Not test cases: attributes are UTF-8 themselves, and cannot carry these.
        [Test]
        public void WhatIsNoUnicodeIsRefusedByName()
        {
            foreach (string text in new[] { "\0", "cut \ud83c", "\udfae cut", "\udfae\ud83c" })
            {
                Assert.AreEqual("field", Assert.Throws<ArgumentException>(() => new JsonWriter().Text("field", text)).ParamName);
            }
        }
    }
}
