import Foundation
import TestSupport
import Testing

@testable import DataKit

struct GenerateListOpsTests {
  typealias Operator = ListOpsExpression.Operator

  @Test(arguments: [
    (Operator.minimum, [4, 2, 9], 2), (.maximum, [4, 2, 9], 9), (.sumModulo, [4, 2, 9], 5),
    (.median, [4, 2, 9], 4), (.median, [4, 9], 6), (.median, [1, 9, 2, 3], 2),
  ])
  func `an operator has the original's result`(
    operation: Operator,
    arguments: [Int],
    expected: Int
  ) {
    #expect(operation.applied(to: arguments) == expected)
  }

  @Test func `a nested expression is written fully parenthesised`() {
    let expression = ListOpsExpression(tokens: [
      .open(.sumModulo, argumentCount: 2), .value(4), .open(.maximum, argumentCount: 2), .value(1),
      .value(8), .close, .close,
    ])
    #expect(expression.text == "( ( ( [SM 4 ) ( ( ( [MAX 1 ) 8 ) ] ) ) ] )")
    #expect(expression.value == 2)
    #expect(expression.length == 7)
  }

  @Test func `generated expressions obey the grammar`() throws {
    var parameters = ListOpsParameters()
    parameters.minimumLength = 50
    parameters.maximumLength = 200
    parameters.maximumDepth = 5
    let generator = try ListOpsGenerator(parameters: parameters, seed: 3)
    for index in 0..<20 {
      let expression = try generator.expression(at: index)
      #expect(expression.length > 50 && expression.length < 200)
      #expect((0...9).contains(expression.value))
      var depth = 0
      for token in expression.tokens {
        if case .open(_, let argumentCount) = token {
          depth += 1
          #expect((2...10).contains(argumentCount))
        } else if token == .close {
          depth -= 1
        }
        #expect(depth < 5)
      }
      #expect(depth == 0)
    }
  }

  /// Parameters with few enough trees that the shape of every one can be counted, and larger ones
  /// of which lengths, arities, depths and values are compared.
  @Test(arguments: [(2, 9, 3, 3, 0.4), (20, 60, 4, 5, 0.25), (500, 2000, 10, 10, 0.25)])
  func `trees are distributed as those of plain rejection`(
    minimum: Int,
    maximum: Int,
    depth: Int,
    arguments: Int,
    probability: Double
  ) throws {
    var parameters = ListOpsParameters()
    parameters.minimumLength = minimum
    parameters.maximumLength = maximum
    parameters.maximumDepth = depth
    parameters.maximumArguments = arguments
    parameters.treeProbability = probability
    let generator = try ListOpsGenerator(parameters: parameters, seed: 11)
    let samples = maximum > 1000 ? 3000 : 20_000
    var naive = NaiveListOps(parameters: parameters)
    var counts: [String: (Int, Int)] = [:]
    for index in 0..<samples {
      for key in features(try generator.expression(at: index), maximum) {
        counts[key, default: (0, 0)].0 += 1
      }
      for key in features(naive.next(), maximum) { counts[key, default: (0, 0)].1 += 1 }
    }
    #expect(counts.count > 20)
    // Two samples of one size: the statistic of each feature has as many degrees of freedom as the
    // feature has values, less one. Rare values are left out.
    for (feature, values) in Dictionary(grouping: counts, by: { $0.key.prefix { $0 != " " } }) {
      let usual = values.map(\.value).filter { $0.0 + $0.1 >= 20 }
      let statistic = usual.reduce(0.0) { sum, pair in
        sum + Double((pair.0 - pair.1) * (pair.0 - pair.1)) / Double(pair.0 + pair.1)
      }
      let freedom = Double(usual.count)
      #expect(
        statistic < freedom + 4 * (2 * freedom).squareRoot(),
        "\(feature): \(statistic) with \(freedom) degrees of freedom"
      )
    }
  }

  /// What is compared of an expression: a name, a blank, a value.
  private func features(_ expression: ListOpsExpression, _ maximum: Int) -> [String] {
    var depth = 0
    var deepest = 0
    var operators = [Int](repeating: 0, count: 4)
    var digits = [Int](repeating: 0, count: 10)
    var shape = ""
    for token in expression.tokens {
      switch token {
      case .open(let operation, _):
        depth += 1
        operators[Int(operation.rawValue)] += 1
        shape += "["
      case .close:
        depth -= 1
        shape += "]"
      case .value(let digit):
        digits[Int(digit)] += 1
        shape += "."
      }
      deepest = max(deepest, depth)
    }
    if maximum < 10 { return ["shape \(shape)", "text \(expression.text)"] }
    var result = [
      "length \(expression.length * 40 / maximum)",
      "depth \(deepest)", "operators \(operators.reduce(0, +) / 8)", "value \(expression.value)",
      "mostOperator \(operators.firstIndex(of: operators.max() ?? 0) ?? 0)",
      "mostDigit \(digits.firstIndex(of: digits.max() ?? 0) ?? 0)",
    ]
    if case .open(let root, let count) = expression.tokens[0] {
      result += ["root \(root)", "arity \(count)"]
    }
    return result
  }

  @Test func `impossible lengths are refused`() {
    var parameters = ListOpsParameters()
    parameters.maximumLength = 501
    #expect(throws: GenerateError.self) { try ListOpsGenerator(parameters: parameters, seed: 0) }
  }

  @Test func `the archive is the same for any number of threads`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func bytes(threads: Int) throws -> Data {
      var parameters = ListOpsParameters()
      parameters.minimumLength = 2
      parameters.maximumLength = 6
      let archive = try ListOpsArchive(
        generator: ListOpsGenerator(parameters: parameters, seed: 5),
        trainCount: 200,
        validationCount: 20,
        testCount: 0,
        threads: threads
      )
      let path = "\(folder)/\(threads).tar.gz"
      let writer = try ArchiveWriter(path: path)
      try archive.write(to: writer, spoolFolder: folder)
      try writer.finish()
      return try Data(contentsOf: URL(fileURLWithPath: path))
    }
    let single = try bytes(threads: 1)
    #expect(try single == bytes(threads: 3))
    let members = try unpacked("\(folder)/1.tar.gz")
    let names = ["train", "val", "test"].map { "\(ListOpsArchive.folder)basic_\($0).tsv" }
    #expect(members.map(\.name) == names)
    let lines = members.map { $0.text.components(separatedBy: "\r\n") }
    #expect(lines.map(\.count) == [202, 22, 2])
    #expect(lines.allSatisfy { $0[0] == "Source\tTarget" && $0.last == "" })
    let rows = lines.flatMap { $0.dropFirst().dropLast() }
    // Such short sources would repeat if they were not kept apart.
    #expect(Set(rows).count == 220)
  }

  @Test(.enabled(if: Fixtures.archives != nil))
  func `the evaluator and the writer agree with published rows`() throws {
    let path = try #require(Fixtures.archives) + "/metadata-last/lra_release.gz"
    let suffix = "listops-1000/basic_test.tsv"
    let table = try #require(try unpacked(path, only: suffix).first)
    let rows = table.text.components(separatedBy: "\r\n").dropFirst().dropLast()
    #expect(rows.count == 50)
    for row in rows {
      let fields = row.split(separator: "\t")
      let expression = parsed(fields[0])
      #expect(expression.text == fields[0])
      #expect("\(expression.value)" == fields[1])
    }
  }

  /// An expression from its text.
  private func parsed(_ text: Substring) -> ListOpsExpression {
    var tokens: [ListOpsExpression.Token] = []
    var open: [(position: Int, count: UInt16)] = []
    for word in text.split(separator: " ") where word != "(" && word != ")" {
      if word == "]" {
        let (position, count) = open.removeLast()
        if case .open(let operation, _) = tokens[position] {
          tokens[position] = .open(operation, argumentCount: count)
        }
        tokens.append(.close)
        continue
      }
      if !open.isEmpty { open[open.count - 1].count += 1 }
      if let digit = UInt8(word) {
        tokens.append(.value(digit))
      } else if let operation = Operator.allCases.first(where: { $0.token == word }) {
        open.append((tokens.count, 0))
        tokens.append(.open(operation, argumentCount: 0))
      }
    }
    return ListOpsExpression(tokens: tokens)
  }
}

