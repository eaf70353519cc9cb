/// A colour of an RGB image.
struct Colour: Equatable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  static let black = Colour(0, 0, 0)
  static let blue = Colour(46, 98, 163)
  /// Told apart by people who see few colours, too.
  static let series = [blue, Colour(204, 102, 0), Colour(0, 140, 110), Colour(150, 70, 150)]
}

/// An RGB image under construction, white at first.
struct Canvas {
  let width: Int
  let height: Int
  private var pixels: [UInt8]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    pixels = [UInt8](repeating: 255, count: 3 * width * height)
  }

  mutating func set(_ x: Int, _ y: Int, _ colour: Colour) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let start = 3 * (y * width + x)
    (pixels[start], pixels[start + 1], pixels[start + 2]) = (colour.red, colour.green, colour.blue)
  }

  mutating func fill(x: Range<Int>, y: Range<Int>, _ colour: Colour) {
    for row in y { for column in x { set(column, row, colour) } }
  }

  /// Writes text in a font of 3 x 5 pixels, each enlarged `scale` times, up to the column `right`.
  mutating func write(_ text: String, left: Int, top: Int, scale: Int = 2, right: Int) {
    var x = left
    for character in text {
      guard x + 3 * scale <= right else { return }
      for (line, bits) in PixelFont.rows(of: character).enumerated() {
        for column in 0..<3 where bits >> (2 - column) & 1 == 1 {
          let (left, top) = (x + column * scale, top + line * scale)
          fill(x: left..<left + scale, y: top..<top + scale, .black)
        }
      }
      x += 4 * scale
    }
  }

  /// The columns that a text takes.
  static func width(of text: String, scale: Int = 2) -> Int { text.count * 4 * scale }

  /// The image as a PNG file.
  func png() throws(PNGError) -> [UInt8] {
    try encodePNG(pixels, width: width, height: height, channels: 3)
  }
}

/// Digits, letters without regard to case, and some signs: three bits a row, five rows.
private enum PixelFont {
  private static let glyphs: [Character: [UInt8]] = [
    "0": [7, 5, 5, 5, 7], "1": [2, 6, 2, 2, 7], "2": [7, 1, 7, 4, 7], "3": [7, 1, 7, 1, 7],
    "4": [5, 5, 7, 1, 1], "5": [7, 4, 7, 1, 7], "6": [7, 4, 7, 5, 7], "7": [7, 1, 1, 2, 2],
    "8": [7, 5, 7, 5, 7], "9": [7, 5, 7, 1, 7], ":": [0, 2, 0, 2, 0], "-": [0, 0, 7, 0, 0],
    ".": [0, 0, 0, 0, 2], ",": [0, 0, 0, 2, 4], "%": [5, 1, 2, 4, 5], "/": [1, 1, 2, 4, 4],
    "+": [0, 2, 7, 2, 0], "=": [0, 7, 0, 7, 0], "_": [0, 0, 0, 0, 7], "(": [2, 4, 4, 4, 2],
    ")": [2, 1, 1, 1, 2], "a": [0, 7, 1, 7, 7], "b": [4, 4, 7, 5, 7], "c": [0, 7, 4, 4, 7],
    "d": [1, 1, 7, 5, 7], "e": [7, 5, 7, 4, 7], "f": [3, 4, 6, 4, 4], "g": [7, 5, 7, 1, 6],
    "h": [4, 4, 7, 5, 5], "i": [2, 0, 2, 2, 2], "j": [1, 0, 1, 5, 7], "k": [4, 5, 6, 6, 5],
    "l": [4, 4, 4, 4, 7], "m": [0, 7, 7, 5, 5], "n": [0, 7, 5, 5, 5], "o": [0, 7, 5, 5, 7],
    "p": [0, 7, 5, 7, 4], "q": [0, 7, 5, 7, 1], "r": [0, 7, 4, 4, 4], "s": [7, 4, 7, 1, 7],
    "t": [2, 7, 2, 2, 3], "u": [0, 5, 5, 5, 7], "v": [0, 5, 5, 5, 2], "w": [0, 5, 5, 7, 7],
    "x": [0, 5, 2, 2, 5], "y": [0, 5, 5, 2, 4], "z": [0, 7, 1, 2, 7],
  ]

  static func rows(of character: Character) -> [UInt8] {
    glyphs[Character(character.lowercased())] ?? []
  }
}
