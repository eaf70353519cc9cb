import Foundation
import TestSupport
import Testing

@testable import DataKit

struct GeneratePathfinderTests {
  /// What is compared between published and generated images.
  struct Statistics {
    var mean = 0.0
    var variance = 0.0
    var zeroShare = 0.0
    var upperLeftMean = 0.0
    var lowerRightMean = 0.0

    init(_ images: [[UInt8]], side: Int) {
      let count = Double(images.count * side * side)
      var (sum, squares, zeros) = (0, 0, 0)
      var quarters = [0, 0, 0, 0]
      for image in images {
        for (index, byte) in image.enumerated() {
          let value = Int(byte)
          sum += value
          squares += value * value
          if value == 0 { zeros += 1 }
          quarters[index / side / (side / 2) * 2 + index % side / (side / 2)] += value
        }
      }
      mean = Double(sum) / count
      variance = Double(squares) / count - mean * mean
      zeroShare = Double(zeros) / count
      upperLeftMean = Double(quarters[0]) * 4 / count
      lowerRightMean = Double(quarters[3]) * 4 / count
    }
  }

  private func samples(
    resolution: Int,
    contourLength: Int = 14,
    count: Int,
    seed: UInt64 = 11
  ) throws -> [PathfinderSample] {
    let parameters = try #require(
      PathfinderParameters.published(resolution: resolution, contourLength: contourLength)
    )
    var sampler = PathfinderSampler(model: try PathfinderModel(parameters: parameters), seed: seed)
    var result: [PathfinderSample] = []
    for index in 0..<count { result.append(try sampler.sample(at: index)) }
    return result
  }

  // Reference numbers: 6,000 images of 32 pixels and 120 of 256, contour length 14, made by the
  // program of Linsley et al. with the parameters that the official builder documents.
  @Test func `images of 32 pixels have the statistics of the published ones`() throws {
    let images = try samples(resolution: 32, count: 300)
    let found = Statistics(images.map(\.pixels), side: 32)
    #expect(abs(found.mean / 20.139 - 1) < 0.03)
    #expect(abs(found.variance / 2603.9 - 1) < 0.04)
    #expect(abs(found.zeroShare / 0.6590 - 1) < 0.02)
    // Snakes start toward the upper left; see the footprint in PaddleTables.
    #expect(abs(found.upperLeftMean / 26.08 - 1) < 0.12)
    #expect(abs(found.lowerRightMean / 15.88 - 1) < 0.15)
    let positive = images.filter { $0.label == 1 }.count
    #expect((110...190).contains(positive))
  }

  @Test func `images of 256 pixels have the statistics of the published ones`() throws {
    let images = try samples(resolution: 256, count: 12)
    let found = Statistics(images.map(\.pixels), side: 256)
    #expect(abs(found.mean / 2.954 - 1) < 0.04)
    #expect(abs(found.variance / 583.6 - 1) < 0.04)
    #expect(abs(found.zeroShare / 0.9611 - 1) < 0.004)
  }

  @Test(arguments: [(32, 9), (32, 6), (64, 6)])
  func `other levels and resolutions give full images`(
    resolution: Int,
    contourLength: Int
  ) throws {
    let images = try samples(resolution: resolution, contourLength: contourLength, count: 2)
    for image in images {
      #expect(image.pixels.count == resolution * resolution)
      #expect(image.pixels.max() == 255)
      #expect(image.pixels.min() == 0)
    }
  }

  @Test func `an image depends on seed and number alone`() throws {
    let parameters = try #require(PathfinderParameters.published(resolution: 32))
    let model = try PathfinderModel(parameters: parameters)
    var forward = PathfinderSampler(model: model, seed: 1)
    var single = PathfinderSampler(model: model, seed: 1)
    let (first, second) = (try forward.sample(at: 0), try forward.sample(at: 1))
    #expect(try single.sample(at: 1).pixels == second.pixels)
    #expect(first.pixels != second.pixels)
    var other = PathfinderSampler(model: model, seed: 2)
    #expect(try other.sample(at: 0).pixels != first.pixels)
  }

  // Values of Pillow 13: a line of width 1 in a fine picture, reduced by its Lanczos filter.
  @Test func `a horizontal paddle has Pillow's pixels`() throws {
    let parameters = try #require(PathfinderParameters.published(resolution: 32))
    let stamp = PaddleStamp(orientation: 0, parameters: parameters, margin: 1, stride: 100)
    let middle = stamp.line.filter { $0.row == 0 }.map { [Int($0.column), Int($0.value)] }
    #expect(middle == [[-2, 2], [0, 102], [1, 135], [2, 116]])
  }

  @Test func `a slanted wide paddle has Pillow's pixels`() throws {
    let parameters = try #require(PathfinderParameters.published(resolution: 128))
    let stamp = PaddleStamp(
      orientation: 37 * .pi / 180,
      parameters: parameters,
      margin: 2,
      stride: 400
    )
    let row = stamp.line.filter { $0.row == 2 }.map { [Int($0.column), Int($0.value)] }
    #expect(row == [[-2, 1], [0, 7], [1, 168], [2, 255], [3, 252], [4, 81], [6, 2]])
    #expect(stamp.line.reduce(0) { $0 + Int($1.value) } == 2807)
  }

  @Test func `the archive has the release's layout for any number of threads`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let parameters = try #require(
      PathfinderParameters.published(resolution: 32, contourLength: 6)
    )
    let model = try PathfinderModel(parameters: parameters)
    func bytes(threads: Int) throws -> Data {
      let archive = try PathfinderArchive(
        model: model,
        seed: 4,
        sampleCount: 5,
        batchSize: 2,
        threads: threads
      )
      let path = "\(folder)/\(threads).tar.gz"
      let writer = try ArchiveWriter(path: path)
      try archive.write(to: writer)
      try writer.finish()
      return try Data(contentsOf: URL(fileURLWithPath: path))
    }
    #expect(try bytes(threads: 1) == bytes(threads: 3))
    let members = try unpacked("\(folder)/1.tar.gz")
    let root = "lra_release/lra_release/pathfinder32/curv_baseline/"
    let expected = [
      "metadata/0.npy", "imgs/0/sample_0.png", "imgs/0/sample_1.png",
      "metadata/1.npy", "imgs/1/sample_0.png", "imgs/1/sample_1.png",
      "metadata/2.npy", "imgs/2/sample_0.png",
    ]
    #expect(members.map(\.name) == expected.map { root + $0 })
    let rows = members[3].text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(rows.count == 3 && rows[2].isEmpty)
    let fields = rows[1].split(separator: " ")
    #expect(fields[0] == "imgs/1" && fields[1] == "sample_1.png" && fields[2] == "1")
    #expect(["0", "1"].contains(fields[3]))
    #expect(fields[4...] == ["1.0", "6", "2", "2", "0.5", "1", "1"])
    #expect(members[1].bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  @Test func `impossible parameters are refused`() throws {
    var parameters = try #require(PathfinderParameters.published(resolution: 32))
    parameters.paddleThickness = 0.3
    #expect(parameters.problem == "paddle thickness 0.3 is not a multiple of 1/2")
    #expect(throws: GenerateError.self) { try PathfinderModel(parameters: parameters) }
    #expect(PathfinderParameters.published(resolution: 48) == nil)
    for resolution in PathfinderParameters.resolutions {
      #expect(PathfinderParameters.published(resolution: resolution)?.problem == nil)
    }
  }
}

struct ArchiveWriterTests {
  @Test func `a dropped archive leaves nothing behind`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let writer = try ArchiveWriter(path: "\(folder)/a.tar.gz")
      try writer.addMember("a", [1, 2, 3])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
  }

  @Test func `a folder that does not exist is named`() {
    let error = #expect(throws: ArchiveWriteError.self) {
      try ArchiveWriter(path: "/nonexistent/a.tar.gz")
    }
    #expect(
      error?.description
        == "/nonexistent/a.tar.gz: cannot create the file: No such file or directory"
    )
  }
}
