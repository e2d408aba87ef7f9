// The parts of UnityEditor that the package uses.

using System;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;
using UnityEditor.Build;
using UnityEngine;

namespace UnityEditor
{
    /// <summary>What the editor does to the package, at a word. Not part of Unity.</summary>
    public static class FakeEditor
    {
        /// <summary>Runs the static constructors of what is marked InitializeOnLoad.</summary>
        public static void Load(Assembly assembly)
        {
            foreach (Type type in assembly.GetTypes())
            {
                if (type.GetCustomAttributes(typeof(InitializeOnLoadAttribute), false).Length > 0)
                {
                    RuntimeHelpers.RunClassConstructor(type.TypeHandle);
                }
            }
        }

        /// <summary>What the last build put into its StreamingAssets: from where, and as what.</summary>
        public static readonly List<string> AddedToStreamingAssets = new List<string>();

        /// <summary>What a build asks before it begins, of everyone who has something to say. What they throw is the build's end.</summary>
        public static void BeginBuild(BuildTarget target, Assembly assembly)
        {
            UnityEditor.Build.Reporting.BuildReport report = new UnityEditor.Build.Reporting.BuildReport
            {
                summary = new UnityEditor.Build.Reporting.BuildSummary { platform = target },
            };
            BuildPlayerContext context = new BuildPlayerContext { BuildPlayerOptions = new BuildPlayerOptions { target = target } };
            AddedToStreamingAssets.Clear();
            foreach (Type type in assembly.GetTypes())
            {
                if (typeof(BuildPlayerProcessor).IsAssignableFrom(type))
                {
                    ((BuildPlayerProcessor)Activator.CreateInstance(type, true)).PrepareForBuild(context);
                }
                if (typeof(UnityEditor.Build.IPreprocessBuildWithReport).IsAssignableFrom(type))
                {
                    ((UnityEditor.Build.IPreprocessBuildWithReport)Activator.CreateInstance(type, true)).OnPreprocessBuild(report);
                }
            }
        }

        public static void ReloadAssemblies()
        {
            AssemblyReloadEvents.Raise();
        }

        public static void ChangePlayMode(PlayModeStateChange change)
        {
            EditorApplication.Change(change);
        }

        public static void Update()
        {
            EditorApplication.Tick();
        }

