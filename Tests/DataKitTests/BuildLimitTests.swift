import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Each limit stops a build with a sentence that names its option; just above it nothing happens.
@Suite("Limits of a build")
struct BuildLimitTests {
  private let folder = TemporaryFolder()

  private static let members: [(String, [UInt8])] = {
    let long = "( [MAX " + String(repeating: "1 ) ", count: 500) + "]"
    let table = Array("Source\tTarget\n( [MAX 2 ) ]\t2\n\(long)\t1\n".utf8)
    return ["train", "val", "test"].map { ("listops-1000/basic_\($0).tsv", table) }
  }()

  private func build(
    _ task: String,
    _ members: [(String, [UInt8])] = members,
    _ change: (inout ArchiveLimits) -> Void
  ) throws {
    let path = folder.file("archive.tar.gz")
    let writer = try ArchiveWriter(path: path)
    for (name, bytes) in members { try writer.addMember(name, bytes) }
    try writer.finish()
    var limits = ArchiveLimits()
    change(&limits)
    let plan = BuildPlan(
      inputs: [.file(path)],
      tasks: [try #require(TaskDefinition.named(task))],
      folders: [folder.file("out-\(UUID())")],
      limits: limits
    )
    _ = try Build(plan).run()
  }

  @Test func `members`() throws {
    try build("listops") { $0.memberCount = 3 }
    let error = #expect(throws: ArchiveError.self) { try build("listops") { $0.memberCount = 2 } }
    #expect(error?.description.contains("--limit-members") == true)
  }

  @Test func `pixels of an image`() throws {
    let image = try encodePNG(
      [UInt8](repeating: 9, count: 1024),
      width: 32,
      height: 32,
      channels: 1
    )
    let rows = (0..<10).map { "\($0).png\tclass\n" }.joined()
    let members =
      [("labels.tsv", Array(rows.utf8))] + (0..<10).map { ("\($0).png", image) }
    try build("images", members) { $0.imagePixelCount = 1024 }
    let error = #expect(throws: ArchiveError.self) {
      try build("images", members) { $0.imagePixelCount = 1023 }
    }
    #expect(error?.description.contains("--limit-image-pixels") == true)
    #expect(error?.member == "0.png")
  }

  @Test func `bytes of a line`() throws {
    let longest = Self.members[0].1.split(separator: UInt8(ascii: "\n")).map(\.count).max() ?? 0
    try build("listops") { $0.lineByteCount = longest }
    let error = #expect(throws: ArchiveError.self) {
      try build("listops") { $0.lineByteCount = longest - 1 }
    }
    #expect(error?.description.contains("--limit-line-bytes") == true)
    #expect(error?.line == 3)
  }
}
