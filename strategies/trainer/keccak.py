"""Keccak-256 as Ethereum uses it (padding 0x01); hashlib only has the later SHA-3 padding."""

_MASK = (1 << 64) - 1


def _constants() -> tuple[list[int], list[list[int]]]:
    rounds, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register >> 7 else 0)
        rounds.append(constant)
    offsets = [[0] * 5 for _ in range(5)]
    x, y = 1, 0
    for t in range(24):
        offsets[x][y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return rounds, offsets


_ROUNDS, _OFFSETS = _constants()


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _MASK


def _permute(a: list[list[int]]) -> list[list[int]]:
    for constant in _ROUNDS:
        column = [a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4] for x in range(5)]
        mixed = [column[x - 1] ^ _rotate(column[(x + 1) % 5], 1) for x in range(5)]
        b = [[0] * 5 for _ in range(5)]
        for x in range(5):
            for y in range(5):
                b[y][(2 * x + 3 * y) % 5] = _rotate(a[x][y] ^ mixed[x], _OFFSETS[x][y])
        a = [[b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y] & _MASK) for y in range(5)] for x in range(5)]
        a[0][0] ^= constant
    return a


def keccak256(data: bytes) -> str:
    """Hash as 0x and 64 lower-case hexadecimal digits."""
    rate = 136
    padding = rate - len(data) % rate
    padded = bytearray(data) + bytearray(padding)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [[0] * 5 for _ in range(5)]
    for block in range(0, len(padded), rate):
        for i in range(rate // 8):
            state[i % 5][i // 5] ^= int.from_bytes(padded[block + 8 * i : block + 8 * i + 8], "little")
        state = _permute(state)
    return "0x" + b"".join(state[i % 5][i // 5].to_bytes(8, "little") for i in range(4)).hex()
