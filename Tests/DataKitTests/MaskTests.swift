import TestSupport
import Testing

@testable import DataKit

struct MaskTests {
  /// Known answers published with the Random123 library (`kat_vectors`, philox4x32 10 rounds).
  @Test(arguments: [
    (
      SIMD4<UInt32>(repeating: 0), SIMD2<UInt32>(repeating: 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4<UInt32>(repeating: .max), SIMD2<UInt32>(repeating: .max),
      SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      SIMD2<UInt32>(0xa409_3822, 0x299f_31d0),
      SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func `Philox gives the published numbers`(
    counter: SIMD4<UInt32>,
    key: SIMD2<UInt32>,
    expected: SIMD4<UInt32>
  ) {
    #expect(Philox(key: key).words(at: counter) == expected)
  }

  private func mask(_ set: MaskSet, _ length: Int, sample: Int64 = 0, variant: Int = 0) -> [UInt8] {
    var mask = [UInt8](repeating: 7, count: length)
    mask.withUnsafeMutableBufferPointer {
      MaskGenerator(set).fill($0, sampleID: sample, variant: variant)
    }
    return mask
  }

  /// SHA-256 of masks as the first release drew them, a byte per position, over samples, variants
  /// and lengths that end inside blocks, words and bytes: the bits of the format never change.
  @Test(arguments: [
    ("token:0.5", "867d000f10a0266f42e7df655e96ccb2c67089ba82185c8b7131dcc1deed3950"),
    ("token:0.15:seed=7", "d79121350b66faf320066fa38be49bf2ddd1d11569c5110d3f6d10ef17bf858d"),
    ("token:1", "cb873a79fc8f15f126499540c06afc9c5b4a3820a07da16c670b4a9067f7e9e9"),
    ("token:0.000001", "10b8b47392830b0768ed6394b92076e8104550f325bbffe698cfc94d2e7b7ed3"),
    ("span:0.5:length=8", "0b78c2f00da978547c15bd93b758f08abb1ffe405a7d69c6a83cbeebfa70fbf2"),
    (
      "span:0.15:length=3:seed=12345678",
      "9f84b3fec860edb2abfaafd925e9698a494071ecf683cd41ee80ed227bbab9c4"
    ),
    ("span:0.5:length=1", "c198f00e3fbd9cc6307f37eaebf36642ecc445013f8da8afc93c6567bc3d4951"),
    ("span:0.9:length=300", "0848a239b2b7e1e6ab73bad8dd34a3fa0369d910900f10b30bdad6b856c5cea6"),
    ("span:1:length=7", "0cb7b40f9bf2fa20587e6d9ba4437d3a532740fdebbb6daa1f890a5cfc87e633"),
  ])
  func `masks are those of the first release`(text: String, digest: String) throws {
    let set = try MaskSet(parsing: text)
    let lengths = [0, 1, 7, 8, 9, 63, 64, 65, 127, 500, 1024, 2048, 4097]
    var bytes: [UInt8] = []
    for (index, length) in lengths.enumerated() {
      for variant in [0, 1, 77] {
        bytes += mask(set, length, sample: Int64(index) << 31 | 5, variant: variant)
      }
    }
    #expect(bytes.withUnsafeBytes { SHA256Digester.digest($0) } == digest)
  }

  @Test(arguments: ["token:0.5", "token:0.00001", "span:0.5:length=8", "span:0.3:length=100"])
  func `packed masks are those in bytes at any bit offset`(text: String) throws {
    let generator = MaskGenerator(try MaskSet(parsing: text))
    var bits = [UInt8](repeating: 0, count: 4000)
    var expected: [UInt8] = []
    var offset = 0
    for (sample, length) in [3, 0, 1, 8, 61, 64, 67, 129, 500, 1024, 2047, 5, 130].enumerated() {
      for sequence in [0, 1] {
        var mask = [UInt8](repeating: 7, count: length)
        mask.withUnsafeMutableBufferPointer {
          generator.fill($0, sampleID: Int64(sample), variant: 2, sequence: sequence)
        }
        expected += mask
        bits.withUnsafeMutableBytes {
          generator.fillBits(
            $0,
            bitOffset: offset,
            count: length,
            sampleID: Int64(sample),
            variant: 2,
            sequence: sequence
          )
        }
        offset += length
      }
    }
    let all = (0..<offset).map { bits[$0 / 8] >> UInt8($0 % 8) & 1 }
    #expect(all == expected)
    #expect(bits[(offset + 7) / 8..<bits.count].allSatisfy { $0 == 0 })
    for start in [0, 3, 17, 64] {
      var mask = [UInt8](repeating: 7, count: 300)
      mask.withUnsafeMutableBufferPointer { mask in
        bits.withUnsafeBytes { PackedBits.expand($0, from: start, into: mask) }
      }
      #expect(mask[...] == expected[start..<start + 300])
    }
  }

  @Test func `the second sequence has masks of its own`() {
    var masks: [[UInt8]] = []
    for (variant, sequence) in [(0, 0), (0, 1), (1, 0)] {
      var mask = [UInt8](repeating: 0, count: 512)
      mask.withUnsafeMutableBufferPointer {
        MaskGenerator(MaskSet(policy: .token(ratio: 0.5))).fill(
          $0,
          sampleID: 1,
          variant: variant,
          sequence: sequence
        )
      }
      masks.append(mask)
    }
    #expect(Set(masks).count == 3)
  }

  @Test(arguments: [0, 7, .max - 11] as [UInt32])
  func `a stream is the blocks of rising counters, carry included`(first: UInt32) {
    let generator = Philox(key: SIMD2(0xa409_3822, 0x299f_31d0))
    var stream = PhiloxStream(generator, at: SIMD4(first, 5, 6, 7))
    for block in 0..<40 {
      let low = UInt64(first) + UInt64(block)
      let counter = SIMD4(UInt32(truncatingIfNeeded: low), 5 + UInt32(low >> 32), 6, 7)
      let words = generator.words(at: counter)
      for word in 0..<4 { #expect(stream.nextWord() == words[word]) }
    }
  }

  @Test(arguments: [0.15, 0.5, 0.9, 1.0])
  func `token masks have their ratio at every position`(ratio: Double) {
    let set = MaskSet(policy: .token(ratio: ratio), seed: 3)
    let (length, samples) = (21, 4000)
    var counts = [Int](repeating: 0, count: length)
    for sample in 0..<samples {
      for (position, bit) in mask(set, length, sample: Int64(sample)).enumerated() {
        counts[position] += Int(bit)
      }
    }
    // Five standard deviations of a binomial count.
    let deviation = (ratio * (1 - ratio) * Double(samples)).squareRoot()
    for count in counts { #expect(abs(Double(count) - ratio * Double(samples)) <= 5 * deviation) }
  }

  @Test(arguments: [(64, 0.5, 4), (100, 0.3, 5), (7, 0.5, 8), (33, 1.0, 3)])
  func `span masks cover every position alike, the ends included`(
    length: Int,
    ratio: Double,
    span: Int
  ) {
    let set = MaskSet(policy: .span(ratio: ratio, length: span), seed: 9)
    let samples = 6000
    var counts = [Int](repeating: 0, count: length)
    var covered: Set<Int> = []
    for sample in 0..<samples {
      let mask = mask(set, length, sample: Int64(sample))
      covered.insert(mask.reduce(0) { $0 + Int($1) })
      for (position, bit) in mask.enumerated() { counts[position] += Int(bit) }
    }
    // The number of masked positions never varies; each has the same chance.
    #expect(covered.count == 1)
    let chance = Double(covered.first ?? 0) / Double(length)
    #expect(abs(chance - ratio) <= Double(span) / Double(length))
    let deviation = (chance * (1 - chance) * Double(samples)).squareRoot()
    for count in counts { #expect(abs(Double(count) - chance * Double(samples)) <= 5 * deviation) }
  }

  @Test func `seed, variant and sample each change a mask`() {
    let set = MaskSet(policy: .token(ratio: 0.5), seed: 1)
    let base = mask(set, 256)
    #expect(base == mask(set, 256))
    #expect(base != mask(MaskSet(policy: .token(ratio: 0.5), seed: 2), 256))
    #expect(base != mask(set, 256, variant: 1))
    #expect(base != mask(set, 256, sample: 1))
    #expect(base != mask(set, 256, sample: 1 << 32))
    // A mask does not depend on the length of its sample.
    #expect(Array(base.prefix(100)) == mask(set, 100))
  }

  @Test(arguments: [
    ("token:0.5", "token-0.50-seed-0", 1), ("token:0.15:seed=7:variants=4", "token-0.15-seed-7", 4),
    ("span:0.3:length=5", "span-0.30-length-5-seed-0", 1), ("causal", "causal", 0),
    ("token:1", "token-1.00-seed-0", 1),
  ])
  func `mask specifications name their sets`(text: String, name: String, variants: Int) throws {
    let set = try MaskSet(parsing: text)
    #expect(set.name == name)
    #expect(set.variants == variants)
  }

  @Test(arguments: [
    "", "token", "token:0", "token:1.5", "token:0.5:length=3", "span:0.5:length=0", "causal:1",
    "token:0.5:seed=-1", "token:nan", "word:0.5", "token:0.5:variants=0",
    "token:0.5:variants=10001",
  ])
  func `other mask specifications are refused`(text: String) {
    #expect(throws: MaskSpecificationError.self) { try MaskSet(parsing: text) }
  }
}
