# pragma version 0.4.3
# pragma evm-version cancun
"""
@title A smart wallet with one owner key, for ERC-1271
@notice Lives as genesis code at any address; chain.py writes the owner in the first storage slot.
        Takes the owner's signature over the hash itself, and anything after its 65 bytes, as real wallets
        wrap signatures and make them long.
"""

MAGIC: constant(bytes4) = 0x1626ba7e
NOT_VALID: constant(bytes4) = 0xffffffff

owner: public(address)


@external
@view
def isValidSignature(digest: bytes32, signature: Bytes[2048]) -> bytes4:
    if len(signature) < 65:
        return NOT_VALID
    r: uint256 = convert(slice(signature, 0, 32), uint256)
    s: uint256 = convert(slice(signature, 32, 32), uint256)
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    recovered: address = ecrecover(digest, v, r, s)
    if recovered == empty(address) or recovered != self.owner:
        return NOT_VALID
    return MAGIC


@external
@payable
def __default__():
    pass
