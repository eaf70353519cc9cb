internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep show`: samples as a person reads them.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows samples: text decoded back from ids, images as a PNG contact sheet.",
    discussion: """
      Examples:
        lra-prep show data/text --sample 7
        lra-prep show data/listops --sample 0 --count 3 --mask span-0.50-length-8-seed-0
        lra-prep show data/pathfinder32 --sample 0 --count 16 --mask token-0.50-seed-0

      Masked tokens stand in ⟦ ⟧; masked pixels are red.
      """
  )

  @Argument(help: "The data set's folder.")
  var folder: String
  @Option(help: "The first sample to show, counted from 0 in the split's order.")
  var sample = 0
  @Option(help: "How many samples to show (default: 1 for text, 16 for images).")
  var count: Int?
  @Option(help: "train, validation or test.")
  var split = "train"
  @Option(help: "The name of a stored mask set to mark.")
  var mask: String?
  @Option(help: "The variant of the mask set.")
  var variant = 0
  @Option(name: .shortAndLong, help: "The contact sheet of images.")
  var output = "samples.png"

  func validate() throws {
    guard Split(rawValue: split) != nil else {
      throw ValidationError("--split must be train, validation or test, not '\(split)'")
    }
    guard sample >= 0, (0...1_000_000).contains(variant), count ?? 1 >= 1 else {
      throw ValidationError(
        "--sample must be 0 or more, --count 1 or more, --variant 0 to 1,000,000"
      )
    }
  }

  func run() throws {
    let dataSet = try DataSet(opening: folder)
    let samples = try dataSet.split(Split(rawValue: split) ?? .train)
    guard sample < samples.count else {
      throw DataSetError(
        path: folder,
        reason: "there is no sample \(sample): the \(split) split has \(samples.count)"
      )
    }
    let masks = try mask.map { samples.maskReader(try dataSet.maskSet(named: $0)) }
    let wanted = count ?? (dataSet.manifest.input == .tokens ? 1 : 16)
    let indices = sample..<sample + min(wanted, samples.count - sample)
    if let vocabulary = dataSet.manifest.vocabulary {
      for index in indices { try show(index, of: samples, vocabulary, masks) }
    } else {
      try drawSheet(indices, of: samples, side: dataSet.manifest.maximumLength, masks)
    }
  }

  private func values(_ index: Int, of samples: DataSplit) throws -> [Int32] {
    try [Int32](unsafeUninitializedCapacity: samples.length(at: index)) { buffer, count in
      count = try samples.copyValues(at: index, into: buffer)
    }
  }

  private func maskBytes(
    _ index: Int,
    of samples: DataSplit,
    _ masks: DataSplit.MaskReader?
  ) -> [UInt8]? {
    masks.map { reader in
      var bytes = [UInt8](repeating: 0, count: samples.length(at: index))
      bytes.withUnsafeMutableBufferPointer {
        reader.copyMask(at: index, variant: variant, into: $0)
      }
      return bytes
    }
  }

  private func show(
    _ index: Int,
    of samples: DataSplit,
    _ vocabulary: VocabularyDescription,
    _ masks: DataSplit.MaskReader?
  ) throws {
    let ids = try values(index, of: samples)
    printError(
      "\(split) sample \(index): id \(samples.sampleID(at: index)), "
        + "label \(samples.label(at: index)), \(ids.count) tokens"
    )
    print(
      SampleText.decode(
        ids,
        vocabulary: vocabulary,
        mask: maskBytes(index, of: samples, masks)
      )
    )
  }

  private func drawSheet(
    _ indices: Range<Int>,
    of samples: DataSplit,
    side pixels: Int,
    _ masks: DataSplit.MaskReader?
  ) throws {
    let side = Int(Double(pixels).squareRoot())
    let tiles = try indices.map { index in
      ContactSheet.Tile(
        pixels: try values(index, of: samples).map { UInt8(truncatingIfNeeded: $0) },
        mask: maskBytes(index, of: samples, masks) ?? [],
        caption: "\(index) label:\(samples.label(at: index))"
      )
    }
    let png = try ContactSheet(side: side).png(tiles)
    try AtomicFile.write(png, to: output)
    print(output)
  }
}
