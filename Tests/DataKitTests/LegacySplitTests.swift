import Testing

@testable import DataKit

/// Known answers of NumPy 2.4.6 and scikit-learn 1.9.1.
struct LegacySplitTests {
  private func digest(_ numbers: [Int]) -> String {
    numbers.map { Int64($0) }.withUnsafeBytes { SHA256Digester.digest($0) }
  }

  @Test(
    arguments: [
      (
        0, 10, [2, 8, 4, 9, 1, 6, 7, 3],
        "59a6f8b823231de56c27035e72c843baa34d375a4a80432954a3cde1d4c92f32"
      ),
      (
        1, 100, [80, 84, 33, 81, 93, 17, 36, 82],
        "e5a9092dfbafbc43ff2d0ca9337edcaf92880b90a53fcaa92786460acb0c8243"
      ),
      (
        42, 1000, [521, 737, 740, 660],
        "57071745552bb2ef097e250edbaf6ddd14a4f0e478d31acfa6d0724b7c87fbd6"
      ),
      (
        0, 7949, [3402, 1454, 167, 1742],
        "734d92f48aed2c9cc27664da6e3a9d181a038aab0797b80354e5247702c4befa"
      ),
      (
        4_294_967_295, 17, [8, 1, 5, 14],
        "97476b165e63308d7e724257f35e019e53338c4e9c88db29a1d13640454ef658"
      ),
      (
        0, 70000, [10840, 56267, 14849],
        "2ee9fa68b8f4d64db5d42fceae7279fce6ad03acd1a0edf837dd3fb1cc6faa24"
      ),
      (0, 1, [0], "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"),
    ] as [(UInt32, Int, [Int], String)]
  )
  func `permutations are those of RandomState`(
    seed: UInt32,
    count: Int,
    first: [Int],
    sha256: String
  ) {
    var random = LegacyRandomState(seed: seed)
    let order = random.permutation(count)
    #expect(Array(order.prefix(first.count)) == first)
    #expect(digest(order) == sha256)
  }

  @Test(
    arguments: [
      (
        7949, 2385, 0, "9fa4e2358f1b9f8148eb6fceaeef10b9940d30654641408cd1c623b646b21b84",
        "98b9b6d14593a1241a16439da6b1c513249a10ef52e20376dddd31408a305b73"
      ),
      (
        2385, 1193, 1, "d7d9051fd20b51f121cd2a415913b9852a4dbcb802972dd27df6be3a4baeec50",
        "640423c49975f96cbffd8e3be06daab0f4c89c3fe152f461776b53e54a96bec5"
      ),
      (
        3, 2, 1, "7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8",
        "c571327cb01ac1de6972713cbf6cc1fc3c2cab8b581ee0bc3fe6d8b56963fd5b"
      ),
    ] as [(Int, Int, UInt32, String, String)]
  )
  func `splits are those of train_test_split`(
    count: Int,
    testCount: Int,
    seed: UInt32,
    train: String,
    test: String
  ) {
    let split = TrainTestSplit(count: count, testCount: testCount, seed: seed)
    #expect(digest(split.train) == train)
    #expect(digest(split.test) == test)
  }

  @Test(
    arguments: [
      (
        [10, 10, 10], 21, 0, "12a907e73a668e1719d2ecf5ff73baac3de6a98827faffe419e8adcc388c4e4b",
        "af183b73d348eeddf93822e3b09f32bf8127084d7f35a414ebce631a7a7d7a4a"
      ),
      (
        [7, 5, 9, 4], 17, 0, "994cfd26c262bfc9444da7faadf4d30ea956033d9f7e0a57a68ea5daf4583c70",
        "6f5a1bc2f082e2de2ba4dea1fcf24484fdd5973599948e4840bd9626f69293ad"
      ),
      (
        [7, 5, 9, 4], 12, 1, "17ba9b4f689f2165c7ea40445eb61ee53d2098416fcf1f801ea237d3f6891060",
        "4a76d118fb2837dfc19b812b3f431db1d74160652eb4a8d2086e35c63dce4e40"
      ),
      (
        [101, 33, 57, 2, 80, 80, 79, 81, 64, 3], 406, 0,
        "1c2d94ab936632d1858674690dbd59b957f309dec350b9f6e2391c14e10e875f",
        "b40daa987a6e591c569d90785dc8edcb1f2cf2862658dd979e87ac131966bc4b"
      ),
      (
        [3860, 3873, 3886, 3899, 3912, 3925, 3938, 3951, 3964, 3977], 27429, 0,
        "b05cc7f23db53a5ca5f95c125f89d8cae6422e481e05f6353726418570b0fdc4",
        "1a1db6302a14b233f02856f385b616329a5c3812815b01ad6d4acb7cc37bbf01"
      ),
      (
        [2, 2, 2, 2], 4, 1, "70d5680a87981ec2bc0f33fd661151d922f4be248f377fe4c455b6c7ab02131b",
        "5fdcbfb0cda438061b4b2316a16bdeefb1494bdb49044fe2abe39144a693afd2"
      ),
    ] as [([Int], Int, UInt32, String, String)]
  )
  func `stratified splits are those of train_test_split`(
    counts: [Int],
    trainCount: Int,
    seed: UInt32,
    train: String,
    test: String
  ) throws {
    let labels = counts.enumerated().flatMap { [Int](repeating: $0, count: $1) }
    let split = try #require(TrainTestSplit(labels: labels, trainCount: trainCount, seed: seed))
    #expect(digest(split.train) == train)
    #expect(digest(split.test) == test)
  }

  @Test func `a stratified split of mixed labels follows their order`() throws {
    // numpy.random.RandomState(7).permutation of 10 zeros, 10 ones and 10 twos.
    var random = LegacyRandomState(seed: 7)
    let labels = random.permutation((0..<30).map { $0 / 10 })
    let split = try #require(TrainTestSplit(labels: labels, trainCount: 21, seed: 0))
    #expect(split.train.prefix(8) == [16, 1, 10, 2, 6, 9, 22, 29])
    #expect(split.test == [23, 0, 11, 19, 18, 21, 15, 27, split.test[8]])
  }

  @Test(arguments: [([0, 0, 1], 2), ([0, 0, 1, 1], 3), ([], 0)] as [([Int], Int)])
  func `what scikit-learn refuses gives no split`(labels: [Int], trainCount: Int) {
    #expect(TrainTestSplit(labels: labels, trainCount: trainCount, seed: 0) == nil)
  }
}
