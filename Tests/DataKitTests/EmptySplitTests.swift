import TestSupport
import Testing

@testable import DataKit

/// An empty training split is refused, other empty splits are noted.
struct EmptySplitTests {
  private let own = OwnData()

  private func check(
    _ task: String,
    _ members: [(String, [UInt8])],
    counts: [Int],
    notes: [String]
  ) throws {
    let result = try own.results(task, [try own.archive(members)], policy: .skip)
    let dataSet = try DataSet(opening: result.folder)
    #expect(own.counts(dataSet) == counts)
    #expect(result.notes.filter { $0.hasSuffix("split is empty") } == notes)
    #expect(try Verification(folder: result.folder).run().faults.isEmpty)
  }

  private func refusal(_ task: String, _ members: [(String, [UInt8])]) throws -> String {
    let path = try own.archive(members)
    return own.message { _ = try own.results(task, [path], policy: .skip) }
  }

  @Test func `tables of the release without rows`() throws {
    let listOps = ["train": "( [MAX 1 ) ]\t1\n", "val": "", "test": "( [MAX 1 ) ]\tx\n"]
      .sorted { $0.key < $1.key }
      .map { ("listops-1000/basic_\($0).tsv", Array("Source\tTarget\n\($1)".utf8)) }
    let notes = ["the validation split is empty", "the test split is empty"]
    try check("listops", listOps, counts: [1, 0, 0], notes: notes)
    let pairs = [("train", "1"), ("eval", "x"), ("test", "0")].map {
      ("tsv_data/new_aan_pairs.\($0).tsv", Array("\($1)\ta\tb\tc\td\n".utf8))
    }
    try check("retrieval", pairs, counts: [1, 0, 1], notes: ["the validation split is empty"])
  }

  @Test func `reviews that are all faulty`() throws {
    let reviews: [(String, [UInt8])] = [
      ("aclImdb/train/neg/0_1.txt", [0x61]), ("aclImdb/test/neg/0_1.txt", [0xFF]),
    ]
    try check("text", reviews, counts: [1, 0, 0], notes: ["the test split is empty"])
    let swapped = zip(reviews, reviews.reversed()).map { ($0.0, $1.1) }
    #expect(try refusal("text", swapped).contains("the train split would be empty"))
    let missing = try refusal("text", [reviews[0]])
    #expect(missing.contains("there are no reviews under test/neg or test/pos"), "\(missing)")
  }

  @Test func `too few images to share them`() throws {
    func record(_ label: UInt8) -> [UInt8] { [label] + [UInt8](repeating: label, count: 3072) }
    let folder = "cifar-10-batches-bin/"
    try check(
      "image",
      [
        (folder + "data_batch_1.bin", record(1) + record(2)),
        (folder + "test_batch.bin", record(11)),
      ],
      counts: [1, 1, 0],
      notes: ["the test split is empty"]
    )
    let single = [(folder + "data_batch_1.bin", record(1)), (folder + "test_batch.bin", record(1))]
    #expect(try refusal("image", single).contains("the train split would be empty"))
    let image = try encodePNG(
      [UInt8](repeating: 9, count: 1024),
      width: 32,
      height: 32,
      channels: 1
    )
    let level = "pathfinder32/curv_contour_length_14"
    let rows = (0..<3).map { "imgs/0 sample_\($0).png \($0) \($0 % 2)\n" }.joined()
    try check(
      "pathfinder32",
      [("\(level)/metadata/0.npy", Array(rows.utf8))]
        + (0..<3).map { ("\(level)/imgs/0/sample_\($0).png", image) },
      counts: [3, 0, 0],
      notes: ["the validation split is empty", "the test split is empty"]
    )
  }

  // MARK: Speech

  /// A clip of two samples.
  private let clip: [UInt8] = {
    func number(_ value: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
    return Array("RIFF".utf8) + number(40, 4) + Array("WAVEfmt ".utf8) + number(16, 4)
      + number(1, 2) + number(1, 2) + number(16_000, 4) + number(32_000, 4) + number(2, 2)
      + number(16, 2) + Array("data".utf8) + number(4, 4) + [1, 2, 3, 4]
  }()

  @Test func `lists without clips or with marks, and names that are equal by Unicode alone`() throws
  {
    let clips = ["yes/e\u{301}.wav", "yes/\u{E9}.wav"].map { ($0, clip) }
    let members = [("testing_list.txt", [UInt8]()), ("validation_list.txt", [])] + clips
    let notes = ["the validation split is empty", "the test split is empty"]
    try check("speech", members, counts: [2, 0, 0], notes: notes)
    let list = Array("\u{FEFF}yes/a.wav\r\n\r\nno/b.wav".utf8)
    try check(
      "speech",
      [("testing_list.txt", list), ("validation_list.txt", [])]
        + ["yes/a.wav", "no/b.wav", "yes/c.wav"].map { ($0, clip) },
      counts: [1, 0, 2],
      notes: ["the validation split is empty"]
    )
  }
}
