import Foundation
import TestSupport
import Testing

@testable import DataKit

/// Builds data sets from files that tests make.
struct OwnData {
  let folder = TemporaryFolder()

  /// Writes a file, and its folders.
  func file(_ name: String, _ content: String) throws -> String {
    try file(name, Array(content.utf8))
  }

  /// Writes a file, and its folders.
  func file(_ name: String, _ content: [UInt8]) throws -> String {
    let path = folder.file(name)
    let parent = URL(filePath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
    try Data(content).write(to: URL(filePath: path))
    return path
  }

  /// Writes an archive of the members, in order.
  func archive(_ members: [(String, [UInt8])]) throws -> String {
    let path = folder.file("\(UUID()).tar.gz")
    let writer = try ArchiveWriter(path: path)
    for (name, bytes) in members { try writer.addMember(name, bytes) }
    try writer.finish()
    return path
  }

  /// Writes an archive of texts.
  func archive(texts members: [(String, String)]) throws -> String {
    try archive(members.map { ($0, Array($1.utf8)) })
  }

  /// Builds a task as the command line does, options checked.
  func build(
    _ task: String,
    _ inputs: [String],
    policy: ErrorPolicy = .fail,
    prefix: String? = nil,
    _ set: (inout TaskOptions) -> Void = { _ in }
  ) throws -> DataSet {
    try DataSet(opening: results(task, inputs, policy: policy, prefix: prefix, set).folder)
  }

  /// What a build returns.
  func results(
    _ task: String,
    _ inputs: [String],
    policy: ErrorPolicy = .fail,
    prefix: String? = nil,
    _ set: (inout TaskOptions) -> Void = { _ in }
  ) throws -> BuildResult {
    var options = TaskOptions()
    set(&options)
    let definition = try #require(TaskDefinition.named(task, options: options))
    try definition.check(options)
    let plan = BuildPlan(
      inputs: inputs.map { .file($0) },
      tasks: [definition],
      folders: [folder.file("out-\(UUID())")],
      threads: 2,
      errorPolicy: policy,
      prefix: prefix
    )
    return try #require(try Build(plan).run().first)
  }

  /// How many samples train, validate and test.
  func counts(_ dataSet: DataSet) -> [Int] {
    Split.allCases.map { dataSet.manifest.splits[$0.rawValue]?.samples ?? 0 }
  }

  /// The texts of all samples in canonical order, without their end.
  func texts(_ dataSet: DataSet, separator: String = "") throws -> [String] {
    let tokens = try #require(dataSet.manifest.vocabulary).tokens
    let samples = try CanonicalSamples(
      dataSet,
      Split.allCases.filter { dataSet.manifest.splits[$0.rawValue] != nil }
    )
    return try (0..<samples.count).map { index in
      try samples.values(index).dropLast().map { tokens[Int($0)] }.joined(separator: separator)
    }
  }

  /// The error of `body` as a user reads it; empty when there is none.
  func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }
}
