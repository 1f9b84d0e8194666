"""Footage that speaks: a still or moving picture with a recording as its sound."""

from pathlib import Path

import av

RATE_HZ = 16_000


def add_speech(picture: Path, speech: Path, target: Path) -> Path:
    """The picture's H.264 as it is, the recording as AAC."""
    with av.open(str(picture), "r") as seen, av.open(str(speech), "r") as said, av.open(str(target), "w") as written:
        video = written.add_stream_from_template(seen.streams.video[0], opaque=True)
        audio = written.add_stream("aac", rate=RATE_HZ, layout="mono")
        for packet in seen.demux(video=0):
            if packet.dts is not None:
                packet.stream = video
                written.mux(packet)
        resampler = av.AudioResampler("fltp", "mono", RATE_HZ)
        for frame in said.decode(audio=0):
            frame.pts = None
            for part in resampler.resample(frame):
                written.mux(audio.encode(part))
        written.mux(audio.encode(None))
    return target
