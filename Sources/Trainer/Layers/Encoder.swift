/// Turns tokens or values into vectors and tells their positions apart.
///
/// x_t = table[token_t] or W value_t + b; then x_t + sinusoids_t or x_t + pos_t. A class token is
/// put before x and takes position 0.
struct Encoder {
  private enum Map {
    case embedding(offset: Int, vocabulary: Int)
    case linear(LinearPlace)
  }

  private let map: Map
  private let width: Int
  private let positions: NetworkConfiguration.Positions
  private let tableOffset: Int
  private let tableRows: Int
  /// Where the class token lies, if there is one.
  private let tokenOffset: Int?
  /// The vectors without the class token, then their gradients.
  private var vectors = Slot()

  /// An encoder whose parameters are added as "enc.weight", "enc.bias", "pos" and "cls".
  init(_ configuration: NetworkConfiguration, in layout: inout ParameterLayout) {
    width = configuration.width
    positions = configuration.positions
    switch configuration.encoder {
    case .embedding(let vocabulary):
      let range = layout.add("enc.weight", [vocabulary, width])
      map = .embedding(offset: range.lowerBound, vocabulary: vocabulary)
    case .linear(let inputs):
      map = .linear(LinearPlace("enc", inputs: inputs, outputs: width, in: &layout))
    }
    tableRows = configuration.maximumLength + configuration.tokensBefore
    tableOffset = layout.count
    if positions == .learned { layout.add("pos", [tableRows, width]) }
    tokenOffset = configuration.classToken == true ? layout.add("cls", [width]).lowerBound : nil
  }

  mutating func reserve(in plan: inout WorkspacePlan) {
    let rows = plan.positions - (tokenOffset == nil ? 0 : plan.rows)
    if tokenOffset != nil { vectors = plan.keep(rows * width) }
    if case .linear(let place) = map { place.reserve(in: &plan, rows: rows) }
  }

  /// The vectors of a batch's own positions: `all`, or what stands apart from the class token.
  private func own(_ all: Matrix, _ pass: Pass) -> Matrix {
    guard tokenOffset != nil else { return all }
    return Matrix(pass.workspace[vectors], rows: pass.positions - pass.rows, columns: width)
  }

  /// The channels of a value, or nil for tokens.
  var inputs: Int? {
    if case .linear(let place) = map { place.inputs } else { nil }
  }

  /// What is wrong with a batch's input, or nil.
  func fault(of batch: Batch) -> NetworkError? {
    let length = batch.length + (tokenOffset == nil ? 0 : 1)
    if positions == .learned, length > tableRows {
      return NetworkError(
        "the batch has length \(length), the learned position table \(tableRows) rows"
      )
    }
    switch (map, batch.input) {
    case (.embedding(_, let vocabulary), .tokens(let tokens)):
      guard tokens.count == batch.rows * batch.length else {
        return countFault(tokens.count, "tokens", batch, channels: 1)
      }
      guard let bad = tokens.firstIndex(where: { $0 < 0 || Int($0) >= vocabulary }) else {
        return nil
      }
      return NetworkError(
        "row \(bad / batch.length), position \(bad % batch.length): token \(tokens[bad]) is outside "
          + "the vocabulary of \(vocabulary)"
      )
    case (.linear(let place), .values(let values)):
      guard values.count == batch.rows * batch.length * place.inputs else {
        return countFault(values.count, "values", batch, channels: place.inputs)
      }
      return nil
    case (.embedding, .values): return NetworkError("the batch holds values, expected tokens")
    case (.linear, .tokens): return NetworkError("the batch holds tokens, expected values")
    }
  }

  private func countFault(
    _ count: Int,
    _ what: String,
    _ batch: Batch,
    channels: Int
  ) -> NetworkError {
    NetworkError(
      "the batch holds \(count) \(what), expected \(batch.rows) x \(batch.length) x \(channels)"
    )
  }

  /// Encodes a batch that has no ``fault(of:)``.
  ///
  /// - Parameters:
  ///   - input: x.
  ///   - output: [positions, width]; overwritten.
  ///   - pass: the pass under way.
  func forward(_ input: Batch.Input, into output: Matrix, _ pass: Pass) {
    let own = own(output, pass)
    switch (map, input) {
    case (.embedding(let offset, let vocabulary), .tokens(let tokens)):
      let table = Matrix(pass.parameters + offset, rows: vocabulary, columns: width)
      tokens.withUnsafeBufferPointer { tokens in
        guard let base = tokens.baseAddress else { return }
        embeddingForward(base, table: table, into: own, pass.pool)
      }
    case (.linear(let place), .values(let values)):
      withMatrix(of: values, columns: place.inputs) { place.forward($0, into: own, pass) }
    default: preconditionFailure("Encoder: the batch's input was not checked")
    }
    if let tokenOffset {
      let token = pass.parameters + tokenOffset
      insertFirst(token, before: own, length: pass.length, into: output, pass.pool)
    }
    switch positions {
    case .none: break
    case .sinusoidal:
      addPositions(pass.tables.sinusoids, length: pass.length, to: output, pass.pool)
    case .learned:
      let table = Matrix(pass.parameters + tableOffset, rows: tableRows, columns: width)
      addPositions(table, length: pass.length, to: output, pass.pool)
    }
  }

  /// Adds to the gradients of the parameters.
  ///
  /// - Parameters:
  ///   - outputGradient: dy, with the shape of y.
  ///   - input: x.
  ///   - inputGradient: the gradient of the values; overwritten, or nil to skip it.
  ///   - pass: the pass under way.
  func backward(
    _ outputGradient: Matrix,
    input: Batch.Input,
    into inputGradient: Matrix? = nil,
    _ pass: Pass
  ) {
    if positions == .learned {
      let table = Matrix(pass.gradients + tableOffset, rows: tableRows, columns: width)
      positionsBackward(outputGradient, length: pass.length, into: table, pass.pool)
    }
    let own = own(outputGradient, pass)
    if let tokenOffset {
      addFirst(outputGradient, length: pass.length, to: pass.gradients + tokenOffset)
      removeFirst(outputGradient, length: pass.length, into: own, pass.pool)
    }
    switch (map, input) {
    case (.embedding(let offset, let vocabulary), .tokens(let tokens)):
      let table = Matrix(pass.gradients + offset, rows: vocabulary, columns: width)
      tokens.withUnsafeBufferPointer { tokens in
        guard let base = tokens.baseAddress else { return }
        embeddingBackward(own, tokens: base, into: table, pass.pool)
      }
    case (.linear(let place), .values(let values)):
      withMatrix(of: values, columns: place.inputs) {
        place.backward(own, input: $0, into: inputGradient, pass)
      }
    default: preconditionFailure("Encoder: the batch's input was not checked")
    }
  }

  /// Lends an array as a matrix that is only read.
  private func withMatrix(of values: [Float], columns: Int, _ body: (Matrix) -> Void) {
    values.withUnsafeBufferPointer { values in
      guard let base = values.baseAddress else { return }
      body(
        Matrix(
          UnsafeMutablePointer(mutating: base),
          rows: values.count / columns,
          columns: columns
        )
      )
    }
  }
}
