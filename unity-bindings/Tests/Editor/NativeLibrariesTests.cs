using System;
using System.Collections.Generic;
using System.IO;
using NUnit.Framework;
using UnityEditor;

namespace Userstatus.Editor.Tests
{
    public class NativeLibrariesTests
    {
        private const uint ARMv7 = 1;
        private const uint ARM64 = 2;
        private const uint X86 = 4;

        private string folder;

        [SetUp]
        public void MakeFolder()
        {
            folder = Path.Combine(Path.GetTempPath(), "userstatus-" + Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(folder);
        }

        [TearDown]
        public void DeleteFolder()
        {
            Directory.Delete(folder, true);
        }

        [TestCase(BuildTarget.StandaloneWindows64, "userstatus.dll", "P=windows-x86_64")]
        [TestCase(BuildTarget.StandaloneLinux64, "libuserstatus.so", "P=linux-x86_64")]
        [TestCase(BuildTarget.StandaloneOSX, "libuserstatus.dylib", "P=macos")]
        [TestCase(BuildTarget.iOS, "libuserstatus.a", "P=ios")]
        public void AMissingLibraryIsNamedAndHowToGetIt(BuildTarget target, string file, string command)
        {
            string problem = TheProblem(target, 0);
            StringAssert.Contains(target.ToString(), problem);
            StringAssert.Contains(file, problem);
            StringAssert.Contains(command + "`", problem);
            // That of another player is no help.
            BuildTarget other = target == BuildTarget.iOS ? BuildTarget.StandaloneOSX : BuildTarget.iOS;
            StringAssert.Contains("no native library", TheProblem(target, 0, new NativeLibrary(Write(file, Elf(62, 0)), other, "")));
        }

        [Test]
        public void EachArchitectureOfAndroidNeedsItsOwn()
        {
            NativeLibrary arm64 = new NativeLibrary(Write("libuserstatus.so", Elf(183, 16384)), BuildTarget.Android, "ARM64");
            CollectionAssert.IsEmpty(Problems(BuildTarget.Android, ARM64, arm64));
            string problem = TheProblem(BuildTarget.Android, ARM64 | ARMv7, arm64);
            StringAssert.Contains("Android ARMv7", problem);
            StringAssert.Contains("P=android-armeabi-v7a", problem);
            StringAssert.Contains("Android x86:", TheProblem(BuildTarget.Android, ARM64 | X86, arm64));
        }

        [Test]
        public void ThereIsNothingFor32BitWindowsAndTheSimulator()
        {
            StringAssert.Contains("x86_64", TheProblem(BuildTarget.StandaloneWindows, 0));
            IList<string> problems = NativeLibraries.FindProblems(BuildTarget.iOS, 0, true, new NativeLibrary[0]);
            StringAssert.Contains("Target SDK", problems[0]);
            Assert.AreEqual(1, problems.Count);
            Assert.IsFalse(NativeLibraries.IsSupported(BuildTarget.PS4));
            CollectionAssert.IsEmpty(Problems(BuildTarget.PS4, 0));
        }

        [Test]
        public void TwoOfThemAreNamed()
        {
            NativeLibrary one = new NativeLibrary("Assets/Plugins/userstatus.dll", BuildTarget.StandaloneWindows64, "x86_64");
            NativeLibrary other = new NativeLibrary("Packages/x/userstatus.dll", BuildTarget.StandaloneWindows64, "x86_64");
            string problem = TheProblem(BuildTarget.StandaloneWindows64, 0, one, other);
            StringAssert.Contains(one.Path + " and " + other.Path, problem);
        }

        [Test]
        public void AFileThatIsSomethingElseIsNamed()
        {
            CollectionAssert.IsEmpty(Problems(BuildTarget.StandaloneLinux64, 0, Linux(Elf(62, 4096))));
            StringAssert.Contains("on ARM64, and not", TheProblem(BuildTarget.StandaloneLinux64, 0, Linux(Elf(183, 4096))));
            StringAssert.Contains("Git LFS", TheProblem(BuildTarget.StandaloneLinux64, 0, Linux("version https://git-lfs.github.com/spec/v1\n")));
            StringAssert.Contains("is no library", TheProblem(BuildTarget.StandaloneLinux64, 0, Linux("<html>")));
            StringAssert.Contains("is no library", TheProblem(BuildTarget.StandaloneLinux64, 0, Linux("")));
            StringAssert.Contains("is cut short", TheProblem(BuildTarget.StandaloneLinux64, 0, Linux("\x7f" + "ELF")));
            NativeLibrary gone = new NativeLibrary(Path.Combine(folder, "gone/libuserstatus.so"), BuildTarget.StandaloneLinux64, "");
            StringAssert.Contains("cannot be read", TheProblem(BuildTarget.StandaloneLinux64, 0, gone));
        }

        [Test]
        public void OfEachKindTheRightOneIsTaken()
        {
            byte[] windows = new byte[256];
            windows[0] = (byte)'M';
            windows[1] = (byte)'Z';
            windows[0x3C] = 0x80;
            windows[0x84] = 0x64;
            windows[0x85] = 0x86;
            CollectionAssert.IsEmpty(Problems(
                BuildTarget.StandaloneWindows64, 0, new NativeLibrary(Write("userstatus.dll", windows), BuildTarget.StandaloneWindows64, "x86_64")));
            windows[0x85] = 0xAA;
            StringAssert.Contains("another processor", TheProblem(
                BuildTarget.StandaloneWindows64, 0, new NativeLibrary(Write("userstatus.dll", windows), BuildTarget.StandaloneWindows64, "x86_64")));
            CollectionAssert.IsEmpty(Problems(
                BuildTarget.StandaloneOSX,
                0,
                new NativeLibrary(Write("libuserstatus.dylib", new byte[] { 0xCA, 0xFE, 0xBA, 0xBE }), BuildTarget.StandaloneOSX, "AnyCPU")));
            StringAssert.Contains("one kind of processor", TheProblem(
                BuildTarget.StandaloneOSX,
                0,
                new NativeLibrary(Write("libuserstatus.dylib", new byte[] { 0xCF, 0xFA, 0xED, 0xFE }), BuildTarget.StandaloneOSX, "AnyCPU")));
            CollectionAssert.IsEmpty(Problems(
                BuildTarget.iOS, 0, new NativeLibrary(Write("libuserstatus.a", Bytes("!<arch>\n")), BuildTarget.iOS, "ARM64")));
        }

        [Test]
        public void AndroidNeedsPagesOf16Kilobytes()
        {
            NativeLibrary small = new NativeLibrary(Write("libuserstatus.so", Elf(183, 4096)), BuildTarget.Android, "ARM64");
            StringAssert.Contains("16 KB", TheProblem(BuildTarget.Android, ARM64, small));
            NativeLibrary old = new NativeLibrary(Write("libuserstatus.so", Elf(40, 4096)), BuildTarget.Android, "ARMv7");
            CollectionAssert.IsEmpty(Problems(BuildTarget.Android, ARMv7, old), "32-bit processors have small pages");
        }

        [Test]
        public void APageNeedsItsFilesFromTheProjectOrThePackage()
        {
            StringAssert.Contains("make web", WebFiles.FindProblem(folder, null));
            StringAssert.Contains("index.js", WebFiles.FindProblem(folder, folder));
            WriteWeb("WebGL~/userstatus", new byte[] { 0, (byte)'a', (byte)'s', (byte)'m' });
            Assert.IsNull(WebFiles.FindProblem(folder, folder));
            Assert.IsFalse(WebFiles.AreInProject(folder));
            // The project's own comes first, also if something is wrong with it.
            WriteWeb("userstatus", Bytes("version https://git-lfs.github.com/spec/v1\n"));
            Assert.IsTrue(WebFiles.AreInProject(folder));
            StringAssert.Contains("Git LFS", WebFiles.FindProblem(folder, folder));
            File.Delete(Path.Combine(folder, "userstatus/unity.js"));
            StringAssert.Contains("no unity.js", WebFiles.FindProblem(folder, folder));
        }

        private void WriteWeb(string into, byte[] module)
        {
            Directory.CreateDirectory(Path.Combine(folder, into));
            Write(into + "/index.js", new byte[0]);
            Write(into + "/unity.js", new byte[0]);
            Write(into + "/userstatus.wasm", module);
        }

        [TestCase("Assets/Plugins/userstatus.dll", true)]
        [TestCase("Packages/com.userstatus.unity/Runtime/Plugins/iOS/libuserstatus.a", true)]
        [TestCase("Assets/Plugins/other.dll", false)]
        [TestCase("Assets/Plugins/notuserstatus.dll", false)]
        public void OnlyTheLibraryIsLookedAt(string path, bool isOne)
        {
            Assert.AreEqual(isOne, NativeLibraries.IsOne(path));
        }

        private static IList<string> Problems(BuildTarget target, uint architectures, params NativeLibrary[] libraries)
        {
            return NativeLibraries.FindProblems(target, architectures, false, libraries);
        }

        private static string TheProblem(BuildTarget target, uint architectures, params NativeLibrary[] libraries)
        {
            IList<string> problems = Problems(target, architectures, libraries);
            Assert.AreEqual(1, problems.Count, string.Join("; ", new List<string>(problems).ToArray()));
            return problems[0];
        }

        private NativeLibrary Linux(string content)
        {
            return Linux(Bytes(content));
        }

        private NativeLibrary Linux(byte[] content)
        {
            return new NativeLibrary(Write("libuserstatus.so", content), BuildTarget.StandaloneLinux64, "x86_64");
        }

        private string Write(string name, byte[] content)
        {
            string path = Path.Combine(folder, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        private static byte[] Bytes(string text)
        {
            return System.Text.Encoding.ASCII.GetBytes(text);
        }

        /// <summary>The head of a 64-bit ELF file with two segments, the second of which is loaded.</summary>
        private static byte[] Elf(ushort machine, ulong alignment)
        {
            byte[] bytes = new byte[64 + 2 * 56];
            Put(bytes, 0, Bytes("\x7f" + "ELF"));
            Put(bytes, 18, BitConverter.GetBytes(machine));
            Put(bytes, 32, BitConverter.GetBytes(64UL));
            Put(bytes, 54, BitConverter.GetBytes((ushort)56));
            Put(bytes, 56, BitConverter.GetBytes((ushort)2));
            Put(bytes, 64, BitConverter.GetBytes(4U));
            Put(bytes, 120, BitConverter.GetBytes(1U));
            Put(bytes, 168, BitConverter.GetBytes(alignment));
            return bytes;
        }

        private static void Put(byte[] bytes, int at, byte[] part)
        {
            Array.Copy(part, 0, bytes, at, part.Length);
        }
    }
}
