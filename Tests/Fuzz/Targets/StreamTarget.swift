import DataKit
import Foundation
import TestSupport

extension FuzzTarget {
  /// A data set's stream on its way into a folder.
  static let stream = FuzzTarget(name: "stream", weight: 12) { folder in
    try TinyDataSet.write(.tokens, to: folder + "/tokens")
    let manifest = try contents(of: folder + "/tokens/" + Manifest.fileName)
    let names = try fileNames(in: folder + "/tokens").filter { $0 != Manifest.fileName }
    let files = try names.map { ($0, try contents(of: folder + "/tokens/" + $0)) }
    let members =
      [(DataSetStream.contentsName, manifest)] + files + [(Manifest.fileName, manifest)]
    return [.archive(members, isCompressed: false)]
  } run: { input in
    let (path, folder) = (input.folder + "/stream", input.folder + "/received")
    try Data(input.bytes).write(to: URL(filePath: path))
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    do {
      _ = try DataSetReceiver(folder: folder).receive(from: descriptor, name: "stream")
    } catch {
      guard error is TransferError || error is DataSetError else {
        throw PropertyViolation("the transfer failed by \(type(of: error)): \(error)")
      }
      // Whole files wait in a folder of their own; under its name nothing may stand.
      let names = (try? fileNames(in: folder)) ?? []
      if let name = names.first(where: { $0.hasSuffix(".safetensors") || $0.hasSuffix(".json") }) {
        throw PropertyViolation("\(name) stands although the transfer failed: \(error)")
      }
      throw error
    }
    // A receiver compares sizes and XXH3 alone (docs/transport.md): a manifest whose SHA-256 was
    // changed in both of its copies is for `verify` to find.
    try checkFinished(folder, but: "has SHA-256")
    try expectOnly(["stream", "received"], in: input.folder)
  }
}
