using System;
using System.Collections.Generic;
using NUnit.Framework;
using Userstatus.Json;

namespace Userstatus.Tests
{
    public class JsonReaderTests
    {
        private const int DepthMax = 32;

        [TestCase("null", null)]
        [TestCase("true", true)]
        [TestCase(" false\r\n\t", false)]
        [TestCase("0", 0.0)]
        [TestCase("-12.5e2", -1250.0)]
        [TestCase("\"\"", "")]
        public void AValueIsRead(string json, object expected)
        {
            Assert.AreEqual(expected, JsonReader.Parse(json));
        }

        [Test]
        public void ObjectsAndArraysAreRead()
        {
            Dictionary<string, object> fields = (Dictionary<string, object>)JsonReader.Parse(" { \"a\" : [ 1 , \"b\" , { } , [ ] ] , \"c\" : null } ");
            List<object> items = (List<object>)fields["a"];
            Assert.AreEqual(4, items.Count);
            Assert.AreEqual(1.0, items[0]);
            Assert.AreEqual("b", items[1]);
            Assert.IsEmpty((Dictionary<string, object>)items[2]);
            Assert.IsEmpty((List<object>)items[3]);
            Assert.IsNull(fields["c"]);
        }

        [Test]
        public void OfEqualKeysTheLastCounts()
        {
            Dictionary<string, object> fields = (Dictionary<string, object>)JsonReader.Parse("{\"a\":1,\"a\":2}");
            Assert.AreEqual(2.0, fields["a"]);
        }

        [TestCase("\"\\b\\f\\n\\r\\t\\\"\\\\\\/\"", "\b\f\n\r\t\"\\/")]
        [TestCase("\"\\u0041\\u00e9\\u4F60\"", "A\u00e9\u4f60")]
        [TestCase("\"before \\n after\"", "before \n after")]
        [TestCase("\"\\u0000\"", "\0")]
        public void EscapesAreRead(string json, string expected)
        {
            Assert.AreEqual(expected, JsonReader.Parse(json));
        }

        [Test]
        public void APairOfSurrogatesIsOneCharacterHoweverItIsWritten()
        {
            const string Game = "\ud83c\udfae";
            Assert.AreEqual(Game, JsonReader.Parse("\"\\ud83c\\udfae\""));
            Assert.AreEqual(Game, JsonReader.Parse("\"\\uD83C\\uDFAE\""));
            Assert.AreEqual(Game, JsonReader.Parse("\"" + Game + "\""));
        }

        [Test]
        public void ValuesMayNestThisDeepAndNotDeeper()
        {
            string deepest = new string('[', DepthMax) + "0" + new string(']', DepthMax);
            Assert.IsNotNull(JsonReader.Parse(deepest));
            Assert.Throws<FormatException>(() => JsonReader.Parse("[" + deepest + "]"));
            // Must not take the stack with it.
            Assert.Throws<FormatException>(() => JsonReader.Parse(new string('[', 1000000)));
            Assert.Throws<FormatException>(() => JsonReader.Parse(Repeat("{\"a\":", 100000)));
        }

        [TestCase("")]
        [TestCase("   ")]
        [TestCase("{")]
        [TestCase("[")]
        [TestCase("[1")]
        [TestCase("[1,")]
        [TestCase("[1 2]")]
        [TestCase("{\"a\"}")]
        [TestCase("{\"a\":}")]
        [TestCase("{\"a\":1")]
        [TestCase("{a:1}")]
        [TestCase("\"")]
        [TestCase("\"abc")]
        [TestCase("\"\\")]
        [TestCase("\"\\u12")]
        [TestCase("\"\\u12x4\"")]
        [TestCase("\"\\u")]
        [TestCase("tru")]
        [TestCase("nul")]
        [TestCase("-")]
        [TestCase("1e")]
        [TestCase("--1")]
        [TestCase("1 1")]
        [TestCase("[]]")]
        [TestCase("NaN")]
        [TestCase("\0")]
        public void WhatIsNotJsonIsRefused(string json)
        {
            Assert.Throws<FormatException>(() => JsonReader.Parse(json));
        }

        [Test]
        public void NumbersAreReadWhateverTheCulture()
        {
            System.Globalization.CultureInfo before = System.Threading.Thread.CurrentThread.CurrentCulture;
            try
            {
                System.Threading.Thread.CurrentThread.CurrentCulture = new System.Globalization.CultureInfo("de-DE");
                Assert.AreEqual(1.5, JsonReader.Parse("1.5"));
                Assert.AreEqual("{\"n\":-1234567}", new JsonWriter().Number("n", -1234567).ToString());
            }
            finally
            {
                System.Threading.Thread.CurrentThread.CurrentCulture = before;
            }
        }

        [Test]
        public void EveryPieceOfGoodJsonIsReadOrRefusedButNothingElseIsThrown()
        {
            const string Good = "[{\"user_status_identifier\":\"al\\u0069ce\",\"user_status_status_type\":1,\"user_status_custom_status\":\"\\\"\\\\\","
                + "\"user_status_online_devices\":[\"Linux\",true,null,-1.5e3]}]";
            for (int length = 0; length < Good.Length; length++)
            {
                string piece = Good.Substring(0, length);
                Assert.Throws<FormatException>(() => JsonReader.Parse(piece), piece);
            }
            const string Letters = "[]{}\",:\\u0e-tfn \0";
            Random random = new Random(1);
            for (int i = 0; i < 20000; i++)
            {
                char[] letters = Good.ToCharArray();
                for (int changes = random.Next(1, 4); changes > 0; changes--)
                {
                    letters[random.Next(letters.Length)] = Letters[random.Next(Letters.Length)];
                }
                try
                {
                    JsonReader.Parse(new string(letters));
                }
                catch (FormatException)
                {
                    // It is no JSON any more.
                }
            }
        }

        private static string Repeat(string text, int count)
        {
            return new System.Text.StringBuilder(text.Length * count).Insert(0, text, count).ToString();
        }
    }
}
