/// Damage behind checksums: whatever stands inside is damaged, and what guards it is made right
/// again, so that it is not always the first checksum that stops the case.
extension Mutator {
  /// A damaged input; one in fifty is left sound.
  mutating func input(from seed: FuzzSeed, with other: FuzzSeed) -> [UInt8] {
    guard !happens(2) else { return seed.valid }
    switch seed.form {
    case .plain: return mutate(seed.valid, with: other.valid)
    case .png(let parts): return mutatePNG(seed.valid, parts, with: other.valid)
    case .archive(let members, let isCompressed):
      return mutateArchive(members, isCompressed: isCompressed, with: other)
    }
  }

  private mutating func mutatePNG(
    _ bytes: [UInt8],
    _ parts: FuzzSeed.PNGParts,
    with other: [UInt8]
  ) -> [UInt8] {
    switch random.next(below: 4) {
    case 0: return mutate(bytes, with: other)
    case 1: return PNGSeed(mutate(bytes, with: other))?.bytes ?? bytes
    case 2:
      guard var file = PNGSeed(bytes) else { return bytes }
      let index = random.next(below: file.chunks.count)
      file.chunks[index].bytes = mutate(file.chunks[index].bytes, with: other)
      if happens(20) { file.chunks.swapAt(index, random.next(below: file.chunks.count)) }
      if happens(20) { file.chunks.insert(pick(file.chunks), at: index) }
      return file.bytes
    default:
      let file = PNGSeed(
        side: parts.side,
        bitDepth: happens(80) ? parts.bitDepth : pick([1, 2, 4, 8, 16, 3, 0]),
        colourType: happens(80) ? parts.colourType : pick([0, 2, 3, 4, 6, 1, 7]),
        interlace: happens(90) ? parts.interlace : pick([0, 1, 2]),
        rows: mutate(parts.rows, with: other),
        pick(Deflate.Method.allCases)
      )
      return file.bytes
    }
  }

  private mutating func mutateArchive(
    _ members: [TarSeed.Member],
    isCompressed: Bool,
    with other: FuzzSeed
  ) -> [UInt8] {
    var archive = TarSeed(members: members)
    var tar: [UInt8]
    switch random.next(below: 5) {
    case 0:
      let method = pick(Deflate.Method.allCases)
      return mutate(isCompressed ? Deflate.gzip(archive.bytes, method) : archive.bytes, with: [])
    case 1:
      tar = mutate(archive.bytes, with: other.valid)
      if happens(70) { TarSeed.repairChecksums(of: &tar) }
    default:
      // Members behind sound framing: this is what reaches the tasks.
      for _ in 0...random.next(below: 3) { mutateMember(of: &archive, with: other) }
      tar = archive.bytes
    }
    var bytes = isCompressed == happens(20) ? tar : Deflate.gzip(tar, pick(Deflate.Method.allCases))
    if happens(5) { bytes = mutate(bytes, with: []) }
    return bytes
  }

  private mutating func mutateMember(of archive: inout TarSeed, with other: FuzzSeed) {
    guard !archive.members.isEmpty else { return }
    let index = random.next(below: archive.members.count)
    switch random.next(below: 12) {
    case 0: archive.members.remove(at: index)
    case 1: archive.members.insert(pick(archive.members), at: index)
    case 2: archive.members.swapAt(index, random.next(below: archive.members.count))
    case 3:
      let name = mutate(Array(archive.members[index].name.utf8), with: [])
      archive.members[index].name = String(decoding: name.filter { $0 != 0 }, as: UTF8.self)
    default:
      let body = archive.members[index].bytes
      var lent: [UInt8] = pick(archive.members).bytes
      if case .archive(let members, _) = other.form, !members.isEmpty { lent = pick(members).bytes }
      let damaged = mutate(body, with: lent)
      let isRepaired = happens(70) && PNGSeed(body) != nil
      let replacement = isRepaired ? PNGSeed(damaged)?.bytes ?? damaged : damaged
      // What has to be equal to something else in the archive mostly stays so.
      let twins = archive.members.indices.filter { archive.members[$0].bytes == body }
      for twin in happens(70) ? twins : [index] { archive.members[twin].bytes = replacement }
    }
  }
}
