using System;
using System.IO;
using System.Text;

namespace Userstatus.Editor
{
    /// <summary>What a native library is made for.</summary>
    internal enum NativeFormat
    {
        WindowsX64,
        ElfX64,
        ElfArm,
        ElfArm64,
        MacUniversal,
        StaticLibrary,
    }

    /// <summary>Looks into a library's first bytes. What cannot be read there is no library.</summary>
    internal static class NativeFormats
    {
        /// <summary>Headers are in front; no library has so many segments that these do not do.</summary>
        private const int HeaderBytesMax = 64 * 1024;

        /// <summary>What is wrong with a file, to be put behind its name; null if it is what it should be.</summary>
        /// <param name="path">Of the file.</param>
        /// <param name="expected">What it should be.</param>
        /// <param name="pageBytes">For ELF: what its segments have to be aligned to; 0 for whatever they are.</param>
        internal static string FindFault(string path, NativeFormat expected, ulong pageBytes)
        {
            byte[] bytes;
            try
            {
                bytes = ReadHeader(path);
            }
            catch (IOException fault)
            {
                return "cannot be read (" + fault.Message + ")";
            }
            if (Encoding.ASCII.GetString(bytes, 0, Math.Min(bytes.Length, 12)) == "version http")
            {
                return "is no library but a pointer of Git LFS: run `git lfs pull`, or get the library";
            }
            string actual;
            try
            {
                actual = Describe(bytes);
                if (actual == NameOf(expected) && pageBytes > 0 && AlignmentOf(bytes) < pageBytes)
                {
                    return "is not aligned to pages of " + pageBytes / 1024 + " KB, which Android 15 and later demand";
                }
            }
            catch (IndexOutOfRangeException)
            {
                return "is cut short";
            }
            catch (ArgumentException)
            {
                // Of BitConverter, for the same.
                return "is cut short";
            }
            return actual == NameOf(expected) ? null : "is " + actual + ", and not " + NameOf(expected);
        }

        private static byte[] ReadHeader(string path)
        {
            using (FileStream file = new FileStream(Path.GetFullPath(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
            {
                byte[] bytes = new byte[Math.Min(file.Length, HeaderBytesMax)];
                for (int have = 0, got = 1; have < bytes.Length && got > 0; have += got)
                {
                    got = file.Read(bytes, have, bytes.Length - have);
                }
                return bytes;
            }
        }

        private static string NameOf(NativeFormat format)
        {
            switch (format)
            {
                case NativeFormat.WindowsX64:
                    return "a library for Windows on x86_64";
                case NativeFormat.ElfX64:
                    return "a library for Linux or Android on x86_64";
                case NativeFormat.ElfArm:
                    return "a library for Linux or Android on ARMv7";
                case NativeFormat.ElfArm64:
                    return "a library for Linux or Android on ARM64";
                case NativeFormat.MacUniversal:
                    return "a universal library for macOS";
                default:
                    return "a static library";
            }
        }

        private static string Describe(byte[] bytes)
        {
            if (StartsWith(bytes, 0x7F, (byte)'E', (byte)'L', (byte)'F'))
            {
                ushort machine = BitConverter.ToUInt16(bytes, 18);
                switch (machine)
                {
                    case 62:
                        return NameOf(NativeFormat.ElfX64);
                    case 40:
                        return NameOf(NativeFormat.ElfArm);
                    case 183:
                        return NameOf(NativeFormat.ElfArm64);
                    default:
                        return "a library for another processor (" + machine + ")";
                }
            }
            if (StartsWith(bytes, (byte)'M', (byte)'Z'))
            {
                ushort machine = BitConverter.ToUInt16(bytes, BitConverter.ToInt32(bytes, 0x3C) + 4);
                return machine == 0x8664 ? NameOf(NativeFormat.WindowsX64) : "a library for Windows on another processor";
            }
            if (StartsWith(bytes, 0xCA, 0xFE, 0xBA, 0xBE))
            {
                return NameOf(NativeFormat.MacUniversal);
            }
            if (StartsWith(bytes, 0xCF, 0xFA, 0xED, 0xFE))
            {
                return "a library for macOS on one kind of processor";
            }
            return StartsWith(bytes, Encoding.ASCII.GetBytes("!<arch>\n")) ? NameOf(NativeFormat.StaticLibrary) : "no library";
        }

        /// <summary>The least alignment of what of an ELF file is loaded; 64-bit ones only.</summary>
        private static ulong AlignmentOf(byte[] bytes)
        {
            const uint Load = 1;
            int at = (int)BitConverter.ToUInt64(bytes, 32);
            int size = BitConverter.ToUInt16(bytes, 54);
            int count = BitConverter.ToUInt16(bytes, 56);
            ulong least = ulong.MaxValue;
            for (int i = 0; i < count; i++)
            {
                int header = at + i * size;
                if (BitConverter.ToUInt32(bytes, header) == Load)
                {
                    least = Math.Min(least, BitConverter.ToUInt64(bytes, header + 48));
                }
            }
            return least;
        }

        private static bool StartsWith(byte[] bytes, params byte[] start)
        {
            for (int i = 0; i < start.Length; i++)
            {
                if (i >= bytes.Length || bytes[i] != start[i])
                {
                    return false;
                }
            }
            return true;
        }
    }
}
