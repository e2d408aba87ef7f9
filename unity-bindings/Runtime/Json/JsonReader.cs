using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Userstatus.Json
{
    /// <summary>
    /// Reads JSON into objects: Dictionary&lt;string, object&gt;, List&lt;object&gt;, string, double, bool, null. The package depends on
    /// nothing, and Unity's own reader knows neither arrays at the top nor absent keys.
    /// </summary>
    internal sealed class JsonReader
    {
        private const int DepthMax = 32;

        private readonly string text;
        private int at;

        private JsonReader(string text)
        {
            this.text = text;
        }

        /// <exception cref="FormatException">It is not JSON.</exception>
        internal static object Parse(string text)
        {
            object value;
            return ParsedAhead.TryTake(text, out value) ? value : ParseNow(text);
        }

        /// <exception cref="FormatException">It is not JSON.</exception>
        internal static object ParseNow(string text)
        {
            JsonReader reader = new JsonReader(text);
            object value = reader.Value(0);
            reader.Space();
            if (reader.at != text.Length)
            {
                throw reader.Wrong("the end");
            }
            return value;
        }

        private object Value(int depth)
        {
            if (depth > DepthMax)
            {
                throw Wrong("at most " + DepthMax + " levels");
            }
            Space();
            switch (Peek())
            {
                case '{':
                    return Object(depth);
                case '[':
                    return Array(depth);
                case '"':
                    return Text();
                case 't':
                    Word("true");
                    return true;
                case 'f':
                    Word("false");
                    return false;
                case 'n':
                    Word("null");
                    return null;
                default:
                    return Number();
            }
        }

        private Dictionary<string, object> Object(int depth)
        {
            Dictionary<string, object> fields = new Dictionary<string, object>();
            at++;
            Space();
            if (Peek() == '}')
            {
                at++;
                return fields;
            }
            while (true)
            {
                Space();
                string key = Text();
                Space();
                Expect(':');
                fields[key] = Value(depth + 1);
                Space();
                if (Peek() == ',')
                {
                    at++;
                    continue;
                }
                Expect('}');
                return fields;
            }
        }

        private List<object> Array(int depth)
        {
            List<object> items = new List<object>();
            at++;
            Space();
            if (Peek() == ']')
            {
                at++;
                return items;
            }
            while (true)
            {
                items.Add(Value(depth + 1));
                Space();
                if (Peek() == ',')
                {
                    at++;
                    continue;
                }
                Expect(']');
                return items;
            }
        }

        private string Text()
        {
            Expect('"');
            int begin = at;
            // Most texts have no escape in them.
            while (at < text.Length && text[at] != '"' && text[at] != '\\')
            {
                at++;
            }
            if (Peek() == '"')
            {
                return text.Substring(begin, at++ - begin);
            }
            StringBuilder letters = new StringBuilder(text, begin, at - begin, at - begin + 16);
            while (true)
            {
                char letter = Next();
                if (letter == '"')
                {
                    return letters.ToString();
                }
                letters.Append(letter == '\\' ? Escape() : letter);
            }
        }

        private char Escape()
        {
            char letter = Next();
            switch (letter)
            {
                case 'b':
                    return '\b';
                case 'f':
                    return '\f';
                case 'n':
                    return '\n';
                case 'r':
                    return '\r';
                case 't':
                    return '\t';
                case 'u':
                    // A pair of surrogates is two of these, and two chars here, too.
                    int code;
                    if (at + 4 > text.Length
                        || !int.TryParse(text.Substring(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
                    {
                        throw Wrong("four hexadecimal digits");
                    }
                    at += 4;
                    return (char)code;
                default:
                    return letter;
            }
        }

        private double Number()
        {
            int begin = at;
            while (at < text.Length && "+-.0123456789eE".IndexOf(text[at]) >= 0)
            {
                at++;
            }
            double number;
            if (!double.TryParse(
                text.Substring(begin, at - begin), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
            {
                throw Wrong("a value");
            }
            return number;
        }

        private void Word(string word)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
            {
                throw Wrong(word);
            }
            at += word.Length;
        }

        private void Space()
        {
            while (at < text.Length && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t'))
            {
                at++;
            }
        }

        private char Peek()
        {
            return at < text.Length ? text[at] : '\0';
        }

        private char Next()
        {
            if (at >= text.Length)
            {
                throw Wrong("more");
            }
            return text[at++];
        }

        private void Expect(char letter)
        {
            if (Peek() != letter)
            {
                throw Wrong("'" + letter + "'");
            }
            at++;
        }

        private FormatException Wrong(string expected)
        {
            return new FormatException("JSON: " + expected + " expected at index " + at);
        }
    }
}