/// The original's way: a tree is grown argument by argument, and thrown away when its length is
/// not permitted.
private struct NaiveListOps {
  let parameters: ListOpsParameters
  var random = PhiloxStream(Philox(seed: 99, purpose: .sample), 0)

  init(parameters: ListOpsParameters) { self.parameters = parameters }

  mutating func next() -> ListOpsExpression {
    while true {
      var tokens: [ListOpsExpression.Token] = []
      grow(&tokens, depth: 1)
      if tokens.count > parameters.minimumLength && tokens.count < parameters.maximumLength {
        return ListOpsExpression(tokens: tokens)
      }
    }
  }

  private mutating func grow(_ tokens: inout [ListOpsExpression.Token], depth: Int) {
    guard depth < parameters.maximumDepth,
      Double(random.nextUnit()) < parameters.treeProbability
    else {
      tokens.append(.value(UInt8(random.next(below: 10))))
      return
    }
    let operation = ListOpsExpression.Operator.allCases[random.next(below: 4)]
    let count = 2 + random.next(below: parameters.maximumArguments - 1)
    tokens.append(.open(operation, argumentCount: UInt16(count)))
    for _ in 0..<count { grow(&tokens, depth: depth + 1) }
    tokens.append(.close)
  }
}

/// A new folder for a test's files.
func temporaryFolder() throws -> String {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  return url.path
}

/// A member of an archive.
struct UnpackedMember {
  var name: String
  var bytes: Data
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// An archive's members in order, unpacked by the system's tar; those whose name ends in a suffix.
func unpacked(_ path: String, only suffix: String = "") throws -> [UnpackedMember] {
  let names = try output(of: ["tar", "-t", "-z", "-f", path]).split(separator: UInt8(ascii: "\n"))
    .map { String(decoding: $0, as: UTF8.self) }
  return try names.filter { $0.hasSuffix(suffix) }.map { name in
    UnpackedMember(name: name, bytes: try output(of: ["tar", "-x", "-z", "-O", "-f", path, name]))
  }
}

private func output(of command: [String]) throws -> Data {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return data
}
