using System.IO;
using UnityEditor;
using UnityEditor.Build;
using UnityEngine;
using Userstatus.Editor;

namespace Userstatus.Tests
{
    /// <summary>What a build is told that lacks something. What else may be wrong with a library is tested in the package itself.</summary>
    internal static class Builds
    {
        internal static void AreChecked()
        {
            PlayerSettings.Android.targetArchitectures = AndroidArchitecture.ARM64;
            Check.That(Fails(BuildTarget.StandaloneLinux64).Contains("make platform P=linux-x86_64"), "it says how to get it");
            Check.That(Fails(BuildTarget.Android).Contains("Android ARM64"), "it says for what");
            // The one that runs this.
            string library = Path.Combine(System.Environment.GetEnvironmentVariable("LD_LIBRARY_PATH"), "libuserstatus.so");
            PluginImporter.Import(library, BuildTarget.StandaloneLinux64, "x86_64");
            PluginImporter.Import("Assets/Plugins/other.so", BuildTarget.Android, "ARM64");
            FakeEditor.BeginBuild(BuildTarget.StandaloneLinux64, typeof(UserSigMinter).Assembly);
            PluginImporter.Import(library, BuildTarget.Android, "ARM64");
            Check.That(Fails(BuildTarget.Android).Contains("on x86_64, and not"), "it says what it is instead");

            Debug.IsWatched = true;
            Debug.Console.Clear();
            Resources.Assets[UserStatusSettings.ResourceName] = ScriptableObject.CreateInstance<UserStatusSettings>();
            FakeEditor.BeginBuild(BuildTarget.StandaloneLinux64, typeof(UserSigMinter).Assembly);
            Check.That(Debug.Console[0].Contains("App Id is missing"), "what is wrong with the project's settings is a warning");
            Resources.Assets.Clear();
            Debug.Console.Clear();
            Pages();
            Check.Equal(0, Debug.Console.Count, "of what is there nothing is said");
            FakeEditor.BeginBuild(BuildTarget.PS4, typeof(UserSigMinter).Assembly);
            Check.That(Debug.Console[0].Contains("no native library for PS4"), "of what nobody has built for there is a warning");
            Debug.IsWatched = false;
        }

        /// <summary>What a page loads comes from the package, unless the project has its own.</summary>
        private static void Pages()
        {
            string folder = Path.Combine(Path.GetTempPath(), "userstatus-" + System.Guid.NewGuid().ToString("N"));
            string package = Path.Combine(folder, "package");
            string files = Path.Combine(package, "WebGL~/userstatus");
            Application.streamingAssetsPath = Path.Combine(folder, "StreamingAssets");
            try
            {
                Check.That(Fails(BuildTarget.WebGL).Contains("no index.js for WebGL"), "who has none is told");
                UnityEditor.PackageManager.PackageInfo.Place = package;
                WritePage(files);
                FakeEditor.BeginBuild(BuildTarget.WebGL, typeof(UserSigMinter).Assembly);
                Check.Equal(files + " as userstatus", string.Join(";", FakeEditor.AddedToStreamingAssets), "what is added");
                FakeEditor.BeginBuild(BuildTarget.StandaloneLinux64, typeof(UserSigMinter).Assembly);
                Check.Equal(0, FakeEditor.AddedToStreamingAssets.Count, "others need nothing of it");
                WritePage(Path.Combine(Application.streamingAssetsPath, "userstatus"));
                FakeEditor.BeginBuild(BuildTarget.WebGL, typeof(UserSigMinter).Assembly);
                Check.Equal(0, FakeEditor.AddedToStreamingAssets.Count, "the project's own stay");
            }
            finally
            {
                Directory.Delete(folder, true);
                UnityEditor.PackageManager.PackageInfo.Place = null;
            }
        }

        private static void WritePage(string folder)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "index.js"), "");
            File.WriteAllText(Path.Combine(folder, "unity.js"), "");
            File.WriteAllText(Path.Combine(folder, "userstatus.wasm"), "\0asm");
        }

        private static string Fails(BuildTarget target)
        {
            try
            {
                FakeEditor.BeginBuild(target, typeof(UserSigMinter).Assembly);
            }
            catch (BuildFailedException fault)
            {
                return fault.Message;
            }
            return "";
        }
    }
}