        public static void Quit()
        {
            EditorApplication.Quit();
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public class InitializeOnLoadAttribute : Attribute
    {
    }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MenuItem : Attribute
    {
        public MenuItem(string itemName)
        {
        }
    }

    public enum PlayModeStateChange
    {
        EnteredEditMode,
        ExitingEditMode,
        EnteredPlayMode,
        ExitingPlayMode,
    }

    public static class AssemblyReloadEvents
    {
        public delegate void AssemblyReloadCallback();

        public static event AssemblyReloadCallback beforeAssemblyReload;

        internal static void Raise()
        {
            if (beforeAssemblyReload != null)
            {
                beforeAssemblyReload();
            }
        }
    }

    public class EditorApplication
    {
        public delegate void CallbackFunction();

        public static CallbackFunction update;

        public static event Action<PlayModeStateChange> playModeStateChanged;

        public static event Action quitting;

        public static bool isPlayingOrWillChangePlaymode
        {
            get { return Application.isPlaying; }
        }

        internal static void Change(PlayModeStateChange change)
        {
            if (playModeStateChanged != null)
            {
                playModeStateChanged(change);
            }
        }

        internal static void Tick()
        {
            if (update != null)
            {
                update();
            }
        }

        internal static void Quit()
        {
            if (quitting != null)
            {
                quitting();
            }
        }
    }

    public enum BuildTarget
    {
        StandaloneOSX = 2,
        StandaloneWindows = 5,
        iOS = 9,
        Android = 13,
        StandaloneWindows64 = 19,
        WebGL = 20,
        StandaloneLinux64 = 24,
        PS4 = 31,
    }

    [Flags]
    public enum AndroidArchitecture : uint
    {
        None = 0,
        ARMv7 = 1,
        ARM64 = 2,
        X86_64 = 8,
        All = uint.MaxValue,
    }

    public enum iOSSdkVersion
    {
        DeviceSDK = 988,
        SimulatorSDK = 989,
    }

    public sealed class PlayerSettings
    {
        public sealed class Android
        {
            public static AndroidArchitecture targetArchitectures { get; set; }
        }

        public sealed class iOS
        {
            public static iOSSdkVersion sdkVersion { get; set; }
        }
    }

    public class AssetImporter : UnityEngine.Object
    {
        public string assetPath { get; internal set; }
    }

    public sealed class PluginImporter : AssetImporter
    {
        private static readonly List<PluginImporter> All = new List<PluginImporter>();

        private readonly Dictionary<BuildTarget, Dictionary<string, string>> platforms = new Dictionary<BuildTarget, Dictionary<string, string>>();

        public bool isNativePlugin
        {
            get { return true; }
        }

        public static PluginImporter[] GetAllImporters()
        {
            return All.ToArray();
        }

        public bool GetCompatibleWithAnyPlatform()
        {
            return false;
        }

        public bool GetCompatibleWithPlatform(BuildTarget platform)
        {
            return platforms.ContainsKey(platform);
        }

        public string GetPlatformData(BuildTarget platform, string key)
        {
            string value;
            return platforms[platform].TryGetValue(key, out value) ? value : "";
        }

        /// <summary>Imports a file for one platform. Not part of Unity.</summary>
        public static void Import(string path, BuildTarget platform, string cpu)
        {
            PluginImporter importer = new PluginImporter { assetPath = path };
            importer.platforms.Add(platform, new Dictionary<string, string> { { "CPU", cpu } });
            All.Add(importer);
        }
    }

    public static class Selection
    {
        public static GameObject activeGameObject { get; set; }
    }

    public static class EditorPrefs
    {
        private static readonly Dictionary<string, string> Values = new Dictionary<string, string>();

        public static string GetString(string key, string defaultValue)
        {
            string value;
            return Values.TryGetValue(key, out value) ? value : defaultValue;
        }

        public static void SetString(string key, string value)
        {
            Values[key] = value;
        }

        public static void DeleteKey(string key)
        {
            Values.Remove(key);
        }
    }

    public class EditorWindow : ScriptableObject
    {
        public Vector2 minSize { get; set; }

        public static T GetWindow<T>(string title) where T : EditorWindow
        {
            return (T)Activator.CreateInstance(typeof(T), true);
        }

        public void Repaint()
        {
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public class CustomEditor : Attribute
    {
        public CustomEditor(Type inspectedType)
        {
        }
    }

    public class Editor : ScriptableObject
    {
        public UnityEngine.Object target { get; set; }

        public bool DrawDefaultInspector()
        {
            return false;
        }

        public virtual void OnInspectorGUI()
        {
        }
    }

    public enum MessageType
    {
        None,
        Info,
        Warning,
        Error,
    }

    public static class EditorStyles
    {
        public static GUIStyle boldLabel
        {
            get { return null; }
        }

        public static GUIStyle miniLabel
        {
            get { return null; }
        }

        public static GUIStyle textArea
        {
            get { return null; }
        }
    }

    public static class EditorGUIUtility
    {
        public static string systemCopyBuffer { get; set; }
    }

    public static class EditorGUI
    {
        public static void BeginChangeCheck()
        {
        }

        public static bool EndChangeCheck()
        {
            return false;
        }
    }

    public static class EditorGUILayout
    {
        public static void Space()
        {
        }

        public static void LabelField(string label, GUIStyle style, params GUILayoutOption[] options)
        {
        }

        public static void LabelField(string label, string text, params GUILayoutOption[] options)
        {
        }

        public static void HelpBox(string message, MessageType type)
        {
        }

        public static void SelectableLabel(string text, GUIStyle style, params GUILayoutOption[] options)
        {
        }

        public static string TextField(string label, string text, params GUILayoutOption[] options)
        {
            return text;
        }

        public static string PasswordField(string label, string password, params GUILayoutOption[] options)
        {
            return password;
        }

        public static int IntField(string label, int value, params GUILayoutOption[] options)
        {
            return value;
        }

        public static Rect BeginHorizontal(params GUILayoutOption[] options)
        {
            return default(Rect);
        }

        public static void EndHorizontal()
        {
        }

        public static Vector2 BeginScrollView(Vector2 scroll, params GUILayoutOption[] options)
        {
            return scroll;
        }

        public static void EndScrollView()
        {
        }
    }
}

namespace UnityEditor.SceneManagement
{
    public enum NewSceneSetup
    {
        EmptyScene,
        DefaultGameObjects,
    }

    public enum NewSceneMode
    {
        Single,
        Additive,
    }

    public static class EditorSceneManager
    {
        public static bool SaveCurrentModifiedScenesIfUserWantsTo()
        {
            return true;
        }

        public static UnityEngine.SceneManagement.Scene NewScene(NewSceneSetup setup, NewSceneMode mode)
        {
            return default(UnityEngine.SceneManagement.Scene);
        }
    }
}

namespace UnityEditor.Build
{
    public interface IOrderedCallback
    {
        int callbackOrder { get; }
    }

    public interface IPreprocessBuildWithReport : IOrderedCallback
    {
        void OnPreprocessBuild(UnityEditor.Build.Reporting.BuildReport report);
    }

    public struct BuildPlayerOptions
    {
        public BuildTarget target { get; set; }
    }

    public sealed class BuildPlayerContext
    {
        public BuildPlayerOptions BuildPlayerOptions { get; internal set; }

        public void AddAdditionalPathToStreamingAssets(string directoryOrFile, string pathInStreamingAssets = null)
        {
            FakeEditor.AddedToStreamingAssets.Add(directoryOrFile + " as " + pathInStreamingAssets);
        }
    }

    public abstract class BuildPlayerProcessor
    {
        public virtual int callbackOrder
        {
            get { return 0; }
        }

        public abstract void PrepareForBuild(BuildPlayerContext buildPlayerContext);
    }

    public class BuildFailedException : Exception
    {
        public BuildFailedException(string message)
            : base(message)
        {
        }
    }
}

namespace UnityEditor.Build.Reporting
{
    public struct BuildSummary
    {
        public BuildTarget platform { get; internal set; }
    }

    public sealed class BuildReport : UnityEngine.Object
    {
        public BuildSummary summary { get; internal set; }
    }
}

namespace UnityEditor.PackageManager
{
    public sealed class PackageInfo
    {
        /// <summary>Where the one package of the project lies; null: nowhere. Set by the test.</summary>
        public static string Place { get; set; }

        public string resolvedPath { get; private set; }

        public static PackageInfo FindForAssembly(Assembly assembly)
        {
            return Place == null ? null : new PackageInfo { resolvedPath = Place };
        }
    }
}
