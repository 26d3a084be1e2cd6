# pragma version 0.4.3
# pragma evm-version cancun
"""
@title A token that behaves like USDC where x402 looks: FiatTokenV2_2's EIP-3009, with its revert texts
@notice For tests: anybody mints. Lives as genesis code at any address, so nothing is set by a constructor: USDC is called
        "USDC" on Base Sepolia and "USD Coin" on Base, and the name is part of what is signed.
"""

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    amount: uint256

event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

event AuthorizationCanceled:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

DOMAIN_TYPE: constant(bytes32) = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
TRANSFER_TYPE: constant(bytes32) = keccak256("TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)")
RECEIVE_TYPE: constant(bytes32) = keccak256("ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)")
CANCEL_TYPE: constant(bytes32) = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)")
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
IDENTITY: constant(address) = 0x0000000000000000000000000000000000000004

# chain.py writes name, balances and supply in the genesis state: keep the order.
name: public(String[31])
balanceOf: public(HashMap[address, uint256])
totalSupply: public(uint256)
allowance: public(HashMap[address, HashMap[address, uint256]])
used: HashMap[address, HashMap[bytes32, bool]]


@external
@pure
def symbol() -> String[4]:
    return "USDC"


@external
@pure
def version() -> String[1]:
    return "2"


@external
@pure
def decimals() -> uint8:
    return 6


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return self._domain()


@external
@view
def authorizationState(authorizer: address, nonce: bytes32) -> bool:
    return self.used[authorizer][nonce]


@external
def mint(to: address, amount: uint256) -> bool:
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log Transfer(sender=empty(address), receiver=to, amount=amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, amount=amount)
    return True


@external
def transfer(to: address, amount: uint256) -> bool:
    self._transfer(msg.sender, to, amount)
    return True


@external
def transferFrom(sender: address, to: address, amount: uint256) -> bool:
    assert self.allowance[sender][msg.sender] >= amount, "ERC20: transfer amount exceeds allowance"
    self.allowance[sender][msg.sender] -= amount
    self._transfer(sender, to, amount)
    return True


@external
def transferWithAuthorization(
    sender: address, to: address, amount: uint256, validAfter: uint256, validBefore: uint256, nonce: bytes32,
    v: uint8, r: bytes32, s: bytes32
):
    self._transferWithAuthorization(TRANSFER_TYPE, sender, to, amount, validAfter, validBefore, nonce, self._join(v, r, s))


@external
def receiveWithAuthorization(
    sender: address, to: address, amount: uint256, validAfter: uint256, validBefore: uint256, nonce: bytes32,
    v: uint8, r: bytes32, s: bytes32
):
    assert to == msg.sender, "FiatTokenV2: caller must be the payee"
    self._transferWithAuthorization(RECEIVE_TYPE, sender, to, amount, validAfter, validBefore, nonce, self._join(v, r, s))


@external
def cancelAuthorization(authorizer: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    assert not self.used[authorizer][nonce], "FiatTokenV2: authorization is used or canceled"
    self._requireSignature(authorizer, keccak256(abi_encode(CANCEL_TYPE, authorizer, nonce)), self._join(v, r, s))
    self.used[authorizer][nonce] = True
    log AuthorizationCanceled(authorizer=authorizer, nonce=nonce)


@external
def __default__():
    """
    Vyper has no overloads: the one of transferWithAuthorization that takes the signature as bytes arrives here.
    The identity precompile is how Vyper gets at calldata of variable length.
    """
    assert len(msg.data) >= 4 and slice(msg.data, 0, 4) == method_id(
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
    )
    data: Bytes[2560] = raw_call(IDENTITY, msg.data, max_outsize=2560, is_static_call=True)
    sender: address = empty(address)
    to: address = empty(address)
    amount: uint256 = 0
    validAfter: uint256 = 0
    validBefore: uint256 = 0
    nonce: bytes32 = empty(bytes32)
    signature: Bytes[2048] = b""
    sender, to, amount, validAfter, validBefore, nonce, signature = abi_decode(
        slice(data, 4, len(data) - 4), (address, address, uint256, uint256, uint256, bytes32, Bytes[2048])
    )
    self._transferWithAuthorization(TRANSFER_TYPE, sender, to, amount, validAfter, validBefore, nonce, signature)


@internal
def _transferWithAuthorization(
    kind: bytes32, sender: address, to: address, amount: uint256, validAfter: uint256, validBefore: uint256,
    nonce: bytes32, signature: Bytes[2048]
):
    assert block.timestamp > validAfter, "FiatTokenV2: authorization is not yet valid"
    assert block.timestamp < validBefore, "FiatTokenV2: authorization is expired"
    assert not self.used[sender][nonce], "FiatTokenV2: authorization is used or canceled"
    self._requireSignature(
        sender, keccak256(abi_encode(kind, sender, to, amount, validAfter, validBefore, nonce)), signature
    )
    self.used[sender][nonce] = True
    log AuthorizationUsed(authorizer=sender, nonce=nonce)
    self._transfer(sender, to, amount)


@internal
def _transfer(sender: address, to: address, amount: uint256):
    assert sender != empty(address), "ERC20: transfer from the zero address"
    assert to != empty(address), "ERC20: transfer to the zero address"
    assert self.balanceOf[sender] >= amount, "ERC20: transfer amount exceeds balance"
    self.balanceOf[sender] -= amount
    self.balanceOf[to] += amount
    log Transfer(sender=sender, receiver=to, amount=amount)


@internal
@view
def _requireSignature(signer: address, structHash: bytes32, signature: Bytes[2048]):
    digest: bytes32 = keccak256(concat(b"\x19\x01", self._domain(), structHash))
    valid: bool = False
    if signer.is_contract:
        success: bool = False
        answer: Bytes[32] = b""
        success, answer = raw_call(
            signer,
            abi_encode(digest, signature, method_id=method_id("isValidSignature(bytes32,bytes)")),
            max_outsize=32,
            is_static_call=True,
            revert_on_failure=False,
        )
        valid = success and len(answer) == 32 and convert(answer, bytes32) == convert(
            method_id("isValidSignature(bytes32,bytes)", output_type=bytes4), bytes32
        )
    else:
        assert len(signature) == 65, "ECRecover: invalid signature length"
        r: uint256 = convert(slice(signature, 0, 32), uint256)
        s: uint256 = convert(slice(signature, 32, 32), uint256)
        v: uint256 = convert(slice(signature, 64, 1), uint256)
        assert s <= HALF_ORDER, "ECRecover: invalid signature 's' value"
        assert v == 27 or v == 28, "ECRecover: invalid signature 'v' value"
        recovered: address = ecrecover(digest, v, r, s)
        assert recovered != empty(address), "ECRecover: invalid signature"
        valid = recovered == signer
    assert valid, "FiatTokenV2: invalid signature"


@internal
@view
def _domain() -> bytes32:
    return keccak256(abi_encode(DOMAIN_TYPE, keccak256(self.name), keccak256("2"), chain.id, self))


@internal
@pure
def _join(v: uint8, r: bytes32, s: bytes32) -> Bytes[65]:
    return concat(r, s, convert(v, bytes1))
