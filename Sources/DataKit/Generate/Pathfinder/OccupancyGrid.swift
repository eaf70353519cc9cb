/// The mask of what is taken in an image, with undo.
///
/// Cells are bytes, 255 for 1. A frame of zeros around the image lets stamps reach over the edge;
/// it is never written.
final class OccupancyGrid {
  /// A cell counts as taken from here on: a mask value over 0.3.
  static let taken: UInt8 = 77

  private struct Change {
    var index: Int32
    var old: UInt8
  }

  let resolution: Int
  let frame: Int
  let stride: Int
  /// Image pixels that are taken.
  private(set) var takenCount = 0
  private let cells: UnsafeMutablePointer<UInt8>
  private let cellCount: Int
  private var changes: UnsafeMutablePointer<Change>
  private var changeCapacity = 4096
  private var changeCount = 0

  /// An empty image with a taken border of `padding` pixels.
  init(resolution: Int, padding: Int, frame: Int, stride: Int) {
    self.resolution = resolution
    self.frame = frame
    self.stride = stride
    cellCount = stride * stride
    changes = .allocate(capacity: changeCapacity)
    cells = .allocate(capacity: cellCount)
    cells.initialize(repeating: 0, count: cellCount)
    let inside = padding..<(resolution - padding)
    for row in 0..<resolution {
      for column in 0..<resolution where !inside.contains(row) || !inside.contains(column) {
        cells[(row + frame) * stride + column + frame] = 255
        takenCount += 1
      }
    }
  }

  deinit {
    cells.deallocate()
    changes.deallocate()
  }

  /// The index of an image pixel.
  @inline(__always)
  func index(_ place: PixelOffset) -> Int {
    (place.row + frame) * stride + place.column + frame
  }

  /// Whether a pixel lies in the image.
  @inline(__always)
  func contains(_ place: PixelOffset) -> Bool {
    place.row >= 0 && place.row < resolution && place.column >= 0 && place.column < resolution
  }

  /// The greatest value in the disc around a pixel.
  @inline(__always)
  func dilated(at index: Int, disc: Span<Int>) -> UInt8 {
    var greatest: UInt8 = 0
    for step in disc.indices {
      let value = cells[index + disc[step]]
      if value > greatest { greatest = value }
    }
    return greatest
  }

  /// Whether a paddle placed at a pixel would lie on another.
  func collides(_ core: Span<StampPixel>, at index: Int) -> Bool {
    for position in core.indices {
      let pixel = core[position]
      if Int(cells[index + Int(pixel.offset)]) + Int(pixel.value) >= PaddleStamp.collision {
        return true
      }
    }
    return false
  }

  /// Whether no cell of a footprint is taken; a border of one pixel counts as taken too.
  func isFree(_ footprint: [PixelOffset], at place: PixelOffset) -> Bool {
    let last = resolution - 1
    for step in footprint {
      let cell = place + step
      guard contains(cell) else { continue }
      if cell.row == 0 || cell.column == 0 || cell.row == last || cell.column == last {
        return false
      }
      if cells[index(cell)] >= Self.taken { return false }
    }
    return true
  }

  /// Joins a paddle's mask: each cell becomes the greater of the two values.
  ///
  /// - Parameters:
  ///   - mask: the paddle's mask.
  ///   - place: where the paddle starts.
  ///   - reach: how far the mask goes from there at most.
  func join(_ mask: Span<StampPixel>, at place: PixelOffset, reach: Int) {
    reserveChanges(mask.count)
    let base = index(place)
    let inside = reach..<(resolution - reach)
    let isWhole = inside.contains(place.row) && inside.contains(place.column)
    var (count, newlyTaken) = (changeCount, 0)
    for position in mask.indices {
      let pixel = mask[position]
      let index = base + Int(pixel.offset)
      let old = cells[index]
      guard pixel.value > old else { continue }
      if !isWhole {
        let cell = place + PixelOffset(row: Int(pixel.row), column: Int(pixel.column))
        guard contains(cell) else { continue }
      }
      changes[count] = Change(index: Int32(index), old: old)
      count += 1
      cells[index] = pixel.value
      if old < Self.taken && pixel.value >= Self.taken { newlyTaken += 1 }
    }
    changeCount = count
    takenCount += newlyTaken
  }

  private func reserveChanges(_ count: Int) {
    guard changeCount + count > changeCapacity else { return }
    changeCapacity = 2 * (changeCount + count)
    let larger = UnsafeMutablePointer<Change>.allocate(capacity: changeCapacity)
    larger.moveInitialize(from: changes, count: changeCount)
    changes.deallocate()
    changes = larger
  }

  /// A state to return to.
  var checkpoint: Int { changeCount }

  /// Undoes everything joined since a checkpoint.
  func rollBack(to checkpoint: Int) {
    let changes = changes
    var (count, freed) = (changeCount, 0)
    while count > checkpoint {
      count -= 1
      let change = changes[count]
      let index = Int(change.index)
      if change.old < Self.taken && cells[index] >= Self.taken { freed += 1 }
      cells[index] = change.old
    }
    changeCount = count
    takenCount -= freed
  }
}
