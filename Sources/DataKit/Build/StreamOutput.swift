internal import Synchronization

/// A data set stream that takes each file of a build as soon as it is finished.
final class StreamOutput: Sendable {
  private let stream: Mutex<DataSetStream>

  init(_ stream: sending DataSetStream) { self.stream = Mutex(stream) }

  /// Sends a file and removes it.
  func send(_ file: String, _ digest: FileDigest, in folder: String) throws {
    let path = folder + "/" + file
    try stream.withLock { try $0.append(fileAt: path, name: file, digest: digest) }
    try OutputFolder.remove(path)
  }

  /// Completes the stream.
  func finish(_ manifest: [UInt8]) throws {
    try stream.withLock { try $0.finish(manifest: manifest) }
  }
}
