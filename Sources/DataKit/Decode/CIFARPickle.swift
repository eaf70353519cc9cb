/// A batch of CIFAR-10 as Python 2 pickled it: a dictionary with `labels`, a list of integers, and
/// `data`, a matrix of bytes with a row per image; the other keys are ignored.
struct CIFARPickle: Sendable {
  /// The values of an image: red, green and blue planes of 32 x 32.
  static let rowLength = 3072

  /// One per image, 0 to 9.
  let labels: [UInt8]
  /// [images, 3072].
  let images: ByteMatrix

  /// Reads a batch.
  ///
  /// - Throws: ``FormatError`` when the pickle holds anything but such a batch.
  init(_ bytes: [UInt8]) throws(FormatError) {
    let pickle = try PickleMachine(bytes)
    func value(_ key: String) -> PickleMachine.Value? {
      pickle.entries.last { bytes[$0.key].elementsEqual(key.utf8) }?.value
    }
    guard case .array(.some(let images)) = value("data"), images.columns == Self.rowLength else {
      throw FormatError("pickle: there is no 'data' with rows of \(Self.rowLength) bytes")
    }
    guard case .list(let list) = value("labels"), pickle.lists[list].count == images.rows else {
      throw FormatError("pickle: there are not as many 'labels' as images (\(images.rows))")
    }
    var labels: [UInt8] = []
    for (index, number) in pickle.lists[list].enumerated() {
      guard case .integer(let label) = number, (0...9).contains(label) else {
        throw FormatError("record \(index) has no label from 0 to 9")
      }
      labels.append(UInt8(label))
    }
    guard !labels.isEmpty else { throw FormatError("pickle: the batch has no images") }
    self.labels = labels
    self.images = images
  }
}
