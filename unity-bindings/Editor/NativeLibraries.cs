using System;
using System.Collections.Generic;
using System.IO;
using UnityEditor;

namespace Userstatus.Editor
{
    /// <summary>A native library as the project has it: where it lies, and whom its import settings give it to.</summary>
    internal sealed class NativeLibrary
    {
        internal NativeLibrary(string path, BuildTarget target, string cpu)
        {
            Path = path;
            Target = target;
            Cpu = cpu ?? "";
        }

        internal string Path { get; private set; }

        internal BuildTarget Target { get; private set; }

        /// <summary>As the import settings say it, such as "ARM64".</summary>
        internal string Cpu { get; private set; }
    }

    /// <summary>Which native library a player needs, what is wrong with those there are, and how to get the right one.</summary>
    internal static class NativeLibraries
    {
        private const string Elsewhere = " See \"Native libraries\" in the package's documentation.";

        /// <summary>One that a player needs: its name, what is in it, and what builds it.</summary>
        private sealed class Need
        {
            internal readonly string File;
            internal readonly BuildTarget Target;

            /// <summary>As import settings have it; "" if there is only one.</summary>
            internal readonly string Cpu;
            internal readonly NativeFormat Format;
            internal readonly string Folder;

            /// <summary>The name `make platform` knows.</summary>
            internal readonly string Platform;

            /// <summary>Bit of AndroidArchitecture; 0 for others.</summary>
            internal readonly uint Android;

            internal Need(string file, BuildTarget target, string cpu, NativeFormat format, string folder, string platform, uint android = 0)
            {
                File = file;
                Target = target;
                Cpu = cpu;
                Format = format;
                Folder = folder;
                Platform = platform;
                Android = android;
            }

            internal string Name
            {
                get { return Target == BuildTarget.Android ? "Android " + Cpu : Target.ToString(); }
            }
        }

        private static readonly Need[] Needs =
        {
            new Need("userstatus.dll", BuildTarget.StandaloneWindows64, "", NativeFormat.WindowsX64, "Windows/x86_64", "windows-x86_64"),
            new Need("libuserstatus.so", BuildTarget.StandaloneLinux64, "", NativeFormat.ElfX64, "Linux/x86_64", "linux-x86_64"),
            new Need("libuserstatus.dylib", BuildTarget.StandaloneOSX, "", NativeFormat.MacUniversal, "macOS", "macos"),
            new Need("libuserstatus.a", BuildTarget.iOS, "", NativeFormat.StaticLibrary, "iOS", "ios"),
            new Need("libuserstatus.so", BuildTarget.Android, "ARMv7", NativeFormat.ElfArm, "Android/armeabi-v7a", "android-armeabi-v7a", 1),
            new Need("libuserstatus.so", BuildTarget.Android, "ARM64", NativeFormat.ElfArm64, "Android/arm64-v8a", "android-arm64-v8a", 2),
            new Need("libuserstatus.so", BuildTarget.Android, "X86_64", NativeFormat.ElfX64, "Android/x86_64", "android-x86_64", 8),
        };

        /// <summary>AndroidArchitecture.X86, which Unity 2019.4 still has.</summary>
        private const uint AndroidX86 = 4;

        /// <summary>Android 15 and later load nothing else on some devices, and the store takes nothing else.</summary>
        private const ulong AndroidPageBytes = 16384;

        internal static bool IsOne(string path)
        {
            string file = Path.GetFileName(path);
            return Array.Exists(Needs, need => need.File == file);
        }

        /// <summary>Whether there are libraries for this kind of player at all.</summary>
        internal static bool IsSupported(BuildTarget target)
        {
            return Array.Exists(Needs, need => need.Target == target);
        }

        /// <summary>What is wrong, and what to do about it; nothing if the player gets what it needs.</summary>
        /// <param name="target">What is built.</param>
        /// <param name="androidArchitectures">AndroidArchitecture, as a number: which of them there are depends on Unity's version.</param>
        /// <param name="isSimulator">For iOS: whether it is built for the simulator.</param>
        /// <param name="libraries">What the project has, also for other players.</param>
        internal static IList<string> FindProblems(
            BuildTarget target, uint androidArchitectures, bool isSimulator, IEnumerable<NativeLibrary> libraries)
        {
            List<string> problems = new List<string>();
            if (target == BuildTarget.StandaloneWindows)
            {
                problems.Add("There is no native library for 32-bit Windows: choose the architecture x86_64 (Intel 64-bit) in the build settings.");
            }
            if (target == BuildTarget.Android && (androidArchitectures & AndroidX86) != 0)
            {
                problems.Add("There is no native library for Android x86: take it out of Player Settings > Other Settings > Target Architectures.");
            }
            if (target == BuildTarget.iOS && isSimulator)
            {
                problems.Add(
                    "libuserstatus.a is for devices: build for them (Player Settings > Other Settings > Target SDK), or put the simulator's, which is in "
                    + "UserStatus.xcframework of `make platform P=ios`, in its place.");
                return problems;
            }
            foreach (Need need in Needs)
            {
                if (need.Target == target && (need.Android == 0 || (androidArchitectures & need.Android) != 0))
                {
                    Check(need, libraries, problems);
                }
            }
            return problems;
        }

        private static void Check(Need need, IEnumerable<NativeLibrary> libraries, List<string> problems)
        {
            List<NativeLibrary> found = new List<NativeLibrary>();
            foreach (NativeLibrary library in libraries)
            {
                bool isItsCpu = need.Target != BuildTarget.Android || string.Equals(library.Cpu, need.Cpu, StringComparison.OrdinalIgnoreCase);
                if (library.Target == need.Target && isItsCpu && Path.GetFileName(library.Path) == need.File)
                {
                    found.Add(library);
                }
            }
            if (found.Count == 0)
            {
                problems.Add("There is no native library for " + need.Name + ", " + need.File + ": " + HowToGet(need));
            }
            else if (found.Count > 1)
            {
                problems.Add(
                    "There are two native libraries for " + need.Name + ", " + found[0].Path + " and " + found[1].Path + ": remove one of them.");
            }
            else
            {
                string fault = NativeFormats.FindFault(found[0].Path, need.Format, need.Android > 1 ? AndroidPageBytes : 0);
                if (fault != null)
                {
                    problems.Add(found[0].Path + " " + fault + ": " + HowToGet(need));
                }
            }
        }

        private static string HowToGet(Need need)
        {
            return "in a checkout of userstatus, `make platform P=" + need.Platform + "` and `make unity-package` on Linux, then add the new tarball; or, with your "
                + "own compiler, `make unity-plugins TRIPLE=...`, which puts it into Runtime/Plugins/" + need.Folder + " of the package." + Elsewhere;
        }
    }
}
