using System;
using System.IO;

namespace Userstatus
{
    /// <summary>
    /// Unpacks what zlib packed (RFC 1950, 1951). Of our own, small and slow: the system's is native code that calls back, which ahead-of-time
    /// compilers without an entry for it refuse at run time, and a UserSig is a few hundred bytes.
    /// </summary>
    internal sealed class Inflate
    {
        private const int BitsMax = 15;

        private static readonly int[] LengthBase =
        {
            3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
        };

        private static readonly int[] LengthExtraBits =
        {
            0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
        };

        private static readonly int[] DistanceBase =
        {
            1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
            16385, 24577,
        };

        private static readonly int[] DistanceExtraBits =
        {
            0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
        };

        /// <summary>The order in which lengths of code lengths are written: those that are used least come last.</summary>
        private static readonly int[] CodeLengthOrder = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };

        private readonly byte[] packed;
        private readonly byte[] unpacked;
        private int at;
        private int bits;
        private int bitCount;
        private int length;

        private Inflate(byte[] packed, int at, int bytesMax)
        {
            this.packed = packed;
            this.at = at;
            unpacked = new byte[bytesMax];
        }

        /// <exception cref="InvalidDataException">It is not what zlib writes, is cut short, or unpacks to more than <paramref name="bytesMax"/>.</exception>
        internal static byte[] Zlib(byte[] packed, int bytesMax)
        {
            // Deflate, no dictionary. The check sum at the end is not looked at: what is unpacked is signed.
            if (packed.Length < 2 || (packed[0] & 0x0f) != 8 || (packed[0] << 8 | packed[1]) % 31 != 0 || (packed[1] & 0x20) != 0)
            {
                throw new InvalidDataException("no zlib header");
            }
            Inflate inflate = new Inflate(packed, 2, bytesMax);
            while (!inflate.Block())
            {
            }
            byte[] result = new byte[inflate.length];
            Array.Copy(inflate.unpacked, result, result.Length);
            return result;
        }

        /// <summary>Whether it was the last one.</summary>
        private bool Block()
        {
            bool isLast = Bits(1) == 1;
            switch (Bits(2))
            {
                case 0:
                    Stored();
                    break;
                case 1:
                    Compressed(FixedLengths(), FixedDistances());
                    break;
                case 2:
                    Dynamic();
                    break;
                default:
                    throw new InvalidDataException("no such block");
            }
            return isLast;
        }

        private void Stored()
        {
            bits = 0;
            bitCount = 0;
            int count = Bits(16);
            if ((Bits(16) ^ 0xffff) != count)
            {
                throw new InvalidDataException("a stored block of no length");
            }
            for (int i = 0; i < count; i++)
            {
                Put((byte)Bits(8));
            }
        }

        private void Dynamic()
        {
            int literals = Bits(5) + 257;
            int distances = Bits(5) + 1;
            int codes = Bits(4) + 4;
            byte[] codeLengths = new byte[19];
            for (int i = 0; i < codes; i++)
            {
                codeLengths[CodeLengthOrder[i]] = (byte)Bits(3);
            }
            Code code = new Code(codeLengths, 0, codeLengths.Length);
            byte[] lengths = new byte[literals + distances];
            int written = 0;
            while (written < lengths.Length)
            {
                int symbol = Symbol(code);
                byte repeated = 0;
                int times = 1;
                switch (symbol)
                {
                    case 16:
                        if (written == 0)
                        {
                            throw new InvalidDataException("nothing to repeat");
                        }
                        repeated = lengths[written - 1];
                        times = 3 + Bits(2);
                        break;
                    case 17:
                        times = 3 + Bits(3);
                        break;
                    case 18:
                        times = 11 + Bits(7);
                        break;
                    default:
                        repeated = (byte)symbol;
                        break;
                }
                if (written + times > lengths.Length)
                {
                    throw new InvalidDataException("too many code lengths");
                }
                while (times-- > 0)
                {
                    lengths[written++] = repeated;
                }
            }
            Compressed(new Code(lengths, 0, literals), new Code(lengths, literals, distances));
        }

        private void Compressed(Code literals, Code distances)
        {
            while (true)
            {
                int symbol = Symbol(literals);
                if (symbol < 256)
                {
                    Put((byte)symbol);
                    continue;
                }
                if (symbol == 256)
                {
                    return;
                }
                int size = symbol - 257;
                if (size >= LengthBase.Length)
                {
                    throw new InvalidDataException("no such length");
                }
                int count = LengthBase[size] + Bits(LengthExtraBits[size]);
                int far = Symbol(distances);
                if (far >= DistanceBase.Length)
                {
                    throw new InvalidDataException("no such distance");
                }
                int distance = DistanceBase[far] + Bits(DistanceExtraBits[far]);
                if (distance > length)
                {
                    throw new InvalidDataException("a copy from before the beginning");
                }
                while (count-- > 0)
                {
                    Put(unpacked[length - distance]);
                }
            }
        }

        private static Code FixedLengths()
        {
            byte[] lengths = new byte[288];
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                lengths[symbol] = (byte)(symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
            }
            return new Code(lengths, 0, lengths.Length);
        }

        private static Code FixedDistances()
        {
            byte[] lengths = new byte[30];
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                lengths[symbol] = 5;
            }
            return new Code(lengths, 0, lengths.Length);
        }

        private void Put(byte value)
        {
            if (length == unpacked.Length)
            {
                throw new InvalidDataException("it unpacks to too much");
            }
            unpacked[length++] = value;
        }

        private int Bits(int count)
        {
            while (bitCount < count)
            {
                if (at == packed.Length)
                {
                    throw new InvalidDataException("it is cut short");
                }
                bits |= packed[at++] << bitCount;
                bitCount += 8;
            }
            int value = bits & ((1 << count) - 1);
            bits >>= count;
            bitCount -= count;
            return value;
        }

        /// <summary>The next symbol, bit by bit: codes of one length are consecutive numbers.</summary>
        private int Symbol(Code code)
        {
            int number = 0;
            int first = 0;
            int index = 0;
            for (int size = 1; size <= BitsMax; size++)
            {
                number |= Bits(1);
                int count = code.Counts[size];
                if (number - first < count)
                {
                    return code.Symbols[index + number - first];
                }
                index += count;
                first = (first + count) << 1;
                number <<= 1;
            }
            throw new InvalidDataException("no such code");
        }

        /// <summary>A canonical Huffman code.</summary>
        private sealed class Code
        {
            /// <summary>How many codes have each length.</summary>
            internal readonly int[] Counts = new int[BitsMax + 1];

            /// <summary>By length, and then by number.</summary>
            internal readonly int[] Symbols;

            internal Code(byte[] lengths, int begin, int count)
            {
                Symbols = new int[count];
                for (int symbol = 0; symbol < count; symbol++)
                {
                    Counts[lengths[begin + symbol]]++;
                }
                // A symbol of length 0 is not used.
                Counts[0] = 0;
                int[] next = new int[BitsMax + 1];
                for (int size = 1; size < BitsMax; size++)
                {
                    next[size + 1] = next[size] + Counts[size];
                }
                for (int symbol = 0; symbol < count; symbol++)
                {
                    int size = lengths[begin + symbol];
                    if (size != 0)
                    {
                        Symbols[next[size]++] = symbol;
                    }
                }
            }
        }
    }
}
