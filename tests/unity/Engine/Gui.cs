using System;

namespace UnityEngine
{
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
        }

        public static void Label(string text, GUIStyle style, params GUILayoutOption[] options)
        {
        }

        public static bool Button(string text, params GUILayoutOption[] options)
        {
            return false;
        }

        public static string TextField(string text, params GUILayoutOption[] options)
        {
            return text;
        }

        public static int Toolbar(int selected, string[] texts, params GUILayoutOption[] options)
        {
            return selected;
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
