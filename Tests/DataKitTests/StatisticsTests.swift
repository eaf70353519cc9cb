import DataKit
import TestSupport
import Testing

@Suite struct StatisticsTests {
  private let folder = TemporaryFolder()

  private func statistics(_ split: Split = .train) throws -> SplitStatistics {
    let dataSet = try DataSet(opening: folder.path)
    return try SplitStatistics(of: try dataSet.split(split), manifest: dataSet.manifest)
  }

  private func entries(_ tally: Tally) -> [Double: Int] {
    Dictionary(uniqueKeysWithValues: tally.entries.map { ($0.value, $0.count) })
  }

  @Test func `lengths, labels and tokens of pairs are counted over both sequences`() throws {
    var dataSet = HandMadeDataSet(.tokens, labels: [0, 1, 1], classes: 3)
    dataSet.tokens = ["<mask>", "<pad>", "<unk>", "<eos>", "a", "b"]
    try dataSet.write(
      [[4, 4, 3], [5, 3], [3]] as [[UInt8]],
      pairs: [[4, 5, 4, 3], [3], [5, 3]],
      to: folder.path
    )
    var reports: [[Int]] = []
    let set = try DataSet(opening: folder.path)
    let found = try SplitStatistics(of: try set.split(.train), manifest: set.manifest) {
      reports.append([$0, $1])
    }
    #expect(found.samples == 3)
    #expect(found.elements == 13)
    #expect(entries(found.lengths) == [1: 2, 2: 2, 3: 1, 4: 1])
    #expect(found.lengths.quantile(0.5) == 2)
    #expect(entries(found.values[0]) == [3: 6, 4: 4, 5: 3])
    #expect(found.values[0].mostFrequent.map(\.value) == [3, 4, 5])
    guard case .classes(let counts) = found.labels else {
      Issue.record("labels are not classes")
      return
    }
    #expect(counts == [1, 2, 0])
    #expect(reports == [[1, 7], [2, 10], [3, 13]])
  }

  @Test func `measurements are counted channel by channel, values as labels`() throws {
    var dataSet = HandMadeDataSet(.series, labels: [-1.5, 2.5])
    dataSet.channels = 2
    try dataSet.write([[1, -8, 3, .nan], [5, 0, 7, 8]] as [[Float]], to: folder.path)
    let found = try statistics()
    #expect(found.values.count == 2)
    #expect(found.notFinite == 1)
    #expect(found.values[0].count == 4)
    #expect(found.values[0].mean == 4)
    #expect(abs(found.values[0].standardDeviation - 5.0.squareRoot()) < 1e-12)
    #expect(found.values[1].minimum == -8)
    #expect(found.values[1].maximum == 8)
    #expect(found.values[1].count == 3)
    // The middle one is known to one part in 128 only; zero is close to zero.
    #expect(abs(found.values[1].entries[1].value) < 1e-30)
    guard case .values(let labels) = found.labels else {
      Issue.record("labels are not values")
      return
    }
    #expect(labels.entries.map(\.value) == [-1.5, 2.5])
    #expect(labels.mean == 0.5)
  }

  @Test func `floats are told apart to one part in 128`() throws {
    let numbers: [Float] = [-3e38, -1000, -1.25, -1e-30, 1e-30, 0.1, 1, 1.01, 65504, 3e38]
    try HandMadeDataSet(.series, labels: [0], classes: 1).write([numbers], to: folder.path)
    let tally = try statistics().values[0]
    #expect(tally.entries.count == numbers.count)
    for (entry, number) in zip(tally.entries, numbers) {
      #expect(abs(entry.value - Double(number)) <= abs(Double(number)) / 128)
    }
  }

