using System;
using System.IO;
#if UNITY_2021_2_OR_NEWER
using UnityEditor;
using UnityEditor.Build;
using UnityEngine;
#endif

namespace Userstatus.Editor
{
    /// <summary>
    /// What a WebGL player loads from beside its page: the client of web pages, in StreamingAssets/userstatus. The package brings it along, and a
    /// build takes it from there, unless the project has its own.
    /// </summary>
    internal static class WebFiles
    {
        /// <summary>Its name in StreamingAssets, as userstatus.jslib looks for it.</summary>
        internal const string Folder = "userstatus";

        private const string Module = "userstatus.wasm";

        private static readonly string[] Names = { "index.js", "unity.js", Module };

        /// <summary>Whether the project has a folder of its own for them.</summary>
        internal static bool AreInProject(string streamingAssets)
        {
            return Directory.Exists(Path.Combine(streamingAssets, Folder));
        }

        /// <summary>What is wrong, and what to do about it; null if a player gets them.</summary>
        /// <param name="streamingAssets">The project's.</param>
        /// <param name="package">Where the package lies; null: nobody knows.</param>
        internal static string FindProblem(string streamingAssets, string package)
        {
            bool isOwn = AreInProject(streamingAssets);
            string folder = isOwn ? Path.Combine(streamingAssets, Folder) : InPackage(package);
            string missing = folder == null ? Names[0] : Array.Find(Names, name => !File.Exists(Path.Combine(folder, name)));
            if (missing != null)
            {
                return "There is no " + missing + " for WebGL" + (isOwn ? " in " + folder : "") + ": " + HowToGet;
            }
            string module = Path.Combine(folder, Module);
            return IsModule(module) ? null : module + " is no WebAssembly module (a pointer of Git LFS?): " + HowToGet;
        }

        /// <summary>Null if it has none.</summary>
        internal static string InPackage(string package)
        {
            string folder = package == null ? null : Path.Combine(Path.Combine(package, "WebGL~"), Folder);
            return folder != null && Directory.Exists(folder) ? folder : null;
        }

        private const string HowToGet =
            "in a checkout of userstatus, `make web`, then copy index.js, unity.js and userstatus.wasm of its folder web to "
            + "Assets/StreamingAssets/userstatus. See \"WebGL\" in the package's documentation.";

        private static bool IsModule(string path)
        {
            using (FileStream file = File.OpenRead(path))
            {
                return file.ReadByte() == 0 && file.ReadByte() == 'a' && file.ReadByte() == 's' && file.ReadByte() == 'm';
            }
        }
    }

#if UNITY_2021_2_OR_NEWER
    /// <summary>Puts them into the player without a copy in the project.</summary>
    internal sealed class WebFilesInPlayers : BuildPlayerProcessor
    {
        public override int callbackOrder
        {
            get { return 0; }
        }

        /// <summary>Where the package lies; null if its sources were copied into a project.</summary>
        internal static string Package
        {
            get
            {
                UnityEditor.PackageManager.PackageInfo info = UnityEditor.PackageManager.PackageInfo.FindForAssembly(typeof(WebFiles).Assembly);
                return info == null ? null : info.resolvedPath;
            }
        }

        public override void PrepareForBuild(BuildPlayerContext buildPlayerContext)
        {
            string folder = WebFiles.InPackage(Package);
            bool isWeb = buildPlayerContext.BuildPlayerOptions.target == BuildTarget.WebGL;
            if (isWeb && folder != null && !WebFiles.AreInProject(Application.streamingAssetsPath))
            {
                buildPlayerContext.AddAdditionalPathToStreamingAssets(folder, WebFiles.Folder);
            }
        }
    }
#endif
}
