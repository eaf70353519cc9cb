import Foundation
import TestSupport
import Testing

@testable import DataKit
@testable import Tokenizers

/// Token tasks against the digests of `fixtures/golden-data`.
///
/// The archives are other people's data and not part of the repository: `LRA_TEST_DATA` names
/// their folder, and the tests are skipped where there is none.
@Suite(
  .serialized,
  .enabled(if: Fixtures.archives != nil, "the published archives are not on this machine")
)
struct GoldenTokenTests {
  private let folder = TemporaryFolder()
  /// Checks a split, its sequences one after the other, against its golden entry.
  private func expect(_ samples: DataSplit, sequences: Int, equals golden: Golden.Node) throws {
    #expect(samples.count == golden["n"]?.integer)
    let (tokens, labels, lengths) = (GoldenDigest(), GoldenDigest(), GoldenDigest())
    for index in 0..<samples.count {
      labels.add(Int32(samples.label(at: index)))
      for sequence in 0..<sequences {
        let ids = try samples.values(at: index, sequence: sequence).map { UInt16($0) }
        tokens.add(UInt32(ids.count))
        tokens.add(ids)
        lengths.add(UInt32(ids.count))
      }
    }
    #expect(tokens.finish() == golden["tokens_sha256"]?.text)
    #expect(labels.finish() == golden["labels_sha256"]?.text)
    #expect(lengths.finish() == golden["lengths_sha256"]?.text)
    if let first = golden["first_full"]?.integers {
      #expect(try samples.values(at: 0).map { Int($0) } == first)
    }
    try expectEnds(samples, "first", at: 0, step: 1, golden)
    try expectEnds(samples, "last", at: samples.count - 1, step: -1, golden)
  }

  /// The samples that the golden file spells out at a split's start and end.
  private func expectEnds(
    _ samples: DataSplit,
    _ key: String,
    at start: Int,
    step: Int,
    _ golden: Golden.Node
  ) throws {
    let entries = try golden.node(key).list
    for (offset, entry) in (step > 0 ? entries : entries.reversed()).enumerated() {
      let index = start + step * offset
      #expect(Int(samples.label(at: index)) == entry["label"]?.integer)
      for (sequence, expected) in try entry.node("sequences").list.enumerated() {
        let ids = try samples.values(at: index, sequence: sequence).map { UInt16($0) }
        let digest = GoldenDigest()
        digest.add(UInt32(ids.count))
        digest.add(ids)
        #expect(digest.finish() == expected["sha256"]?.text)
        #expect(ids.count == expected["length"]?.integer)
      }
    }
  }

