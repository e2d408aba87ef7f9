using System;
using System.Collections.Generic;

namespace UnityEngine
{
    /// <summary>What is on screen, and who uses it. Not part of Unity.</summary>
    public static class FakeGui
    {
        /// <summary>Labels and buttons of the last time everything was drawn.</summary>
        public static readonly List<string> Texts = new List<string>();

        private static readonly Dictionary<string, string> Typed = new Dictionary<string, string>();
        private static string pressed;
        private static string lastLabel = "";

        /// <summary>Draws everything once.</summary>
        public static void Draw()
        {
            Texts.Clear();
            FakePlayer.SendToEnabled("OnGUI");
        }

        /// <summary>Types into the field behind this label.</summary>
        public static void Type(string label, string text)
        {
            Typed[label] = text;
            Draw();
            Typed.Clear();
        }

        /// <summary>Presses a button that is there.</summary>
        public static void Press(string button)
        {
            pressed = button;
            Draw();
            if (pressed != null)
            {
                throw new InvalidOperationException("there is no button " + button + ": " + string.Join(", ", Texts));
            }
        }

        internal static void Label(string text)
        {
            Texts.Add(text);
            lastLabel = text;
        }

        internal static bool Button(string text)
        {
            Texts.Add(text);
            bool isPressed = pressed == text;
            pressed = isPressed ? null : pressed;
            return isPressed;
        }

        internal static string Field(string text)
        {
            string typed;
            return Typed.TryGetValue(lastLabel, out typed) ? typed : text;
        }
    }

    public struct Vector2
    {
        public Vector2(float x, float y)
        {
        }
    }

    public struct Rect
    {
        public Rect(float x, float y, float width, float height)
        {
        }
    }

    public struct Color
    {
        public static Color green
        {
            get { return default(Color); }
        }

        public static Color red
        {
            get { return default(Color); }
        }

        public static Color yellow
        {
            get { return default(Color); }
        }

        public static Color gray
        {
            get { return default(Color); }
        }
    }

    public static class Screen
    {
        public static int width
        {
            get { return 640; }
        }

        public static int height
        {
            get { return 480; }
        }
    }

    public class GUIStyle
    {
    }

    public class GUILayoutOption
    {
    }

    public static class GUI
    {
        public static bool enabled { get; set; }

        public static Color color { get; set; }
    }

    public static class GUILayout
    {
        public static void BeginArea(Rect area)
        {
        }

        public static void EndArea()
        {
        }

        public static void BeginHorizontal(params GUILayoutOption[] options)
        {
        }

        public static void EndHorizontal()
        {
        }

        public static void Label(string text, params GUILayoutOption[] options)
        {
            FakeGui.Label(text);
        }

        public static void Label(string text, GUIStyle style, params GUILayoutOption[] options)
        {
        }

        public static bool Button(string text, params GUILayoutOption[] options)
        {
            return FakeGui.Button(text);
        }

        public static string TextField(string text, params GUILayoutOption[] options)
        {
            return FakeGui.Field(text);
        }

        public static int Toolbar(int selected, string[] texts, params GUILayoutOption[] options)
        {
            return selected;
        }

        public static Vector2 BeginScrollView(Vector2 scrollPosition, params GUILayoutOption[] options)
        {
            return scrollPosition;
        }

        public static void EndScrollView()
        {
        }

        public static void Space(float pixels)
        {
        }

        public static void FlexibleSpace()
        {
        }

        public static GUILayoutOption Width(float width)
        {
            return null;
        }

        public static GUILayoutOption Height(float height)
        {
            return null;
        }
    }
}
