"""Why a media file cannot be used: one closed set of codes for the client's checks and the worker's failures.

Client and worker must say the same thing about the same file, so both raise and read this type. It must not know runs.
"""

from __future__ import annotations

HINTS: dict[str, str] = {
    "missing_file": "check the path; quote globs so that the shell does not change them",
    "not_a_file": "name a regular file, or a folder with media files",
    "empty_file": "the file has 0 bytes; copy it again from its source",
    "unreadable": "play the file locally; copy it again or export it anew as H.264 in .mp4",
    "unsupported_type": "convert it, e.g. `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p OUTPUT.mp4`, or to .png or .jpg",
    "wrong_type": "rename the file to the extension that fits its content",
    "audio_only": "the file has sound but no picture; choose a file with a video track",
    "zero_frames": "no frame can be decoded; export the clip again",
    "too_few_frames": "use a longer clip, or submit one frame of it as an image",
    "too_large": "shorten the clip or encode it with a higher CRF",
    "too_big_dimensions": "scale the picture down before you submit it",
    "unsafe_name": "rename the file with letters, digits, dot, dash and underscore",
    "duplicate_input": "name each file once",
    "duplicate_output": "rename one of the files, or put them into different folders",
    "truncated": "the end of the file is missing; copy it again",
    "transcode_failed": "convert it yourself: `ffmpeg -i INPUT -c:v libx264 -pix_fmt yuv420p OUTPUT.mp4`",
    "no_task": "choose a variant that takes this kind of input: `cosmosctl blueprints show NAME`",
    "no_inputs": "name a file, a folder or a glob with media files",
    "invalid_parameter": "see the parameters and their limits: `cosmosctl blueprints show NAME`",
    "prompt_not_utf8": "save the prompt file as UTF-8 text",
    "prompt_too_long": "shorten the prompt",
    "prompt_empty": "write the prompt into the file, or delete the file",
}


class MediaError(Exception):
    """One file cannot be used. `code` is a key of `HINTS`; the hint may be overridden."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint or HINTS[code]