  private func expectVocabulary(_ dataSet: DataSet, equals golden: Golden.Node) throws {
    let vocabulary = try #require(dataSet.manifest.vocabulary)
    let expected = try golden.node("vocab")
    #expect(vocabulary.tokens == expected["tokens"]?.value as? [String])
    #expect(vocabulary.tokens.count == expected["size"]?.integer)
    #expect(
      GoldenDigest.of(names: vocabulary.tokens) == expected["sha256_utf8_joined_by_LF"]?.text
    )
    let counts = try #require(expected["counts"]?.value as? [Any]).map { $0 as? Int ?? 0 }
    #expect(vocabulary.counts == counts)
    let specials = try #require(expected["specials"]?.value as? [String])
    #expect(Array(vocabulary.tokens.prefix(specials.count)) == specials)
    for (id, token) in [(vocabulary.padID, "<pad>"), (vocabulary.unknownID, "<unk>")] {
      #expect(vocabulary.tokens[id] == token)
    }
    #expect(vocabulary.tokens[vocabulary.endID] == "<eos>")
    #expect(vocabulary.maskID.map { vocabulary.tokens[$0] } == specials.first { $0 == "<mask>" })
  }

  @Test(arguments: [
    ("listops", "lra_release.gz", "lra_release.listops", 1),
    ("listops", "metadata-last/lra_release.gz", "metadata-last.lra_release.listops", 1),
    ("retrieval", "lra_release.gz", "lra_release.retrieval", 2),
    ("aan", "metadata-last/lra_release.gz", "metadata-last.lra_release.retrieval", 2),
  ])
  func `ListOps and Retrieval give the reference's ids, vocabulary and labels`(
    task: String,
    archive: String,
    name: String,
    sequences: Int
  ) throws {
    let golden = try Golden(name)
    let dataSet = try GoldenBuild.run(task, from: archive, into: folder)
    #expect(dataSet.manifest.sequences == sequences)
    try expectVocabulary(dataSet, equals: golden.top)
    for (split, name) in Golden.splits {
      let expected = try golden.top.node("splits").node(name)
      try expect(try dataSet.split(split), sequences: sequences, equals: expected)
    }
    #expect(golden.unread.isEmpty, "not compared: \(golden.unread.sorted())")
  }

  @Test(
    arguments: [
      ("aclImdb_v1.text", .standard), ("aclImdb_v1.text-cls", .classToken),
      ("aclImdb_v1.text-nomask", .noMask),
    ] as [(String, SpecialTokens)]
  )
  func `Text gives the reference's ids, vocabulary and labels under every rule`(
    name: String,
    specials: SpecialTokens
  ) throws {
    let golden = try Golden(name)
    var options = TaskOptions()
    if specials != .standard { options.specialTokens = specials }
    let archive = "aclImdb_v1.tar.gz"
    let dataSet = try GoldenBuild.run("text", from: archive, options: options, into: folder)
    try expectVocabulary(dataSet, equals: golden.top)
    let names = try reviews(in: archive)
    for (split, name) in [(Split.train, "train"), (.test, "test")] {
      let expected = try golden.top.node("splits").node(name)
      try expect(try dataSet.split(split), sequences: 1, equals: expected)
      let order = try golden.top.node("order_sha256").node(name)
      #expect(GoldenDigest.of(names: names[split] ?? []) == order.text)
    }
    #expect(dataSet.manifest.validationSplit == .test)
    #expect(try dataSet.split(.validation).count == 25_000)
    #expect(golden.unread.isEmpty, "not compared: \(golden.unread.sorted())")
  }

  /// The names of the reviews that the task takes, in the archive's order.
  private func reviews(in archive: String) throws -> [Split: [String]] {
    let task = try #require(TaskDefinition.named("text"))
    let reader = try ArchiveReader(.file(try #require(Fixtures.archives) + "/" + archive))
    var names: [Split: [String]] = [:]
    while let member = try reader.next() {
      guard let (_, tail) = task.locate(member.path.split(separator: "/")), tail[1] != "unsup",
        let split = Split(rawValue: String(tail[0]))
      else { continue }
      names[split, default: []].append(member.path)
    }
    return names
  }

  @Test func `the decoded texts of Retrieval are those behind the literals`() throws {
    var options = TaskOptions()
    options.textForm = .decoded
    let archive = "metadata-last/lra_release.gz"
    let decoded = try GoldenBuild.run("retrieval", from: archive, options: options, into: folder)
    let literal = try GoldenBuild.run("retrieval", from: archive, into: folder)
    func text(_ dataSet: DataSet) throws -> String {
      let vocabulary = try #require(dataSet.manifest.vocabulary)
      return try dataSet.split(.train).values(at: 0).dropLast()
        .map { vocabulary.tokens[Int($0)] }.joined()
    }
    #expect(decoded.manifest.options["text_form"] == "decoded")
    let (plain, quoted) = (try text(decoded), try text(literal))
    #expect(quoted.hasPrefix("b'") || quoted.hasPrefix("b\""))
    #expect(plain.hasPrefix(String(quoted.dropFirst(2).prefix(20))))
    #expect(plain.contains("\n") && !quoted.contains("\n"))
    #expect(decoded.manifest.options["repaired_texts"] != nil)
  }

  @Test func `bytes of Text have fixed ids`() throws {
    var options = TaskOptions()
    options.tokenizer = .byte
    options.maximumLength = 1000
    let dataSet = try GoldenBuild.run(
      "text",
      from: "aclImdb_v1.tar.gz",
      options: options,
      into: folder
    )
    #expect(dataSet.manifest.vocabulary?.tokens.count == 260)
    #expect(dataSet.manifest.maximumLength == 1000)
    #expect(dataSet.manifest.elementType == .uint16)
    let characters = try GoldenBuild.run("text", from: "aclImdb_v1.tar.gz", into: folder)
    let tokens = try #require(characters.manifest.vocabulary).tokens
    let text = try characters.split(.train).values(at: 0).prefix(200).map { tokens[Int($0)] }
      .joined()
    let bytes = try dataSet.split(.train).values(at: 0).prefix(text.utf8.count)
    #expect(bytes.map { $0 - 4 } == text.utf8.map { Int32($0) })
  }
}
