import BigInt
import Domain
import EVM

/// What arrives in addresses and in fields: paths, names, numbers.
extension FuzzTarget {
    private static let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    static let names = [
        FuzzTarget(name: "path") { random in
            let pieces = [
                "/p/", "a", "b-c", "..", ".", "/", "%2e", "%2F", "\\", "-", "--", "A", "é", "\u{0}", "?x=1", "#", ";", "song", " ", "\u{FF0E}",
            ]
            var path = random.chance(4) ? "" : "/p/"
            for _ in 0..<random.below(8) { path += random.chance(12) ? String(repeating: "a", count: 70 + random.below(20)) : random.pick(pieces) }
            guard path.hasPrefix("/p/"), let slug = Slug(path.dropFirst(3)) else { return }
            try expect("/p/\(slug)".utf8.elementsEqual(path.utf8), "\(path) names \(slug)")
            try expect((1...80).contains(slug.text.utf8.count) && slug.text.utf8.allSatisfy(allowed.contains), "\(path) leads out of its product")
            try expect(!slug.text.hasPrefix("-") && !slug.text.hasSuffix("-") && !slug.text.contains("--"), "\(path) is no slug")
        },
        FuzzTarget(name: "receipt") { random in
            guard let token = PaymentToken(random.bytes(12)) else { return }
            let receipt = ReceiptID(paymentID: Int64(random.next() >> UInt64(1 + random.below(62))) | 1, token: token)
            try expect(ReceiptID(receipt.description) == receipt, "\(receipt) does not come back")
            let text = String(decoding: random.mutated([UInt8](receipt.description.utf8)), as: UTF8.self)
            guard let read = ReceiptID(text) else { return }
            try expect(read.description.utf8.elementsEqual(text.utf8), "\(text) has two spellings: \(read)")
        },
        FuzzTarget(name: "money") { random in
            let pieces = ["0", "1", "9", "12", "000", ".", ",", "-", "+", "e", " ", "999999999999999999", "٣", "_"]
            var text = ""
            for _ in 0..<(1 + random.below(5)) { text += random.pick(pieces) }
            guard let money = try? Money(text, .usd) else { return }  // refused is right
            try expect(text.utf8.allSatisfy { $0 == 0x2E || 0x30...0x39 ~= $0 }, "\(text) was read as money")
            let again = try Money(text, .usd)
            try expect(again == money, "\(text) is two amounts")
            guard let atomic = try? money.atomic(decimals: 6) else { return }  // finer than the asset
            try expect(
                BigUInt(atomic.units) * BigUInt(10).power(money.scale) == BigUInt(money.coefficient) * 1_000_000, "\(text) is not \(atomic.units)")
        },
        FuzzTarget(name: "decimal") { random in
            let number = random.number256()
            try expect(BigUInt(strictDecimal: String(number)) == number && BigUInt(hexQuantity: number.hexQuantity) == number, "\(number)")
            let text = String(decoding: random.mutated([UInt8](String(number).utf8)), as: UTF8.self)
            guard let read = BigUInt(strictDecimal: text) else { return }
            try expect(String(read) == text && read.fitsUInt256, "\(text) has two spellings: \(read)")
        },
        FuzzTarget(name: "address") { random in
            let address = random.address()
            let text = address.checksummed
            try expect(EVMAddress(hex: text) == address && EVMAddress(hex: address.hex) == address, "\(text) does not come back")
            try expect(AddressChecksum(of: text) != .wrong, "\(text) is said to be wrong")
            // One letter in the other case is always noticed, unless all are alike then.
            var characters = [UInt8](text.utf8)
            let letters = characters.indices.dropFirst(2).filter { characters[$0] > 0x40 }
            if letters.count > 1 {
                characters[random.pick(letters)] ^= 0x20
                try expect(
                    AddressChecksum(of: String(decoding: characters, as: UTF8.self)) != .correct, "\(text) with another letter is said to be right")
            }
            let changed = String(decoding: random.mutated([UInt8](text.utf8)), as: UTF8.self)
            guard let read = EVMAddress(hex: changed) else { return }
            try expect(read.hex == changed.lowercased(), "\(changed) was read as \(read.hex)")
        },
        FuzzTarget(name: "block") { random in
            let texts = ["0.0.0.0/0", "127.0.0.1", "::1/128", "2001:db8::/32", "::ffff:1.2.3.4/96", "1.2.3.4/24", "fe80::1%eth0", "1:2:3:4:5:6:7:8"]
            let text = String(decoding: random.mutated([UInt8](random.pick(texts).utf8)), as: UTF8.self)
            guard let block = AddressBlock(text) else { return }
            try expect(AddressBlock("\(block)") == block, "\(text) does not come back: \(block)")
        },
    ]
}
