internal import ComplexModule
internal import RealModule

extension StateSpace {
  /// The initial values of one of a layer's parameters, or nil for those of its linear map.
  ///
  /// Step sizes are uniform in their logarithm, d is N(0, 1). S4 starts from HiPPO-LegS, S4D from its
  /// eigenvalues with B = 1, both with a complex normal C; DSS from a = -1/2 + i pi n and w with N(0, 1) parts;
  /// DLR from decays that are uniform in their logarithm, phases 2 pi n / N and w of deviation 1 / N.
  /// Sources: those of the families.
  func initialValues(of entry: ParameterLayout.Entry, _ draws: Draws) -> [Float]? {
    let count = entry.range.count
    func normal(_ scale: Float) -> [Float] { (0..<count).map { scale * draws.normal(at: $0) } }
    func repeated(_ values: [Double]) -> [Float] {
      (0..<count).map { Float(values[$0 % values.count]) }
    }
    func pairs(_ values: [ComplexDouble]) -> [Double] {
      values.flatMap { [$0.real, $0.imaginary] }
    }
    func logUniform(_ index: Int) -> Double {
      let (low, high) = (Double.log(smallestStep), Double.log(largestStep))
      return low + Double(draws.unit(at: index)) * (high - low)
    }
    let name = entry.name.split(separator: ".").last.map(String.init)
    switch (name, family) {
    case ("d", _): return normal(1)
    case ("log_dt", _): return (0..<count).map { Float(logUniform($0)) }
    case ("c", _): return normal(Float(0.5).squareRoot())
    case ("log_neg_re", .dss): return repeated([.log(0.5)])
    case ("log_neg_re", .s4), ("log_neg_re", .s4d): return repeated([.log(0.5)])
    case ("im", .s4(let states, _, _, _)):
      return repeated(HiPPO.legS(size: states).w.map(\.imaginary))
    case ("im", .s4d(let states, _, _, let kind, _)):
      return repeated(HiPPO.diagonal(kind, size: states).map(\.imaginary))
    case ("im", .dss(_, let version)):
      return (0..<count).map { n in
        let im = Double.pi * Double(n)
        return Float(version.eigenvalues == .logarithmic ? .log(max(im, 1e-7)) : im)
      }
    case ("im", .dlr): return (0..<count).map { Float(2 * .pi * Double($0) / Double(count)) }
    case ("p", .s4(let states, let copies, _, _)):
      // Ranks beyond the first start as noise, because 0 would have no gradient.
      let first = pairs(HiPPO.legS(size: states).p)
      return (0..<count).map {
        $0 < copies * states ? Float(first[$0 % states]) : 0.3 * draws.normal(at: $0)
      }
    case ("b", .s4(let states, _, _, _)): return repeated(pairs(HiPPO.legS(size: states).b))
    case ("b", .s4d): return repeated([1, 0])
    case ("lam", _): return (0..<count).map { $0 % 2 == 0 ? -0.5 : .pi * Float($0 / 2) }
    case ("sqrt_neg_re", _):
      return (0..<count).map { Float((0.5 * Double.exp(logUniform($0))).squareRoot()) }
    case ("w", .dlr(let states, _)): return normal(1 / Float(states))
    case ("w", _): return normal(1)
    default: return nil
    }
  }
}
