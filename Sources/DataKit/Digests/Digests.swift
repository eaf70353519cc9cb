internal import CCrypto
internal import CXXHash

/// Size and checksums of a file.
public struct FileDigest: Codable, Sendable, Equatable {
  /// The file's size in bytes.
  public var byteCount: Int
  /// SHA-256 in lower-case hexadecimal, as `sha256sum` prints it.
  public var sha256: String
  /// XXH3 with 128 bits in lower-case hexadecimal, high word first, as `xxhsum -H2` prints it.
  public var xxh3: String

  enum CodingKeys: String, CodingKey {
    case byteCount = "bytes"
    case sha256
    case xxh3 = "xxh3_128"
  }

  /// Whether these can be a file's size and digests.
  var isWellFormed: Bool {
    func isHex(_ text: String, digits: Int) -> Bool {
      text.utf8.count == digits
        && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
    return byteCount >= 0 && isHex(sha256, digits: 64) && isHex(xxh3, digits: 32)
  }
}

/// SHA-256 computed piece by piece.
public final class SHA256Digester {
  private let context: OpaquePointer?

  /// An empty digest.
  public init() {
    context = EVP_MD_CTX_new()
    precondition(
      EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1,
      "libcrypto offers no SHA-256"
    )
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// The digest in lower-case hexadecimal; call once.
  public func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &digest, nil)
    return hexadecimal(digest)
  }

  /// The SHA-256 of bytes at hand.
  public static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
    let digester = SHA256Digester()
    digester.update(bytes)
    return digester.finish()
  }
}

/// XXH3 with 128 bits computed piece by piece.
final class XXH3Digester {
  private let state = XXH3_createState()

  init() { XXH3_128bits_reset(state) }

  deinit { XXH3_freeState(state) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    XXH3_128bits_update(state, bytes.baseAddress, bytes.count)
  }

  /// The digest of everything so far in lower-case hexadecimal, high word first.
  func finish() -> String {
    let hash = XXH3_128bits_digest(state)
    let words = [hash.high64, hash.low64].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
    return hexadecimal(words)
  }
}

/// Both checksums of a file in one pass.
final class FileDigester {
  private let secure = SHA256Digester()
  private let fast = XXH3Digester()
  private var byteCount = 0

  func update(_ bytes: UnsafeRawBufferPointer) {
    secure.update(bytes)
    fast.update(bytes)
    byteCount += bytes.count
  }

  func finish() -> FileDigest {
    FileDigest(byteCount: byteCount, sha256: secure.finish(), xxh3: fast.finish())
  }
}

/// XXH3 with 64 bits of bytes at hand: the value of `x.hash`.
func xxh3(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  XXH3_64bits(bytes.baseAddress, bytes.count)
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  return String(
    decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
    as: UTF8.self
  )
}
