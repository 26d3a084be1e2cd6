import Testing

@testable import JSON

@Suite struct JSONUTF8Tests {
    private func agrees(_ bytes: [UInt8]) -> Bool {
        let found = bytes.withUnsafeBufferPointer { JSONUTF8.firstInvalid(in: $0, from: 0, to: $0.count) }
        return (found == nil) == (String(validating: bytes, as: UTF8.self) != nil)
    }

    @Test func `every pair of bytes is judged as the standard library judges it`() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max where !agrees([first, second]) { Issue.record("\(first) \(second)") }
        }
    }

    @Test func `sequences of three and four bytes are judged as the standard library judges them`() {
        let edges: [UInt8] = [0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xFF]
        for lead in 0xDF...UInt8.max {
            for second in edges {
                for third in edges {
                    if !agrees([lead, second, third]) { Issue.record("\(lead) \(second) \(third)") }
                    for fourth in edges where !agrees([lead, second, third, fourth]) { Issue.record("\(lead) \(second) \(third) \(fourth)") }
                }
            }
        }
    }

    @Test func `the place of the fault is the first byte of the ill-formed sequence`() {
        for (bytes, place): ([UInt8], Int) in [([0x61, 0xE2, 0x82], 1), ([0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x41], 2), ([0x61, 0x62, 0xBF], 2)] {
            #expect(bytes.withUnsafeBufferPointer { JSONUTF8.firstInvalid(in: $0, from: 0, to: $0.count) } == place)
        }
    }
}
