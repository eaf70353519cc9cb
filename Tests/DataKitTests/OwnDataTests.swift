import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Time series in plain files, and the options of tasks.
struct OwnDataTests {
  private let own = OwnData()

  // MARK: Time series

  private func series(_ cases: Int, first: Int = 0, spoilt: Int? = nil) -> String {
    let head =
      "@problemName BIDMC32HR\n@timestamps false\n@univariate false\n@dimension 2\n"
      + "@seriesLength 4000\n@targetlabel true\n@data\n"
    return head
      + (first..<first + cases).map { number in
        let channels = (0..<2).map { channel in
          (0..<4000).map { step in
            step == 7 && number == spoilt ? "?" : "\(number).\(step % 10)\(channel)"
          }.joined(separator: ",")
        }
        return channels.joined(separator: ":") + ":\(number).25\n"
      }.joined()
  }

  @Test func `two plain files become a time series task`() throws {
    let train = try own.file("BIDMC32HR_TRAIN.ts", series(7))
    let test = try own.file("BIDMC32HR_TEST.ts", series(3, first: 7))
    let dataSet = try own.build("bidmc-hr", [test, train])
    // scikit-learn: train_test_split(range(10), test_size=0.3, random_state=0), then 0.5 and 1.
    #expect(own.counts(dataSet) == [7, 1, 2])
    let samples = try dataSet.split(.train)
    #expect((0..<7).map { samples.sampleID(at: $0) } == [9, 1, 6, 7, 3, 0, 5])
    #expect((0..<7).map { samples.value(at: $0) } == [9.25, 1.25, 6.25, 7.25, 3.25, 0.25, 5.25])
    #expect(dataSet.manifest.target == .value)
    #expect(dataSet.manifest.channels == 2)
    let shard = try #require(dataSet.manifest.splits["train"]?.shards.first)
    let tensors = try SafetensorsFile(path: dataSet.folder + "/" + shard.file)
    let values: [Float] = try tensors.elements(of: "x.values")
    #expect(values.count == 7 * 4000 * 2)
    #expect(Array(values[..<4]) == [9.00, 9.01, 9.10, 9.11])
    let validation = try dataSet.split(.validation)
    let rest = try dataSet.split(.test)
    #expect([validation.sampleID(at: 0), rest.sampleID(at: 0), rest.sampleID(at: 1)] == [8, 2, 4])
  }

  @Test func `both files may stand in one archive`() throws {
    let path = try own.archive([
      ("BIDMC32HR/BIDMC32HR_TEST.ts", Array(series(3, first: 7).utf8)),
      ("BIDMC32HR/BIDMC32HR_TRAIN.ts", Array(series(7).utf8)),
    ])
    #expect(own.counts(try own.build("bidmc-hr", [path])) == [7, 1, 2])
  }

  @Test func `a missing value, a missing file and another kind of series are refused`() throws {
    let train = try own.file("BIDMC32HR_TRAIN.ts", series(7, spoilt: 2))
    let test = try own.file("BIDMC32HR_TEST.ts", series(3))
    let missing = own.message { _ = try own.build("bidmc-hr", [train, test]) }
    #expect(missing.contains(":10: value 8 of channel 1 is missing ('?')"), "\(missing)")
    #expect(own.counts(try own.build("bidmc-hr", [train, test], policy: .skip)) == [6, 1, 2])
    let half = own.message { _ = try own.build("bidmc-hr", [test]) }
    #expect(half.contains("the file BIDMC32HR_TRAIN.ts is missing"), "\(half)")
    let short = try own.file("x/BIDMC32HR_TEST.ts", "@targetlabel true\n@seriesLength 9\n@data\n")
    let other = own.message { _ = try own.build("bidmc-hr", [short]) }
    #expect(other.contains(":2: the series have 2 channels of 9 values"), "\(other)")
    let empty = try own.file("y/BIDMC32HR_TEST.ts", "@targetlabel true\n@data\n")
    #expect(own.message { _ = try own.build("bidmc-hr", [empty]) }.contains("there are no cases"))
  }

  // MARK: Options

  @Test func `options are refused by tasks that do not have them`() throws {
    var options = TaskOptions()
    options.contourLength = 9
    let text = try #require(TaskDefinition.named("text", options: options))
    let foreign = own.message { try text.check(options) }
    #expect(foreign.hasPrefix("--contour-length is no option of the task text: it has --tokenizer"))
    try TaskDefinition.check(options, of: TaskDefinition.suite(options: options))
    options.textColumn = "x"
    #expect(
      own.message { try TaskDefinition.check(options, of: TaskDefinition.suite()) }
        .hasPrefix("--text-column is no option")
    )
    options = TaskOptions()
    options.maximumLength = 1
    #expect(own.message { try text.check(options) }.contains("--max-length must be 2"))
  }

  @Test func `names of tasks and aliases are unique, and all have a source`() {
    let tasks = TaskDefinition.all()
    let names = tasks.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    #expect(tasks.allSatisfy { !$0.source.isEmpty && !$0.summary.isEmpty })
    #expect(TaskDefinition.suite().map(\.name).count == 9)
  }
}
