using System.Collections.Generic;
using UnityEditor;
using UnityEditor.Build;
using UnityEditor.Build.Reporting;
using UnityEngine;

namespace Userstatus.Editor
{
    /// <summary>
    /// Ends a build whose player would lack its native library, and says how to get it: else the first to notice is a player. Who builds without it on
    /// purpose sets the scripting define symbol USERSTATUS_NO_BUILD_CHECK.
    /// </summary>
    internal sealed class BuildCheck : IPreprocessBuildWithReport
    {
        public int callbackOrder
        {
            get { return 0; }
        }

        public void OnPreprocessBuild(BuildReport report)
        {
#if !USERSTATUS_NO_BUILD_CHECK
            Check(report.summary.platform);
            CheckSettings();
#endif
        }

        /// <exception cref="BuildFailedException">The player would not work.</exception>
        internal static void Check(BuildTarget target)
        {
            IList<string> problems = NativeLibraries.FindProblems(
                target,
                (uint)PlayerSettings.Android.targetArchitectures,
                PlayerSettings.iOS.sdkVersion == iOSSdkVersion.SimulatorSDK,
                LibrariesFor(target));
            if (problems.Count > 0)
            {
                throw new BuildFailedException("userstatus: " + string.Join("\n", new List<string>(problems).ToArray()));
            }
            if (target == BuildTarget.WebGL)
            {
                CheckWeb();
            }
            else if (!NativeLibraries.IsSupported(target))
            {
                Debug.LogWarning("userstatus: there is no native library for " + target + ": what uses it there throws DllNotFoundException.");
            }
        }

        private static void CheckWeb()
        {
#if UNITY_2021_2_OR_NEWER
            string problem = WebFiles.FindProblem(Application.streamingAssetsPath, WebFilesInPlayers.Package);
            if (problem != null)
            {
                throw new BuildFailedException("userstatus: " + problem);
            }
#else
            Debug.LogWarning("userstatus: WebGL players need Unity 2021.2 or later: what uses it there throws DllNotFoundException.");
#endif
        }

        /// <summary>A warning: a game may set at run time what is missing there.</summary>
        private static void CheckSettings()
        {
            UserStatusSettings settings = Resources.Load<UserStatusSettings>(UserStatusSettings.ResourceName);
            if (settings == null)
            {
                return;
            }
            foreach (string problem in settings.FindProblems())
            {
                Debug.LogWarning("userstatus: the settings \"" + settings.name + "\": " + problem);
            }
        }

        private static List<NativeLibrary> LibrariesFor(BuildTarget target)
        {
            List<NativeLibrary> libraries = new List<NativeLibrary>();
            foreach (PluginImporter importer in PluginImporter.GetAllImporters())
            {
                bool isForIt = importer.GetCompatibleWithAnyPlatform() || importer.GetCompatibleWithPlatform(target);
                if (isForIt && importer.isNativePlugin && NativeLibraries.IsOne(importer.assetPath))
                {
                    libraries.Add(new NativeLibrary(importer.assetPath, target, importer.GetPlatformData(target, "CPU")));
                }
            }
            return libraries;
        }
    }
}
