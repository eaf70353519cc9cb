/// Reverses the filters of rows of one byte a pixel (PNG specification, section 9).
///
/// - Parameters:
///   - filtered: rows of `width + 1` bytes, the filter's number first; as many as `pixels` has room
///     for.
///   - width: the pixels of a row, at least 1.
///   - pixels: the rows without the numbers.
/// - Returns: false when a filter's number is not 0...4.
func reverseFilters(
  _ filtered: UnsafeRawBufferPointer,
  width: Int,
  into pixels: UnsafeMutableRawBufferPointer
) -> Bool {
  let height = pixels.count / width
  precondition(
    width > 0 && pixels.count == width * height && filtered.count >= height * (width + 1)
  )
  guard var row = filtered.baseAddress?.assumingMemoryBound(to: UInt8.self),
    var output = pixels.baseAddress?.assumingMemoryBound(to: UInt8.self)
  else { return true }
  for line in 0..<height {
    let filter = row[0]
    row += 1
    let above = UnsafePointer(output) - width
    if line == 0 {
      // Above the first row all is zero, which leaves nothing, Sub or half of Average.
      switch filter {
      case 0, 2: output.update(from: row, count: width)
      case 1, 4: addLeft(row, to: output, width)
      case 3: addHalfLeft(row, to: output, width)
      default: return false
      }
    } else {
      switch filter {
      case 0: output.update(from: row, count: width)
      case 1: addLeft(row, to: output, width)
      case 2: addAbove(row, above, to: output, width)
      case 3: addAverage(row, above, to: output, width)
      case 4: addPaeth(row, above, to: output, width)
      default: return false
      }
    }
    row += width
    output += width
  }
  return true
}

private typealias Row = UnsafePointer<UInt8>
private typealias Output = UnsafeMutablePointer<UInt8>

@inline(__always)
private func addLeft(_ row: Row, to output: Output, _ width: Int) {
  var left: UInt8 = 0
  for x in 0..<width {
    left &+= row[x]
    output[x] = left
  }
}

@inline(__always)
private func addHalfLeft(_ row: Row, to output: Output, _ width: Int) {
  var left: UInt8 = 0
  for x in 0..<width {
    left = row[x] &+ left >> 1
    output[x] = left
  }
}

@inline(__always)
private func addAbove(_ row: Row, _ above: Row, to output: Output, _ width: Int) {
  for x in 0..<width { output[x] = row[x] &+ above[x] }
}

@inline(__always)
private func addAverage(_ row: Row, _ above: Row, to output: Output, _ width: Int) {
  var left: UInt8 = 0
  for x in 0..<width {
    left = row[x] &+ UInt8(truncatingIfNeeded: (UInt32(left) &+ UInt32(above[x])) >> 1)
    output[x] = left
  }
}

@inline(__always)
private func addPaeth(_ row: Row, _ above: Row, to output: Output, _ width: Int) {
  var left: Int32 = 0
  var corner: Int32 = 0
  for x in 0..<width {
    let up = Int32(above[x])
    let toLeft = abs(up &- corner)
    let toUp = abs(left &- corner)
    let toCorner = abs(left &+ up &- corner &- corner)
    var nearest = toUp <= toCorner ? up : corner
    nearest = toLeft <= toUp && toLeft <= toCorner ? left : nearest
    left = (Int32(row[x]) &+ nearest) & 0xFF
    corner = up
    output[x] = UInt8(truncatingIfNeeded: left)
  }
}
