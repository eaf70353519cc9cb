import DataKit
import Foundation
import TestSupport
import Testing

@testable import Trainer

@Suite struct GoldenTests {
  /// Every golden file of the fixtures.
  static let paths = files(in: "golden")

  /// The safetensors files in a folder of the fixtures.
  static func files(in folder: String) -> [String] {
    let folder = Fixtures.path(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".safetensors") }.sorted().map { folder + "/" + $0 }
  }

  @Test func `the fixtures have every kind`() {
    #expect(Self.paths.count >= 38)
  }

  @Test(arguments: paths)
  func `everything in a golden file comes out`(path: String) throws {
    let report = try GoldenFile(path: path).check(WorkerPool(threads: 2))
    #expect(!report.comparisons.isEmpty)
    for comparison in report.comparisons where !comparison.passes {
      Issue.record(
        "\(comparison.tensor): error \(comparison.error), limit \(comparison.limit)"
      )
    }
    // Spans are placed by another rule here; what drives the file's rule has no use.
    let unused = report.unused.filter { !$0.hasPrefix("span") }
    #expect(unused.isEmpty && report.unlimited.isEmpty)
  }

  @Test func `a changed weight is noticed`() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/changed.safetensors"
    var bytes = [UInt8](
      try Data(contentsOf: URL(filePath: Fixtures.path("golden/s4d_lin.safetensors")))
    )
    let file = try SafetensorsFile(path: Fixtures.path("golden/s4d_lin.safetensors"))
    let tensor = try file.description(of: "w.blocks.0.layer.out.weight")
    let place = file.fileOffset(of: tensor) + 3
    bytes[place] ^= 0x80
    try Data(bytes).write(to: URL(filePath: path))
    let report = try GoldenFile(path: path).check(WorkerPool(threads: 2))
    #expect(!report.passes)
    #expect(report.comparisons.first { $0.tensor == "act.enc" }?.passes == true)
    #expect(report.comparisons.first { $0.tensor == "act.block0" }?.passes == false)
  }

  @Test func `a comparison fails for what is no number, and for missing values`() {
    #expect(GoldenComparison("x", [1, 2], expected: [1, 2.1], absolute: 0.2).passes)
    #expect(!GoldenComparison("x", [1, 2], expected: [1, 2.1], absolute: 0.05).passes)
    #expect(!GoldenComparison("x", [1, .nan], expected: [1, 2], absolute: 10).passes)
    #expect(!GoldenComparison("x", [1], expected: [1, 2], absolute: 10).passes)
    #expect(GoldenComparison("x", [100.5], expected: [100], relative: 0.01, absolute: 0).passes)
  }

  @Test func `tensors that do not fit the description are refused`() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/short.safetensors"
    let bytes = try Data(contentsOf: URL(filePath: Fixtures.path("golden/s4d_lin.safetensors")))
    let headerLength = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = String(decoding: bytes[8..<8 + headerLength], as: UTF8.self)
    // A weight [24, 12] that says of itself to be [12, 24].
    let turned = try #require(
      header.range(
        of: #""w.blocks.0.layer.out.weight": ?\{[^}]*"shape": ?\["#,
        options: .regularExpression
      )
    )
    let rest = header[turned.upperBound...]
    let shape = rest.prefix { $0 != "]" }
    let extents = shape.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let other = (extents.reversed().joined(separator: ",") + "]").padding(
      toLength: shape.count + 1,
      withPad: " ",
      startingAt: 0
    )
    let changed = header[..<turned.upperBound] + other + rest.dropFirst(shape.count + 1)
    try (bytes.prefix(8) + Data(changed.utf8) + bytes[(8 + headerLength)...])
      .write(to: URL(filePath: path))
    #expect(throws: (any Error).self) {
      _ = try GoldenFile(path: path).check(WorkerPool(threads: 1))
    }
  }

  @Test func `a file without a description is refused`() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/plain.safetensors"
    try Data([2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)).write(to: URL(filePath: path))
    #expect(throws: GoldenError.self) { _ = try GoldenFile(path: path) }
  }
}
