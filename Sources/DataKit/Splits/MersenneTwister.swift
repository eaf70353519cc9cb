/// The 32-bit Mersenne Twister MT19937, seeded by a single number as in the reference program.
///
/// Source: Matsumoto and Nishimura, ACM TOMACS 8(1), 1998; seeding of the 2002 revision
/// (`init_genrand`, multiplier 1812433253). PyTorch's CPU generator is this one.
public struct MersenneTwister {
  private static let size = 624
  private static let shift = 397
  private var state: [UInt32]
  private var index = MersenneTwister.size

  /// The generator of a seed.
  public init(seed: UInt32) {
    state = [seed]
    for position in 1..<Self.size {
      let previous = state[position - 1]
      state.append(1_812_433_253 &* (previous ^ previous >> 30) &+ UInt32(position))
    }
  }

  /// The next tempered 32 bits.
  public mutating func next() -> UInt32 {
    if index == Self.size { renew() }
    var word = state[index]
    index += 1
    word ^= word >> 11
    word ^= word << 7 & 0x9D2C_5680
    word ^= word << 15 & 0xEFC6_0000
    return word ^ word >> 18
  }

  private mutating func renew() {
    for position in 0..<Self.size {
      let joined =
        state[position] & 0x8000_0000 | state[(position + 1) % Self.size] & 0x7FFF_FFFF
      let twisted = joined >> 1 ^ (joined & 1 == 1 ? 0x9908_B0DF : 0)
      state[position] = state[(position + Self.shift) % Self.size] ^ twisted
    }
    index = 0
  }
}
