# zlib as Python has it: an end of a connection that knows nothing of us.
#
# Each line is an order: c or d (compress or decompress), the bits of the window, 1 or 0 (takeover), and bytes in
# hexadecimal. Each is answered with a line of such bytes.
import sys
import zlib

TAIL = b"\x00\x00\xff\xff"
ends = {}

for line in sys.stdin:
    order, bits, takeover, payload = line.rstrip("\n").split(" ")
    payload = bytes.fromhex(payload)
    end = ends.get((order, bits)) if takeover == "1" else None
    if order == "c":
        end = end or zlib.compressobj(wbits=-int(bits))
        answer = end.compress(payload) + end.flush(zlib.Z_SYNC_FLUSH)
        assert answer.endswith(TAIL)
        answer = answer[:-4]
    else:
        end = end or zlib.decompressobj(wbits=-int(bits))
        answer = end.decompress(payload + TAIL)
        assert not end.unconsumed_tail and not end.unused_data
    ends[order, bits] = end
    print(answer.hex())