  @Test func `sound keeps its sign`() throws {
    try HandMadeDataSet(.audio, labels: [0, 0], classes: 1)
      .write([[-32768, -1, 0], [1, 32767, 0]] as [[Int16]], to: folder.path)
    #expect(
      entries(try statistics().values[0]) == [-32768: 1, -1: 1, 0: 2, 1: 1, 32767: 1]
    )
  }

  @Test func `a shard that contradicts the manifest is refused`() throws {
    try TinyDataSet.write(.pixels, to: folder.path)
    let found = try statistics(.test)
    #expect(found.samples == 9)
    #expect(found.values[0].count == 9 * 16)
    #expect(throws: DataSetError.self) {
      var manifest = try Manifest.read(from: folder.path)
      manifest.splits["test"]?.shards[0].samples = 8
      try AtomicFile.write(try manifest.encoded(), to: folder.file(Manifest.fileName))
      _ = try statistics(.test)
    }
  }

  @Test(
    arguments: [
      ([1, 2, 2, 9], 10, 1.0, 1.0, [1, 2, 0, 0, 0, 0, 0, 0, 1]),
      ([1, 2, 2, 9], 4, 0.0, 5.0, [3, 1]), ([7], 4, 7.0, 1.0, [1]),
      ([0, 1000], 3, 0.0, 500.0, [1, 0, 1]),
      ([-5, 5], 3, -5.0, 5.0, [1, 0, 1]), ([], 5, 0.0, 1.0, []),
    ] as [([Int], Int, Double, Double, [Int])]
  )
  func `bins lie between round numbers`(
    numbers: [Int],
    limit: Int,
    lowerBound: Double,
    width: Double,
    counts: [Int]
  ) throws {
    guard !numbers.isEmpty else {
      try HandMadeDataSet(.series, labels: [], classes: 1).write([] as [[Int16]], to: folder.path)
      let histogram = try statistics().values[0].histogram(atMost: limit, .whole)
      #expect(histogram.counts.isEmpty)
      return
    }
    try HandMadeDataSet(.series, labels: [0], classes: 1)
      .write([numbers.map { Int16($0) }], to: folder.path)
    let histogram = try statistics().values[0].histogram(atMost: limit, .whole)
    #expect(histogram.lowerBound == lowerBound)
    #expect(histogram.binWidth == width)
    #expect(histogram.counts == counts)
  }

  @Test func `levels fall into bins of powers of two, real numbers into narrow ones`() throws {
    try HandMadeDataSet(.pixels, labels: [0], classes: 1)
      .write([[0, 15, 16, 255]] as [[UInt8]], to: folder.path)
    let levels = try statistics().values[0].histogram(atMost: 20, .byte)
    #expect(levels.binWidth == 16)
    #expect(levels.counts == [2, 1] + [Int](repeating: 0, count: 13) + [1])
    try HandMadeDataSet(.series, labels: [0], classes: 1)
      .write([[0.125, 0.25]] as [[Float]], to: folder.path)
    let real = try statistics().values[0].histogram(atMost: 10, .real)
    #expect(abs(real.binWidth - 0.02) < 1e-15)
    #expect(real.counts.reduce(0, +) == 2)
  }

  @Test func `pictures show masked places and channels`() throws {
    var images = HandMadeDataSet(.pixels, labels: [3], classes: 10)
    images.channels = 3
    images.masks = MaskSet(policy: .token(ratio: 0.5), seed: 1, variants: 1)
    try images.write([(0..<48).map { UInt8($0 * 5) }], to: folder.path)
    let set = try DataSet(opening: folder.path)
    let split = try set.split(.train)
    let plain = try SampleDrawing(manifest: set.manifest, samples: split).contactSheet(of: 0..<1)
    let masked = try SampleDrawing(
      manifest: set.manifest,
      samples: split,
      masks: split.maskReader(try set.maskSet())
    ).contactSheet(of: 0..<1)
    #expect(plain.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(plain != masked)
  }

  @Test func `what is no image is refused in a sentence`() throws {
    try HandMadeDataSet(.pixels, labels: [0], classes: 1)
      .write([[1, 2, 3, 4, 5]] as [[UInt8]], to: folder.path)
    let set = try DataSet(opening: folder.path)
    let drawing = SampleDrawing(manifest: set.manifest, samples: try set.split(.train))
    let error = #expect(throws: DataSetError.self) { try drawing.contactSheet(of: 0..<1) }
    #expect(error?.reason.contains("no images") == true)
  }
}
