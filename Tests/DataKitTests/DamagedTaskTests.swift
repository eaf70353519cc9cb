import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Small archives with one fault each, or with a legal oddity, beside the published ones.
@Suite(.enabled(if: Fixtures.archives != nil, "the damaged archives are not on this machine"))
struct DamagedTaskTests {
  private let folder = TemporaryFolder()

  private func build(
    _ task: String,
    _ name: String,
    policy: ErrorPolicy = .fail
  ) throws -> DataSet {
    let output = folder.file("\(UUID())")
    let path = try #require(Fixtures.archives) + "/hostile/" + name
    let task = try #require(TaskDefinition.named(task))
    let plan = BuildPlan(
      inputs: [.file(path)],
      tasks: [task],
      folders: [output],
      threads: 2,
      errorPolicy: policy
    )
    do {
      _ = try Build(plan).run()
    } catch {
      let left = (try? fileNames(in: output)) ?? []
      #expect(!left.contains(Manifest.fileName))
      throw error
    }
    return try DataSet(opening: output)
  }

  private func counts(_ dataSet: DataSet) -> [Int] {
    Split.allCases.map { dataSet.manifest.splits[$0.rawValue]?.samples ?? 0 }
  }

  @Test(arguments: [
    ("retrieval", "aan-three-columns.gz", ":1: the row has a label and two ids but no texts"),
    ("retrieval", "aan-missing-column.gz", ":7: expected 5 tab-separated fields, found 4"),
    ("retrieval", "aan-extra-tab.gz", ":7: expected 5 tab-separated fields, found 6"),
    ("retrieval", "aan-bad-label.gz", ":7: label 'maybe', expected 0.0 or 1.0"),
    ("retrieval", "aan-label-range.gz", ":7: label '2.0'"),
    ("retrieval", "aan-label-nan.gz", ":7: label 'nan'"),
    ("retrieval", "aan-empty-text.gz", ":7: the first text is empty"),
    ("retrieval", "aan-nul.gz", ":7: the line holds a NUL byte"),
    ("retrieval", "aan-not-utf8.gz", ":7: the first text: byte 0x"),
    ("image", "cifar-short-record.tar.gz", "data_batch_1.bin: has "),
    ("image", "cifar-bad-label.tar.gz", "record 0 has the label 10"),
    ("image", "cifar-no-test.tar.gz", "the batch test_batch is missing"),
    ("image", "cifar-missing-batch.tar.gz", "the batch data_batch_3 is missing"),
    ("image", "cifar-pickle-code.tar.gz", "the name 'posix.system' has no place"),
    ("image-colour", "cifar-pickle-lying-length.tar.gz", "2147483647 bytes are expected"),
    ("speech", "sc-zero-samples.tar.gz", "yes/a_nohash_0.wav: WAV: there are no samples"),
    ("speech", "sc-stereo.tar.gz", "2 channels, 16000 Hz; expected"),
    ("speech", "sc-8bit.tar.gz", "8 bits"), ("speech", "sc-44100.tar.gz", "44100 Hz"),
    ("speech", "sc-float.tar.gz", "format code 3"),
    ("speech", "sc-data-overrun.tar.gz", "bytes, 32000 are left"),
    ("speech", "sc-not-riff.tar.gz", "not a WAV file"),
    ("pathfinder32", "meta-npy-pickle.gz", "is not a fixed-width string"),
    ("pathfinder32", "meta-npy-huge-shape.gz", "does not fit"),
    ("pathfinder32", "meta-npy-overflow-shape.gz", "NumPy array: the type"),
  ])
  func `faults are named with their place`(task: String, name: String, message: String) throws {
    let error = #expect(throws: ArchiveError.self) { try build(task, name) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(message), "\(text)")
    #expect(text.contains(name), "\(text)")
  }

