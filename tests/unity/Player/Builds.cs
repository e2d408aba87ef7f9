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
            FakeEditor.BeginBuild(BuildTarget.WebGL, typeof(UserSigMinter).Assembly);
            Check.Equal(0, Debug.Console.Count, "of what is left out nothing is said");
            FakeEditor.BeginBuild(BuildTarget.PS4, typeof(UserSigMinter).Assembly);
            Check.That(Debug.Console[0].Contains("no native library for PS4"), "of what nobody has built for there is a warning");
            Debug.IsWatched = false;
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
