internal import ArgumentParser
internal import DataKit
internal import Foundation
internal import ToolSupport

/// `lra-prep show`: samples as a person reads them.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows samples: tokens as text, images, sound and series as a PNG.",
    usage: "lra-prep show <folder> [<options>]",
    discussion: """
      Examples:
        lra-prep show data/text --sample 7
        lra-prep show data/listops --count 3 --mask span-0.50-length-8-seed-0
        lra-prep show data/pathfinder32 --mask token-0.50-seed-0 -o sheet.png

      Text goes to standard output; of a PNG its name does. Masked tokens stand in
      ⟦ ⟧, masked pixels are red, masked stretches of a plot have a red ground.
      """
  )

  @Argument(help: "The data set's folder.", completion: .directory)
  var folder: String
  @Option(help: "The first sample to show, counted from 0 in the split's order.")
  var sample = 0
  @Option(help: "How many samples to show (default: 1 text, 16 images, 4 plots).")
  var count: Int?
  @Option(
    help: "train, validation or test.",
    completion: .list(Split.allCases.map(\.rawValue))
  )
  var split = "train"
  @Option(
    help: ArgumentHelp(
      "Mark a mask set of the data set; 'lra-prep inspect' names them.",
      valueName: "name"
    )
  )
  var mask: String?
  @Option(help: "The variant of the mask set, from 0.")
  var variant = 0
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The PNG file to write (default: samples.png).", valueName: "file"),
    completion: .file(extensions: ["png"])
  )
  var output: String?

  func validate() throws {
    guard Split(rawValue: split) != nil else {
      throw ValidationError("--split must be train, validation or test, not '\(split)'")
    }
    guard sample >= 0, (0...1_000_000).contains(variant), count ?? 1 >= 1 else {
      throw ValidationError(
        "--sample must be 0 or more, --count 1 or more, --variant 0 to 1,000,000"
      )
    }
    guard output != "" else { throw ValidationError("--output must not be empty") }
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
    let drawing = SampleDrawing(
      manifest: dataSet.manifest,
      samples: samples,
      masks: try mask.map { samples.maskReader(try dataSet.maskSet(named: $0)) },
      variant: variant
    )
    func indices(_ usual: Int) -> Range<Int> {
      sample..<sample + min(count ?? usual, samples.count - sample)
    }
    switch dataSet.manifest.input {
    case .tokens:
      guard output == nil else {
        throw ToolFailure(
          "--output is for pictures: the samples of \(folder) are text, which goes to standard output"
        )
      }
      for index in indices(1) {
        printError("\(split) sample \(index): \(drawing.description(of: index))")
        for text in try drawing.texts(of: index) { print(text) }
      }
    case .pixels: try write(try drawing.contactSheet(of: indices(16)))
    case .audio, .series: try write(try drawing.plots(of: indices(4)))
    }
  }

  private func write(_ png: [UInt8]) throws {
    let path = output ?? "samples.png"
    try AtomicFile.write(png, to: path)
    print(path)
  }
}
