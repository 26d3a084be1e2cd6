import BigInt
import EVM

extension FuzzTarget {
    static let encodings = [
        FuzzTarget(name: "rlp") { random in
            let tree = FuzzTarget.tree(&random, depth: 0)
            let bytes = RLP.encode(tree)
            try expect(try RLP.decode(bytes) == tree, "\(Hex.encode(bytes)) does not come back")
            let changed = random.mutated(bytes)
            guard let read = try? RLP.decode(changed) else { return }  // refused is right
            try expect(RLP.encode(read) == changed, "\(Hex.encode(changed)) is not canonical and was read")
        },
        FuzzTarget(name: "rlp-spelling") { random in
            // The same bytes, or the same list, in each longer spelling, alone and inside a list.
            let isList = random.chance(3)
            let content = isList ? (0..<random.below(50)).flatMap { _ in [UInt8(random.below(0x80))] } : random.bytes(random.below(56))
            let base: UInt8 = isList ? 0xC0 : 0x80
            var spelling = [base + 55 + 1, UInt8(content.count)] + content
            switch random.below(3) {
            case 0: spelling = [base + 55 + 2, 0, UInt8(content.count)] + content
            case 1 where !isList: spelling = [0x81, UInt8(random.below(0x80))]
            default: break
            }
            if random.chance(2) { spelling = [0xF8, UInt8(spelling.count + 56)] + spelling + [UInt8](repeating: 1, count: 56) }
            guard let read = try? RLP.decode(spelling) else { return }  // refused is right
            throw FuzzFinding("\(Hex.encode(spelling)) is not canonical and was read as \(Hex.encode(RLP.encode(read)))")
        },
        FuzzTarget(name: "abi") { random in
            let (word, address, number) = (random.word32(), random.address(), random.number256())
            let (bytes, text, small, flag) = (random.bytes(random.length(300)), random.text(), random.next(), random.chance(2))
            var encoder = ABIEncoder()
            encoder.append(word)
            encoder.append(address)
            encoder.append(bytes)
            encoder.append(number)
            encoder.append(text)
            encoder.append(small)
            encoder.append(flag)
            let encoded = encoder.encoded
            var decoder = ABIDecoder(encoded)
            let isSame =
                try decoder.bytes32() == word && decoder.address() == address && decoder.bytes() == bytes && decoder.uint256() == number
                && decoder.string().utf8.elementsEqual(text.utf8) && decoder.uint64() == small && decoder.bool() == flag
            try expect(isSame, "\(Hex.encode(encoded)) does not come back")
            let changed = random.mutated(encoded)
            var reader = ABIDecoder(changed)
            do {
                let (word, address) = (try reader.bytes32(), try reader.address())
                let read = try reader.bytes()
                let (number, text) = (try reader.uint256(), try reader.string())
                let (small, flag) = (try reader.uint64(), try reader.bool())
                try expect(read.count + text.utf8.count <= 2 * changed.count, "more was read than there was")
                // What was read means the same when it is written again.
                var again = ABIEncoder()
                again.append(word)
                again.append(address)
                again.append(read)
                again.append(number)
                again.append(text)
                again.append(small)
                again.append(flag)
                var second = ABIDecoder(again.encoded)
                let isSame =
                    try second.bytes32() == word && second.address() == address && second.bytes() == read && second.uint256() == number
                    && second.string() == text && second.uint64() == small && second.bool() == flag
                try expect(isSame, "\(Hex.encode(changed)) was read and means something else")
            } catch is ABIError {}
        },
        FuzzTarget(name: "abi-padding") { random in
            let count = 1 + random.below(31) + 32 * random.below(4)
            var encoder = ABIEncoder()
            encoder.append(random.bytes(count))
            var encoded = encoder.encoded
            let padding = 64 + count..<encoded.count
            encoded[random.pick(Array(padding))] = UInt8(1 + random.below(255))
            guard (try? ABIDecoder.bytes(encoded)) != nil else { return }  // refused is right
            throw FuzzFinding("padding that is not zero was read: \(Hex.encode(encoded))")
        },
        FuzzTarget(name: "abi-garbage") { random in
            let bytes = random.bytes(random.length(200))
            for offset in [0, 31, 63] where offset < bytes.count {
                var small = bytes
                small.replaceSubrange(0..<min(31, bytes.count), with: [UInt8](repeating: 0, count: min(31, bytes.count)))
                _ = try? ABIDecoder.bytes(small)  // whatever it is, it must not trap
                _ = try? ABIDecoder.string(small)
                _ = try? ABIDecoder.address(bytes)
                _ = try? ERC6492Signature(unwrapping: bytes)
            }
        },
        FuzzTarget(name: "transaction") { random in
            guard let key = PrivateKey(random.word32()),
                let unsigned = EIP1559Transaction(
                    chainID: random.next() >> UInt64(random.below(64)), nonce: random.next() >> UInt64(random.below(64)),
                    maxPriorityFeePerGas: random.number256(), maxFeePerGas: random.number256(), gasLimit: random.next(),
                    to: random.chance(5) ? nil : random.address(), value: random.number256(), data: random.bytes(random.length(300)))
            else { return }
            let signed = unsigned.signed(by: key)
            let read = try SignedTransaction(decoding: signed.raw)
            try expect(read == signed && read.sender == key.address, "\(Hex.encode(signed.raw)) does not come back")
            let changed = random.mutated(signed.raw)
            guard let other = try? SignedTransaction(decoding: changed) else { return }  // refused is right
            try expect(other.unsigned.signed(by: key).unsigned == other.unsigned, "a transaction changes")
            try expect(changed == signed.raw || other.sender != key.address || other.unsigned == unsigned, "\(Hex.encode(changed)) is forged")
        },
    ]

    private static func tree(_ random: inout FuzzRandom, depth: Int) -> RLPItem {
        if depth < RLP.maximumDepth, random.chance(depth == 0 ? 2 : 3) {
            return .list((0..<random.below(6)).map { _ in tree(&random, depth: depth + 1) })
        }
        return random.chance(3) ? .number(random.number256()) : .bytes(random.bytes(random.length(300)))
    }
}
