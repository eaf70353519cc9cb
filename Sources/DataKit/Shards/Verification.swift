/// Checks every checksum of a data set.
public struct Verification {
  /// A fault, in one sentence.
  public struct Fault: Sendable, CustomStringConvertible {
    /// File, place and what is wrong.
    public let description: String
  }

  private let folder: String

  /// A verification of the data set in `folder`.
  public init(folder: String) { self.folder = folder }

  /// Reads every file named by the manifest and compares sizes, digests, sample hashes and masks.
  ///
  /// - Parameter report: called after each file.
  /// - Returns: the number of files checked, and every fault found.
  /// - Throws: ``DataSetError`` when there is no readable manifest.
  public func run(
    report: (FileProgress) -> Void = { _ in }
  ) throws -> (files: Int, faults: [Fault]) {
    let manifest = try Manifest.read(from: folder)
    var faults: [Fault] = []
    let shards = manifest.splits.sorted { $0.key < $1.key }.flatMap(\.value.shards)
    let masks = manifest.masks.flatMap { set in
      set.shards.sorted { $0.key < $1.key }.flatMap(\.value).map { (set, $0) }
    }
    let others =
      manifest.attachments.map { ($0.file, $0.digest) }
      + (manifest.fractions.map { [($0.file, $0.digest)] } ?? [])
    var progress = FileProgress(
      shards.map(\.digest) + masks.map(\.1.digest) + others.map(\.1)
    )
    func finished(_ digest: FileDigest) {
      progress.enter(digest)
      report(progress)
    }
    for entry in shards {
      if let fault = Self.check(entry.file, entry.digest, in: folder) {
        let samples = Self.damagedSamples(of: entry, manifest, in: folder)
        faults += samples.isEmpty ? [fault] : samples
      }
      finished(entry.digest)
    }
    for (set, entry) in masks {
      if let fault = Self.check(entry.file, entry.digest, in: folder) {
        let samples = Self.damagedMasks(of: entry, set, manifest, in: folder)
        faults += samples.isEmpty ? [fault] : samples
      }
      finished(entry.digest)
    }
    for (file, digest) in others {
      if let fault = Self.check(file, digest, in: folder) { faults.append(fault) }
      finished(digest)
    }
    return (progress.files, faults)
  }

  /// Compares a file with its manifest entry; nil when it is sound.
  private static func check(
    _ name: String,
    _ expected: FileDigest,
    in folder: String
  ) -> Fault? {
    do {
      let file = try MappedFile(path: folder + "/" + name)
      let found = file.digest()
      if found == expected { return nil }
      let what =
        found.byteCount != expected.byteCount
        ? "has \(found.byteCount) bytes, the manifest says \(expected.byteCount)"
        : "has SHA-256 \(found.sha256), the manifest says \(expected.sha256)"
      return Fault(description: "\(name): \(what)")
    } catch {
      return Fault(description: "\(error)")
    }
  }

  /// Names the samples of a damaged shard whose bytes no longer have their stored hash; none when
  /// the damage lies elsewhere: in the header, ids, labels, offsets, hashes or padding.
  private static func damagedSamples(
    of entry: ShardEntry,
    _ manifest: Manifest,
    in folder: String
  ) -> [Fault] {
    guard let shard = try? Shard(path: folder + "/" + entry.file, first: 0, manifest: manifest)
    else { return [] }
    return (0..<shard.count).flatMap { row in
      shard.damagedSequences(row).map { sequence in
        Fault(description: "\(entry.file): \(shard.damage(row, sequence: sequence))")
      }
    }
  }

  /// Names the samples whose stored masks are not those of their policy.
  private static func damagedMasks(
    of entry: ShardEntry,
    _ set: MaskSetDescription,
    _ manifest: Manifest,
    in folder: String
  ) -> [Fault] {
    let file = entry.file.dropLast(".mask-\(set.name).safetensors".count) + ".safetensors"
    guard let policy = try? set.maskSet(in: folder),
      let shard = try? Shard(path: folder + "/" + file, first: 0, manifest: manifest),
      let masks = try? MaskShard(
        path: folder + "/" + entry.file,
        variants: set.variants,
        of: shard
      )
    else { return [] }
    let generator = MaskGenerator(policy)
    var faults: [Fault] = []
    for row in 0..<shard.count {
      for (sequence, values) in shard.sequences.enumerated() {
        let elements = values.range(row)
        for variant in 0..<set.variants {
          let isSound = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * elements.count)
          {
            let stored = UnsafeMutableBufferPointer(rebasing: $0[..<elements.count])
            let computed = UnsafeMutableBufferPointer(rebasing: $0[elements.count...])
            masks.copyBits(elements, sequence: sequence, variant: variant, into: stored)
            generator.fill(
              computed,
              sampleID: shard.sampleID(row),
              variant: variant,
              sequence: sequence
            )
            return stored.elementsEqual(computed)
          }
          if !isSound {
            let name = TensorName.mask(variant, sequence: sequence)
            faults.append(
              Fault(
                description: "\(entry.file): \(name) of sample \(row) (id "
                  + "\(shard.sampleID(row))) is damaged"
              )
            )
          }
        }
      }
    }
    return faults
  }
}