  @Test(
    arguments: [
      ("retrieval", "aan-ok.gz", [6, 6, 6]), ("retrieval", "aan-label-int.gz", [7, 6, 6]),
      ("retrieval", "aan-null-word.gz", [7, 6, 6]), ("retrieval", "aan-crlf.gz", [6, 6, 6]),
      ("retrieval", "aan-leading-quote.gz", [7, 6, 6]),
      ("retrieval", "aan-raw-utf8.gz", [7, 6, 6]),
      ("retrieval", "aan-ten-megabyte-line.gz", [7, 6, 6]),
      ("image", "cifar-ok.tar.gz", [18, 2, 4]), ("image-colour", "cifar-ok.tar.gz", [18, 2, 4]),
      ("speech", "sc-ok.tar.gz", [3, 1, 1]), ("speech", "sc-short.tar.gz", [3, 1, 1]),
      ("speech", "sc-long.tar.gz", [3, 1, 1]), ("speech", "sc-extra-chunk.tar.gz", [3, 1, 1]),
      ("speech", "sc-both-lists.tar.gz", [4, 1, 0]),
      ("speech", "sc-list-missing-file.tar.gz", [3, 1, 1]),
      ("speech", "sc-background.tar.gz", [3, 1, 1]),
      ("pathfinder32", "meta-npy-unicode.gz", [8, 1, 1]),
      ("pathfinder32", "meta-npy-fortran.gz", [8, 1, 1]),
      ("pathfinder32", "meta-npy-bytes.gz", [8, 1, 1]),
      ("pathfinder32", "meta-combined-npy.gz", [8, 1, 1]),
    ] as [(String, String, [Int])]
  )
  func `legal oddities are read`(task: String, name: String, expected: [Int]) throws {
    let dataSet = try build(task, name)
    #expect(counts(dataSet) == expected)
  }

  @Test(arguments: [
    ("retrieval", "aan-bad-label.gz", [6, 6, 6]), ("retrieval", "aan-not-utf8.gz", [6, 6, 6]),
    ("retrieval", "aan-extra-tab.gz", [6, 6, 6]), ("speech", "sc-stereo.tar.gz", [2, 1, 1]),
    ("speech", "sc-zero-samples.tar.gz", [2, 1, 1]),
  ])
  func `faulty rows and clips are left out and named where that is allowed`(
    task: String,
    name: String,
    expected: [Int]
  ) throws {
    let dataSet = try build(task, name, policy: .skip)
    #expect(counts(dataSet) == expected)
    #expect(dataSet.manifest.provenance.rejected.count == 1)
  }

  @Test func `metadata tells the same whatever its format`() throws {
    func labels(_ name: String) throws -> [Int64] {
      let samples = try CanonicalSamples(try build("pathfinder32", name), Split.allCases)
      return (0..<samples.count).map { samples.label($0) }
    }
    let expected = try labels("ok-baseline.gz")
    #expect(expected == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    for name in ["unicode", "fortran", "bytes"] {
      #expect(try labels("meta-npy-\(name).gz") == expected)
    }
  }

  @Test func `texts of Retrieval are what pandas gives`() throws {
    func text(_ name: String) throws -> (first: String, count: Int) {
      let dataSet = try build("retrieval", name)
      let tokens = try #require(dataSet.manifest.vocabulary).tokens
      let ids = try dataSet.split(.train).values(at: 6)
      return (ids.dropLast().map { tokens[Int($0)] }.joined(), ids.count)
    }
    #expect(try text("aan-leading-quote.gz").first == "b'a \"x\"'")
    #expect(try text("aan-null-word.gz").first == "NA")
    #expect(try text("aan-raw-utf8.gz").count == 10)
    #expect(try text("aan-ten-megabyte-line.gz").count == 4000)
  }

  @Test func `lists may come last, and validation wins over test`() throws {
    #expect(counts(try build("speech", "sc-lists-last.tar.gz")) == [1, 1, 1])
    let both = try build("speech", "sc-both-lists.tar.gz")
    #expect(try both.split(.validation).count >= 1)
    let missing = try build("speech", "sc-list-missing-file.tar.gz")
    let reason = "listed clips that are not in the archive"
    #expect(missing.manifest.provenance.skipped[reason] == 1)
  }
}
