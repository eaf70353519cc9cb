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

  private func build(_ task: String, _ change: (inout ArchiveLimits) -> Void) throws {
    let path = folder.file("archive.tar.gz")
    let writer = try ArchiveWriter(path: path)
    for (name, bytes) in Self.members { try writer.addMember(name, bytes) }
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
