internal import ComplexModule

/// The numbers that state-space models start from.
struct GoldenInitialization {
  /// The most states whose eigenvalues are computed within minutes.
  private static let mostStates = 512

  let record: GoldenRecord

  /// HiPPO-LegS and the eigenvalues of S4D: `kindN.name` for N states.
  func check() throws {
    for tag in record.tags {
      let kind = tag.dropLast(tag.reversed().prefix(while: \.isNumber).count)
      guard let size = Int(tag.dropFirst(kind.count)), size > 0, size % 2 == 0 else {
        throw record.error(
          "'\(tag)' is a group's name, expected an even number of states at its end"
        )
      }
      guard size <= Self.mostStates else {
        throw record.error("'\(tag)' has \(size) states, expected at most \(Self.mostStates)")
      }
      try record.require("\(tag).A", count: kind == "legs" ? size * size : size)
      func compare(_ name: String, _ found: [Float]) throws {
        try record.compare("\(tag).\(name)", found, share: 1e-6, relative: 1e-6)
      }
      switch kind {
      case "legs":
        let (a, bias, low) = HiPPO.legSMatrix(size: size)
        try compare("A", a.flatMap { $0.map(Float.init) })
        try compare("B", bias.map(Float.init))
        try compare("P", low.map(Float.init))
        let (w, p, b) = HiPPO.legS(size: size)
        try compare("w", pairs(w))
        try compare("absP2", p.map { Float($0.lengthSquared) })
        try compare("absB2", b.map { Float($0.lengthSquared) })
        try compare("conjP_B", pairs(zip(p, b).map { $0.conjugate * $1 }))
      case "s4d_lin": try compare("A", pairs(HiPPO.diagonal(.linear, size: size)))
      case "s4d_inv": try compare("A", pairs(HiPPO.diagonal(.inverse, size: size)))
      case "s4d_legs": try compare("A", pairs(HiPPO.diagonal(.legS, size: size)))
      default: break
      }
    }
  }

  private func pairs(_ values: [ComplexDouble]) -> [Float] {
    values.flatMap { [Float($0.real), Float($0.imaginary)] }
  }
}
