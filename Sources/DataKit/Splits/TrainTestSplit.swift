/// The two parts of a split, as positions in what was split, in the order that scikit-learn gives.
struct TrainTestSplit: Equatable {
  var train: [Int]
  var test: [Int]

  /// What `train_test_split(..., random_state: seed)` gives without strata (`ShuffleSplit`): the
  /// permutation's first entries are the test part, the next ones the training part.
  ///
  /// - Precondition: `testCount` is at most `count`.
  init(count: Int, testCount: Int, seed: UInt32) {
    precondition((0...count).contains(testCount), "\(testCount) test samples of \(count)")
    var random = LegacyRandomState(seed: seed)
    let order = random.permutation(count)
    test = Array(order[..<testCount])
    train = Array(order[testCount...])
  }

  /// What `train_test_split(..., stratify: labels)` gives (`StratifiedShuffleSplit`).
  ///
  /// Every class has about the same share in both parts. Nil where scikit-learn refuses: a class has a single
  /// sample, or a part would have fewer samples than there are classes.
  ///
  /// - Parameters:
  ///   - labels: the class of each sample.
  ///   - trainCount: how many samples the training part gets; the test part gets the others.
  ///   - seed: the `random_state`.
  init?(labels: [Int], trainCount: Int, seed: UInt32) {
    var members: [Int: [Int]] = [:]
    for (index, label) in labels.enumerated() { members[label, default: []].append(index) }
    let strata = members.keys.sorted().map { members[$0] ?? [] }
    let testCount = labels.count - trainCount
    guard strata.allSatisfy({ $0.count >= 2 }), min(trainCount, testCount) >= strata.count,
      !strata.isEmpty
    else { return nil }
    var random = LegacyRandomState(seed: seed)
    let counts = strata.map(\.count)
    let trainShares = Self.shares(of: counts, drawing: trainCount, &random)
    let rest = zip(counts, trainShares).map { $0 - $1 }
    let testShares = Self.shares(of: rest, drawing: testCount, &random)
    var (train, test): ([Int], [Int]) = ([], [])
    for (stratum, (first, second)) in zip(strata, zip(trainShares, testShares)) {
      let shuffled = random.permutation(stratum)
      train += shuffled[..<first]
      test += shuffled[first..<first + second]
    }
    self.train = random.permutation(train)
    self.test = random.permutation(test)
  }

  /// How many samples to draw of each class so that the shares are as even as whole numbers allow;
  /// scikit-learn's `_approximate_mode`, ties of equal remainders broken by `random`.
  private static func shares(
    of counts: [Int],
    drawing draws: Int,
    _ random: inout LegacyRandomState
  ) -> [Int] {
    let total = Double(counts.reduce(0, +))
    let exact = counts.map { Double($0) / total * Double(draws) }
    var shares = exact.map { Int($0) }
    let remainders = zip(exact, shares).map { $0 - Double($1) }
    var missing = draws - shares.reduce(0, +)
    for remainder in Set(remainders).sorted(by: >) where missing > 0 {
      let candidates = remainders.indices.filter { remainders[$0] == remainder }
      for index in random.permutation(candidates).prefix(missing) {
        shares[index] += 1
        missing -= 1
      }
    }
    return shares
  }
}
