import Foundation
import TestSupport
import Testing

@testable import DataKit

struct SplitTests {
  private struct Golden: Decodable {
    var randperm: [Permutation]
  }

  private struct Permutation: Decodable {
    var seed: UInt32
    var n: Int
    var first: [Int]
    var sha256: String
  }

  @Test func `permutations are those of torch.randperm`() throws {
    let data = try Data(contentsOf: URL(filePath: Fixtures.path("golden/data_splits.json")))
    let golden = try JSONDecoder().decode(Golden.self, from: data)
    #expect(!golden.randperm.isEmpty)
    for expected in golden.randperm {
      let order = randomPermutation(count: expected.n, seed: expected.seed)
      #expect(Array(order.prefix(expected.first.count)) == expected.first)
      let digest = order.map { Int64($0) }.withUnsafeBytes { SHA256Digester.digest($0) }
      #expect(digest == expected.sha256, "\(expected.n) elements, seed \(expected.seed)")
    }
  }

  @Test func `pixels of a colour image become Pillow's grey`() throws {
    let golden = try SafetensorsFile(path: Fixtures.path("golden/data_pixels.safetensors"))
    let rgb: [UInt8] = try golden.elements(of: "rgb")
    let grey: [UInt8] = try golden.elements(of: "gray")
    let png = try encodePNG(rgb, width: 64, height: 64, channels: 3)
    #expect(try decodeGreyPNG(png, width: 64, height: 64) == grey)
  }
}
