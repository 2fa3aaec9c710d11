"""``h2``'s connection, set up for a client that sends many small requests to one server.

Everything that decides about the protocol is h2's. What is changed here, and why:

- constant header fields are HPACK-encoded once, not once a request (most of a request's cost);
- GOAWAY leaves the connection open for the streams that it permits to finish (RFC 9113 §6.8);
- a frame or a header block that is too long is refused when it begins; h2 collects it first;
- a frame on a stream that nobody has opened ends the connection (RFC 9113 §5.1); h2 ignores some;
- streams are not counted for each request: the caller bounds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from h2.config import H2Configuration
from h2.connection import (
    ConnectionInputs,
    ConnectionState,
    H2Connection,
    H2ConnectionStateMachine,
)
from h2.events import Event
from h2.exceptions import ProtocolError
from h2.frame_buffer import FrameBuffer
from h2.settings import SettingCodes, Settings
from hpack import Encoder, NeverIndexedHeaderTuple
from hyperframe.frame import DataFrame, HeadersFrame, RstStreamFrame, WindowUpdateFrame

if TYPE_CHECKING:
    from hyperframe.frame import Frame

CREDIT = 4 * 1024 * 1024
"""Bytes of responses that may be under way on a connection. A stream keeps the initial 65,535."""
BLOCK_MAX = 32 * 1024
"""Bytes of a response's header block, encoded; decoded it may be twice as long."""
REMEMBERED = 1_024
"""Encoded header fields that are kept."""
SWEEP = 256
"""Streams that h2 holds, ended ones among them, before the ended ones are dropped."""

_OF_OPEN_STREAMS = (DataFrame, HeadersFrame, RstStreamFrame, WindowUpdateFrame)

_CONFIG = H2Configuration(
    client_side=True,
    header_encoding=None,
    validate_outbound_headers=False,  # ``Head`` has checked them
    normalize_outbound_headers=False,
    validate_inbound_headers=False,  # ``Http2`` checks them, and ends the stream alone
    normalize_inbound_headers=False,
)


class ClientConnection(H2Connection):
    """An ``H2Connection`` whose preface is ready to be sent.

    The caller keeps ``send_headers`` within the server's SETTINGS_MAX_CONCURRENT_STREAMS.
    """

    MAX_CLOSED_STREAMS = 4_096
    """h2 remembers how a stream ended, for late frames of those that were cancelled: 65,536 of
    them otherwise, 6 MB a connection."""

    def __init__(self) -> None:
        super().__init__(_CONFIG)
        self.local_settings = Settings(
            client=True,
            initial_values={
                SettingCodes.ENABLE_PUSH: 0,
                SettingCodes.MAX_HEADER_LIST_SIZE: 2 * BLOCK_MAX,
            },
        )
        self.decoder.max_header_list_size = 2 * BLOCK_MAX
        self.encoder = _CachingEncoder()
        self.incoming_buffer = _CheckedFrameBuffer(lambda: self.highest_outbound_stream_id)
        self.state_machine = _GracefulStateMachine()
        self.initiate_connection()
        self.increment_flow_control_window(CREDIT - 65_535)

    @property
    def open_outbound_streams(self) -> int:
        """Return the number of open streams and drop ended ones, at ``SWEEP`` streams; 0 before."""
        return 0 if len(self.streams) < SWEEP else super().open_outbound_streams

    def clear_outbound_data_buffer(self) -> None:
        """Keep what is to be sent: h2 calls this at GOAWAY, after which streams go on."""


class _GracefulStateMachine(H2ConnectionStateMachine):
    def process_input(self, input_: ConnectionInputs) -> list[Event]:
        # A client's open connection stays open whatever is sent or received, its own GOAWAY apart.
        # The dictionary that says so is slow: it hashes two enum members for each frame.
        if self.state is ConnectionState.CLIENT_OPEN and input_ is not ConnectionInputs.SEND_GOAWAY:
            return []
        return super().process_input(input_)


class _CheckedFrameBuffer(FrameBuffer):
    """Refuses frames on streams that this client has not opened; it permits no others.

    It also refuses what is too long before it is there: otherwise up to 16 MiB are collected.
    """

    def __init__(self, opened: Callable[[], int]) -> None:
        """``opened`` returns the highest stream that the client has opened."""
        super().__init__()
        self._opened = opened

    def __next__(self) -> Frame:
        try:
            frame = super().__next__()
        except StopIteration:
            if len(self._data) >= 3:
                self._validate_frame_length(int.from_bytes(self._data[:3], "big"))
            if sum(len(frame.data) for frame in self._headers_buffer) > BLOCK_MAX:
                raise ProtocolError("an endless header block") from None
            raise
        stream: int = frame.stream_id
        idle = stream > self._opened() or (stream and not stream % 2)
        if idle and isinstance(frame, _OF_OPEN_STREAMS):
            raise ProtocolError(f"a frame on stream {stream}, which is not open")
        return frame


@lru_cache(maxsize=REMEMBERED)
def literal(name: bytes, value: bytes) -> bytes:
    """Return a field that enters no table: the same bytes on every connection."""
    return bytes(Encoder().encode([NeverIndexedHeaderTuple(name, value)]))


class _CachingEncoder(Encoder):
    """Encodes each plain tuple once, and a ``HeaderTuple`` anew: its value does not recur."""

    def encode(self, headers: Iterable[Any], huffman: bool = True) -> bytes:
        encode = super().encode
        # The change of the table's size that a server may ask for comes first (RFC 7541 §4.2).
        block = [encode(())] if self.header_table.resized else []
        for field in headers:
            if type(field) is tuple:
                block.append(literal(*field))
            else:
                block.append(encode((field,), huffman=False))
        return b"".join(block)
