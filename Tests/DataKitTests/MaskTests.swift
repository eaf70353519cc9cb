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
    "token:0.5:seed=-1", "token:nan", "word:0.5",
  ])
  func `other mask specifications are refused`(text: String) {
    #expect(throws: MaskSpecificationError.self) { try MaskSet(parsing: text) }
  }
}
