import Foundation
import Glibc

/// Eight bytes of a file in which the number of the running case stands: when the process is killed by a trap, they tell which case did it.
struct FuzzTrail: ~Copyable {
    private let memory: UnsafeMutablePointer<UInt64>?

    init(path: String?) {
        guard let path, FileManager.default.createFile(atPath: path, contents: Data(count: 8)) else { memory = nil; return }
        let file = open(path, O_RDWR)
        defer { close(file) }
        let mapped = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        memory = mapped == MAP_FAILED ? nil : mapped?.assumingMemoryBound(to: UInt64.self)
    }

    func note(_ number: UInt64) { memory?.pointee = number }
}
